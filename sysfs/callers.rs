// SPDX-License-Identifier: GPL-2.0

//! Which task is in a function of an attribute, and of which directory.
//!
//! To remove a directory waits for the functions of its attributes. Two of these that remove each
//! other's directory would wait for ever. So a function may remove only what is below its own
//! directory: then all waiting goes downwards.

use core::ptr;
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Full,
        Relaxed, //
    },
    task::Task, //
};

/// How many functions can run at the same time.
const MAX: usize = 256;

struct Place {
    /// Who is in a function, or null.
    task: Atomic<*mut kernel::bindings::task_struct>,
    /// Of which directory, by the address of its kobject. It goes with the task.
    directory: Atomic<usize>,
}

static PLACES: [Place; MAX] = [const {
    Place {
        task: Atomic::new(ptr::null_mut()),
        directory: Atomic::new(0),
    }
}; MAX];

/// The calling task is in a function of an attribute while this lives.
pub(super) struct Caller(&'static Place);

impl Caller {
    /// Notes that it is.
    ///
    /// # Errors
    ///
    /// `EAGAIN` if as many are in one as can be.
    pub(super) fn enter(directory: usize) -> Result<Self> {
        let task = Task::current_raw();
        let free = |place: &&Place| place.task.cmpxchg(ptr::null_mut(), task, Full).is_ok();
        let place = PLACES.iter().find(free).ok_or(EAGAIN)?;
        // Only this task looks at it, so it need not be there together with the task.
        place.directory.store(directory, Relaxed);
        Ok(Self(place))
    }

    /// Returns the directories of the functions that the calling task is in.
    pub(super) fn directories() -> impl Iterator<Item = usize> {
        let task = Task::current_raw();
        // Nobody but this task writes this task's pointer, so no ordering is needed.
        PLACES
            .iter()
            .filter(move |place| ptr::eq(place.task.load(Relaxed), task))
            .map(|place| place.directory.load(Relaxed))
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.task.store(ptr::null_mut(), Relaxed);
    }
}
