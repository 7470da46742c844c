//! Where `BLAKE2b` comes in: before the memory is filled, and after.

use super::{Block, Cost, Misfit, TYPE};
use blake2::digest::Output;
use blake2::digest::block_api::{UpdateCore, VariableOutputCore};
use blake2::digest::block_buffer::LazyBuffer;
use blake2::{Blake2b512, Blake2bVarCore, Digest};

const VERSION: u32 = 0x13;
const LANES: u32 = 1;

/// `H0` of RFC 9106 section 3.2, with no secret and no associated data.
pub fn seed(cost: Cost, input: &[u8], salt: &[u8], output_bytes: usize) -> [u8; 64] {
    let mut hash = Blake2b512::new();
    let bytes = length(output_bytes);
    for number in [LANES, bytes, cost.memory_kib, cost.passes, VERSION, TYPE] {
        hash.update(number.to_le_bytes());
    }
    for text in [input, salt, &[], &[]] {
        hash.update(length(text.len()).to_le_bytes());
        hash.update(text);
    }
    hash.finalize().into()
}

/// `H'` of section 3.3 for a block: the first half of each hash in a chain, and all of the last.
pub fn initial_block(seed: &[u8; 64], number: u32) -> Block {
    let mut words = [0; 128];
    let mut hash = Blake2b512::new()
        .chain_update(length(size_of::<Block>()).to_le_bytes())
        .chain_update(seed)
        .chain_update(number.to_le_bytes())
        .chain_update(0_u32.to_le_bytes())
        .finalize();
    for start in (0..=120).step_by(4) {
        // Each is written whole; the next overwrites its second half.
        let (bytes, _) = hash.as_chunks::<8>();
        for (word, bytes) in words.iter_mut().skip(start).zip(bytes) {
            *word = u64::from_le_bytes(*bytes);
        }
        hash = Blake2b512::digest(hash);
    }
    Block::from_words(&words)
}

/// `H'` of the last block for at most 64 bytes: one hash.
pub fn tag(last: &Block, output: &mut [u8]) -> Result<(), Misfit> {
    let mut hash = Blake2bVarCore::new(output.len()).map_err(|_| Misfit)?;
    let mut buffer = LazyBuffer::new(&length(output.len()).to_le_bytes());
    let bytes = last.to_words().map(u64::to_le_bytes);
    buffer.digest_blocks(bytes.as_flattened(), |blocks| hash.update_blocks(blocks));
    let mut whole = Output::<Blake2b512>::default();
    hash.finalize_variable_core(&mut buffer, &mut whole);
    for (to, from) in output.iter_mut().zip(whole) {
        *to = from;
    }
    Ok(())
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
