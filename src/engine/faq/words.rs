//! The words of a text: folded, in order, with the places where sentences end. Scripts without spaces between words give pairs of
//! neighbouring characters instead.

use unicode_segmentation::UnicodeSegmentation;

use super::super::fold::fold;

/// Words of one text that are looked at. A longer message tells a story; what it asks is found in its first part or not at all.
pub const MOST_WORDS: usize = 80;
/// Characters of a text that are looked at.
const MOST_CHARS: usize = 1_000;

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Case, width and accents aside.
    pub folded: String,
    /// With its accents, where it has any: some stemmers need them.
    pub lower: Option<String>,
}

/// A text as words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// In order.
    pub words: Vec<Word>,
    /// How many words precede each sentence's end; the last is their number.
    pub ends: Vec<usize>,
}

impl Said {
    /// The words of a text.
    pub fn new(text: &str) -> Self {
        let text = text.char_indices().nth(MOST_CHARS).and_then(|(at, _)| text.get(..at)).unwrap_or(text);
        let mut said = Self::default();
        let mut end = 0;
        let mut lone: Option<&str> = None;
        for (at, word) in text.unicode_word_indices() {
            let gap = text.get(end..at).unwrap_or_default();
            if gap.contains(['.', '!', '?', '\n', ';', '。', '？', '！', '؟', '।']) {
                said.end_sentence();
            }
            let is_lone = !word.is_ascii() && word.chars().nth(1).is_none();
            match lone.filter(|_| gap.is_empty() && is_lone) {
                Some(before) => said.pair(before, word),
                None => said.add(word),
            }
            (end, lone) = (at + word.len(), is_lone.then_some(word));
            if said.words.len() >= MOST_WORDS {
                break;
            }
        }
        // The last one may have come in many parts.
        said.words.truncate(MOST_WORDS);
        said.end_sentence();
        said
    }

    fn add(&mut self, word: &str) {
        // `l'heure`, `what's`: the short part says nothing. Digits stay together: `9.30`.
        let is_number = word.starts_with(|c: char| c.is_ascii_digit());
        let parts = word.split(|c| matches!(c, '\'' | '’' | '_') || (matches!(c, '.' | ':') && !is_number));
        for part in parts.filter(|part| part.len() == word.len() || part.chars().nth(1).is_some()) {
            self.words.push(Word::new(part));
        }
    }

    /// Two characters of a script without spaces: the pair takes the place of the first, which is no word alone.
    fn pair(&mut self, before: &str, word: &str) {
        let pair = format!("{before}{word}");
        if self.words.last().is_some_and(|last| last.folded == fold(before)) {
            self.words.pop();
        }
        self.words.push(Word::new(&pair));
    }

    fn end_sentence(&mut self) {
        let words = self.words.len();
        if self.ends.last().copied().unwrap_or(0) < words {
            self.ends.push(words);
        }
    }

    /// All words in one line: the same for texts that differ in signs and case only.
    pub fn line(&self) -> String {
        self.words.iter().map(|word| word.folded.as_str()).collect::<Vec<_>>().join(" ")
    }
}

impl Word {
    fn new(written: &str) -> Self {
        let lower = written.to_lowercase();
        if lower.chars().all(|c| c.is_ascii() || matches!(c, 'а'..='я')) {
            return Self { folded: lower, lower: None };
        }
        let folded = fold(&lower);
        let lower = (folded != lower).then_some(lower);
        Self { folded, lower }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_sentences() {
        let cases = [
            ("How MUCH is it?", "how much is it", vec![4]),
            ("Hello! What's the price, Café?", "hello what the price cafe", vec![1, 5]),
            ("  …  ", "", vec![]),
            ("Ёлка\nживая", "елка живая", vec![1, 2]),
            ("l'heure d'ouverture", "heure ouverture", vec![2]),
            ("open at 9.30 or e.g.later", "open at 9.30 or later", vec![5]),
            ("価格は", "価格 格は", vec![2]),
            ("x 价", "x 价", vec![2]),
            ("ok👍 then", "ok then", vec![2]),
        ];
        for (text, want, ends) in cases {
            let said = Said::new(text);
            assert_eq!((said.line().as_str(), &said.ends), (want, &ends), "{text}");
        }
        assert_eq!(Said::new(&"word ".repeat(10_000)).words.len(), MOST_WORDS);
    }
}
