// SPDX-License-Identifier: GPL-2.0

//! A state of the kernel that is to fail.

use crate::exerciser::{
    bindings,
    call::Call,
    common::Common,
    fault::{
        DrawId,
        Effect,
        Fault, //
    },
    operation::Callback, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
};

/// Which state it is.
pub enum Key {
    /// Whatever state has this name, now or later.
    Name(KVec<u8>),
    /// The state with this number.
    Number(i32),
}

/// A state of the kernel that is to fail, with its faults and what has been counted of it.
#[pin_data]
pub struct Target {
    key: Key,
    common: Arc<Common>,
    /// The number of the state, or -1 while no state of that name is set up.
    number: Atomic<i32>,
    /// The fault of startup.
    #[pin]
    startup_fault: Fault,
    /// The fault of teardown.
    #[pin]
    teardown_fault: Fault,
    startups: Atomic<u64>,
    teardowns: Atomic<u64>,
    failures: Atomic<u64>,
}

impl Target {
    /// Makes one that is disarmed.
    pub fn new(key: Key, common: Arc<Common>) -> impl PinInit<Self, Error> {
        // Not the kinds that our own states have.
        const KIND: u64 = 1 << 32;

        let id = |callback: Callback| {
            let kind = KIND | callback as u64;
            match &key {
                Key::Name(name) => DrawId::new(kind, name),
                Key::Number(number) => DrawId::new(kind, &number.to_le_bytes()),
            }
        };
        let (startup, teardown) = (id(Callback::Startup), id(Callback::Teardown));
        try_pin_init!(Self {
            key,
            common,
            number: Atomic::new(-1),
            startup_fault <- Fault::new(true, startup),
            teardown_fault <- Fault::new(true, teardown),
            startups: Atomic::new(0),
            teardowns: Atomic::new(0),
            failures: Atomic::new(0),
        }? Error)
    }

    /// Whether it is the state with this number and, if it has one, this name.
    pub fn matches(&self, number: i32, name: Option<&[u8]>) -> bool {
        match &self.key {
            Key::Name(own) => name == Some(own),
            Key::Number(own) => *own == number,
        }
    }

    /// Whether it stands for whatever is set up under a name.
    pub fn is_by_name(&self) -> bool {
        matches!(self.key, Key::Name(_))
    }

    /// Returns the number of the state, or -1.
    pub fn number(&self) -> i32 {
        self.number.load(Relaxed)
    }

    /// Notes the number of the state, or -1.
    pub fn set_number(&self, number: i32) {
        self.number.store(number, Relaxed);
        // The kernel takes a no from a teardown of section ONLINE only.
        let permitted = number < 0 || is_online(number) || self.common.unsafe_faults;
        self.teardown_fault.set_permitted(permitted);
    }

    /// Returns the section of the state in words; `-` while there is no such state.
    pub fn section(&self) -> &'static str {
        match self.number() {
            number if number < 0 => "-",
            number if is_online(number) => "online",
            _ => "prepare",
        }
    }

    /// Returns the fault of a callback.
    pub fn fault(&self, callback: Callback) -> &Fault {
        match callback {
            Callback::Startup => &self.startup_fault,
            Callback::Teardown => &self.teardown_fault,
        }
    }

    /// Lets the fault of a call fire.
    pub fn fire(&self, call: &Call) -> Option<Effect> {
        let may_fail = self.common.may_fail(call.failure);
        self.fault(call.callback)
            .fire(&self.common.seed, call.cpu, may_fail)
    }

    /// Counts a call that is over.
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
        self.startup_fault.reset();
        self.teardown_fault.reset();
        self.startups.store(0, Relaxed);
        self.teardowns.store(0, Relaxed);
        self.failures.store(0, Relaxed);
    }
}

/// Whether a state is one of section ONLINE. States of section STARTING are of neither.
pub fn is_online(number: i32) -> bool {
    number >= bindings::cpuhp_state_CPUHP_AP_ONLINE
}
