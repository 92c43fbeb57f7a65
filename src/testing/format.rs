//! The format of `*.test.yaml`: from located nodes to tests, all mistakes at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, TimeZone};
use chrono_tz::Tz;

use crate::bot::KeyDoc;
use crate::domain::{Body, Imitated, MediaKind, Message, Posted, Span, Time, Vars};
use crate::yaml::{self, Content, Key, Located, Node, Problem, Source, Style};

use super::expect::{Expect, Want};
use super::fields::Fields;
use super::http::HttpScript;
use super::sent::{people, posted, sent};
use super::setting::Person;
use super::shapes::{CONTACT, LINE, TEST};
use super::wanted::{expect, said};

/// A test.
#[derive(Clone, Debug)]
pub struct Test {
    /// What it shows.
    pub name: String,
    /// Where it stands.
    pub place: Located,
    /// When it begins; noon of a Monday in the bot's zone otherwise.
    pub start: Option<When>,
    /// The account that is played; what is usual on the channel otherwise.
    pub imitates: Option<Imitated>,
    /// The messenger; the default channel otherwise.
    pub channel: Option<String>,
    /// The provider's id of the conversation, where the test says which.
    pub conversation: Option<String>,
    /// The messenger shows buttons, lists and files, as WhatsApp does; plain text otherwise.
    pub buttons: bool,
    /// The person who writes.
    pub contact: Person,
    /// Session variables at the start.
    pub vars: Vars,
    /// Tags at the start.
    pub tags: Vec<String>,
    /// The provider whose `ids` of members count; that of the bot's account otherwise.
    pub provider: Option<String>,
    /// Conversations that members have already, by name.
    pub handed: BTreeMap<String, u32>,
    /// What `http` steps reach outside.
    pub http: Vec<HttpScript>,
    /// What is said and what is expected, in order.
    pub talk: Vec<Talk>,
}

/// A line of a test's talk.
#[derive(Clone, Debug)]
pub struct Talk {
    /// Where it stands.
    pub place: Located,
    /// What it says.
    pub verb: Verb,
    /// The text after the verb, where that is all that stands there, and how it is written.
    pub text: Option<(Located, Style)>,
}

/// What a line of a talk says.
#[derive(Clone, Debug)]
pub enum Verb {
    /// The contact writes.
    User(String),
    /// The contact wrote so long ago, and the provider tells only now.
    Late(String, Span),
    /// The bot says this.
    Bot(Said),
    /// The contact sends something other than text.
    Send(Box<Message>),
    /// Another program posts an event.
    Post(Posted),
    /// People on our side do something other than write.
    People(Vec<Body>),
    /// A human on our side writes.
    Human(String),
    /// The contact takes an option of the last menu.
    Press(String),
    /// Time passes.
    After(Span),
    /// Time passes until then.
    At(When),
    /// Time passes and the bot says nothing.
    Nothing(Span),
    /// A message of the bot does not arrive.
    DeliverFailed,
    /// Session variables change from outside.
    Set(Vars),
    /// How things stand.
    Expect(Box<Expect>),
    /// Files of the bot change: their new text, or `None` for one that is deleted.
    Edit(Vec<(String, Option<String>)>),
}

/// What the bot is expected to say.
#[derive(Clone, Debug)]
pub enum Said {
    /// A text.
    Text(Want),
    /// A template.
    Template(Box<SaidTemplate>),
    /// A file: the end of its name or address.
    Media(MediaKind, String),
    /// Buttons or rows with these labels.
    Buttons(Vec<String>),
    /// A place, by its name.
    Location(String),
}

/// An expected template: what is not said does not matter.
#[derive(Clone, Debug)]
pub struct SaidTemplate {
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: Option<String>,
    /// What it is filled in with.
    pub parts: SaidParts,
    /// The same of each card.
    pub cards: Option<Vec<SaidParts>>,
    /// When the offer ends.
    pub offer_until: Option<When>,
}

/// What a template or a card of it is expected to be filled in with.
#[derive(Clone, Debug, Default)]
pub struct SaidParts {
    /// The header: its text, or the end of its file's name or address.
    pub header: Option<String>,
    /// The parameters.
    pub params: Option<Vec<String>>,
    /// The buttons' parameters.
    pub buttons: Option<Vec<String>>,
}

/// A point in time as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// With its offset.
    Fixed(Time),
    /// In the bot's zone.
    Local(NaiveDateTime),
}

impl When {
    /// The point in time, in that zone. An hour that a clock change skips is the hour after it.
    pub fn in_zone(self, zone: Tz) -> Time {
        match self {
            Self::Fixed(time) => time,
            Self::Local(local) => {
                let shifted = local + chrono::TimeDelta::hours(1);
                let found = zone.from_local_datetime(&local).earliest();
                found
                    .or_else(|| zone.from_local_datetime(&shifted).earliest())
                    .map_or_else(|| Time::from(local.and_utc()), |time| Time::from(time.to_utc()))
            }
        }
    }

    /// `2026-03-02T10:00:00+03:00`, or `2026-03-02 10:00` in the bot's zone.
    pub fn read(text: &str) -> Option<Self> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Some(Self::Fixed(Time::from(time.to_utc())));
        }
        ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
            .map(Self::Local)
    }
}

/// Beside `user`: the message was written so long before the provider told of it.
const LATE: KeyDoc =
    KeyDoc { name: "late", doc: "Beside `user`: the provider told of it only so long after it was written." };

type ReadVerb = fn(&mut Fields, &Node) -> Option<Verb>;

const fn verb(name: &'static str, doc: &'static str, read: ReadVerb) -> (KeyDoc, ReadVerb) {
    (KeyDoc { name, doc }, read)
}

/// The verbs of a talk and how each is read.
const VERBS: &[(KeyDoc, ReadVerb)] = &[
    verb("user", "The contact writes this.", |f, n| f.text(n).map(Verb::User)),
    verb(
        "bot",
        "The bot says this. What it says must be expected: a message too many fails as well as one too few.",
        |f, n| said(f, n).map(Verb::Bot),
    ),
    verb("send", "The contact sends something other than a text.", |f, n| {
        sent(f, n).map(|message| Verb::Send(Box::new(message)))
    }),
    verb("press", "The contact takes an option of the last menu, by text or number, or presses a button.", |f, n| {
        f.text(n).map(Verb::Press)
    }),
    verb("human", "A human on our side writes this.", |f, n| f.text(n).map(Verb::Human)),
    verb("people", "People on our side do something other than write.", |f, n| people(f, n).map(Verb::People)),
    verb("post", "Another program posts an event.", |f, n| posted(f, n).map(Verb::Post)),
    verb("after", "So much time passes.", |f, n| f.span(n).map(Verb::After)),
    verb("at", "Time passes until then; timers on the way fire.", |f, n| when(f, n).map(Verb::At)),
    verb("nothing", "So much time passes, and the bot says nothing.", |f, n| f.span(n).map(Verb::Nothing)),
    verb("deliver", "`failed`: the message just before did not arrive; before any, the next will not.", |f, n| {
        f.word(n, &[("failed", ())]).map(|()| Verb::DeliverFailed)
    }),
    verb(
        "set",
        "Session variables change from outside; `contact.vars.NAME`, `contact.name` and `contact.language`, too.",
        |f, n| f.vars(n).map(Verb::Set),
    ),
    verb("expect", "How things stand.", |f, n| expect(f, n).map(|e| Verb::Expect(Box::new(e)))),
    verb("edit", "Files of the bot change, by name: their new text, or `null` for one that is deleted.", |f, n| {
        edit(f, n).map(Verb::Edit)
    }),
];

/// The keys of a line.
pub(super) const LINE_KEYS: [KeyDoc; VERBS.len() + 1] = {
    let mut keys = [LATE; VERBS.len() + 1];
    let mut n = 0;
    while n < VERBS.len() {
        keys[n] = VERBS[n].0;
        n += 1;
    }
    keys
};

/// Reads what stands behind `imitates`: whoever starts tests knows the providers.
pub type Imitate = fn(&Node) -> Result<Imitated, Vec<Problem>>;

/// Read a file of tests. A test with a mistake in it is left out: without what was not read it would be another.
pub fn read_tests(source: &Arc<Source>, imitate: Imitate) -> (Vec<Test>, Vec<Problem>) {
    let (documents, problems) = yaml::read_documents(source);
    let is_sound = !yaml::has_errors(&problems);
    let mut fields = Fields { problems };
    let mut whole = |node: &Node| {
        let before = fields.problems.len();
        let test = test(&mut fields, node, imitate);
        let found = fields.problems.get(before..).unwrap_or_default();
        test.filter(|_| is_sound && !yaml::has_errors(found))
    };
    let tests = documents.iter().filter_map(&mut whole).collect();
    (tests, fields.problems)
}

fn test(fields: &mut Fields, node: &Node, imitate: Imitate) -> Option<Test> {
    fields.shaped(node, &TEST)?;
    let name = fields.needed(node, "test").and_then(|n| fields.text(n));
    let talk = fields.needed(node, "talk").map(|n| talk(fields, n));
    let start = node.get("at").and_then(|n| when(fields, n));
    let imitates = node.get("imitates").map(imitate).transpose().map_err(|wrong| fields.problems.extend(wrong));
    let channel = node.get("channel").and_then(|n| fields.text(n));
    let buttons = node.get("buttons").and_then(|n| fields.word(n, &[("true", true), ("false", false)]));
    let contact = node.get("contact").and_then(|n| contact(fields, n)).unwrap_or_default();
    let vars = node.get("vars").and_then(|n| fields.vars(n)).unwrap_or_default();
    let tags = node.get("tags").and_then(|n| fields.texts(n)).unwrap_or_default();
    let http = node.get("http").map(|n| super::http::scripts(fields, n)).unwrap_or_default();
    Some(Test {
        name: name?,
        place: node.at.clone(),
        start,
        imitates: imitates.ok().flatten(),
        channel,
        conversation: node.get("conversation").and_then(|n| fields.text(n)),
        buttons: buttons.unwrap_or(false),
        contact,
        vars,
        tags,
        provider: node.get("provider").and_then(|n| fields.text(n)),
        handed: node.get("handed").map(|n| handed(fields, n)).unwrap_or_default(),
        http,
        talk: talk?,
    })
}

/// How many conversations each member has: `{anna: 3}`.
fn handed(fields: &mut Fields, node: &Node) -> BTreeMap<String, u32> {
    if !matches!(node.content, Content::Map(_)) {
        fields.error("wrong-type", node, "`handed` says how many conversations members have", "`handed: {anna: 3}`");
    }
    let mut read = |key: &Key, node: &Node| {
        let number = fields.text(node)?.parse().ok();
        if number.is_none() {
            fields.error("wrong-type", node, "a whole number is expected here", "so many conversations: `3`");
        }
        Some((key.text.clone(), number?))
    };
    node.entries().iter().filter_map(|(key, node)| read(key, node)).collect()
}

fn talk(fields: &mut Fields, node: &Node) -> Vec<Talk> {
    let Content::List(items) = &node.content else {
        fields.error("wrong-type", node, "`talk` is a list, each item of it with one key", "`- user: hi`");
        return Vec::new();
    };
    items.iter().filter_map(|item| line(fields, item)).collect()
}

fn line(fields: &mut Fields, node: &Node) -> Option<Talk> {
    fields.shaped(node, &LINE)?;
    let mut verbs = node.entries().iter().filter(|(key, _)| key.text != LATE.name);
    let (Some((key, value)), None) = (verbs.next(), verbs.next()) else {
        let help = "`- user: hi`; what comes after it is a line of its own";
        fields.error("wrong-type", node, "a line of a talk has one key", help);
        return None;
    };
    let (_, read) = VERBS.iter().find(|(verb, _)| verb.name == key.text)?;
    let verb = match (read(fields, value)?, node.get(LATE.name)) {
        (Verb::User(text), Some(late)) => Verb::Late(text, fields.span(late)?),
        (verb, None) => verb,
        (_, Some(late)) => {
            fields.error("unknown-key", late, "`late` stands beside `user` only", "`- {user: hi, late: 30h}`");
            return None;
        }
    };
    let text = match &value.content {
        Content::Scalar { style, .. } => Some((value.at.clone(), *style)),
        _ => None,
    };
    Some(Talk { place: node.at.clone(), verb, text })
}

pub(super) fn when(fields: &mut Fields, node: &Node) -> Option<When> {
    let text = fields.text(node)?;
    let read = When::read(text.trim());
    if read.is_none() {
        fields.problems.push(
            Problem::error("wrong-type", &node.at, format!("`{text}` is no point in time"))
                .help("written like `2026-03-02T10:00:00+03:00`, or `2026-03-02 10:00` in the bot's zone"),
        );
    }
    read
}

fn contact(fields: &mut Fields, node: &Node) -> Option<Person> {
    fields.shaped(node, &CONTACT)?;
    Some(Person {
        name: node.get("name").and_then(|n| fields.text(n)),
        phone: node.get("phone").and_then(|n| fields.text(n)),
        language: node.get("language").and_then(|n| fields.text(n)),
        vars: node.get("vars").and_then(|n| fields.vars(n)).unwrap_or_default(),
    })
}

/// A text, or nobody and nothing (`null`, or no value).
pub(super) fn some_text(fields: &mut Fields, node: &Node) -> Option<String> {
    if is_nothing(node) { None } else { fields.text(node) }
}

pub(super) fn is_nothing(node: &Node) -> bool {
    match &node.content {
        Content::Empty => true,
        Content::Scalar { text, style } => *style == Style::Plain && matches!(text.as_str(), "null" | "~"),
        _ => false,
    }
}

fn edit(fields: &mut Fields, node: &Node) -> Option<Vec<(String, Option<String>)>> {
    let Content::Map(entries) = &node.content else {
        fields.error("wrong-type", node, "`edit` names files and their new text", "`edit: {bot.yaml: \"…\"}`");
        return None;
    };
    fields.says_something(node, "`edit`", "`edit: {bot.yaml: \"…\"}`")?;
    Some(entries.iter().map(|(key, value)| (key.text.clone(), some_text(fields, value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<Test>, Vec<Problem>) {
        read_tests(&Arc::new(Source { path: "a.test.yaml".into(), text: text.into() }), |_| Err(Vec::new()))
    }

    #[test]
    fn reads_every_key() {
        let text = "test: all\nat: 2026-03-02T10:00:00+03:00\nchannel: telegram\nvars: {a: 1, b: '1'}\n\
            contact: {name: Ann, vars: {vip: true}}\ntags: [new]\ntalk:\n  - user: yes\n  - bot: 2\n  \
            - bot: {contains: [a, b]}\n  - bot: {matches: ^a}\n  - bot: {one_of: [a, b]}\n  \
            - bot: {template: t, params: [x]}\n  - {user: hi, late: 30h}\n  - human: hi\n  - press: 1\n  - after: 10m\n  \
            - at: 2999-01-01 10:00\n  - nothing: 10m\n  - deliver: failed\n  - set: {a: null}\n  \
            - expect: {assigned: null, note: x, owner: waiting, vars: {a: 1.5}, language: ru, contact: {phone: '+1'}}\n  \
            - expect: {only: {tags: []}}\n  - edit: {bot.yaml: 'bot: x', old.yaml: null}\n---\ntest: second\ntalk: []\n";
        let (tests, problems) = read(text);
        assert_eq!(problems, []);
        assert_eq!(tests.iter().map(|test| test.talk.len()).collect::<Vec<_>>(), [17, 0]);
        let vars = &tests[0].vars;
        assert_eq!(vars.get("a"), Some(&crate::domain::Value::Int(1)));
        assert_eq!(vars.get("b"), Some(&crate::domain::Value::Text("1".into())));
        assert!(matches!(&tests[0].talk[0].verb, Verb::User(text) if text == "yes"));
    }

    #[test]
    fn reports_all_mistakes_with_their_lines() {
        let cases = [
            ("talk: []", vec![("missing-key", 1)]),
            ("test: a\ntalk: hi", vec![("wrong-type", 2)]),
            (
                "test: a\ntalks: []\ntalk:\n  - usr: hi\n  - bot: {contain: x}",
                vec![("unknown-key", 2), ("unknown-key", 4), ("unknown-key", 5)],
            ),
            (
                "test: a\ntalk: [{user: hi, bot: hi}, {after: soon}, {at: soon}, {bot: {matches: '('}}]",
                vec![("wrong-type", 2), ("bad-duration", 2), ("wrong-type", 2), ("bad-regex", 2)],
            ),
            (
                "test: a\ntalk:\n  - deliver: lost\n  - expect: {owner: nobody}\n  - {bot: hi, late: 1h}\n  - {}",
                vec![("unknown-word", 3), ("unknown-word", 4), ("unknown-key", 5), ("wrong-type", 6)],
            ),
        ];
        for (text, want) in cases {
            let (_, problems) = read(text);
            let got: Vec<_> = problems.iter().map(|problem| (problem.code, problem.at.line_column().0)).collect();
            assert_eq!(got, want, "{text}");
        }
    }
}
