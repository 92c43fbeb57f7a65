//! The questions of one language, found by their terms and compared with what somebody said.

use std::collections::HashMap;
use std::ops::Range;

use super::vocabulary::{TermIx, Vocabulary};
use super::words::Said;

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
    /// By term: the questions that hold it.
    holders: Vec<Vec<u32>>,
    /// By term.
    weights: Vec<f32>,
}

#[derive(Debug)]
struct Question {
    entry: usize,
    /// Each once, in order, with what it weighs here.
    terms: Vec<(TermIx, f32)>,
    weight: f32,
    /// The questions of its entry.
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
    /// The words of the message that the question holds, common ones aside, by their numbers.
    pub words: Vec<usize>,
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
        let questions = weighed(&read, &weights);
        Self { name, vocabulary, questions, holders, weights }
    }

    /// The term of each word that is known here as it is.
    pub fn known(&self, said: &Said) -> Vec<Option<TermIx>> {
        said.words.iter().map(|word| self.vocabulary.find(word)).collect()
    }

    /// Whether a word is one that most questions hold.
    pub fn is_common(&self, said: &Said, word: usize) -> bool {
        said.words.get(word).is_some_and(|word| self.vocabulary.is_common_word(word))
    }

    /// What the words stand for. `known` are their terms here; `may_slip` says which of them no language knows.
    pub fn hear(&self, said: &Said, known: &[Option<TermIx>], may_slip: &[bool]) -> Vec<Heard> {
        let mut heard = Vec::new();
        let mut at = 0;
        while at < known.len() {
            let rest = known.get(at..).unwrap_or_default();
            let (length, near) = match self.vocabulary.phrase_at(rest) {
                Some((length, term)) => (length, vec![(term, 1.0)]),
                None => (1, self.near(said, at, rest.first().copied().flatten(), may_slip)),
            };
            let weight = match near.first() {
                Some((term, _)) => self.weight(*term),
                None if self.is_common(said, at) => UNKNOWN * COMMON,
                None => UNKNOWN,
            };
            heard.push(Heard { words: at..at + length, near, weight });
            at += length;
        }
        heard
    }

    fn near(&self, said: &Said, at: usize, known: Option<TermIx>, may_slip: &[bool]) -> Vec<(TermIx, f32)> {
        let mut near: Vec<(TermIx, f32)> =
            known.filter(|term| self.is_held(*term)).map(|term| (term, 1.0)).into_iter().collect();
        let Some(word) = said.words.get(at).filter(|_| !self.is_common(said, at)) else { return near };
        let beginning = self.vocabulary.alike(word);
        near.extend(beginning.into_iter().filter(|(term, _)| self.is_held(*term) && Some(*term) != known));
        if near.is_empty() && may_slip.get(at).copied().unwrap_or(false) {
            near = self.vocabulary.slips(word).into_iter().filter(|(term, _)| self.is_held(*term)).collect();
        }
        near
    }

    /// The entries that fit best.
    pub fn fits(&self, heard: &[Heard]) -> Vec<Fit> {
        let mut best: HashMap<usize, Fit> = HashMap::new();
        for question in self.candidates(heard) {
            let Some(question) = self.questions.get(question as usize) else { continue };
            let so_far = best.get(&question.entry).map_or(0.0, |fit| fit.score);
            if let Some(fit) = self.fit(question, heard, so_far) {
                best.insert(fit.entry, fit);
            }
        }
        best.into_values().collect()
    }

    /// Questions that have heavy words in common with what was said.
    fn candidates(&self, heard: &[Heard]) -> Vec<u32> {
        let mut terms: Vec<(&[u32], f32)> = Vec::new();
        for word in heard {
            for (term, nearness) in &word.near {
                let holders = self.holders.get(*term as usize).map_or(&[][..], Vec::as_slice);
                terms.push((holders, self.weight(*term) * nearness));
            }
        }
        terms.sort_by_key(|(holders, _)| holders.len());
        let mut shared: HashMap<u32, f32> = HashMap::new();
        let mut left = MOST_COUNTED;
        for (holders, weight) in terms {
            if holders.len() > left && !shared.is_empty() {
                break;
            }
            // The rarest is counted whatever it takes, within bounds.
            for question in holders.iter().take(MOST_HOLDERS) {
                *shared.entry(*question).or_default() += weight;
            }
            left = left.saturating_sub(holders.len());
        }
        let mut found: Vec<(u32, f32)> = shared.into_iter().collect();
        found.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.into_iter().take(MOST_COMPARED).map(|(question, _)| question).collect()
    }

    /// How well a question fits: what both share, against what either has alone. `None` where that is no better than so far.
    fn fit(&self, question: &Question, heard: &[Heard], so_far: f32) -> Option<Fit> {
        let mut asked = 0.0;
        let mut order: Vec<usize> = Vec::new();
        let mut nearest = vec![0.0_f32; heard.len()];
        for (term, weight) in &question.terms {
            let Some((n, nearness)) = heard_as(*term, heard) else { continue };
            asked += weight * nearness;
            order.push(n);
            if let Some(so_far) = nearest.get_mut(n) {
                *so_far = so_far.max(nearness);
            }
        }
        self.hear_beside(question, heard, &mut nearest);
        let said: f32 = heard.iter().map(|word| word.weight).sum();
        let found: f32 = heard.iter().zip(&nearest).map(|(word, nearness)| word.weight * nearness).sum();
        let shared = f32::midpoint(asked, found);
        let apart = MISSING * (question.weight - asked) + FURTHER * (said - found) + DOUBT;
        let score = shared / (shared + apart) * (1.0 - DISORDER * disorder(&order));
        let matched = heard.iter().zip(&nearest).filter(|(word, nearness)| **nearness > 0.0 && self.is_telling(word));
        let words = || matched.flat_map(|(word, _)| word.words.clone()).collect();
        (score > so_far).then(|| Fit { entry: question.entry, score, words: words() })
    }

    /// A word of another question of the same entry speaks for this one, too, if less.
    fn hear_beside(&self, question: &Question, heard: &[Heard], nearest: &mut [f32]) {
        let beside = self.questions.get(question.beside.clone()).unwrap_or_default();
        for (word, so_far) in heard.iter().zip(nearest).filter(|(_, so_far)| **so_far == 0.0) {
            let is_held = |term: TermIx| beside.iter().flat_map(|other| &other.terms).any(|(held, _)| *held == term);
            let near = word.near.iter().filter(|(term, _)| is_held(*term));
            *so_far = near.map(|(_, nearness)| nearness * BESIDE).fold(0.0, f32::max);
        }
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
    let all: Vec<Option<TermIx>> = said.words.iter().map(|word| Some(vocabulary.learn(word))).collect();
    let mut terms: Vec<TermIx> = Vec::new();
    let mut at = 0;
    while let Some(term) = all.get(at).copied().flatten() {
        let phrase = vocabulary.phrase_at(all.get(at..).unwrap_or_default());
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

/// The questions with the weights of their terms: what all questions of an entry hold is what it is about.
fn weighed(read: &[(usize, Vec<TermIx>)], weights: &[f32]) -> Vec<Question> {
    let mut questions = Vec::with_capacity(read.len());
    for entry in read.chunk_by(|a, b| a.0 == b.0) {
        let beside = questions.len()..questions.len() + entry.len();
        let others = entry.len().saturating_sub(1).max(1) as f32;
        let central = |term: TermIx| {
            let holders = entry.iter().filter(|(_, terms)| terms.contains(&term)).count().max(1);
            if entry.len() == 1 { 1.0 } else { IN_PASSING + (1.0 - IN_PASSING) * (holders - 1) as f32 / others }
        };
        for (n, terms) in entry {
            let weight = |term: &TermIx| (*term, weights.get(*term as usize).copied().unwrap_or(0.0) * central(*term));
            let terms: Vec<(TermIx, f32)> = terms.iter().map(weight).collect();
            let weight = terms.iter().map(|(_, weight)| weight).sum();
            questions.push(Question { entry: *n, terms, weight, beside: beside.clone() });
        }
    }
    questions
}

/// The word that was said for this term, and how nearly.
fn heard_as(term: TermIx, heard: &[Heard]) -> Option<(usize, f32)> {
    let mut best: Option<(usize, f32)> = None;
    for (n, word) in heard.iter().enumerate() {
        for (near, nearness) in &word.near {
            if *near == term && best.is_none_or(|(_, so_far)| *nearness > so_far) {
                best = Some((n, *nearness));
            }
        }
    }
    best
}

/// Which part of neighbours stand the other way round, from 0 to 1.
fn disorder(order: &[usize]) -> f32 {
    let pairs = order.len().saturating_sub(1);
    if pairs == 0 {
        return 0.0;
    }
    let turned = order.windows(2).filter(|pair| pair.first() > pair.last()).count();
    turned as f32 / pairs as f32
}
