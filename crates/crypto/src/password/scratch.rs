//! Which memory does a hashing thread keep between two Argon2 hashes?
//!
//! Fresh memory costs more than the hash's arithmetic: the kernel clears and maps every page. One buffer a thread,
//! used again, makes Argon2id at 19 MiB about a third faster and its time even.
//!
//! Invariant: at most [`RETAINED_MAX_KIB`] stay between two hashes, whatever a stored hash asked for.

use std::fmt;

use ::argon2::Block;
use zeroize::Zeroize as _;

/// A buffer larger than this (KiB) is given back right after the hash that needed it.
const RETAINED_MAX_KIB: usize = 64 * 1024;

/// The reused memory of one hashing thread. Empty until the first Argon2 hash.
///
/// What a hash left in it is overwritten by the next one and wiped by [`Scratch::release`]; it is not wiped after
/// each hash, which would cost a tenth of the hash. With two iterations or more, testing a guess against the rest
/// is as hard as against the stored hash.
#[derive(Default)]
pub struct Scratch {
    blocks: Vec<Block>,
}

impl Scratch {
    /// Holds nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Wipes the memory and gives it back. For a thread that has been idle for a while.
    pub fn release(&mut self) {
        self.wipe();
        self.blocks = Vec::new();
    }

    /// How much is held now.
    pub fn held_bytes(&self) -> usize {
        self.blocks.capacity() * Block::SIZE
    }

    /// Lends `count` blocks of 1 KiB to `work`.
    pub(super) fn with_blocks<T>(&mut self, count: usize, work: impl FnOnce(&mut [Block]) -> T) -> T {
        if self.blocks.len() < count {
            // Not `resize`: growing would copy what the last hash left.
            self.release();
            self.blocks = vec![Block::new(); count];
        }
        let (lent, _) = self.blocks.split_at_mut_checked(count).unwrap_or_default();
        let result = work(lent);
        if self.blocks.len() > RETAINED_MAX_KIB {
            self.release();
        }
        result
    }

    fn wipe(&mut self) {
        for block in &mut self.blocks {
            block.zeroize();
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.wipe();
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scratch({} bytes)", self.held_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_kept_until_they_are_released() {
        let mut scratch = Scratch::new();
        assert_eq!(scratch.held_bytes(), 0);
        assert_eq!(scratch.with_blocks(16, |blocks| blocks.len()), 16);
        assert_eq!(scratch.held_bytes(), 16 * 1024);
        assert_eq!(scratch.with_blocks(8, |blocks| blocks.len()), 8);
        assert_eq!(scratch.held_bytes(), 16 * 1024);
        scratch.release();
        assert_eq!(scratch.held_bytes(), 0);
    }

    #[test]
    fn an_unusually_large_buffer_is_given_back_at_once() {
        let mut scratch = Scratch::new();
        assert_eq!(scratch.with_blocks(RETAINED_MAX_KIB + 1, |blocks| blocks.len()), RETAINED_MAX_KIB + 1);
        assert_eq!(scratch.held_bytes(), 0);
    }
}
