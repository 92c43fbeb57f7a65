//! E-mail addresses: the one in the message.

use email_address::{EmailAddress, Options};

use super::digits::western;
use super::sole;

/// What may stand around an address in a sentence.
const AROUND: &[char] = &['<', '>', '(', ')', '[', ']', ',', ';', ':', '"', '\'', '«', '»', '!', '?', '.', '…'];

/// The only address in the text. A broken one beside it is a wrong answer, too.
pub fn email(text: &str) -> Option<String> {
    let text = western(text);
    let candidates =
        text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>')).filter(|word| word.contains('@'));
    let word = sole(candidates)?;
    let word = word.trim_matches(AROUND);
    let address = word.strip_prefix("mailto:").unwrap_or(word);
    let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
    let parsed = EmailAddress::parse_with_options(address, options).ok()?;
    Some(parsed.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_address() {
        let cases = [
            ("anna@example.com", Some("anna@example.com")),
            ("It is anna@example.com.", Some("anna@example.com")),
            ("Anna <anna@example.com>", Some("anna@example.com")),
            ("mailto:anna@example.com", Some("anna@example.com")),
            ("a.b+c@mail.example.co.uk!", Some("a.b+c@mail.example.co.uk")),
            ("анна@пример.рф", Some("анна@пример.рф")),
            ("a@example.com or b@example.com", None),
            ("anna@example", None),
            ("anna at example.com", None),
            ("@anna", None),
            ("anna@", None),
            ("a@b@example.com", None),
            ("", None),
        ];
        for (text, want) in cases {
            assert_eq!(email(text).as_deref(), want, "{text}");
        }
    }
}
