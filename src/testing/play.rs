//! Plays a test: the talk line by line through a world, silence asserted.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use crate::bot;
use crate::domain::{RowKey, Span, Time};
use crate::engine::{Core, Revision};
use crate::script::Scripts;
use crate::yaml::{Located, Problem, Severity, Source};

use super::coverage::Ran;
use super::expect::read;
use super::format::{Said, Talk, Test, Verb, When};
use super::http::describe_call;
use super::report::{Failure, Wrong};
use super::rewrite::Rewrite;
use super::setting::Setting;
use super::world::{Sent, Turned, World};

/// A person takes so long to answer.
const PAUSE: Span = Span::seconds(5);

/// What the messenger says of a message that a test lets fail.
const FAILED: &str = "the test says that it failed";

/// A loaded bot with the files that an `edit` changes.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The name of its folder.
    pub folder: String,
    /// Its files.
    pub files: Vec<Arc<Source>>,
    /// The modules of `scripts/`.
    pub scripts: Arc<Scripts>,
    /// Its revision.
    pub revision: Arc<Revision>,
}

/// The account that a bot's tests are played on.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The account's name.
    pub account: String,
    /// The provider's name.
    pub provider: String,
}

impl Subject {
    /// Load a bot. It is there exactly when no problem is an error.
    pub fn load(folder: &str, files: Vec<Arc<Source>>, scripts: &Arc<Scripts>) -> (Option<Self>, Vec<Problem>) {
        let (revision, problems) = bot::load::<Core>(folder, &files, scripts);
        let subject = revision.map(|revision| Self {
            folder: folder.to_owned(),
            files,
            scripts: scripts.clone(),
            revision: Arc::new(revision),
        });
        (subject, problems)
    }

    /// A test begins at noon of a Monday in the bot's zone unless it says otherwise.
    pub fn usual_start(&self) -> Time {
        let monday = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap_or_default();
        let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
        self.time(When::Local(NaiveDateTime::new(monday, noon)))
    }

    fn time(&self, when: When) -> Time {
        when.in_zone(self.revision.view.zone)
    }

    fn edited(&self, edits: &[(String, Option<String>)]) -> (Option<Self>, Vec<Problem>) {
        let mut files = self.files.clone();
        for (name, text) in edits {
            let at = files.iter().position(|file| is_file(&file.path, name));
            let path = at.and_then(|at| files.get(at)).map_or_else(|| self.path_of(name), |file| file.path.clone());
            if let Some(at) = at {
                files.remove(at);
            }
            if let Some(text) = text {
                files.push(Arc::new(Source { path, text: text.as_str().into() }));
            }
        }
        Self::load(&self.folder, files, &self.scripts)
    }

    /// The path of a new file beside the others.
    fn path_of(&self, name: &str) -> Arc<str> {
        let folder = self.files.first().and_then(|file| file.path.rsplit_once('/')).map(|(folder, _)| folder);
        folder.map_or_else(|| name.into(), |folder| format!("{folder}/{name}").into())
    }
}

fn is_file(path: &str, name: &str) -> bool {
    path == name || path.rsplit_once('/').is_some_and(|(_, file)| file == name)
}

/// Play a test to its end or to the first line that does not hold.
pub fn play(subject: &Subject, stage: &Stage, test: &Test) -> Result<(), Box<Failure>> {
    watch(subject, stage, test).1
}

/// Play a test, and tell which steps ran until its end.
pub fn watch(subject: &Subject, stage: &Stage, test: &Test) -> (Ran, Result<(), Box<Failure>>) {
    let mut play = Play::new(subject.clone(), stage, test);
    let ended = play.all(test);
    (play.world.ran().clone(), ended)
}

/// Do what a test does, and tell all turns that come of it. What it expects is passed over.
pub fn turns(subject: &Subject, stage: &Stage, test: &Test) -> Vec<Turned> {
    let mut play = Play::new(subject.clone(), stage, test);
    play.world = play.world.with_turns();
    test.talk.iter().for_each(|line| play.pass_over(line));
    play.world.turns().to_vec()
}

/// Play a test and take the bot's word for each text that is expected whole and is another now. What else does not hold, fails still.
pub fn relearn(subject: &Subject, stage: &Stage, test: &Test) -> Vec<Rewrite> {
    let mut play = Play { rewrites: Some(Vec::new()), ..Play::new(subject.clone(), stage, test) };
    // Where it fails for another reason, what was learned until then is as true.
    let _ = play.all(test);
    play.rewrites.unwrap_or_default()
}

impl Play {
    fn all(&mut self, test: &Test) -> Result<(), Box<Failure>> {
        let ended = test.talk.iter().try_for_each(|line| self.line(line));
        let ended = ended.and_then(|()| self.nothing_unscripted()).and_then(|()| self.nothing_unexpected());
        ended.map_err(|at_fault| {
            let (place, wrong) = *at_fault;
            Box::new(Failure {
                place,
                wrong,
                lines: self.world.lines().to_vec(),
                trace: self.world.trace().clone(),
                zone: self.subject.revision.view.zone,
            })
        })
    }
}
type Checked = Result<(), Box<(Located, Wrong)>>;

fn wrong(place: &Located, wrong: Wrong) -> Checked {
    Err(Box::new((place.clone(), wrong)))
}

struct Play {
    subject: Subject,
    world: World,
    /// Said and not expected yet.
    heard: VecDeque<Sent>,
    /// The last line that made something happen.
    cause: Located,
    /// The last message that was expected, until something else happens.
    last_expected: Option<RowKey>,
    /// Texts that were another than expected, where they are to be learned.
    rewrites: Option<Vec<Rewrite>>,
}

impl Play {
    fn new(subject: Subject, stage: &Stage, test: &Test) -> Self {
        let start = test.start.map_or_else(|| subject.usual_start(), |when| subject.time(when));
        let mut setting = Setting::new(&stage.account, start);
        setting.provider.clone_from(&stage.provider);
        if let Some(channel) = &test.channel {
            setting = setting.on_channel(channel);
        }
        if let Some(account) = &test.imitates {
            setting = setting.imitating(account);
        }
        if let Some(provider) = &test.provider {
            setting.provider.clone_from(provider);
        }
        if let Some(conversation) = &test.conversation {
            setting.conversation.clone_from(conversation);
        }
        if test.buttons {
            setting = setting.with_buttons();
        }
        setting.contact = test.contact.clone();
        setting.vars = test.vars.clone();
        setting.tags.clone_from(&test.tags);
        setting.handed.clone_from(&test.handed);
        let mut world = World::new(subject.revision.clone(), setting);
        world.script_http(test.http.iter().cloned());
        Self { subject, world, heard: VecDeque::new(), cause: test.place.clone(), last_expected: None, rewrites: None }
    }

    fn line(&mut self, line: &Talk) -> Checked {
        self.nothing_unscripted()?;
        match &line.verb {
            Verb::Bot(said) => return self.expect_said(said, line),
            Verb::Expect(expect) => return self.expect_state(expect, &line.place),
            Verb::DeliverFailed => {
                self.deliver_failed();
                return Ok(());
            }
            _ => self.nothing_unexpected()?,
        }
        self.cause = line.place.clone();
        self.last_expected = None;
        self.act(line)
    }

    /// A line without what it expects.
    fn pass_over(&mut self, line: &Talk) {
        match &line.verb {
            Verb::Bot(_) => self.last_expected = self.heard.pop_front().map(|sent| sent.row),
            Verb::DeliverFailed => self.deliver_failed(),
            Verb::Expect(_) => {}
            _ => {
                self.heard.clear();
                // What cannot be done here, like a press of what is not there, is not done.
                let _ = self.act(line);
            }
        }
    }

    fn act(&mut self, line: &Talk) -> Checked {
        match &line.verb {
            Verb::User(text) => self.write(|world| world.user(text)),
            Verb::Late(text, late) => self.write(|world| world.user_late(text, *late)),
            Verb::Send(message) => self.write(|world| world.send((**message).clone())),
            Verb::People(deeds) => self.write(|world| deeds.iter().for_each(|deed| world.people(deed.clone()))),
            Verb::Post(posted) => self.write(|world| world.post(posted.clone())),
            Verb::Human(text) => self.write(|world| world.human(text)),
            Verb::Press(option) => {
                let mut pressed = Ok(());
                self.write(|world| pressed = world.press(option));
                return pressed
                    .or_else(|error: super::NoSuchOption| wrong(&line.place, Wrong::Press(error.to_string())));
            }
            Verb::After(span) => self.pass(self.world.now() + *span),
            Verb::At(when) => return self.go_to(*when, &line.place),
            Verb::Nothing(span) => {
                self.pass(self.world.now() + *span);
                return self.nothing_unexpected();
            }
            Verb::Set(vars) => self.world.set(vars.clone()),
            Verb::Edit(edits) => return self.edit(edits, &line.place),
            Verb::Bot(_) | Verb::Expect(_) | Verb::DeliverFailed => {}
        }
        Ok(())
    }

    /// Somebody writes, a moment after what was before.
    fn write(&mut self, what: impl FnOnce(&mut World)) {
        self.world.advance_to(self.world.now() + PAUSE);
        what(&mut self.world);
        self.listen();
    }

    fn pass(&mut self, until: Time) {
        self.world.advance_to(until);
        self.listen();
    }

    fn go_to(&mut self, when: When, place: &Located) -> Checked {
        let time = self.subject.time(when);
        if time < self.world.now() {
            return wrong(place, Wrong::Backwards(self.world.now()));
        }
        self.pass(time);
        Ok(())
    }

    fn edit(&mut self, edits: &[(String, Option<String>)], place: &Located) -> Checked {
        let (subject, problems) = self.subject.edited(edits);
        let Some(subject) = subject else {
            let errors = problems.into_iter().filter(|problem| problem.severity == Severity::Error).collect();
            return wrong(place, Wrong::Edit(errors));
        };
        self.world.reload(subject.revision.clone());
        self.subject = subject;
        Ok(())
    }

    fn listen(&mut self) {
        self.heard.extend(self.world.sent().into_iter().filter(Sent::arrived));
    }

    /// What failed is the first message that nobody expected yet, else the one that was expected just before, else the next.
    fn deliver_failed(&mut self) {
        let heard = self.heard.pop_front().map(|sent| sent.row);
        match heard.or_else(|| self.last_expected.take()) {
            Some(row) => self.world.message_failed(&row, FAILED),
            None => self.world.script([crate::domain::Outcome::Rejected { why: FAILED.to_owned() }]),
        }
        self.listen();
    }

    fn expect_said(&mut self, said: &Said, line: &Talk) -> Checked {
        let sent = self.heard.pop_front();
        if let Some(sent) = sent.as_ref().filter(|sent| said.holds(sent)) {
            self.last_expected = Some(sent.row.clone());
            return Ok(());
        }
        if let Some(sent) = sent.as_ref().filter(|sent| self.learns(said, line, sent)) {
            self.last_expected = Some(sent.row.clone());
            return Ok(());
        }
        wrong(&line.place, Wrong::Said { expected: said.clone(), got: sent.map(Box::new) })
    }

    /// Whether this text is learned in place of the one expected.
    fn learns(&mut self, said: &Said, line: &Talk, sent: &Sent) -> bool {
        let is_whole = matches!(said, Said::Text(super::Want::Whole(_)));
        let (Some(rewrites), Some((at, style)), Some(text)) = (&mut self.rewrites, &line.text, read(&sent.effect))
        else {
            return false;
        };
        if is_whole {
            rewrites.push(Rewrite { at: at.clone(), style: *style, text });
        }
        is_whole
    }

    fn expect_state(&mut self, expect: &super::Expect, place: &Located) -> Checked {
        let differences = expect.differences(self.world.state(), self.world.tracked(), self.world.calls());
        if differences.is_empty() { Ok(()) } else { wrong(place, Wrong::State(differences)) }
    }

    fn nothing_unscripted(&mut self) -> Checked {
        let strange = self.world.strange_calls();
        if strange.is_empty() {
            return Ok(());
        }
        wrong(&self.cause.clone(), Wrong::Unscripted(strange.iter().map(describe_call).collect()))
    }

    fn nothing_unexpected(&mut self) -> Checked {
        if self.heard.is_empty() {
            return Ok(());
        }
        wrong(&self.cause.clone(), Wrong::Unexpected(self.heard.drain(..).collect()))
    }
}
