//! The block that is computed next, and the earlier block that it refers to (section 3.4).

use super::Variant;

/// Synchronization points: each pass fills the memory in this many slices.
pub const SLICES: usize = 4;

/// How the memory is divided: lanes of [`SLICES`] segments.
#[derive(Clone, Copy)]
pub struct Layout {
    /// At least 1.
    pub lanes: usize,
    /// Blocks in a segment, at least 2.
    pub segment_length: usize,
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "the number of blocks is at most a u32 of KiB"
)]
impl Layout {
    /// `q` of section 3.2.
    pub fn lane_length(self) -> usize {
        SLICES * self.segment_length
    }

    /// `m'` of section 3.2.
    pub fn block_count(self) -> usize {
        self.lanes * self.lane_length()
    }
}

/// A block to compute.
#[derive(Clone, Copy)]
pub struct Position {
    pub pass: u32,
    pub slice: usize,
    pub lane: usize,
    /// Within the segment.
    pub offset: usize,
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "a position is in the memory, and the first two blocks of a lane are never computed here"
)]
impl Position {
    /// Index in the memory.
    pub fn index(self, layout: Layout) -> usize {
        self.lane * layout.lane_length() + self.slice * layout.segment_length + self.offset
    }

    /// Index of the block before this one in its lane, which at the start of a lane is the last.
    pub fn previous(self, layout: Layout) -> usize {
        let index = self.index(layout);
        if self.slice == 0 && self.offset == 0 {
            index + layout.lane_length() - 1
        } else {
            index - 1
        }
    }

    /// The position after this one, unless the segment ends here.
    pub fn next_in_segment(self, layout: Layout) -> Option<Self> {
        let offset = self.offset + 1;
        (offset < layout.segment_length).then_some(Self { offset, ..self })
    }

    /// Whether the reference depends only on the position: for Argon2id in the first half of the first pass (section 3.4.1).
    pub fn is_data_independent(self, variant: Variant) -> bool {
        match variant {
            Variant::Argon2d => false,
            Variant::Argon2i => true,
            Variant::Argon2id => self.pass == 0 && self.slice < SLICES / 2,
        }
    }

    /// Index of the reference block (section 3.4.2). `word` holds `J_1` in its lower half and `J_2` in its upper half.
    pub fn reference(self, layout: Layout, word: u64) -> usize {
        let is_first_segment = self.pass == 0 && self.slice == 0;
        let lane = if is_first_segment || layout.lanes == 1 {
            self.lane
        } else {
            (word >> 32) as usize % layout.lanes
        };
        // The complete segments, and the beginning of the oldest of them.
        let (complete, start) = match self.pass {
            0 => (self.slice, 0),
            _ => (SLICES - 1, self.slice + 1),
        };
        // In the same lane, the blocks of the current segment so far are candidates too, but not the previous block.
        let candidates = complete * layout.segment_length;
        let candidates = match (lane == self.lane, self.offset) {
            (true, offset) => candidates + offset - 1,
            (false, 0) => candidates - 1,
            (false, _) => candidates,
        };
        let j_1 = word & u64::from(u32::MAX);
        let x = (j_1 * j_1) >> 32;
        let y = (candidates as u64 * x) >> 32;
        let column = start * layout.segment_length + candidates - 1 - y as usize;
        let column = if column < layout.lane_length() {
            column
        } else {
            column - layout.lane_length()
        };
        lane * layout.lane_length() + column
    }
}
