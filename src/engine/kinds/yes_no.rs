//! Yes and no, in the words of some languages.

use unicode_segmentation::UnicodeSegmentation;

use super::super::fold::fold;

/// Folded. A word stands here only when it means the same in all languages of the list.
const YES: &[&str] = &[
    "yes",
    "y",
    "yeah",
    "yep",
    "yup",
    "sure",
    "ok",
    "okay",
    "correct",
    "right",
    "да",
    "ага",
    "угу",
    "конечно",
    "верно",
    "правильно",
    "ок",
    "окей",
    "так",
    "ja",
    "genau",
    "oui",
    "si",
    "sim",
    "tak",
    "evet",
    "иә",
];
const NO: &[&str] = &["no", "n", "nope", "nah", "нет", "неа", "ні", "nein", "non", "nao", "nie", "hayir", "жоқ"];
/// A word right after one of these, or further on, means something else: "not sure", "не да".
const NEGATING: &[&str] = &["not", "isn't", "don't", "не", "nicht", "pas"];
const YES_SIGNS: &[char] = &['👍', '✅', '👌', '✔'];
const NO_SIGNS: &[char] = &['👎', '❌', '✖'];

/// What the text says. Both, or neither: `None`.
pub fn yes_no(text: &str) -> Option<bool> {
    let folded = fold(text);
    let plain = || folded.unicode_words().take_while(|word| !NEGATING.contains(word));
    let has = |words: &[&str], signs: &[char]| plain().any(|word| words.contains(&word)) || folded.contains(signs);
    match (has(YES, YES_SIGNS), has(NO, NO_SIGNS)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_yes_or_no() {
        let cases = [
            ("yes", Some(true)),
            ("YES!", Some(true)),
            ("Yes, please", Some(true)),
            ("да", Some(true)),
            ("Да, конечно", Some(true)),
            ("No.", Some(false)),
            ("нет, спасибо", Some(false)),
            ("não", Some(false)),
            ("Sí", Some(true)),
            ("👍", Some(true)),
            ("👍🏽", Some(true)),
            ("yes and no", None),
            ("да нет", None),
            ("I am not sure", None),
            ("не да", None),
            ("yes, why not", Some(true)),
            ("yesterday", None),
            ("maybe", None),
            ("", None),
        ];
        for (text, want) in cases {
            assert_eq!(yes_no(text), want, "{text}");
        }
    }
}
