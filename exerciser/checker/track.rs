// SPDX-License-Identifier: GPL-2.0

//! What is to be known of one pair of callbacks: of a state without instances, or of an instance.

use super::{
    ladder::Ladder,
    Rule,
    Rules,
    Seen, //
};
use crate::exerciser::{
    call::Call,
    cpus,
    operation::{
        Callback,
        Operation, //
    },
    setup_mode::{
        Settings,
        Which, //
    },
    state_name::StateName,
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
    /// Counts the models of a state: the newest has the highest number.
    serial: u64,
    /// For each CPU, whether it is up, where that is known.
    cpus: KVVec<Option<bool>>,
    /// Whether `cpus` counts for the ladder. Not during a setup or removal, whose result concurrent
    /// operations may see too early or too late.
    counted: bool,
    running: Option<Running>,
}

/// An operation that is under way.
struct Running {
    /// `Setup` or `Remove`.
    operation: Operation,
    /// Whether the kernel is to make calls.
    calls: bool,
    /// The task that runs it, as [`task::current`] gives it.
    task: usize,
    /// The CPU of the last call on the way forwards.
    forwards: Option<u32>,
    /// The active CPU that comes after `forwards`.
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

    /// Returns the state that it is a model of, or of an instance of which.
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

    /// Has what is known count for the ladder, or no longer.
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

    pub(super) fn begin(&self, operation: Operation, settings: Settings, ladder: &mut Ladder) {
        let inner = &mut *self.inner.lock();
        let calls = settings.mode.makes_calls();
        self.set_counted(inner, false, ladder);
        if operation == Operation::Setup {
            inner.installed = Some(settings.which);
            inner.serial = ladder.add(self.state);
            // After a setup without calls, nothing is known of a CPU until it gets its first call.
            let down = (calls && settings.which == Which::Both).then_some(false);
            inner.cpus.fill(down);
        }
        inner.running = Some(Running {
            operation,
            calls,
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
        let calls = running.calls;
        let installed = match running.operation {
            Operation::Setup => {
                if calls && result.is_err() {
                    rules.require(Rule::RolledBack, inner.first_up(0).is_none());
                }
                if calls && inner.installed != Some(Which::Teardown) && result.is_ok() {
                    let all = running.forwards.is_some() && running.next_active.is_none();
                    rules.require(Rule::EveryCpu, all);
                }
                if let Some(error) = running.error {
                    rules.require(Rule::ErrorReturned, result.err() == Some(error));
                }
                // The kernel's own fault, hotplug/fail, makes a setup fail without a call of ours,
                // so there may be a rollback without an error. But then the setup has to fail.
                rules.require(
                    Rule::ErrorReturned,
                    running.back.is_none() || result.is_err(),
                );
                ladder.learn(self.state, result.unwrap_or(None));
                result.is_ok()
            }
            Operation::Remove | Operation::Hotplug => {
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

    pub(super) fn enter(&self, seen: &Seen<'_>, ladder: &mut Ladder, rules: &mut Rules) {
        let call = seen.call;
        let inner = &mut *self.inner.lock();
        rules.require(Rule::Installed, inner.installed.is_some());
        ladder.learn(self.state, call.id);

        if inner.is_exact() {
            let up = inner.cpus[call.cpu.as_u32() as usize];
            match call.callback {
                Callback::Startup => rules.require(Rule::StartupOnce, up != Some(true)),
                Callback::Teardown => rules.require(Rule::TeardownOnce, up != Some(false)),
            }
        }
        if !call.reason.certain {
            // What depends on the reason is not checked.
            return;
        }
        match (call.reason.operation, &inner.running) {
            (Operation::Hotplug, _) => {
                ladder.check_states(self.state, call.cpu, call.callback, rules);
                if inner.is_exact() {
                    let serial = inner.serial;
                    ladder.check_instances(self.state, serial, call.cpu, call.callback, rules);
                }
            }
            (_, Some(running)) => {
                check_operation(inner, running, call, rules);
                if !self.state.is_online() {
                    rules.require(Rule::RightTask, task::current() == running.task);
                }
            }
            (_, None) => rules.require(Rule::NoCalls, false),
        }
    }

    pub(super) fn leave(&self, call: &Call, result: Result, ladder: &mut Ladder) {
        let inner = &mut *self.inner.lock();
        if inner.is_exact() && result.is_ok() {
            let up = call.callback == Callback::Startup;
            self.set(inner, call.cpu, Some(up), ladder);
        }
        if !call.reason.certain {
            return;
        }
        if call.reason.operation == Operation::Hotplug {
            ladder.called(self.state, inner.serial, call.cpu, call.callback, result);
        } else if let Some(running) = &mut inner.running {
            let cpu = call.cpu.as_u32();
            if (running.operation, call.callback) == (Operation::Setup, Callback::Teardown) {
                running.back = Some(cpu);
            } else {
                running.forwards = Some(cpu);
                running.next_active = next_active(cpu + 1);
            }
            if running.operation == Operation::Setup {
                running.error = running.error.or(result.err());
            }
        }
    }
}

/// Checks a call that a setup or a removal makes.
fn check_operation(inner: &Inner, running: &Running, call: &Call, rules: &mut Rules) {
    let cpu = call.cpu.as_u32();
    let after = |last: Option<u32>| last.map_or(0, |last| last + 1);
    let setup = running.operation == Operation::Setup;
    match call.callback {
        Callback::Startup if setup => {
            rules.require(Rule::NoCalls, running.calls);
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
        Callback::Teardown if setup => {
            let first = inner.first_up(after(running.back));
            rules.require(Rule::CpuOrder, first == Some(cpu));
        }
        Callback::Teardown => {
            rules.require(Rule::NoCalls, running.calls);
            let skipped = inner.first_up(0).is_some_and(|first| first < cpu);
            rules.require(Rule::CpuOrder, !skipped && cpu >= after(running.forwards));
        }
        Callback::Startup => rules.require(Rule::NoCalls, false),
    }
}

/// The first CPU from `from` on that takes part in scheduling.
fn next_active(from: u32) -> Option<u32> {
    (from..nr_cpu_ids()).find(|cpu| CpuId::from_u32(*cpu).is_some_and(cpus::is_active))
}
