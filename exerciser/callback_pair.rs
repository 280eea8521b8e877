// SPDX-License-Identifier: GPL-2.0

//! What the two callbacks of a state or of an instance do: they fail if they have to, count, log,
//! and have the call checked.

use crate::exerciser::{
    call::{
        Call,
        Phase, //
    },
    checker::{
        Seen,
        Track, //
    },
    common::Common,
    cpus::Cpus,
    fault::DrawId,
    faults::{
        Faults,
        HasFaults, //
    },
    log::Event,
    operation::{
        Callback,
        Operation,
        Returned, //
    },
    setup_mode::Settings,
    state_name::StateName,
    task::Place, //
};
use cpuhp::{
    Cpu,
    Section, //
};
use kernel::{
    cpu::{
        nr_cpu_ids,
        CpuId, //
    },
    prelude::*,
    str::CString,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        Arc, //
    },
};

/// The two callbacks of a state or of an instance.
#[pin_data(PinnedDrop)]
pub struct CallbackPair {
    name: StateName,
    /// The name of the instance and the pair of its state, if this is the pair of an instance.
    instance: Option<(CString, Arc<CallbackPair>)>,
    common: Arc<Common>,
    phase: Phase,
    /// The checker's model of the two.
    #[pin]
    track: Track,
    #[pin]
    faults: Faults,
    /// For each CPU, how many are up: instances if this is the pair of a state with instances.
    up: KVVec<Atomic<i32>>,
}

impl CallbackPair {
    /// Makes the callbacks of the state `name`.
    pub fn state(name: StateName, common: Arc<Common>) -> impl PinInit<Self, Error> {
        // The kernel takes a no from a teardown of section ONLINE only.
        let permitted = name.is_online() || common.unsafe_faults;
        Self::new(name, None, common, permitted)
    }

    /// Makes the callbacks of the instance `name` of a state.
    pub fn instance(name: CString, state: Arc<CallbackPair>) -> impl PinInit<Self, Error> {
        let (state_name, common) = (state.name, state.common.clone());
        let permitted = state.faults.of(Callback::Teardown).is_permitted();
        Self::new(state_name, Some((name, state)), common, permitted)
    }

    fn new(
        name: StateName,
        instance: Option<(CString, Arc<CallbackPair>)>,
        common: Arc<Common>,
        teardown_permitted: bool,
    ) -> impl PinInit<Self, Error> {
        let draw_id = |callback| {
            let instance = instance.as_ref().map_or(&[][..], |(i, _)| i.to_bytes());
            DrawId::new((name as u64) << 8 | callback as u64, instance)
        };
        let (startup_id, teardown_id) = (draw_id(Callback::Startup), draw_id(Callback::Teardown));
        try_pin_init!(Self {
            name,
            instance,
            common,
            phase: Phase::default(),
            track <- Track::new(*name),
            faults <- Faults::new(startup_id, teardown_id, teardown_permitted),
            up: {
                let mut up = KVVec::with_capacity(nr_cpu_ids() as usize, GFP_KERNEL)?;
                for _ in 0..nr_cpu_ids() {
                    up.push(Atomic::new(0), GFP_KERNEL)?;
                }
                up
            },
        }? Error)
    }

    /// Returns how far along the state or the instance is.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// A call that the kernel makes.
    pub fn call<S: Section>(&self, callback: Callback, cpu: Cpu<'_, S>) -> Call {
        Call::by_kernel(callback, cpu, &self.phase, self.name)
    }

    /// The state or the instance is about to be set up or removed.
    pub fn begin(&self, operation: Operation, settings: Settings) {
        self.common.checker.begin(&self.track, operation, settings);
    }

    /// The setup or removal is over; a setup gave an error, or the number of the state.
    pub fn end(&self, operation: Operation, result: Result<Option<i32>>) {
        let rules = self.common.checker.end(&self.track, result);
        let call = Call::by_hand(Callback::Startup, CpuId::current(), operation);
        self.common.report(&self.event(&call, None), rules);
    }

    /// The startup.
    pub fn startup(&self, call: &Call) -> Result {
        self.enter(call);
        let error = self.fire(call);
        if error.is_none() {
            self.note_up(call.cpu, true);
        }
        self.done(call, error)
    }

    /// The teardown.
    pub fn teardown(&self, call: &Call) -> Result {
        self.enter(call);
        let error = self.fire(call);
        if error.is_none() {
            self.note_up(call.cpu, false);
        }
        self.done(call, error)
    }

    /// Has the call checked when it begins.
    fn enter(&self, call: &Call) {
        if self.common.hidden.enter() {
            return;
        }
        if call.by_hand {
            return;
        }
        let seen = Seen {
            call,
            place: Place::here(),
        };
        let rules = self.common.checker.enter(&self.track, &seen);
        self.common.report(&self.event(call, None), rules);
    }

    /// Has the call checked when it ends.
    fn leave(&self, call: &Call, result: Result) {
        if self.common.hidden.leave() {
            return;
        }
        self.common.checker.leave(&self.track, call, result);
    }

    /// The pair of the state, if this is the pair of an instance.
    fn parent(&self) -> Option<&CallbackPair> {
        self.instance.as_ref().map(|(_, parent)| &**parent)
    }

    /// Lets faults fire: the fault of the instance and, if that does not make the call fail, the
    /// fault of its state.
    #[inline]
    fn fire(&self, call: &Call) -> Option<Error> {
        let may_fail = self.common.may_fail(call.failure);
        for pair in [Some(self), self.parent()].into_iter().flatten() {
            let fault = pair.faults.of(call.callback);
            let Some(effect) = fault.fire(&self.common.seed, call.cpu, may_fail) else {
                continue;
            };
            effect.sleep();
            if effect.error.is_some() {
                return effect.error;
            }
        }
        None
    }

    /// Notes whether the CPU is up.
    fn note_up(&self, cpu: CpuId, up: bool) {
        let cpu = cpu.as_u32() as usize;
        let change = i32::from(up) - self.up[cpu].xchg(i32::from(up), Full);
        if let Some(parent) = self.parent() {
            parent.up[cpu].add(change, Relaxed);
        }
    }

    /// Counts and logs a call that is over.
    fn done(&self, call: &Call, error: Option<Error>) -> Result {
        for pair in [Some(self), self.parent()].into_iter().flatten() {
            pair.faults.count(call.callback, error.is_some());
        }
        let event = self.event(call, error);
        self.common.record(&event);
        self.common.notify();
        let result = error.map_or(Ok(()), Err);
        self.leave(call, result);
        result
    }

    /// What there is to say of a call.
    fn event(&self, call: &Call, error: Option<Error>) -> Event<'_> {
        let (time, took) = call.time_and_took();
        Event {
            time,
            state: self.name.into(),
            id: call.id,
            instance: self.instance.as_ref().map(|(name, _)| &**name),
            cpu: call.cpu.as_u32(),
            on: CpuId::current().as_u32(),
            operation: call.reason.operation,
            callback: call.callback,
            returned: error.map_or(Returned::SUCCESS, Returned::from),
            injected: error.is_some(),
            took,
            frozen: call.frozen,
            breach: None,
        }
    }

    /// Whether the startup for this CPU has succeeded and its teardown has not run since.
    pub fn is_up(&self, cpu: CpuId) -> bool {
        self.up[cpu.as_u32() as usize].load(Relaxed) > 0
    }

    /// Whether any instance of the state is up, if this is the pair of an instance.
    pub fn is_state_up(&self, cpu: CpuId) -> bool {
        self.parent().is_some_and(|state| state.is_up(cpu))
    }

    /// Returns the CPUs that are up: with at least one instance, if it is a state with instances.
    pub fn cpus_up(&self) -> Result<Cpus> {
        let mut cpus = Cpus::none()?;
        (0..nr_cpu_ids())
            .filter_map(CpuId::from_u32)
            .filter(|&cpu| self.is_up(cpu))
            .for_each(|cpu| cpus.set(cpu));
        Ok(cpus)
    }
}

impl HasFaults for CallbackPair {
    fn faults(&self) -> &Faults {
        &self.faults
    }
}

#[pinned_drop]
impl PinnedDrop for CallbackPair {
    fn drop(self: Pin<&mut Self>) {
        // An instance that was removed without calls no longer counts for its state.
        (0..nr_cpu_ids())
            .filter_map(CpuId::from_u32)
            .for_each(|cpu| self.note_up(cpu, false));
    }
}
