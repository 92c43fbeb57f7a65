//! Words that differ by small typing errors. Each known word is filed under what is left of it when one letter is taken out, a long one
//! also when two are: two words with a small error between them share a place, so nobody compares with all words.

use strsim::osa_distance;

/// Shorter words differ from one another by a single letter as it is.
const SHORTEST: usize = 4;
/// From this length on two errors are one word's.
const LONG: usize = 8;
/// Longer ones are no words.
const LONGEST: usize = 24;
/// Words that one place is tried for: common remainders lead to many words that are far off.
const MOST_TRIED: usize = 64;

/// So many bits a place say that something may be there.
const BITS_A_PLACE: usize = 8;

/// How near a word is that differs by one error, and by two.
const ONE_ERROR: f32 = 0.85;
const TWO_ERRORS: f32 = 0.7;

/// Known words by what is left of them.
#[derive(Debug, Default)]
pub struct Typos {
    words: Vec<String>,
    /// (hash of what is left, number of the word), in order.
    places: Vec<(u32, u32)>,
    /// Where the places begin whose hash begins with these bits.
    starts: Vec<u32>,
    shift: u32,
    /// A bit for hashes that are there, by their first bits: most that are asked for are not, and so cost a look into little memory.
    there: Vec<u64>,
}

impl Typos {
    /// File these words; their numbers are those of the list.
    pub fn new(words: Vec<String>) -> Self {
        let mut places = Vec::new();
        for (n, word) in words.iter().enumerate() {
            remainders(word, |hash| places.push((hash, n as u32)));
        }
        places.sort_unstable();
        places.dedup();
        let bits = places.len().next_power_of_two().ilog2().clamp(1, 24);
        let shift = 32 - bits;
        let mut starts = Vec::with_capacity((1 << bits) + 1);
        let mut at = 0;
        for bucket in 0..=(1_u64 << bits) {
            while places.get(at).is_some_and(|(hash, _)| u64::from(hash >> shift) < bucket) {
                at += 1;
            }
            starts.push(at as u32);
        }
        let mut there = vec![0_u64; ((1_usize << bits) * BITS_A_PLACE).div_ceil(64)];
        for (hash, _) in &places {
            if let Some(bits) = there.get_mut(bit(*hash, shift) / 64) {
                *bits |= 1 << (bit(*hash, shift) % 64);
            }
        }
        Self { words, places, starts, shift, there }
    }

    /// The known words nearest to one that is not known, with how near they are; the nearest alone.
    pub fn near(&self, word: &str) -> Vec<(usize, f32)> {
        let mut tried: Vec<u32> = Vec::new();
        remainders(word, |hash| {
            let found = self.at(hash).iter().map(|(_, word)| *word);
            tried.extend(found.take(MOST_TRIED));
        });
        tried.sort_unstable();
        tried.dedup();
        let allowed = errors_in(word.chars().count());
        let distance = |n: &u32| {
            let known = self.words.get(*n as usize)?;
            let errors = osa_distance(known, word);
            (errors > 0 && errors <= allowed && errors <= errors_in(known.chars().count())).then_some((*n, errors))
        };
        let near: Vec<(u32, usize)> = tried.iter().filter_map(distance).collect();
        let least = near.iter().map(|(_, errors)| *errors).min().unwrap_or(0);
        let nearness = if least == 1 { ONE_ERROR } else { TWO_ERRORS };
        near.into_iter().filter(|(_, errors)| *errors == least).map(|(n, _)| (n as usize, nearness)).collect()
    }

    fn at(&self, hash: u32) -> &[(u32, u32)] {
        let bit = bit(hash, self.shift);
        if self.there.get(bit / 64).is_none_or(|bits| (bits >> (bit % 64)) & 1 == 0) {
            return &[];
        }
        let bucket = (hash >> self.shift) as usize;
        let bound = |n: usize| self.starts.get(n).copied().unwrap_or(0) as usize;
        let bucket = self.places.get(bound(bucket)..bound(bucket + 1)).unwrap_or_default();
        let from = bucket.partition_point(|(found, _)| *found < hash);
        let to = bucket.partition_point(|(found, _)| *found <= hash);
        bucket.get(from..to).unwrap_or_default()
    }
}

/// The bit that says whether a hash may be there.
fn bit(hash: u32, shift: u32) -> usize {
    ((u64::from(hash) * BITS_A_PLACE as u64) >> shift) as usize
}

/// How many errors a word of this length may have.
fn errors_in(length: usize) -> usize {
    match length {
        0..SHORTEST => 0,
        SHORTEST..LONG => 1,
        LONG..=LONGEST => 2,
        _ => 0,
    }
}

/// Hashes of what is left of a word without as many letters as it may have errors, itself included.
fn remainders(word: &str, mut file: impl FnMut(u32)) {
    let letters: Vec<char> = word.chars().take(LONGEST + 1).collect();
    let errors = errors_in(letters.len());
    if errors == 0 || letters.iter().any(|c| !c.is_alphabetic()) {
        return;
    }
    file(hash(&[&letters]));
    for one in 0..letters.len() {
        let (before, after) = (letters.get(..one).unwrap_or_default(), letters.get(one + 1..).unwrap_or_default());
        file(hash(&[before, after]));
        // The second letter to go stands behind the first: each pair once.
        let rest = if errors > 1 { 0..after.len() } else { 0..0 };
        for two in rest {
            let (between, after) = (after.get(..two).unwrap_or_default(), after.get(two + 1..).unwrap_or_default());
            file(hash(&[before, between, after]));
        }
    }
}

/// Of letters in a row. Quick, and no more: a word that shares a place by chance is compared and found to be far off.
fn hash(parts: &[&[char]]) -> u32 {
    // The odd number next to 2^64 divided by the golden ratio: its products spread over the high bits.
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let letters = parts.iter().copied().flatten();
    let mixed = letters.fold(0_u64, |hash, letter| (hash.rotate_left(5) ^ u64::from(*letter)).wrapping_mul(SPREAD));
    (mixed >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_errors_are_found_and_no_others() {
        let words = ["price", "appointment", "visit", "cost", "запись", "стоимость", "at"];
        let typos = Typos::new(words.iter().map(ToString::to_string).collect());
        let cases = [
            ("prise", "price"),
            ("prcie", "price"),
            ("pricee", "price"),
            ("prize", "price"),
            ("pries", ""),
            ("appiontmnet", "appointment"),
            ("apointmant", "appointment"),
            ("apintmant", ""),
            ("vizit", "visit"),
            ("cos", ""),
            ("запсиь", "запись"),
            ("стоемость", "стоимость"),
            ("ax", ""),
            ("c0st", ""),
        ];
        for (word, want) in cases {
            let found = typos.near(word);
            let got = found.first().map_or("", |(n, _)| words[*n]);
            assert_eq!(got, want, "{word}");
            assert!(found.len() <= 1, "{word}: {found:?}");
        }
    }
}
