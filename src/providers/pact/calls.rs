//! The calls of V1: form-encoded, the token in a header. What a row needs one after the other is a state machine over `row.progress`.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json_borrow::Value as Json;

use super::{PactAccount, fields, outcomes};
use crate::domain::{
    Assignee, Call, CallAnswer, CallBody, Effect, Errand, Learned, Next, Outcome, Progress, State, Template, Thread,
};
use crate::providers::transport_outcome;

/// How far a row or a look-up has come.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub(super) enum Step {
    /// The conversation's details were asked for.
    Details,
    /// The call that does the row's work was made.
    Act {
        /// What the details said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        learned: Option<Box<Thread>>,
    },
    /// The job of an unknown send was asked for.
    Job,
    /// A page of the conversation's messages was asked for.
    Page {
        /// From 1.
        number: u32,
    },
}

impl Step {
    pub(super) fn of(progress: &Progress) -> Option<Self> {
        Self::deserialize(progress).ok()
    }

    pub(super) fn save(&self) -> Progress {
        serde_json::to_value(self).unwrap_or_default()
    }
}

type Fields = Vec<(String, String)>;

fn field(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn done(outcome: Outcome, thread: Option<Box<Thread>>) -> Next {
    Next::Done { outcome, learned: Learned { thread, upload: None } }
}

fn rejected(why: &str) -> Next {
    done(Outcome::Rejected { why: why.to_owned() }, None)
}

/// What goes for a row.
pub(super) fn effect_of<'a>(errand: &Errand<'a>) -> &'a Effect {
    errand.row.went()
}

impl PactAccount {
    fn call(&self, method: &'static str, path: &str, body: CallBody, delivers: bool) -> Call {
        let headers = vec![
            ("x-private-api-token", self.token.clone()),
            ("accept", SecretString::from("application/json".to_owned())),
        ];
        Call { method, url: format!("{}/p1/{path}", self.base_url), headers, body, delivers, spends: None }
    }

    pub(super) fn get(&self, path: &str) -> Call {
        self.call("GET", path, CallBody::Empty, false)
    }

    /// A path within the company.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("companies/{}/{rest}", self.company_id)
    }

    fn conversation_path(&self, state: &State, rest: &str) -> String {
        self.path(&format!("conversations/{}{rest}", state.conversation.external_id))
    }

    pub(super) fn messages_path(&self, state: &State) -> String {
        self.conversation_path(state, "/messages")
    }

    /// The first call of a row, or what follows an answer.
    pub(super) fn step(&self, errand: &Errand<'_>, answer: Option<&CallAnswer>) -> Next {
        match (answer, Step::of(&errand.row.progress)) {
            (None, Some(Step::Act { learned })) => self.begin(errand, learned),
            (None, _) => self.begin(errand, None),
            (Some(answer), Some(Step::Details)) => self.after_details(errand, answer),
            (Some(answer), Some(Step::Act { learned })) => {
                done(outcomes::outcome(answer, effect_of(errand).reaches_contact()), learned)
            }
            (Some(answer), _) => done(outcomes::outcome(answer, effect_of(errand).reaches_contact()), None),
        }
    }

    fn begin(&self, errand: &Errand<'_>, learned: Option<Box<Thread>>) -> Next {
        let state = errand.state;
        let call = match effect_of(errand) {
            Effect::Say { text } => {
                self.call("POST", &self.messages_path(state), CallBody::Form(vec![field("message", text)]), true)
            }
            Effect::Note { text } => {
                let path = self.conversation_path(state, "/note");
                self.call("PUT", &path, CallBody::Form(vec![field("note", text)]), false)
            }
            Effect::Assign { to } => match assign_form(to.as_ref()) {
                Some(form) => self.call("PUT", &self.conversation_path(state, "/assign"), CallBody::Form(form), false),
                None => return rejected("Pact assigns by the number of a user, and this id is none"),
            },
            Effect::Template(template) => return self.begin_template(state, template, learned),
            other => return rejected(&format!("Pact knows no `{}`", other.name())),
        };
        Next::Call { call: Box::new(call), progress: Step::Act { learned }.save() }
    }

    /// A template goes to a phone on a channel; both are asked for when they are not known.
    fn begin_template(&self, state: &State, template: &Template, learned: Option<Box<Thread>>) -> Next {
        let told = learned.as_deref();
        let phone = state.contact.phone.as_deref().or_else(|| told?.phone.as_deref());
        let channel = state.conversation.channel_id.as_deref().or_else(|| told?.channel_id.as_deref());
        match (phone, channel, told) {
            (Some(phone), Some(channel), _) => {
                let path = self.path(&format!("channels/{channel}/conversations"));
                let call = self.call("POST", &path, CallBody::Form(template_form(phone, template)), true);
                Next::Call { call: Box::new(call), progress: Step::Act { learned }.save() }
            }
            (_, _, None) => {
                let call = Box::new(self.get(&self.conversation_path(state, "")));
                Next::Call { call, progress: Step::Details.save() }
            }
            _ => {
                let why =
                    "Pact knows no phone or no channel of this conversation, and a template needs both".to_owned();
                done(Outcome::Rejected { why }, learned)
            }
        }
    }

    fn after_details(&self, errand: &Errand<'_>, answer: &CallAnswer) -> Next {
        if let Some(outcome) = transport_outcome(answer, false) {
            return done(outcome, None);
        }
        let CallAnswer::Http { body, .. } = answer else { return rejected("no details of the conversation") };
        let conversation = errand.state.conversation.external_id.clone();
        match details(body, conversation) {
            Some(thread) => self.begin(errand, Some(Box::new(thread))),
            None => {
                done(Outcome::NotSent { after: None, why: "an answer without the conversation's details".into() }, None)
            }
        }
    }
}

/// `{"data": {"conversation": {…}}}`.
fn details(body: &[u8], conversation: String) -> Option<Thread> {
    let answer: Json<'_> = serde_json::from_slice(body).ok()?;
    let object = answer.get("data").get("conversation").as_object()?;
    Some(fields::thread(object, conversation, false))
}

/// No assignee is an empty number: the document makes it optional and shows no other way (inferred).
fn assign_form(to: Option<&Assignee>) -> Option<Fields> {
    let id = to.map_or("", |assignee| assignee.id.as_str());
    id.bytes().all(|b| b.is_ascii_digit()).then(|| vec![field("assignee_id", id)])
}

/// The phone goes as digits alone. A form has no way to write an empty list: without parameters the field is left out.
fn template_form(phone: &str, template: &Template) -> Fields {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let mut form = vec![
        field("phone", &digits),
        field("template[id]", &template.name),
        field("template[language_code]", &template.language),
    ];
    form.extend(template.params.iter().map(|param| field("template[parameters][]", param)));
    form
}
