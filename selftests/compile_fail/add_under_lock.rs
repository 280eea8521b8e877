// SPDX-License-Identifier: GPL-2.0

//! An instance cannot be added with cpus_read_lock() held: the kernel has no function for that.

// expect: E0499

include!("common.inc");

/// Adds with the lock held.
pub fn bad<T: Callbacks>(
    registrar: &mut Registrar,
    state: kernel::sync::Arc<MultiState<T>>,
    data: T,
) -> Result<Instance<T>> {
    let guard = registrar.cpus_read_lock();
    let instance = Instance::new(registrar, state, Ok(data));
    drop(guard);
    instance
}
