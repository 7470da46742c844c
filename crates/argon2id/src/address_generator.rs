//! The words that choose references before the password has an influence (section 3.4.1.2).

use super::Params;
use super::block::{Block, compress};
use super::position::{Layout, Position};

const WORDS_PER_BLOCK: usize = 128;

/// Words for the positions of one segment, which must be requested in order.
pub struct AddressGenerator {
    /// The input of the compression function; the counter is its seventh word.
    input: [u64; WORDS_PER_BLOCK],
    counter: usize,
    words: [u64; WORDS_PER_BLOCK],
}

impl AddressGenerator {
    /// For the segment of this position.
    pub fn new(position: Position, params: &Params, layout: Layout) -> Self {
        let mut input = [0; WORDS_PER_BLOCK];
        let numbers = [
            u64::from(position.pass),
            position.lane as u64,
            position.slice as u64,
            layout.block_count() as u64,
            u64::from(params.passes),
            params.variant as u64,
        ];
        for (word, number) in input.iter_mut().zip(numbers) {
            *word = number;
        }
        Self {
            input,
            counter: 0,
            words: [0; WORDS_PER_BLOCK],
        }
    }

    /// `J_1` and `J_2` of the position at this offset.
    pub fn word(&mut self, offset: usize) -> u64 {
        let counter = (offset / WORDS_PER_BLOCK).saturating_add(1);
        if counter != self.counter {
            self.counter = counter;
            if let Some(word) = self.input.get_mut(6) {
                *word = counter as u64;
            }
            let input = Block::from_words(&self.input);
            self.words = compress(&compress(&input)).to_words();
        }
        let word = self.words.get(offset % WORDS_PER_BLOCK);
        word.copied().unwrap_or_default()
    }
}
