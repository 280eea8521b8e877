// SPDX-License-Identifier: GPL-2.0

//! A word that several threads access.

use core::cell::UnsafeCell;
use kernel::prelude::*;

/// A word that one writes while others read it, without an order.
///
/// It is what an `Atomic` is with `Relaxed`, and takes one instruction. An `Atomic` calls a
/// function of the kernel for each access, and each call that is logged makes dozens of them.
pub(super) struct Word(UnsafeCell<u64>);

// One that takes two instructions could be read half written.
static_assert!(size_of::<Word>() == size_of::<usize>());

// SAFETY: What is inside is reached by `read()` and `write()` only. Each makes one volatile access
// of a machine word through a pointer, and no reference to it. In the kernel's memory model any
// number of those may race: whoever reads gets what somebody has written.
unsafe impl Sync for Word {}

impl Word {
    /// Makes one that is 0.
    pub(super) const fn new() -> Self {
        Self(UnsafeCell::new(0))
    }

    /// C: `READ_ONCE()`.
    #[inline]
    pub(super) fn read(&self) -> u64 {
        // SAFETY: The pointer is that of the cell, so it is valid and aligned. The access may race
        // with others of this type, see `Sync` above.
        unsafe { self.0.get().read_volatile() }
    }

    /// C: `WRITE_ONCE()`.
    #[inline]
    pub(super) fn write(&self, word: u64) {
        // SAFETY: As above.
        unsafe { self.0.get().write_volatile(word) }
    }
}
