// SPDX-License-Identifier: GPL-2.0

//! A word of a record.

use core::cell::UnsafeCell;

/// A word that one writes while others read it, without an order.
///
/// It is what an `Atomic` is with `Relaxed`, and takes one instruction: an `Atomic` calls a
/// function of the kernel for each access, and a record has ten words.
pub(super) struct Word(UnsafeCell<u64>);

// SAFETY: It is accessed by `read()` and `write()` only, which several threads may call at a time.
unsafe impl Sync for Word {}

impl Word {
    /// Makes one that is 0.
    pub(super) const fn new() -> Self {
        Self(UnsafeCell::new(0))
    }

    /// C: `READ_ONCE()`.
    #[inline]
    pub(super) fn read(&self) -> u64 {
        // SAFETY: The pointer is valid and aligned. A volatile access of a machine word is not
        // torn, and in the kernel's memory model it is a marked one, which may race with others of
        // these.
        unsafe { self.0.get().read_volatile() }
    }

    /// C: `WRITE_ONCE()`.
    #[inline]
    pub(super) fn write(&self, word: u64) {
        // SAFETY: As above.
        unsafe { self.0.get().write_volatile(word) }
    }
}
