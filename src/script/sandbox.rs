//! The engine: what scripts may do and how much of it, and the modules of `scripts/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use rhai::packages::{
    BasicArrayPackage, BasicMapPackage, BasicMathPackage, CorePackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{Engine, Module, ParseError, ParseErrorType, Scope};

use super::{errors, functions};
use crate::yaml::{Located, Problem, Source};

/// Steps of one evaluation. A simple condition takes three, a loop over a full list some thousands; a loop without end stops here within
/// milliseconds, and within half a second even if each step works through a full list.
const MAX_OPERATIONS: u64 = 20_000;
/// Functions within functions. Each takes some kilobytes of the stack.
const MAX_CALLS: usize = 16;
/// Brackets within brackets: rhai's parser and evaluation recurse as deep.
const MAX_EXPRESSION_DEPTH: usize = 32;
/// Bytes of a text: ten times the longest message of any messenger.
const MAX_TEXT: usize = 40_000;
/// Elements of a list or a map, nested ones counted. rhai counts them at every step, so that filling one costs the square.
const MAX_ELEMENTS: usize = 1_000;
/// Variables of one evaluation.
const MAX_VARIABLES: usize = 200;
/// Functions of one module.
const MAX_FUNCTIONS: usize = 500;

/// The compiled modules of `scripts/` and the engine they run in.
pub struct Scripts {
    pub(super) engine: Engine,
    modules: BTreeMap<String, Functions>,
    files: Vec<Arc<Source>>,
}

/// The functions of a module.
#[derive(Debug)]
pub(super) enum Functions {
    Known(BTreeSet<String>),
    /// The module was reported; nothing is said of calls to it.
    Broken,
}

impl fmt::Debug for Scripts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripts").field("modules", &self.modules).finish_non_exhaustive()
    }
}

impl Default for Scripts {
    /// Without modules.
    fn default() -> Self {
        Self { engine: engine(), modules: BTreeMap::new(), files: Vec::new() }
    }
}

impl Scripts {
    /// Compile all modules (`scripts/NAME.rhai`); a broken one is reported and left out. Modules may call each other in functions.
    pub fn load(files: &[Arc<Source>]) -> (Self, Vec<Problem>) {
        let mut scripts = Self { files: files.to_vec(), ..Self::default() };
        scripts.files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut problems = Vec::new();
        let mut compiled = Vec::new();
        let named: Vec<_> = files.iter().filter_map(|file| Some((scripts.name(file, &mut problems)?, file))).collect();
        for (name, file) in &named {
            match scripts.engine.compile(&*file.text) {
                Ok(ast) => compiled.push((name, file, ast)),
                Err(error) => problems.push(load_problem(&error, file)),
            }
        }
        for (name, file, ast) in compiled {
            match Module::eval_ast_as_new(Scope::new(), &ast, &scripts.engine) {
                Ok(module) => {
                    let functions = ast.iter_functions().map(|function| function.name.to_owned()).collect();
                    scripts.engine.register_static_module(name, module.into());
                    scripts.modules.insert(name.clone(), Functions::Known(functions));
                }
                Err(error) => {
                    let start = errors::offset(&file.text, error.position());
                    let message = errors::at_run_time(&error).0;
                    problems.push(Problem::error("script-module", &word_at(file, start), message).help(
                        "what stands outside functions is run once, as the module is loaded; put it into a function",
                    ));
                }
            }
        }
        (scripts, problems)
    }

    /// A module's name, by its file's. The module is known from here on, empty, so that others can be compiled that call it.
    fn name(&mut self, file: &Arc<Source>, problems: &mut Vec<Problem>) -> Option<String> {
        let last = file.path.rsplit(['/', '\\']).next().unwrap_or(&file.path);
        let name = last.strip_suffix(".rhai").unwrap_or(last);
        let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !plain {
            let message = format!("`{name}` is no name of a module");
            let problem = Problem::error("script-module", &file.at(0..0), message);
            problems.push(problem.help("name the file with small letters, digits and `_`: `pricing.rhai`"));
            return None;
        }
        if super::is_reserved(name) || self.modules.contains_key(name) {
            let message = format!("`{name}` is taken already and cannot name a module");
            problems.push(Problem::error("script-module", &file.at(0..0), message).help("rename the file"));
            return None;
        }
        self.engine.register_static_module(name, Module::new().into());
        self.modules.insert(name.to_owned(), Functions::Broken);
        Some(name.to_owned())
    }

    /// The files it was made of, in path order: they are part of a revision's hash.
    pub fn files(&self) -> &[Arc<Source>] {
        &self.files
    }

    /// The names of the modules.
    pub fn modules(&self) -> impl Iterator<Item = &str> {
        self.modules.keys().map(String::as_str)
    }

    pub(super) fn functions(&self, module: &str) -> Option<&Functions> {
        self.modules.get(module)
    }
}

fn load_problem(error: &ParseError, file: &Arc<Source>) -> Problem {
    let at = word_at(file, errors::offset(&file.text, error.position()));
    syntax_problem(error.err_type(), &at)
}

/// A problem of rhai's grammar.
pub(super) fn syntax_problem(error: &ParseErrorType, at: &Located) -> Problem {
    let (message, help) = errors::at_load(error);
    let usual = "what stands here is read as rhai: docs/scripts.md shows what can";
    Problem::error("script-syntax", at, message).help(help.unwrap_or(usual))
}

/// The word or sign that begins at a byte of a file.
fn word_at(file: &Arc<Source>, start: usize) -> Located {
    let rest = file.text.get(start..).unwrap_or("");
    let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    file.at(start..start + word.max(usize::from(!rest.is_empty())))
}

fn engine() -> Engine {
    // Raw: no resolver of module files, no printing, no clock, no package that is not named here.
    let mut engine = Engine::new_raw();
    for package in [
        CorePackage::new().as_shared_module(),
        LogicPackage::new().as_shared_module(),
        BasicMathPackage::new().as_shared_module(),
        BasicArrayPackage::new().as_shared_module(),
        BasicMapPackage::new().as_shared_module(),
        MoreStringPackage::new().as_shared_module(),
    ] {
        engine.register_global_module(package);
    }
    for word in errors::DISABLED {
        engine.disable_symbol(*word);
    }
    functions::register(&mut engine);
    limit(&mut engine);
    engine
}

fn limit(engine: &mut Engine) {
    engine
        .set_strict_variables(true)
        .set_max_operations(MAX_OPERATIONS)
        .set_max_call_levels(MAX_CALLS)
        .set_max_expr_depths(MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_DEPTH)
        .set_max_string_size(MAX_TEXT)
        .set_max_array_size(MAX_ELEMENTS)
        .set_max_map_size(MAX_ELEMENTS)
        .set_max_variables(MAX_VARIABLES)
        .set_max_functions(MAX_FUNCTIONS)
        .set_max_modules(0);
}
