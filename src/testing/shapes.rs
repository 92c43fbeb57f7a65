//! The mappings of a `*.test.yaml`, each with its keys: what the reader accepts, docs/testing.md tells and the tests walk.

use crate::bot::{KeyDoc, Shape};

use super::format::LINE_KEYS;

const fn key(name: &'static str, doc: &'static str) -> KeyDoc {
    KeyDoc { name, doc }
}

/// All of them.
pub const SHAPES: &[&Shape] = &[
    &TEST,
    &CONTACT,
    &SCRIPT,
    &REPLY,
    &LINE,
    &SEND,
    &LOCATION,
    &CONTACT_CARD,
    &POST,
    &PEOPLE,
    &SAID,
    &TEMPLATE,
    &CARD,
    &EXPECT,
    &CALL,
    &EXPECTED_CONTACT,
];

pub(super) const TEST: Shape = Shape {
    name: "test",
    at: &[""],
    doc: "A file holds one test, or several as YAML documents, with a line `---` between them.",
    keys: &[
        key("test", "Its name: what it shows."),
        key(
            "at",
            "When it begins: `2026-03-02T10:00:00+03:00`, or `2026-03-02 10:00` in the bot's zone. Noon of a Monday otherwise.",
        ),
        key("channel", "The messenger, with its limits and its window: `telegram`. `whatsapp_business` otherwise."),
        key(
            "imitates",
            "The account that is played, as `imitates` of a sandbox has it: `getchat`, or with settings `{pact-v2: {quiet_on_assignment: false}}`. \
             What its provider can do there is what the bot finds; what is usual on the channel otherwise.",
        ),
        key("buttons", "`true`: the messenger shows buttons, lists and files; plain text otherwise."),
        key(
            "conversation",
            "The provider's id of the conversation, from which all that is left to chance follows. `1` otherwise.",
        ),
        key(
            "provider",
            "The provider whose `ids` of members count; that of `imitates`, else of the bot's account otherwise.",
        ),
        key("contact", "The person who writes."),
        key("vars", "Session variables at the start. Unquoted `true`, `null` and numbers keep their types."),
        key("tags", "Labels of the conversation at the start."),
        key("handed", "How many conversations members have already: `{anna: 3}`."),
        key("http", "What answers to the `http` steps. A call that nobody answers fails the test."),
        key("talk", "What is said and what is expected, in order."),
    ],
    example: "",
};

const CONTACT_KEYS: &[KeyDoc] = &[
    key("name", "Their name."),
    key("phone", "Their phone: `+79260000001`."),
    key("language", "One of the bot's languages."),
    key("vars", "What lasts: `contact.vars`."),
];

pub(super) const CONTACT: Shape = Shape {
    name: "contact",
    at: &["contact"],
    doc: "The person who writes, at the start.",
    keys: CONTACT_KEYS,
    example: "",
};

pub(super) const EXPECTED_CONTACT: Shape = Shape {
    name: "expected contact",
    at: &["talk.expect.contact", "talk.expect.only.contact"],
    doc: "What is known of the person now.",
    keys: CONTACT_KEYS,
    example: "",
};

pub(super) const SCRIPT: Shape = Shape {
    name: "scripted call",
    at: &["http"],
    doc: "What another program answers.",
    keys: &[
        key(
            "match",
            "Which calls: method and address, `*` for anything. Without a `?` in it the query does not matter.",
        ),
        key("reply", "The answer; of a list the first call gets the first, and so on, the last goes on."),
        key("fail", "No answer comes: `timeout`, `unreachable`, `refused`, `too_large`, `lost`."),
    ],
    example: "",
};

pub(super) const REPLY: Shape = Shape {
    name: "reply",
    at: &["http.reply"],
    doc: "An answer of another program.",
    keys: &[
        key("status", "The status; 200 otherwise."),
        key("json", "The body, as JSON."),
        key("text", "The body, as text."),
        key("headers", "Headers by name."),
        key("fail", "As above."),
        key("after", "It comes after so long; at once otherwise."),
    ],
    example: "",
};

pub(super) const LINE: Shape = Shape {
    name: "line of a talk",
    at: &["talk"],
    doc: "One key, which says who does what. What people write or send comes 5 s after the line before.",
    keys: &LINE_KEYS,
    example: "",
};

pub(super) const SEND: Shape = Shape {
    name: "message",
    at: &["talk.send"],
    doc: "What the contact sends beside texts: files, each by its name or address, a place, cards, a form, an order, a mark, a button of a template.",
    keys: &[
        key("image", "A picture."),
        key("audio", "A sound or a voice message."),
        key("video", "A film."),
        key("file", "A document."),
        key("sticker", "A sticker."),
        key("location", "A place."),
        key("contacts", "Cards of contacts: one, or a list."),
        key("form", "The answers of a form, by name: flows read them as `message.form`."),
        key("order", "What is ordered: flows read it as `message.data.order`."),
        key("reaction", "A mark that they put on a message; `null` for one that they take away."),
        key("button", "The label of a button that is pressed."),
        key("text", "The caption."),
    ],
    example: "",
};

pub(super) const LOCATION: Shape = Shape {
    name: "location",
    at: &["talk.send.location"],
    doc: "A place that the contact sends.",
    keys: &[
        key("latitude", "Degrees north."),
        key("longitude", "Degrees east."),
        key("name", "Its name."),
        key("address", "Its address."),
    ],
    example: "",
};

pub(super) const CONTACT_CARD: Shape = Shape {
    name: "card",
    at: &["talk.send.contacts"],
    doc: "A card of a contact.",
    keys: &[
        key("name", "The whole name."),
        key("phone", "A phone, or several."),
        key("email", "An e-mail address, or several."),
        key("company", "Where they work."),
    ],
    example: "",
};

pub(super) const POST: Shape = Shape {
    name: "posted event",
    at: &["talk.post"],
    doc: "An event of another program, for a flow `on: {event: NAME}`: its name alone, or this.",
    keys: &[key("event", "Its name."), key("data", "What it tells: the trigger's `save` gets it.")],
    example: "",
};

pub(super) const PEOPLE: Shape = Shape {
    name: "deed of people",
    at: &["talk.people"],
    doc: "`resolve` (they close the conversation), or this.",
    keys: &[
        key("assign", "A user's id, `bot`, or nothing (`null`): who is responsible now."),
        key("tag", "Labels that they set."),
        key("untag", "Labels that they take away."),
    ],
    example: "",
};

/// Under which keys files stand in it: see `format::MEDIA`.
pub(super) const SAID: Shape = Shape {
    name: "expected text",
    at: &["talk.bot"],
    doc: "A text alone is the whole message. Otherwise one of these:",
    keys: &[
        key("contains", "A part of the text, or several."),
        key("matches", "A regex that finds something in it."),
        key("one_of", "Whole texts, of which it is one."),
        key("buttons", "The labels of its buttons, or of the rows of its list."),
        key("location", "A place, by its name."),
        key("image", "A picture: the end of its name or address."),
        key("file", "A file, in the same way."),
        key("audio", "A sound, in the same way."),
        key("video", "A film, in the same way."),
        key("sticker", "A sticker, in the same way."),
    ],
    example: "",
};

pub(super) const TEMPLATE: Shape = Shape {
    name: "expected template",
    at: &["talk.bot"],
    doc: "A template in place of a message. What is not said does not matter.",
    keys: &[
        key("template", "Its name."),
        key("language", "Its language."),
        key("params", "What fills the places of its text, in order."),
        key("header", "What stands above it: the text, or the end of the file's name or address."),
        key("buttons", "What fills the places of its buttons."),
        key("cards", "The cards of a carousel."),
        key("offer_until", "When its offer ends."),
    ],
    example: "",
};

pub(super) const CARD: Shape = Shape {
    name: "expected card",
    at: &["talk.bot.cards"],
    doc: "A card of an expected template.",
    keys: &[
        key("header", "The end of its file's name or address."),
        key("params", "What fills the places of its text."),
        key("buttons", "What fills the places of its buttons."),
    ],
    example: "",
};

const ASSIGNED: KeyDoc = key("assigned", "The team, the person or the id that is responsible; `null` for nobody.");
const NOTE: KeyDoc =
    key("note", "The note: whole, or `{contains: …}`, `{matches: …}`, `{one_of: […]}`; `null` for none.");
const TAGS: KeyDoc = key("tags", "Labels that it has.");
const TRACKED: KeyDoc = key("tracked", "Events that `track` counted.");
const HTTP: KeyDoc = key("http", "Calls of `http` steps that were made: `POST https://…`, or this with what was sent.");
const OWNER: KeyDoc =
    key("owner", "Who has the conversation: `bot`, `waiting` (handed off, no human yet) or `people`.");
const RESOLVED: KeyDoc = key("resolved", "`true`: the bot closed the conversation last.");
const VARS: KeyDoc = key("vars", "Session variables.");
const LANGUAGE: KeyDoc = key("language", "The contact's language.");
const CONTACT_NOW: KeyDoc = key("contact", "What is known of the person.");

pub(super) const EXPECT: Shape = Shape {
    name: "`expect`",
    at: &["talk.expect"],
    doc: "How things stand. What is not named does not matter.",
    keys: &[
        ASSIGNED,
        NOTE,
        TAGS,
        TRACKED,
        HTTP,
        OWNER,
        RESOLVED,
        VARS,
        LANGUAGE,
        CONTACT_NOW,
        key("only", "The same keys: these labels, variables, events and calls, and no others."),
    ],
    example: "",
};

/// What stands in `only`.
pub(super) const EXPECT_ONLY: Shape = Shape {
    name: "`expect`",
    at: &["talk.expect.only"],
    doc: "",
    keys: &[ASSIGNED, NOTE, TAGS, TRACKED, HTTP, OWNER, RESOLVED, VARS, LANGUAGE, CONTACT_NOW],
    example: "",
};

pub(super) const CALL: Shape = Shape {
    name: "expected call",
    at: &["talk.expect.http", "talk.expect.only.http"],
    doc: "A call that was made, with what it sent, at least.",
    keys: &[
        key("match", "Method and address, `*` for anything."),
        key("json", "What it sent as JSON."),
        key("form", "What it sent as a form."),
        key("headers", "Its headers; secrets by their names."),
    ],
    example: "",
};
