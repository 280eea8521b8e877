// SPDX-License-Identifier: GPL-2.0

//! Setting up a state by hand.
//!
//! What the kernel does in `cpuhp_setup_state()` a driver can do itself: initialise every CPU that
//! is online while none can come or go, undo that when one fails, and then have the callbacks
//! installed without calls. With the core's way none of this is needed:
//!
//! ```ignore
//! // By hand.
//! let guard = registrar.cpus_read_lock();
//! init_online_cpus(&guard, |cpu| init(cpu), |cpu| undo(cpu))?;
//! let state = SingleState::new_cpuslocked(&guard, setup.nocalls(), data).inspect_err(|_| {
//!     undo_online_cpus(&guard, |cpu| undo(cpu));
//! })?;
//! drop(guard);
//!
//! // And again when it is removed.
//! let guard = registrar.cpus_read_lock();
//! state.remove_nocalls_cpuslocked(&guard);
//! undo_online_cpus(&guard, |cpu| undo(cpu));
//!
//! // The core's way; when `state` is dropped it is undone.
//! let state = SingleState::new(&mut registrar, setup, data)?;
//! ```
//!
//! What is more, `init` runs on whatever CPU the caller is on, where the core would call it on the
//! CPU itself.

use super::CpusLocked;
use kernel::{
    cpu::CpuId,
    prelude::*, //
};

/// Initialises every CPU that is online, in ascending order.
///
/// When one fails, those before it are undone, likewise in ascending order as the kernel does, and
/// the error is returned.
///
/// # Errors
///
/// The error of the `init` that failed.
pub fn init_online_cpus(
    cpus: &CpusLocked,
    mut init: impl FnMut(CpuId) -> Result,
    undo: impl FnMut(CpuId),
) -> Result {
    for cpu in cpus.online_cpus() {
        if let Err(error) = init(cpu) {
            cpus.online_cpus().take_while(|&c| c != cpu).for_each(undo);
            return Err(error);
        }
    }
    Ok(())
}

/// Undoes that on every CPU that is online, in ascending order.
pub fn undo_online_cpus(cpus: &CpusLocked, undo: impl FnMut(CpuId)) {
    cpus.online_cpus().for_each(undo);
}
