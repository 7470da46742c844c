//! `cargo bench -p argon2id`: this crate and the crate `argon2` natively, with OWASP's parameters.

use argon2::{Algorithm, Argon2};
use argon2id::{Block, Input, Params, Variant, Version, hash};
use divan::{Bencher, black_box};

const PARAMS: Params = Params {
    variant: Variant::Argon2id,
    memory_kib: 19 * 1024,
    passes: 2,
    lanes: 1,
    version: Version::V0x13,
};
const PASSWORD: &[u8] = b"correct horse battery staple";
const SALT: &[u8] = b"sixteenbytessalt";

fn main() {
    divan::main();
}

#[divan::bench]
fn this_crate(bencher: Bencher) {
    let mut memory = vec![Block::ZERO; PARAMS.block_count()];
    let input = Input {
        password: PASSWORD,
        salt: SALT,
        ..Input::default()
    };
    bencher.bench_local(|| {
        let mut tag = [0; 32];
        hash(&PARAMS, black_box(&input), &mut memory, &mut tag).map(|()| tag)
    });
}

#[divan::bench]
fn crate_argon2(bencher: Bencher) {
    let Params {
        memory_kib, passes, ..
    } = PARAMS;
    let params = argon2::Params::new(memory_kib, passes, 1, Some(32)).unwrap_or_default();
    let argon2 = Argon2::new(Algorithm::Argon2id, argon2::Version::V0x13, params);
    let mut memory = vec![argon2::Block::default(); PARAMS.block_count()];
    bencher.bench_local(|| {
        let mut tag = [0; 32];
        argon2
            .hash_password_into_with_memory(black_box(PASSWORD), SALT, &mut tag, &mut memory)
            .map(|()| tag)
    });
}
