//! The real program as a child, its folder, and ways to wait: on conditions with a deadline, never for a time.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Longer than anything here takes on a loaded machine; reached only by a failure.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Wait until `look` finds something; `what` is said when it does not.
pub fn wait_for<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    wait_within(DEADLINE, what, look)
}

/// The same with a deadline of its own.
pub fn wait_within<T>(deadline: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + deadline;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A folder with configuration, bots and scripts.
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// With these files: path and text.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        for (path, text) in files {
            home.write(path, text);
        }
        home
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Write a file as an editor does: beside it, then over it.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let beside = path.with_extension("new");
        fs::write(&beside, text).unwrap();
        fs::rename(beside, path).unwrap();
    }

    /// Run the program here to its end.
    pub fn run(&self, args: &[&str]) -> Ran {
        let output = program(self.path()).args(args).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Start the program here.
    pub fn start(&self, args: &[&str]) -> Running {
        self.start_with(args, &[])
    }

    /// The same with variables of the environment.
    pub fn start_with(&self, args: &[&str], variables: &[(&str, PathBuf)]) -> Running {
        let mut command = program(self.path());
        command.envs(variables.iter().map(|(name, value)| (name, value))).args(args);
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Log::default());
        log.read(child.stderr.take().unwrap());
        log.read(child.stdout.take().unwrap());
        Running { child, log }
    }

    /// Start a server here and wait until it listens.
    pub fn serve(&self) -> Server {
        let running = self.start(&["serve", "--log", "json"]);
        let line = running.log.wait("the line with the address", |line| line.contains("listening on http://"));
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        Server { address: address.to_owned(), running }
    }
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frontdesk"));
    command.current_dir(folder).env("NO_COLOR", "1").env_remove("FRONTDESK_LOG").stdin(Stdio::null());
    command
}

/// How a run ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The lines of a running program.
#[derive(Default)]
pub struct Log {
    written: Mutex<Written>,
    news: Condvar,
}

#[derive(Default)]
struct Written {
    lines: Vec<String>,
    /// Pipes that may bring more.
    open: usize,
}

impl Log {
    fn read(self: &Arc<Self>, pipe: impl Read + Send + 'static) {
        self.written.lock().unwrap().open += 1;
        let log = self.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                log.written.lock().unwrap().lines.push(line);
                log.news.notify_all();
            }
            log.written.lock().unwrap().open -= 1;
            log.news.notify_all();
        });
    }

    /// The first line that fits, as soon as it is there.
    pub fn wait(&self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + DEADLINE;
        let mut written = self.written.lock().unwrap();
        loop {
            if let Some(line) = written.lines.iter().find(|line| fits(line)) {
                return line.clone();
            }
            let left = end.saturating_duration_since(Instant::now());
            let over = written.open == 0 || left.is_zero();
            assert!(!over, "waited in vain for {what}:\n{}", written.lines.join("\n"));
            written = self.news.wait_timeout(written, left).unwrap().0;
        }
    }

    /// All lines so far.
    pub fn all(&self) -> Vec<String> {
        self.written.lock().unwrap().lines.clone()
    }
}

/// A program under way; killed when dropped.
pub struct Running {
    child: Child,
    pub log: Arc<Log>,
}

impl Running {
    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Send a signal by name.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    /// Wait for the end.
    pub fn ended(&mut self) -> ExitStatus {
        wait_for("the end of the program", || self.child.try_wait().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Ended already is ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server that listens.
pub struct Server {
    pub address: String,
    pub running: Running,
}

impl Server {
    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}
