//! Fills the memory, segment by segment.
//!
//! A block is compressed from the one before it and from a reference that the first word of the one before it chooses. The
//! columns of a block are finished in turn, and as soon as the first column is finished, the reference of the next block is
//! known. Each column is mixed with that reference at once. References are far away in memory; this one is fetched while the
//! remaining columns are computed.

use super::address_generator::AddressGenerator;
use super::block::{Block, combine, permute, permute_rows};
use super::pairs::{to_words, xor};
use super::position::{Layout, Position, SLICES};
use super::{Params, Version};

/// Computes all blocks but the first two of each lane, `passes` times (section 3.2, steps 5 and 6).
pub fn fill(memory: &mut [Block], params: &Params, layout: Layout) {
    for pass in 0..params.passes {
        for slice in 0..SLICES {
            for lane in 0..layout.lanes {
                let offset = if pass == 0 && slice == 0 { 2 } else { 0 };
                let first = Position {
                    pass,
                    slice,
                    lane,
                    offset,
                };
                if offset < layout.segment_length {
                    fill_segment(memory, first, params, layout);
                }
            }
        }
    }
}

/// Computes the blocks of a segment, from the first position on.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
#[expect(
    clippy::indexing_slicing,
    reason = "a position and its reference are in the memory, and there are eight columns"
)]
fn fill_segment(memory: &mut [Block], first: Position, params: &Params, layout: Layout) {
    let mut addresses = first
        .is_data_independent(params.variant)
        .then(|| AddressGenerator::new(first, params, layout));
    let overwrites = first.pass == 0 || params.version == Version::V0x10;

    let mut input = memory[first.previous(layout)];
    let word = match &mut addresses {
        Some(addresses) => addresses.word(first.offset),
        None => to_words(input.0[0][0])[0],
    };
    let mut reference = first.reference(layout, word);
    for (column, reference) in input.0.iter_mut().zip(&memory[reference].0) {
        *column = combine(*column, *reference);
    }

    let mut permuted = Block::ZERO;
    let mut position = Some(first);
    while let Some(current) = position {
        position = current.next_in_segment(layout);
        let here = current.index(layout);
        permute_rows(&input, &mut permuted);
        for (number, input) in input.0.iter_mut().enumerate() {
            let mut column = permute(permuted.0[number]);
            let targets = &mut memory[here].0[number];
            for ((pair, input), target) in column.iter_mut().zip(&*input).zip(targets) {
                *pair = xor(*pair, *input);
                if !overwrites {
                    *pair = xor(*pair, *target);
                }
                *target = *pair;
            }
            // The last block of a segment has no next one here. It is mixed with an arbitrary reference, and the result
            // is not used.
            if let (0, Some(next)) = (number, position) {
                let word = match &mut addresses {
                    Some(addresses) => addresses.word(next.offset),
                    None => to_words(column[0])[0],
                };
                reference = next.reference(layout, word);
            }
            *input = combine(column, memory[reference].0[number]);
        }
    }
}
