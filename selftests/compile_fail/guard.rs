// SPDX-License-Identifier: GPL-2.0

//! What needs `cpus_read_lock()` gets it, in the task that holds it and for as long as it does.

// mistake no_guard: E0061
// mistake no_guard_multi: E0061
// mistake no_guard_to_remove: E0061
// mistake dropped: E0505
// mistake in_other_thread: E0277
// mistake shared_with_thread: E0277
// mistake made_up: E0423
// mistake assumed: E0133

include!("common.inc");

/// Sets up and removes states with the lock held.
///
/// # Safety
///
/// As for [`MultiState::new`].
pub unsafe fn set_up<T: Callbacks, I: InstanceCallbacks>() -> Result<MultiState<I>> {
    let guard = cpus_read_lock();
    #[cfg(not(no_guard))]
    // SAFETY: It is removed below.
    let state = unsafe { State::<T>::new_cpuslocked(&guard) }?;
    #[cfg(no_guard)]
    // SAFETY: As above.
    let state = unsafe { State::<T>::new_cpuslocked() }?;
    #[cfg(not(no_guard_to_remove))]
    state.remove_nocalls_cpuslocked(&guard);
    #[cfg(no_guard_to_remove)]
    state.remove_nocalls_cpuslocked();
    #[cfg(not(no_guard_multi))]
    // SAFETY: This function's own requirement.
    let multi = unsafe { MultiState::<I>::new_cpuslocked(&guard) };
    #[cfg(no_guard_multi)]
    // SAFETY: As above.
    let multi = unsafe { MultiState::<I>::new_cpuslocked() };
    multi
}

/// Counts the CPUs that are online.
pub fn count() -> usize {
    let guard = cpus_read_lock();
    let cpus = guard.online_cpus();
    #[cfg(dropped)]
    drop(guard);
    cpus.count()
}

/// The lock is released by the task that has taken it.
#[cfg(in_other_thread)]
pub fn bad() {
    fn send<T: Send>(_: T) {}
    send(cpus_read_lock());
}

/// Another task does not know when it is released.
#[cfg(shared_with_thread)]
pub fn bad() {
    fn send<T: Send>(_: T) {}
    send(&cpus_read_lock());
}

#[cfg(made_up)]
pub fn bad() -> CpusReadGuard {
    CpusReadGuard(kernel::types::NotThreadSafe)
}

#[cfg(assumed)]
pub fn bad() -> usize {
    CpusReadGuard::assume_held().online_cpus().count()
}
