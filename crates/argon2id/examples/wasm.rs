//! A WebAssembly module for `cargo xtask bench --only argon2id`: the same hash by this crate and by the crate `argon2`, each
//! with memory that is kept between calls.
#![expect(
    unsafe_code,
    reason = "exports of a WebAssembly module are unsafe attributes"
)]

use argon2::{Algorithm, Argon2};
use argon2id::{Block, Input, Params, Variant, Version, hash};
use std::cell::RefCell;

const PARAMS: Params = Params {
    variant: Variant::Argon2id,
    memory_kib: 19 * 1024,
    passes: 2,
    lanes: 1,
    version: Version::V0x13,
};
const PASSWORD: &[u8] = b"correct horse battery staple";
const SALT: &[u8] = b"sixteenbytessalt";

thread_local! {
    static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
    static MEMORY_OF_ARGON2: RefCell<Vec<argon2::Block>> = const { RefCell::new(Vec::new()) };
}

/// The first bytes of the tag by this crate.
#[unsafe(no_mangle)]
pub extern "C" fn this_crate() -> u32 {
    MEMORY.with_borrow_mut(|memory| {
        memory.resize(PARAMS.block_count(), Block::ZERO);
        let input = Input {
            password: PASSWORD,
            salt: SALT,
            ..Input::default()
        };
        let mut tag = [0; 32];
        let hashed = hash(&PARAMS, &input, memory, &mut tag);
        hashed.map_or(0, |()| first_bytes(tag))
    })
}

/// The first bytes of the tag by the crate `argon2`.
#[unsafe(no_mangle)]
pub extern "C" fn crate_argon2() -> u32 {
    MEMORY_OF_ARGON2.with_borrow_mut(|memory| {
        memory.resize(PARAMS.block_count(), argon2::Block::default());
        let Params {
            memory_kib, passes, ..
        } = PARAMS;
        let params = argon2::Params::new(memory_kib, passes, 1, Some(32)).unwrap_or_default();
        let mut tag = [0; 32];
        let hashed = Argon2::new(Algorithm::Argon2id, argon2::Version::V0x13, params)
            .hash_password_into_with_memory(PASSWORD, SALT, &mut tag, memory);
        hashed.map_or(0, |()| first_bytes(tag))
    })
}

fn first_bytes([a, b, c, d, ..]: [u8; 32]) -> u32 {
    u32::from_le_bytes([a, b, c, d])
}
