// SPDX-License-Identifier: GPL-2.0

//! A state of the kernel that is to fail.

use crate::exerciser::{
    bindings,
    call::Call,
    common::Common,
    fault::{
        DrawId,
        Effect, //
    },
    faults::{
        Faults,
        HasFaults, //
    },
    operation::Callback, //
};
use kernel::{
    alloc::Flags,
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
    #[pin]
    faults: Faults,
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
            faults <- Faults::new(startup, teardown, true),
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
        self.faults.of(Callback::Teardown).set_permitted(permitted);
    }

    /// Returns the section of the state in words; `-` while there is no such state.
    pub fn section(&self) -> &'static str {
        match self.number() {
            number if number < 0 => "-",
            number if is_online(number) => "online",
            _ => "prepare",
        }
    }

    /// Lets the fault of a call fire.
    pub fn fire(&self, call: &Call) -> Option<Effect> {
        let may_fail = self.common.may_fail(call.failure);
        self.faults
            .of(call.callback)
            .fire(&self.common.seed, call.cpu, may_fail)
    }
}

impl HasFaults for Target {
    fn faults(&self) -> &Faults {
        &self.faults
    }
}

/// Whether a state is one of section ONLINE. States of section STARTING are of neither.
pub fn is_online(number: i32) -> bool {
    number >= bindings::cpuhp_state_CPUHP_AP_ONLINE
}

/// Copies the name of a state, with the flags of an allocation.
pub fn copy_name(name: &[u8], flags: Flags) -> Result<KVec<u8>> {
    let mut copy = KVec::with_capacity(name.len(), flags)?;
    copy.extend_from_slice(name, flags)?;
    Ok(copy)
}
