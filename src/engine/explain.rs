//! What the codes of problems in steps and triggers mean, for `check --explain CODE`.

use crate::bot::Explanation;

/// The codes made by steps and triggers.
pub const EXPLANATIONS: &[Explanation] = &[
    Explanation {
        code: "empty-keyword",
        text: "A keyword is a word or several; this one has no letter, digit or sign in it.",
    },
    Explanation {
        code: "regex",
        text: "The pattern is no regular expression. Groups are named `(?<name>…)`; look-around and back references are not there, so \
               that every pattern is quick on every text. In YAML a pattern stands best in single quotes, as `\\` means nothing there.",
    },
    Explanation {
        code: "regex-too-big",
        text: "The pattern would take too much memory: most often a large count is repeated within another, as in `(a{100}){100}`.",
    },
    Explanation {
        code: "say-nothing",
        text: "`say` stands without a text and without `one_of`, so nothing would be said.",
    },
    Explanation {
        code: "long-label",
        text: "Up to three options are shown as buttons and up to ten as a list where the messenger has them. WhatsApp shows 20 characters \
               of a button and 24 of a row; the rest is cut. A short label and longer texts in `also` say both. What counts is what the \
               accounts of `frontdesk.yaml` that this bot answers on can show (`frontdesk accounts capabilities`); without any, WhatsApp.",
    },
    Explanation {
        code: "say-twice",
        text: "`say` has its text after the colon or a list in `one_of` to pick from, not both.",
    },
    Explanation {
        code: "bad-address",
        text: "`http` takes a method and a whole address: `POST https://crm.example.com/leads`, or the address alone to read it. The host stands \
               there as it is, or is a constant of the bot (`{{ bot.crm }}`) or a secret: were it made of what people write, they would choose \
               whom the bot calls.",
    },
    Explanation {
        code: "bad-header",
        text: "The name of a header is made of letters, digits and `-`. Those that say how the call itself is made, such as `Host` and \
               `Content-Length`, are written by the server.",
    },
    Explanation {
        code: "bad-cron",
        text: "A pattern of times has five fields: minute, hour, day of the month, month, day of the week, each a number, a list, a range, \
               `*`, or `*/n`; months and days also by their English beginnings. It is read in the bot's zone. In YAML it stands best in quotes.",
    },
    Explanation {
        code: "bad-time",
        text: "A point of time is a variable that holds one (`\"{{ visit }}\"`, asked with `kind: datetime`), or is written `2026-03-10 15:00` \
               or `2026-03-10` in the bot's zone, or `2026-03-10T15:00:00+03:00`.",
    },
    Explanation {
        code: "options",
        text: "`options` is a list of what can be chosen: texts, or mappings with `option`, `value`, `also` and, in a menu, `do`. Nobody \
               reads more than fifty.",
    },
    Explanation {
        code: "reminder-order",
        text: "Reminders of a question are counted from when it was asked: each must come later than the one before it, and before the \
               `timeout`, which ends the question.",
    },
    Explanation {
        code: "fields",
        text: "`fields` of a form is a list of its questions. Nobody answers more than fifty.",
    },
    Explanation {
        code: "needless-key",
        text: "The key belongs to the step, but to another kind of it; here it would do nothing.",
    },
];
