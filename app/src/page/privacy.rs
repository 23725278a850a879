use crate::{
    el::{El, el},
    part::shell,
    text,
};

pub(crate) fn privacy() -> El {
    let lead = [el("h1").text(text::PRIVACY), el("p").class("lead").text(text::PRIVACY_LEAD)];
    let parts: [(&str, &[&str]); 5] = [
        (
            text::PRIVACY_SERVER,
            &[
                text::PRIVACY_SERVER_1,
                text::PRIVACY_SERVER_2,
                text::PRIVACY_SERVER_3,
                text::PRIVACY_SERVER_4,
                text::PRIVACY_SERVER_5,
                text::PRIVACY_SERVER_6,
                text::PRIVACY_SERVER_7,
                text::PRIVACY_SERVER_8,
            ],
        ),
        (text::PRIVACY_BROWSER, &[text::PRIVACY_BROWSER_1, text::PRIVACY_BROWSER_2]),
        (text::PRIVACY_NOT, &[text::PRIVACY_NOT_1, text::PRIVACY_NOT_2, text::PRIVACY_NOT_3]),
        (
            text::PRIVACY_LIMITS,
            &[
                text::PRIVACY_LIMITS_1,
                text::PRIVACY_LIMITS_2,
                text::PRIVACY_LIMITS_3,
                text::PRIVACY_LIMITS_4,
                text::PRIVACY_LIMITS_5,
            ],
        ),
        (text::PRIVACY_SOURCE, &[text::PRIVACY_SOURCE_1]),
    ];
    shell("prose", |main| main.children(lead).children(parts.map(|(title, lines)| part(title, lines))))
}

fn part(title: &'static str, lines: &'static [&'static str]) -> El {
    let lines = el("ul").class("dots").children(lines.iter().map(|line| el("li").text(*line)));
    el("section").class("card").child(el("h2").text(title)).child(lines)
}
