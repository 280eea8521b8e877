// SPDX-License-Identifier: GPL-2.0

//! `cpus_read_lock()`.

use super::report;
use cpuhp::{
    cpus_read_lock,
    CpusReadGuard, //
};
use kernel::bindings;

pub(crate) fn test() {
    let guard = cpus_read_lock();
    // SAFETY: An FFI call with no additional requirements.
    let online = unsafe { bindings::cpumask_weight(&raw mut bindings::__cpu_online_mask) };
    report(
        "cpus_read_lock: the CPUs that are online, ascending",
        guard.online_cpus().count() == online as usize
            && guard.online_cpus().map(|cpu| cpu.as_u32()).is_sorted()
            && guard.online_cpus().all(|cpu| guard.is_online(cpu)),
    );
    // SAFETY: This task holds the lock until the guard is dropped, below.
    let assumed = unsafe { CpusReadGuard::assume_held() };
    report(
        "assume_held: the same CPUs",
        assumed.online_cpus().eq(guard.online_cpus()),
    );
    drop(guard);
}
