// SPDX-License-Identifier: GPL-2.0

//! What the callbacks do: they fail if they are told to, count, and log.

use crate::{
    checker::{
        self,
        Checker,
        Seen,
        Track, //
    },
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
    rule::Rules,
    sysfs::Notifier,
    task::Place,
    trace, //
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
        Arc,
        SetOnce, //
    },
};

impl Common {
    /// Appends a record to the log and wakes those who wait for it. Returns its sequence number.
    fn write(&self, event: &Event<'_>) -> u64 {
        let sequence = self.log.write(event);
        if let Some(file) = self.log_file.as_ref() {
            file.notify();
        }
        sequence
    }
}

/// For callbacks that consist of a [`Point`]: it decides whether a teardown may fail.
// SAFETY: A fault fires where the kernel cannot cope with it only if the module was loaded with
// `unsafe_faults`, which asks for just that.
pub const FAULTS_DECIDE: AskAlways = unsafe { AskAlways::yes() };

/// What all callbacks have in common.
#[pin_data]
pub struct Common {
    /// What was called.
    pub log: Log,
    /// Whether that was right.
    #[pin]
    pub checker: Checker,
    /// Whom to wake when there is more in the log, once there is a file of it.
    pub log_file: SetOnce<Notifier>,
    /// What the faults draw from.
    pub seed: Seed,
    /// Whether faults may fire where the kernel cannot cope with them.
    pub unsafe_faults: bool,
    /// What the checker does not get to see.
    pub hidden: crate::hook::Hidden,
}

/// The two callbacks of a state or of an instance.
#[pin_data(PinnedDrop)]
pub struct Point {
    name: StateName,
    /// The name of the instance and the point of its state, if this is one of an instance.
    instance: Option<(CString, Arc<Point>)>,
    common: Arc<Common>,
    /// The model of the two.
    #[pin]
    track: Track,
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
    in_doubt: bool,
    failure: Failure,
    by_hand: bool,
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
            in_doubt: !cx.operation_is_certain(),
            failure: if cx.may_fail() {
                Failure::Clean
            } else if cx.may_be_final() {
                Failure::Never
            } else {
                Failure::Unsafe
            },
            by_hand: false,
        }
    }

    /// A call that this module makes, to initialise a CPU by hand or to undo that.
    pub fn by_hand(callback: Callback, cpu: CpuId, operation: Operation) -> Self {
        Self {
            cpu,
            id: None,
            operation,
            in_doubt: false,
            // Nothing undoes what has not been undone.
            failure: match callback {
                Callback::Startup => Failure::Clean,
                Callback::Teardown => Failure::Never,
            },
            by_hand: true,
        }
    }

    /// Returns why it is made.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    fn part_of(&self) -> checker::PartOf {
        match self.operation {
            _ if self.in_doubt => checker::PartOf::Either,
            Operation::Hotplug => checker::PartOf::Hotplug,
            Operation::Setup | Operation::Remove => checker::PartOf::Operation,
        }
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
            track <- Track::new(*name),
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

    /// The state or the instance is about to be set up or removed.
    pub fn begin(&self, operation: checker::Operation) {
        self.common.checker.begin(&self.track, operation);
    }

    /// That is over; a setup has given the number of the state.
    pub fn end(&self, result: Result<Option<i32>>) {
        let rules = self.common.checker.end(&self.track, result);
        let cpu = CpuId::current();
        let call = Call::by_hand(Callback::Startup, cpu, Operation::Setup);
        self.report(&call, Callback::Startup, rules);
    }

    /// The startup.
    pub fn startup(&self, call: &Call) -> Result {
        self.enter(call, Callback::Startup);
        let error = self.fire(call, |point| &point.startup_fault);
        if error.is_none() {
            self.set_up(call.cpu, true);
        }
        self.done(call, Callback::Startup, error)
    }

    /// The part of the teardown that can say no.
    pub fn may_go_down(&self, call: &Call) -> Result {
        self.enter(call, Callback::Teardown);
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

    /// Makes a call in the place of the kernel.
    #[cfg(rust_hotplug_hook)]
    pub fn pretend(&self, callback: Callback, cpu: CpuId, operation: Operation) {
        let call = Call {
            by_hand: false,
            ..Call::by_hand(callback, cpu, operation)
        };
        match callback {
            Callback::Startup => {
                let _ = self.startup(&call);
            }
            Callback::Teardown => {
                if self.may_go_down(&call).is_ok() {
                    self.teardown(&call);
                }
            }
        }
    }

    /// Checks a call that begins.
    fn enter(&self, call: &Call, callback: Callback) {
        #[cfg(rust_hotplug_hook)]
        if self.common.hidden.enter() {
            return;
        }
        if call.by_hand {
            return;
        }
        let seen = Seen {
            cpu: call.cpu,
            callback,
            id: call.id,
            part_of: call.part_of(),
            place: Place::here(),
        };
        let rules = self.common.checker.enter(&self.track, &seen);
        self.report(call, callback, rules);
    }

    /// Checks a call that ends.
    fn leave(&self, call: &Call, callback: Callback, result: Result) {
        #[cfg(rust_hotplug_hook)]
        if self.common.hidden.leave() {
            return;
        }
        let checker = &self.common.checker;
        if call.by_hand {
            checker.by_hand(&self.track, call.cpu, callback, result);
        } else {
            checker.leave(&self.track, call.cpu, callback, call.part_of(), result);
        }
    }

    /// Says what is not as it should be: in the log, and the first time in the kernel log, with
    /// what led to it.
    #[inline]
    fn report(&self, call: &Call, callback: Callback, rules: Rules) {
        if !rules.is_empty() {
            self.report_some(call, callback, rules);
        }
    }

    #[cold]
    fn report_some(&self, call: &Call, callback: Callback, rules: Rules) {
        const BEFORE: u64 = 16;

        let log = &self.common.log;
        let mut range = None;
        for rule in rules.iter() {
            let sequence = self.common.write(&Event {
                violation: Some(rule),
                ..self.event(call, callback, None)
            });
            range = Some((range.map_or(sequence, |(first, _)| first), sequence));
        }
        let Some((first, last)) = range else {
            return;
        };
        if self.common.checker.count(rules) {
            pr_err!(
                "the kernel broke the contract of its callbacks; seed {}, records {} to {}:\n",
                self.common.seed.get(),
                first.saturating_sub(BEFORE),
                last
            );
            log.print(first.saturating_sub(BEFORE)..=last, |line| {
                pr_err!("{}\n", line);
            });
        }
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
            effect.sleep();
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
        let event = self.event(call, callback, error);
        let sequence = self.common.write(&event);
        trace::callback(&event, sequence);
        self.leave(call, callback, event.result);
        event.result
    }

    /// What there is to say of a call.
    fn event(&self, call: &Call, callback: Callback, error: Option<Error>) -> Event<'_> {
        Event {
            state: self.name,
            id: call.id,
            instance: self.instance.as_ref().map(|(name, _)| &**name),
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
            result: error.map_or(Ok(()), Err),
            injected: error.is_some(),
            violation: None,
        }
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

    /// Whether any instance of the state is up, if this is one.
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

#[pinned_drop]
impl PinnedDrop for Point {
    fn drop(self: Pin<&mut Self>) {
        // An instance that was removed without calls takes its CPUs along.
        (0..nr_cpu_ids())
            .filter_map(CpuId::from_u32)
            .for_each(|cpu| self.set_up(cpu, false));
    }
}
