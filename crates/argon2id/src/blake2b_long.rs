//! The uses of `BLAKE2b`: before the memory is filled, and afterwards.

use super::{Block, Input, Params};
use blake2::digest::Output;
use blake2::digest::block_api::{UpdateCore, VariableOutputCore};
use blake2::digest::block_buffer::LazyBuffer;
use blake2::{Blake2b512, Blake2bVarCore, Digest};

/// The longest output of `BLAKE2b`.
const MAX_BYTES: usize = 64;

/// `H_0` of section 3.2, step 1. `None` if a length does not fit 32 bits.
pub fn initial_hash(params: &Params, input: &Input<'_>, tag_bytes: usize) -> Option<[u8; 64]> {
    let mut hash = Blake2b512::new();
    for number in [
        params.lanes,
        length(tag_bytes)?,
        params.memory_kib,
        params.passes,
        params.version as u32,
        params.variant as u32,
    ] {
        hash.update(number.to_le_bytes());
    }
    for part in [
        input.password,
        input.salt,
        input.secret,
        input.associated_data,
    ] {
        hash.update(length(part.len())?.to_le_bytes());
        hash.update(part);
    }
    Some(hash.finalize().into())
}

/// Block `column` (0 or 1) of a lane (section 3.2, steps 3 and 4).
pub fn first_block(initial_hash: &[u8; 64], column: u32, lane: u32) -> Block {
    let mut seed = [0; 72];
    let parts: [&[u8]; 3] = [initial_hash, &column.to_le_bytes(), &lane.to_le_bytes()];
    for (to, from) in seed.iter_mut().zip(parts.into_iter().flatten()) {
        *to = *from;
    }
    let mut bytes = [[0; 8]; 128];
    // The length of a block fits.
    let _ = blake2b_long(&seed, bytes.as_flattened_mut());
    Block::from_words(&bytes.map(u64::from_le_bytes))
}

/// The tag of the last block (section 3.2, step 8). `None` if its length does not fit 32 bits.
pub fn hash_block(block: &Block, tag: &mut [u8]) -> Option<()> {
    let bytes = block.to_words().map(u64::to_le_bytes);
    blake2b_long(bytes.as_flattened(), tag)
}

/// `H'` of section 3.3: `BLAKE2b` for any length of output. A longer output consists of the first half of each hash in
/// a chain, and of all of the last hash.
fn blake2b_long(input: &[u8], output: &mut [u8]) -> Option<()> {
    let prefix = length(output.len())?.to_le_bytes();
    if output.len() <= MAX_BYTES {
        return blake2b(&prefix, input, output);
    }
    let mut hash: [u8; MAX_BYTES] = Blake2b512::new()
        .chain_update(prefix)
        .chain_update(input)
        .finalize()
        .into();
    let mut rest = output;
    loop {
        let (half, others) = rest.split_at_mut_checked(MAX_BYTES / 2)?;
        for (to, from) in half.iter_mut().zip(hash) {
            *to = from;
        }
        rest = others;
        if rest.len() <= MAX_BYTES {
            return blake2b(&[], &hash, rest);
        }
        hash = Blake2b512::digest(hash).into();
    }
}

/// `BLAKE2b` of two parts with an output of 1 to 64 bytes; `None` for other lengths.
fn blake2b(prefix: &[u8], input: &[u8], output: &mut [u8]) -> Option<()> {
    let mut hash = Blake2bVarCore::new(output.len()).ok()?;
    let mut buffer = LazyBuffer::default();
    for part in [prefix, input] {
        buffer.digest_blocks(part, |blocks| hash.update_blocks(blocks));
    }
    let mut whole = Output::<Blake2b512>::default();
    hash.finalize_variable_core(&mut buffer, &mut whole);
    for (to, from) in output.iter_mut().zip(whole) {
        *to = from;
    }
    Some(())
}

fn length(bytes: usize) -> Option<u32> {
    u32::try_from(bytes).ok()
}
