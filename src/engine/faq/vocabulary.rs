//! The words of a bot's questions in one language: which term each form, synonym and slip of the pen stands for.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::super::fold::fold;
use super::common;
use super::stems::Stems;
use super::typos::Typos;
use super::words::{Said, Word};

/// The number of a term: a stem, or all that a bot's synonyms put in its place.
pub type TermIx = u32;

/// How near two words are that only begin alike.
const SAME_BEGINNING: f32 = 0.75;
/// Letters that words which begin alike have in common at least.
const SHORTEST_BEGINNING: usize = 5;
/// Words with the same beginning that are looked at.
const MOST_ALIKE: usize = 32;
/// Words of a synonym.
const LONGEST_PHRASE: usize = 5;

/// What a language knows of a word.
#[derive(Debug)]
pub struct Known {
    /// Its term, where its form or stem is known.
    pub term: Option<TermIx>,
    /// Most questions of the language hold it.
    pub is_common: bool,
    /// Its stem or what stands for it, where it was looked up by that.
    key: Option<String>,
}

/// The terms of one language.
#[derive(Debug)]
pub struct Vocabulary {
    stems: Stems,
    common: HashSet<&'static str>,
    /// Stems in whose place another stands.
    synonyms: HashMap<String, String>,
    terms: HashMap<String, TermIx>,
    /// Terms that are common words, by term.
    commons: Vec<bool>,
    /// Forms that questions hold, folded.
    forms: HashMap<String, TermIx>,
    /// By their first term: terms in a row, and the one that stands for them. Longest first.
    phrases: HashMap<TermIx, Vec<(Vec<TermIx>, TermIx)>>,
    /// Stems in order, to find those that begin alike.
    sorted: Vec<(String, TermIx)>,
    /// By the first letters: where those that begin so stand among the sorted.
    beginnings: HashMap<String, Range<usize>>,
    typos: Typos,
    typo_terms: Vec<TermIx>,
}

impl Vocabulary {
    /// An empty one that knows the bot's synonyms.
    pub fn new(language: &str, synonyms: &[Vec<String>]) -> Self {
        let mut vocabulary = Self {
            stems: Stems::of(language),
            common: common::words(language).split_whitespace().collect(),
            synonyms: HashMap::new(),
            terms: HashMap::new(),
            commons: Vec::new(),
            forms: HashMap::new(),
            phrases: HashMap::new(),
            sorted: Vec::new(),
            beginnings: HashMap::new(),
            typos: Typos::default(),
            typo_terms: Vec::new(),
        };
        let groups: Vec<Vec<Said>> =
            synonyms.iter().map(|group| group.iter().map(|text| Said::new(text)).collect()).collect();
        let stand_ins: Vec<String> =
            groups.iter().enumerate().map(|(n, group)| vocabulary.one_word(n, group)).collect();
        for (group, stand_in) in groups.iter().zip(&stand_ins) {
            for said in group {
                vocabulary.phrase(said, stand_in);
            }
        }
        vocabulary
    }

    /// The synonyms of a group that are one word: all become the first, or what stands for it already.
    fn one_word(&mut self, n: usize, group: &[Said]) -> String {
        let single = |said: &Said| if let [word] = said.words.as_slice() { Some(self.stem(word)) } else { None };
        let keys: Vec<String> = group.iter().filter_map(single).collect();
        let known = keys.iter().find_map(|key| self.synonyms.get(key)).cloned();
        // No word has a space in it.
        let stand_in = known.or_else(|| keys.first().cloned()).unwrap_or_else(|| format!("group {n}"));
        for key in keys {
            self.synonyms.insert(key, stand_in.clone());
        }
        stand_in
    }

    fn phrase(&mut self, said: &Said, stand_in: &str) {
        if !(2..=LONGEST_PHRASE).contains(&said.words.len()) {
            return;
        }
        let terms: Vec<TermIx> = said.words.iter().map(|word| self.learn(word)).collect();
        let stand_in = self.term(stand_in.to_owned(), false);
        let Some(first) = terms.first() else { return };
        let phrases = self.phrases.entry(*first).or_default();
        phrases.push((terms, stand_in));
        phrases.sort_by_key(|(terms, _)| std::cmp::Reverse(terms.len()));
    }

    /// The term of a word of a question.
    pub fn learn(&mut self, word: &Word) -> TermIx {
        if let Some(term) = self.forms.get(&word.folded) {
            return *term;
        }
        let key = self.key(word);
        let is_common = self.common.contains(word.folded.as_str()) && !self.synonyms.contains_key(&self.stem(word));
        let term = self.term(key, is_common);
        self.forms.insert(word.folded.clone(), term);
        if word.lower.is_some() {
            // Who types without accents means the same.
            self.terms.entry(self.stems.stem(&word.folded)).or_insert(term);
        }
        term
    }

    fn term(&mut self, key: String, is_common: bool) -> TermIx {
        let next = self.commons.len() as TermIx;
        let term = *self.terms.entry(key).or_insert(next);
        if term == next {
            self.commons.push(is_common);
        }
        term
    }

    /// How many terms there are.
    pub fn len(&self) -> usize {
        self.commons.len()
    }

    /// A term that most questions hold.
    pub fn is_common(&self, term: TermIx) -> bool {
        self.commons.get(term as usize).copied().unwrap_or(false)
    }

    /// All questions are read: make ready to be asked.
    pub fn finish(&mut self) {
        self.sorted = self.terms.iter().map(|(stem, term)| (stem.clone(), *term)).collect();
        self.sorted.sort_unstable();
        let mut at = 0;
        for alike in self.sorted.chunk_by(|(a, _), (b, _)| first_letters(a) == first_letters(b)) {
            if let Some(letters) = alike.first().and_then(|(stem, _)| first_letters(stem)) {
                self.beginnings.insert(letters.to_owned(), at..at + alike.len());
            }
            at += alike.len();
        }
        let mut forms: Vec<(String, TermIx)> = self.forms.iter().map(|(form, term)| (form.clone(), *term)).collect();
        forms.retain(|(_, term)| !self.is_common(*term));
        forms.sort_unstable();
        let (words, terms) = forms.into_iter().unzip();
        (self.typos, self.typo_terms) = (Typos::new(words), terms);
    }

    /// What is known of a word that somebody said.
    pub fn look_up(&self, word: &Word) -> Known {
        let is_common = self.common.contains(word.folded.as_str());
        if let Some(term) = self.forms.get(&word.folded) {
            return Known { term: Some(*term), is_common, key: None };
        }
        let key = self.key(word);
        let bare = || word.lower.as_ref().and_then(|_| self.terms.get(&self.stems.stem(&word.folded)));
        let term = self.terms.get(&key).or_else(bare).copied();
        Known { term, is_common, key: Some(key) }
    }

    /// Terms that begin like the word.
    pub fn alike(&self, word: &Word, known: &Known) -> Vec<(TermIx, f32)> {
        let key = known.key.as_ref().map_or_else(|| Cow::Owned(self.key(word)), Cow::Borrowed);
        let length = key.chars().count();
        let common = SHORTEST_BEGINNING.max((length * 3).div_ceil(4));
        let Some(beginning) = key.char_indices().nth(common).map_or(Some(&**key), |(at, _)| key.get(..at)) else {
            return Vec::new();
        };
        if length < SHORTEST_BEGINNING {
            return Vec::new();
        }
        let range = first_letters(&key).and_then(|letters| self.beginnings.get(letters));
        let near = range.and_then(|range| self.sorted.get(range.clone())).unwrap_or_default();
        let from = near.partition_point(|(stem, _)| stem.as_str() < beginning);
        let found = near.iter().skip(from).take(MOST_ALIKE).take_while(|(stem, _)| stem.starts_with(beginning));
        let is_near = |stem: &str| *stem != *key && common * 4 >= stem.chars().count() * 3;
        found
            .filter(|(stem, term)| is_near(stem) && !self.is_common(*term))
            .map(|(_, term)| (*term, SAME_BEGINNING))
            .collect()
    }

    /// Terms that the word may be a slip of.
    pub fn slips(&self, word: &Word) -> Vec<(TermIx, f32)> {
        let near = self.typos.near(&word.folded).into_iter();
        near.filter_map(|(n, nearness)| Some((*self.typo_terms.get(n)?, nearness))).collect()
    }

    /// The synonym of several words that begins there: how many terms it takes the place of, and its own.
    pub fn phrase_at(&self, terms: &(impl Iterator<Item = Option<TermIx>> + Clone)) -> Option<(usize, TermIx)> {
        let phrases = self.phrases.get(&terms.clone().next()??)?;
        let fits = |phrase: &[TermIx]| {
            let mut said = terms.clone();
            phrase.iter().all(|term| said.next() == Some(Some(*term)))
        };
        phrases.iter().find(|(phrase, _)| fits(phrase)).map(|(phrase, stand_in)| (phrase.len(), *stand_in))
    }

    fn key(&self, word: &Word) -> String {
        let stem = self.stem(word);
        self.synonyms.get(&stem).cloned().unwrap_or(stem)
    }

    fn stem(&self, word: &Word) -> String {
        match &word.lower {
            Some(lower) => fold(&self.stems.stem(lower)),
            None => self.stems.stem(&word.folded),
        }
    }
}

/// What words that begin alike have in common at least; `None` of shorter ones.
fn first_letters(stem: &str) -> Option<&str> {
    let (last, letter) = stem.char_indices().nth(SHORTEST_BEGINNING - 1)?;
    stem.get(..last + letter.len_utf8())
}
