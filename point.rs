// SPDX-License-Identifier: GPL-2.0

//! What the callbacks do: they fail if they are told to, count, and log.

use crate::{
    cpuhp::{
        Context,
        Operation,
        Section, //
    },
    cpus::Cpus,
    fault::Fault,
    log::{
        Callback,
        Event,
        Log,
        Op,
        StateName, //
    },
};
use kernel::{
    cpu::CpuId,
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        SpinLock, //
    },
};

/// The two callbacks of a state.
#[pin_data]
pub struct Point {
    name: StateName,
    log: Arc<Log>,
    /// The fault of startup.
    #[pin]
    pub startup_fault: Fault,
    /// The fault of teardown.
    #[pin]
    pub teardown_fault: Fault,
    startups: Atomic<u64>,
    teardowns: Atomic<u64>,
    failures: Atomic<u64>,
    #[pin]
    cpus_up: SpinLock<Cpus>,
}

impl Point {
    /// Makes the callbacks of the state `name`.
    ///
    /// The fault of teardown can be armed if `teardown_may_fail`.
    pub fn new(
        name: StateName,
        log: Arc<Log>,
        teardown_may_fail: bool,
    ) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            name,
            log,
            startup_fault <- Fault::new(true),
            teardown_fault <- Fault::new(teardown_may_fail),
            startups: Atomic::new(0),
            teardowns: Atomic::new(0),
            failures: Atomic::new(0),
            cpus_up <- Cpus::none().map(|cpus| new_spinlock!(cpus))?,
        }? Error)
    }

    /// The startup of the state.
    pub fn startup<S: Section>(&self, cx: &Context<'_, S>) -> Result {
        let error = fire(&self.startup_fault, cx);
        if error.is_none() {
            self.cpus_up.lock().set(cx.cpu());
        }
        self.done(cx, Callback::Startup, error)
    }

    /// The part of the teardown that can say no.
    pub fn may_go_down<S: Section>(&self, cx: &Context<'_, S>) -> Result {
        match fire(&self.teardown_fault, cx) {
            None => Ok(()),
            error => self.done(cx, Callback::Teardown, error),
        }
    }

    /// The teardown of the state.
    pub fn teardown<S: Section>(&self, cx: &Context<'_, S>) {
        self.cpus_up.lock().clear(cx.cpu());
        // Without an error there is none to return.
        let _ = self.done(cx, Callback::Teardown, None);
    }

    /// Counts and logs a call that is over.
    fn done<S: Section>(
        &self,
        cx: &Context<'_, S>,
        callback: Callback,
        error: Option<Error>,
    ) -> Result {
        match callback {
            Callback::Startup => &self.startups,
            Callback::Teardown => &self.teardowns,
        }
        .add(1u64, Relaxed);
        if error.is_some() {
            self.failures.add(1u64, Relaxed);
        }
        let result = error.map_or(Ok(()), Err);
        self.log.write(&Event {
            state: self.name,
            id: cx.state(),
            instance: "",
            cpu: cx.cpu().as_u32(),
            on: CpuId::current().as_u32(),
            op: match cx.operation() {
                Operation::Setup => Op::Setup,
                Operation::Remove => Op::Remove,
                Operation::Hotplug => Op::Hotplug,
            },
            callback,
            result,
            injected: error.is_some(),
        });
        result
    }

    /// Disarms the faults and forgets the counts. What is up stays up.
    pub fn reset(&self) -> Result {
        self.startup_fault.reset()?;
        self.teardown_fault.reset()?;
        self.startups.store(0, Relaxed);
        self.teardowns.store(0, Relaxed);
        self.failures.store(0, Relaxed);
        Ok(())
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

    /// Returns the CPUs whose startup has succeeded and whose teardown has not run since.
    pub fn cpus_up(&self) -> Result<Cpus> {
        // The copy is allocated before the lock is taken, under which nothing may sleep.
        let mut copy = Cpus::none()?;
        self.cpus_up.lock().copy(&mut copy);
        Ok(copy)
    }
}

/// Decides whether a fault fires, which it does only where the kernel copes with that.
fn fire<S: Section>(fault: &Fault, cx: &Context<'_, S>) -> Option<Error> {
    if cx.may_fail() {
        fault.fire(cx.cpu())
    } else {
        None
    }
}
