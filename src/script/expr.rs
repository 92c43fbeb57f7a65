//! One expression: compiled at load with all that can be said of it then, evaluated in a view.

use std::fmt;
use std::sync::Arc;

use rhai::{AST, Dynamic, Map, ParseErrorType, Scope};

use super::names::{Fields, Root};
use super::sandbox::syntax_problem;
use super::speech::speaking;
use super::tokens::{Token, tokens};
use super::{ScriptError, Scripts, View, checks, errors, values};
use crate::domain::Value;
use crate::yaml::{Located, Problem};

/// The longest expression, in bytes. What is longer belongs into a module.
const MAX_EXPRESSION: usize = 4_000;

/// Names of one expression; each costs one more run of rhai's parser at load.
const MAX_NAMES: usize = 50;

/// A compiled expression.
#[derive(Clone)]
pub struct Expr {
    inner: Arc<Inner>,
}

struct Inner {
    scripts: Arc<Scripts>,
    source: String,
    names: Vec<(String, Located)>,
    problems: Vec<Problem>,
    fields: Vec<FieldRead>,
    reads: Vec<Read>,
    /// The whole expression is one name with fields: it needs no script.
    path: Option<Vec<String>>,
    ast: AST,
}

/// A field of a global, as an expression reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldRead {
    /// The global.
    pub of: &'static str,
    /// The field.
    pub field: String,
    /// Where it stands.
    pub at: Located,
}

/// A name to be put before the script.
struct Read {
    name: String,
    root: Root,
    fields: Fields,
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expr").field(&self.inner.source).finish()
    }
}

impl Expr {
    /// Compile an expression written at `at` (which covers its text exactly).
    pub(super) fn new(scripts: &Arc<Scripts>, source: &str, at: &Located) -> Result<Self, Box<Problem>> {
        let source = source.trim_end();
        if source.trim().is_empty() {
            return Err(Box::new(
                Problem::error("script-syntax", at, "an expression is missing here")
                    .help("write one, such as `contact.name`, or delete what stands around it"),
            ));
        }
        if source.len() > MAX_EXPRESSION {
            let problem = Problem::error("script-syntax", at, "the expression is too long");
            return Err(Box::new(problem.help("make it a function of a module in `scripts/`")));
        }
        let site = Site { source, at };
        let tokens = tokens(source);
        let mut problems = checks::errors(scripts, &site, &tokens);
        let (ast, names) = match compile(scripts, &site, &tokens) {
            Ok(compiled) => compiled,
            // What was found before says better what rhai stumbled over.
            Err(problem) => return Err(problems.into_iter().next().map_or(problem, Box::new)),
        };
        problems.extend(checks::unknown_fields(&site, &tokens, &names));
        problems.extend(checks::warnings(&site, &tokens));
        let reads = names.iter().map(|(name, _)| Read::of(name, source, &tokens)).collect();
        let inner = Inner {
            scripts: scripts.clone(),
            source: source.trim_start().to_owned(),
            problems,
            fields: checks::fields_of_bot(&site, &tokens, &names),
            path: path(source, &tokens, &names),
            reads,
            names,
            ast,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The free names it reads, each once, with the place of the first use (for "names never set"). `GLOBALS` are among them.
    pub fn names(&self) -> &[(String, Located)] {
        &self.inner.names
    }

    /// What it reads of `bot`, `calendars` and `teams`: only the bot knows which fields they have.
    pub fn fields(&self) -> &[FieldRead] {
        &self.inner.fields
    }

    /// What was found at load and let it compile: errors and what looks like a slip.
    pub fn problems(&self) -> &[Problem] {
        &self.inner.problems
    }

    /// As written, for traces.
    pub fn source(&self) -> &str {
        &self.inner.source
    }

    /// Its value.
    pub fn eval(&self, view: &View<'_>) -> Result<Value, ScriptError> {
        values::value(self.dynamic(view)?)
    }

    /// Its value as people read it.
    pub fn shown(&self, view: &View<'_>) -> Result<String, ScriptError> {
        Ok(super::show(&self.eval(view)?, view))
    }

    /// Its value as a condition: anything but `true` and `false` is an error.
    pub fn is_true(&self, view: &View<'_>) -> Result<bool, ScriptError> {
        let dynamic = self.dynamic(view)?;
        dynamic.as_bool().map_err(|_| self.no_condition(dynamic, view))
    }

    fn no_condition(&self, dynamic: Dynamic, view: &View<'_>) -> ScriptError {
        let kind = errors::type_name(dynamic.type_name());
        let shown = values::value(dynamic).map(|value| super::show(&value, view)).unwrap_or_default();
        let shown = if shown.is_empty() { String::new() } else { format!(" `{}`", super::shortened(&shown)) };
        ScriptError(format!(
            "a condition must be true or false, and `{}` is {kind}{shown}",
            super::shortened(self.source())
        ))
    }

    fn dynamic(&self, view: &View<'_>) -> Result<Dynamic, ScriptError> {
        let inner = &*self.inner;
        if let (Some(path), [read]) = (&inner.path, inner.reads.as_slice())
            && let Some(found) = descend(read.root.value(view, &read.fields), path)
        {
            return Ok(found);
        }
        let mut scope = Scope::new();
        for read in &inner.reads {
            scope.push_dynamic(read.name.as_str(), read.root.value(view, &read.fields));
        }
        let engine = &inner.scripts.engine;
        let speech = view.bot.languages.speech(view.shown.language);
        let outcome = speaking(speech, || engine.eval_ast_with_scope::<Dynamic>(&mut scope, &inner.ast));
        outcome.map_err(|error| errors::at_run_time(&error))
    }
}

impl Read {
    fn of(name: &str, source: &str, tokens: &[Token]) -> Self {
        Self { name: name.to_owned(), root: Root::of(name), fields: Fields::read(name, source, tokens) }
    }
}

/// An expression's text and where it stands.
pub(super) struct Site<'a> {
    pub(super) source: &'a str,
    at: &'a Located,
}

impl Site<'_> {
    /// The place of a part of the text. Where YAML unescaped or folded the text, it is the whole.
    pub(super) fn part(&self, from: usize, to: usize) -> Located {
        if self.at.text().starts_with(self.source) { self.at.part(from, to) } else { self.at.clone() }
    }

    pub(super) fn token(&self, token: &Token) -> Located {
        self.part(token.range.start, token.range.end)
    }
}

type Names = Vec<(String, Located)>;

/// Compile; rhai names each unknown name in turn, and is told that it will be there.
fn compile(scripts: &Scripts, site: &Site<'_>, tokens: &[Token]) -> Result<(AST, Names), Box<Problem>> {
    let mut scope = Scope::new();
    let mut names = Names::new();
    loop {
        let error = match scripts.engine.compile_expression_with_scope(&scope, site.source) {
            Ok(ast) => return Ok((ast, names)),
            Err(error) => error,
        };
        let offset = errors::offset(site.source, error.position());
        let token = tokens.iter().find(|token| token.range.end > offset).or(tokens.last());
        let at = token.map_or_else(|| site.at.clone(), |token| site.token(token));
        match error.err_type() {
            ParseErrorType::VariableUndefined(name) if names.len() < MAX_NAMES && !scope.contains(name) => {
                scope.push(name.as_str(), ());
                names.push((name.clone(), at));
            }
            other => return Err(Box::new(syntax_problem(other, &at))),
        }
    }
}

/// The fields, when the whole expression is a name with fields.
fn path(source: &str, tokens: &[Token], names: &Names) -> Option<Vec<String>> {
    let [(name, _)] = names.as_slice() else { return None };
    let (root, rest) = tokens.split_first()?;
    if root.text(source) != name || rest.len() % 2 == 1 {
        return None;
    }
    let pairs = rest.chunks_exact(2).map(|pair| match pair {
        [dot, field] if matches!(dot.text(source), "." | "?.") && field.is_word() => {
            Some(field.text(source).to_owned())
        }
        _ => None,
    });
    pairs.collect()
}

/// Follow fields through maps and what is not set; nothing where only rhai knows the field.
fn descend(value: Dynamic, path: &[String]) -> Option<Dynamic> {
    let mut value = value;
    for field in path {
        if value.is_unit() {
            return Some(value);
        }
        let mut map = value.try_cast::<Map>()?;
        value = map.remove(field.as_str()).unwrap_or(Dynamic::UNIT);
    }
    Some(value)
}
