//! A block of memory and the compression function `G` (sections 3.5 and 3.6).

use super::pairs::{self, Pair, from_words, multiply_add, rotate_right, straddle, to_words, xor};
use core::array;

/// 1 KiB of memory: the 128 words in pairs, and these as a matrix of eight by eight, column by column, because the columns are
/// finished in turn (`fill.rs`) and memory is fetched fastest in order. Aligned, so that no block lies on two pages:
/// references are spread over the memory, and the address of each page has to be translated.
#[derive(Clone, Copy, Debug)]
#[repr(align(1024))]
pub struct Block(pub(crate) [[Pair; 8]; 8]);

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "rows and columns are below 8, words below 128"
)]
impl Block {
    /// A block of zeros.
    pub const ZERO: Self = Self([[pairs::ZERO; 8]; 8]);

    pub(crate) fn from_words(words: &[u64; 128]) -> Self {
        let pair = |row, column| from_words([0, 1].map(|half| words[16 * row + 2 * column + half]));
        Self(array::from_fn(|column| {
            array::from_fn(|row| pair(row, column))
        }))
    }

    pub(crate) fn to_words(self) -> [u64; 128] {
        array::from_fn(|word| to_words(self.0[word / 2 % 8][word / 16])[word % 2])
    }

    pub(crate) fn xor(mut self, other: &Self) -> Self {
        for (column, other) in self.0.iter_mut().zip(&other.0) {
            *column = combine(*column, *other);
        }
        self
    }
}

/// `G` of a block and a block of zeros.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
pub fn compress(input: &Block) -> Block {
    let mut block = Block::ZERO;
    permute_rows(input, &mut block);
    for (column, input) in block.0.iter_mut().zip(&input.0) {
        *column = combine(permute(*column), *input);
    }
    block
}

/// The first half of `G`: `P` on each row. Overwrites all of `permuted`, which the caller keeps: for a new block, V8 would call
/// C functions to fill it with zeros and to copy it back.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
#[inline]
#[expect(clippy::indexing_slicing, reason = "eight by eight")]
pub fn permute_rows(input: &Block, permuted: &mut Block) {
    for row in 0..8 {
        let pairs = permute(array::from_fn(|column| input.0[column][row]));
        for (column, pair) in permuted.0.iter_mut().zip(pairs) {
            column[row] = pair;
        }
    }
}

/// The XOR of two columns.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
#[inline]
#[expect(clippy::indexing_slicing, reason = "eight each")]
pub fn combine(left: [Pair; 8], right: [Pair; 8]) -> [Pair; 8] {
    array::from_fn(|row| xor(left[row], right[row]))
}

/// `P` on 16 words: as a matrix of four rows, first its columns, then its diagonals.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
#[inline]
pub fn permute([a0, a1, b0, b1, c0, c1, d0, d1]: [Pair; 8]) -> [Pair; 8] {
    let columns = [[a0, a1], [b0, b1], [c0, c1], [d0, d1]];
    let [a, [b0, b1], [c0, c1], [d0, d1]] = quarter_rounds(columns);
    let diagonals = [
        a,
        [straddle(b0, b1), straddle(b1, b0)],
        [c1, c0],
        [straddle(d1, d0), straddle(d0, d1)],
    ];
    let [[a0, a1], [b0, b1], [c0, c1], [d0, d1]] = quarter_rounds(diagonals);
    [
        a0,
        a1,
        straddle(b1, b0),
        straddle(b0, b1),
        c1,
        c0,
        straddle(d0, d1),
        straddle(d1, d0),
    ]
}

/// `GB` on the four columns of a matrix at once.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
#[inline]
fn quarter_rounds(rows: [[Pair; 2]; 4]) -> [[Pair; 2]; 4] {
    half_quarter_rounds::<16, 63>(half_quarter_rounds::<32, 24>(rows))
}

#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
#[inline]
fn half_quarter_rounds<const FIRST: u32, const SECOND: u32>(
    [a, b, c, d]: [[Pair; 2]; 4],
) -> [[Pair; 2]; 4] {
    let a = multiply_add(a, b);
    let d = xor_and_rotate::<FIRST>(d, a);
    let c = multiply_add(c, d);
    let b = xor_and_rotate::<SECOND>(b, c);
    [a, b, c, d]
}

#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
#[inline]
fn xor_and_rotate<const BITS: u32>([x0, x1]: [Pair; 2], [y0, y1]: [Pair; 2]) -> [Pair; 2] {
    [
        rotate_right::<BITS>(xor(x0, y0)),
        rotate_right::<BITS>(xor(x1, y1)),
    ]
}
