//! The bots that are measured, written as YAML, and the messages that they answer.

/// A word of syllables that belongs to this number alone and looks like one of a language.
pub fn word(mut n: usize) -> String {
    const SYLLABLES: [&str; 20] = [
        "ba", "ce", "di", "fo", "gu", "ha", "ke", "li", "mo", "nu", "pa", "re", "si", "to", "vu", "wa", "xe", "yi",
        "zo", "ju",
    ];
    let mut word = String::from("q");
    for _ in 0..5 {
        word.push_str(SYLLABLES.get(n % SYLLABLES.len()).copied().unwrap_or_default());
        n /= SYLLABLES.len();
    }
    word
}

/// A bot of so many flows, each with two keywords.
pub fn keywords(name: &str, flows: usize) -> String {
    let flow = |n| {
        let (one, other) = (word(n), word(n + 1_000_000));
        let on = format!("{{keywords: [{one}, \"{other} price\"]}}");
        format!("  entry_{n}:\n    on: {on}\n    do:\n      - say: The answer to {one}.\n")
    };
    head(name) + (0..flows).map(flow).collect::<String>().as_str() + FALLBACK
}

/// What a person writes to be answered by flow `n` of `keywords`.
pub fn keyword_message(n: usize) -> String {
    format!("Hello, could you tell me about the {} please?", word(n))
}

/// A bot of so many entries, each a regex with a named group.
pub fn regexes(name: &str, entries: usize) -> String {
    let entry = |n| {
        let word = word(n);
        let on = format!("{{matches: '(?i)\\b{word} (?:no\\.?|number)? *(?<number>\\d+)'}}");
        format!(
            "  entry_{n}:\n    on: {on}\n    do:\n      - say: 'About {word} {{{{ number }}}}: it is on its way.'\n"
        )
    };
    head(name) + (0..entries).map(entry).collect::<String>().as_str() + FALLBACK
}

/// What a person writes to be answered by entry `n` of `regexes`.
pub fn regex_message(n: usize) -> String {
    format!("Hi there, where is my {} number {}?", word(n).to_uppercase(), n + 17)
}

/// A bot with a form of four questions.
pub fn form(name: &str) -> String {
    head(name) + form_flow()
}

/// The flow of that form.
pub fn form_flow() -> &'static str {
    "  form:
    on: {keywords: [book]}
    do:
      - ask: person
        text: What is your name?
      - ask: age
        kind: integer
        text: How old are you, {{ person }}?
        retry: A number, please.
      - ask: phone
        kind: phone
        text: Which number shall we call?
        retry: That is no phone number.
      - ask: sure
        kind: yes_no
        text: Shall we book it?
      - say: Thank you, {{ person }}, see you.
"
}

/// What a person writes to go through `form`, again and again.
pub const FORM_MESSAGES: [&str; 5] = ["I want to book, please", "Anna", "I am 34", "+79260000001", "yes"];

/// Subjects that people ask about, and what they ask of them.
const ASPECTS: [(&str, &str, &str); 5] = [
    ("How much does the {} cost?", "price of the {}", "hello, what do you charge for the {} please"),
    ("When will my {} arrive?", "delivery of the {}", "my {} has not been delivered yet"),
    ("Can I return the {}?", "send back a {}", "I would like to return a {}"),
    ("Which colours does the {} come in?", "colour of the {}", "which color can I get the {} in"),
    ("How do I clean the {}?", "cleaning a {}", "how is the {} cleaned"),
];

fn aspect(n: usize) -> (&'static str, &'static str, &'static str) {
    ASPECTS.get(n % ASPECTS.len()).copied().unwrap_or_default()
}

/// A bot with a FAQ of so many entries, three questions each.
pub fn faq(name: &str, entries: usize) -> String {
    let entry = |n: usize| {
        let (one, other, _) = aspect(n);
        let thing = word(n / ASPECTS.len());
        let (one, other) = (one.replace("{}", &thing), other.replace("{}", &thing));
        format!(
            "  entry_{n}: {{questions: [\"{one}\", \"{other}\", \"{thing} {n}\"], answer: \"About {thing}, {n}.\"}}\n"
        )
    };
    let entries: String = (0..entries).map(entry).collect();
    format!("bot: {name}\nlanguages: [en]\ntimezone: Europe/London\nfaq:\n{entries}flows:\n{FALLBACK}")
}

/// What a person writes to be answered by entry `n` of `faq`: in other words, and every fourth time with a slip of the finger.
pub fn faq_message(n: usize) -> String {
    let (_, _, asked) = aspect(n);
    let mut thing = word(n / ASPECTS.len());
    if n.is_multiple_of(4) {
        thing.insert(4, 'u');
    }
    asked.replace("{}", &thing)
}

fn head(name: &str) -> String {
    format!("bot: {name}\nlanguages: [en]\ntimezone: Europe/London\nloop_guard: false\nflows:\n")
}

const FALLBACK: &str = "  nothing_fits:\n    on: fallback\n    do:\n      - say: I did not understand that.\n";
