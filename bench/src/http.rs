//! Just enough HTTP/1.1 for one well-behaved peer on localhost. Load and stub share one core with each other: a real client and
//! server would cost more there than the server under test on the other, and would be measured in its place.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Outcome;

/// One message, request or response.
pub struct Received {
    /// The request or status line.
    pub line: String,
    /// The body.
    pub body: Vec<u8>,
}

/// A connection that reads message after message.
pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Wire {
    /// Over this stream.
    pub fn new(stream: TcpStream) -> Outcome<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096) })
    }

    /// Write bytes as they are.
    pub async fn write(&mut self, bytes: &[u8]) -> Outcome<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// The next message; `None` when the peer has closed.
    pub async fn read(&mut self) -> Outcome<Option<Received>> {
        loop {
            if let Some((message, length)) = parse(&self.buffer)? {
                self.buffer.drain(..length);
                return Ok(Some(message));
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }
}

/// A whole message at the start of the buffer, and its length.
fn parse(buffer: &[u8]) -> Outcome<Option<(Received, usize)>> {
    let Some(head) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(buffer.get(..head).unwrap_or_default())?;
    let mut lines = text.split("\r\n");
    let line = lines.next().unwrap_or_default().to_owned();
    let length =
        lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.map_or(Ok(0), |(_, value)| value.trim().parse())?;
    let end = head + 4 + length;
    Ok(buffer.get(head + 4..end).map(|body| (Received { line, body: body.to_vec() }, end)))
}

/// A request with a JSON body.
pub fn post(path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// An answer with a JSON body.
pub fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}
