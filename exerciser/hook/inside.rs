// SPDX-License-Identifier: GPL-2.0

//! Who is inside a detour, and what the detours work with.

use super::Watcher;
use core::ptr;
use kernel::sync::atomic::{
    Acquire,
    Atomic,
    Relaxed,
    Release, //
};

/// What the detours work with.
///
/// # Invariants
///
/// While a detour or the like is under way that is counted in [`INSIDE`], this is null or the
/// address of a [`Watcher`] that is pinned and lives, and that nobody has an exclusive reference
/// to, but for the pinned one that it is dropped with.
pub(super) static WATCHER: Atomic<*mut Watcher> = Atomic::new(ptr::null_mut());

/// How many detours, notifications and work items are under way.
pub(super) static INSIDE: Atomic<i64> = Atomic::new(0);

/// Evidence that a detour or the like is under way.
///
/// # Invariants
///
/// It is counted in [`INSIDE`].
pub(super) struct Inside(());

impl Inside {
    pub(super) fn enter() -> Self {
        // This needs no order, because who takes the hook out waits before it looks at the count:
        // for tasks that are on their way from ftrace into a detour by `synchronize_rcu_tasks()`,
        // for notifications by `unregister_module_notifier()`, and for the work item by
        // `cancel_work_sync()`. So the count is seen.
        INSIDE.add(1i64, Relaxed);
        // INVARIANT: It has just been counted.
        Self(())
    }

    /// Returns what to work with, if the hook is in place.
    pub(super) fn watcher(&self) -> Option<&Watcher> {
        // SAFETY: By its invariant `self` is counted, so by the invariant of `WATCHER` this is null
        // or the address of a watcher that lives for as long as `self`. Whoever drops it has a
        // reference that other ones may exist besides, because a `Watcher` is not `Unpin`; it is
        // not used as an exclusive one before nobody is counted any more.
        unsafe { WATCHER.load(Acquire).as_ref() }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        // Who sees that nobody is inside any more may free what was worked with.
        INSIDE.fetch_add(-1i64, Release);
    }
}
