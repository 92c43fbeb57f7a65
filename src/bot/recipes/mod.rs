//! Recipes: files of flows with typed inputs. A use of one puts its flows into the bot, under names of their own.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::yaml::{self, Content, Key, Located, Node, Problem, Source, nearest};

use super::build::{Builder, Going, Way};
use super::context::{Context, offer};
use super::flows::FlowDraft;
use super::names::{check_name, is_name};
use super::shapes::{RECIPE, USE};
use super::{FlowRef, Parts, StepIx};
use filling::Filling;
use inputs::{Input, Kind};

mod built_in;
mod filling;
mod inputs;

pub use built_in::BUILT_IN_RECIPES;

/// What joins the name of a use to that of a flow of its recipe: no name that people write holds it.
pub(super) const JOINT: char = '/';
/// The flow that a step runs.
const MAIN: &str = "main";
/// Uses of recipes in one bot; each brings flows of its own.
const MOST_USES: usize = 200;

/// Whether a file is a recipe: it begins with `recipe:`.
pub fn is_recipe(text: &str) -> bool {
    let is_idle = |line: &&str| line.trim().is_empty() || line.starts_with('#') || line.trim() == "---";
    text.lines().find(|line| !is_idle(line)).is_some_and(|line| line.starts_with("recipe:"))
}

/// A recipe, read.
#[derive(Debug)]
pub(super) struct Recipe {
    /// Languages that its texts are in.
    languages: Vec<String>,
    inputs: Vec<Input>,
    flows: Vec<(Key, Node)>,
}

/// The recipes that a bot may use, read as they are used.
#[derive(Debug, Default)]
pub(super) struct Recipes {
    sources: BTreeMap<String, Arc<Source>>,
    read: BTreeMap<String, Option<Arc<Recipe>>>,
    /// By the name of the use.
    uses: BTreeMap<String, Use>,
    /// Not put into the bot yet.
    waiting: Vec<String>,
}

/// A use of a recipe.
#[derive(Clone, Debug)]
pub(super) struct Use {
    /// What the names of its flows and variables begin with.
    name: String,
    recipe: String,
    given: Vec<(Key, Node)>,
    at: Located,
    /// With the triggers of its flows.
    at_top: bool,
}

impl Recipes {
    /// Those of the bot's own files and of `recipes/`, then those that are built in.
    pub fn new(files: &[Arc<Source>]) -> Self {
        let built_in = BUILT_IN_RECIPES.iter().map(|(name, text)| {
            let path = format!("recipes/{name}.yaml");
            ((*name).to_owned(), Arc::new(Source { path: path.into(), text: (*text).into() }))
        });
        let mut sources: BTreeMap<_, _> = built_in.collect();
        sources.extend(files.iter().map(|file| (stem(&file.path).to_owned(), file.clone())));
        Self { sources, ..Self::default() }
    }

    /// The files of the recipes used, for what the revision is made of.
    pub fn used(&self) -> Vec<Arc<Source>> {
        self.read.keys().filter_map(|name| self.sources.get(name).cloned()).collect()
    }

    /// Whether a place stands in a recipe.
    pub fn holds(&self, at: &Located) -> bool {
        self.recipe_at(at).is_some()
    }

    fn recipe_at(&self, at: &Located) -> Option<&String> {
        self.read.keys().find(|name| self.sources.get(*name).is_some_and(|source| *source.path == *at.source.path))
    }

    /// Whether a flow's name is that of a use: one that could not be put into the bot has said so itself.
    pub fn has_use(&self, flow: &str) -> bool {
        flow.split_once(JOINT).is_some_and(|(used, _)| self.uses.contains_key(used))
    }

    /// The first use of the recipe that a place stands in.
    fn use_of(&self, at: &Located) -> Option<&Use> {
        let recipe = self.recipe_at(at)?;
        self.uses.values().find(|used| used.recipe == *recipe)
    }
}

fn stem(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.strip_suffix(".yaml").unwrap_or(file)
}

/// Say of each problem within a recipe which use led there.
pub(super) fn lead_there(recipes: &Recipes, problems: &mut [Problem]) {
    for problem in problems {
        let Some(used) = recipes.use_of(&problem.at).filter(|_| problem.also.is_none()) else { continue };
        problem.also = Some((used.at.clone(), format!("`{}` is used here", used.recipe)));
    }
}

impl Context {
    fn recipe(&mut self, name: &str, at: &Located) -> Option<Arc<Recipe>> {
        if let Some(read) = self.recipes.read.get(name) {
            return read.clone();
        }
        let Some(source) = self.recipes.sources.get(name).cloned() else {
            let known: Vec<String> = self.recipes.sources.keys().cloned().collect();
            let problem = Problem::error("unknown-recipe", at, format!("there is no recipe `{name}`"));
            self.report(problem.help(offer(name, known.iter().map(String::as_str))));
            return None;
        };
        let read = self.read_recipe(name, &source).map(Arc::new);
        self.recipes.read.insert(name.to_owned(), read.clone());
        read
    }

    fn read_recipe(&mut self, name: &str, source: &Arc<Source>) -> Option<Recipe> {
        let (root, problems) = yaml::read(source);
        for problem in problems {
            self.report(problem);
        }
        let root = root?;
        self.shaped(&root, &RECIPE);
        if let Some(named) = root.get("recipe").filter(|node| node.scalar() != Some(name)) {
            let problem = Problem::error("bot-name", &named.at, "a recipe bears the name of its file");
            self.report(problem.help(format!("write `recipe: {name}`")));
        }
        let flows = root.get("flows").map(|node| node.entries().to_vec()).unwrap_or_default();
        if flows.is_empty() {
            let problem = Problem::error("missing-key", &root.at, "a recipe needs the key `flows`");
            self.report(problem.help("`flows: {main: {do: […]}}`: `main` is what a `use` step runs"));
        }
        for (key, _) in &flows {
            self.keep(check_name(&key.text, "a flow", &key.at));
        }
        root.get("about").map(|about| self.scalar(about, "a text"));
        let languages = root.get("languages").map(Node::one_or_many).unwrap_or_default();
        let languages = languages.iter().filter_map(|node| self.scalar(node, "a language's code")).collect();
        let inputs = root.get("inputs").map(|node| self.inputs(node)).unwrap_or_default();
        Some(Recipe { languages, inputs, flows })
    }
}

impl<P: Parts> Builder<P> {
    /// A step that runs a recipe and comes back.
    pub fn use_in_step(
        &mut self,
        argument: &Node,
        with: Option<&Node>,
        id: Option<&Node>,
        step: Option<StepIx>,
    ) -> Option<FlowRef> {
        let used = self.use_of(argument, with, id, false)?;
        let recipe = self.cx.recipe(&used.recipe, &argument.at)?;
        if !recipe.flows.iter().any(|(key, _)| key.text == MAIN) {
            let problem = Problem::error(
                "unknown-recipe",
                &argument.at,
                format!("`{}` is no step: it has no flow `{MAIN}`", used.recipe),
            );
            self.cx.report(problem.help("its flows begin by themselves: name it under `use:` of the bot"));
            return None;
        }
        let target = FlowRef { flow: joined(&used.name, MAIN).into(), step: None };
        self.add_use(used)?;
        let from = self.draft.name.clone();
        self.goings.push(Going { from, step, target: target.clone(), at: argument.at.clone(), way: Way::Call });
        Some(target)
    }

    /// `use` of the bot: recipes whose flows begin by themselves.
    pub fn use_at_top(&mut self, node: &Node) {
        for item in node.one_or_many() {
            let used = if item.scalar().is_some() {
                self.use_of(item, None, None, true)
            } else if self.cx.shaped(item, &USE) {
                let Some(argument) = item.get("use") else {
                    self.cx.report(
                        Problem::error("missing-key", &item.at, "`use` names a recipe: `{use: after_hours}`")
                            .help("write which: `use: NAME`, with its inputs in `with`"),
                    );
                    continue;
                };
                self.use_of(argument, item.get("with"), item.get("id"), true)
            } else {
                None
            };
            used.and_then(|used| self.add_use(used));
        }
    }

    fn use_of(&mut self, argument: &Node, with: Option<&Node>, id: Option<&Node>, at_top: bool) -> Option<Use> {
        let recipe = self.cx.scalar(argument, "the name of a recipe")?;
        let name = match id {
            Some(id) => {
                let name = self.cx.scalar(id, "a name")?;
                self.cx.name(&name, "a use of a recipe", &id.at)?;
                name
            }
            None => recipe.clone(),
        };
        if let Some(with) = with.filter(|with| with.entries().is_empty()) {
            self.cx.wrong_type(with, "a mapping of inputs");
            return None;
        }
        let given = with.map(|with| with.entries().to_vec()).unwrap_or_default();
        Some(Use { name, recipe, given, at: argument.at.clone(), at_top })
    }

    /// The same again, with the same inputs, shares its flows.
    fn add_use(&mut self, used: Use) -> Option<()> {
        self.cx.recipe(&used.recipe, &used.at)?;
        let Some(first) = self.cx.recipes.uses.get(&used.name) else {
            if self.cx.recipes.uses.len() >= MOST_USES {
                self.cx.report(
                    Problem::error("too-many", &used.at, format!("a bot uses recipes {MOST_USES} times at most"))
                        .help("write a flow of it, and `call` that"),
                );
                return None;
            }
            self.cx.recipes.waiting.push(used.name.clone());
            self.cx.recipes.uses.insert(used.name.clone(), used);
            return Some(());
        };
        if first.recipe == used.recipe && first.at_top == used.at_top && alike(&first.given, &used.given) {
            return Some(());
        }
        let message = format!("`{}` is used twice, and not in the same way", used.name);
        let problem = Problem::error("recipe-twice", &used.at, message).also(&first.at, "the first is here");
        self.cx.report(problem.help("give one of them an `id` of its own: its flows and variables begin with it"));
        None
    }

    /// The flows of all recipes used so far that are not in the bot yet.
    pub fn flows_of_recipes(&mut self) -> Vec<FlowDraft<P>> {
        let mut flows = Vec::new();
        for name in std::mem::take(&mut self.cx.recipes.waiting) {
            let Some(used) = self.cx.recipes.uses.get(&name).cloned() else { continue };
            let Some(recipe) = self.cx.recipes.read.get(&used.recipe).cloned().flatten() else { continue };
            flows.extend(self.flows_of_use(&used, &recipe));
        }
        flows
    }

    fn flows_of_use(&mut self, used: &Use, recipe: &Recipe) -> Vec<FlowDraft<P>> {
        let Some(values) = self.cx.given_inputs(used, &recipe.inputs) else { return Vec::new() };
        let before = self.cx.problems.len();
        let own: HashSet<&str> = recipe.flows.iter().map(|(key, _)| key.text.as_str()).collect();
        let languages = self.cx.languages.clone();
        let mut filling = Filling {
            used: &used.name,
            values: &values,
            own: &own,
            recipe: &recipe.languages,
            bot: &languages,
            problems: Vec::new(),
        };
        let filled: Vec<_> = recipe.flows.iter().map(|(key, node)| (key, filling.flow(node, used.at_top))).collect();
        let problems = filling.problems;
        for problem in problems {
            self.cx.report(problem);
        }
        let flows =
            filled.iter().map(|(key, node)| self.flow_named(&joined(&used.name, &key.text), key, node)).collect();
        for problem in self.cx.problems.iter_mut().skip(before).filter(|problem| problem.also.is_none()) {
            problem.also = Some((used.at.clone(), format!("`{}` is used here", used.recipe)));
        }
        flows
    }
}

/// The name of a flow of a recipe in the bot.
fn joined(used: &str, flow: &str) -> String {
    format!("{used}{JOINT}{flow}")
}

/// Written alike, wherever.
fn alike(left: &[(Key, Node)], right: &[(Key, Node)]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|((left, one), (right, other))| left.text == right.text && same(one, other))
}

fn same(left: &Node, right: &Node) -> bool {
    match (&left.content, &right.content) {
        (Content::Map(left), Content::Map(right)) => alike(left, right),
        (Content::List(left), Content::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (left, right) => left == right,
    }
}

/// What a recipe is told, checked.
type Values = BTreeMap<String, Node>;

impl Context {
    /// The inputs of a use, defaults included. `None` where one is wrong: its flows would say so again and again.
    fn given_inputs(&mut self, used: &Use, inputs: &[Input]) -> Option<Values> {
        let mut fits = true;
        for (key, _) in &used.given {
            if !inputs.iter().any(|input| input.name == key.text) {
                let problem =
                    Problem::error("unknown-input", &key.at, format!("`{}` has no input `{}`", used.recipe, key.text));
                self.report(problem.help(match nearest(&key.text, inputs.iter().map(|input| input.name.as_str())) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => inputs_in_words(inputs),
                }));
                fits = false;
            }
        }
        let mut values = Values::new();
        for input in inputs {
            let given = used.given.iter().find(|(key, _)| key.text == input.name).map(|(_, node)| node);
            match (given, &input.default) {
                (Some(node), _) => {
                    fits &= self.fits_kind(node, input.kind);
                    values.insert(input.name.clone(), node.clone());
                }
                (None, Some(default)) => {
                    values.insert(input.name.clone(), default.clone());
                }
                (None, None) => {
                    let problem = Problem::error(
                        "missing-input",
                        &used.at,
                        format!("`{}` needs the input `{}`", used.recipe, input.name),
                    );
                    self.report(problem.help(format!("{}: `with: {{{}: …}}`", input.about, input.name)));
                    fits = false;
                }
            }
        }
        fits.then_some(values)
    }

    fn fits_kind(&mut self, node: &Node, kind: Kind) -> bool {
        match kind {
            Kind::Text => matches!(node.content, Content::Map(_)) || self.scalar(node, "a text").is_some(),
            Kind::Number => self.parsed::<f64>(node, "a number").is_some(),
            Kind::Duration => self.span(node).is_some(),
            Kind::Flag => self.flag(node).is_some(),
            Kind::Team => self.team_ref(node).is_some(),
            Kind::Flow => self.scalar(node, "the name of a flow").is_some(),
            Kind::Name => {
                let name = self.scalar(node, "a name");
                name.and_then(|name| self.name(&name, "a variable", &node.at)).is_some()
            }
            Kind::List => {
                let is_list = matches!(&node.content, Content::List(items) if !items.is_empty());
                if !is_list {
                    self.wrong_type(node, "a list");
                }
                is_list
            }
        }
    }
}

fn inputs_in_words(inputs: &[Input]) -> String {
    match inputs {
        [] => "it takes none".to_owned(),
        inputs => format!(
            "it takes {}",
            inputs.iter().map(|input| format!("`{}`", input.name)).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// `NAME` as it can be an input or a variable of a recipe.
fn is_word(name: &str) -> bool {
    is_name(name)
}
