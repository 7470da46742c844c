//! The functions of `simd.rs`, word by word, for all other processors.

pub type Pair = [u64; 2];

pub const ZERO: Pair = [0; 2];

pub fn from_words(words: [u64; 2]) -> Pair {
    words
}

pub fn to_words(pair: Pair) -> [u64; 2] {
    pair
}

pub fn xor(left: Pair, right: Pair) -> Pair {
    [left[0] ^ right[0], left[1] ^ right[1]]
}

pub fn straddle(left: Pair, right: Pair) -> Pair {
    [left[1], right[0]]
}

pub fn rotate_right<const BITS: u32>(pair: Pair) -> Pair {
    pair.map(|word| word.rotate_right(BITS))
}

pub fn multiply_add(x: [Pair; 2], y: [Pair; 2]) -> [Pair; 2] {
    let low = |word| word & u64::from(u32::MAX);
    let one = |x: u64, y: u64| {
        let product = low(x).wrapping_mul(low(y));
        x.wrapping_add(y).wrapping_add(product.wrapping_mul(2))
    };
    let [[x0, x1], [x2, x3]] = x;
    let [[y0, y1], [y2, y3]] = y;
    [[one(x0, y0), one(x1, y1)], [one(x2, y2), one(x3, y3)]]
}
