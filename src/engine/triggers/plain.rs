//! Triggers that are a bare word: something happened.

use super::{Core, Trigger};
use crate::bot::{Argument, TriggerType};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Occasion {
    /// The contact's first message in the conversation.
    FirstMessage,
    /// Any message of the contact.
    Message,
    /// A message that nothing else took.
    Fallback,
    /// A human on our side wrote.
    HumanReplied,
    /// The conversation began.
    ConversationOpened,
    /// People handed the conversation back.
    HandedBack,
    /// The contact sent a place.
    Location,
    /// The contact ordered products.
    Order,
    /// The contact sent cards of contacts.
    Contacts,
    /// The contact set a mark on a message, or took it away.
    Reaction,
    /// People made somebody responsible.
    Assigned,
    /// People made nobody responsible.
    Unassigned,
}

pub(super) const FIRST_MESSAGE: TriggerType<Core> = TriggerType {
    name: "first_message",
    doc: "The contact's first message: no earlier one of the conversation is stored.",
    example: "first_message",
    argument: Argument::None,
    keys: &[],
    compile: |_| Some(Trigger::On(Occasion::FirstMessage)),
};

pub(super) const MESSAGE: TriggerType<Core> = TriggerType {
    name: "message",
    doc: "Any message of the contact.",
    example: "message",
    argument: Argument::None,
    keys: &[],
    compile: |_| Some(Trigger::On(Occasion::Message)),
};

pub(super) const FALLBACK: TriggerType<Core> = TriggerType {
    name: "fallback",
    doc: "A message that no other flow took. Not tried while a question waits.",
    example: "fallback",
    argument: Argument::None,
    keys: &[],
    compile: |_| Some(Trigger::On(Occasion::Fallback)),
};

pub(super) const HUMAN_REPLIED: TriggerType<Core> = TriggerType {
    name: "human_replied",
    doc: "A human on our side wrote to the contact.",
    example: "human_replied",
    argument: Argument::None,
    keys: &[],
    compile: |_| Some(Trigger::On(Occasion::HumanReplied)),
};

pub(super) const CONVERSATION_OPENED: TriggerType<Core> = TriggerType {
    name: "conversation_opened",
    doc: "The conversation began: the provider told of it, or the contact wrote in it, for the first time. Such a flow runs before the message \
          is offered to others; a question of it keeps the message from them.",
    example: "conversation_opened",
    argument: Argument::None,
    keys: &[],
    compile: |_| Some(Trigger::On(Occasion::ConversationOpened)),
};

pub(super) const HANDED_BACK: TriggerType<Core> = TriggerType {
    name: "handed_back",
    doc: "People handed the conversation back to the bot, or their quiet time is over.",
    example: "handed_back",
    argument: Argument::None,
    keys: &[],
    compile: |_| Some(Trigger::On(Occasion::HandedBack)),
};

pub(super) const LOCATION: TriggerType<Core> = TriggerType {
    name: "location",
    doc: "The contact sent a place on the map: `message.location`.",
    example: "location",
    argument: Argument::None,
    keys: &[],
    compile: |_| Some(Trigger::On(Occasion::Location)),
};

pub(super) const ORDER: TriggerType<Core> = TriggerType {
    name: "order",
    doc: "The contact ordered products of the catalogue: `message.data.order`.",
    example: "order",
    argument: Argument::None,
    keys: &[],
    compile: |_| Some(Trigger::On(Occasion::Order)),
};

pub(super) const CONTACTS: TriggerType<Core> = TriggerType {
    name: "contacts",
    doc: "The contact sent cards of contacts: `message.contacts`.",
    example: "contacts",
    argument: Argument::None,
    keys: &[],
    compile: |_| Some(Trigger::On(Occasion::Contacts)),
};

pub(super) const REACTION: TriggerType<Core> = TriggerType {
    name: "reaction",
    doc: "The contact set a mark on a message: `text` is the emoji, and empty where it was taken away. It answers no question.",
    example: "reaction",
    argument: Argument::None,
    keys: &[],
    compile: |_| Some(Trigger::On(Occasion::Reaction)),
};

pub(super) const ASSIGNED: TriggerType<Core> = TriggerType {
    name: "assigned",
    doc: "People made somebody responsible (`conversation.assignee`). Where that quiets the bot, such a flow cannot speak either.",
    example: "assigned",
    argument: Argument::None,
    keys: &[],
    compile: |_| Some(Trigger::On(Occasion::Assigned)),
};

pub(super) const UNASSIGNED: TriggerType<Core> = TriggerType {
    name: "unassigned",
    doc: "People took the conversation from whoever was responsible.",
    example: "unassigned",
    argument: Argument::None,
    keys: &[],
    compile: |_| Some(Trigger::On(Occasion::Unassigned)),
};
