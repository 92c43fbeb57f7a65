//! A revision: one loaded, valid state of a bot's files, compiled as far as it can be.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use crate::domain::{AssetRef, BotName, FlowName, HeaderKind, MediaKind, Place, RevisionId, Span, StepKey, Value};
use crate::script::{BotView, Calendar, Expr, ScriptError, Text, View};

use super::{Located, MediaFrom, SecretUse, StepType, TriggerType};

/// The kinds of steps and triggers a language is made of. `engine` implements it once.
pub trait Parts: Sized + Send + Sync + Debug + 'static {
    /// A compiled step.
    type Step: Debug + Send + Sync;
    /// A compiled trigger.
    type Trigger: Debug + Send + Sync;
    /// The one matcher table for all triggers, built at load.
    type Table: Debug + Send + Sync;
    /// The FAQ, ready to be asked.
    type Faq: Debug + Send + Sync;

    /// All step types.
    fn steps() -> &'static [StepType<Self>];
    /// All trigger types.
    fn triggers() -> &'static [TriggerType<Self>];
    /// Build the table. `flows` are in file order.
    fn table(flows: &[Flow<Self>]) -> Self::Table;
    /// What two texts have in common that people take for the same.
    fn fold(text: &str) -> String;
    /// Make the FAQ ready.
    fn faq(faq: &Faq) -> Self::Faq;
    /// The step that answers from the FAQ what no flow takes.
    fn faq_step() -> Self::Step;
}

/// One loaded, valid state of a bot's files.
#[derive(Debug)]
pub struct Revision<P: Parts> {
    /// The hash of its files and scripts.
    pub id: RevisionId,
    /// The bot.
    pub bot: BotName,
    /// The first is the default.
    pub languages: Vec<String>,
    /// `dates: mdy`: `3/10` is in March.
    pub month_first: bool,
    /// What scripts see of it.
    pub view: Arc<BotView>,
    /// Session variables live so long after the last event. 12 h by default.
    pub session_expires: Span,
    /// How long the bot stays quiet after a human's message. 8 h by default.
    pub quiet_after_human: Span,
    /// Messages that come within this time of one another are joined. 0 by default.
    pub settle: Span,
    /// How much the bot says at most. 20 replies a minute by default; `None` for no limit.
    pub loop_guard: Option<LoopGuard>,
    /// `on_error` of the bot: a flow of its own, kept beside the others, that nothing else leads to. Runs after an error in a script of
    /// a flow without an `on_error`; the flow then goes on.
    pub on_error: Option<FlowIx>,
    /// What goes instead of a message outside the window.
    pub outside: Option<TemplateCall>,
    /// Variables that had another name before, of the session and (`contact.vars.NAME`) lasting ones.
    pub renamed: Vec<Rename>,
    /// Names that flows had before, and their new ones.
    pub renamed_flows: Vec<(FlowName, FlowName)>,
    /// Secrets of the configuration that its steps name.
    pub secrets: Vec<SecretUse>,
    /// Where its `http` steps call, as far as the steps themselves say.
    pub calls: Vec<CallUse>,
    /// What contacts say to steer the bot itself.
    pub words: Words,
    /// Teams by name.
    pub teams: BTreeMap<String, Team>,
    /// The templates that its steps and settings name, wherever they stand.
    pub templates: Vec<TemplateUse>,
    /// The files of the folder that its steps send.
    pub asset_refs: Vec<AssetRef>,
    /// Their contents, by SHA-256: filled in by whoever is to send them.
    pub assets: BTreeMap<String, Arc<[u8]>>,
    /// In file order.
    pub flows: Vec<Flow<P>>,
    /// By name, and by the names that flows had before.
    pub flow_index: BTreeMap<FlowName, FlowIx>,
    /// All triggers.
    pub table: P::Table,
    /// The FAQ as written.
    pub faq: Faq,
    /// The same, ready to be asked.
    pub faq_index: P::Faq,
    /// The flow that answers from the FAQ, kept beside the others; `None` without entries.
    pub faq_flow: Option<FlowIx>,
}

/// The FAQ of a bot.
#[derive(Clone, Debug)]
pub struct Faq {
    /// In file order, those of tables last.
    pub entries: Vec<FaqEntry>,
    /// Words that mean the same, by group.
    pub synonyms: Vec<Vec<String>>,
    /// How well a message must fit.
    pub matching: FaqMatch,
    /// Entries by name.
    index: BTreeMap<String, usize>,
}

impl Faq {
    /// A FAQ of these entries.
    pub fn new(entries: Vec<FaqEntry>, synonyms: Vec<Vec<String>>, matching: FaqMatch) -> Self {
        let index = entries.iter().enumerate().map(|(n, entry)| (entry.name.clone(), n)).collect();
        Self { entries, synonyms, matching, index }
    }

    /// The entry of that name.
    pub fn entry(&self, name: &str) -> Option<&FaqEntry> {
        self.entries.get(*self.index.get(name)?)
    }
}

/// One entry.
#[derive(Clone, Debug)]
pub struct FaqEntry {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// As people ask it.
    pub questions: Vec<Question>,
    /// `None` where a flow answers.
    pub answer: Option<Texts>,
}

/// A question of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// One of the bot's.
    pub language: Arc<str>,
    /// As written.
    pub text: String,
}

/// How well a message must fit an entry, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaqMatch {
    /// From here on it is answered.
    pub answer: f32,
    /// From here on it is asked what is meant.
    pub ask: f32,
    /// Entries that are nearer to one another than this are asked about, too.
    pub margin: f32,
}

/// How much a bot says in one conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoopGuard {
    /// So many replies at most.
    pub replies: u32,
    /// Within this time; then it is silent for as long.
    pub within: Span,
}

/// A variable that had another name before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// Before.
    pub old: String,
    /// Now.
    pub new: String,
}

/// What contacts say to steer the bot itself, folded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// To the question before, in a form.
    pub back: Vec<String>,
    /// Out of a form.
    pub cancel: Vec<String>,
    /// Not to be written to any more.
    pub stop: Vec<String>,
    /// To be written to again.
    pub start: Vec<String>,
}

/// The number of a flow in its revision.
pub type FlowIx = usize;
/// The number of a step in its flow. Steps of nested blocks stand in the same list.
pub type StepIx = usize;

/// A flow: triggers, conditions, steps.
#[derive(Debug)]
pub struct Flow<P: Parts> {
    /// Its name.
    pub name: FlowName,
    /// Where it stands.
    pub place: Place,
    /// `on`.
    pub triggers: Vec<P::Trigger>,
    /// `if`.
    pub condition: Option<Expr>,
    /// `unless`.
    pub unless: Option<Expr>,
    /// `priority`, 0 unless given.
    pub priority: i64,
    /// `interrupt`.
    pub interrupt: bool,
    /// `continue`.
    pub continues: bool,
    /// `once_per`.
    pub once_per: Option<OncePer>,
    /// `per`.
    pub per: Per,
    /// `unless_human_within`.
    pub unless_human_within: Option<Span>,
    /// `when_people`.
    pub when_people: WhenPeople,
    /// `outside_window`: what goes instead of what its steps say outside the window; the bot's otherwise.
    pub outside: Option<TemplateCall>,
    /// All its steps, those of nested blocks included.
    pub steps: Vec<StepEntry<P::Step>>,
    /// Where it begins; `None` for an empty block.
    pub first: Option<StepIx>,
    /// `on_error`: runs after an error in one of its scripts; then it goes on. Its steps stand in `steps`, behind them comes the end.
    pub on_error: Option<Block>,
    /// `on_orphan`: what a person gets whose step an edit removed. Its steps stand in `steps`, behind them comes the end.
    pub on_orphan: Option<Block>,
    /// By key, and by the keys that steps had before.
    pub keys: BTreeMap<StepKey, StepIx>,
}

/// What becomes of a flow that time or another program begins while people have the conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenPeople {
    /// It runs, and speaks.
    Speak,
    /// It waits for them to hand it back.
    #[default]
    Wait,
    /// It does not run.
    Drop,
}

/// For whom `once_per` counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Per {
    /// Each conversation for itself.
    #[default]
    Conversation,
    /// All conversations of the contact together.
    Contact,
}

/// How often a flow may run for a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OncePer {
    /// Once a calendar day of the bot's zone.
    Day,
    /// Once in so long.
    Span(Span),
}

/// A step in its flow.
#[derive(Debug)]
pub struct StepEntry<S> {
    /// What sessions remember.
    pub key: StepKey,
    /// Where it stands.
    pub place: Place,
    /// Its verb.
    pub verb: &'static str,
    /// `if` beside it.
    pub condition: Option<Expr>,
    /// The step.
    pub step: S,
    /// What comes after it: the next of its block, or what comes after the step that the block belongs to; `None` at the flow's end.
    pub next: Option<StepIx>,
    /// The loop or form whose round it is, or stands in as a step of it.
    pub round_of: Option<StepIx>,
}

/// A field of a form.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its question.
    pub step: StepIx,
    /// The variable that gets the answer.
    pub name: Option<String>,
    /// What the contact calls it.
    pub label: Option<Texts>,
    /// What is asked.
    pub question: Option<Texts>,
}

/// A nested block: where it begins. Its last step goes on behind the step it belongs to. `None`: an empty block, go straight on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block(pub Option<StepIx>);

/// A place to go to, resolved at load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowRef {
    /// The flow.
    pub flow: FlowName,
    /// A step in it; its beginning otherwise.
    pub step: Option<StepKey>,
}

/// Opening hours that a step names: those of the bot, or a calendar of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarRef(pub Option<String>);

/// A text by language.
#[derive(Clone, Debug)]
pub struct Texts {
    /// The first is what others fall back to.
    pub by_language: Vec<(Arc<str>, Text)>,
    /// Written as one text, for all languages.
    pub is_one: bool,
}

impl Texts {
    /// The text in that language, or the first; and the language that it is in: one text for all languages is in whichever is wanted.
    pub fn in_language<'a>(&'a self, language: &'a str) -> Option<(&'a str, &'a Text)> {
        let found = self.by_language.iter().find(|(name, _)| &**name == language);
        let (name, text) = found.or(self.by_language.first())?;
        Some((if self.is_one { language } else { name }, text))
    }
}

/// A value with expressions in it (`set`, `with`, `return`).
#[derive(Clone, Debug)]
pub enum ValueExpr {
    /// No expression in it.
    Literal(Value),
    /// Text with `{{ }}` inside; one `{{ }}` alone keeps its type.
    Text(Text),
    /// A list.
    List(Vec<ValueExpr>),
    /// A map.
    Map(Vec<(String, ValueExpr)>),
}

impl ValueExpr {
    /// Its value now.
    pub fn eval(&self, view: &View<'_>) -> Result<Value, ScriptError> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Text(text) => match text.sole_expr() {
                Some(expr) => expr.eval(view),
                None => text.render(view).map(Value::Text),
            },
            Self::List(items) => items.iter().map(|item| item.eval(view)).collect::<Result<_, _>>().map(Value::List),
            Self::Map(entries) => entries
                .iter()
                .map(|(key, item)| Ok((key.clone(), item.eval(view)?)))
                .collect::<Result<_, _>>()
                .map(Value::Map),
        }
    }
}

/// Where an `http` step calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallUse {
    /// Scheme and host as written: `http://10.0.0.5:8080`.
    pub host: String,
    /// Where it stands.
    pub at: Located,
}

/// Where a bot names a template, for checks against what an account has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateUse {
    /// Its name.
    pub name: String,
    /// Its language; the contact's otherwise.
    pub language: Option<String>,
    /// How many parameters its body is given.
    pub params: usize,
    /// What is given above the text.
    pub header: HeaderKind,
    /// How many parameters of buttons are given.
    pub buttons: usize,
    /// How many cards are given.
    pub cards: usize,
    /// Where the name stands.
    pub at: Located,
}

/// A template with its parameters as written.
#[derive(Clone, Debug)]
pub struct TemplateCall {
    /// Its name.
    pub name: String,
    /// Its language; the contact's otherwise.
    pub language: Option<String>,
    /// What its body is filled in with, in order.
    pub params: Vec<Texts>,
    /// What stands above the body.
    pub header: Option<HeaderFrom>,
    /// What its buttons are filled in with, in order.
    pub buttons: Vec<Texts>,
    /// The cards of a carousel.
    pub cards: Vec<CardCall>,
    /// When a limited-time offer ends.
    pub offer_until: Option<ValueExpr>,
    /// Where it stands.
    pub place: Place,
}

/// What stands above a template's body, as written.
#[derive(Clone, Debug)]
pub enum HeaderFrom {
    /// A text to fill in.
    Text(Texts),
    /// A picture, a film or a file.
    Media(MediaKind, MediaFrom),
}

/// A card of a carousel, as written.
#[derive(Clone, Debug)]
pub struct CardCall {
    /// Its picture or film.
    pub header: Option<HeaderFrom>,
    /// What its body is filled in with.
    pub params: Vec<Texts>,
    /// What its buttons are filled in with.
    pub buttons: Vec<Texts>,
}

/// A team.
#[derive(Clone, Debug)]
pub struct Team {
    /// In the order written.
    pub members: Vec<Member>,
    /// Who is taken.
    pub pick: Pick,
    /// What the whole team is at the provider, by account name or by provider: a group's id.
    pub groups: BTreeMap<String, String>,
    /// `on_nobody`: a flow of its own, kept beside the others, that comes back.
    pub on_nobody: Option<FlowRef>,
}

/// How a team's member is picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The first of those that are there.
    First,
    /// Any of them, as the conversation's chance has it.
    Random,
    /// One after the other.
    RoundRobin,
    /// Who has the fewest conversations; one after the other among equals.
    LeastBusy,
    /// Who of the team had this contact last; one after the other where nobody had.
    Sticky,
}

/// A team's member.
#[derive(Clone, Debug)]
pub struct Member {
    /// The name in the bot.
    pub name: String,
    /// Users' ids at the provider, by account name or by provider.
    pub ids: BTreeMap<String, String>,
    /// The phone of their WhatsApp, digits alone: notes are sent there where the account says so.
    pub phone: Option<String>,
    /// When they are there; always otherwise.
    pub hours: Option<Arc<dyn Calendar>>,
    /// What they speak; whatever the contact does, where it is empty.
    pub languages: Vec<String>,
    /// What they can do.
    pub skills: Vec<String>,
}
