//! The functions of our own, and those of rhai that we change: what returns nothing in rhai returns the new value here.

use std::cmp::Ordering;

use rhai::{Array, Dynamic, Engine, EvalAltResult, FLOAT, INT, ImmutableString, Map, NativeCallContext};

use super::docs::{FUNCTIONS, Word};
use super::moment::{Length, Moment};
use super::speech::spoken;
use crate::domain::Span;

/// Digits behind the point that `number` shows at most.
const MOST_DIGITS: usize = 12;

type Answer<T> = Result<T, Box<EvalAltResult>>;

/// Functions that expressions and modules may call, for "did you mean" at load. Operators and properties are not among them.
pub(super) fn known() -> impl Iterator<Item = &'static str> + Clone {
    let name = |word: &'static Word| word.name.split('(').next().unwrap_or_default();
    FUNCTIONS.iter().map(name).chain(rhai_functions())
}

/// Those of rhai's own that expressions and modules may call.
pub fn rhai_functions() -> impl Iterator<Item = &'static str> + Clone {
    OF_RHAI.iter().copied()
}

const OF_RHAI: &[&str] = &[
    "abs",
    "acos",
    "acosh",
    "all",
    "append",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "bits",
    "bytes",
    "call",
    "ceiling",
    "chars",
    "chop",
    "clear",
    "contains",
    "cos",
    "cosh",
    "crop",
    "curry",
    "dedup",
    "drain",
    "end",
    "ends_with",
    "exit",
    "exp",
    "extract",
    "fill_with",
    "filter",
    "find",
    "find_map",
    "floor",
    "for_each",
    "fraction",
    "get",
    "hypot",
    "index_of",
    "insert",
    "int",
    "is_anonymous",
    "is_def_fn",
    "is_def_var",
    "is_empty",
    "is_even",
    "is_exclusive",
    "is_finite",
    "is_inclusive",
    "is_infinite",
    "is_nan",
    "is_odd",
    "is_shared",
    "is_zero",
    "keys",
    "len",
    "ln",
    "log",
    "make_lower",
    "make_upper",
    "map",
    "max",
    "min",
    "mixin",
    "name",
    "order",
    "order_by",
    "order_desc",
    "pad",
    "parse_float",
    "parse_int",
    "parse_json",
    "pop",
    "push",
    "range",
    "reduce",
    "reduce_rev",
    "remove",
    "replace",
    "retain",
    "reverse",
    "round",
    "set",
    "set_tag",
    "shift",
    "sign",
    "sin",
    "sinh",
    "some",
    "sort",
    "sort_by",
    "sort_desc",
    "splice",
    "split",
    "split_rev",
    "sqrt",
    "start",
    "starts_with",
    "sub_string",
    "tag",
    "take",
    "tan",
    "tanh",
    "to_binary",
    "to_chars",
    "to_debug",
    "to_degrees",
    "to_float",
    "to_hex",
    "to_int",
    "to_json",
    "to_lower",
    "to_octal",
    "to_radians",
    "to_string",
    "to_upper",
    "trim",
    "truncate",
    "type_of",
    "values",
    "zip",
];

/// Register all of them.
pub(super) fn register(engine: &mut Engine) {
    unset(engine);
    texts(engine);
    counts(engine);
    changed_in_place(engine);
    lists(engine);
    searches(engine);
    moments(engine);
    lengths(engine);
}

fn failed<T>(message: impl Into<String>) -> Answer<T> {
    Err(message.into().into())
}

/// What is not set answers any field with nothing, and is as good as false behind `!`.
fn unset(engine: &mut Engine) {
    engine.register_indexer_get(|(): &mut (), _: &str| ());
    engine.register_indexer_get(|(): &mut (), _: INT| ());
    engine.register_fn("!", |(): ()| true);
    // A script that sleeps would outlive every limit.
    engine.register_fn("sleep", |_: INT| -> Answer<()> { failed("scripts cannot sleep: use a `wait` step") });
    engine.register_fn("sleep", |_: FLOAT| -> Answer<()> { failed("scripts cannot sleep: use a `wait` step") });
    // Numbers are shown without idle zeros.
    engine.register_fn("to_string", |x: FLOAT| x.to_string());
    engine.register_fn("print", |x: FLOAT| x.to_string());
}

fn texts(engine: &mut Engine) {
    engine.register_fn("before", |context: NativeCallContext<'_>, joint: &str, value: Dynamic| {
        let shown = show(&context, value)?;
        Answer::Ok(if shown.is_empty() { shown } else { format!("{joint}{shown}").into() })
    });
    engine.register_fn("after", |context: NativeCallContext<'_>, value: Dynamic, joint: &str| {
        let shown = show(&context, value)?;
        Answer::Ok(if shown.is_empty() { shown } else { format!("{shown}{joint}").into() })
    });
    engine.register_fn("sentence", |context: NativeCallContext<'_>, value: Dynamic| {
        show(&context, value).map(|text| capital(&text))
    });
    engine.register_fn("title", |context: NativeCallContext<'_>, value: Dynamic| {
        let text = show(&context, value)?;
        Answer::Ok(text.split_inclusive(char::is_whitespace).map(capital).collect::<String>())
    });
}

/// What goes by the language of the text.
fn counts(engine: &mut Engine) {
    type Text = ImmutableString;
    engine.register_fn("plural", |n: Dynamic, a: Text, b: Text| plural(&n, vec![a, b]));
    engine.register_fn("plural", |n: Dynamic, a: Text, b: Text, c: Text| plural(&n, vec![a, b, c]));
    engine.register_fn("plural", |n: Dynamic, a: Text, b: Text, c: Text, d: Text| plural(&n, vec![a, b, c, d]));
    engine.register_fn("plural", |n: Dynamic, a: Text, b: Text, c: Text, d: Text, e: Text| {
        plural(&n, vec![a, b, c, d, e])
    });
    engine.register_fn("plural", |n: Dynamic, a: Text, b: Text, c: Text, d: Text, e: Text, f: Text| {
        plural(&n, vec![a, b, c, d, e, f])
    });
    engine.register_fn("number", |n: INT| spoken().number(&n.to_string()));
    engine.register_fn("number", |n: FLOAT| spoken().number(&n.to_string()));
    engine.register_fn("number", |n: FLOAT, digits: INT| {
        let digits = usize::try_from(digits).unwrap_or(0).min(MOST_DIGITS);
        spoken().number(&format!("{n:.digits$}"))
    });
    engine.register_fn("number", |n: INT, digits: INT| {
        let digits = usize::try_from(digits).unwrap_or(0).min(MOST_DIGITS);
        let zeros = if digits == 0 { String::new() } else { format!(".{}", "0".repeat(digits)) };
        spoken().number(&format!("{n}{zeros}"))
    });
}

/// The form that goes with a number.
fn plural(n: &Dynamic, mut forms: Vec<ImmutableString>) -> Answer<ImmutableString> {
    let plain = match (n.as_int(), n.as_float()) {
        (Ok(n), _) => n.to_string(),
        (_, Ok(n)) => n.to_string(),
        _ => {
            return failed(format!(
                "`plural` counts with a number, not with {}",
                super::errors::type_name(n.type_name())
            ));
        }
    };
    let form = spoken().form(&plain, forms.len());
    if form < forms.len() { Ok(forms.swap_remove(form)) } else { failed("`plural` needs forms") }
}

/// The text with a capital at its beginning.
fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// As `to_string` shows it; nothing for what is not set.
fn show(context: &NativeCallContext<'_>, value: Dynamic) -> Answer<ImmutableString> {
    let value = match value.flatten().try_cast_result::<ImmutableString>() {
        Ok(text) => return Ok(text),
        Err(value) => value,
    };
    if value.is_unit() {
        return Ok(ImmutableString::new());
    }
    context.call_native_fn("to_string", (value,))
}

/// rhai changes a text in place and returns nothing; in `{{ }}` the new text is what is wanted.
fn changed_in_place(engine: &mut Engine) {
    engine.register_fn("trim", |text: &str| text.trim().to_owned());
    engine.register_fn("replace", |context: NativeCallContext<'_>, text: &str, from: &str, to: &str| {
        replace(&context, text, from, to)
    });
    engine.register_fn("replace", |context: NativeCallContext<'_>, text: &str, from: char, to: &str| {
        replace(&context, text, from.encode_utf8(&mut [0; 4]), to)
    });
    engine.register_fn("replace", |context: NativeCallContext<'_>, text: &str, from: &str, to: char| {
        replace(&context, text, from, to.encode_utf8(&mut [0; 4]))
    });
    engine.register_fn("replace", |text: &str, from: char, to: char| text.replace(from, to.encode_utf8(&mut [0; 4])));
    engine.register_fn("remove", |text: &str, part: &str| text.replace(part, ""));
    engine.register_fn("remove", |text: &str, part: char| text.replace(part, ""));
    engine.register_fn("make_upper", |text: &str| text.to_uppercase());
    engine.register_fn("make_lower", |text: &str| text.to_lowercase());
    engine.register_fn("truncate", |text: &str, length: INT| first(text, length));
    engine.register_fn("crop", |text: &str, start: INT| {
        text.chars().skip(usize::try_from(start).unwrap_or(0)).collect::<String>()
    });
    engine.register_fn("crop", |text: &str, start: INT, length: INT| {
        let rest: String = text.chars().skip(usize::try_from(start).unwrap_or(0)).collect();
        first(&rest, length)
    });
    engine.register_fn("pad", |context: NativeCallContext<'_>, text: &str, length: INT, with: &str| {
        pad(&context, text, length, with)
    });
    engine.register_fn("pad", |context: NativeCallContext<'_>, text: &str, length: INT, with: char| {
        pad(&context, text, length, with.encode_utf8(&mut [0; 4]))
    });
}

fn first(text: &str, length: INT) -> String {
    text.chars().take(usize::try_from(length).unwrap_or(0)).collect()
}

/// rhai looks at sizes only when a text is there already; what multiplies lengths is measured before.
fn fits(context: &NativeCallContext<'_>, length: usize) -> Answer<()> {
    let limit = context.engine().max_string_size();
    if length > limit { failed(format!("a text may have {limit} bytes at most")) } else { Ok(()) }
}

fn replace(context: &NativeCallContext<'_>, text: &str, from: &str, to: &str) -> Answer<String> {
    if from.is_empty() {
        return Ok(text.to_owned());
    }
    fits(context, text.len() + text.matches(from).count().saturating_mul(to.len()))?;
    Ok(text.replace(from, to))
}

fn pad(context: &NativeCallContext<'_>, text: &str, length: INT, with: &str) -> Answer<String> {
    let length = usize::try_from(length).unwrap_or(0);
    fits(context, length)?;
    let missing = length.saturating_sub(text.chars().count());
    Ok(text.chars().chain(with.chars().cycle().take(missing)).collect())
}

fn lists(engine: &mut Engine) {
    engine.register_fn("join", |context: NativeCallContext<'_>, items: Array, between: &str| {
        let mut joined = String::new();
        for (at, item) in items.into_iter().enumerate() {
            joined.push_str(if at == 0 { "" } else { between });
            joined.push_str(&show(&context, item)?);
            fits(&context, joined.len())?;
        }
        Answer::Ok(joined)
    });
    engine.register_fn("reverse", |items: &mut Array| {
        items.reverse();
        items.clone()
    });
    engine.register_fn("sort", |items: &mut Array| {
        items.sort_by(order);
        items.clone()
    });
}

/// rhai looks up its `==` for each element anew, which makes a search through a full list cost as much as a whole turn may.
fn searches(engine: &mut Engine) {
    engine.register_fn("contains", |items: &mut Array, value: Dynamic| items.iter().any(|item| equal(item, &value)));
    engine.register_fn("index_of", |items: &mut Array, value: Dynamic| index_of(items, &value, 0));
    engine.register_fn("index_of", |items: &mut Array, value: Dynamic, start: INT| {
        index_of(items, &value, usize::try_from(start).unwrap_or(0))
    });
}

fn index_of(items: &Array, value: &Dynamic, start: usize) -> INT {
    let found = items.iter().enumerate().skip(start).find(|(_, item)| equal(item, value));
    found.and_then(|(at, _)| INT::try_from(at).ok()).unwrap_or(-1)
}

fn equal(a: &Dynamic, b: &Dynamic) -> bool {
    if let (Ok(a), Ok(b)) = (a.as_bool(), b.as_bool()) {
        return a == b;
    }
    if let (Ok(a), Ok(b)) = (a.as_char(), b.as_char()) {
        return a == b;
    }
    if let (Some(a), Some(b)) = (a.read_lock::<Array>(), b.read_lock::<Array>()) {
        return a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| equal(a, b));
    }
    if let (Some(a), Some(b)) = (a.read_lock::<Map>(), b.read_lock::<Map>()) {
        return a.len() == b.len() && a.iter().zip(b.iter()).all(|((k, a), (l, b))| k == l && equal(a, b));
    }
    // Kinds without an order are never equal.
    kind(a) == kind(b) && kind(a) != UNORDERED && order(a, b).is_eq()
}

/// Numbers by size, texts by their letters, times by time; what cannot be compared keeps its place.
fn order(a: &Dynamic, b: &Dynamic) -> Ordering {
    let number = |value: &Dynamic| value.as_float().ok().or_else(|| value.as_int().ok().map(|n| n as FLOAT));
    if let (Some(a), Some(b)) = (number(a), number(b)) {
        return a.total_cmp(&b);
    }
    if let (Some(a), Some(b)) = (a.read_lock::<ImmutableString>(), b.read_lock::<ImmutableString>()) {
        return a.as_str().cmp(b.as_str());
    }
    match (a.read_lock::<Moment>(), b.read_lock::<Moment>()) {
        (Some(a), Some(b)) => a.at.cmp(&b.at),
        // Unlike kinds keep apart, or there would be no order.
        _ => kind(a).cmp(&kind(b)),
    }
}

const UNORDERED: u8 = 5;

fn kind(value: &Dynamic) -> u8 {
    match value {
        value if value.is_unit() => 0,
        value if value.is_bool() => 1,
        value if value.is_int() || value.is_float() => 2,
        value if value.is_string() => 3,
        value if value.is::<Moment>() => 4,
        _ => UNORDERED,
    }
}

fn moments(engine: &mut Engine) {
    engine.register_type_with_name::<Moment>("time");
    engine.register_fn("to_string", |moment: &mut Moment| moment.to_string());
    engine.register_fn("to_debug", |moment: &mut Moment| moment.to_string());
    engine.register_fn("-", |a: Moment, b: Moment| Length { span: a.at.since(b.at), tongue: a.tongue });
    engine.register_fn("+", |a: Moment, b: Length| a.moved(b.span));
    engine.register_fn("+", |a: Length, b: Moment| b.moved(a.span));
    engine.register_fn("-", |a: Moment, b: Length| a.moved(Span(b.span.0.saturating_neg())));
    engine.register_fn("==", |a: Moment, b: Moment| a.at == b.at);
    engine.register_fn("!=", |a: Moment, b: Moment| a.at != b.at);
    engine.register_fn("<", |a: Moment, b: Moment| a.at < b.at);
    engine.register_fn("<=", |a: Moment, b: Moment| a.at <= b.at);
    engine.register_fn(">", |a: Moment, b: Moment| a.at > b.at);
    engine.register_fn(">=", |a: Moment, b: Moment| a.at >= b.at);
    engine.register_fn("date", |moment: Moment| moment.midnight());
    engine.register_fn("at", |day: Moment, clock: &str| match day.at_clock(clock) {
        Some(moment) => Answer::Ok(moment),
        None => failed(format!("`{clock}` is no time of a day: `15:00` is one")),
    });
    engine.register_fn("in_days", |moment: Moment, days: INT| match moment.in_days(days) {
        Some(moment) => Answer::Ok(moment),
        None => failed(format!("{days} days are too far")),
    });
    engine.register_fn("format", |moment: Moment, pattern: &str| match moment.format(pattern) {
        Some(shown) => Answer::Ok(shown),
        None => failed(format!("`{pattern}` is no pattern for a time: `%d %B %Y, %H:%M` is one")),
    });
    moment_parts(engine);
}

fn moment_parts(engine: &mut Engine) {
    use chrono::{Datelike, Timelike};
    engine.register_get("year", |moment: &mut Moment| INT::from(moment.local().year()));
    engine.register_get("month", |moment: &mut Moment| INT::from(moment.local().month()));
    engine.register_get("day", |moment: &mut Moment| INT::from(moment.local().day()));
    engine.register_get("weekday", |moment: &mut Moment| INT::from(moment.local().weekday().number_from_monday()));
    engine.register_get("hour", |moment: &mut Moment| INT::from(moment.local().hour()));
    engine.register_get("minute", |moment: &mut Moment| INT::from(moment.local().minute()));
    engine.register_get("date", |moment: &mut Moment| moment.midnight());
    engine.register_get("weekday_name", |moment: &mut Moment| moment.weekday_name());
    engine.register_get("full_date", |moment: &mut Moment| moment.full_date());
    engine.register_get("iso", |moment: &mut Moment| moment.iso());
    engine.register_get("clock", |moment: &mut Moment| moment.clock());
}

fn lengths(engine: &mut Engine) {
    engine.register_type_with_name::<Length>("duration");
    engine.register_fn("duration", |text: &str| match text.parse() {
        Ok(span) => Answer::Ok(Length { span, tongue: spoken().tongue }),
        Err(error) => failed(format!("`{text}` is no duration: {error}")),
    });
    engine.register_fn("to_string", |length: &mut Length| length.to_string());
    engine.register_fn("to_debug", |length: &mut Length| length.to_string());
    engine.register_fn("+", |a: Length, b: Length| Length { span: Span(a.span.0.saturating_add(b.span.0)), ..a });
    engine.register_fn("-", |a: Length, b: Length| Length { span: Span(a.span.0.saturating_sub(b.span.0)), ..a });
    engine.register_fn("*", |a: Length, n: INT| Length { span: Span(a.span.0.saturating_mul(n)), ..a });
    engine.register_fn("==", |a: Length, b: Length| a.span == b.span);
    engine.register_fn("!=", |a: Length, b: Length| a.span != b.span);
    engine.register_fn("<", |a: Length, b: Length| a.span < b.span);
    engine.register_fn("<=", |a: Length, b: Length| a.span <= b.span);
    engine.register_fn(">", |a: Length, b: Length| a.span > b.span);
    engine.register_fn(">=", |a: Length, b: Length| a.span >= b.span);
    engine.register_get("days", |length: &mut Length| length.span.0 / 86_400_000);
    engine.register_get("hours", |length: &mut Length| length.span.0 / 3_600_000);
    engine.register_get("minutes", |length: &mut Length| length.span.0 / 60_000);
    engine.register_get("seconds", |length: &mut Length| length.span.0 / 1000);
}
