// SPDX-License-Identifier: GPL-2.0

//! The right to set up states, and the lock that keeps CPUs where they are.

use crate::bindings;
use core::marker::PhantomData;
use kernel::types::NotThreadSafe;

/// The right to set up a state and to take `cpus_read_lock()`.
///
/// Both wait for locks that are held around every callback. So whoever does either must not be
/// inside a callback and must not hold `cpus_read_lock()` yet; the kernel deadlocks otherwise, and
/// lockdep does not always see it. This token stands for that. It cannot be sent to or shared with
/// another thread, so data that callbacks share cannot smuggle one in, and it is borrowed for as
/// long as a [`CpusReadGuard`] lives.
///
/// # Invariants
///
/// For as long as the value lives, the task that owns it is in process context, may sleep, is not
/// inside a cpuhp callback, and does not hold `cpu_hotplug_lock` otherwise than through a
/// [`CpusReadGuard`] that borrows this very value.
pub struct Registrar(NotThreadSafe);

impl Registrar {
    /// Asserts that this task may set up states.
    ///
    /// # Safety
    ///
    /// For as long as the returned value lives, the calling task
    ///
    /// - is in process context and may sleep,
    /// - is not inside a cpuhp callback, and
    /// - holds no other [`Registrar`] and does not hold `cpu_hotplug_lock` (which is what
    ///   `cpus_read_lock()` takes), nor a lock that some cpuhp callback takes.
    #[inline]
    pub unsafe fn assume() -> Self {
        // INVARIANT: All of it is required of the caller.
        Self(NotThreadSafe)
    }

    /// Waits until no hotplug operation is under way and keeps the next one from starting.
    ///
    /// May sleep. C: `cpus_read_lock()`.
    #[inline]
    pub fn cpus_read_lock(&mut self) -> CpusReadGuard<'_> {
        CpusReadGuard::new()
    }
}

/// While this lives, no CPU goes online or offline.
///
/// # Invariants
///
/// The task that owns the value holds a reference of its own on `cpu_hotplug_lock` for reading.
#[must_use = "the lock is released when the guard is dropped"]
pub struct CpusReadGuard<'a>(PhantomData<&'a mut Registrar>, NotThreadSafe);

impl CpusReadGuard<'_> {
    /// Takes the lock.
    ///
    /// For those in this module who know, without a [`Registrar`] to show for it, that the task
    /// neither is in a callback nor holds the lock.
    #[inline]
    pub(super) fn new() -> Self {
        // SAFETY: This function only sleeps and waits; where that would be for ever is what the
        // invariants of `Registrar` exclude.
        unsafe { bindings::cpus_read_lock() };
        // INVARIANT: The reference that was just taken belongs to the new value.
        Self(PhantomData, NotThreadSafe)
    }
}

impl Drop for CpusReadGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariant there is a reference to give back. It is given back by the
        // task that took it, because the guard cannot leave its thread.
        unsafe { bindings::cpus_read_unlock() };
    }
}
