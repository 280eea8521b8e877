// SPDX-License-Identifier: GPL-2.0

//! What there is to know of the calling task and CPU.

use crate::bindings;
use kernel::task::Task;

/// The name of a task.
pub struct Comm([u8; Comm::LEN]);

impl Comm {
    /// C: `TASK_COMM_LEN`.
    pub const LEN: usize = bindings::TASK_COMM_LEN as usize;

    /// Returns the name of the calling task.
    pub fn current() -> Self {
        let mut comm = [0; Self::LEN];
        // SAFETY: The buffer has the size that the function wants, and the calling task exists.
        unsafe { bindings::get_task_comm(comm.as_mut_ptr().cast(), Task::current_raw()) };
        Self(comm)
    }

    /// Returns the name, padded with NULs.
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}
