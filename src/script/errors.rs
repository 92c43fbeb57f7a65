//! rhai's errors in the words of people who write bots.

use rhai::{EvalAltResult, LexError, ParseErrorType, Position};

use super::ScriptError;

/// How deep errors within errors are followed.
const MAX_CAUSES: usize = 4;

/// A type of rhai in plain words.
pub(super) fn type_name(name: &str) -> &'static str {
    match name.trim() {
        "()" => "nothing (it is not set)",
        "bool" => "true or false",
        "i64" | "int" => "a whole number",
        "f64" | "float" => "a number",
        "char" => "a character",
        "array" => "a list",
        "map" => "a map",
        "Fn" => "a function",
        "time" => "a time",
        "duration" => "a duration",
        other if other.contains("str") || other.contains("String") => "text",
        other if other.contains("Moment") => "a time",
        other if other.contains("Length") => "a duration",
        other if other.contains("Map") => "a map",
        other if other.contains("Dynamic>") => "a list",
        other if other.contains("Range") || other == "range" => "a range",
        _ => "something else",
    }
}

/// An error at run time. A message names the function or variable.
pub(super) fn at_run_time(error: &EvalAltResult) -> ScriptError {
    ScriptError(plain(error, 0))
}

fn plain(error: &EvalAltResult, depth: usize) -> String {
    use EvalAltResult as E;
    match error {
        E::ErrorVariableNotFound(name, _) => format!("`{name}` is not known"),
        E::ErrorPropertyNotFound(name, _) => format!("there is no field `{name}`"),
        E::ErrorFunctionNotFound(signature, _) => not_callable(signature),
        E::ErrorModuleNotFound(name, _) => format!("there is no module `{name}`"),
        // A closure's name is rhai's own, and changes with every compilation.
        E::ErrorInFunctionCall(name, _, inner, _) if name.starts_with("anon$") && depth < MAX_CAUSES => {
            plain(inner, depth + 1)
        }
        E::ErrorInFunctionCall(name, _, inner, _) if depth < MAX_CAUSES => {
            format!("in `{name}`: {}", plain(inner, depth + 1))
        }
        E::ErrorInModule(name, inner, _) if depth < MAX_CAUSES => format!("in `{name}`: {}", plain(inner, depth + 1)),
        E::ErrorMismatchDataType(want, got, _) | E::ErrorMismatchOutputType(want, got, _) => {
            format!("{} stands where {} is needed", type_name(got), type_name(want))
        }
        E::ErrorIndexingType(name, _) => {
            format!("{} has no such field", type_name(name.split(['[', ' ']).next().unwrap_or(name)))
        }
        E::ErrorDotExpr(what, _) => no_field(what),
        E::ErrorTooManyOperations(_) => "it does too much (does a loop never end?)".into(),
        E::ErrorStackOverflow(_) => "its functions call each other too deep".into(),
        E::ErrorDataTooLarge(..) => "a text or a list in it grows too large".into(),
        E::ErrorTooManyVariables(_) => "it has too many variables".into(),
        E::ErrorArithmetic(message, _) => format!("it cannot calculate this: {}", message.to_lowercase()),
        E::ErrorRuntime(thrown, _) => thrown.to_string(),
        other => without_place(&other.to_string()),
    }
}

/// `Unknown property 'foo' - a getter is not registered for type 'i64'`
fn no_field(what: &str) -> String {
    let mut quoted = what.split('\'').skip(1).step_by(2);
    match (quoted.next(), quoted.next()) {
        (Some(field), Some(name)) => format!("{} has no field `{field}`", type_name(name)),
        _ => "this has no such field".into(),
    }
}

/// `contains ((), &str | ImmutableString)` or `pricing::visits ()`.
fn not_callable(signature: &str) -> String {
    let (name, arguments) = signature.split_once('(').unwrap_or((signature, ")"));
    let (name, arguments) = (name.trim(), arguments.trim_end().trim_end_matches(')'));
    let arguments: Vec<_> =
        arguments.replace("()", "( )").split(", ").map(argument).filter(|a| !a.is_empty()).collect();
    let is_operator = !name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    if let Some(field) = name.strip_prefix("get$") {
        return format!("{} has no field `{field}`", arguments.first().unwrap_or(&"this"));
    }
    match arguments.as_slice() {
        [one] if is_operator => format!("`{name}` does not work on {one}"),
        [left, right] if is_operator => format!("`{name}` does not work on {left} and {right}"),
        [] => format!("there is no function `{name}` without arguments"),
        all => format!("there is no function `{name}` for {}", all.join(" and ")),
    }
}

fn argument(text: &str) -> &'static str {
    match text.trim() {
        "" => "",
        "( )" | "(" => type_name("()"),
        other => type_name(other),
    }
}

fn without_place(message: &str) -> String {
    let end = message.rfind(" (line").unwrap_or(message.len());
    let mut characters = message[..end].chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

/// A mistake found when compiling, in plain words, and what to do about it.
pub(super) fn at_load(error: &ParseErrorType) -> (String, Option<&'static str>) {
    use ParseErrorType as P;
    let message = match error {
        P::BadInput(LexError::ImproperSymbol(word, _)) if DISABLED.contains(&word.as_str()) => {
            return (format!("`{word}` cannot be used here"), advice(word));
        }
        P::UnexpectedEOF => return ("the expression ends too early".into(), Some("is a bracket or a quote missing?")),
        P::BadInput(LexError::UnterminatedString) => return ("this quote is never closed".into(), None),
        P::BadInput(LexError::MalformedChar(text)) => {
            return (
                format!("`'{text}'` is no text"),
                Some("texts stand in double quotes or backticks within an expression"),
            );
        }
        P::BadInput(LexError::UnexpectedInput(sign)) if sign == "=" => return assignment(),
        P::BadInput(LexError::UnexpectedInput(word)) => {
            return (format!("`{word}` is not expected here"), advice(word));
        }
        P::Reserved(word) if !word.starts_with(char::is_alphabetic) => {
            return (format!("`{word}` is not expected here"), None);
        }
        P::Reserved(word) => return (format!("`{word}` is a reserved word"), advice(word)),
        P::AssignmentToInvalidLHS(_) | P::AssignmentToConstant(_) => return assignment(),
        P::ExprTooDeep => "this is nested too deep".into(),
        P::LiteralTooLarge(..) => "this text or list is too large".into(),
        P::TooManyFunctions => "the module has too many functions".into(),
        P::VariableUndefined(name) => format!("`{name}` is set nowhere"),
        P::ModuleUndefined(name) => format!("there is no module `{name}`"),
        P::MissingToken(token, wanted) => format!("`{token}` is missing {wanted}"),
        other => other.to_string().to_lowercase(),
    };
    (message, None)
}

/// Words of rhai that the sandbox takes away.
pub(super) const DISABLED: &[&str] = &["eval", "print", "debug", "import", "Fn"];

fn assignment() -> (String, Option<&'static str>) {
    ("`=` sets a value, and nothing can be set here".into(), Some("to compare, write `==`"))
}

/// What people write who know another language.
fn advice(word: &str) -> Option<&'static str> {
    Some(match word {
        "is" => "write `==`",
        "print" | "debug" => "a text is sent by a `say` step",
        "eval" | "Fn" => "code cannot be made from text",
        "import" => "modules of `scripts/` are there already: `name::function()`",
        "null" | "nil" | "void" | "None" => "what is not set is `()`",
        _ => return None,
    })
}

/// The byte at a line and column of rhai's, which count characters from 1.
pub(super) fn offset(source: &str, position: Position) -> usize {
    let (Some(line), column) = (position.line(), position.position().unwrap_or(1)) else { return source.len() };
    let start: usize = source.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = source.get(start..).unwrap_or("");
    start + rest.char_indices().nth(column.max(1) - 1).map_or(rest.len(), |(at, _)| at)
}
