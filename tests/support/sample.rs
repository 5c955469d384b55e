//! A few of many, by a seed.

/// So many of the numbers below `all`, in their order.
pub fn sample(seed: u64, count: usize, all: usize) -> Vec<usize> {
    // Splitmix64: any choice will do, as long as the seed gives it again.
    let key = |index: &usize| {
        let mut z = seed.wrapping_add((*index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb)
    };
    let mut order: Vec<usize> = (0..all).collect();
    order.sort_by_key(key);
    order.truncate(count);
    order.sort_unstable();
    order
}
