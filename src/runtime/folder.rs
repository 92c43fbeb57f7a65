//! Reads the folders that people write: a bot's files, the rhai modules. The one place that does so: `serve`, its reload, `check`,
//! `chat` and `test` all read here, so they see the same files in the same order and say the same of what cannot be read.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::SystemTime;

use crate::bot;
use crate::domain::AssetRef;
use crate::yaml::{Located, MAX_FILE_BYTES, Problem, Severity, Source};

/// The most files read from one folder: ten times what the largest bots have.
pub const MAX_FILES: usize = 1_000;

/// Bytes of all files of one bot that are read together: reading and building them takes several times as much memory.
const MAX_FOLDER_BYTES: usize = 8 * MAX_FILE_BYTES;

/// Bytes of all files together that one bot's steps send: they are held in memory.
const MAX_ASSETS_BYTES: u64 = 64 << 20;

impl BotFolder {
    /// With the recipes of another folder, which its bot may use.
    #[must_use]
    pub fn and_recipes(mut self, dir: &Path) -> Self {
        let (files, problems) = read_recipes(dir);
        self.files.extend(files);
        self.problems.extend(problems);
        self
    }
}

/// What a bot's folder holds, in path order. What could not be read is among the problems.
#[derive(Debug, Default, PartialEq)]
pub struct BotFolder {
    /// The folder's own name, which the bot bears too.
    pub name: String,
    /// `*.yaml` but tests, calendar files (`*.ics`) and tables (`*.csv`, `*.xlsx`), for `bot::load`.
    pub files: Vec<Arc<Source>>,
    /// `*.test.yaml`.
    pub tests: Vec<Arc<Source>>,
    /// Unreadable files, links that lead out, names that are not read.
    pub problems: Vec<Problem>,
}

/// The bots at a path: the folder itself when it has a `bot.yaml`, else its children that have one, in order of their names.
/// The error says what is wrong with the path.
pub fn bot_folders(path: &Path) -> Result<Vec<PathBuf>, Box<Problem>> {
    if has_bot(path) {
        return Ok(vec![path.to_path_buf()]);
    }
    let unreadable = |error: std::io::Error| Box::new(cannot_read(path, &error));
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let child = entry.map_err(unreadable)?.path();
        if !is_hidden(&child) && has_bot(&child) {
            found.push(child);
        }
    }
    found.sort();
    if found.is_empty() {
        let problem = Problem::error("no-bot", &whole(path), "neither here nor in a folder below is a `bot.yaml`");
        return Err(Box::new(problem.help("a bot is a folder with a `bot.yaml` in it")));
    }
    Ok(found)
}

/// Read a bot's folder; subfolders are not read.
pub fn read_bot(dir: &Path) -> BotFolder {
    let mut folder = BotFolder { name: folder_name(dir), ..BotFolder::default() };
    for path in listed(dir, &mut folder.problems) {
        let read = folder.files.iter().chain(&folder.tests).map(|file| file.text.len()).sum::<usize>();
        if read > MAX_FOLDER_BYTES {
            let message = format!("the files of the folder are more than {} MiB together", MAX_FOLDER_BYTES >> 20);
            let problem = Problem::error("file-too-large", &whole(dir), message);
            folder.problems.push(problem.help("make several bots of it"));
            break;
        }
        match path.extension().and_then(|e| e.to_str()) {
            Some("yaml") => {
                let into = if is_test(&path) { &mut folder.tests } else { &mut folder.files };
                into.extend(read_file(dir, &path, &mut folder.problems));
            }
            Some(_) if bot::is_asset(&path.to_string_lossy()) => {
                folder.files.extend(read_asset(dir, &path, &mut folder.problems));
            }
            Some("ics") => folder.files.extend(read_file(dir, &path, &mut folder.problems)),
            Some("csv" | "xlsx") => folder.files.extend(read_table(dir, &path, &mut folder.problems)),
            Some("yml") => folder.problems.push(
                Problem::warning("yml-name", &whole(&path), "a `.yml` file is not read")
                    .help("rename it to end in `.yaml`"),
            ),
            _ => {}
        }
    }
    folder
}

/// Read the rhai modules of a folder, in path order. A folder that is not there holds none.
pub fn read_scripts(dir: &Path) -> (Vec<Arc<Source>>, Vec<Problem>) {
    let mut problems = Vec::new();
    if !dir.exists() {
        return (Vec::new(), problems);
    }
    let paths = listed(dir, &mut problems);
    let modules = paths.iter().filter(|path| path.extension().is_some_and(|e| e == "rhai"));
    let files = modules.filter_map(|path| read_file(dir, path, &mut problems)).collect();
    (files, problems)
}

/// Read the recipes of a folder, in path order. A folder that is not there holds none.
pub fn read_recipes(dir: &Path) -> (Vec<Arc<Source>>, Vec<Problem>) {
    let mut problems = Vec::new();
    if !dir.exists() {
        return (Vec::new(), problems);
    }
    let paths = listed(dir, &mut problems);
    let files = paths.iter().filter(|path| path.extension().is_some_and(|e| e == "yaml") && !is_test(path));
    let files: Vec<_> = files.filter_map(|path| read_file(dir, path, &mut problems)).collect();
    (files.into_iter().filter(|file| bot::is_recipe(&file.text)).collect(), problems)
}

/// A place that stands for a whole file or folder.
pub fn whole(path: &Path) -> Located {
    let source = Source { path: shown(path), text: "".into() };
    Located { source: Arc::new(source), bytes: 0..0 }
}

fn has_bot(dir: &Path) -> bool {
    dir.join("bot.yaml").is_file()
}

fn is_test(path: &Path) -> bool {
    path.to_str().is_some_and(|p| p.ends_with(".test.yaml"))
}

/// Editors keep swap files and locks under such names, and mounted volumes their generations.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'))
}

/// As given, without an idle `./`.
fn shown(path: &Path) -> Arc<str> {
    let text = path.to_string_lossy();
    text.strip_prefix("./").filter(|rest| !rest.is_empty()).unwrap_or(&text).into()
}

fn folder_name(dir: &Path) -> String {
    let name = |path: &Path| path.file_name().map(|n| n.to_string_lossy().into_owned());
    // `.` and `..` have no name of their own.
    name(dir).or_else(|| fs::canonicalize(dir).ok().as_deref().and_then(name)).unwrap_or_default()
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Problem {
    Problem::error("unreadable", &whole(path), format!("cannot be read: {}", reason(error)))
}

/// In our words: the system's differ between systems and carry numbers.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file or folder".into(),
        std::io::ErrorKind::PermissionDenied => "permission denied".into(),
        std::io::ErrorKind::NotADirectory => "it is no folder".into(),
        _ => error.to_string(),
    }
}

/// The files of a folder by name, hidden ones left out.
fn listed(dir: &Path, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) => {
            problems.push(cannot_read(dir, &error));
            return Vec::new();
        }
    };
    let mut paths = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) if is_hidden(&entry.path()) => {}
            Ok(_) if paths.len() == MAX_FILES => {
                problems.push(Problem::error("too-many", &whole(dir), format!("holds more than {MAX_FILES} files")));
                break;
            }
            Ok(entry) => paths.push(entry.path()),
            Err(error) => problems.push(cannot_read(dir, &error)),
        }
    }
    paths.sort();
    paths
}

fn read_file(dir: &Path, path: &Path, problems: &mut Vec<Problem>) -> Option<Arc<Source>> {
    let source = read_bytes(dir, path).and_then(|bytes| Source::new(shown(path), &bytes));
    source.map_err(|problem| problems.push(*problem)).ok()
}

/// A table that may belong to the bot. One that cannot be read keeps nothing from working: a bot that names it says so itself.
fn read_table(dir: &Path, path: &Path, problems: &mut Vec<Problem>) -> Option<Arc<Source>> {
    let source = read_bytes(dir, path).and_then(|bytes| bot::table(shown(path), &bytes));
    source.map_err(|problem| problems.push(Problem { severity: Severity::Warning, ..*problem })).ok()
}

/// A file that a step may send: its hash and size stand for it. One that cannot be read keeps nothing from working: a step that names it
/// says so itself.
fn read_asset(dir: &Path, path: &Path, problems: &mut Vec<Problem>) -> Option<Arc<Source>> {
    let told = (|| {
        let file = regular_file(dir, path)?;
        let (size, changed) = (file.len(), file.modified().ok());
        let hash = hash_of(path, size, changed).map_err(|error| Box::new(cannot_read(path, &error)))?;
        Ok(Arc::new(bot::asset(shown(path), &hash, size)))
    })();
    told.map_err(|problem: Box<Problem>| problems.push(Problem { severity: Severity::Warning, ..*problem })).ok()
}

/// Size, time and hash of each file that was looked at.
type Hashes = HashMap<PathBuf, (u64, SystemTime, String)>;

/// The hash of a file that is looked at every second: computed when its size or its time changes. A file that is too large to be sent has
/// none.
fn hash_of(path: &Path, size: u64, changed: Option<SystemTime>) -> std::io::Result<String> {
    static KNOWN: LazyLock<Mutex<Hashes>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let (Some((known_size, at, hash)), Some(changed)) = (known.get(path), changed)
        && (*known_size, *at) == (size, changed)
    {
        return Ok(hash.clone());
    }
    let hash = if size > bot::LARGEST_ASSET { "-".to_owned() } else { bot::content_hash(&fs::read(path)?) };
    if let Some(changed) = changed {
        if known.len() >= MAX_FILES {
            known.clear();
        }
        known.insert(path.to_path_buf(), (size, changed, hash.clone()));
    }
    Ok(hash)
}

/// The contents of files that a revision's steps send, by SHA-256, and what of them cannot be had any more. `dir` is the bot's folder.
pub fn read_contents(dir: &Path, assets: &[AssetRef]) -> (BTreeMap<String, Arc<[u8]>>, Vec<Problem>) {
    let (mut contents, mut problems, mut total) = (BTreeMap::new(), Vec::new(), 0);
    for asset in assets {
        let path = dir.join(&asset.path);
        match fs::read(&path) {
            Ok(bytes) if total + bytes.len() as u64 > MAX_ASSETS_BYTES => {
                let message = format!("the files that steps send are more than {MAX_ASSETS_BYTES} bytes together");
                problems
                    .push(Problem::error("file-too-large", &whole(&path), message).help("send some by their address"));
                break;
            }
            Ok(bytes) => {
                total += bytes.len() as u64;
                contents.insert(asset.hash.clone(), bytes.into());
            }
            Err(error) => problems.push(cannot_read(&path, &error)),
        }
    }
    (contents, problems)
}

fn regular_file(dir: &Path, path: &Path) -> Result<fs::Metadata, Box<Problem>> {
    let unreadable = |error: std::io::Error| Box::new(cannot_read(path, &error));
    if leads_out(dir, path).map_err(unreadable)? {
        let problem = Problem::error("link-outside", &whole(path), "is a link that leads out of its folder");
        return Err(Box::new(problem.help("copy the file into the folder")));
    }
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Box::new(Problem::error("unreadable", &whole(path), "is no file")));
    }
    Ok(metadata)
}

fn read_bytes(dir: &Path, path: &Path) -> Result<Vec<u8>, Box<Problem>> {
    let unreadable = |error: std::io::Error| Box::new(cannot_read(path, &error));
    regular_file(dir, path)?;
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file that is too large from one that just fits.
    let limit = MAX_FILE_BYTES as u64 + 1;
    File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)).map_err(unreadable)?;
    Ok(bytes)
}

/// A link may stay inside its folder (mounted volumes are made so), nothing else.
fn leads_out(dir: &Path, path: &Path) -> std::io::Result<bool> {
    if !fs::symlink_metadata(path)?.is_symlink() {
        return Ok(false);
    }
    Ok(!fs::canonicalize(path)?.starts_with(fs::canonicalize(dir)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(problems: &[Problem]) -> Vec<&str> {
        problems.iter().map(|p| p.code).collect()
    }

    #[test]
    fn reads_what_belongs_to_a_bot_and_says_what_it_cannot() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("clinic");
        fs::create_dir_all(dir.join("below.yaml")).unwrap();
        for (name, bytes) in [
            ("bot.yaml", b"bot: clinic".as_slice()),
            ("a.yaml", b"flows: {}"),
            ("a.test.yaml", b"test: a"),
            ("old.yml", b""),
            (".swap.yaml", b""),
            ("notes.md", b""),
            ("map.jpg", b"picture"),
            ("off.ics", b"BEGIN:VCALENDAR"),
            ("faq.csv", b"id,question,answer"),
            ("broken.xlsx", b"no workbook"),
            ("latin.yaml", b"bot: \xe9"),
        ] {
            fs::write(dir.join(name), bytes).unwrap();
        }
        std::os::unix::fs::symlink("/etc/hostname", dir.join("out.yaml")).unwrap();
        std::os::unix::fs::symlink("a.yaml", dir.join("within.yaml")).unwrap();
        let read = read_bot(&dir);
        let names = |files: &[Arc<Source>]| -> Vec<String> {
            files.iter().filter_map(|f| f.path.rsplit('/').next().map(String::from)).collect()
        };
        assert_eq!(read.name, "clinic");
        assert_eq!(names(&read.files), ["a.yaml", "bot.yaml", "faq.csv", "map.jpg", "off.ics", "within.yaml"]);
        assert_eq!(names(&read.tests), ["a.test.yaml"]);
        assert_eq!(codes(&read.problems), ["unreadable", "bad-workbook", "not-utf8", "yml-name", "link-outside"]);
        assert_eq!(bot_folders(home.path()).unwrap(), std::slice::from_ref(&dir));
        assert_eq!(bot_folders(&dir).unwrap(), [dir]);
    }

    #[test]
    fn a_missing_folder_is_a_problem_for_a_bot_and_none_for_scripts() {
        let home = tempfile::tempdir().unwrap();
        let gone = home.path().join("gone");
        assert_eq!(codes(&read_bot(&gone).problems), ["unreadable"]);
        assert_eq!(bot_folders(&gone).unwrap_err().code, "unreadable");
        assert_eq!(bot_folders(home.path()).unwrap_err().code, "no-bot");
        assert_eq!(read_scripts(&gone), (Vec::new(), Vec::new()));
    }
}
