// SPDX-License-Identifier: GPL-2.0

//! What there is to know of the calling task and CPU.

use crate::exerciser::bindings;
use kernel::{
    cpu::CpuId,
    task::Task, //
};

/// Returns the calling task, by the address of its `task_struct`.
pub fn current() -> usize {
    Task::current_raw().addr()
}

/// Returns a number for an address that tells nothing about it, but stays the same.
pub fn hash_address(address: usize) -> u32 {
    let mut number = [0u8; 24];
    // SAFETY: The buffer is this long.
    unsafe { bindings::hash_pointer(address as *mut _, number.as_mut_ptr().cast(), 24) };
    let text = number.split(|byte| *byte == 0).next().unwrap_or(&[]);
    let text = core::str::from_utf8(text).unwrap_or("");
    u64::from_str_radix(text, 16).map_or(0, |number| number as u32)
}

/// Where a call runs.
pub struct Place {
    /// The CPU.
    pub cpu: CpuId,
    /// The N, if the task is the thread `cpuhp/N` of a CPU.
    pub thread_of: Option<u32>,
    /// Whether the task may sleep there.
    pub may_sleep: bool,
}

impl Place {
    /// Returns where this is.
    #[inline]
    pub fn here() -> Self {
        Self {
            cpu: CpuId::current(),
            // A user's task may have the same name, so only kernel threads count.
            thread_of: is_kernel_thread().then(cpu_of_thread).flatten(),
            // SAFETY: It looks at the calling task only.
            may_sleep: unsafe { bindings::may_sleep() },
        }
    }
}

/// Returns the N, if the calling task is called `cpuhp/N`.
fn cpu_of_thread() -> Option<u32> {
    let comm = Comm::current();
    let name = comm.as_bytes().split(|byte| *byte == 0).next()?;
    let number = name.strip_prefix(b"cpuhp/")?;
    core::str::from_utf8(number).ok()?.parse().ok()
}

fn is_kernel_thread() -> bool {
    // SAFETY: It looks at the calling task only.
    unsafe { bindings::is_kernel_thread() }
}

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
