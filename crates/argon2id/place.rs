//! Which block is filled next, and which earlier one it refers to.

/// Slices of the memory; with one lane all they do is to decide what may be referred to.
const SLICES: usize = 4;

/// Where a block is: the pass that fills it, the slice, and how far into the slice.
#[derive(Clone, Copy)]
pub struct Place {
    pub pass: u32,
    pub slice: usize,
    pub offset: usize,
    /// Blocks in a slice.
    length: usize,
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "a place is within a memory of at least 8 blocks, and the first two are never filled here"
)]
impl Place {
    /// The first to be filled, in so many blocks.
    pub fn third(blocks: usize) -> Self {
        let second = Self {
            pass: 0,
            slice: 0,
            offset: 1,
            length: blocks / SLICES,
        };
        second.next()
    }

    pub fn next(mut self) -> Self {
        self.offset += 1;
        if self.offset == self.length {
            self.offset = 0;
            self.slice += 1;
        }
        if self.slice == SLICES {
            self.slice = 0;
            self.pass += 1;
        }
        self
    }

    pub fn index(self) -> usize {
        self.slice * self.length + self.offset
    }

    /// Whether the reference depends on nothing but the place: in the first half of the first pass.
    pub fn is_public(self) -> bool {
        self.pass == 0 && self.slice < SLICES / 2
    }

    /// The block that `word` names (RFC 9106 section 3.4.2), late ones more often than early ones: of this slice, but for
    /// the one just before, and of the three slices before it or, in the first pass, of as many as there are.
    pub fn reference(self, word: u64) -> usize {
        let (finished, first) = match self.pass {
            0 => (self.slice, 0),
            _ => (SLICES - 1, self.slice + 1),
        };
        let choice = finished * self.length + self.offset - 1;
        let low = word & u64::from(u32::MAX);
        let back = (low * low) >> 32;
        let back = (choice as u64 * back) >> 32;
        let index = first * self.length + choice - 1 - back as usize;
        let blocks = SLICES * self.length;
        if index < blocks {
            index
        } else {
            index - blocks
        }
    }
}
