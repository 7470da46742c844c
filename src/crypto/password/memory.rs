//! The memory of hashes. WebAssembly memory never shrinks, and an isolate has 128 MB, so all computations use one region.
//!
//! | after | linear memory |
//! |---|---|
//! | the first hash with the current parameters | 20 MiB: one buffer of 19 MiB, which is kept |
//! | the first hash of another system over 19 MiB | 84 MiB: one buffer of 64 MiB, which is kept, and the 19 MiB before it, which other allocations use |
//!
//! Without the larger buffer, hashes of 19, 32 and 64 MiB in turn would take 116 MiB (measured in workerd), because the allocator
//! does not join the regions. A computation runs to its end without a break, so at most one uses the buffer.

use super::HashError;
use argon2id::{Block, Input, Params};
use std::cell::Cell;

/// Maximum memory of a hash, in KiB.
pub(super) const MAX_MEMORY_KIB: u32 = 64 * 1024;

thread_local! {
    static MEMORY: Cell<Vec<Block>> = const { Cell::new(Vec::new()) };
}

/// Blocks of 1 KiB for the current parameters.
fn usual_blocks() -> usize {
    blocks(super::CURRENT_PARAMS.memory_kib)
}

fn blocks(kib: u32) -> usize {
    usize::try_from(kib).unwrap_or(usize::MAX)
}

/// The only call of Argon2.
pub(super) fn argon2(
    params: Params,
    input: &[u8],
    salt: &[u8],
    output: &mut [u8],
) -> Result<(), HashError> {
    let mut memory = take(params.block_count())?;
    let input = Input {
        password: input,
        salt,
        ..Input::default()
    };
    // The bounds of `phc` are within those of the package.
    let result = argon2id::hash(&params, &input, &mut memory, output);
    MEMORY.set(memory);
    result.map_err(|_| HashError::OutOfMemory)
}

/// Runs a computation that allocates up to this much memory itself. The buffer is freed for it and allocated again afterwards,
/// so that both use the same region. Nothing that the computation allocates may outlive it.
pub(super) fn instead_of_the_buffer<T>(
    bytes: usize,
    compute: impl FnOnce() -> T,
) -> Result<T, HashError> {
    let memory = take(bytes.div_ceil(1024))?;
    let kept = memory.len();
    drop(memory);
    let result = compute();
    MEMORY.set(allocate(kept)?);
    Ok(result)
}

/// Takes the buffer, with at least this many blocks.
fn take(needed: usize) -> Result<Vec<Block>, HashError> {
    let memory = MEMORY.take();
    if needed <= memory.len() {
        return Ok(memory);
    }
    drop(memory);
    allocate(if needed <= usual_blocks() {
        usual_blocks()
    } else {
        needed.max(blocks(MAX_MEMORY_KIB))
    })
}

fn allocate(blocks: usize) -> Result<Vec<Block>, HashError> {
    let mut memory = Vec::new();
    memory
        .try_reserve_exact(blocks)
        .map_err(|_| HashError::OutOfMemory)?;
    memory.resize(blocks, Block::ZERO);
    Ok(memory)
}

#[cfg(test)]
mod tests {
    use super::super::CURRENT_PARAMS;
    use super::*;

    fn kept() -> usize {
        let memory = MEMORY.take();
        let size = memory.capacity();
        MEMORY.set(memory);
        size
    }

    fn run(params: Params) {
        argon2(params, b"input", &[7; 16], &mut [0; 32]).unwrap();
    }

    #[test]
    fn kept_memory_grows_once_to_that_of_the_largest_hash() {
        let with_memory = |memory_kib| Params {
            memory_kib,
            ..CURRENT_PARAMS
        };
        let two_lanes = Params {
            lanes: 2,
            ..CURRENT_PARAMS
        };
        for params in [with_memory(64), CURRENT_PARAMS, two_lanes] {
            run(params);
            assert_eq!(kept(), 19 * 1024);
        }
        instead_of_the_buffer(16 << 20, || ()).unwrap();
        assert_eq!(kept(), 19 * 1024);
        // The buffer is the largest from here on, so that no second region is needed.
        for memory_kib in [20 * 1024, 64 * 1024, 19 * 1024] {
            run(with_memory(memory_kib));
            assert_eq!(kept(), 64 * 1024);
        }
        assert_eq!(instead_of_the_buffer(32 << 20, kept), Ok(0));
        assert_eq!(kept(), 64 * 1024);
    }
}
