// SPDX-License-Identifier: GPL-2.0

//! Who is inside a detour, and what the detours work with.

use super::Watcher;
use core::ptr;
use kernel::sync::atomic::{
    Acquire,
    Atomic,
    Full, //
};

/// What the detours work with.
///
/// # Invariants
///
/// While a detour or the like is under way that is counted in [`INSIDE`], or a probe of a
/// tracepoint, this is null or the address of a [`Watcher`] that lives. (When the hook is taken
/// out, the probes are waited for before the detours are.)
pub(super) static WATCHER: Atomic<*mut Watcher> = Atomic::new(ptr::null_mut());

/// How many detours, notifications and work items are under way.
pub(super) static INSIDE: Atomic<i64> = Atomic::new(0);

/// Evidence that a detour is under way.
pub(super) struct Inside;

impl Inside {
    pub(super) fn enter() -> Self {
        INSIDE.fetch_add(1, Full);
        Self
    }

    /// Returns what to work with, if the hook is in place.
    pub(super) fn watcher(&self) -> Option<&Watcher> {
        // SAFETY: By the invariant of `WATCHER`, and this is counted.
        unsafe { WATCHER.load(Acquire).as_ref() }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.fetch_add(-1, Full);
    }
}

/// Returns what a probe works with. Probes are not counted in [`INSIDE`].
///
/// # Safety
///
/// To be called only in a probe of one of the tracepoints. What it returns is not used after that.
pub(super) unsafe fn watcher_of_probe<'a>() -> Option<&'a Watcher> {
    // SAFETY: By the invariant of `WATCHER`.
    unsafe { WATCHER.load(Acquire).as_ref() }
}
