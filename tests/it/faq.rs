//! How well messages find their entries of a FAQ: counted over cases that people might write, so that a change shows what it costs.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use frontdesk::bot;
use frontdesk::engine::faq::Decision;
use frontdesk::engine::{Core, Revision};
use frontdesk::runtime::folder;
use frontdesk::script::Scripts;
use frontdesk::yaml::{self, Colour, Node, Source};

/// What became of the cases of one half.
#[derive(Debug, Default)]
struct Tally {
    cases: usize,
    /// As wanted.
    right: usize,
    /// Asked back, and the entry is among those offered; or asked back where nothing fits.
    asked: usize,
    /// Another entry answered, or one where none fits.
    wrong: usize,
    /// Each that was not right, with its scores.
    told: String,
}

fn load(dir: &Path) -> Revision {
    let read = folder::read_bot(dir);
    let (revision, problems) = bot::load::<Core>(&read.name, &read.files, &Arc::new(Scripts::default()));
    assert!(revision.is_some(), "{}", yaml::render(&problems, Colour::Never));
    revision.unwrap()
}

impl Tally {
    fn count(&mut self, revision: &Revision, wanted: &str, text: &str) {
        let verdict = revision.faq_index.find(text);
        let name = |n: &usize| revision.faq.entries[*n].name.as_str();
        self.cases += 1;
        let is_right = match &verdict.decision {
            Decision::Nothing => wanted == "none",
            Decision::Answer(entry) => {
                self.wrong += usize::from(name(entry) != wanted);
                name(entry) == wanted
            }
            Decision::Ask(entries) => {
                self.asked += usize::from(wanted == "none" || entries.iter().any(|entry| name(entry) == wanted));
                false
            }
        };
        self.right += usize::from(is_right);
        if !is_right {
            let tried: Vec<_> =
                verdict.tried.iter().map(|t| format!("{} {:.2} {:?}", name(&t.entry), t.score, t.words)).collect();
            writeln!(self.told, "  {wanted}: {text:?}: {:?}: {}", verdict.decision, tried.join("; ")).unwrap();
        }
    }
}

/// Every other case was tuned with, the others were not.
fn tally(dir: &Path) -> [Tally; 2] {
    let revision = load(&dir.join("clinic"));
    let text = std::fs::read(dir.join("cases.yaml")).unwrap();
    let (node, problems) = yaml::read(&Source::new("cases.yaml", &text).unwrap());
    assert_eq!(problems, []);
    let mut halves = [Tally::default(), Tally::default()];
    for (wanted, list) in node.as_ref().map_or(&[][..], Node::entries) {
        for (n, case) in list.one_or_many().iter().enumerate() {
            halves[n % 2].count(&revision, &wanted.text, case.scalar().unwrap());
        }
    }
    halves
}

#[test]
fn messages_find_their_entries() {
    let [tuned_with, held_out] = tally(Path::new("tests/data/faq"));
    // Less than measured by a case or two, so that words may be weighed anew; a wrong answer is worse than a question back.
    for (half, tally, least) in [("tuned with", tuned_with, 0.88), ("held out", held_out, 0.78)] {
        let Tally { cases, right, asked, wrong, told } = &tally;
        let said = format!("{half}: of {cases}, {right} right, {asked} asked back, {wrong} wrong\n{told}");
        assert!(*cases >= 50, "{said}");
        assert!(*right as f32 >= least * *cases as f32, "{said}");
        assert!(*wrong <= 1 && right + asked + wrong + 3 >= *cases, "{said}");
    }
}
