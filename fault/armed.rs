// SPDX-License-Identifier: GPL-2.0

//! Whether any fault is armed at all.

use crate::bindings;
use kernel::jump_label::static_branch_unlikely;

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
        // SAFETY: The key is a static one, from `bindings/fault.c`.
        unsafe { bindings::static_key_slow_inc(&raw mut bindings::fault_armed.key.key) };
        // INVARIANT: This is its reference.
        Self(())
    }

    /// Whether there are any.
    #[inline(always)]
    pub(super) fn any() -> bool {
        // SAFETY: The key is defined by C, in `bindings/fault.c`.
        unsafe { static_branch_unlikely!(bindings::fault_armed, bindings::StaticKey, key) }
    }
}

impl Drop for Armed {
    /// Counts one less. Sleeps, and takes `cpus_read_lock()`.
    fn drop(&mut self) {
        // SAFETY: As above, and by the type invariant there is a reference to give up.
        unsafe { bindings::static_key_slow_dec(&raw mut bindings::fault_armed.key.key) };
    }
}
