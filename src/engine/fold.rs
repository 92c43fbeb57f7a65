//! Folding: what two texts have in common that people take for the same. Width, case, accents and runs of spaces do not count.

use unicode_normalization::UnicodeNormalization;

/// The text folded. Accents go on Latin, Greek and Cyrillic letters only (elsewhere they are no ornaments), and `й` stays itself.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return spaced(&text.to_ascii_lowercase());
    }
    let lower: String = text.to_lowercase().replace('ß', "ss").nfkd().collect();
    let bare: String = Bare { rest: lower.chars(), base: None }.nfc().collect();
    spaced(&bare)
}

/// Outer spaces gone, inner runs made one.
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Decomposed characters without their accents.
struct Bare<'a> {
    rest: std::str::Chars<'a>,
    base: Option<char>,
}

impl Iterator for Bare<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        loop {
            let c = self.rest.next()?;
            if is_accent(c) {
                if self.base.is_some_and(|base| drops(base, c)) {
                    continue;
                }
                return Some(c);
            }
            if is_unseen(c) {
                continue;
            }
            let c = plain(c);
            self.base = Some(c);
            return Some(c);
        }
    }
}

fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// The breve makes another letter of `и`; every other accent of these scripts is an ornament.
fn drops(base: char, accent: char) -> bool {
    let is_short_i = base == 'и' && accent == '\u{306}';
    let of_these_scripts = matches!(base,
        'a'..='z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}'
        | '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' | '\u{400}'..='\u{52f}');
    of_these_scripts && !is_short_i
}

/// Soft hyphens, zero-width spaces and the selector between an emoji's two looks.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{fe0e}' | '\u{fe0f}')
}

/// Letters that are accented without being composed, and signs that keyboards and phones put in each other's place.
fn plain(c: char) -> char {
    match c {
        'ł' => 'l',
        'ø' => 'o',
        'đ' => 'd',
        'ı' => 'i',
        'ς' => 'σ',
        '\u{2018}' | '\u{2019}' | '\u{2bc}' => '\'',
        '\u{2010}' | '\u{2011}' => '-',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_as_the_same() {
        let same = [
            ("Price", "PRICE"),
            ("Ёлка", "елка"),
            ("ёлка", "Е\u{308}лка"),
            ("Café", "cafe"),
            ("ＰＲＩＣＥ　１", "price 1"),
            ("Ελλάς", "ΕΛΛΑΣ"),
            ("Łódź", "lodz"),
            ("Don’t", "don't"),
            ("İstanbul", "istanbul"),
            ("❤️", "❤"),
            ("  a \n b ", "a b"),
            ("한국어", "\u{1112}\u{1161}\u{11ab}국어"),
            ("ﬁne", "fine"),
            ("Straße", "STRASSE"),
        ];
        for (a, b) in same {
            assert_eq!(fold(a), fold(b), "{a} and {b}");
        }
        let different = [("й", "и"), ("が", "か"), ("क़", "क"), ("하", "아"), ("мой", "мои"), ("a", "а")];
        for (a, b) in different {
            assert_ne!(fold(a), fold(b), "{a} and {b}");
        }
        assert_eq!(fold("Мой"), "мой");
    }
}
