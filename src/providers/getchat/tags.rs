//! Labels: looked up by name, made where there are none, set and taken away one call at a time.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::calls::{self, done, read};
use super::{GetchatAccount, TAGGING_ID};
use crate::domain::{Call, CallAnswer, CallBody, Next, Outcome};

/// Labels asked for at once: an inbox with more has names that nobody finds.
const MOST_TAGS: usize = 1000;

/// What is wished for a chat.
#[derive(Debug)]
pub(super) struct Wish<'a> {
    /// The chat's number.
    pub(super) number: &'a str,
    /// To set.
    pub(super) add: &'a [String],
    /// To take away.
    pub(super) remove: &'a [String],
}

/// How far the labels have come: what was asked or done last, and what is left.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Step {
    last: Todo,
    left: Vec<Todo>,
}

/// One call.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Todo {
    /// Ask which labels the chat has.
    Chat,
    /// Ask which labels there are, to find these.
    Find(Vec<String>),
    /// Make a label of this name, and set it.
    Make(String),
    /// Set the label of this number.
    Set(u64),
    /// Take away what has this number: not the label, its being set.
    Take(u64),
}

impl GetchatAccount {
    pub(super) fn tags(&self, wish: &Wish<'_>, so_far: Option<(Step, &CallAnswer)>) -> Next {
        let Some((step, answer)) = so_far else { return self.go_on(wish, vec![Todo::Chat]) };
        let json = match (&step.last, answer) {
            // Set already, or taken away already: as wished.
            (Todo::Set(_), CallAnswer::Http { status: 400, .. })
            | (Todo::Take(_), CallAnswer::Http { status: 204 | 404, .. }) => Json::Null,
            _ => match read(answer, false) {
                Ok(json) => json,
                Err(outcome) => return done(outcome),
            },
        };
        match after(wish, self.inferred.of(&TAGGING_ID), step, &json) {
            Some(left) => self.go_on(wish, left),
            None => done(Outcome::NotSent { after: None, why: "an answer about labels that is no such thing".into() }),
        }
    }

    fn go_on(&self, wish: &Wish<'_>, mut left: Vec<Todo>) -> Next {
        if left.is_empty() {
            return done(Outcome::Accepted { message: None, job: None });
        }
        let last = left.remove(0);
        let call = self.tag_call(wish.number, &last);
        let progress = calls::Step::Tags(Step { last, left }).save();
        Next::Call { call: Box::new(call), progress }
    }

    fn tag_call(&self, number: &str, todo: &Todo) -> Call {
        let post = |path: &str, json: Json| self.call("POST", path, CallBody::Json(json), false);
        match todo {
            Todo::Chat => self.get(&format!("chats/{number}/")),
            Todo::Find(_) => self.get(&format!("tags/?limit={MOST_TAGS}")),
            Todo::Make(name) => post("tags/", json!({ "name": name })),
            Todo::Set(tag) => post("chat_tagging/", json!({"tag": tag, "chat": number})),
            Todo::Take(tagging) => self.call("DELETE", &format!("chat_tagging/{tagging}/"), CallBody::Empty, false),
        }
    }
}

/// What is left after an answer; `None` where it cannot be read.
fn after(wish: &Wish<'_>, tagging_id: &str, step: Step, json: &Json) -> Option<Vec<Todo>> {
    let Step { last, mut left } = step;
    match last {
        Todo::Chat => return of_chat(wish, tagging_id, json),
        Todo::Find(names) => {
            let known = json.get("results")?.as_array()?;
            let todo =
                |name: String| match known.iter().find(|tag| is_named(tag, &name)).and_then(|tag| number(tag, "id")) {
                    Some(id) => Todo::Set(id),
                    None => Todo::Make(name),
                };
            left.extend(names.into_iter().map(todo));
        }
        Todo::Make(_) => left.insert(0, Todo::Set(number(json, "id")?)),
        Todo::Set(_) | Todo::Take(_) => {}
    }
    Some(left)
}

/// What the chat has decides what there is to do. Each of its labels names the number by which it is taken away.
fn of_chat(wish: &Wish<'_>, tagging_id: &str, chat: &Json) -> Option<Vec<Todo>> {
    let has = chat.get("tags")?.as_array()?;
    let takes = |name: &String| has.iter().find(|tag| is_named(tag, name)).and_then(|tag| number(tag, tagging_id));
    let mut left: Vec<Todo> = wish.remove.iter().filter_map(takes).map(Todo::Take).collect();
    let lacks = |name: &&String| !has.iter().any(|tag| is_named(tag, name));
    let missing: Vec<String> = wish.add.iter().filter(lacks).cloned().collect();
    if !missing.is_empty() {
        left.push(Todo::Find(missing));
    }
    Some(left)
}

fn is_named(tag: &Json, name: &str) -> bool {
    tag.get("name").and_then(Json::as_str) == Some(name)
}

fn number(json: &Json, key: &str) -> Option<u64> {
    json.get(key)?.as_u64()
}
