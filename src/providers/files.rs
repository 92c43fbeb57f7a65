//! Files that contacts sent, where the provider says in an answer where they lie.

use secrecy::SecretString;

use crate::domain::{Call, CallBody, Finding, Inquiring};

/// The longest address that is followed; those of clouds, with their signatures, have some hundred characters.
const LONGEST: usize = 4096;

/// A file at that address, which the provider named. `key` goes along to the provider's own hosts, never elsewhere.
pub fn lies_at(url: &str, base_url: &str, hosts: &[&str], key: Option<(&'static str, SecretString)>) -> Inquiring {
    let at_home = origin(url) == origin(base_url);
    let plain = url.len() <= LONGEST && !url.contains(|c: char| c.is_whitespace() || c.is_control());
    if !plain || !(at_home || url.starts_with("https://")) {
        return Inquiring::Done(Finding::Failed { why: "the provider names no address of the file".into() });
    }
    let trusted = at_home || hosts.iter().any(|host| is_of(host_of(url), host));
    let headers = key.filter(|_| trusted).into_iter().collect();
    let url = url.to_owned();
    let call = Box::new(Call {
        method: "GET",
        url,
        headers,
        body: CallBody::Empty,
        delivers: false,
        spends: None,
        patient: false,
    });
    Inquiring::Done(Finding::File { call, mime: None, at_home })
}

/// `https://host:port` of an address.
fn origin(url: &str) -> &str {
    let begin = url.find("://").map_or(0, |at| at + 3);
    let end = url.get(begin..).and_then(|rest| rest.find(['/', '?', '#', '\\'])).map_or(url.len(), |at| begin + at);
    url.get(..end).unwrap_or_default()
}

/// The host without its port; `""` where a name and password stand before it.
fn host_of(url: &str) -> &str {
    let authority = origin(url).split_once("://").map_or("", |(_, authority)| authority);
    if authority.contains('@') { "" } else { authority.split(':').next().unwrap_or_default() }
}

fn is_of(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_goes_to_the_providers_hosts_alone() {
        let cases = [
            ("https://lookaside.fbsbx.com/x?mid=1", "elsewhere, with the key"),
            ("https://fbsbx.com/x", "elsewhere, with the key"),
            ("https://graph.example:8443/x", "at home, with the key"),
            ("https://graph.example/x", "elsewhere"),
            ("https://evilfbsbx.com/x", "elsewhere"),
            ("https://lookaside.fbsbx.com.evil.example/x", "elsewhere"),
            ("https://lookaside.fbsbx.com@evil.example/x", "elsewhere"),
            ("https://evil.example\\@lookaside.fbsbx.com/x", "elsewhere"),
            ("http://lookaside.fbsbx.com/x", "nowhere"),
            ("file:///etc/passwd", "nowhere"),
            ("https://a b", "nowhere"),
            ("", "nowhere"),
        ];
        for (url, want) in cases {
            let key = || Some(("authorization", SecretString::from("Bearer t".to_owned())));
            let said = match lies_at(url, "https://graph.example:8443/v23.0", &["fbsbx.com"], key()) {
                Inquiring::Done(Finding::File { call, at_home, .. }) => {
                    let place = if at_home { "at home" } else { "elsewhere" };
                    if call.headers.is_empty() { place.to_owned() } else { format!("{place}, with the key") }
                }
                _ => "nowhere".to_owned(),
            };
            assert_eq!(said, want, "{url}");
        }
    }
}
