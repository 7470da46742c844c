//! Argon2id (RFC 9106), computed with 128-bit vectors in WebAssembly. Argon2d and Argon2i are available for hashes of other
//! systems.
//!
//! Lanes are computed one after the other, on the calling thread, in memory that the caller provides and may use again.
//! Names are those of the RFC; "section" means one of its sections.
//!
//! - [`hash`] is the whole interface.
//! - `blake2b_long.rs` makes the first blocks and the tag (sections 3.2 and 3.3).
//! - `fill.rs` fills the memory (section 3.2, steps 3 to 6).
//! - `position.rs` and `address_generator.rs` choose the reference block (section 3.4).
//! - `block.rs` is the compression function (sections 3.5 and 3.6), over pairs of words: `simd.rs` or `scalar.rs`.
//!
//! ```
//! use argon2id::{Block, Input, Params, Variant, Version, hash};
//!
//! let params = Params { variant: Variant::Argon2id, memory_kib: 19 * 1024, passes: 2, lanes: 1, version: Version::V0x13 };
//! let input = Input { password: b"correct horse", salt: b"sixteenbytessalt", ..Input::default() };
//! let mut memory = vec![Block::ZERO; params.block_count()];
//! let mut tag = [0; 32];
//! hash(&params, &input, &mut memory, &mut tag)?;
//! # Ok::<(), argon2id::InvalidParams>(())
//! ```
#![no_std]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod address_generator;
mod blake2b_long;
mod block;
mod fill;
#[cfg_attr(target_arch = "wasm32", path = "simd.rs")]
#[cfg_attr(not(target_arch = "wasm32"), path = "scalar.rs")]
mod pairs;
mod position;

pub use block::Block;

use core::fmt;
use position::{Layout, SLICES};

/// The type of the algorithm (`y` in section 3.1): whether the reference blocks depend on the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Always.
    Argon2d = 0,
    /// Never.
    Argon2i = 1,
    /// In all but the first half of the first pass. New hashes should use this variant.
    Argon2id = 2,
}

/// The version of the algorithm (`v` in section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// Older than RFC 9106: later passes overwrite blocks.
    V0x10 = 0x10,
    /// RFC 9106: later passes XOR into blocks.
    V0x13 = 0x13,
}

/// The cost of a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// Type `y`.
    pub variant: Variant,
    /// Memory size `m`, at least 8 for each lane.
    pub memory_kib: u32,
    /// Number of passes `t`, at least 1.
    pub passes: u32,
    /// Degree of parallelism `p`, from 1 to 2²⁴ − 1.
    pub lanes: u32,
    /// Version `v`.
    pub version: Version,
}

impl Params {
    /// How many blocks of memory [`hash`] needs: `m'` of section 3.2.
    #[must_use]
    pub fn block_count(&self) -> usize {
        self.layout().map_or(0, Layout::block_count)
    }

    /// `None` if a parameter is out of its range.
    fn layout(&self) -> Option<Layout> {
        let is_valid = self.passes >= 1 && (1..1 << 24).contains(&self.lanes);
        let lanes = usize::try_from(self.lanes).ok()?;
        let segments = lanes.checked_mul(SLICES)?;
        let segment_length = usize::try_from(self.memory_kib)
            .ok()?
            .checked_div(segments)?;
        (is_valid && segment_length >= 2).then_some(Layout {
            lanes,
            segment_length,
        })
    }
}

/// The input of a hash. Each part may have up to 2³² − 1 bytes.
#[derive(Clone, Copy, Default)]
pub struct Input<'a> {
    /// Message string `P`.
    pub password: &'a [u8],
    /// Nonce `S`; 16 bytes are recommended.
    pub salt: &'a [u8],
    /// Secret value `K`, often empty.
    pub secret: &'a [u8],
    /// Associated data `X`, often empty.
    pub associated_data: &'a [u8],
}

/// The parameters are out of their ranges, the memory has fewer blocks than they need, the tag has fewer than 4 bytes, or a
/// part of the input is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidParams;

impl fmt::Display for InvalidParams {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the parameters of Argon2id are out of range or do not fit the memory")
    }
}

impl core::error::Error for InvalidParams {}

/// Writes the tag, whose length is a parameter too. Uses the first [`Params::block_count`] blocks of `memory`, whose content
/// at the start does not matter.
///
/// # Errors
/// [`InvalidParams`].
pub fn hash(
    params: &Params,
    input: &Input<'_>,
    memory: &mut [Block],
    tag: &mut [u8],
) -> Result<(), InvalidParams> {
    let layout = params.layout().ok_or(InvalidParams)?;
    let memory = memory
        .get_mut(..layout.block_count())
        .ok_or(InvalidParams)?;
    if tag.len() < 4 {
        return Err(InvalidParams);
    }
    let initial_hash = blake2b_long::initial_hash(params, input, tag.len()).ok_or(InvalidParams)?;
    for (lane, blocks) in (0..).zip(memory.chunks_exact_mut(layout.lane_length())) {
        for (column, block) in (0..).zip(blocks.iter_mut().take(2)) {
            *block = blake2b_long::first_block(&initial_hash, column, lane);
        }
    }
    fill::fill(memory, params, layout);
    let last_column = memory
        .chunks_exact(layout.lane_length())
        .filter_map(<[Block]>::last);
    let last = last_column.fold(Block::ZERO, Block::xor);
    blake2b_long::hash_block(&last, tag).ok_or(InvalidParams)
}
