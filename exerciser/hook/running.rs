// SPDX-License-Identifier: GPL-2.0

//! A step that is under way.

use super::Watcher;
use crate::exerciser::{
    bindings,
    call::Call,
    log::NameId,
    target::Target,
    task::Place, //
};
use core::{
    ffi::c_void,
    ptr::NonNull, //
};
use kernel::sync::Arc;

/// A step that is under way, on the stack of the task that it runs in. Nobody else has to do with
/// it, so that it needs no lock.
pub(super) struct Running<'a> {
    pub(super) watcher: &'a Watcher,
    pub(super) call: Call,
    /// Where it runs, if it is watched, besides being a target.
    pub(super) place: Option<Place>,
    pub(super) number: i32,
    pub(super) name: NameId,
    pub(super) target: Option<Arc<Target>>,
    /// The task that sets up or removes, if the step is part of that, or 0.
    pub(super) issued_by: usize,
    /// The instance that a callback is running for, or 0, and whether one is running.
    pub(super) instance: usize,
    pub(super) function: usize,
    pub(super) in_callback: bool,
    /// Whether a callback has been called, and whether one has failed.
    pub(super) called: bool,
    pub(super) failed: bool,
    /// Whether `call` has been made one of the rollback that follows a failure.
    pub(super) call_is_undone: bool,
    /// Whether a fault of ours has fired for the callback that is running.
    pub(super) injected: bool,
    /// Whether the callback that is called next was delayed, and so has begun already.
    pub(super) is_late: bool,
}

impl Running<'_> {
    /// Returns what the kernel's function is called with, for [`Running::find`] and the probes to
    /// find it.
    pub(super) fn as_raw(&mut self) -> *mut c_void {
        core::ptr::from_mut(self).cast()
    }

    /// Returns what [`Running::as_raw`] gave.
    ///
    /// # Safety
    ///
    /// To be called in the task and during the call of the kernel's function that has been given
    /// the pointer, with nothing else in use that this returned. What is returned is not used any
    /// more when that function goes on.
    pub(super) unsafe fn from_raw<'a>(running: NonNull<c_void>) -> &'a mut Self {
        // SAFETY: It is on the stack of this task, below that function, and whoever put it there
        // waits for the function. By this function's requirement there is no other reference.
        unsafe { running.cast().as_mut() }
    }

    /// Returns whether the step is part of what a callback of another one does, which waits for it:
    /// one that sets up or removes a state.
    pub(super) fn is_nested(&self) -> bool {
        let issued_by = self.issued_by as *const c_void;
        // SAFETY: The function looks at what steps are under way, and only compares the pointer.
        unsafe { bindings::step_is_nested(issued_by) }
    }

    /// Finds the step of the calling task.
    ///
    /// # Safety
    ///
    /// As of [`Running::from_raw`], where there is one.
    pub(super) unsafe fn find<'a>() -> Option<&'a mut Self> {
        // SAFETY: The function looks at what steps are under way.
        let running = NonNull::new(unsafe { bindings::running_step() })?;
        // SAFETY: This function's own requirement.
        Some(unsafe { Self::from_raw(running) })
    }
}
