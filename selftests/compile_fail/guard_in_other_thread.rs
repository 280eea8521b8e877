// SPDX-License-Identifier: GPL-2.0

//! The lock is released by the task that took it.

// expect: E0277

include!("common.inc");

fn in_other_thread<T: Send>(_: T) {}

/// Sends the guard.
pub fn bad(registrar: &mut Registrar) {
    in_other_thread(registrar.cpus_read_lock());
}
