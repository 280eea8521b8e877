// SPDX-License-Identifier: GPL-2.0

//! Initialising CPUs by hand.

use super::CpusReadGuard;
use kernel::{
    cpu::CpuId,
    prelude::*, //
};

/// Initialises every CPU that is online, in ascending order.
///
/// When `init` fails for a CPU, `undo` is called for the CPUs before it, likewise in ascending
/// order as the kernel does, and the error is returned.
///
/// This is what a driver does that does not let the kernel call its startup. It then sets up its
/// state without calls:
///
/// ```
/// # use cpuhp::*;
/// # use kernel::{cpu::CpuId, prelude::*};
/// # struct Timers;
/// # #[vtable]
/// # impl Callbacks for Timers {
/// #     type Section = Online;
/// #     const NAME: &'static CStr = c"timers:online";
/// #     fn startup(_cpu: Cpu<'_, Online>) -> Result { Ok(()) }
/// #     fn teardown(_cpu: Cpu<'_, Online>) {}
/// # }
/// # fn init(_cpu: CpuId) -> Result { Ok(()) }
/// # fn undo(_cpu: CpuId) {}
/// // By hand.
/// let guard = cpus_read_lock();
/// init_online_cpus(&guard, init, undo)?;
/// // SAFETY: It is removed below, and not leaked.
/// let state = unsafe { State::<Timers>::new_nocalls_cpuslocked(&guard) }
///     .inspect_err(|_| undo_online_cpus(&guard, undo))?;
/// drop(guard);
///
/// // And again by hand when it is removed.
/// let guard = cpus_read_lock();
/// state.remove_nocalls_cpuslocked(&guard);
/// undo_online_cpus(&guard, undo);
/// drop(guard);
///
/// // With the kernel's calls all of the above is this. When `state` is dropped, it is undone.
/// // SAFETY: It is dropped at the end of the function.
/// let state = unsafe { State::<Timers>::new() }?;
/// # drop(state);
/// # Ok::<(), Error>(())
/// ```
///
/// What is more, `init` runs on whatever CPU the caller is on, where the kernel would call a
/// startup of section [`Online`](super::Online) on the CPU itself.
///
/// # Errors
///
/// The error of the `init` that failed.
pub fn init_online_cpus(
    guard: &CpusReadGuard,
    mut init: impl FnMut(CpuId) -> Result,
    undo: impl FnMut(CpuId),
) -> Result {
    for cpu in guard.online_cpus() {
        if let Err(error) = init(cpu) {
            guard.online_cpus().take_while(|&c| c != cpu).for_each(undo);
            return Err(error);
        }
    }
    Ok(())
}

/// Calls `undo` for every CPU that is online, in ascending order.
///
/// [`init_online_cpus`] shows what for.
pub fn undo_online_cpus(guard: &CpusReadGuard, undo: impl FnMut(CpuId)) {
    guard.online_cpus().for_each(undo);
}
