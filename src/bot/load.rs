//! From files to a revision: read, merge, build, check what binds it together. All problems are reported at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::domain::{FlowName, RevisionId, hex};
use crate::script::{BotView, Languages, Scripts};
use crate::yaml::{Problem, Severity, Source};

use super::assets::is_asset;
use super::build::Builder;
use super::context::Context;
use super::faq::faq_flow;
use super::flows::FlowDraft;
use super::merge::{Merged, in_order, merge};
use super::recipes::{Recipes, is_recipe, lead_there};
use super::settings::Settings;
use super::{Audience, Faq, Flow, KEYWORD, Parts, Rename, Revision, Words, faq, links, settings, words};

/// Load a bot from all files of its folder (`*.yaml` but tests; paths as shown to people, the folder's name is the bot's) and the
/// modules of `scripts/`. The revision is there exactly when no problem is an error. Problems are in the order of files and places.
pub fn load<P: Parts>(
    folder: &str,
    files: &[Arc<Source>],
    scripts: &Arc<Scripts>,
) -> (Option<Revision<P>>, Vec<Problem>) {
    load_for(folder, files, scripts, Audience::default())
}

/// The same, checked for the channels on which the bot speaks.
pub fn load_for<P: Parts>(
    folder: &str,
    files: &[Arc<Source>],
    scripts: &Arc<Scripts>,
    audience: Audience,
) -> (Option<Revision<P>>, Vec<Problem>) {
    let (recipes, files): (Vec<_>, Vec<_>) =
        files.iter().cloned().partition(|file| file.path.ends_with(".yaml") && is_recipe(&file.text));
    let mut files = in_order(&files);
    let mut cx = Context::new(folder, scripts);
    cx.recipes = Recipes::new(&recipes);
    cx.audience = audience;
    cx.assets = files.iter().filter(|file| is_asset(&file.path)).cloned().collect();
    let merged = merge(&mut cx, &files);
    let settings = settings::read(&mut cx, &merged, &files);
    cx.read_teams(merged.map("teams"), settings.zone, settings.holidays.as_ref());
    let words = words::read(&mut cx, merged.single("words"), P::fold);
    faq::read(&mut cx, &merged, &files);
    let (flows, renamed, mut cx) = read_flows::<P>(cx, &merged);
    let on_error = merged.single("on_error").and(flows.len().checked_sub(1));
    files.extend(cx.recipes.used());
    let mut problems = in_file_order(without_gaps(std::mem::take(&mut cx.problems)), &files);
    lead_there(&cx.recipes, &mut problems);
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        return (None, problems);
    }
    let renamed_flows = renamed_flows(&flows);
    let flows: Option<Vec<Flow<P>>> = flows.into_iter().map(FlowDraft::finish).collect();
    let id = fingerprint(&files, scripts);
    let revision = flows.map(|flows| {
        let mut revision = revision(cx, settings, flows, id);
        let old = renamed_flows.iter().filter_map(|(old, new)| Some((old.clone(), *revision.flow_index.get(new)?)));
        let old: Vec<_> = old.collect();
        revision.flow_index.extend(old);
        Revision { on_error, renamed, renamed_flows, words, ..revision }
    });
    (revision, problems)
}

/// The names that flows had before, and their new ones.
fn renamed_flows<P: Parts>(flows: &[FlowDraft<P>]) -> Vec<(FlowName, FlowName)> {
    let renamed = |flow: &FlowDraft<P>| {
        let new = flow.steps.name.clone();
        flow.was.iter().map(move |(old, _)| (old.as_str().into(), new.clone())).collect::<Vec<_>>()
    };
    flows.iter().flat_map(renamed).collect()
}

fn read_flows<P: Parts>(cx: Context, merged: &Merged) -> (Vec<FlowDraft<P>>, Vec<Rename>, Context) {
    let mut builder = Builder::<P>::new(cx);
    builder.every_question = merged.single("every_question").cloned().map(Arc::new);
    let mut flows: Vec<_> = merged.map("flows").iter().map(|(key, node)| builder.flow(key, node)).collect();
    let nobody = merged.map("teams").iter().filter_map(|(key, team)| Some((key, team.get("on_nobody")?)));
    flows.extend(nobody.map(|(team, node)| builder.on_nobody(&team.text, node)));
    if let Some(node) = merged.single("use") {
        builder.use_at_top(node);
    }
    let on_error = merged.single("on_error").map(|node| builder.on_error(node));
    flows.extend(builder.flows_of_recipes());
    // The last, so that it is found.
    flows.extend(on_error);
    links::check(&mut builder, &flows, merged);
    builder.cx.check_faq();
    (flows, builder.renamed, builder.cx)
}

fn revision<P: Parts>(mut cx: Context, settings: Settings, mut flows: Vec<Flow<P>>, id: RevisionId) -> Revision<P> {
    let faq = Faq::new(std::mem::take(&mut cx.faq.entries), settings.synonyms, settings.faq_match);
    let faq_flow = faq.entries.first().map(|first| {
        flows.push(faq_flow(first));
        flows.len() - 1
    });
    let languages: Vec<String> = cx.languages.iter().map(ToString::to_string).collect();
    let view = BotView {
        vars: settings.vars,
        zone: settings.zone,
        languages: Languages::new(languages.iter().map(String::as_str)),
        hours: settings.hours,
        calendars: settings.calendars,
        teams: cx.team_facts(),
        names: cx.sets.iter().cloned().chain([KEYWORD.to_owned()]).collect(),
    };
    Revision {
        id,
        bot: cx.folder.as_str().into(),
        languages,
        month_first: settings.month_first,
        view: Arc::new(view),
        session_expires: settings.session_expires,
        quiet_after_human: settings.quiet_after_human,
        settle: settings.settle,
        loop_guard: settings.loop_guard,
        on_error: None,
        outside: settings.outside,
        renamed: Vec::new(),
        renamed_flows: Vec::new(),
        secrets: std::mem::take(&mut cx.secrets),
        calls: std::mem::take(&mut cx.calls),
        words: Words::default(),
        templates: std::mem::take(&mut cx.templates),
        asset_refs: cx.assets_sent.values().cloned().collect(),
        teams: cx.teams,
        assets: BTreeMap::new(),
        flow_index: flows.iter().enumerate().map(|(ix, flow)| (flow.name.clone(), ix)).collect(),
        table: P::table(&flows),
        flows,
        faq_index: P::faq(&faq),
        faq,
        faq_flow,
    }
}

/// What a gap that broken YAML left can look like, in its file.
const GAPS: &[&str] = &[
    "wrong-type",
    "missing-key",
    "missing-argument",
    "no-steps",
    "bad-step",
    "trigger-shape",
    "unknown-step",
    "options",
    "fields",
];
/// And from any other file.
const FAR_GAPS: &[&str] = &[
    "unknown-flow",
    "unknown-flow-step",
    "unset-name",
    "unknown-field",
    "unused-flow",
    "unused-endings",
    "unknown-team",
    "unknown-faq",
    "faq-no-answer",
    "unknown-recipe",
];

/// Leave out what broken YAML alone may have caused: it would send people to places where nothing is wrong.
fn without_gaps(mut problems: Vec<Problem>) -> Vec<Problem> {
    let is_broken = |p: &&Problem| p.code == "yaml-syntax";
    let broken: BTreeSet<Arc<str>> = problems.iter().filter(is_broken).map(|p| p.at.source.path.clone()).collect();
    if !broken.is_empty() {
        let is_near = |p: &Problem| GAPS.contains(&p.code) && broken.contains(&p.at.source.path);
        problems.retain(|p| !is_near(p) && !FAR_GAPS.contains(&p.code));
    }
    problems
}

/// The problems of a folder of which some files could not be read: those files', and what loading the others found, but for
/// what the missing ones alone may have caused.
pub fn beside_unread(unread: Vec<Problem>, mut found: Vec<Problem>) -> Vec<Problem> {
    let is_gap = |problem: &Problem| problem.code == "no-bot" || FAR_GAPS.contains(&problem.code);
    if unread.iter().any(|problem| problem.severity == Severity::Error) {
        found.retain(|problem| !is_gap(problem));
    }
    unread.into_iter().chain(found).collect()
}

/// Files in the order read, places in the order of the file; a part that was read twice says its problem once.
fn in_file_order(mut problems: Vec<Problem>, files: &[Arc<Source>]) -> Vec<Problem> {
    let order: BTreeMap<&str, usize> = files.iter().enumerate().map(|(n, file)| (&*file.path, n)).collect();
    problems.sort_by_key(|p| (order.get(&*p.at.source.path).copied(), p.at.bytes.start, p.severity));
    problems.dedup();
    problems
}

/// The same files and scripts always have the same, on every machine and in every release.
fn fingerprint(files: &[Arc<Source>], scripts: &Scripts) -> RevisionId {
    let mut hash = Sha256::new();
    for file in files.iter().chain(scripts.files()) {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        for part in [name, &file.text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
    }
    let digest = hash.finalize();
    hex(digest.get(..16).unwrap_or(&digest)).into()
}
