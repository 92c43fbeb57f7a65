//! One namespace from all files of a bot: some mappings are merged over the files, every other key stands once.

use std::collections::HashMap;
use std::sync::Arc;

use crate::yaml::{self, Content, Key, Located, Node, Problem, Source};

use super::context::Context;
use super::shapes::{BOT, MERGED};

/// The most flows of a bot: twice what the engine's speed is measured with.
const MAX_FLOWS: usize = 20_000;

/// What the files say together, in file order.
#[derive(Debug, Default)]
pub(super) struct Merged {
    singles: Vec<(Key, Node)>,
    maps: HashMap<&'static str, Vec<(Key, Node)>>,
    seen: HashMap<(&'static str, String), Located>,
}

impl Merged {
    /// The value of a key that stands once.
    pub fn single(&self, name: &str) -> Option<&Node> {
        self.singles.iter().find(|(key, _)| key.text == name).map(|(_, node)| node)
    }

    /// The entries of a merged mapping.
    pub fn map(&self, name: &str) -> &[(Key, Node)] {
        self.maps.get(name).map_or(&[], Vec::as_slice)
    }
}

/// `bot.yaml` first, the others in path order.
pub(super) fn in_order(files: &[Arc<Source>]) -> Vec<Arc<Source>> {
    let mut files: Vec<_> = files.iter().filter(|file| !file.path.ends_with(".test.yaml")).cloned().collect();
    files.sort_by(|a, b| (!is_main(a), &a.path).cmp(&(!is_main(b), &b.path)));
    files
}

/// The file `bot.yaml`.
pub(super) fn is_main(file: &Source) -> bool {
    &*file.path == "bot.yaml" || file.path.ends_with("/bot.yaml")
}

/// Read and merge the files.
pub(super) fn merge(cx: &mut Context, files: &[Arc<Source>]) -> Merged {
    let mut merged = Merged::default();
    for file in files.iter().filter(|file| file.path.ends_with(".yaml")) {
        let (root, problems) = yaml::read(file);
        for problem in problems {
            cx.report(problem);
        }
        let Some(root) = root else { continue };
        match root.content {
            Content::Map(entries) => {
                for (key, node) in entries {
                    add(cx, &mut merged, key, node);
                }
            }
            Content::Empty => {}
            _ => cx.wrong_type(&root, "a mapping with keys such as `bot` and `flows`"),
        }
    }
    if let Some((key, _)) = merged.map("flows").get(MAX_FLOWS) {
        cx.report(
            Problem::error("too-many", &key.at, format!("a bot has {MAX_FLOWS} flows at most"))
                .help("make several bots of it, or use a FAQ for what only answers"),
        );
    }
    merged
}

fn add(cx: &mut Context, merged: &mut Merged, key: Key, node: Node) {
    if let Some(name) = MERGED.iter().find(|name| **name == key.text) {
        let Content::Map(entries) = node.content else {
            cx.wrong_type(&node, "a mapping by name");
            return;
        };
        for (key, node) in entries {
            if is_first(cx, merged, name, &key) {
                merged.maps.entry(name).or_default().push((key, node));
            }
        }
    } else if BOT.names().contains(&key.text.as_str()) {
        if is_first(cx, merged, "", &key) {
            merged.singles.push((key, node));
        }
    } else {
        cx.unknown_key(&key, &BOT.names());
    }
}

/// Whether a name is new in its mapping; both places are shown where it is not.
fn is_first(cx: &mut Context, merged: &mut Merged, map: &'static str, key: &Key) -> bool {
    let Some(first) = merged.seen.get(&(map, key.text.clone())) else {
        merged.seen.insert((map, key.text.clone()), key.at.clone());
        return true;
    };
    let what = if map.is_empty() { String::new() } else { format!(" in `{map}`") };
    let problem = Problem::error("repeated-name", &key.at, format!("`{}` stands twice{what}", key.text));
    cx.report(problem.also(first, "the first is here").help("all files of a bot are read as one"));
    false
}
