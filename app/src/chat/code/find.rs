//! Codes in a picture.

use rqrr::PreparedImage;

/// The text of a code in a picture of `width` pixels a row, four bytes (red, green, blue, opacity) a pixel; one of ours
/// before any other.
pub(super) fn find(width: usize, rgba: &[u8]) -> Option<String> {
    let height = (rgba.len() / 4).checked_div(width)?;
    // A smaller picture has no code, and the reader expects some room.
    if width < 21 || height < 21 {
        return None;
    }
    let light = |x: usize, y: usize| rgba.get(4 * (y * width + x)..).map_or(255, grey);
    let mut picture = PreparedImage::prepare_from_greyscale(width, height, light);
    let texts = picture.detect_grids().into_iter().filter_map(|code| Some(code.decode().ok()?.1));
    let mut found: Option<String> = None;
    for text in texts {
        if found.is_none() || text.starts_with("SIGNET:") {
            found = Some(text);
        }
    }
    found
}

/// As bright as it looks on white paper.
fn grey(pixel: &[u8]) -> u8 {
    let &[red, green, blue, opacity, ..] = pixel else { return 255 };
    let [red, green, blue, opacity] = [red, green, blue, opacity].map(u32::from);
    let light = (299 * red + 587 * green + 114 * blue) / 1000;
    ((light * opacity + 255 * (255 - opacity)) / 255).min(255) as u8
}

#[cfg(test)]
mod tests {
    use super::{super::draw::tests::picture, find};

    fn rgba(grey: &[u8]) -> Vec<u8> {
        grey.iter().flat_map(|light| [*light, *light, *light, 255]).collect()
    }

    fn ours() -> String {
        ["SIGNET:1:", &"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".repeat(8)].concat()
    }

    #[test]
    fn what_is_drawn_is_found_at_every_size() {
        for scale in [2, 3, 5, 9] {
            let (side, grey) = picture(&ours(), scale);
            assert_eq!(find(side, &rgba(&grey)), Some(ours()), "{scale} pixels a module");
        }
    }

    #[test]
    fn a_code_of_something_else_is_read_too() {
        let (side, grey) = picture("https://example.org/?q=1", 4);
        assert_eq!(find(side, &rgba(&grey)).as_deref(), Some("https://example.org/?q=1"));
    }

    #[test]
    fn of_two_codes_ours_is_taken() {
        for turned in [false, true] {
            let (side, mine) = picture(&ours(), 4);
            let (other_side, other) = picture("https://example.org", 4);
            let width = side + other_side;
            let row = |from: &[u8], side: usize, y: usize| -> Vec<u8> {
                from.get(y * side..(y + 1) * side).map_or_else(|| vec![255; side], <[u8]>::to_vec)
            };
            let rows = (0..side).flat_map(|y| {
                let (mine, other) = (row(&mine, side, y), row(&other, other_side, y));
                if turned { [other, mine].concat() } else { [mine, other].concat() }
            });
            assert_eq!(find(width, &rgba(&rows.collect::<Vec<_>>())), Some(ours()));
        }
    }

    #[test]
    fn what_is_see_through_is_white() {
        let (side, grey) = picture("on glass", 4);
        let pixels: Vec<u8> = grey.iter().flat_map(|light| [0, 0, 0, 255 - light]).collect();
        assert_eq!(find(side, &pixels).as_deref(), Some("on glass"));
    }

    #[test]
    fn nothing_and_noise_hold_no_code() {
        assert_eq!(find(0, &[]), None);
        assert_eq!(find(5, &[0; 4 * 25]), None);
        assert_eq!(find(300, &[255; 4 * 300 * 300]), None);
        assert_eq!(find(300, &[0; 4 * 300 * 300]), None);
    }

    /// A picture is anybody's bytes. Whatever is in it, the page goes on.
    #[test]
    fn no_picture_breaks_the_reader() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = move |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as usize % below
        };
        let (side, whole) = picture(&ours(), 3);
        for round in 0..400 {
            let mut grey = whole.clone();
            match round % 4 {
                // Single pixels, blocks, rows moved aside, and stripes as of a code's corners.
                0 => (0..round * 4).for_each(|_| grey[next(side * side)] = next(256) as u8),
                1 => {
                    let (x, y, wide, light) = (next(side), next(side), 1 + next(60), next(256) as u8);
                    for row in y..side.min(y + wide) {
                        grey[row * side + x..row * side + side.min(x + wide)].fill(light);
                    }
                }
                2 => {
                    for row in grey.chunks_exact_mut(side) {
                        row.rotate_left(next(3));
                    }
                }
                _ => {
                    let wide = 1 + next(9);
                    for (at, light) in grey.iter_mut().enumerate() {
                        *light ^= if (at / wide) % 7 == 3 || (at / side / wide) % 7 == 3 { 255 } else { 0 };
                    }
                }
            }
            let _ = find(side, &rgba(&grey));
            // Cut off at the side or below.
            let width = 21 + next(side - 21);
            let _ = find(width, &rgba(&grey[..width * (21 + next(side - 21)).min(grey.len() / width)]));
        }
    }
}
