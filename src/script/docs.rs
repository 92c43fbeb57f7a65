//! What scripts see and may call, in words: the names that every expression knows, and our own functions. `check` knows them by these lists, and
//! docs/scripts.md is made of them.

/// A field or a function, and what it is.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// As it is written.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
}

/// A name that every expression knows.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    /// The name.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Its fields, where they are always the same.
    pub fields: &'static [Word],
}

const fn word(name: &'static str, doc: &'static str) -> Word {
    Word { name, doc }
}

const fn name(name: &'static str, doc: &'static str, fields: &'static [Word]) -> Name {
    Name { name, doc, fields }
}

/// All names.
pub const NAMES: &[Name] = &[
    name("text", "The text of the message that came: `\"\"` where there is none. Of a file it is the caption.", &[]),
    name(
        "message",
        "The message that came; `()` in a turn that time, another program or people began.",
        &[
            word("text", "Its text."),
            word("id", "The provider's id."),
            word(
                "kind",
                "`text`, `image`, `audio`, `video`, `document`, `sticker`, `location`, `contacts`, `button`, `option`, `reaction`, `order`, `system` or `unsupported`.",
            ),
            word("option", "The option or button that was pressed."),
            word("attachments", "Its files, a list."),
            word(
                "attachments[0].kind",
                "What the first is, as the provider calls it; further `id`, `mime`, `name`, `url`, `size` in bytes.",
            ),
            word("location.latitude", "Of a place; further `longitude`, `name`, `address`."),
            word("reply_to", "The id of the message that it answers."),
            word("contacts", "Cards of contacts that came, a list: `message.contacts[0].name`."),
            word("form", "The answers of a form, by name: `message.form.day`."),
            word("data", "What else the provider told, under its own names."),
            word("error", "Why the provider could not pass it on."),
        ],
    ),
    name(
        "contact",
        "The person who writes.",
        &[
            word("name", "Their name."),
            word("phone", "Their phone, as `+79260000001`."),
            word("language", "Their language: one of the bot's."),
            word(
                "vars",
                "What lasts beyond the session, on all their channels: `contact.vars.visits`. `set: {contact.vars.visits: 3}` writes it.",
            ),
        ],
    ),
    name(
        "conversation",
        "The thread in which they write.",
        &[
            word("channel", "The messenger: `whatsapp_business`, `telegram` …"),
            word("owner", "Who has it: `bot`, `waiting` (handed off, no human yet) or `people`."),
            word("assignee", "Who is responsible: the member, else the team, else the provider's id; `()` for nobody."),
            word("tags", "Its labels, a list."),
            word(
                "window.open",
                "Whether free-form messages are allowed now; always `true` where the messenger has no window.",
            ),
            word("window.left", "How long still; `()` where there is no window."),
            word("last_human_at", "When a human on our side last wrote."),
        ],
    ),
    name("bot", "The constants of the bot's `vars`: `bot.phone`.", &[]),
    name(
        "hours",
        "The bot's opening hours. Without `hours` it is always open.",
        &[
            word("open", "Whether it is open now."),
            word("closed", "The contrary."),
            word(
                "next_open",
                "When it opens next, told in the contact's language; `()` where it does not within a year.",
            ),
            word("next_close", "When it closes next."),
            word("holiday", "The name of today's holiday, `\"\"` for one without; `()` on any other day."),
        ],
    ),
    name("calendars", "Further hours by name, with the same fields: `calendars.delivery.open`.", &[]),
    name("now", "The time of the turn.", &[]),
    name(
        "teams",
        "Teams by name: `teams.sales.members` are the names of its people, `teams.sales.name` is its own.",
        &[],
    ),
    name("last_reply", "The last text that the bot said in this conversation; `()` before the first.", &[]),
];

/// Our own functions. Those of times and durations are called behind a point, too: `visit.in_days(7)`.
pub const FUNCTIONS: &[Word] = &[
    word(
        "before(joint, x)",
        "`joint` and `x`, or nothing where `x` is not set: `Hello{{ before(\", \", contact.name) }}!`",
    ),
    word("after(x, joint)", "`x` and `joint`, or nothing where `x` is not set."),
    word(
        "sentence(x)",
        "`x` with a capital at its beginning: `{{ sentence(hours.next_open) }}` is `Tomorrow at 9:00`.",
    ),
    word("title(x)", "`x` with a capital at the beginning of each word."),
    word(
        "plural(n, one, …)",
        "The form that goes with the number by the rules of the language: `plural(n, \"visit\", \"visits\")`.",
    ),
    word(
        "number(n)",
        "The number with the groups and the sign of the language: `1,500`. `number(n, 2)` shows two digits behind the sign.",
    ),
    word("join(list, joint)", "The items of a list as one text: `[\"a\", \"b\"].join(\", \")`."),
    word("date(time)", "The midnight of its day."),
    word("at(day, clock)", "That day at that time: `day.at(\"15:00\")`."),
    word("in_days(time, days)", "The same time by the clock on the wall, so many days later."),
    word("format(time, pattern)", "By a pattern, with names in the language: `visit.format(\"%A, %d %B %Y, %H:%M\")`."),
    word("duration(text)", "A duration: `duration(\"1h30m\")`."),
];
