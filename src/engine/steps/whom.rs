//! Whom a step gives the conversation: a team or a person, and what they must be able to do.

use crate::bot::{Fitness, KeyDoc, StepReader, Texts};
use crate::domain::TeamRef;
use crate::engine::Core;
use crate::engine::turn::{Turning, Wanted};

/// `skill` and `language`, for a step's list of keys.
pub(super) const SKILL: KeyDoc = KeyDoc { name: "skill", doc: "Only who has this skill." };
pub(super) const LANGUAGE: KeyDoc =
    KeyDoc { name: "language", doc: "Only who speaks this language, as `\"{{ contact.language }}\"`." };

/// As written.
#[derive(Debug)]
pub(super) struct Whom {
    pub who: TeamRef,
    skill: Option<Texts>,
    language: Option<Texts>,
}

/// Read it: the argument, and the keys beside it.
pub(super) fn compile(r: &mut StepReader<'_, Core>) -> Option<Whom> {
    let who = r.argument().and_then(|node| r.team_ref(&node));
    let (skill, language) = (r.key(SKILL.name), r.key(LANGUAGE.name));
    if let Some(who) = &who {
        for (node, what) in [(&skill, Fitness::Skill), (&language, Fitness::Language)] {
            if let Some(node) = node {
                r.somebody_fits(who, node, what);
            }
        }
    }
    let mut texts = |node: Option<_>| node.and_then(|node| r.texts_for_people(&node));
    let (skill, language) = (texts(skill), texts(language));
    Some(Whom { who: who?, skill, language })
}

impl Whom {
    /// As wanted now.
    pub fn wanted(&self, t: &mut Turning<'_>) -> Wanted {
        let mut shown = |texts: &Option<Texts>| {
            let text = texts.as_ref().and_then(|texts| t.lasting_text(texts));
            text.filter(|text| !text.trim().is_empty())
        };
        Wanted { skill: shown(&self.skill), language: shown(&self.language), ..Wanted::of(self.who.clone()) }
    }
}
