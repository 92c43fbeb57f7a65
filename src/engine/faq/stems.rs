//! Stems: the part that the forms of a word share. The one place that knows the stemmers.

use rust_stemmers::{Algorithm, Stemmer};

/// Longer words are no words: they stay as they are.
const LONGEST_WORD: usize = 40;

/// Languages with a stemmer.
const STEMMERS: &[(&str, Algorithm)] = &[
    ("ar", Algorithm::Arabic),
    ("da", Algorithm::Danish),
    ("de", Algorithm::German),
    ("el", Algorithm::Greek),
    ("en", Algorithm::English),
    ("es", Algorithm::Spanish),
    ("fi", Algorithm::Finnish),
    ("fr", Algorithm::French),
    ("hu", Algorithm::Hungarian),
    ("it", Algorithm::Italian),
    ("nb", Algorithm::Norwegian),
    ("nl", Algorithm::Dutch),
    ("nn", Algorithm::Norwegian),
    ("no", Algorithm::Norwegian),
    ("pt", Algorithm::Portuguese),
    ("ro", Algorithm::Romanian),
    ("ru", Algorithm::Russian),
    ("sv", Algorithm::Swedish),
    ("ta", Algorithm::Tamil),
    ("tr", Algorithm::Turkish),
];

/// The stems of a language; words themselves where it has no stemmer.
pub struct Stems(Option<Stemmer>);

impl Stems {
    /// Those of a language by its code (`pt-BR` is `pt`).
    pub fn of(language: &str) -> Self {
        let base = language.split('-').next().unwrap_or(language);
        let found = STEMMERS.iter().find(|(code, _)| *code == base);
        Self(found.map(|(_, algorithm)| Stemmer::create(*algorithm)))
    }

    /// The stem of a word in small letters.
    pub fn stem(&self, word: &str) -> String {
        match &self.0 {
            Some(stemmer) if word.len() <= LONGEST_WORD * 4 && word.chars().all(char::is_alphabetic) => {
                stemmer.stem(word).into_owned()
            }
            _ => word.to_owned(),
        }
    }
}

impl std::fmt::Debug for Stems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Stems").field(&self.0.is_some()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn forms_share_a_stem() {
        let cases = [
            ("en", "prices", "price"),
            ("en", "cancellation", "cancel"),
            ("ru", "цены", "цена"),
            ("ru", "оплатить", "оплата"),
            ("de", "preise", "preis"),
            ("pt-BR", "preços", "preço"),
            ("tr", "fiyatlar", "fiyat"),
            ("xx", "word", "word"),
        ];
        for (language, one, other) in cases {
            let stems = Stems::of(language);
            assert_eq!(stems.stem(one), stems.stem(other), "{one} and {other}");
        }
    }

    proptest! {
        #[test]
        fn no_word_breaks_a_stemmer(word in "\\p{L}{0,30}", short in "[a-zà-ÿёа-я]{0,6}") {
            for (language, _) in STEMMERS {
                let stems = Stems::of(language);
                stems.stem(&word.to_lowercase());
                stems.stem(&short);
            }
        }
    }
}
