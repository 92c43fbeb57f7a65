//! `frontdesk health`: is the server up? For containers, which have no other program to ask.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::{Done, Failure, Shared, Verdict, settings};

/// A server that needs longer for `ok` is not up.
const ANSWERED_WITHIN: Duration = Duration::from_secs(3);
/// The first line is all that is read.
const MAX_ANSWER: u64 = 512;

/// Ask a running server whether it is up
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  frontdesk health
  frontdesk health 127.0.0.1:8080

Exit codes: 0 it is up, 1 it is not.")]
pub struct Args {
    /// Where it listens; what the configuration says, or 127.0.0.1:8080
    #[arg(value_name = "HOST:PORT")]
    address: Option<String>,
}

/// Run it.
pub fn run(args: &Args, shared: &Shared) -> Done {
    let address = args.address.clone().or_else(|| settings::listen(&shared.config));
    let address = local(&address.unwrap_or_else(|| "127.0.0.1:8080".into()));
    match ask(&address) {
        Ok(line) if line.starts_with("HTTP/1.1 200 ") => Ok(Verdict::Fine),
        Ok(line) => Err(Failure::new(format!("{address} answers `{line}`"))),
        Err(why) => Err(Failure::new(format!("{address} does not answer: {why}; is the server running?"))),
    }
}

/// A server that listens everywhere is asked here; a URL is as good as an address.
fn local(address: &str) -> String {
    let address = address.trim_start_matches("http://").trim_end_matches('/');
    let here = address.strip_prefix("0.0.0.0:").or_else(|| address.strip_prefix("[::]:"));
    here.map_or_else(|| address.to_owned(), |port| format!("127.0.0.1:{port}"))
}

fn ask(address: &str) -> std::io::Result<String> {
    let found = address.to_socket_addrs()?.next().ok_or(std::io::ErrorKind::AddrNotAvailable)?;
    let mut stream = TcpStream::connect_timeout(&found, ANSWERED_WITHIN)?;
    stream.set_read_timeout(Some(ANSWERED_WITHIN))?;
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned())
}
