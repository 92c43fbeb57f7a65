//! The questions of one language, found by their terms and compared with what somebody said.

use std::ops::Range;

use super::vocabulary::{Known, TermIx, Vocabulary};
use super::words::{MOST_WORDS, Said, Word};

/// Questions looked at in full: those with the heaviest words in common.
const MOST_COMPARED: usize = 96;
/// Questions counted for a message: the rarest words come first, and what common words alone would add is not asked for.
const MOST_COUNTED: usize = 512;

/// Questions that are counted for one word.
const MOST_HOLDERS: usize = 8_192;

/// What a common word weighs, beside 1 for the rarest.
const COMMON: f32 = 0.15;
/// What a word weighs that no question holds: it may say that something else is meant.
const UNKNOWN: f32 = 0.5;
/// How much it counts that a question's word was not said.
const MISSING: f32 = 0.55;
/// How much it counts that a word said is not in the question: people tell more than they ask.
const FURTHER: f32 = 0.4;
/// What a word counts that stands in another question of the entry.
const BESIDE: f32 = 0.6;
/// What a word weighs that stands in one of an entry's questions alone, beside 1 for one in all of them.
const IN_PASSING: f32 = 0.75;
/// Keeps questions of common words alone from fitting by half.
const DOUBT: f32 = 0.05;
/// How much words in another order take away.
const DISORDER: f32 = 0.08;

/// All questions of one language.
#[derive(Debug)]
pub struct Language {
    /// Its code.
    pub name: std::sync::Arc<str>,
    vocabulary: Vocabulary,
    questions: Vec<Question>,
    /// The terms of all questions, one after the other, each once a question, with what they weigh there.
    terms: Vec<(TermIx, f32)>,
    /// By term: the questions that hold it.
    holders: Vec<Vec<u32>>,
    /// By term.
    weights: Vec<f32>,
}

#[derive(Debug)]
struct Question {
    entry: usize,
    /// Which terms it holds, in order.
    terms: Range<usize>,
    weight: f32,
    /// The terms of all questions of its entry.
    beside: Range<usize>,
}

/// A word of the message (or several that a synonym joins), as this language hears it.
#[derive(Debug)]
pub struct Heard {
    /// Which words of the message.
    pub words: Range<usize>,
    /// What it may stand for, and how nearly.
    near: Vec<(TermIx, f32)>,
    weight: f32,
}

/// How well an entry's best question fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The number of the entry.
    pub entry: usize,
    /// From 0 to 1.
    pub score: f32,
    /// The words of the message that the question holds, common ones aside.
    pub words: WordSet,
}

/// Words of a message, by their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WordSet(u128);

const _: () = assert!(MOST_WORDS <= u128::BITS as usize, "a set has a bit for each word");

impl WordSet {
    fn with(self, words: Range<usize>) -> Self {
        words.fold(self, |set, word| Self(set.0 | 1_u128.checked_shl(word as u32).unwrap_or(0)))
    }

    /// Whether the word of this number is one of them.
    pub fn has(self, word: usize) -> bool {
        self.0.checked_shr(word as u32).is_some_and(|bits| bits & 1 == 1)
    }
}

/// What was said, ready to be compared with many questions.
struct Hearing<'h> {
    words: &'h [Heard],
    weight: f32,
    /// Each term once, in order: the word that stands nearest to it, and how nearly.
    terms: Vec<(TermIx, usize, f32)>,
}

impl<'h> Hearing<'h> {
    fn new(words: &'h [Heard]) -> Self {
        let weight = words.iter().map(|word| word.weight).sum();
        let of_word =
            |(n, word): (usize, &'h Heard)| word.near.iter().map(move |(term, nearness)| (*term, n, *nearness));
        let mut terms: Vec<(TermIx, usize, f32)> = words.iter().enumerate().flat_map(of_word).collect();
        terms.sort_by(|a, b| a.0.cmp(&b.0).then(b.2.total_cmp(&a.2)));
        terms.dedup_by_key(|(term, ..)| *term);
        Self { words, weight, terms }
    }

    /// The word that was said for this term, and how nearly.
    fn heard_as(&self, term: TermIx) -> Option<(usize, f32)> {
        let at = self.terms.binary_search_by_key(&term, |(term, ..)| *term).ok()?;
        self.terms.get(at).map(|(_, word, nearness)| (*word, *nearness))
    }
}

impl Language {
    /// The questions of one language: entry and words.
    pub fn new(name: std::sync::Arc<str>, questions: &[(usize, Said)], synonyms: &[Vec<String>]) -> Self {
        let mut vocabulary = Vocabulary::new(&name, synonyms);
        let terms = |(entry, said): &(usize, Said)| (*entry, terms_of(&mut vocabulary, said));
        let read: Vec<(usize, Vec<TermIx>)> = questions.iter().map(terms).collect();
        vocabulary.finish();
        let mut holders: Vec<Vec<u32>> = vec![Vec::new(); vocabulary.len()];
        for (n, (_, terms)) in read.iter().enumerate() {
            for term in terms {
                if let Some(of_term) = holders.get_mut(*term as usize) {
                    of_term.push(n as u32);
                }
            }
        }
        let weights = weights(&vocabulary, &read, &holders);
        let (questions, terms) = weighed(&read, &weights);
        Self { name, vocabulary, questions, terms, holders, weights }
    }

    /// What is known here of each word.
    pub fn look_up(&self, said: &Said) -> Vec<Known> {
        said.words.iter().map(|word| self.vocabulary.look_up(word)).collect()
    }

    /// What the words stand for. `known` is what is known of them here; `may_slip` says which of them no language knows.
    pub fn hear(&self, said: &Said, known: &[Known], may_slip: &[bool]) -> Vec<Heard> {
        let mut heard = Vec::new();
        let mut at = 0;
        while let Some((word, known_word)) = said.words.get(at).zip(known.get(at)) {
            let rest = known.iter().skip(at).map(|known| known.term);
            let may_slip = may_slip.get(at).copied().unwrap_or(false);
            let (length, near) = match self.vocabulary.phrase_at(&rest) {
                Some((length, term)) => (length, vec![(term, 1.0)]),
                None => (1, self.near(word, known_word, may_slip)),
            };
            let weight = match near.first() {
                Some((term, _)) => self.weight(*term),
                None if known_word.is_common => UNKNOWN * COMMON,
                None => UNKNOWN,
            };
            heard.push(Heard { words: at..at + length, near, weight });
            at += length;
        }
        heard
    }

    fn near(&self, word: &Word, known: &Known, may_slip: bool) -> Vec<(TermIx, f32)> {
        let mut near: Vec<(TermIx, f32)> =
            known.term.filter(|term| self.is_held(*term)).map(|term| (term, 1.0)).into_iter().collect();
        if known.is_common {
            return near;
        }
        let beginning = self.vocabulary.alike(word, known);
        near.extend(beginning.into_iter().filter(|(term, _)| self.is_held(*term) && Some(*term) != known.term));
        if near.is_empty() && may_slip {
            near = self.vocabulary.slips(word).into_iter().filter(|(term, _)| self.is_held(*term)).collect();
        }
        near
    }

    /// The entries that fit best: each once, by its best question.
    pub fn fits(&self, heard: &[Heard]) -> Vec<Fit> {
        let hearing = Hearing::new(heard);
        let mut nearest = vec![0.0_f32; heard.len()];
        let mut best: Vec<Fit> = Vec::new();
        for question in self.candidates(heard) {
            let Some(question) = self.questions.get(question as usize) else { continue };
            nearest.fill(0.0);
            let score = self.score(question, &hearing, &mut nearest);
            // The questions of an entry stand together.
            match best.last_mut().filter(|last| last.entry == question.entry) {
                Some(last) if last.score >= score => {}
                Some(last) => (last.score, last.words) = (score, self.telling(heard, &nearest)),
                None => best.push(Fit { entry: question.entry, score, words: self.telling(heard, &nearest) }),
            }
        }
        best
    }

    /// Questions that have heavy words in common with what was said, in order.
    fn candidates(&self, heard: &[Heard]) -> Vec<u32> {
        let mut terms: Vec<(&[u32], f32)> = Vec::new();
        for word in heard {
            for (term, nearness) in &word.near {
                let holders = self.holders.get(*term as usize).map_or(&[][..], Vec::as_slice);
                terms.push((holders, self.weight(*term) * nearness));
            }
        }
        terms.sort_by_key(|(holders, _)| holders.len());
        let mut shared: Vec<(u32, f32)> = Vec::new();
        let mut left = MOST_COUNTED;
        for (holders, weight) in terms {
            if holders.len() > left && !shared.is_empty() {
                break;
            }
            // The rarest is counted whatever it takes, within bounds.
            shared.extend(holders.iter().take(MOST_HOLDERS).map(|question| (*question, weight)));
            left = left.saturating_sub(holders.len());
        }
        // Stable, as runs in order are merged, not sorted.
        shared.sort_by_key(|(question, _)| *question);
        shared.dedup_by(|next, sum| {
            let is_same = next.0 == sum.0;
            sum.1 += if is_same { next.1 } else { 0.0 };
            is_same
        });
        if shared.len() > MOST_COMPARED {
            shared.select_nth_unstable_by(MOST_COMPARED, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            shared.truncate(MOST_COMPARED);
            shared.sort_unstable_by_key(|(question, _)| *question);
        }
        shared.into_iter().map(|(question, _)| question).collect()
    }

    /// How well a question fits, from 0 to 1: what both share, against what either has alone. `nearest` gets how nearly each word was held.
    fn score(&self, question: &Question, hearing: &Hearing<'_>, nearest: &mut [f32]) -> f32 {
        let mut asked = 0.0;
        let (mut last, mut pairs, mut turned) = (None, 0.0_f32, 0.0_f32);
        for (term, weight) in self.terms(&question.terms) {
            let Some((n, nearness)) = hearing.heard_as(*term) else { continue };
            asked += weight * nearness;
            if let Some(so_far) = nearest.get_mut(n) {
                *so_far = so_far.max(nearness);
            }
            if let Some(last) = last.replace(n) {
                pairs += 1.0;
                turned += f32::from(last > n);
            }
        }
        self.hear_beside(question, hearing.words, nearest);
        let found: f32 = hearing.words.iter().zip(&*nearest).map(|(word, nearness)| word.weight * nearness).sum();
        let shared = f32::midpoint(asked, found);
        let apart = MISSING * (question.weight - asked) + FURTHER * (hearing.weight - found) + DOUBT;
        // Which part of neighbours stand the other way round.
        let disorder = turned / pairs.max(1.0);
        shared / (shared + apart) * (1.0 - DISORDER * disorder)
    }

    /// The words that were held, common ones aside.
    fn telling(&self, heard: &[Heard], nearest: &[f32]) -> WordSet {
        let held = heard.iter().zip(nearest).filter(|(word, nearness)| **nearness > 0.0 && self.is_telling(word));
        held.fold(WordSet::default(), |words, (word, _)| words.with(word.words.clone()))
    }

    /// A word of another question of the same entry speaks for this one, too, if less.
    fn hear_beside(&self, question: &Question, heard: &[Heard], nearest: &mut [f32]) {
        let beside = self.terms(&question.beside);
        for (word, so_far) in heard.iter().zip(nearest).filter(|(_, so_far)| **so_far == 0.0) {
            let is_held = |term: TermIx| beside.iter().any(|(held, _)| *held == term);
            let near = word.near.iter().filter(|(term, _)| is_held(*term));
            *so_far = near.map(|(_, nearness)| nearness * BESIDE).fold(0.0, f32::max);
        }
    }

    fn terms(&self, which: &Range<usize>) -> &[(TermIx, f32)] {
        self.terms.get(which.clone()).unwrap_or_default()
    }

    fn is_telling(&self, word: &Heard) -> bool {
        word.near.first().is_some_and(|(term, _)| !self.vocabulary.is_common(*term))
    }

    fn is_held(&self, term: TermIx) -> bool {
        self.holders.get(term as usize).is_some_and(|holders| !holders.is_empty())
    }

    fn weight(&self, term: TermIx) -> f32 {
        self.weights.get(term as usize).copied().unwrap_or(0.0)
    }
}

/// The terms of a question, each once, phrases joined.
fn terms_of(vocabulary: &mut Vocabulary, said: &Said) -> Vec<TermIx> {
    let all: Vec<TermIx> = said.words.iter().map(|word| vocabulary.learn(word)).collect();
    let mut terms: Vec<TermIx> = Vec::new();
    let mut at = 0;
    while let Some(term) = all.get(at).copied() {
        let phrase = vocabulary.phrase_at(&all.iter().skip(at).map(|term| Some(*term)));
        let (length, term) = phrase.unwrap_or((1, term));
        if !terms.contains(&term) {
            terms.push(term);
        }
        at += length;
    }
    terms
}

/// The fewer entries hold a term, the more it weighs; 1 for a term of a single entry.
fn weights(vocabulary: &Vocabulary, questions: &[(usize, Vec<TermIx>)], holders: &[Vec<u32>]) -> Vec<f32> {
    let entry = |question: &u32| questions.get(*question as usize).map(|(entry, _)| *entry);
    let entries = questions.chunk_by(|a, b| a.0 == b.0).count() as f32;
    let most = (1.0 + entries).ln();
    let weight = |(term, holders): (usize, &Vec<u32>)| {
        // The questions of an entry stand together.
        let in_entries = holders.chunk_by(|a, b| entry(a) == entry(b)).count().max(1) as f32;
        let rare = (1.0 + entries / in_entries).ln() / most;
        if vocabulary.is_common(term as TermIx) { rare * COMMON } else { rare }
    };
    holders.iter().enumerate().map(weight).collect()
}

/// The questions, and the weights of their terms: what all questions of an entry hold is what it is about.
fn weighed(read: &[(usize, Vec<TermIx>)], weights: &[f32]) -> (Vec<Question>, Vec<(TermIx, f32)>) {
    let (mut questions, mut all) = (Vec::with_capacity(read.len()), Vec::new());
    for entry in read.chunk_by(|a, b| a.0 == b.0) {
        let beside = all.len()..all.len() + entry.iter().map(|(_, terms)| terms.len()).sum::<usize>();
        let others = entry.len().saturating_sub(1).max(1) as f32;
        let central = |term: TermIx| {
            let holders = entry.iter().filter(|(_, terms)| terms.contains(&term)).count().max(1);
            if entry.len() == 1 { 1.0 } else { IN_PASSING + (1.0 - IN_PASSING) * (holders - 1) as f32 / others }
        };
        for (n, terms) in entry {
            let weighed = |term: &TermIx| (*term, weights.get(*term as usize).copied().unwrap_or(0.0) * central(*term));
            let terms: Vec<(TermIx, f32)> = terms.iter().map(weighed).collect();
            let weight = terms.iter().map(|(_, weight)| weight).sum();
            let which = all.len()..all.len() + terms.len();
            all.extend(terms);
            questions.push(Question { entry: *n, terms: which, weight, beside: beside.clone() });
        }
    }
    (questions, all)
}
