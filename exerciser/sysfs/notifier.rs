// SPDX-License-Identifier: GPL-2.0

//! Waking those who wait for a file to change.

use super::{
    Dir,
    Directory, //
};
use crate::exerciser::bindings;
use core::ptr::NonNull;
use kernel::prelude::*;

/// A file whose readers can be woken.
///
/// They wait with `poll()` for `POLLPRI`. It may outlive the file, and then does
/// nothing.
///
/// # Invariants
///
/// The value owns a reference to the node, which is a file's.
pub struct Notifier(NonNull<bindings::kernfs_node>);

// SAFETY: A node can be used and given up by any thread.
unsafe impl Send for Notifier {}
// SAFETY: What there is to do with it does its own locking.
unsafe impl Sync for Notifier {}

impl<D: Directory> Dir<D> {
    /// Returns what wakes the readers of the file `name`. May sleep.
    ///
    /// C: `sysfs_get_dirent()`.
    ///
    /// # Errors
    ///
    /// `ENOENT` if there is no such file.
    pub fn notifier(&self, name: &CStr) -> Result<Notifier> {
        // SAFETY: The directory has been added to sysfs, and its kobject keeps its node.
        let node = unsafe { bindings::sysfs_get_file(self.as_raw(), name.as_char_ptr()) };
        // INVARIANT: The function returned a reference to a file.
        NonNull::new(node).map(Notifier).ok_or(ENOENT)
    }
}

impl Notifier {
    /// Wakes whoever waits for the file to change, if somebody has it open.
    ///
    /// From any context but an NMI and, with PREEMPT_RT, one that must not sleep. Whoever reads the
    /// file after being woken, or opens it after this, sees what was stored before.
    ///
    /// C: `sysfs_notify_dirent()`.
    #[inline]
    pub fn notify(&self) {
        // SAFETY: By the type invariant there is a reference to the node, and it is a file.
        unsafe { bindings::sysfs_notify_open(self.0.as_ptr()) };
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        // SAFETY: By the type invariant there is a reference to give up.
        unsafe { bindings::kernfs_put(self.0.as_ptr()) };
    }
}
