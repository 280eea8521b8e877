// SPDX-License-Identifier: GPL-2.0

//! What the callbacks do: they fail if they are told to, count, and log.

use crate::{
    cpuhp::{
        AskAlways,
        Context,
        Operation,
        Section, //
    },
    cpus::Cpus,
    fault::{
        DrawId,
        Fault,
        Seed, //
    },
    log::{
        Callback,
        Event,
        Log,
        Op,
        StateName, //
    },
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
    time::delay::fsleep,
};

/// For callbacks that consist of a [`Point`]: it decides whether a teardown may fail.
// SAFETY: A fault fires where the kernel cannot cope with it only if the module was loaded with
// `unsafe_faults`, which asks for just that.
pub const FAULTS_DECIDE: AskAlways = unsafe { AskAlways::yes() };

/// What all callbacks have in common.
pub struct Common {
    /// What was called.
    pub log: Log,
    /// What the faults draw from.
    pub seed: Seed,
    /// Whether faults may fire where the kernel cannot cope with them.
    pub unsafe_faults: bool,
}

/// The two callbacks of a state or of an instance.
#[pin_data(PinnedDrop)]
pub struct Point {
    name: StateName,
    /// The name of the instance and the point of its state, if this is one of an instance.
    instance: Option<(CString, Arc<Point>)>,
    common: Arc<Common>,
    /// The fault of startup.
    #[pin]
    pub startup_fault: Fault,
    /// The fault of teardown.
    #[pin]
    pub teardown_fault: Fault,
    startups: Atomic<u64>,
    teardowns: Atomic<u64>,
    failures: Atomic<u64>,
    /// For each CPU, how many are up: instances if this is the point of a state with instances.
    up: KVVec<Atomic<i32>>,
}

/// A call of a callback.
pub struct Call {
    cpu: CpuId,
    id: Option<i32>,
    operation: Operation,
    failure: Failure,
}

/// What becomes of a call that fails.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// The kernel recovers.
    Clean,
    /// The kernel warns and leaves a CPU half-way, or worse.
    Unsafe,
    /// Nobody may want it.
    Never,
}

impl Call {
    /// A call that the kernel makes.
    pub fn by_kernel<S: Section>(cx: &Context<'_, S>) -> Self {
        Self {
            cpu: cx.cpu(),
            id: cx.state(),
            operation: cx.operation(),
            failure: if cx.may_fail() {
                Failure::Clean
            } else if cx.may_be_final() {
                Failure::Never
            } else {
                Failure::Unsafe
            },
        }
    }

    /// A call that this module makes, to initialise a CPU by hand or to undo that.
    pub fn by_hand(cpu: CpuId, operation: Operation) -> Self {
        Self {
            cpu,
            id: None,
            operation,
            failure: if operation == Operation::Setup {
                Failure::Clean
            } else {
                Failure::Never
            },
        }
    }

    /// Returns why it is made.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// Makes it one that the kernel does not recover from if it fails.
    pub fn not_recovered(mut self) -> Self {
        if self.failure == Failure::Clean {
            self.failure = Failure::Unsafe;
        }
        self
    }
}

impl Point {
    /// Makes the callbacks of the state `name`.
    ///
    /// The kernel can take a no from its teardown if `teardown_may_fail`.
    pub fn state(
        name: StateName,
        common: Arc<Common>,
        teardown_may_fail: bool,
    ) -> impl PinInit<Self, Error> {
        let permitted = teardown_may_fail || common.unsafe_faults;
        Self::new(name, None, common, permitted)
    }

    /// Makes the callbacks of the instance `name` of a state.
    pub fn instance(name: CString, state: Arc<Point>) -> impl PinInit<Self, Error> {
        let (state_name, common) = (state.name, state.common.clone());
        let permitted = state.teardown_fault.is_permitted();
        Self::new(state_name, Some((name, state)), common, permitted)
    }

    fn new(
        name: StateName,
        instance: Option<(CString, Arc<Point>)>,
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
            startup_fault <- Fault::new(true, startup_id),
            teardown_fault <- Fault::new(teardown_permitted, teardown_id),
            startups: Atomic::new(0),
            teardowns: Atomic::new(0),
            failures: Atomic::new(0),
            up: {
                let mut up = KVVec::with_capacity(nr_cpu_ids() as usize, GFP_KERNEL)?;
                for _ in 0..nr_cpu_ids() {
                    up.push(Atomic::new(0), GFP_KERNEL)?;
                }
                up
            },
        }? Error)
    }

    /// The startup.
    pub fn startup(&self, call: &Call) -> Result {
        let error = self.fire(call, |point| &point.startup_fault);
        if error.is_none() {
            self.set_up(call.cpu, true);
        }
        self.done(call, Callback::Startup, error)
    }

    /// The part of the teardown that can say no.
    pub fn may_go_down(&self, call: &Call) -> Result {
        match self.fire(call, |point| &point.teardown_fault) {
            None => Ok(()),
            error => self.done(call, Callback::Teardown, error),
        }
    }

    /// The teardown, after [`Point::may_go_down`].
    pub fn teardown(&self, call: &Call) {
        self.set_up(call.cpu, false);
        // Without an error there is none to return.
        let _ = self.done(call, Callback::Teardown, None);
    }

    /// The point of the state, if this is one of an instance.
    fn parent(&self) -> Option<&Point> {
        self.instance.as_ref().map(|(_, parent)| &**parent)
    }

    /// Lets the faults fire that do: that of the instance, and if it does not fail then that of its
    /// state.
    #[inline]
    fn fire(&self, call: &Call, fault: fn(&Self) -> &Fault) -> Option<Error> {
        let may_fail = match call.failure {
            Failure::Clean => true,
            Failure::Unsafe => self.common.unsafe_faults,
            Failure::Never => false,
        };
        for point in [Some(self), self.parent()].into_iter().flatten() {
            let Some(effect) = fault(point).fire(&self.common.seed, call.cpu, may_fail) else {
                continue;
            };
            if !effect.delay.is_zero() {
                fsleep(effect.delay);
            }
            if effect.error.is_some() {
                return effect.error;
            }
        }
        None
    }

    /// Notes whether the CPU is up.
    fn set_up(&self, cpu: CpuId, up: bool) {
        let cpu = cpu.as_u32() as usize;
        let change = i32::from(up) - self.up[cpu].xchg(i32::from(up), Full);
        if let Some(parent) = self.parent() {
            parent.up[cpu].add(change, Relaxed);
        }
    }

    /// Counts and logs a call that is over.
    fn done(&self, call: &Call, callback: Callback, error: Option<Error>) -> Result {
        for point in [Some(self), self.parent()].into_iter().flatten() {
            match callback {
                Callback::Startup => &point.startups,
                Callback::Teardown => &point.teardowns,
            }
            .add(1u64, Relaxed);
            if error.is_some() {
                point.failures.add(1u64, Relaxed);
            }
        }
        let result = error.map_or(Ok(()), Err);
        self.common.log.write(&Event {
            state: self.name,
            id: call.id,
            instance: self
                .instance
                .as_ref()
                .map_or(&[], |(name, _)| name.to_bytes()),
            cpu: call.cpu.as_u32(),
            on: CpuId::current().as_u32(),
            op: match (call.operation, &self.instance) {
                (Operation::Setup, None) => Op::Setup,
                (Operation::Setup, Some(_)) => Op::Add,
                (Operation::Remove, None) => Op::Remove,
                (Operation::Remove, Some(_)) => Op::Del,
                (Operation::Hotplug, _) => Op::Hotplug,
            },
            callback,
            result,
            injected: error.is_some(),
        });
        result
    }

    /// Disarms the faults and forgets the counts. What is up stays up.
    pub fn reset(&self) {
        self.startup_fault.reset();
        self.teardown_fault.reset();
        self.startups.store(0, Relaxed);
        self.teardowns.store(0, Relaxed);
        self.failures.store(0, Relaxed);
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

    /// Whether the startup for this CPU has succeeded and its teardown has not run since.
    pub fn is_up(&self, cpu: CpuId) -> bool {
        self.up[cpu.as_u32() as usize].load(Relaxed) > 0
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

#[pinned_drop]
impl PinnedDrop for Point {
    fn drop(self: Pin<&mut Self>) {
        // An instance that was removed without calls takes its CPUs along.
        (0..nr_cpu_ids())
            .filter_map(CpuId::from_u32)
            .for_each(|cpu| self.set_up(cpu, false));
    }
}
