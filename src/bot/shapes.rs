//! The mappings of the language that are no steps and no triggers, each with its keys: what the readers accept, the reference tells and the tests walk.

use super::KeyDoc;

/// A mapping with closed keys.
#[derive(Debug)]
pub struct Shape {
    /// What it is called.
    pub name: &'static str,
    /// Where it stands: keys from the root of the file inwards, `NAME` for any; `**.` in front for anywhere. Lists do not count.
    pub at: &'static [&'static str],
    /// What it is, a sentence or two.
    pub doc: &'static str,
    /// Its keys.
    pub keys: &'static [KeyDoc],
    /// Of its use, in YAML that works; empty where the words suffice.
    pub example: &'static str,
}

impl Shape {
    /// The names of its keys.
    pub fn names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|key| key.name).collect()
    }
}

const fn key(name: &'static str, doc: &'static str) -> KeyDoc {
    KeyDoc { name, doc }
}

/// The shapes that `bot` reads itself.
pub const SHAPES: &[&Shape] = &[
    &BOT,
    &FLOW,
    &EVERY_STEP,
    &FIELD,
    &TEAM,
    &MEMBER,
    &FAQ_ENTRY,
    &FAQ_MATCH,
    &SESSION,
    &LOOP_GUARD,
    &WORDS,
    &HOLIDAY,
    &OUTSIDE,
    &TEMPLATE,
    &HEADER,
    &CARD,
    &USE,
    &RECIPE,
    &INPUT,
];

pub(super) const BOT: Shape = Shape {
    name: "bot",
    at: &[""],
    doc: "All `*.yaml` of a bot's folder together, its tests left out. `flows`, `teams`, `faq`, `vars` and `calendars` may be spread over the files; every other key stands once.",
    keys: &[
        key("bot", "Its name: that of the folder."),
        key("languages", "What it speaks; the first is the default. `en` otherwise."),
        key("timezone", "The zone in which its days and hours are, as `Europe/Moscow`; `UTC` otherwise."),
        key("dates", "`mdy`: `3/10` is in March. `dmy` otherwise."),
        key("hours", "Opening hours as OpenStreetMap writes them: `Mo-Fr 09:00-18:00; Sa 10:00-14:00; PH off`."),
        key("holidays", "What `PH` is: a country, dates, `.ics` files of the folder, or a list of these."),
        key("calendars", "Further hours by name, read as `calendars.NAME.open`."),
        key("vars", "Constants by name, read as `bot.NAME`."),
        key("session", "How long variables and places live."),
        key("settle", "Messages that come within this time of one another are one: `2s`. `0s` otherwise."),
        key("quiet_after_human", "How long the bot is quiet after a human's message; `8h` otherwise."),
        key("outside_window", "The template that goes in place of a message outside the window."),
        key("loop_guard", "How much it says at most; `false` for no limit."),
        key("words", "What contacts say to steer the bot itself."),
        key(
            "every_question",
            "Endings for every question that does not have them itself: `retry`, `tries`, `on_fail`, `remind`, `timeout`, `on_timeout`, `default`, `or_faq`, `interruptible`, `strict`.",
        ),
        key("on_error", "Steps after an error in a script of a flow without an `on_error`; then the flow goes on."),
        key("teams", "Teams by name."),
        key("faq", "Entries of the FAQ by name."),
        key("faq_files", "Tables of entries in the folder: CSV or XLSX."),
        key("faq_match", "How well a message must fit an entry."),
        key("synonyms", "Groups of words that mean the same to the FAQ: `[[price, cost, fee]]`."),
        key("was", "Names that variables had before: `new: old`. `contact.vars.NAME` for those that last."),
        key("use", "Recipes whose flows begin by themselves: names, or `{use: NAME, with: …}`."),
        key("flows", "Flows by name."),
    ],
    example: "bot: clinic\nlanguages: [en, ru]\ntimezone: Europe/Moscow\nhours: \"Mo-Fr 09:00-18:00\"\nvars: {phone: \"+7 495 000-00-00\"}\n\
              flows:\n  contacts:\n    on: {keywords: [phone, телефон]}\n    do: [{say: \"{{ bot.phone }}\"}]\n",
};

/// The mappings of a bot that all its files add to.
pub(super) const MERGED: &[&str] = &["flows", "teams", "vars", "calendars", "faq"];

pub(super) const FLOW: Shape = Shape {
    name: "flow",
    at: &["flows.NAME"],
    doc: "Triggers, conditions and steps. One without `on` is reached by `go`, `call` and `start`.",
    keys: &[
        key("on", "What begins it: a trigger or a list of triggers."),
        key("if", "A condition that must hold for it to begin."),
        key("unless", "One that must not."),
        key("priority", "Higher is tried first; 0 otherwise."),
        key("interrupt", "`true`: it begins also while a question of another flow waits."),
        key("continue", "`true`: it runs and lets the message go on to the next flow. It cannot ask."),
        key("once_per", "`day` (of the bot's zone) or a duration: so often at most it begins in a conversation."),
        key("per", "`contact`: `once_per` counts over all conversations of the contact; `conversation` otherwise."),
        key("unless_human_within", "It does not begin when a human on our side wrote less than so long ago."),
        key(
            "when_people",
            "What becomes of it when time or another program begins it while people have the conversation: `speak`, `wait` (until they hand it back) or `drop`. `wait` otherwise.",
        ),
        key(
            "outside_window",
            "The template that goes in place of what it says outside the window; the bot's otherwise.",
        ),
        key("on_error", "Steps after an error in one of its scripts; then it goes on."),
        key("on_orphan", "Steps for a person who waited at a step that an edit took away."),
        key("was", "Names that it had before: people in it go on."),
        key("do", "Its steps."),
    ],
    example: "flows:\n  after_hours:\n    on: message\n    unless: hours.open\n    once_per: day\n    per: contact\n    unless_human_within: 5m\n    priority: 100\n    continue: true\n    do:\n      - say: We are closed and open again {{ hours.next_open }}.\n",
};

pub(super) const EVERY_STEP: Shape = Shape {
    name: "any step",
    at: &["flows.NAME.do"],
    doc: "These may stand beside the verb of every step.",
    keys: &[
        key("if", "The step runs only when this condition holds."),
        key("id", "Its name: `go: flow.name` leads there, and sessions remember by it where they wait."),
        key("was", "Names that it, or the variable it asks, had before: people who wait there go on."),
    ],
    example: "flows:\n  hello:\n    on: first_message\n    do:\n      - say: Good to see you again!\n        if: contact.name != ()\n        id: greeting\n        was: welcome\n",
};

pub(super) const FIELD: Shape = Shape {
    name: "field of a form",
    at: &["**.fields"],
    doc: "A question of a form takes one more key.",
    keys: &[key(
        "label",
        "What the contact calls it at the review; the question's text otherwise, where it is short, else the variable's name.",
    )],
    example: "",
};

pub(super) const TEAM: Shape = Shape {
    name: "team",
    at: &["teams.NAME"],
    doc: "Whom `assign` and `hand_off` can name.",
    keys: &[
        key("members", "People by name, in the order in which they are taken."),
        key("pick", "Who is taken: `first`, `random`, `round_robin`, `least_busy`, `sticky`. `first` otherwise."),
        key("group", "The id of the team as a whole, by account or provider, where the provider has groups."),
        key("on_nobody", "Steps when nobody of the team is there, in place of the `assign` or `hand_off`."),
    ],
    example: "teams:\n  sales:\n    members:\n      anna: {ids: {pact: 42}, hours: \"Mo-Fr 09:00-18:00\"}\n    pick: round_robin\n    on_nobody: {say: We are back in the morning.}\n",
};

pub(super) const MEMBER: Shape = Shape {
    name: "member",
    at: &["teams.NAME.members.NAME"],
    doc: "A person of a team.",
    keys: &[
        key("ids", "User ids, by account name, else by provider."),
        key("phone", "Their phone: notes reach them there, where an account says `notes: {message_to: TEAM}`."),
        key("hours", "When they are there; always otherwise."),
        key("languages", "What they speak; every language otherwise."),
        key("skills", "Words for what they can do, which steps ask for."),
    ],
    example: "",
};

pub(super) const FAQ_ENTRY: Shape = Shape {
    name: "entry of the FAQ",
    at: &["faq.NAME"],
    doc: "A question as people put it, and its answer.",
    keys: &[
        key("questions", "One, a list, or either by language."),
        key("answer", "A text. Without it a flow `on: {faq: NAME}` answers."),
    ],
    example: "faq:\n  prices:\n    questions: [How much is a visit?, price list]\n    answer: A visit is 50.\n",
};

pub(super) const FAQ_MATCH: Shape = Shape {
    name: "faq_match",
    at: &["faq_match"],
    doc: "Numbers from 0 to 1, one for a message with the very words of a question.",
    keys: &[
        key("answer", "From here on an entry is the answer."),
        key("ask", "From here on the bot asks whether it is meant."),
        key("margin", "Two entries that are nearer to one another than this are asked about."),
    ],
    example: "",
};

pub(super) const SESSION: Shape = Shape {
    name: "session",
    at: &["session"],
    doc: "One run through flows in a conversation: its variables, and where it waits.",
    keys: &[key(
        "expires_after",
        "So long after the last event it is forgotten; `12h` otherwise. A wait that reaches further keeps it.",
    )],
    example: "",
};

pub(super) const LOOP_GUARD: Shape = Shape {
    name: "loop_guard",
    at: &["loop_guard"],
    doc: "Two robots that answer each other are stopped here: the bot is silent then, for as long as `within`.",
    keys: &[
        key("replies", "So many replies in a conversation; 20 otherwise."),
        key("within", "In so long; `1m` otherwise."),
    ],
    example: "",
};

pub(super) const WORDS: Shape = Shape {
    name: "words",
    at: &["words"],
    doc: "A word, or a list of words, in place of the usual ones of the bot's languages.",
    keys: &[
        key("back", "To the question before, in a form."),
        key("cancel", "Out of a form."),
        key("stop", "Not to be written to any more."),
        key("start", "To be written to again."),
    ],
    example: "",
};

pub(super) const HOLIDAY: Shape = Shape {
    name: "holiday",
    at: &["holidays"],
    doc: "A holiday with a name, beside countries, bare dates and files.",
    keys: &[
        key("date", "`2026-12-31`, or `12-31` for every year."),
        key("from", "The first of several days."),
        key("to", "The last of them."),
        key("name", "What `hours.holiday` reads that day."),
    ],
    example: "holidays:\n  - DE\n  - {date: 12-31, name: New Year's Eve}\n  - {from: 2026-08-03, to: 2026-08-14, name: our holidays}\n",
};

/// What stands beside a template's name.
pub(super) const TEMPLATE_KEYS: &[KeyDoc] = &[
    key("language", "Its language; the contact's otherwise."),
    key("params", "What fills the places of its text, in order."),
    key("header", "What stands above the text: a text, or a file under its kind."),
    key("buttons", "What fills the places of its buttons, in order."),
    key("cards", "The cards of a carousel."),
    key("offer_until", "When its offer ends: a point of time."),
];

const fn named(name: KeyDoc) -> [KeyDoc; 7] {
    let [language, params, header, buttons, cards, offer] = *TEMPLATE_KEYS else { return [name; 7] };
    [name, language, params, header, buttons, cards, offer]
}

pub(super) const OUTSIDE: Shape = Shape {
    name: "outside_window",
    at: &["outside_window", "flows.NAME.outside_window"],
    doc: "The template that goes in place of a message outside the window.",
    keys: &named(key("template", "Its name, or a mapping of its own as below.")),
    example: "outside_window: {template: reopen_chat, language: en, params: [\"{{ contact.name }}\"]}\n",
};

pub(super) const TEMPLATE: Shape = Shape {
    name: "template of its own mapping",
    at: &["**.template"],
    doc: "A template beside a message whose keys would clash with the message's own.",
    keys: &named(key("name", "Its name.")),
    example: "flows:\n  ready:\n    on: {event: order_ready}\n    do:\n      - say: Your order is ready.\n        template: {name: order_ready, params: [\"{{ contact.name }}\"], header: {image: https://example.com/a.jpg}}\n",
};

pub(super) const HEADER: Shape = Shape {
    name: "header of a template",
    at: &["**.header"],
    doc: "One file: of the bot's folder, or its address.",
    keys: &[key("image", "A picture."), key("video", "A film."), key("file", "Any other file.")],
    example: "",
};

pub(super) const CARD: Shape = Shape {
    name: "card of a template",
    at: &["**.cards"],
    doc: "One card of a carousel.",
    keys: &[
        key("header", "Its picture or film."),
        key("params", "What fills the places of its text."),
        key("buttons", "What fills the places of its buttons."),
    ],
    example: "",
};

pub(super) const USE: Shape = Shape {
    name: "use of a recipe",
    at: &["use"],
    doc: "A recipe whose flows begin by themselves.",
    keys: &[
        key("use", "The recipe's name."),
        key("with", "Its inputs."),
        key("id", "A name for this use, where the same recipe is used twice with other inputs."),
    ],
    example: "teams: {sales: {members: {anna: {ids: {pact: 42}}}}}\nuse:\n  - {use: human_handoff, with: {team: sales}}\n",
};

pub(super) const RECIPE: Shape = Shape {
    name: "recipe",
    at: &["RECIPE"],
    doc: "A file in `recipes/`: flows that any bot can use.",
    keys: &[
        key("recipe", "Its name: that of the file."),
        key("about", "What it does, for people."),
        key("languages", "What its texts are in."),
        key("inputs", "What a use gives it, by name."),
        key("flows", "Its flows; `main` is what a `use` step runs."),
    ],
    example: "",
};

pub(super) const INPUT: Shape = Shape {
    name: "input of a recipe",
    at: &["RECIPE.inputs.NAME"],
    doc: "What a use must or may give.",
    keys: &[
        key("kind", "`text`, `number`, `duration`, `flag`, `team`, `flow`, `name` or `list`."),
        key("default", "What holds where the use says nothing; without it the use must say."),
        key("about", "What it is, for people."),
    ],
    example: "",
};
