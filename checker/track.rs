// SPDX-License-Identifier: GPL-2.0

//! What is to be known of one pair of callbacks: of a state without instances, or of an instance.

use super::{
    ladder::Ladder,
    PartOf,
    Seen, //
};
use crate::{
    cpuhp::Which,
    cpus,
    log::{
        Callback,
        StateName, //
    },
    rule::{
        Rule,
        Rules, //
    },
    task, //
};
use kernel::{
    cpu::{
        nr_cpu_ids,
        CpuId, //
    },
    new_spinlock,
    prelude::*,
    sync::SpinLock, //
};

/// What the module does with a state or an instance.
#[derive(Copy, Clone)]
pub enum Operation {
    /// It is set up or added.
    Setup {
        /// Whether the kernel is to make calls.
        calls: bool,
        /// The callbacks that the kernel gets to know.
        which: Which,
    },
    /// It is removed.
    Remove {
        /// Whether the kernel is to make calls.
        calls: bool,
    },
}

/// The model of a pair of callbacks.
#[pin_data]
pub struct Track {
    state: StateName,
    #[pin]
    inner: SpinLock<Inner>,
}

struct Inner {
    /// The callbacks that the kernel has, while it has any.
    installed: Option<Which>,
    /// Of the newest of a state this is the highest.
    serial: u64,
    /// For each CPU, whether it is up, where that is known.
    cpus: KVVec<Option<bool>>,
    /// Whether the ladder goes by that. It does not during a setup or a removal: what these have
    /// done so far does not hold yet, or no longer, for the hotplug operations that go on until
    /// they have the kernel's locks and after they gave them up.
    counted: bool,
    running: Option<Running>,
}

/// An operation that is under way.
struct Running {
    operation: Operation,
    /// Who runs it, by the address of the `task_struct`.
    task: usize,
    /// The CPU of the last call on the way forwards.
    forwards: Option<u32>,
    /// The active CPU that comes after that.
    next_active: Option<u32>,
    /// The CPU of the last call of the rollback.
    back: Option<u32>,
    /// What a startup failed with.
    error: Option<Error>,
}

impl Inner {
    /// Whether the kernel has both callbacks, so that each call undoes another.
    fn is_exact(&self) -> bool {
        self.installed == Some(Which::Both)
    }

    /// The first CPU from `from` on that is known to be up.
    fn first_up(&self, from: u32) -> Option<u32> {
        (from..nr_cpu_ids()).find(|cpu| self.cpus[*cpu as usize] == Some(true))
    }
}

impl Track {
    /// Makes the model of something that is not set up.
    pub fn new(state: StateName) -> impl PinInit<Self, Error> {
        let inner = move || {
            Ok::<_, Error>(Inner {
                installed: None,
                serial: 0,
                cpus: KVVec::from_elem(None, nr_cpu_ids() as usize, GFP_KERNEL)?,
                counted: false,
                running: None,
            })
        };
        try_pin_init!(Self {
            state,
            inner <- inner().map(|inner| new_spinlock!(inner))?,
        }? Error)
    }

    /// Returns the state it is one of.
    pub(super) fn state(&self) -> StateName {
        self.state
    }

    /// Notes what is known of a CPU.
    fn set(&self, inner: &mut Inner, cpu: CpuId, is: Option<bool>, ladder: &mut Ladder) {
        let known = &mut inner.cpus[cpu.as_u32() as usize];
        if inner.counted {
            ladder.change(self.state, cpu, *known, is);
        }
        *known = is;
    }

    /// Has the ladder go by what is known, or no longer.
    fn set_counted(&self, inner: &mut Inner, counted: bool, ladder: &mut Ladder) {
        if inner.counted == counted {
            return;
        }
        inner.counted = counted;
        for cpu in (0..nr_cpu_ids()).filter_map(CpuId::from_u32) {
            let known = inner.cpus[cpu.as_u32() as usize];
            if counted {
                ladder.change(self.state, cpu, None, known);
            } else {
                ladder.change(self.state, cpu, known, None);
            }
        }
    }

    pub(super) fn begin(&self, operation: Operation, ladder: &mut Ladder) {
        let inner = &mut *self.inner.lock();
        self.set_counted(inner, false, ladder);
        if let Operation::Setup { calls, which } = operation {
            inner.installed = Some(which);
            inner.serial = ladder.add(self.state);
            // Without calls nothing is known of a CPU until the first one.
            let down = (calls && which == Which::Both).then_some(false);
            inner.cpus.fill(down);
        }
        inner.running = Some(Running {
            operation,
            task: task::current(),
            forwards: None,
            next_active: None,
            back: None,
            error: None,
        });
    }

    pub(super) fn end(&self, result: Result<Option<i32>>, ladder: &mut Ladder) -> Rules {
        let inner = &mut *self.inner.lock();
        let mut rules = Rules::default();
        let Some(running) = inner.running.take() else {
            return rules;
        };
        let installed = match running.operation {
            Operation::Setup { calls, which } => {
                if let (true, Err(_)) = (calls, result) {
                    rules.require(Rule::RolledBack, inner.first_up(0).is_none());
                }
                if let (true, Ok(_)) = (calls && which != Which::Teardown, result) {
                    let all = running.forwards.is_some() && running.next_active.is_none();
                    rules.require(Rule::EveryCpu, all);
                }
                if let Some(error) = running.error {
                    rules.require(Rule::ErrorReturned, result.err() == Some(error));
                }
                // The kernel's own fault, hotplug/fail, makes it fail without a call.
                rules.require(
                    Rule::ErrorReturned,
                    running.back.is_none() || result.is_err(),
                );
                ladder.learn(self.state, result.unwrap_or(None));
                result.is_ok()
            }
            Operation::Remove { calls } => {
                rules.require(Rule::EveryCpu, !calls || inner.first_up(0).is_none());
                false
            }
        };
        if installed {
            self.set_counted(inner, true, ladder);
        } else if inner.installed.is_some() {
            inner.installed = None;
            inner.cpus.fill(None);
            ladder.remove(self.state);
        }
        rules
    }

    pub(super) fn enter(&self, seen: &Seen, ladder: &mut Ladder, rules: &mut Rules) {
        let inner = &mut *self.inner.lock();
        rules.require(Rule::Installed, inner.installed.is_some());
        ladder.learn(self.state, seen.id);

        if inner.is_exact() {
            let up = inner.cpus[seen.cpu.as_u32() as usize];
            match seen.callback {
                Callback::Startup => rules.require(Rule::StartupOnce, up != Some(true)),
                Callback::Teardown => rules.require(Rule::TeardownOnce, up != Some(false)),
            }
        }
        match (seen.part_of, &inner.running) {
            (PartOf::Either, _) => {}
            (PartOf::Hotplug, _) => {
                ladder.check_states(self.state, seen.cpu, seen.callback, rules);
                if inner.is_exact() {
                    let (serial, callback) = (inner.serial, seen.callback);
                    ladder.check_instances(self.state, serial, seen.cpu, callback, rules);
                }
            }
            (PartOf::Operation, Some(running)) => {
                check_operation(inner, running, seen, rules);
                if let StateName::Prepare | StateName::PrepareMulti = self.state {
                    rules.require(Rule::RightTask, seen.place.task == running.task);
                }
            }
            (PartOf::Operation, None) => rules.require(Rule::NoCalls, false),
        }
    }

    pub(super) fn leave(
        &self,
        cpu: CpuId,
        callback: Callback,
        part_of: PartOf,
        result: Result,
        ladder: &mut Ladder,
    ) {
        let inner = &mut *self.inner.lock();
        if inner.is_exact() && result.is_ok() {
            self.set(inner, cpu, Some(callback == Callback::Startup), ladder);
        }
        if part_of == PartOf::Hotplug {
            ladder.called(self.state, inner.serial, cpu, callback, result);
        } else if let (PartOf::Operation, Some(running)) = (part_of, &mut inner.running) {
            let cpu = cpu.as_u32();
            match (running.operation, callback) {
                (Operation::Setup { .. }, Callback::Teardown) => running.back = Some(cpu),
                _ => {
                    running.forwards = Some(cpu);
                    running.next_active = next_active(cpu + 1);
                }
            }
            if let Operation::Setup { .. } = running.operation {
                running.error = running.error.or(result.err());
            }
        }
    }
}

/// Checks a call that a setup or a removal makes.
fn check_operation(inner: &Inner, running: &Running, seen: &Seen, rules: &mut Rules) {
    let cpu = seen.cpu.as_u32();
    let after = |last: Option<u32>| last.map_or(0, |last| last + 1);
    match (running.operation, seen.callback) {
        (Operation::Setup { calls, .. }, Callback::Startup) => {
            rules.require(Rule::NoCalls, calls);
            // An active CPU is above every dynamic state. Others may be, or not.
            let next = match running.forwards {
                Some(_) => running.next_active,
                None => next_active(0),
            };
            let skipped = next.is_some_and(|next| next < cpu);
            let is_over = running.error.is_some() || running.back.is_some();
            let forwards = cpu >= after(running.forwards) && !is_over;
            rules.require(Rule::CpuOrder, !skipped && forwards);
        }
        (Operation::Setup { .. }, Callback::Teardown) => {
            let first = inner.first_up(after(running.back));
            rules.require(Rule::CpuOrder, first == Some(cpu));
        }
        (Operation::Remove { calls }, Callback::Teardown) => {
            rules.require(Rule::NoCalls, calls);
            let skipped = inner.first_up(0).is_some_and(|first| first < cpu);
            rules.require(Rule::CpuOrder, !skipped && cpu >= after(running.forwards));
        }
        (Operation::Remove { .. }, Callback::Startup) => rules.require(Rule::NoCalls, false),
    }
}

/// The first CPU from `from` on that takes part in scheduling.
fn next_active(from: u32) -> Option<u32> {
    (from..nr_cpu_ids()).find(|cpu| CpuId::from_u32(*cpu).is_some_and(cpus::is_active))
}
