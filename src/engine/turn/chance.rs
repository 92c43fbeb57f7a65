//! What is left to chance: a number that follows from the conversation and from how often it was asked. Nothing else is random here, so that the same
//! events have the same replies in `serve`, `chat` and `test`, however often they are handled.

/// The `n`th chance of a conversation: evenly spread, another for each conversation, and the same wherever its events are handled again.
pub(super) fn chance(conversation: &str, n: u64) -> u64 {
    // FNV-1a makes a number of the name, splitmix64 spreads its bits.
    let named = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let name = conversation.bytes().fold(0xcbf2_9ce4_8422_2325, named);
    let mut z = name.wrapping_add(n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_spread_evenly_over_conversations_and_over_times() {
        for among in 2..=6_u64 {
            let hits = |of: &dyn Fn(u64) -> u64| {
                let mut hits = vec![0_u32; among as usize];
                (0..6_000).for_each(|n| hits[(of(n) % among) as usize] += 1);
                hits
            };
            let fair = 6_000 / among as u32;
            let near = |hits: Vec<u32>| hits.iter().all(|hit| hit.abs_diff(fair) < fair / 5);
            assert!(near(hits(&|n| chance(&n.to_string(), 0))), "first choices of conversations, among {among}");
            assert!(near(hits(&|n| chance("17", n))), "choices of one conversation, among {among}");
        }
    }

    #[test]
    fn it_is_the_same_in_every_release() {
        assert_eq!([chance("1", 0) % 100, chance("1", 1) % 100, chance("2", 0) % 100], [13, 53, 81]);
    }
}
