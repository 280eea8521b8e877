// SPDX-License-Identifier: GPL-2.0

//! Keeping CPUs from coming and going.

use kernel::{
    bindings,
    cpu::{
        nr_cpu_ids,
        CpuId, //
    },
    types::NotThreadSafe, //
};

/// Evidence that no CPU goes online or offline.
///
/// Others may set states up and remove them meanwhile: they hold the same lock for reading.
///
/// # Invariants
///
/// For as long as the value can be used, `cpu_hotplug_lock` is held for reading by the calling
/// task, or by a task that waits for the calling code.
#[must_use = "the lock is released when the guard is dropped"]
pub struct CpusReadGuard(NotThreadSafe);

/// Waits until no hotplug operation is under way and keeps the next one from starting.
///
/// May sleep. The lock does not nest: taking it again in the same task, or in a callback, can wait
/// for ever. Lockdep reports that.
///
/// C: `cpus_read_lock()`.
///
/// # Examples
///
/// ```
/// # use cpuhp::cpus_read_lock;
/// let guard = cpus_read_lock();
/// // At least the CPU that this runs on is online, and none of them goes before the end.
/// assert!(guard.online_cpus().count() >= 1);
/// drop(guard);
/// ```
#[inline]
pub fn cpus_read_lock() -> CpusReadGuard {
    // SAFETY: An FFI call with no additional requirements.
    unsafe { bindings::cpus_read_lock() };
    // INVARIANT: The lock was just taken.
    CpusReadGuard(NotThreadSafe)
}

impl CpusReadGuard {
    /// Assumes that the lock is held for the calling code.
    ///
    /// This is for code that C calls with `cpus_read_lock()` held. Lockdep checks that the lock is
    /// held. In a callback of a hotplug operation it is held, but for writing, and so not what is
    /// needed here.
    ///
    /// C: `lockdep_assert_cpus_held()`.
    ///
    /// # Safety
    ///
    /// For the whole lifetime `'a`, `cpu_hotplug_lock` is held for reading by the calling task, or
    /// by a task that waits for the calling code.
    #[inline]
    pub unsafe fn assume_held<'a>() -> &'a Self {
        const HELD: &CpusReadGuard = &CpusReadGuard(NotThreadSafe);

        // SAFETY: An FFI call with no additional requirements.
        unsafe { bindings::lockdep_assert_cpus_held() };
        // INVARIANT: The caller vouches for the lock.
        HELD
    }

    /// Returns the CPUs that are online, in ascending order.
    pub fn online_cpus(&self) -> impl Iterator<Item = CpuId> + '_ {
        (0..nr_cpu_ids())
            .filter_map(CpuId::from_u32)
            .filter(|&cpu| self.is_online(cpu))
    }

    /// Tells whether a CPU is online.
    #[inline]
    pub fn is_online(&self, cpu: CpuId) -> bool {
        // SAFETY: The mask is always there, has a bit for each `CpuId`, and is read with an atomic
        // bit operation.
        unsafe { bindings::cpumask_test_cpu(cpu.into(), &raw mut bindings::__cpu_online_mask) }
    }
}

impl Drop for CpusReadGuard {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: Values that are dropped come from `cpus_read_lock()`, which took the lock in this
        // task: `assume_held()` gives out a reference only.
        unsafe { bindings::cpus_read_unlock() };
    }
}
