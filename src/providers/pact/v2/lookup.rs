//! Look-ups by V2, in the list of messages. The document says by what it is sorted and not in which direction: both are understood.

use serde_json::json;
use serde_json_borrow::Value as Json;

use super::super::calls::Step;
use super::super::lookup::{self, Listed, MOST_PAGES};
use super::super::{PactAccount, fields};
use super::calls::messages_path;
use super::rates;
use crate::domain::{CallAnswer, Errand, Found, Lookup};

/// Messages asked for at once: as many as V2 gives unless asked otherwise.
const PER_PAGE: usize = 150;

pub(in super::super) fn find(account: &PactAccount, errand: &Errand<'_>, answer: Option<&CallAnswer>) -> Lookup {
    match (answer, Step::of(&errand.row.progress)) {
        (Some(answer), Some(Step::Page { number })) => after_page(account, errand, answer, number),
        _ => look_at_page(account, errand, 1),
    }
}

fn look_at_page(account: &PactAccount, errand: &Errand<'_>, number: u32) -> Lookup {
    let parameters = [("page".to_owned(), json!(number)), ("per_page".to_owned(), json!(PER_PAGE))];
    let parameters = parameters.into_iter().collect();
    let call = account.json("GET", &messages_path(errand), parameters, Some(rates::MESSAGES));
    Lookup::Call { call: Box::new(call), progress: Step::Page { number }.save() }
}

fn after_page(account: &PactAccount, errand: &Errand<'_>, answer: &CallAnswer, number: u32) -> Lookup {
    let page = match lookup::body(answer).and_then(|body| page(body).ok_or_else(lookup::no_list)) {
        Ok(page) => page,
        Err(found) => return Lookup::Done(found),
    };
    if let Some(found) = lookup::among(&page.messages, errand) {
        return Lookup::Done(found);
    }
    match page.is_last || page.is_past(errand) {
        true => Lookup::Done(Found::Absent),
        false if number >= MOST_PAGES => Lookup::Done(Found::CannotTell),
        false => look_at_page(account, errand, number + 1),
    }
}

struct Page {
    messages: Vec<Listed>,
    is_last: bool,
}

impl Page {
    /// The newest come first, and these go back to before the call.
    fn is_past(&self, errand: &Errand<'_>) -> bool {
        let (first, last) = (self.messages.first(), self.messages.last());
        first.zip(last).is_some_and(|(first, last)| first.at > last.at && last.at < lookup::since(errand))
    }
}

fn page(body: &[u8]) -> Option<Page> {
    let answer: Json<'_> = fields::json(body).ok()?;
    let items = answer.get("messages").as_array()?;
    let listed = |item: &Json<'_>| Listed::read(item.as_object()?, "id", &["external_created_at", "created_at"]);
    let per_page =
        answer.get("meta").get("per_page").as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(PER_PAGE);
    let messages = items.iter().take(PER_PAGE).filter_map(listed).collect();
    Some(Page { messages, is_last: items.len() < per_page })
}
