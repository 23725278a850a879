//! The words around which common passwords are built.

/// `lower` is one of the words, alone or twice, with digits and signs around it and letters written as digits.
pub(super) fn is_common(lower: &str) -> bool {
    let bare: String = lower.chars().map(letter).filter(char::is_ascii_alphabetic).collect();
    let core = lower.trim_matches(|c: char| !c.is_alphabetic());
    let core: String = core.chars().map(letter).filter(char::is_ascii_alphabetic).collect();
    let letters: String = lower.chars().filter(char::is_ascii_alphabetic).collect();
    [bare, core, letters].iter().any(|text| is_word(text) || made_of_words(text))
        && lower.chars().filter(|c| c.is_whitespace()).count() < 2
}

fn letter(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        _ => c,
    }
}

fn is_word(text: &str) -> bool {
    WORDS.split_ascii_whitespace().any(|word| word == text)
}

/// Two of them in a row.
fn made_of_words(text: &str) -> bool {
    (3..text.len().saturating_sub(2))
        .any(|at| text.get(..at).is_some_and(is_word) && text.get(at..).is_some_and(is_word))
}

const WORDS: &str = "\
password passwort passwd pass motdepasse contrasena wachtwoord senha parola heslo salasana lozinka haslo kennwort secret \
geheim qwerty qwertz azerty qwertyuiop asdf asdfgh asdfghjkl zxcvbnm qazwsx qazwsxedc letmein welcome willkommen bienvenue \
iloveyou ichliebedich jetaime tequiero loveyou lovely love sweetheart princess prinzessin princesse sunshine football \
fussball futbol baseball basketball hockey soccer tennis golf superman batman spiderman ironman superstar starwars pokemon \
pikachu naruto dragon dragonball monkey tiger shadow master hunter ranger killer mustang corvette ferrari porsche mercedes \
harley yamaha honda toyota chelsea liverpool arsenal barcelona realmadrid juventus manchester michael jordan jennifer \
jessica ashley nicole daniel andrew thomas robert charlie george matthew joshua anthony william david james john maria \
anna sophie alexander christian christopher stephanie samantha amanda michelle melissa hannah thunder lightning summer \
winter spring autumn monday tuesday wednesday thursday friday saturday sunday january february march april may june july \
august september october november december computer internet network server admin administrator root user guest test \
testing tester login access default changeme trustno trustnoi freedom forever whatever nothing everything hello helloworld \
hallo goodbye goodluck cheese chocolate cookie coffee banana orange apple cherry pepper ginger flower rainbow unicorn \
butterfly angel angels heaven jesus jesuschrist christ god godisgood blessed diamond silver golden purple yellow black \
white green blue red midnight moonlight starlight sunflower rockyou rockstar metallica slipknot nirvana eminem blink \
playboy hottie sexy babygirl babyboy baby honey bubbles cutie buddy bailey maggie buster snoopy scooby garfield tinkerbell \
mickey minnie disney marvel avengers harrypotter hogwarts gandalf matrix phoenix falcon eagle eagles cowboys steelers \
yankees lakers patriots redsox america american england london paris berlin deutschland france espana italia brasil india \
russia china japan canada texas florida california newyork boston chicago phone samsung iphone android google facebook \
instagram twitter youtube linkedin microsoft windows linux apple signet messenger message chat private security secure \
money bank dollar million casino poker lucky winner champion number one two three four five six seven eight nine ten \
zero abc abcd abcde abcdef abcdefg aaa xyz asd qwe zxc qaz wsx my the this that is your his her our me you we new old \
";
