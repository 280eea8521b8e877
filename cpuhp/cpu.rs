// SPDX-License-Identifier: GPL-2.0

//! The CPU that a callback is called for.

use super::Section;
use core::marker::PhantomData;
use kernel::{
    cpu::CpuId,
    types::NotThreadSafe, //
};

/// The CPU that a callback is called for, and the evidence that such a call is under way.
///
/// Only a callback gets one, and it can neither be kept after the call nor be sent to another
/// thread. So a function that must only run in a callback can ask for it:
///
/// ```
/// # use cpuhp::{Cpu, Online};
/// /// Programs the timer of the CPU that this runs on.
/// fn start_timer(cpu: Cpu<'_, Online>) {
///     // ...
/// #   let _ = cpu;
/// }
/// ```
///
/// In section [`Online`](super::Online) the calling task is pinned to that CPU for the whole call,
/// even where the call sleeps. There is one exception, before which the kernel warns: when a CPU
/// fails to come online and then a teardown fails in the rollback, `cpuhp_up_callbacks()` calls the
/// teardowns that are left in the task that asked for the operation, on whatever CPU that runs. So
/// `unsafe` code must not rely on being pinned.
///
/// # Invariants
///
/// The value lives for no longer than a call by `kernel/cpu.c` of a callback of a state in section
/// `S` for the CPU `id`, and stays in the task of that call.
pub struct Cpu<'a, S: Section> {
    id: CpuId,
    _call: PhantomData<(&'a (), S)>,
    _not_thread_safe: NotThreadSafe,
}

impl<S: Section> Copy for Cpu<'_, S> {}

impl<S: Section> Clone for Cpu<'_, S> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Section> Cpu<'_, S> {
    /// Stands for the call that is under way.
    ///
    /// # Safety
    ///
    /// To be called only in a call by `kernel/cpu.c` of a callback of a state in section `S`, with
    /// the CPU number of that call. The value must not be used after that call.
    #[inline]
    pub(super) unsafe fn new(cpu: u32) -> Self {
        // INVARIANT: The caller vouches for it.
        Self {
            // SAFETY: The kernel calls callbacks for present CPUs only, whose numbers are all below
            // `nr_cpu_ids`.
            id: unsafe { CpuId::from_u32_unchecked(cpu) },
            _call: PhantomData,
            _not_thread_safe: NotThreadSafe,
        }
    }

    /// Returns the number of the CPU.
    #[inline]
    pub fn id(self) -> CpuId {
        self.id
    }
}
