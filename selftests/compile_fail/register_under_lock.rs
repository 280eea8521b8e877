// SPDX-License-Identifier: GPL-2.0

//! With cpus_read_lock() held there is only the variant that goes with that.

// expect: E0499

include!("common.inc");

/// Sets up with the lock held.
pub fn bad<T: SingleCallbacks>(
    registrar: &mut Registrar,
    setup: Setup,
    data: kernel::sync::Arc<T>,
) -> Result<SingleState<T>> {
    let guard = registrar.cpus_read_lock();
    let state = SingleState::new(registrar, setup, data);
    drop(guard);
    state
}
