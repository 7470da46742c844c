//! The words that name references before the password has a say: RFC 9106 section 3.4.1.2.

use super::place::Place;
use super::{Block, TYPE, compress};

/// Words in a block.
const WORDS: usize = 128;

/// Names for the blocks of the first two slices in the first pass, asked for in their order.
pub struct Names {
    blocks: usize,
    passes: u32,
    words: [u64; WORDS],
}

impl Names {
    /// For so many blocks and passes, from this place on.
    pub fn new(first: Place, blocks: usize, passes: u32) -> Self {
        let mut names = Self {
            blocks,
            passes,
            words: [0; WORDS],
        };
        names.make(first);
        names
    }

    pub fn word(&mut self, place: Place) -> u64 {
        let number = place.offset % WORDS;
        if number == 0 {
            self.make(place);
        }
        self.words.get(number).copied().unwrap_or_default()
    }

    fn make(&mut self, place: Place) {
        let lane = 0;
        let count = (place.offset / WORDS).saturating_add(1);
        let numbers = [
            u64::from(place.pass),
            lane,
            place.slice as u64,
            self.blocks as u64,
            u64::from(self.passes),
            u64::from(TYPE),
            count as u64,
        ];
        let mut words = [0; WORDS];
        for (word, number) in words.iter_mut().zip(numbers) {
            *word = number;
        }
        let block = Block::from_words(&words);
        self.words = compress(&compress(&block)).to_words();
    }
}
