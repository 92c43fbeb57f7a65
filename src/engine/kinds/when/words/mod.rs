//! The words of languages for days and times, as tables. A language is one file and one line here.
//!
//! A phrase is words of which each may be several (`at|by`) or missing (`of?`), and slots: `{h}` an hour, with minutes where they are
//! written (`9:30`); `{o}` an hour in the order of hours (`десятого`); `{m}` minutes; `{n}` a count; `{d}` a day of the month; `{M}` a month;
//! `{y}` a year; `{W}` a weekday; `{u}` a unit. All is folded when it is compiled.

mod de;
mod en;
mod es;
mod fr;
mod pt;
mod ru;
mod uk;

/// A language's words.
#[derive(Debug)]
pub(super) struct Words {
    /// Its code without parts.
    pub code: &'static str,
    /// `3:30` is as likely to be in the afternoon.
    pub twelve_hours: bool,
    /// `next Friday` is that of next week; else the nearest.
    pub next_is_next_week: bool,
    /// Monday first, each with its forms and short forms.
    pub weekdays: [&'static str; 7],
    /// The same of months.
    pub months: [&'static str; 12],
    /// Minutes, hours, days, weeks, months.
    pub units: [&'static str; 5],
    /// Numbers in words.
    pub numbers: &'static [(&'static str, u32)],
    /// Hours in their order.
    pub ordinals: &'static [(&'static str, u32)],
    /// What means something.
    pub phrases: &'static [(&'static str, &'static [Meaning])],
}

/// What a phrase means. None at all: it is passed over whole (`good morning`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// So many days from today.
    Days(i64),
    /// `{W}`.
    Weekday(Which),
    /// `{d}` `{M}`, and `{y}` where it is there.
    Date,
    /// `{d}` of this month or the next.
    DayOfMonth,
    /// `{n}` `{u}` from now; one without a number.
    In,
    /// So many minutes from now.
    InMinutes(i64),
    /// `{h}` or `{o}`, with `{m}` where it is there, and so many minutes more.
    Clock(i32),
    /// `{m}` before `{h}` or `{o}`.
    Before,
    /// That hour.
    Hour(u32),
    /// Just that time.
    Fixed(u32, u32),
    /// The part of the day that an hour is in.
    Part(Part),
}

/// Which weekday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// The first after today.
    Coming,
    /// The same, or today.
    This,
    /// The next, as the language means it.
    Next,
    /// That of next week.
    NextWeek,
}

/// A part of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Morning,
    Afternoon,
    Evening,
    Night,
}

/// All languages.
pub(super) const WORDS: &[&Words] =
    &[&en::WORDS, &ru::WORDS, &uk::WORDS, &de::WORDS, &fr::WORDS, &es::WORDS, &pt::WORDS];

/// What figures alone say, for languages without a table.
pub(super) const NONE: &Words = &Words {
    code: "",
    twelve_hours: false,
    next_is_next_week: false,
    weekdays: [""; 7],
    months: [""; 12],
    units: [""; 5],
    numbers: &[],
    ordinals: &[],
    phrases: &[],
};
