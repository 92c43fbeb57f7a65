//! What a row needs one after the other, the same in both versions: a state machine over `row.progress`. The calls themselves are
//! each version's own.

use std::borrow::Cow;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{Api, PactAccount, templates, v1, v2};
use crate::domain::{
    Assignee, Call, CallAnswer, CallBody, Effect, Errand, Learned, Media, MediaSource, Next, Outcome, Pin, Progress,
    Span, Template, TemplateHeader, Thread, Upload,
};
use crate::providers::transport_outcome;

/// How long a file is taken to lie where Pact put it. Its document does not say; WhatsApp keeps files for 30 days.
const ADDRESS_LASTS: Span = Span::days(7);

/// How far a row or a look-up has come.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub(super) enum Step {
    /// The conversation's details were asked for.
    Details,
    /// A file was given to Pact.
    Upload(Known),
    /// The call that does the row's work was made.
    Act(Known),
    /// The job of an unknown send was asked for.
    Job,
    /// A page of the conversation's messages was asked for.
    Page {
        /// From 1.
        number: u32,
    },
}

/// What earlier calls of a row brought.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Known {
    /// What the details said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) learned: Option<Box<Thread>>,
    /// Pact's number of the uploaded file. It belongs to one message: another message needs another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    /// Where the file lies at Pact, which another message can be given instead of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<String>,
    /// Pact was given such an address of an earlier upload, and not the file.
    #[serde(default)]
    pub(super) again: bool,
    /// It did not take it: the file goes up once more.
    #[serde(default)]
    pub(super) stale: bool,
}

impl Step {
    pub(super) fn of(progress: &Progress) -> Option<Self> {
        if progress.is_null() { None } else { Self::deserialize(progress).ok() }
    }

    pub(super) fn save(&self) -> Progress {
        match self {
            // Most rows are done with one call: nothing has to be remembered for it.
            Self::Act(known) if *known == Known::default() => Progress::Null,
            step => serde_json::to_value(step).unwrap_or_default(),
        }
    }
}

fn done(outcome: Outcome, thread: Option<Box<Thread>>) -> Next {
    Next::Done { outcome, learned: Learned { thread, uploads: Vec::new() } }
}

fn rejected(why: &str) -> Next {
    done(Outcome::Rejected { why: why.to_owned() }, None)
}

/// What goes for a row.
pub(super) fn effect_of<'a>(errand: &Errand<'a>) -> &'a Effect {
    errand.row.went()
}

/// The text that stands in the message. A place goes as a text with a link to the map: Pact has no call for one.
pub(super) fn text_of(effect: &Effect) -> Option<Cow<'_, str>> {
    match effect {
        Effect::Pin(pin) => Some(Cow::Owned(place(pin))),
        other => other.text().map(Cow::Borrowed),
    }
}

fn place(pin: &Pin) -> String {
    let (latitude, longitude) = (pin.at.latitude, pin.at.longitude);
    let link = format!("https://www.google.com/maps?q={latitude},{longitude}");
    let lines = [pin.name.as_str(), pin.address.as_str(), link.as_str()];
    lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The file that goes with a message.
fn file_of(effect: &Effect) -> Option<&Media> {
    match effect {
        Effect::Media(media) => Some(media),
        Effect::Template(template) => match &template.header {
            Some(TemplateHeader::Media(media)) => Some(media),
            _ => None,
        },
        _ => None,
    }
}

/// A sound in the messengers' own format is sent as a voice message.
pub(super) fn is_voice(media: &Media) -> bool {
    let (mime, name) = match &media.source {
        MediaSource::File(file) => (file.mime.as_str(), file.path.as_str()),
        MediaSource::Url(url) => ("", url.split(['?', '#']).next().unwrap_or_default()),
    };
    let ends = [".ogg", ".oga", ".opus"].into_iter().any(|end| name.to_ascii_lowercase().ends_with(end));
    media.kind == crate::domain::MediaKind::Audio && (mime.starts_with("audio/ogg") || ends)
}

/// Digits alone, as Pact wants a phone.
pub(super) fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

/// The number of a user, `None` for nobody.
fn user_number(to: Option<&Assignee>) -> Result<Option<u64>, String> {
    let number = |assignee: &Assignee| {
        assignee.id.parse().map_err(|_| "Pact assigns by the number of a user, and this id is none".to_owned())
    };
    to.map(number).transpose()
}

/// Which version a row goes by: notes exist in V1 alone.
fn api_of(account: &PactAccount, effect: &Effect) -> Api {
    if matches!(effect, Effect::Note { .. }) { Api::V1 } else { account.api }
}

impl PactAccount {
    pub(super) fn call(&self, method: &'static str, path: &str, body: CallBody, delivers: bool) -> Call {
        let headers = vec![
            ("x-private-api-token", self.token.clone()),
            ("accept", SecretString::from("application/json".to_owned())),
        ];
        Call { method, url: format!("{}/{path}", self.base_url), headers, body, delivers, spends: None, patient: false }
    }

    /// The first call of a row, or what follows an answer.
    pub(super) fn step(&self, errand: &Errand<'_>, answer: Option<&CallAnswer>) -> Next {
        match (answer, Step::of(&errand.row.progress)) {
            (None, Some(Step::Act(known) | Step::Upload(known))) => self.begin(errand, known),
            (None, _) => self.begin(errand, Known::default()),
            (Some(answer), Some(Step::Details)) => self.after_details(errand, answer),
            (Some(answer), Some(Step::Upload(known))) => self.after_upload(errand, answer, known),
            (Some(answer), Some(Step::Act(known))) => {
                let (outcome, uploads) = (self.outcome(errand, answer), uploads(errand, &known));
                Next::Done { outcome, learned: Learned { thread: known.learned, uploads } }
            }
            (Some(answer), _) => done(self.outcome(errand, answer), None),
        }
    }

    fn outcome(&self, errand: &Errand<'_>, answer: &CallAnswer) -> Outcome {
        let effect = effect_of(errand);
        match api_of(self, effect) {
            Api::V1 => v1::outcomes::outcome(answer, effect.reaches_contact()),
            Api::V2 => v2::outcomes::outcome(answer, effect.reaches_contact()),
        }
    }

    fn begin(&self, errand: &Errand<'_>, known: Known) -> Next {
        let effect = effect_of(errand);
        if let (Effect::Template(template), None) = (effect, &known.file) {
            if let Some(why) = self.cannot_fill(template) {
                return rejected(why);
            }
            if self.lacks_details(errand, &known) && known.learned.is_none() {
                let call = self.version(|| v1::calls::details(self, errand), || v2::calls::details(self, errand));
                return Next::Call { call: Box::new(call), progress: Step::Details.save() };
            }
        }
        if let (Some(media), None) = (file_of(effect), &known.file) {
            let kept = kept_address(errand, media).filter(|_| !known.stale);
            let call = match (self.api, kept) {
                (Api::V1, _) => v1::calls::upload(self, errand, media),
                (Api::V2, None) => v2::calls::upload(self, media),
                (Api::V2, Some(address)) => v2::calls::upload_from(self, media, address),
            };
            let again = self.api == Api::V2 && kept.is_some();
            return Next::Call { call: Box::new(call), progress: Step::Upload(Known { again, ..known }).save() };
        }
        match self.act(errand, effect, &known) {
            Ok(call) => Next::Call { call: Box::new(call), progress: Step::Act(known).save() },
            Err(why) => done(Outcome::Rejected { why }, known.learned),
        }
    }

    fn version<T>(&self, first: impl FnOnce() -> T, second: impl FnOnce() -> T) -> T {
        match self.api {
            Api::V1 => first(),
            Api::V2 => second(),
        }
    }

    /// The call that does the row's work.
    fn act(&self, errand: &Errand<'_>, effect: &Effect, known: &Known) -> Result<Call, String> {
        let file = known.file.as_deref();
        match effect {
            Effect::Say { .. } | Effect::Media(_) | Effect::Pin(_) => {
                let text = text_of(effect).unwrap_or_default();
                Ok(self.version(
                    || v1::calls::send(self, errand, &text, file),
                    || v2::calls::send(self, errand, &text, file),
                ))
            }
            Effect::Note { text, .. } => Ok(v1::calls::note(self, errand, text)),
            Effect::Assign { to } => {
                let user = user_number(to.as_ref())?;
                Ok(self.version(|| v1::calls::assign(self, errand, user), || v2::calls::assign(self, errand, user)))
            }
            Effect::Resolve | Effect::Reopen if self.api == Api::V2 => {
                Ok(v2::calls::stand(self, errand, if *effect == Effect::Resolve { "archived" } else { "open" }))
            }
            Effect::Template(template) => {
                let words = "Pact knows no phone or no channel of this conversation, and a template needs both";
                let phone = phone_of(errand, known).ok_or(words)?;
                let template = templates::resolved(errand, template)?;
                match self.api {
                    Api::V1 => {
                        let channel = channel_of(errand, known).ok_or(words)?;
                        Ok(v1::calls::template(self, phone, channel, &template))
                    }
                    Api::V2 => Ok(v2::calls::template(self, phone, &template, file)),
                }
            }
            other => Err(format!("Pact knows no `{}`", other.name())),
        }
    }

    /// Pact fills in a template's body alone; V2 takes a file beside it.
    fn cannot_fill(&self, template: &Template) -> Option<&'static str> {
        match &template.header {
            Some(TemplateHeader::Text(_)) => return Some("Pact fills in no text above a template"),
            Some(TemplateHeader::Media(_)) if self.api == Api::V1 => {
                return Some("Pact V1 sends no file with a template: `api: v2` does");
            }
            _ => {}
        }
        let rest = !template.buttons.is_empty() || !template.cards.is_empty() || template.offer_until.is_some();
        rest.then_some("Pact fills in no buttons, cards or offers of a template")
    }

    fn lacks_details(&self, errand: &Errand<'_>, known: &Known) -> bool {
        let needs_channel = self.api == Api::V1;
        phone_of(errand, known).is_none() || (needs_channel && channel_of(errand, known).is_none())
    }

    fn after_details(&self, errand: &Errand<'_>, answer: &CallAnswer) -> Next {
        if let Some(outcome) = transport_outcome(answer, false) {
            return done(outcome, None);
        }
        let CallAnswer::Http { body, .. } = answer else { return rejected("no details of the conversation") };
        let conversation = errand.state.conversation.external_id.clone();
        let details = self.version(
            || v1::calls::read_details(body, conversation.clone()),
            || v2::calls::read_details(body, conversation.clone()),
        );
        match details {
            Some(thread) => self.begin(errand, Known { learned: Some(Box::new(thread)), ..Known::default() }),
            None => {
                done(Outcome::NotSent { after: None, why: "an answer without the conversation's details".into() }, None)
            }
        }
    }

    /// Nothing has reached the contact yet: a failed upload is repeated or final, never unknown.
    fn after_upload(&self, errand: &Errand<'_>, answer: &CallAnswer, known: Known) -> Next {
        let read = match (super::outcomes::failure(answer, false), answer) {
            (Some(outcome), _) => Err(outcome),
            (None, CallAnswer::Http { body, .. }) => {
                self.version(|| v1::calls::read_upload(body), || v2::calls::read_upload(body))
            }
            (None, _) => return rejected("no answer to an upload"),
        };
        match read {
            Ok((file, address)) => self.begin(errand, Known { file: Some(file), address, ..known }),
            Err(Outcome::Rejected { .. }) if known.again => {
                self.begin(errand, Known { again: false, stale: true, ..known })
            }
            Err(outcome) => done(outcome, known.learned),
        }
    }
}

/// Where an earlier upload of the file lies at Pact.
fn kept_address<'a>(errand: &Errand<'a>, media: &Media) -> Option<&'a str> {
    let MediaSource::File(file) = &media.source else { return None };
    errand.kept.uploads.get(&file.hash).map(String::as_str)
}

/// An upload that another message can be given. One that was used again lasts no longer for it.
fn uploads(errand: &Errand<'_>, known: &Known) -> Vec<Upload> {
    let file = match file_of(effect_of(errand)).map(|media| &media.source) {
        Some(MediaSource::File(file)) if !known.again => file,
        _ => return Vec::new(),
    };
    let upload = |id: &String| Upload { hash: file.hash.clone(), id: id.clone(), until: errand.now + ADDRESS_LASTS };
    known.address.iter().map(upload).collect()
}

fn phone_of<'a>(errand: &Errand<'a>, known: &'a Known) -> Option<&'a str> {
    errand.state.contact.phone.as_deref().or_else(|| known.learned.as_deref()?.phone.as_deref())
}

fn channel_of<'a>(errand: &Errand<'a>, known: &'a Known) -> Option<&'a str> {
    errand.state.conversation.channel_id.as_deref().or_else(|| known.learned.as_deref()?.channel_id.as_deref())
}
