// SPDX-License-Identifier: GPL-2.0

//! The lock is not taken twice.

// expect: E0499

include!("common.inc");

/// Takes it twice.
pub fn bad(registrar: &mut Registrar) {
    let first = registrar.cpus_read_lock();
    let second = registrar.cpus_read_lock();
    drop(first);
    drop(second);
}
