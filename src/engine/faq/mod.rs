//! The FAQ: which entry a message asks for. Words count whatever their form, order counts a little, small typing errors and the bot's
//! synonyms are seen through, rare words weigh more than common ones. Compiled at load; asked by one question: `Faq::find`.

mod common;
mod language;
mod stems;
mod typos;
mod vocabulary;
mod words;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use language::{Fit, Heard, Language};
use words::Said;

use crate::bot;

/// Entries offered when it is not clear which is meant.
const MOST_OFFERED: usize = 4;
/// Entries told in the trace.
const MOST_TOLD: usize = 5;
/// Sentences of a message that are also looked at alone.
const MOST_SENTENCES: usize = 8;
/// Nothing comes near to an entry when the next one fits by less than this part.
const FAR: f32 = 0.4;
/// What a single sentence's fit is worth beside one of the whole message.
const SENTENCE: f32 = 0.95;

/// The entries of a bot, ready to be asked.
#[derive(Debug)]
pub struct Faq {
    languages: Vec<Language>,
    /// Questions that are asked word for word: the entries by the words in a line.
    literal: HashMap<String, Vec<usize>>,
    matching: bot::FaqMatch,
}

/// What the FAQ makes of a message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// What to do.
    pub decision: Decision,
    /// The entries that came nearest, the nearest first.
    pub tried: Vec<Tried>,
}

/// What to do with a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Decision {
    /// No entry fits.
    #[default]
    Nothing,
    /// This one is meant, by number.
    Answer(usize),
    /// One of these may be meant: ask which.
    Ask(Vec<usize>),
}

/// An entry that was compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// Its number.
    pub entry: usize,
    /// How well it fits, from 0 to 1.
    pub score: f32,
    /// The words of the message that counted.
    pub words: Vec<String>,
    /// The language of the question that fits.
    pub language: Arc<str>,
}

impl Faq {
    /// Make the entries ready.
    pub fn build(faq: &bot::Faq) -> Self {
        let mut by_language: BTreeMap<Arc<str>, Vec<(usize, Said)>> = BTreeMap::new();
        let mut literal: HashMap<String, Vec<usize>> = HashMap::new();
        for (n, entry) in faq.entries.iter().enumerate() {
            for question in &entry.questions {
                let said = Said::new(&question.text);
                let entries = literal.entry(said.line()).or_default();
                if !entries.contains(&n) {
                    entries.push(n);
                }
                by_language.entry(question.language.clone()).or_default().push((n, said));
            }
        }
        let language =
            |(name, questions): (Arc<str>, Vec<(usize, Said)>)| Language::new(name, &questions, &faq.synonyms);
        Self { languages: by_language.into_iter().map(language).collect(), literal, matching: faq.matching }
    }

    /// Which entry a message asks for. The same message always gets the same verdict.
    pub fn find(&self, text: &str) -> Verdict {
        if self.languages.is_empty() {
            return Verdict::default();
        }
        let said = Said::new(text);
        let mut found: Vec<(&Language, Fit)> = Vec::new();
        for (language, heard) in self.hear(&said) {
            found.extend(fits(language, &heard, &said).into_iter().map(|fit| (language, fit)));
        }
        // Each entry once, as it fits best; of equal fits the first.
        found.sort_by(|(_, a), (_, b)| a.entry.cmp(&b.entry).then(b.score.total_cmp(&a.score)));
        found.dedup_by_key(|(_, fit)| fit.entry);
        let asked = self.literal.get(&said.line()).map_or(&[][..], Vec::as_slice);
        for (_, fit) in found.iter_mut().filter(|(_, fit)| asked.contains(&fit.entry)) {
            fit.score = 1.0;
        }
        found.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score).then(a.entry.cmp(&b.entry)));
        found.truncate(MOST_TOLD);
        let tried: Vec<Tried> = found.iter().map(|(language, fit)| told(language, fit, &said)).collect();
        Verdict { decision: self.decide(&tried), tried }
    }

    /// What each language hears in the words.
    fn hear(&self, said: &Said) -> Vec<(&Language, Vec<Heard>)> {
        let known: Vec<_> = self.languages.iter().map(|language| language.look_up(said)).collect();
        let may_slip = |word: usize| {
            let mut by_language = known.iter().filter_map(|known| known.get(word));
            by_language.all(|known| known.term.is_none() && !known.is_common)
        };
        let may_slip: Vec<bool> = (0..said.words.len()).map(may_slip).collect();
        let each = self.languages.iter().zip(&known);
        each.map(|(language, known)| (language, language.hear(said, known, &may_slip))).collect()
    }

    fn decide(&self, tried: &[Tried]) -> Decision {
        let bot::FaqMatch { answer, ask, margin } = self.matching;
        let Some(best) = tried.first().filter(|best| best.score >= ask) else { return Decision::Nothing };
        let is_near = |other: &&Tried| other.score >= ask && other.score > best.score - margin;
        let is_alone = tried.iter().filter(is_near).count() == 1;
        // What nothing else comes near to may fit a little less.
        let next = tried.get(1).map_or(0.0, |next| next.score);
        let enough = if next < best.score * FAR { answer - margin } else { answer };
        if best.score >= enough && is_alone {
            return Decision::Answer(best.entry);
        }
        let offered = tried.iter().filter(|other| other.score >= ask && other.score > best.score - 2.0 * margin);
        Decision::Ask(offered.take(MOST_OFFERED).map(|tried| tried.entry).collect())
    }
}

/// The fits of the whole message, and of each of its sentences: a greeting and a story before the question must not hide it.
fn fits(language: &Language, heard: &[Heard], said: &Said) -> Vec<Fit> {
    let mut fits = language.fits(heard);
    if said.ends.len() < 2 {
        return fits;
    }
    let mut from = 0;
    for end in said.ends.iter().take(MOST_SENTENCES) {
        let within = heard.iter().position(|word| word.words.start >= from);
        let after = heard.iter().position(|word| word.words.start >= *end).unwrap_or(heard.len());
        let sentence = within.and_then(|within| heard.get(within..after)).unwrap_or_default();
        fits.extend(language.fits(sentence).into_iter().map(|fit| Fit { score: fit.score * SENTENCE, ..fit }));
        from = *end;
    }
    fits
}

fn told(language: &Language, fit: &Fit, said: &Said) -> Tried {
    let counted = said.words.iter().enumerate().filter(|(n, _)| fit.words.has(*n));
    let words = counted.map(|(_, word)| word.folded.clone()).collect();
    Tried { entry: fit.entry, score: fit.score, words, language: language.name.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::{FaqEntry, FaqMatch, Question};
    use crate::domain::Place;
    use proptest::prelude::*;

    fn faq(entries: &[(&str, &[&str])], synonyms: &[&[&str]]) -> Faq {
        let entry = |(language, questions): &(&str, &[&str])| FaqEntry {
            name: "entry".into(),
            place: Place { file: "bot.yaml".into(), line: 1, column: 1 },
            questions: questions
                .iter()
                .map(|text| Question { language: Arc::from(*language), text: (*text).into() })
                .collect(),
            answer: None,
        };
        let synonyms = synonyms.iter().map(|group| group.iter().map(ToString::to_string).collect()).collect();
        let matching = FaqMatch { answer: 0.55, ask: 0.35, margin: 0.1 };
        Faq::build(&bot::Faq::new(entries.iter().map(entry).collect(), synonyms, matching))
    }

    #[test]
    fn finds_what_is_meant() {
        let faq = faq(
            &[
                ("en", &["What does delivery cost?", "shipping price"]),
                ("en", &["Can I return shoes?"]),
                ("de", &["Wann öffnen Sie?"]),
                ("pt-BR", &["Qual é o preço?"]),
                ("ja", &["配達の料金はいくらですか"]),
                ("en", &["Who are you?"]),
            ],
            &[&["shoes", "boots", "sneakers"], &["bring back", "return"]],
        );
        let cases = [
            ("delivery cost", Decision::Answer(0)),
            ("costs of delivering", Decision::Answer(0)),
            ("can i bring back my sneakers", Decision::Answer(1)),
            ("Hello. I bought boots last week. Can I return them?", Decision::Answer(1)),
            ("wann habt ihr geöffnet", Decision::Answer(2)),
            ("wann offnen sie", Decision::Answer(2)),
            ("qual e o preco", Decision::Answer(3)),
            ("配達の料金", Decision::Answer(4)),
            ("who are you", Decision::Answer(5)),
            ("are you ok", Decision::Nothing),
            ("", Decision::Nothing),
            ("👍", Decision::Nothing),
        ];
        for (text, want) in cases {
            let verdict = faq.find(text);
            assert_eq!(verdict.decision, want, "{text}: {:?}", verdict.tried);
        }
    }

    #[test]
    fn the_same_question_twice_is_asked_back() {
        let faq = faq(&[("en", &["How much?"]), ("en", &["how much"])], &[]);
        assert_eq!(faq.find("how much").decision, Decision::Ask(vec![0, 1]));
    }

    #[test]
    fn a_flood_of_words_is_looked_at_in_part() {
        let faq = faq(&[("en", &["Can I return shoes?"])], &[]);
        assert_eq!(faq.find(&"return shoes ".repeat(100_000)).decision, Decision::Answer(0));
        assert_eq!(faq.find(&"a".repeat(1_000_000)).decision, Decision::Nothing);
    }

    proptest! {
        #[test]
        fn any_texts_can_be_questions_and_messages(
            questions in prop::collection::vec("\\PC{0,20}|[a-zа-я ]{0,30}", 1..6),
            synonyms in prop::collection::vec("\\PC{0,8}|[a-z ]{0,12}", 0..6),
            message in "\\PC{0,60}|[a-zа-я .?]{0,60}",
        ) {
            let questions: Vec<&str> = questions.iter().map(String::as_str).collect();
            let synonyms: Vec<&str> = synonyms.iter().map(String::as_str).collect();
            let faq = faq(&[("en", &questions), ("ru", &questions)], &[&synonyms]);
            let verdict = faq.find(&message);
            prop_assert!(verdict.tried.iter().all(|tried| (0.0..=1.0).contains(&tried.score)));
            prop_assert_eq!(&verdict, &faq.find(&message));
        }
    }
}
