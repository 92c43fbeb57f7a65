//! A process under test, alone on the first core, and what the system says of it.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;

/// How long a server may take to be ready.
const START: Duration = Duration::from_secs(30);

/// The system counts time of processes in hundredths of a second (`getconf CLK_TCK` on every Linux we meet).
const TICK: Duration = Duration::from_millis(10);

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub address: String,
    /// From the start of the process to its first answer that it is ready.
    pub started_in: Duration,
}

impl Server {
    /// Start on core 0, in this folder, and wait until `/readyz` answers 200.
    pub fn start(program: &Path, arguments: &[&str], folder: &Path, address: &str) -> Outcome<Self> {
        let begun = Instant::now();
        let mut command = Command::new("taskset");
        command.arg("-c").arg("0").arg(program).args(arguments).current_dir(folder);
        // The log is written as it would be: to a file.
        let log = std::fs::File::create(folder.join("server.log"))?;
        let child = command.stdout(Stdio::null()).stderr(log).spawn()?;
        let mut server = Self { child, address: address.to_owned(), started_in: Duration::ZERO };
        while !is_ready(address) {
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("`{}` ended at once: {status}", program.display()).into());
            }
            if begun.elapsed() > START {
                return Err(format!("`{}` is not ready after {START:?}", program.display()).into());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        server.started_in = begun.elapsed();
        Ok(server)
    }

    /// Time on the processor so far, all threads.
    pub fn cpu(&self) -> Outcome<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in brackets may hold anything; what is counted comes after it.
        let (_, rest) = stat.rsplit_once(')').ok_or("no such process")?;
        let ticks = rest.split_whitespace().skip(11).take(2).map(str::parse::<u32>).sum::<Result<u32, _>>()?;
        Ok(TICK * ticks)
    }

    /// Resident memory now and at its highest, in MB.
    pub fn memory(&self) -> Outcome<(f64, f64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let field = |name: &str| -> Outcome<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such field")?;
            Ok(line.trim_end_matches("kB").trim().parse::<f64>()? / 1024.0)
        };
        Ok((field("VmRSS:")?, field("VmHWM:")?))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A free port on localhost.
pub fn free_address() -> Outcome<String> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

/// Leave the first core to the server: this thread and all that it starts from now on.
pub fn move_to_other_core() -> Outcome<()> {
    let id = std::process::id().to_string();
    let moved = Command::new("taskset").args(["-c", "-p", "1", &id]).stdout(Stdio::null()).status()?;
    if moved.success() { Ok(()) } else { Err("`taskset` cannot move this process to core 1".into()) }
}

fn is_ready(address: &str) -> bool {
    use std::io::{Read, Write};
    let ask = || -> std::io::Result<String> {
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}
