//! Pairs of words in WebAssembly's vectors. The functions are written so that V8 makes one or a few instructions of x86-64 or
//! Arm from each.

use core::arch::wasm32::{
    i8x16, i8x16_swizzle, i32x4_shuffle, i64x2_add, i64x2_shuffle, u64x2, u64x2_extmul_high_u32x4,
    u64x2_extmul_low_u32x4, u64x2_extract_lane, u64x2_shr, v128, v128_or, v128_xor,
};

pub type Pair = v128;

pub const ZERO: Pair = u64x2(0, 0);

#[target_feature(enable = "simd128")]
pub fn from_words([first, second]: [u64; 2]) -> Pair {
    u64x2(first, second)
}

#[target_feature(enable = "simd128")]
pub fn to_words(pair: Pair) -> [u64; 2] {
    [u64x2_extract_lane::<0>(pair), u64x2_extract_lane::<1>(pair)]
}

#[target_feature(enable = "simd128")]
#[inline]
pub fn xor(left: Pair, right: Pair) -> Pair {
    v128_xor(left, right)
}

/// The second word of the left pair and the first of the right.
#[target_feature(enable = "simd128")]
#[inline]
pub fn straddle(left: Pair, right: Pair) -> Pair {
    i64x2_shuffle::<1, 2>(left, right)
}

/// Both words rotated right by 32, 24, 16 or 63 bits. A rotation by whole bytes is a single shuffle. A swizzle with constant
/// indices costs V8 less than the equivalent `i8x16_shuffle`, whose mask it builds each time.
#[target_feature(enable = "simd128")]
#[inline]
pub fn rotate_right<const BITS: u32>(pair: Pair) -> Pair {
    match BITS {
        32 => i32x4_shuffle::<1, 0, 3, 2>(pair, pair),
        24 => i8x16_swizzle(
            pair,
            i8x16(3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10),
        ),
        16 => i8x16_swizzle(
            pair,
            i8x16(2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9),
        ),
        _ => v128_or(i64x2_add(pair, pair), u64x2_shr(pair, 63)),
    }
}

/// `x + y + 2 · low(x) · low(y)` of section 3.6, for the four words of `x` and of `y`. WebAssembly has no product of the low
/// halves of 64-bit words (an `i64x2_mul` is nine instructions), but it multiplies the corresponding 32-bit lanes of two
/// vectors, so the low halves are gathered first.
#[target_feature(enable = "simd128")]
#[inline]
pub fn multiply_add(x: [Pair; 2], y: [Pair; 2]) -> [Pair; 2] {
    let low_x = i32x4_shuffle::<0, 2, 4, 6>(x[0], x[1]);
    let low_y = i32x4_shuffle::<0, 2, 4, 6>(y[0], y[1]);
    let products = [
        u64x2_extmul_low_u32x4(low_x, low_y),
        u64x2_extmul_high_u32x4(low_x, low_y),
    ];
    [
        i64x2_add(i64x2_add(x[0], y[0]), i64x2_add(products[0], products[0])),
        i64x2_add(i64x2_add(x[1], y[1]), i64x2_add(products[1], products[1])),
    ]
}
