//! Argon2id (RFC 9106) of version 0x13 with one lane, vectorised for WebAssembly, where the `argon2` crate computes word
//! by word. A package of its own, because it is compiled for speed and the rest of the Worker for size.
//!
//! A block is made of the one before it and of an earlier one, its reference, which the first word of the one before it
//! names. So the columns of a block are finished in turn, and once the first is, each is mixed with the next block's
//! reference at once: that one is far away in memory, and comes while the other columns are computed. Blocks are kept column
//! by column for the same reason: what comes is read in order.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod hashes;
mod names;
#[cfg_attr(target_arch = "wasm32", path = "simd.rs")]
#[cfg_attr(not(target_arch = "wasm32"), path = "scalar.rs")]
mod pairs;
mod place;
#[cfg(test)]
mod tests;

use names::Names;
use pairs::{Pair, from_words, multiply_add, rotate_right, straddle, to_words, xor};
use place::Place;
use std::array;

/// The number of Argon2id among its sisters.
const TYPE: u32 = 2;

/// What a run costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// At least 8.
    pub memory_kib: u32,
    /// At least 1.
    pub passes: u32,
}

impl Cost {
    /// How many blocks a run fills: one for each KiB, in four slices of the same size.
    #[must_use]
    pub fn block_count(self) -> usize {
        let count = self.memory_kib & !3;
        usize::try_from(count).unwrap_or(usize::MAX)
    }
}

/// The memory has less blocks than a run fills, or less than 8, or the output has more than 64 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misfit;

/// 1 KiB of memory: the 128 words in pairs, and these in a matrix of eight by eight, column by column. Aligned, so that none
/// lies on two pages: references jump about in the memory, and each page costs a search for its address.
#[derive(Clone, Copy, Debug)]
#[repr(align(1024))]
pub struct Block([[Pair; 8]; 8]);

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "rows and columns are below 8, words below 128"
)]
impl Block {
    /// To begin with; any other would do.
    pub const ZERO: Self = Self([[pairs::ZERO; 8]; 8]);

    fn from_words(words: &[u64; 128]) -> Self {
        let pair = |row, column| from_words([0, 1].map(|half| words[16 * row + 2 * column + half]));
        Self(array::from_fn(|column| {
            array::from_fn(|row| pair(row, column))
        }))
    }

    fn to_words(self) -> [u64; 128] {
        array::from_fn(|word| to_words(self.0[word / 2 % 8][word / 16])[word % 2])
    }
}

/// Hashes into `output`, with the first [`Cost::block_count`] blocks of `memory`, whatever they hold.
///
/// # Errors
/// [`Misfit`].
pub fn hash(
    cost: Cost,
    input: &[u8],
    salt: &[u8],
    memory: &mut [Block],
    output: &mut [u8],
) -> Result<(), Misfit> {
    let memory = memory.get_mut(..cost.block_count()).ok_or(Misfit)?;
    if memory.len() < 8 {
        return Err(Misfit);
    }
    let seed = hashes::seed(cost, input, salt, output.len());
    for (block, number) in memory.iter_mut().zip(0..2) {
        *block = hashes::initial_block(&seed, number);
    }
    fill(memory, cost.passes);
    let last = memory.last().ok_or(Misfit)?;
    hashes::tag(last, output)
}

/// Fills all blocks but the first two, `passes` times.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
#[expect(
    clippy::indexing_slicing,
    reason = "a place and its reference are in the memory, and there are eight columns"
)]
fn fill(memory: &mut [Block], passes: u32) {
    let mut place = Place::third(memory.len());
    let mut names = Names::new(place, memory.len(), passes);
    let reference = place.reference(names.word(place));
    let mut input = memory[1];
    for (column, reference) in input.0.iter_mut().zip(&memory[reference].0) {
        *column = combine(*column, *reference);
    }
    let mut permuted = Block::ZERO;
    while place.pass < passes {
        let (here, is_first_pass) = (place.index(), place.pass == 0);
        permute_rows(&input, &mut permuted);
        let mut reference = 0;
        for (number, input) in input.0.iter_mut().enumerate() {
            let mut column = permute(permuted.0[number]);
            let targets = &mut memory[here].0[number];
            for ((pair, input), target) in column.iter_mut().zip(&*input).zip(targets) {
                *pair = xor(*pair, *input);
                if !is_first_pass {
                    *pair = xor(*pair, *target);
                }
                *target = *pair;
            }
            if number == 0 {
                place = place.next();
                let word = if place.is_public() {
                    names.word(place)
                } else {
                    to_words(column[0])[0]
                };
                reference = place.reference(word);
            }
            *input = combine(column, memory[reference].0[number]);
        }
    }
}

/// `G` of section 3.5, of a block and one of zeros.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
fn compress(input: &Block) -> Block {
    let mut block = Block::ZERO;
    permute_rows(input, &mut block);
    for (column, input) in block.0.iter_mut().zip(&input.0) {
        *column = combine(permute(*column), *input);
    }
    block
}

/// Overwrites all of `permuted`, which the caller keeps: V8 calls C to fill a new block with zeros and to copy it back, for
/// each block of the memory.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
#[inline]
#[expect(clippy::indexing_slicing, reason = "eight by eight")]
fn permute_rows(input: &Block, permuted: &mut Block) {
    for row in 0..8 {
        let pairs = permute(array::from_fn(|column| input.0[column][row]));
        for (column, pair) in permuted.0.iter_mut().zip(pairs) {
            column[row] = pair;
        }
    }
}

#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
#[inline]
#[expect(clippy::indexing_slicing, reason = "eight each")]
fn combine(left: [Pair; 8], right: [Pair; 8]) -> [Pair; 8] {
    array::from_fn(|row| xor(left[row], right[row]))
}

/// `P` of section 3.6 on 16 words: as a matrix of four rows, first its columns, then its diagonals.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
#[inline]
fn permute([a0, a1, b0, b1, c0, c1, d0, d1]: [Pair; 8]) -> [Pair; 8] {
    let columns = [[a0, a1], [b0, b1], [c0, c1], [d0, d1]];
    let [a, [b0, b1], [c0, c1], [d0, d1]] = mix(columns);
    let diagonals = [
        a,
        [straddle(b0, b1), straddle(b1, b0)],
        [c1, c0],
        [straddle(d1, d0), straddle(d0, d1)],
    ];
    let [[a0, a1], [b0, b1], [c0, c1], [d0, d1]] = mix(diagonals);
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
fn mix([a, b, c, d]: [[Pair; 2]; 4]) -> [[Pair; 2]; 4] {
    let [a, b, c, d] = mix_half::<32, 24>([a, b, c, d]);
    mix_half::<16, 63>([a, b, c, d])
}

#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
#[inline]
fn mix_half<const FIRST: u32, const SECOND: u32>([a, b, c, d]: [[Pair; 2]; 4]) -> [[Pair; 2]; 4] {
    let a = multiply_add(a, b);
    let d = turn::<FIRST>(d, a);
    let c = multiply_add(c, d);
    let b = turn::<SECOND>(b, c);
    [a, b, c, d]
}

#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
#[inline]
fn turn<const BITS: u32>([x0, x1]: [Pair; 2], [y0, y1]: [Pair; 2]) -> [Pair; 2] {
    [
        rotate_right::<BITS>(xor(x0, y0)),
        rotate_right::<BITS>(xor(x1, y1)),
    ]
}
