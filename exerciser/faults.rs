// SPDX-License-Identifier: GPL-2.0

//! The faults of two callbacks, and what is counted of their calls.

use crate::exerciser::{
    fault::{
        DrawId,
        Fault, //
    },
    operation::Callback, //
};
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};

/// The faults of a startup and a teardown, and how often these were called.
#[pin_data]
pub struct Faults {
    #[pin]
    startup: Fault,
    #[pin]
    teardown: Fault,
    startups: Atomic<u64>,
    teardowns: Atomic<u64>,
    failures: Atomic<u64>,
}

/// What has two callbacks with faults.
pub trait HasFaults: Send + Sync {
    /// Returns them.
    fn faults(&self) -> &Faults;
}

impl Faults {
    /// Makes faults that are disarmed. If it is not permitted, that of the teardown cannot make it
    /// fail.
    pub fn new(
        startup: DrawId,
        teardown: DrawId,
        teardown_permitted: bool,
    ) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            startup <- Fault::new(true, startup),
            teardown <- Fault::new(teardown_permitted, teardown),
            startups: Atomic::new(0),
            teardowns: Atomic::new(0),
            failures: Atomic::new(0),
        }? Error)
    }

    /// Returns the fault of a callback.
    #[inline]
    pub fn of(&self, callback: Callback) -> &Fault {
        match callback {
            Callback::Startup => &self.startup,
            Callback::Teardown => &self.teardown,
        }
    }

    /// Counts a call that is over.
    #[inline]
    pub fn count(&self, callback: Callback, failed: bool) {
        match callback {
            Callback::Startup => &self.startups,
            Callback::Teardown => &self.teardowns,
        }
        .add(1u64, Relaxed);
        if failed {
            self.failures.add(1u64, Relaxed);
        }
    }

    /// Returns how often startup was called since the last reset.
    pub fn startups(&self) -> u64 {
        self.startups.load(Relaxed)
    }

    /// Returns how often teardown was called since the last reset.
    pub fn teardowns(&self) -> u64 {
        self.teardowns.load(Relaxed)
    }

    /// Returns how many of these calls failed.
    pub fn failures(&self) -> u64 {
        self.failures.load(Relaxed)
    }

    /// Disarms the faults and forgets the counts.
    pub fn reset(&self) {
        self.of(Callback::Startup).reset();
        self.of(Callback::Teardown).reset();
        self.startups.store(0, Relaxed);
        self.teardowns.store(0, Relaxed);
        self.failures.store(0, Relaxed);
    }
}
