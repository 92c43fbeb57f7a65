//! `METHOD address`: read once, so that where each value stands is known. Whoever writes to the bot must never choose the host.

use crate::bot::{Node, Problem, SealedPiece, StepReader};
use crate::domain::{HttpMethod, Sealed, SealedPart, percent_encoded};
use crate::engine::Core;
use crate::engine::turn::Turning;

use super::values;

/// The longest address, in bytes: servers refuse longer ones.
const LONGEST: usize = 8_000;

/// An address, in pieces.
#[derive(Debug)]
pub struct Address(Vec<(Spot, SealedPiece)>);

/// Where a piece stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spot {
    /// Before the path: the author's own, as it is.
    Host,
    /// In the path: encoded, and never empty.
    Path,
    /// In the query: encoded.
    Query,
}

/// Read the main argument of the step.
pub fn read(r: &mut StepReader<'_, Core>, node: &Node) -> Option<(HttpMethod, Address)> {
    let mut pieces = r.sealed_text(node)?.0;
    let method = match take_method(&mut pieces) {
        Ok(method) => method,
        Err(word) => {
            let names = HttpMethod::ALL.map(HttpMethod::name);
            let near = names.into_iter().find(|name| name.eq_ignore_ascii_case(&word));
            let problem = Problem::error("bad-address", &node.at, format!("`{word}` is no method"));
            let help = near.map_or_else(|| format!("there is {}", names.join(", ")), |near| format!("write `{near}`"));
            r.report(problem.help(help));
            return None;
        }
    };
    let host = written_host(&pieces);
    match place(pieces) {
        Ok(address) => {
            if let Some(host) = host {
                r.calls(host, &node.at);
            }
            Some((method, address))
        }
        Err((wrong, help)) => {
            r.report(Problem::error("bad-address", &node.at, wrong).help(help));
            None
        }
    }
}

/// Scheme and host, where they stand there as they are.
fn written_host(pieces: &[SealedPiece]) -> Option<String> {
    let SealedPiece::Literal(first) = pieces.first()? else { return None };
    let start = first.find("://")? + "://".len();
    let length = first.get(start..)?.find(['/', '?', '#']);
    let end = length.map_or(first.len(), |length| start + length);
    (length.is_some() || pieces.len() == 1).then(|| first.get(..end).map(str::to_owned)).flatten()
}

/// The word before the address; `GET` where there is none. The error is a word that is no method.
fn take_method(pieces: &mut Vec<SealedPiece>) -> Result<HttpMethod, String> {
    let Some(SealedPiece::Literal(first)) = pieces.first_mut() else { return Ok(HttpMethod::Get) };
    let Some((word, rest)) = first.split_once(char::is_whitespace) else { return Ok(HttpMethod::Get) };
    if word.contains("://") {
        return Ok(HttpMethod::Get);
    }
    let found = HttpMethod::ALL.into_iter().find(|method| method.name() == word);
    let method = found.ok_or_else(|| word.to_owned())?;
    let rest = rest.trim_start().to_owned();
    if rest.is_empty() {
        pieces.remove(0);
    } else {
        *first = rest;
    }
    Ok(method)
}

/// What is wrong, and what to do.
type Wrong = (String, &'static str);

fn place(pieces: Vec<SealedPiece>) -> Result<Address, Wrong> {
    let mut before = String::new();
    let mut placed = Vec::new();
    for piece in pieces {
        let spot = spot_after(&before);
        match &piece {
            SealedPiece::Literal(text) => before.push_str(text),
            SealedPiece::Expr(expr) if spot == Spot::Host && !expr.source().starts_with("bot.") => {
                let wrong = format!("`{}` would choose the host", expr.source());
                return Err((
                    wrong,
                    "the host stands here as it is, or is a constant of the bot, `{{ bot.crm }}`, or a secret",
                ));
            }
            // A constant or a secret in front holds the scheme, and perhaps the host.
            SealedPiece::Expr(_) | SealedPiece::Secret(_) if before.is_empty() => before.push_str("https://host"),
            SealedPiece::Expr(_) | SealedPiece::Secret(_) => before.push('x'),
        }
        placed.push((spot, piece));
    }
    check(&before)?;
    Ok(Address(placed))
}

fn check(whole: &str) -> Result<(), Wrong> {
    let Some((scheme, rest)) = whole.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https")) else {
        return Err((
            "the address begins with `https://` or `http://`".to_owned(),
            "write it whole: `POST https://crm.example.com/leads`",
        ));
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() {
        return Err((
            format!("there is no host after `{scheme}://`"),
            "write it whole: `POST https://crm.example.com/leads`",
        ));
    }
    if host.contains('@') {
        return Err((
            "a name and password stand in the address".to_owned(),
            "send them in a header: `headers: {Authorization: \"Basic {{ secret.crm }}\"}`",
        ));
    }
    if whole.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(("there is a space in the address".to_owned(), "a space within an address is written `%20`"));
    }
    Ok(())
}

fn spot_after(before: &str) -> Spot {
    let rest = before.split_once("://").map_or(before, |(_, rest)| rest);
    match rest.find(['?', '#']) {
        Some(_) => Spot::Query,
        None if rest.contains('/') => Spot::Path,
        None => Spot::Host,
    }
}

impl Address {
    /// The address now. The error is for people.
    pub fn now(&self, t: &mut Turning<'_>, query: &[(String, String)]) -> Result<Sealed, String> {
        let mut url = Sealed::default();
        for (spot, piece) in &self.0 {
            match piece {
                SealedPiece::Literal(text) => url.push(text),
                SealedPiece::Secret(name) => {
                    url.0.push(SealedPart::Secret { name: name.clone(), encoded: *spot != Spot::Host });
                }
                SealedPiece::Expr(expr) => {
                    let value = values::text(t.eval(expr), t.zone());
                    if *spot == Spot::Path && matches!(value.trim(), "" | "." | "..") {
                        return Err(format!("`{}` is `{value}`: the address would be another one", expr.source()));
                    }
                    url.push(&if *spot == Spot::Host { value } else { percent_encoded(&value) });
                }
            }
        }
        add_query(&mut url, query);
        if url.to_string().len() > LONGEST {
            return Err(format!("the address is longer than {LONGEST} bytes"));
        }
        Ok(url)
    }
}

fn add_query(url: &mut Sealed, query: &[(String, String)]) {
    for (name, value) in query {
        let sign = if url.to_string().contains('?') { '&' } else { '?' };
        url.push(&format!("{sign}{}={}", percent_encoded(name), percent_encoded(value)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str) -> Vec<SealedPiece> {
        vec![SealedPiece::Literal(text.to_owned())]
    }

    #[test]
    fn the_method_stands_before_the_address() {
        let cases = [
            ("https://a/b", Ok(HttpMethod::Get)),
            ("POST https://a/b", Ok(HttpMethod::Post)),
            ("DELETE  https://a/b", Ok(HttpMethod::Delete)),
            ("post https://a/b", Err("post".to_owned())),
            ("https://a/b c", Ok(HttpMethod::Get)),
        ];
        for (text, method) in cases {
            assert_eq!(take_method(&mut literal(text)), method, "{text}");
        }
    }

    #[test]
    fn addresses_are_whole_and_hold_no_password() {
        for text in ["crm.example.com/x", "ftp://a/b", "https://", "https:///x", "https://a:b@c/", "https://a/b c"] {
            assert!(place(literal(text)).is_err(), "{text}");
        }
        for text in ["https://a", "http://10.0.0.5:80/x?y=1", "https://a?x", "https://a/b@c"] {
            assert!(place(literal(text)).is_ok(), "{text}");
        }
        assert!(place(vec![SealedPiece::Secret("hook".into())]).is_ok());
    }

    #[test]
    fn values_are_where_they_stand() {
        let cases = [
            ("", Spot::Host),
            ("https://a", Spot::Host),
            ("https://a/", Spot::Path),
            ("https://a?x=", Spot::Query),
            ("https://a/b?x=", Spot::Query),
        ];
        for (before, spot) in cases {
            assert_eq!(spot_after(before), spot, "{before}");
        }
    }
}
