//! What people write for opening hours, brought to the notation as well as can be: `Mon-Fri 9-18` is `Mo-Fr 09:00-18:00`.

/// Days by their beginnings in English.
const DAYS: &[(&str, &str)] =
    &[("mo", "Mo"), ("tu", "Tu"), ("we", "We"), ("th", "Th"), ("fr", "Fr"), ("sa", "Sa"), ("su", "Su")];
const MONTHS: &[&str] = &["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The nearest right form, if this is not it already; whether it is one is the caller's to try.
pub(super) fn mended(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            c if c.is_alphabetic() => rest.find(|c: char| !c.is_alphabetic()),
            c if c.is_ascii_digit() => rest.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.'),
            c => Some(c.len_utf8()),
        };
        let (token, after) = rest.split_at(length.unwrap_or(rest.len()));
        rest = after;
        if first.is_ascii_digit() {
            rest = push_number(&mut out, token, rest);
        } else {
            push_word(&mut out, token);
        }
    }
    let out = out.split_whitespace().collect::<Vec<_>>().join(" ").replace(" - ", "-");
    (out != text).then_some(out)
}

fn push_word(out: &mut String, word: &str) {
    let lower = word.to_lowercase();
    let months = || MONTHS.iter().find(|month| lower.starts_with(&month.to_lowercase()));
    let days = || DAYS.iter().find(|(begin, _)| lower.starts_with(begin)).map(|(_, day)| day);
    match (lower.as_str(), months(), days()) {
        ("–" | "—" | "to" | "till" | "until", ..) => out.push('-'),
        ("and" | "&", ..) => {
            let kept = out.trim_end().len();
            out.truncate(kept);
            out.push(',');
        }
        ("off" | "closed" | "open" | "week" | "easter" | "unknown", ..) => out.push_str(&lower),
        ("daily" | "everyday", ..) => out.push_str("Mo-Su"),
        (_, Some(month), _) => out.push_str(month),
        (_, None, Some(day)) if lower.len() >= 2 => out.push_str(day),
        _ => out.push_str(word),
    }
}

/// A time as `09:00`; days of months, years and `24/7` stay. Gives back what comes after it.
fn push_number<'a>(out: &mut String, token: &str, rest: &'a str) -> &'a str {
    let after_month = MONTHS.iter().any(|month| out.trim_end().ends_with(month));
    let (half, after) = half_of_day(rest);
    let after_slash = out.ends_with('/') || rest.starts_with('/');
    if let Some(time) = time_of(token, half).filter(|_| !after_month && !after_slash) {
        out.push_str(&time);
        return after;
    }
    out.push_str(token);
    rest
}

/// `am` or `pm` after a number.
fn half_of_day(rest: &str) -> (Option<u32>, &str) {
    let trimmed = rest.trim_start();
    let begins = |mark: &str| trimmed.get(..mark.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(mark));
    match (begins("am"), begins("pm")) {
        (true, _) => (Some(0), &trimmed[2..]),
        (_, true) => (Some(12), &trimmed[2..]),
        _ => (None, rest),
    }
}

fn time_of(token: &str, half: Option<u32>) -> Option<String> {
    let (hour, minute) = token.split_once([':', '.']).unwrap_or((token, "00"));
    if hour.len() > 2 || minute.len() != 2 {
        return None;
    }
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match half {
        Some(half) if hour <= 12 => hour % 12 + half,
        _ => hour,
    };
    (hour <= 24 && minute < 60).then(|| format!("{hour:02}:{minute:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mends_what_people_write() {
        let cases = [
            ("9-18", "09:00-18:00"),
            ("Mon-Fri 9-18", "Mo-Fr 09:00-18:00"),
            ("Monday to Friday 9:00-18:00", "Mo-Fr 09:00-18:00"),
            ("Mo-Fr 9am-6pm; Sat 10.00 – 14.30", "Mo-Fr 09:00-18:00; Sa 10:00-14:30"),
            ("Mon and Wed 9-12", "Mo, We 09:00-12:00"),
            ("daily 8-20", "Mo-Su 08:00-20:00"),
            ("Jan 1 off", "Jan 1 off"),
        ];
        for (text, want) in cases {
            assert_eq!(mended(text).unwrap_or(text.into()), want, "{text}");
        }
    }

    #[test]
    fn takes_anything() {
        for text in ["", "::::", "9", "é9pm", "99999999999999", "9:", "–", "/", "24/7"] {
            mended(text);
        }
    }
}
