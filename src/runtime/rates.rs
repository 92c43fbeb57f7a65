//! How often a provider may be called: one budget for all accounts that share a credential. What counts is what went within the time of
//! a rate; a call counts from its beginning until that time after its answer, so that it never counts for longer there than here.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use crate::domain::{ConversationId, Rate, Span, Time, Whose};
use crate::engine;

/// Added to the time of each rate: the provider's clock and ours do not run alike.
const MARGIN: Span = Span(50);
/// Counts of single conversations are looked through for idle ones when there are so many, and whenever they have doubled.
const TIDY_FROM: usize = 1_000;
/// Only a call that is under way can make room.
const NEVER: Time = Time(i64::MAX);

/// What a call counts against: one of the provider's rates by its name, or all that no rate is told of; and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Spend {
    name: Option<&'static str>,
    conversation: ConversationId,
}

impl Spend {
    /// A call for this conversation.
    pub fn new(name: Option<&'static str>, conversation: &ConversationId) -> Self {
        Self { name, conversation: conversation.clone() }
    }

    /// A call for nobody in particular.
    pub fn of_account(name: Option<&'static str>) -> Self {
        Self { name, conversation: ConversationId::from("") }
    }
}

/// One credential's budget.
#[derive(Debug)]
pub struct Budget {
    rates: &'static [Rate],
    // Somebody waits, or the provider has refused: read without the lock by all others.
    pressed: AtomicBool,
    inner: Mutex<Inner>,
    news: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Inner {
    shared: HashMap<Option<&'static str>, Bucket>,
    pairs: HashMap<Spend, Bucket>,
    tidy_at: usize,
    /// Who waits for an answer to somebody who wrote; then all others. First come, first served: each conversation waits for one call at a
    /// time, so that they take turns.
    replies: VecDeque<Waiter>,
    others: VecDeque<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    spend: Spend,
    tell: oneshot::Sender<Token>,
}

/// What went lately.
#[derive(Debug, Default)]
struct Bucket {
    under_way: usize,
    ended: VecDeque<Time>,
    /// The provider refused: nothing goes before.
    shut_until: Option<Time>,
    /// When it last did, and how often in a row.
    refused_at: Time,
    refusals: u32,
}

impl Bucket {
    /// When the next call may begin.
    fn free_at(&self, rates: impl Iterator<Item = Rate>) -> Time {
        let mut at = self.shut_until.unwrap_or_default();
        for rate in rates {
            let Some(room) = (rate.most as usize).checked_sub(self.under_way).filter(|room| *room > 0) else {
                return NEVER;
            };
            if let Some(before) = self.ended.len().checked_sub(room).and_then(|place| self.ended.get(place)) {
                at = at.max(*before + rate.within + MARGIN);
            }
        }
        at
    }

    fn end(&mut self, now: Time, most: usize) {
        self.under_way = self.under_way.saturating_sub(1);
        self.count(now, most);
    }

    fn count(&mut self, at: Time, most: usize) {
        self.ended.push_back(at);
        while self.ended.len() > most {
            self.ended.pop_front();
        }
    }

    fn is_idle(&self, now: Time, longest: Span) -> bool {
        let shut = self.shut_until.is_some_and(|until| until > now);
        self.under_way == 0 && !shut && self.ended.back().is_none_or(|last| *last + longest + MARGIN <= now)
    }

    /// Refused, in a call begun then: shut for a while. What was under way already when it was refused last says nothing new.
    fn refuse(&mut self, whose: Whose, wish: Option<Span>, begun: Time, now: Time) {
        if self.refusals == 0 || begun > self.refused_at {
            let pause = engine::limited_for(whose, None, self.refusals);
            let long_ago = self.shut_until.is_none_or(|until| now > until + pause);
            self.refusals = if long_ago { 1 } else { self.refusals + 1 };
            self.refused_at = now;
        }
        let until = now + engine::limited_for(whose, wish, self.refusals);
        self.shut_until = Some(self.shut_until.map_or(until, |known| known.max(until)));
    }
}

/// The right to make one call, for as long as it is kept; dropped, it is as if nothing had happened.
#[derive(Debug)]
pub struct Token {
    budget: Arc<Budget>,
    spend: Spend,
    counted: bool,
}

/// A call that was made.
#[derive(Debug)]
pub struct Made {
    spend: Spend,
    begun: Time,
}

impl Token {
    /// Is it for this call?
    pub fn is_for(&self, spend: &Spend) -> bool {
        self.spend == *spend
    }

    /// The call, begun then, got its answer, or will not get one any more.
    pub fn end(mut self, begun: Time, now: Time) -> Made {
        if std::mem::take(&mut self.counted) {
            let budget = &self.budget;
            budget.change(&self.spend, |bucket, most| bucket.end(now, most));
        }
        Made { spend: self.spend.clone(), begun }
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if self.counted {
            self.budget.change(&self.spend, |bucket, _| bucket.under_way = bucket.under_way.saturating_sub(1));
        }
    }
}

/// Who got a token.
pub type Granted = Vec<(oneshot::Sender<Token>, Token)>;

impl Budget {
    /// A whole one; `news` wakes whoever hands tokens out.
    pub fn new(rates: &'static [Rate], news: Arc<Notify>) -> Self {
        Self { rates, pressed: AtomicBool::new(false), inner: Mutex::default(), news }
    }

    /// The rates it keeps.
    pub fn rates(&self) -> &'static [Rate] {
        self.rates
    }

    /// Does somebody wait, or has the provider refused?
    pub fn is_pressed(&self) -> bool {
        self.pressed.load(Ordering::Acquire)
    }

    /// A token, if there is one and nobody waits for it.
    pub fn take(self: &Arc<Self>, spend: &Spend, now: Time) -> Option<Token> {
        let counted = self.counts(spend.name);
        if counted || self.is_pressed() {
            let mut inner = self.lock();
            let waits = |queue: &VecDeque<Waiter>| queue.iter().any(|other| other.spend.name == spend.name);
            if waits(&inner.replies) || waits(&inner.others) || inner.free_at(self.rates, spend) > now {
                return None;
            }
            if counted {
                inner.begin(self.rates, spend, now);
            }
        }
        Some(Token { budget: Arc::clone(self), spend: spend.clone(), counted })
    }

    /// Wait for a token. `reply`: somebody wrote and is to be answered.
    pub fn wait(&self, spend: Spend, reply: bool) -> oneshot::Receiver<Token> {
        let (tell, told) = oneshot::channel();
        let mut inner = self.lock();
        let queue = if reply { &mut inner.replies } else { &mut inner.others };
        queue.push_back(Waiter { spend, tell });
        self.pressed.store(true, Ordering::Release);
        drop(inner);
        self.news.notify_one();
        told
    }

    /// The provider refused the call for too much at once.
    pub fn refuse(&self, made: &Made, whose: Whose, wish: Option<Span>, now: Time) {
        let mut inner = self.lock();
        let bucket = match whose {
            Whose::Credential => inner.shared.entry(made.spend.name).or_default(),
            Whose::Conversation => inner.pairs.entry(made.spend.clone()).or_default(),
        };
        bucket.refuse(whose, wish, made.begun, now);
        self.pressed.store(true, Ordering::Release);
        drop(inner);
        self.news.notify_one();
    }

    /// Tokens for those who wait, as far as there are any, and when to look again.
    pub fn grant(self: &Arc<Self>, now: Time) -> (Granted, Option<Time>) {
        let mut inner = self.lock();
        let (mut granted, mut next, mut short) = (Vec::new(), None, HashSet::new());
        for reply in [true, false] {
            let queue = std::mem::take(if reply { &mut inner.replies } else { &mut inner.others });
            let mut left = VecDeque::with_capacity(queue.len());
            for waiter in queue.into_iter().filter(|waiter| !waiter.tell.is_closed()) {
                let name = waiter.spend.name;
                let whole = if short.contains(&name) { NEVER } else { inner.shared_at(self.rates, name) };
                let at = if whole > now { whole } else { inner.free_at(self.rates, &waiter.spend) };
                if at <= now {
                    let counted = self.counts(name);
                    if counted {
                        inner.begin(self.rates, &waiter.spend, now);
                    }
                    granted.push((waiter.tell, Token { budget: Arc::clone(self), spend: waiter.spend, counted }));
                    continue;
                }
                if whole > now {
                    short.insert(name);
                }
                next = earlier(next, at);
                left.push_back(waiter);
            }
            *(if reply { &mut inner.replies } else { &mut inner.others }) = left;
        }
        next = inner.shut(now).fold(next, earlier);
        let waits = !inner.replies.is_empty() || !inner.others.is_empty();
        self.pressed.store(waits || next.is_some(), Ordering::Release);
        (granted, next)
    }

    /// A call that an earlier process made.
    pub fn recall(&self, conversation: &ConversationId, at: Time) {
        let mut names: Vec<_> = self.rates.iter().map(|rate| rate.name).collect();
        names.sort_unstable();
        names.dedup();
        let mut inner = self.lock();
        for name in names {
            let spend = Spend::new(Some(name), conversation);
            inner.each(self.rates, &spend, |bucket, most| bucket.count(at, most));
        }
    }

    /// How many calls of each rate over all conversations could go now, by its name.
    pub fn left(&self, now: Time) -> Vec<(&'static str, usize)> {
        let inner = self.lock();
        let mut left: Vec<(&'static str, usize)> = Vec::new();
        for rate in self.rates.iter().filter(|rate| !rate.per_conversation) {
            let of = |bucket: &Bucket| {
                let recent = bucket.ended.iter().filter(|at| **at + rate.within + MARGIN > now).count();
                if bucket.shut_until.is_some_and(|until| until > now) {
                    return 0;
                }
                (rate.most as usize).saturating_sub(recent + bucket.under_way)
            };
            let room = inner.shared.get(&Some(rate.name)).map_or(rate.most as usize, of);
            match left.iter_mut().find(|(name, _)| *name == rate.name) {
                Some((_, least)) => *least = room.min(*least),
                None => left.push((rate.name, room)),
            }
        }
        left
    }

    fn counts(&self, name: Option<&'static str>) -> bool {
        name.is_some_and(|name| self.rates.iter().any(|rate| rate.name == name))
    }

    fn change(&self, spend: &Spend, change: impl Fn(&mut Bucket, usize)) {
        let mut inner = self.lock();
        inner.each(self.rates, spend, change);
        drop(inner);
        if self.is_pressed() {
            self.news.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn shared_at(&self, rates: &[Rate], name: Option<&'static str>) -> Time {
        self.shared.get(&name).map_or(Time(0), |bucket| bucket.free_at(of(rates, name, false)))
    }

    fn free_at(&self, rates: &[Rate], spend: &Spend) -> Time {
        let pair = self.pairs.get(spend).map_or(Time(0), |bucket| bucket.free_at(of(rates, spend.name, true)));
        self.shared_at(rates, spend.name).max(pair)
    }

    fn begin(&mut self, rates: &[Rate], spend: &Spend, now: Time) {
        let longest = of(rates, spend.name, true).map(|rate| rate.within).max().unwrap_or_default();
        if self.pairs.len() >= self.tidy_at.max(TIDY_FROM) {
            self.pairs.retain(|_, bucket| !bucket.is_idle(now, longest));
            self.tidy_at = 2 * self.pairs.len();
        }
        self.each(rates, spend, |bucket, _| bucket.under_way += 1);
    }

    /// The counts that a call belongs to, each with the most that it has to remember.
    fn each(&mut self, rates: &[Rate], spend: &Spend, change: impl Fn(&mut Bucket, usize)) {
        let most = |pair| of(rates, spend.name, pair).map(|rate| rate.most as usize).max();
        if let Some(most) = most(false) {
            change(self.shared.entry(spend.name).or_default(), most);
        }
        if let Some(most) = most(true).filter(|_| !spend.conversation.as_str().is_empty()) {
            change(self.pairs.entry(spend.clone()).or_default(), most);
        }
    }

    /// When what is shut opens again.
    fn shut(&self, now: Time) -> impl Iterator<Item = Time> {
        let buckets = self.shared.values().chain(self.pairs.values());
        buckets.filter_map(move |bucket| bucket.shut_until.filter(|until| *until > now))
    }
}

/// The rates of that name.
fn of(rates: &[Rate], name: Option<&'static str>, per_conversation: bool) -> impl Iterator<Item = Rate> {
    rates.iter().copied().filter(move |rate| Some(rate.name) == name && rate.per_conversation == per_conversation)
}

fn earlier(known: Option<Time>, at: Time) -> Option<Time> {
    if at == NEVER { known } else { Some(known.map_or(at, |known| known.min(at))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: &[Rate] = &[
        Rate { name: "s", most: 2, within: Span::seconds(1), per_conversation: false },
        Rate { name: "s", most: 5, within: Span::minutes(1), per_conversation: false },
        Rate { name: "pair", most: 1, within: Span::seconds(6), per_conversation: true },
    ];

    fn budget() -> Arc<Budget> {
        Arc::new(Budget::new(RATES, Arc::default()))
    }

    fn spend(name: &'static str, conversation: &str) -> Spend {
        Spend::new(Some(name), &conversation.into())
    }

    /// Make a call that takes no time.
    fn call(budget: &Arc<Budget>, of: &Spend, now: Time) -> Option<Made> {
        Some(budget.take(of, now)?.end(now, now))
    }

    #[test]
    fn all_rates_of_a_name_count() {
        let budget = budget();
        let of = spend("s", "1");
        let mut went = Vec::new();
        // Whoever tries every 10 ms gets each rate to its brim and no further.
        for now in (0..130_000).step_by(10) {
            went.extend(call(&budget, &of, Time(now)).map(|_| now));
        }
        assert_eq!(
            went,
            [
                0, 10, 1050, 1060, 2100, 60_050, 60_060, 61_100, 61_110, 62_150, 120_100, 120_110, 121_150, 121_160,
                122_200
            ]
        );
        assert_eq!(budget.left(Time(125_000)), [("s", 0)]);
        assert_eq!(budget.left(Time(190_000)), [("s", 2)]);
    }

    #[test]
    fn a_call_under_way_counts_until_long_after_its_answer() {
        let budget = budget();
        let of = spend("s", "1");
        let first = budget.take(&of, Time(0)).unwrap();
        let second = budget.take(&of, Time(0)).unwrap();
        assert!(budget.take(&of, Time(9_000)).is_none());
        first.end(Time(0), Time(9_000));
        assert!(budget.take(&of, Time(9_500)).is_none());
        assert!(budget.take(&of, Time(10_050)).is_some(), "given back at once");
        drop(second);
        assert!(call(&budget, &of, Time(10_050)).is_some());
    }

    #[test]
    fn a_pair_rate_is_each_conversations_own() {
        let budget = budget();
        assert!(call(&budget, &spend("pair", "1"), Time(0)).is_some());
        assert!(call(&budget, &spend("pair", "1"), Time(6_000)).is_none());
        assert!(call(&budget, &spend("pair", "2"), Time(10)).is_some());
        assert!(call(&budget, &spend("pair", "1"), Time(6_050)).is_some());
        assert!(call(&budget, &spend("unlimited", "1"), Time(0)).is_some());
        for n in 0..10 * TIDY_FROM {
            call(&budget, &spend("pair", &n.to_string()), Time(n as i64 * 10));
        }
        assert!(budget.lock().pairs.len() < 3 * TIDY_FROM, "{}", budget.lock().pairs.len());
    }

    #[test]
    fn they_take_turns_and_replies_go_first() {
        let budget = budget();
        let mut waiting: Vec<(&str, oneshot::Receiver<Token>)> = [("late", false), ("a", true), ("b", true)]
            .map(|(name, reply)| (name, budget.wait(spend("s", name), reply)))
            .into();
        assert!(budget.take(&spend("s", "pushy"), Time(0)).is_none(), "nobody jumps the queue");
        let mut order = Vec::new();
        for now in (0..4_000).step_by(50).map(Time) {
            budget.grant(now).0.into_iter().for_each(|(tell, token)| drop(tell.send(token)));
            for (name, told) in &mut waiting {
                if let Ok(token) = told.try_recv() {
                    token.end(now, now);
                    order.push(*name);
                    // It has more to say.
                    *told = budget.wait(spend("s", name), *name != "late");
                }
            }
        }
        assert_eq!(order, ["a", "b", "a", "b", "a"]);
        assert!(budget.is_pressed());
        drop(waiting);
        budget.grant(Time(4_000));
        assert!(!budget.is_pressed());
    }

    #[test]
    fn a_refusal_shuts_it_for_all() {
        let budget = budget();
        let refuse = |made: Option<Made>, whose, wish: Option<i64>, now| {
            budget.refuse(&made.unwrap(), whose, wish.map(Span::seconds), Time(now));
        };
        let (first, second) = (call(&budget, &spend("s", "1"), Time(10)), call(&budget, &spend("s", "2"), Time(10)));
        refuse(first, Whose::Credential, Some(50), 20);
        // It was under way when the first was refused.
        refuse(second, Whose::Credential, None, 30);
        assert!(call(&budget, &spend("s", "3"), Time(50_019)).is_none());
        assert_eq!(budget.grant(Time(20)).1, Some(Time(50_020)));
        let third = call(&budget, &spend("s", "3"), Time(50_020));
        refuse(third, Whose::Credential, None, 50_030);
        assert_eq!(budget.grant(Time(50_030)).1, Some(Time(52_030)), "the second in a row");
        // What nobody told a rate of can be refused, too, and one contact alone.
        let other = Spend::new(None, &"1".into());
        refuse(call(&budget, &other, Time(60_000)), Whose::Conversation, None, 60_000);
        assert!(call(&budget, &other, Time(63_999)).is_none());
        assert!(call(&budget, &Spend::new(None, &"2".into()), Time(60_000)).is_some());
        assert!(call(&budget, &other, Time(64_000)).is_some());
    }

    #[test]
    fn what_an_earlier_process_did_counts() {
        let budget = budget();
        (0..2).for_each(|_| budget.recall(&"1".into(), Time(0)));
        assert!(call(&budget, &spend("s", "2"), Time(1_000)).is_none());
        assert!(call(&budget, &spend("pair", "1"), Time(1_000)).is_none());
        assert!(call(&budget, &spend("s", "2"), Time(1_050)).is_some());
    }
}
