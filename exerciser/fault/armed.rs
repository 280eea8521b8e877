// SPDX-License-Identifier: GPL-2.0

//! Whether any fault is armed at all.

use crate::exerciser::bindings;

/// Stands for a fault that is armed.
///
/// It is counted in a static key, so that a callback jumps over the faults without a test while
/// there is none of these.
///
/// # Invariants
///
/// There is a reference to the key for each.
pub(super) struct Armed(());

impl Armed {
    /// Counts one more. Sleeps, and takes `cpus_read_lock()`: to change the key is to change code.
    pub(super) fn new() -> Self {
        // SAFETY: The key is a static one, and this is process context, as the caller is told.
        unsafe { bindings::fault_armed_inc() };
        // INVARIANT: This is its reference.
        Self(())
    }

    /// Whether there are any.
    #[inline]
    pub(super) fn any() -> bool {
        // SAFETY: The function looks at a static key.
        unsafe { bindings::fault_armed() }
    }
}

impl Drop for Armed {
    /// Counts one less. Sleeps, and takes `cpus_read_lock()`.
    fn drop(&mut self) {
        // SAFETY: As in `new()`, and by the type invariant there is a reference to give up.
        unsafe { bindings::fault_armed_dec() };
    }
}
