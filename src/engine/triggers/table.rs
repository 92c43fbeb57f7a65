//! One table for the triggers of all flows: keywords and the literal parts of regexes are looked up together, so that deciding in ten
//! thousand flows costs about as much as in two hundred.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, MatchKind};
use unicode_segmentation::UnicodeSegmentation;

use super::super::{Core, fold::fold};
use super::literals::key;
use super::{Keywords, Occasion, Pattern, Posted, Timed, Trigger};
use crate::bot::{Flow, FlowIx};
use crate::domain::{Message, MessageKind, Value, Vars};

/// Characters of a message that are looked at: more than any messenger lets a person type, less than a flood.
const LONGEST_TEXT: usize = 10_000;

/// How specific a trigger is, the most specific first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// `button`.
    Button,
    /// `attachment` and `location`.
    Attachment,
    /// `matches`.
    Matches,
    /// `keywords`.
    Keywords,
    /// `faq`.
    Faq,
    /// `first_message`.
    FirstMessage,
    /// `message`.
    Message,
    /// `fallback`, and events that are no messages.
    Other,
}

/// A flow that one of its triggers offers a message to.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The flow.
    pub flow: FlowIx,
    /// By what kind of trigger; the most specific of the flow's.
    pub rank: Rank,
    /// Named groups, or `keyword`.
    pub vars: Vars,
}

/// The number of a trigger: its flow, its place among the flow's.
type TriggerIx = (FlowIx, usize);

/// The table.
#[derive(Debug)]
pub struct Table {
    /// Folded keywords, looked for in the folded text.
    words: Option<AhoCorasick>,
    /// By pattern of `words`: which keyword of which triggers it is.
    words_of: Vec<Vec<(TriggerIx, usize)>>,
    /// Literals of regexes, looked for in the text's keys.
    literals: Option<AhoCorasick>,
    /// By pattern of `literals`: the triggers to try.
    literals_of: Vec<Vec<TriggerIx>>,
    /// Regexes of which nothing literal is known: tried always.
    always: Vec<TriggerIx>,
    /// Flows by bare word, in the order in which they are tried.
    occasions: BTreeMap<u8, Vec<FlowIx>>,
    /// Triggers of buttons and files.
    sent: Vec<TriggerIx>,
    /// Triggers of time, in the order in which they are tried.
    timed: Vec<(FlowIx, Timed)>,
    /// Patterns of times.
    every: Vec<TriggerIx>,
    /// Triggers of other programs' events, in the order in which they are tried.
    posted: Vec<TriggerIx>,
    /// Triggers of messages that do not arrive, in the order in which they are tried.
    failed: Vec<TriggerIx>,
    /// Flows by the entry of the FAQ that they take.
    faq: BTreeMap<String, Vec<FlowIx>>,
    /// The priority of each flow, higher first.
    priorities: Vec<Reverse<i64>>,
}

impl Table {
    /// Build it. `flows` are in file order.
    pub fn build(flows: &[Flow<Core>]) -> Self {
        let mut words = Patterns::default();
        let mut literals = Patterns::default();
        let mut always = Vec::new();
        let mut occasions: BTreeMap<u8, Vec<FlowIx>> = BTreeMap::new();
        let (mut sent, mut timed, mut every) = (Vec::new(), Vec::new(), Vec::new());
        let (mut posted, mut failed) = (Vec::new(), Vec::new());
        let mut faq: BTreeMap<String, Vec<FlowIx>> = BTreeMap::new();
        for (ix, trigger, kind) in triggers(flows) {
            match kind {
                Trigger::Keywords(keywords) => {
                    keywords.words.iter().enumerate().for_each(|(n, word)| words.add(&word.folded, ((ix, trigger), n)));
                }
                Trigger::Matches(pattern) => match &pattern.literals {
                    Some(texts) => texts.iter().for_each(|text| literals.add(text, (ix, trigger))),
                    None => always.push((ix, trigger)),
                },
                Trigger::Button(_) | Trigger::Attachment(_) => sent.push((ix, trigger)),
                Trigger::Timed(kind) => timed.push((ix, *kind)),
                Trigger::Every(_) => every.push((ix, trigger)),
                Trigger::Posted(_) => posted.push((ix, trigger)),
                Trigger::Failed(_) => failed.push((ix, trigger)),
                Trigger::Faq(entries) => {
                    for entry in entries {
                        faq.entry(entry.clone()).or_default().push(ix);
                    }
                }
                Trigger::On(occasion) => occasions.entry(*occasion as u8).or_default().push(ix),
            }
        }
        let priorities: Vec<_> = flows.iter().map(|flow| Reverse(flow.priority)).collect();
        for flows in occasions.values_mut() {
            flows.sort_by_key(|ix| priorities.get(*ix).copied());
        }
        timed.sort_by_key(|(ix, _)| priorities.get(*ix).copied());
        for told in [&mut posted, &mut failed] {
            told.sort_by_key(|(ix, _)| priorities.get(*ix).copied());
        }
        let (words, words_of) = words.build();
        let (literals, literals_of) = literals.build();
        Self {
            words,
            words_of,
            literals,
            literals_of,
            always,
            occasions,
            sent,
            timed,
            every,
            posted,
            failed,
            faq,
            priorities,
        }
    }

    /// The flows with that bare word, in the order in which they are tried.
    pub fn on(&self, occasion: Occasion) -> &[FlowIx] {
        self.occasions.get(&(occasion as u8)).map_or(&[], Vec::as_slice)
    }

    /// The triggers of time, in the order in which they are tried.
    pub fn timed(&self) -> &[(FlowIx, Timed)] {
        &self.timed
    }

    /// The triggers of patterns of times, each by its flow and its place among the flow's.
    pub fn every(&self) -> &[(FlowIx, usize)] {
        &self.every
    }

    /// The flows that an event of another program is offered to, in the order in which they are tried, each with the variable that gets its data.
    pub fn posted<'f>(&self, flows: &'f [Flow<Core>], name: &str) -> Vec<(FlowIx, Option<&'f str>)> {
        let listens = |(flow, n): &TriggerIx| match flows.get(*flow)?.triggers.get(*n)? {
            Trigger::Posted(Posted { name: wanted, save }) if wanted == name => Some((*flow, save.as_deref())),
            _ => None,
        };
        self.posted.iter().filter_map(listens).collect()
    }

    /// The flows that are told of a message that does not arrive, in the order in which they are tried, each with the variable that gets the reason.
    pub fn failed<'f>(&self, flows: &'f [Flow<Core>]) -> Vec<(FlowIx, Option<&'f str>)> {
        let told = |(flow, n): &TriggerIx| match flows.get(*flow)?.triggers.get(*n)? {
            Trigger::Failed(save) => Some((*flow, save.as_deref())),
            _ => None,
        };
        self.failed.iter().filter_map(told).collect()
    }

    /// The flows that a message is offered to, `fallback` left aside: by priority, then the more specific kind, then file order.
    /// `faq` is the flow that answers from the FAQ, and the entry that fits.
    pub fn hits(
        &self,
        flows: &[Flow<Core>],
        message: &Message,
        is_first: bool,
        faq: Option<(FlowIx, Option<&str>)>,
    ) -> Vec<Hit> {
        let text = &*message.text;
        let text = text.char_indices().nth(LONGEST_TEXT).and_then(|(at, _)| text.get(..at)).unwrap_or(text);
        let mut hits = Vec::new();
        self.find_regexes(flows, text.trim(), &mut hits);
        self.find_words(flows, text, &mut hits);
        self.find_sent(flows, message, &mut hits);
        if is_first {
            self.find_plain(Occasion::FirstMessage, Rank::FirstMessage, &mut hits);
        }
        self.find_plain(Occasion::Message, Rank::Message, &mut hits);
        let takers = faq.and_then(|(_, entry)| self.faq.get(entry?)).into_iter().flatten().copied();
        let of_faq = takers.chain(faq.map(|(flow, _)| flow));
        hits.extend(of_faq.map(|flow| Hit { flow, rank: Rank::Faq, vars: Vars::new() }));
        self.in_order(hits)
    }

    fn in_order(&self, mut hits: Vec<Hit>) -> Vec<Hit> {
        // First by flow, the most specific first, so that each flow is offered the message once.
        hits.sort_by_key(|hit| (hit.flow, hit.rank));
        hits.dedup_by_key(|hit| hit.flow);
        hits.sort_by_key(|hit| (self.priorities.get(hit.flow).copied(), hit.rank, hit.flow));
        hits
    }

    fn find_plain(&self, occasion: Occasion, rank: Rank, hits: &mut Vec<Hit>) {
        hits.extend(self.on(occasion).iter().map(|flow| Hit { flow: *flow, rank, vars: Vars::new() }));
    }

    fn find_sent(&self, flows: &[Flow<Core>], message: &Message, hits: &mut Vec<Hit>) {
        let fits = |(flow, n): &TriggerIx| {
            let rank = match flows.get(*flow)?.triggers.get(*n)? {
                Trigger::Button(button) if button.fits(message) => Rank::Button,
                Trigger::Attachment(attachment) if attachment.fits(message) => Rank::Attachment,
                _ => return None,
            };
            Some(Hit { flow: *flow, rank, vars: Vars::new() })
        };
        hits.extend(self.sent.iter().filter_map(fits));
        if message.location.is_some() {
            self.find_plain(Occasion::Location, Rank::Attachment, hits);
        }
        match message.kind {
            MessageKind::Order => self.find_plain(Occasion::Order, Rank::Attachment, hits),
            MessageKind::Contacts => self.find_plain(Occasion::Contacts, Rank::Attachment, hits),
            _ => {}
        }
    }

    fn find_regexes(&self, flows: &[Flow<Core>], text: &str, hits: &mut Vec<Hit>) {
        let mut candidates = self.always.clone();
        if let Some(literals) = &self.literals {
            let keys: String = text.chars().map(key).collect();
            for found in literals.find_overlapping_iter(&keys) {
                candidates.extend(self.literals_of.get(found.pattern().as_usize()).into_iter().flatten());
            }
        }
        candidates.sort_unstable();
        candidates.dedup();
        let matched = candidates.into_iter().filter_map(|at| {
            let vars = pattern(flows, at)?.groups(text)?;
            Some(Hit { flow: at.0, rank: Rank::Matches, vars })
        });
        hits.extend(matched);
    }

    fn find_words(&self, flows: &[Flow<Core>], text: &str, hits: &mut Vec<Hit>) {
        let Some(words) = &self.words else { return };
        let text = fold(text);
        let mut bounds: Option<Vec<usize>> = None;
        let mut found: Vec<(TriggerIx, usize)> = Vec::new();
        for hit in words.find_overlapping_iter(&text) {
            let bounds = bounds.get_or_insert_with(|| word_bounds(&text));
            if bounds.binary_search(&hit.start()).is_ok() && bounds.binary_search(&hit.end()).is_ok() {
                found.extend(self.words_of.get(hit.pattern().as_usize()).into_iter().flatten());
            }
        }
        found.sort_unstable();
        found.dedup();
        let whole = found.chunk_by(|a, b| a.0 == b.0).filter_map(|of_one| {
            let at = of_one.first()?.0;
            let keyword = matched(keywords(flows, at)?, of_one)?;
            let vars = Vars::from([("keyword".to_owned(), Value::Text(keyword))]);
            Some(Hit { flow: at.0, rank: Rank::Keywords, vars })
        });
        hits.extend(whole);
    }
}

/// The places between words, as Unicode sees them (UAX 29), start and end included.
fn word_bounds(text: &str) -> Vec<usize> {
    text.split_word_bound_indices().map(|(at, _)| at).chain([text.len()]).collect()
}

/// The keyword that matched: the first written of those found; all of them, where all are wanted.
fn matched(keywords: &Keywords, found: &[(TriggerIx, usize)]) -> Option<String> {
    let written = |n: usize| keywords.words.get(n).map(|word| word.written.as_str());
    if !keywords.all {
        return written(found.first()?.1).map(str::to_owned);
    }
    let all: Vec<&str> = found.iter().filter_map(|(_, n)| written(*n)).collect();
    (all.len() == keywords.words.len()).then(|| all.join(" "))
}

fn triggers(flows: &[Flow<Core>]) -> impl Iterator<Item = (FlowIx, usize, &Trigger)> {
    let of = |(ix, flow): (FlowIx, &'_ Flow<Core>)| -> Vec<(FlowIx, usize)> {
        (0..flow.triggers.len()).map(|n| (ix, n)).collect()
    };
    flows.iter().enumerate().flat_map(of).filter_map(|(ix, n)| Some((ix, n, flows.get(ix)?.triggers.get(n)?)))
}

fn keywords(flows: &[Flow<Core>], (flow, n): TriggerIx) -> Option<&Keywords> {
    match flows.get(flow)?.triggers.get(n)? {
        Trigger::Keywords(keywords) => Some(keywords),
        _ => None,
    }
}

fn pattern(flows: &[Flow<Core>], (flow, n): TriggerIx) -> Option<&Pattern> {
    match flows.get(flow)?.triggers.get(n)? {
        Trigger::Matches(pattern) => Some(pattern),
        _ => None,
    }
}

/// Texts to look for, each once, with all that want them.
#[derive(Debug)]
struct Patterns<T> {
    texts: BTreeMap<String, Vec<T>>,
}

impl<T> Default for Patterns<T> {
    fn default() -> Self {
        Self { texts: BTreeMap::new() }
    }
}

impl<T> Patterns<T> {
    fn add(&mut self, text: &str, wanted_by: T) {
        self.texts.entry(text.to_owned()).or_default().push(wanted_by);
    }

    fn build(self) -> (Option<AhoCorasick>, Vec<Vec<T>>) {
        if self.texts.is_empty() {
            return (None, Vec::new());
        }
        let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(self.texts.keys());
        // It fails beyond four billion patterns only, which no bot's limits let through.
        (automaton.ok(), self.texts.into_values().collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{Keyword, MessageRegex};
    use super::*;
    use crate::domain::Place;

    fn flow(n: usize, priority: i64, triggers: Vec<Trigger>) -> Flow<Core> {
        Flow {
            name: format!("f{n}").into(),
            place: Place { file: Arc::from("t.yaml"), line: 1, column: 1 },
            triggers,
            condition: None,
            unless: None,
            priority,
            interrupt: false,
            continues: false,
            once_per: None,
            per: crate::bot::Per::default(),
            unless_human_within: None,
            when_people: crate::bot::WhenPeople::default(),
            outside: None,
            steps: Vec::new(),
            first: None,
            on_error: None,
            on_orphan: None,
            keys: BTreeMap::new(),
        }
    }

    fn words(words: &[&str], all: bool) -> Trigger {
        let word = |written: &&str| Keyword { written: (*written).into(), folded: fold(written) };
        Trigger::Keywords(Keywords { words: words.iter().map(word).collect(), all })
    }

    fn any(list: &[&str]) -> Trigger {
        words(list, false)
    }

    fn regex(pattern: &str) -> Trigger {
        Trigger::Matches(Box::new(Pattern::new(MessageRegex::new(pattern, 1 << 20).expect("a regex"))))
    }

    /// Flow numbers with what `keyword` holds, in the order offered.
    fn offered(flows: &[Flow<Core>], text: &str, is_first: bool) -> String {
        let message = Message { text: text.to_owned(), ..Message::default() };
        let hits = Table::build(flows).hits(flows, &message, is_first, None);
        let shown = |hit: &Hit| match hit.vars.get("keyword") {
            Some(Value::Text(word)) => format!("{} {word}", hit.flow),
            _ => hit.flow.to_string(),
        };
        hits.iter().map(shown).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn order() {
        let flows = [
            flow(0, 0, vec![Trigger::On(Occasion::Message)]),
            flow(1, 0, vec![Trigger::On(Occasion::FirstMessage)]),
            flow(2, 0, vec![any(&["price", "cost"])]),
            flow(3, 0, vec![regex("(?i)price")]),
            flow(4, 5, vec![any(&["cost"])]),
            flow(5, 0, vec![any(&["price"]), regex("price")]),
            flow(6, -1, vec![regex(r"\d+")]),
            flow(7, 9, vec![Trigger::On(Occasion::Fallback)]),
        ];
        let cases = [
            ("hello", false, "0"),
            ("hello", true, "1, 0"),
            ("Price?", true, "3, 2 price, 5 price, 1, 0"),
            ("price", false, "3, 5, 2 price, 0"),
            ("the COST", false, "4 cost, 2 cost, 0"),
            ("12", false, "0, 6"),
        ];
        for (text, is_first, want) in cases {
            assert_eq!(offered(&flows, text, is_first), want, "{text}");
        }
    }

    #[test]
    fn whole_words_and_all_of_them() {
        let flows = [
            flow(0, 0, vec![any(&["art", "how much"])]),
            flow(1, 0, vec![words(&["refund", "order"], true)]),
            flow(2, 0, vec![any(&["🆘", "c++"])]),
            flow(3, 0, vec![any(&["价格", "ราคา"])]),
        ];
        let cases = [
            ("party", ""),
            ("state of the art!", "0 art"),
            ("How  MUCH?", "0 how much"),
            ("much how", ""),
            ("refund", ""),
            ("order of a refund", "1 refund order"),
            ("help🆘!", "2 🆘"),
            ("C++ or C", "2 c++"),
            ("价格是多少", "3 价格"),
            ("ราคาเท่าไหร่", "3 ราคา"),
        ];
        for (text, want) in cases {
            assert_eq!(offered(&flows, text, false), want, "{text}");
        }
    }

    #[test]
    fn literals_never_hide_a_match() {
        let patterns =
            [r"^\s*hi", "(?i)ПРИВЕТ", "a|b", r"(?i)k", r"\bdoc(?:tor)?s?\b", r"x{2}y", r"(?:ab?)+c", r"[hH]ello w"];
        let texts =
            ["hi", "привет", "ПрИвЕт", "b", "\u{212a}", "doctors", "doc", "xxy", "aac", "Hello w", "none of it"];
        for pattern in patterns {
            let flows = [flow(0, 0, vec![regex(pattern)])];
            let alone = regex::Regex::new(pattern).expect("a regex");
            for text in texts {
                let found = !offered(&flows, text, false).is_empty();
                assert_eq!(found, alone.is_match(text), "{pattern} in {text}");
            }
        }
    }
}
