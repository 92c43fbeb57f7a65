//! Scripts: expressions and texts with their values, mistakes found at load, errors at run time, limits.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono_tz::Tz;
use frontdesk::domain::{Attachment, Location, Message, SharedLocation, Span, State, Time, Value, Vars, Window};
use frontdesk::script::{BotView, Calendar, GLOBALS, Languages, Scripts, Shown, View, is_reserved};
use frontdesk::yaml::{self, Colour, Located, Source};

/// 2026-03-02T10:00:00+03:00, a Monday.
const NOW: Time = Time(1_772_434_800_000);

/// Open from 9 to 18 by the clock of Moscow, every day.
#[derive(Debug)]
struct Daily;

impl Calendar for Daily {
    fn open(&self, at: Time) -> bool {
        (6..15).contains(&(at.0 / 3_600_000 % 24))
    }
    fn next_open(&self, at: Time) -> Option<Time> {
        Some(Time((at.0 / 86_400_000 + 1) * 86_400_000 + 6 * 3_600_000))
    }
    fn next_close(&self, _at: Time) -> Option<Time> {
        None
    }
}

fn value(json: serde_json::Value) -> Value {
    json.into()
}

fn vars(json: serde_json::Value) -> Vars {
    match value(json) {
        Value::Map(map) => map,
        other => panic!("{other:?}"),
    }
}

/// All that a view borrows.
struct World {
    state: State,
    message: Message,
    vars: Vars,
    matched: Vars,
    bot: BotView,
    language: &'static str,
    told: bool,
}

impl World {
    fn new() -> Self {
        // From JSON, so that a new field with a default needs no change here.
        let state = serde_json::json!({
            "conversation": {
                "id": "c", "account": "clinic", "bot": "clinic", "channel": "whatsapp", "external_id": "7", "owner": "bot", "hush": 0,
                "last_in_at": NOW.0, "last_human_at": (NOW - Span::minutes(10)).0, "incoming": 1, "tags": ["vip", "new"],
                "last_reply": "Hello!",
            },
            "contact": {"id": "p", "name": "Anna", "language": "en", "vars": {"visits": 3, "address": {"city": "Riga"}}},
        });
        let state = serde_json::from_value(state).unwrap();
        let set = serde_json::json!({
            "n": 2, "half": 0.5, "whole": 4.0, "name": "Bob", "empty": "", "yes": true, "gone": null,
            "visit": {"$time": 1_773_144_000_000_i64}, "day": {"$time": 1_773_090_000_000_i64},
            "list": [3, 1, 2], "words": ["a", "b"], "lead": {"status": 200, "body": {"id": 7}}, "text_number": "20",
        });
        let bot = BotView {
            vars: vars(serde_json::json!({"phone": "+7 495 000-00-00", "price": 1500})),
            zone: Tz::Europe__Moscow,
            languages: Languages::new(["en", "ru", "lv"]),
            hours: Arc::new(Daily),
            calendars: BTreeMap::from([("delivery".to_owned(), Arc::new(Daily) as Arc<dyn Calendar>)]),
            teams: BTreeMap::from([("sales".to_owned(), value(serde_json::json!({"open": true})))]),
            names: BTreeSet::from(["later".to_owned()]),
        };
        let message = Message {
            id: Some("m-1".into()),
            text: "I want gold".into(),
            option: Some("gold".into()),
            reply_to: Some("m-0".into()),
            attachments: vec![Attachment { kind: "image".into(), size: Some(7), ..Attachment::default() }],
            location: Some(SharedLocation {
                at: Location { latitude: 55.75, longitude: 37.61 },
                name: Some("Clinic".into()),
                address: None,
            }),
            data: value(serde_json::json!({"referral": {"headline": "Half price"}})),
            error: Some("not all of it came".into()),
            ..Message::default()
        };
        let matched = vars(serde_json::json!({"keyword": "gold", "name": "Matched"}));
        Self { state, message, vars: vars(set), matched, bot, language: "en", told: false }
    }

    fn view(&self) -> View<'_> {
        View {
            now: NOW,
            language: self.language,
            shown: Shown { language: self.language, told: self.told },
            message: Some(&self.message),
            state: &self.state,
            window: Window::Open { left: Span::minutes(200) },
            vars: &self.vars,
            matched: &self.matched,
            bot: &self.bot,
        }
    }
}

const PRICING: &str = r#"
const BASE = 1500;
fn visit() { global::BASE }
fn for_all(n) { n * visit() }
fn is_gold(text) { text.contains("gold") }
fn sorted(list) { list.sort(); list }
fn endless() { loop { } }
fn deep(n) { deep(n + 1) }
fn huge() { let s = "x"; loop { s += s; } }
fn many() { let a = []; loop { a.push(1); } }
fn nested() { let a = []; loop { a = [a]; } }
fn keyed() { let m = #{}; let i = 0; loop { m["k" + i] = i; i += 1; } }
fn failing() { throw "no such tariff"; }
fn through() { other::visits() }
fn same() { let f = |x| x + 1; f.call(1) }
fn cycle() { let a = []; let f = || a; a.push(f); a }
fn sorts() { let a = []; for i in 0..900 { a.push(900 - i); } loop { a.sort(); } }
fn finds() { let a = []; for i in 0..900 { a.push(i); } loop { a.index_of(5000); a.contains("x"); } }
fn replaces() { let s = "a"; for i in 0..15 { s += s; } loop { s.replace("a", s); } }
fn uppers() { let s = "a"; for i in 0..15 { s += s; } loop { s.to_upper(); } }
"#;

fn scripts() -> Arc<Scripts> {
    let files = [source("scripts/pricing.rhai", PRICING), source("scripts/other.rhai", "fn visits() { 12 }")];
    let (scripts, problems) = Scripts::load(&files);
    assert_eq!(yaml::render(&problems, Colour::Never), "");
    Arc::new(scripts)
}

fn source(path: &str, text: &str) -> Arc<Source> {
    Source::new(path, text.as_bytes()).unwrap()
}

fn whole(text: &str) -> Located {
    source("bot.yaml", text).at(0..text.len())
}

/// Lines `expression => value`, each shown as JSON; an error as `error: …`.
fn outcome(scripts: &Arc<Scripts>, world: &World, expression: &str) -> String {
    match scripts.expr(expression, &whole(expression)) {
        Err(problem) => format!("at load: {}", problem.message),
        Ok(expr) if yaml::has_errors(expr.problems()) => format!("at load: {}", expr.problems()[0].message),
        Ok(expr) => match expr.eval(&world.view()) {
            Ok(value) => serde_json::Value::from(value).to_string(),
            Err(error) => format!("error: {error}"),
        },
    }
}

/// `tests/data/script/NAME.txt` holds a case a line; its snapshot has the outcomes.
fn golden(name: &str, outcome: impl Fn(&str) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/script");
    let cases = std::fs::read_to_string(folder.join(format!("{name}.txt"))).unwrap();
    let mut shown = String::new();
    for case in cases.lines() {
        writeln!(shown, "{case}").unwrap();
        if !case.is_empty() && !case.starts_with("# ") {
            writeln!(shown, "    {}", outcome(case).replace('\n', "\n    ")).unwrap();
        }
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, shown));
}

#[test]
fn values() {
    let (scripts, world) = (scripts(), World::new());
    golden("values", |case| outcome(&scripts, &world, case));
}

#[test]
fn conditions() {
    let (scripts, world) = (scripts(), World::new());
    golden("conditions", |case| match scripts.expr(case, &whole(case)).unwrap().is_true(&world.view()) {
        Ok(holds) => holds.to_string(),
        Err(error) => format!("error: {error}"),
    });
}

#[test]
fn texts() {
    let (scripts, world) = (scripts(), World::new());
    let russian = World { language: "ru", ..World::new() };
    let other = World { language: "lv", ..World::new() };
    let told = [&world, &russian].map(|world| World { told: true, language: world.language, ..World::new() });
    golden("texts", |case| {
        let text = scripts.text(case, &whole(case));
        let problems: Vec<_> = text.problems().cloned().collect();
        if yaml::has_errors(&problems) {
            return yaml::render(&problems, Colour::Never);
        }
        let shown = |world: &World| match text.render(&world.view()) {
            Ok(shown) => format!("{shown:?}"),
            Err(error) => format!("error: {error}"),
        };
        let lasting = [&world, &russian, &other].map(shown);
        let told = told.each_ref().map(shown);
        let all: Vec<_> = lasting.into_iter().chain(told).collect();
        if all.iter().all(|one| *one == all[0]) { all[0].clone() } else { all.join("\n") }
    });
}

#[test]
fn mistakes() {
    let scripts = scripts();
    golden("mistakes", |case| match scripts.expr(case, &whole(case)) {
        Err(problem) => yaml::render(&[*problem], Colour::Never),
        Ok(expr) => yaml::render(expr.problems(), Colour::Never),
    });
}

#[test]
fn free_names() {
    let scripts = scripts();
    let cases = [
        ("text.contains(name)", vec!["text", "name"]),
        ("list.map(|x| x * factor).filter(|y| y > 1)", vec!["list", "factor"]),
        ("list.map(|x| list.filter(|y| y == x + outer).len())", vec!["list", "outer"]),
        ("`${a} ${b.c} ${a}`", vec!["a", "b"]),
        ("#{a: b}.a", vec!["b"]),
        ("pricing::for_all(n) + pricing::visit()", vec!["n"]),
        ("if a { b } else { c }", vec!["a", "b", "c"]),
        ("a ?? b ?? 1", vec!["a", "b"]),
        ("a.name.name", vec!["a"]),
        ("1 + 2", vec![]),
    ];
    for (case, want) in cases {
        let expr = scripts.expr(case, &whole(case)).unwrap();
        let names: Vec<_> = expr.names().iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, want, "{case}");
        for (name, at) in expr.names() {
            assert_eq!(at.text(), name, "{case}");
        }
    }
}

#[test]
fn texts_keep_types_and_places() {
    let (scripts, world) = (scripts(), World::new());
    let text = scripts.text("{{ n + 1 }}", &whole("{{ n + 1 }}"));
    assert_eq!(text.sole_expr().unwrap().eval(&world.view()), Ok(Value::Int(3)));
    assert_eq!(scripts.text("plain", &whole("plain")).literal(), Some("plain"));
    assert_eq!(scripts.text("", &whole("")).literal(), Some(""));
    let file = "say: \"tab\\t {{ unknwon }}, {{ other }}\"\nlong: |\n  one {{ a }}\n  two {{ b }} {{ a }}\n";
    let file = source("bot.yaml", file);
    let node = yaml::read(&file).0.unwrap();
    for (key, want) in [("say", vec!["unknwon 1:16", "other 1:31"]), ("long", vec!["a 3:10", "b 4:10", "a 4:18"])] {
        let node = node.get(key).unwrap();
        let names = scripts.text(node.scalar().unwrap(), &node.at).names();
        let places = names.iter().map(|(name, at)| {
            let (line, column) = at.line_column();
            format!("{name} {line}:{column}")
        });
        assert_eq!(places.collect::<Vec<_>>(), want);
    }
}

/// Every code that the rooms make is explained, and no other.
#[test]
fn codes_are_explained() {
    let source = |room: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room);
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.map(|file| std::fs::read_to_string(file).unwrap()).collect::<String>()
    };
    for (room, list) in [("yaml", yaml::EXPLANATIONS), ("script", frontdesk::script::EXPLANATIONS)] {
        let text = source(room);
        let made: BTreeSet<&str> = ["Problem::error(", "Problem::warning("]
            .iter()
            .flat_map(|call| text.split(call).skip(1))
            .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
            .collect();
        let explained: BTreeSet<&str> = list.iter().map(|explanation| explanation.code).collect();
        assert_eq!(made, explained, "{room}");
    }
}

#[test]
fn fields_that_the_bot_names() {
    let case = "bot.phone + teams.sales.open + calendars?.delivery + bot.len() + x.bot.y + contact.name";
    let expr = scripts().expr(case, &whole(case)).unwrap();
    let mut fields: Vec<_> = expr.fields().iter().map(|field| format!("{}.{}", field.of, field.field)).collect();
    fields.sort();
    assert_eq!(fields, ["bot.phone", "calendars.delivery", "teams.sales"]);
    assert!(expr.fields().iter().all(|field| field.at.text() == field.field));
}

/// Whatever a script does, it ends soon, with an error that says why. The bound leaves room for a busy machine and a debug build.
#[test]
fn limits() {
    let (scripts, world) = (scripts(), World::new());
    let calls = ["endless", "huge", "many", "nested", "keyed", "sorts", "replaces", "uppers", "finds"];
    let mut cases: Vec<String> = calls.iter().map(|name| format!("pricing::{name}()")).collect();
    cases.push("pricing::deep(1)".into());
    cases.push("pricing::cycle()".into());
    cases.push("\"x\".pad(1000000000, \"y\")".into());
    cases.push("list.map(|x| pricing::endless())".into());
    cases.push("[1, 2].reduce(|sum, x| sum.foo(x), 0)".into());
    for case in cases {
        let begin = Instant::now();
        let outcome = outcome(&scripts, &world, &case);
        let took = begin.elapsed();
        assert!(outcome.contains("error") || outcome.contains("at load"), "{case}: {outcome}");
        assert!(took < Duration::from_mins(1), "{case} took {took:?}");
    }
}

/// Expressions made to overflow rhai's parser or its stack.
#[test]
fn hostile_expressions() {
    let (scripts, world) = (scripts(), World::new());
    let pieces = [
        "(",
        "[",
        "{",
        "#{a:",
        "!",
        "-",
        "a.",
        "a+",
        "a[",
        "f(",
        "|x|",
        "if a {",
        "`${",
        "\"",
        "'",
        "a?.",
        "a ?? ",
        "a && ",
        "1 + ",
        "}",
        ")",
        "::",
        "a::",
        "..",
        "=",
        "/*",
        "//",
        "@",
        "$",
        "\\",
        "x => ",
        "switch a {",
        "n.pad(",
        "true || ",
        "a == ",
        "`",
        "ё",
        "fn f(",
        "let a = ",
        "import \"x\" as ",
        "while true ",
    ];
    for piece in pieces {
        for times in [1, 2, 50, 1500] {
            for end in ["", "a", "1"] {
                let text = format!("{}{end}", piece.repeat(times));
                let _ = outcome(&scripts, &world, &text);
                let _ = scripts.text(&format!("{{{{ {text} }}}}"), &whole(&text));
            }
        }
    }
    assert_eq!(outcome(&scripts, &world, "1 + 1"), "2", "the scripts still work");
}

/// Nothing of the outside can be reached.
#[test]
fn nothing_but_calculation() {
    let (scripts, world) = (scripts(), World::new());
    let cases = [
        "sleep(1)",
        "eval(\"1\")",
        "print(1)",
        "debug(1)",
        "timestamp()",
        "rand()",
        "import \"x\" as x",
        "Fn(\"sleep\").call(1)",
        "open_file(\"x\")",
        "call(\"eval\")",
    ];
    for case in cases {
        let begin = Instant::now();
        let outcome = outcome(&scripts, &world, case);
        assert!(outcome.starts_with("at load") || outcome.starts_with("error"), "{case}: {outcome}");
        assert!(begin.elapsed() < Duration::from_millis(500), "{case}");
    }
}

#[test]
fn modules_with_mistakes() {
    let files = [
        source("scripts/Bad-Name.rhai", "fn a() { 1 }"),
        source("scripts/broken.rhai", "fn a() { 1 + }"),
        source("scripts/unset.rhai", "fn a() { unknown_name }"),
        source("scripts/top.rhai", "const X = 1 / 0;"),
        source("scripts/text.rhai", "fn a() { 1 }"),
        source("scripts/fine.rhai", "fn a() { broken::a() }"),
        source("scripts/endless.rhai", "loop { }"),
    ];
    let (scripts, problems) = Scripts::load(&files);
    let scripts = Arc::new(scripts);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/script"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("modules", yaml::render(&problems, Colour::Never)));
    assert!(scripts.expr("broken::b()", &whole("broken::b()")).is_ok(), "a broken module is reported once");
    let world = World::new();
    assert!(outcome(&scripts, &world, "fine::a()").starts_with("error: in `a`"));
}

#[test]
fn reserved_names() {
    for name in ["text", "contact", "if", "new", "default", "secret"] {
        assert!(is_reserved(name), "{name}");
    }
    for name in ["visit", "phone", "name", "topic", "booking"] {
        assert!(!is_reserved(name), "{name}");
    }
    let scripts = scripts();
    for name in GLOBALS {
        let expr = scripts.expr(name, &whole(name)).unwrap();
        assert!(expr.eval(&World::new().view()).is_ok(), "{name}");
    }
}
