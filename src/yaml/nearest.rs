//! "Did you mean": the nearest spelling among those that would be right.

/// Longer words are not compared: nobody meant one of our names by them, and comparing costs the product of the lengths.
const LONGEST: usize = 64;

/// The candidate nearest to a word, when it is near enough to have been meant: a third of its letters may differ.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(word)?;
    let allowed = (folded.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter_map(|candidate| Some((strsim::osa_distance(&folded, &fold(candidate)?), candidate)))
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Case, `-` and blanks are slips of the same word.
fn fold(word: &str) -> Option<String> {
    let fits = !word.is_empty() && word.chars().take(LONGEST + 1).count() <= LONGEST;
    fits.then(|| word.to_lowercase().replace(['-', ' '], "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_spelling() {
        let cases = [
            ("keyword", Some("keywords")),
            ("fallbak", Some("fallback")),
            ("first-message", Some("first_message")),
            ("Say", Some("say")),
            ("sya", Some("say")),
            ("unrelated", None),
            ("x", None),
            ("", None),
        ];
        for (word, want) in cases {
            assert_eq!(nearest(word, ["say", "keywords", "fallback", "first_message", "go"]), want, "{word}");
        }
        assert_eq!(nearest(&"a".repeat(100_000), ["say"]), None);
    }
}
