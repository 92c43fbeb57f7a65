//! Reads the options of a menu back from the text that the contact got, as a person would.

/// An option as it was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offered {
    number: String,
    text: String,
}

/// The numbered lines of a message.
pub(super) fn options(text: &str) -> Vec<Offered> {
    text.lines().filter_map(option).collect()
}

fn option(line: &str) -> Option<Offered> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = line.split_at_checked(digits)?;
    let text = rest.strip_prefix(['.', ')'])?.trim();
    (!number.is_empty() && !text.is_empty()).then(|| Offered { number: number.to_owned(), text: text.to_owned() })
}

/// The number to answer with for an option given by its text or number.
pub(super) fn find(offered: &[Offered], wanted: &str) -> Option<String> {
    let wanted = wanted.trim();
    let by_text = offered.iter().find(|option| option.text == wanted);
    by_text.or_else(|| offered.iter().find(|option| option.number == wanted)).map(|option| option.number.clone())
}

/// What was offered, in words.
pub(super) fn describe(offered: &[Offered]) -> String {
    let texts: Vec<_> = offered.iter().map(|option| format!("`{}. {}`", option.number, option.text)).collect();
    if texts.is_empty() { "the bot offered none".to_owned() } else { format!("the last menu had {}", texts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_lines_are_options() {
        let offered = options("How can we help?\n1. Prices\n2) Book a visit\n3.\nno. 4\n10. Ten");
        for (wanted, number) in [("Prices", Some("1")), ("2", Some("2")), ("Ten", Some("10")), ("3", None), ("4", None)]
        {
            assert_eq!(find(&offered, wanted).as_deref(), number, "{wanted}");
        }
    }
}
