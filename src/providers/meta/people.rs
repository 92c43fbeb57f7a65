//! Who is behind a message. A person may have a phone, a business-scoped id, or both; `contacts` beside the messages tells more of them.

use super::fields::{self, Object};
use crate::domain::Thread;

/// The ids of a person in a message, the phone first.
const SENDER: [&str; 3] = ["from", "from_user_id", "from_parent_user_id"];
/// The ids of a person in `contacts`.
const CONTACT: [&str; 3] = ["wa_id", "user_id", "parent_user_id"];

/// The person of `contacts` that a message or status is about: by an id; a lone one is meant when there is but one message.
pub fn contact<'a>(value: &'a Object, about: &Object, keys: &[&str], alone: bool) -> Option<&'a Object> {
    let contacts = fields::list(value, "contacts");
    let ids = ids(about, keys);
    let known = |contact: &&Object| self::ids(contact, &CONTACT).iter().any(|id| ids.contains(id));
    let mut objects = contacts.iter().filter_map(serde_json::Value::as_object);
    objects.clone().find(known).or_else(|| objects.next().filter(|_| alone && contacts.len() == 1))
}

/// The thread of an incoming message; `None` where nothing says who wrote.
pub fn of_sender(message: &Object, contact: Option<&Object>, channel_id: Option<&str>) -> Option<Thread> {
    of(message, &SENDER, contact, channel_id)
}

/// The thread of the person named by these keys of an object, and by `contacts`.
pub fn of(object: &Object, keys: &[&str], contact: Option<&Object>, channel_id: Option<&str>) -> Option<Thread> {
    let mut all = ids(object, keys);
    all.extend(contact.map(|contact| ids(contact, &CONTACT)).unwrap_or_default());
    let channel_id = channel_id.map(str::to_owned);
    if let Some(group) = fields::address(object.get("group_id")) {
        return Some(Thread { conversation: group, channel_id, group: true, ..Thread::default() });
    }
    let mut thread = joined(all)?;
    thread.channel_id = channel_id;
    thread.name =
        contact.and_then(|contact| fields::name(fields::object(contact, "profile")?.get("name"))).filter(|name| {
            thread.phone.as_deref().is_none_or(|phone| phone.trim_start_matches('+') != name.trim_start_matches('+'))
        });
    Some(thread)
}

/// A thread of all these ids: the first is its own, a phone among them the person's.
pub fn joined(ids: Vec<String>) -> Option<Thread> {
    let phone = ids.iter().find_map(|id| fields::phone(id));
    let mut ids = ids.into_iter();
    let conversation = ids.next()?;
    let mut also: Vec<String> = Vec::new();
    for id in ids {
        if id != conversation && !also.contains(&id) {
            also.push(id);
        }
    }
    Some(Thread { conversation, also, phone, ..Thread::default() })
}

/// The ids that an object has under these keys, in that order.
pub fn ids(object: &Object, keys: &[&str]) -> Vec<String> {
    keys.iter().filter_map(|key| fields::address(object.get(*key))).collect()
}
