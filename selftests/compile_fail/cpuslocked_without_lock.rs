// SPDX-License-Identifier: GPL-2.0

//! The variant for who holds the lock wants the lock.

// expect: E0308

include!("common.inc");

/// Sets up with a registrar instead.
pub fn bad<T: SingleCallbacks>(
    registrar: &mut Registrar,
    setup: Setup,
    data: kernel::sync::Arc<T>,
) -> Result<SingleState<T>> {
    SingleState::new_cpuslocked(registrar, setup, data)
}
