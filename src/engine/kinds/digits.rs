//! Digits of any script.

/// The zeros of Unicode's decimal digits (general category Nd); nine more digits follow each. In order.
const ZEROS: &[u32] = &[
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620,
    0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0,
    0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60,
    0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

/// The value of a digit.
pub fn digit(c: char) -> Option<u32> {
    if c.is_ascii() {
        return c.to_digit(10);
    }
    let code = c as u32;
    let zero = ZEROS.get(ZEROS.partition_point(|zero| *zero <= code).checked_sub(1)?)?;
    Some(code - zero).filter(|value| *value < 10)
}

/// The text with all digits as `0` to `9`, and full-width signs as plain ones.
pub fn western(text: &str) -> String {
    text.chars().map(plain).collect()
}

fn plain(c: char) -> char {
    if let Some(value) = digit(c) {
        return char::from_digit(value, 10).unwrap_or(c);
    }
    match c {
        '＋' => '+',
        '－' | '\u{2212}' | '\u{2010}'..='\u{2013}' => '-',
        '．' | '\u{66b}' => '.',
        '，' | '\u{66c}' => ',',
        '（' => '(',
        '）' => ')',
        '＠' => '@',
        '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{3000}' => ' ',
        '\u{2019}' => '\'',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_any_script() {
        for (text, want) in [("٤٢", "42"), ("४२", "42"), ("４２", "42"), ("42", "42"), ("௪௨", "42"), ("x², ½", "x², ½")]
        {
            assert_eq!(western(text), want, "{text}");
        }
    }
}
