// SPDX-License-Identifier: GPL-2.0

//! The model of the states that are not ours.
//!
//! It learns what is up from the calls that it sees. Where it cannot know, it says nothing.

mod known;

use super::{
    Rule,
    Rules, //
};
use crate::exerciser::{
    bindings,
    call::Call,
    cpus,
    operation::{
        Callback,
        Operation,
        Returned, //
    },
    task::{
        self,
        Place, //
    }, //
};
use kernel::{
    cpu::{
        nr_cpu_ids,
        CpuId, //
    },
    prelude::*, //
};
use known::Known;

pub use known::STATES;

/// The last call of a hotplug operation on a CPU.
#[derive(Copy, Clone)]
struct Last {
    number: i32,
    callback: Callback,
    failed: bool,
}

/// The model.
pub struct Others {
    known: Known,
    /// For each CPU.
    last: KVVec<Option<Last>>,
}

/// A setup or removal that is under way.
pub struct Progress {
    /// The task that is busy with it, as [`task::current`] gives it.
    pub task: usize,
    /// `Setup` or `Remove`.
    pub operation: Operation,
    /// Whether the kernel is to make calls.
    pub calls: bool,
    /// The CPU of the last call on the way forwards.
    forwards: Option<u32>,
    /// The CPU of the last call of the rollback.
    back: Option<u32>,
    /// What a startup failed with.
    error: Option<Returned>,
    /// Whether there was memory to note each call.
    is_noted: bool,
}

impl Progress {
    /// Makes one that the calling task has begun.
    pub fn new(operation: Operation, calls: bool) -> Self {
        Self {
            task: task::current(),
            operation,
            calls,
            forwards: None,
            back: None,
            error: None,
            is_noted: true,
        }
    }

    /// Whether a startup is known to have failed.
    pub fn has_failed(&self) -> bool {
        self.error.is_some()
    }
}

impl Others {
    /// Makes a model that knows nothing.
    pub fn new() -> Result<Self> {
        Ok(Self {
            known: Known::nothing()?,
            last: KVVec::from_elem(None, nr_cpu_ids() as usize, GFP_KERNEL)?,
        })
    }

    /// A call begins that belongs to a hotplug operation or, if there is a `progress`, to that.
    /// `alone` is whether no other callback runs.
    pub fn enter(
        &mut self,
        call: &Call,
        number: i32,
        instance: usize,
        place: &Place,
        alone: bool,
        progress: Option<&Progress>,
    ) -> Rules {
        let mut rules = Rules::default();
        let cpu = call.cpu.as_u32();
        rules.require(Rule::MaySleep, place.may_sleep);
        rules.require(Rule::OneAtATime, alone);
        if runs_on_hotplugged_cpu(number) {
            rules.require(Rule::RightCpu, place.cpu == call.cpu);
            rules.require(Rule::RightTask, place.thread_of == Some(cpu));
        } else {
            let right = match (progress, call.reason.operation) {
                // A callback can set up a state, in whatever task it runs.
                (Some(progress), _) => progress.task == task::current(),
                (None, Operation::Hotplug) => place.thread_of.is_none(),
                (None, _) => true,
            };
            rules.require(Rule::RightTask, right);
        }
        if let Some((seen, up)) = self.known.on_cpu(number, instance, cpu) {
            match call.callback {
                Callback::Startup => seen.startup = true,
                Callback::Teardown => seen.teardown = true,
            }
            // When a CPU fails to come online after it has been booted, the kernel counts
            // `cpu:bringup` as failed, since it waits for the CPU, and tears it down nevertheless.
            let exact = number != bindings::cpuhp_state_CPUHP_BRINGUP_CPU;
            if seen.both() && exact {
                match call.callback {
                    Callback::Startup => rules.require(Rule::StartupOnce, *up != Some(true)),
                    Callback::Teardown => rules.require(Rule::TeardownOnce, *up != Some(false)),
                }
            }
        }
        match progress {
            None if call.reason.operation == Operation::Hotplug => {
                if let Some(last) = self.last[cpu as usize] {
                    if last.callback == call.callback && !last.failed {
                        match call.callback {
                            Callback::Startup => {
                                rules.require(Rule::Ascending, number >= last.number);
                            }
                            Callback::Teardown => {
                                rules.require(Rule::Descending, number <= last.number);
                            }
                        }
                    }
                }
                self.last[cpu as usize] = Some(Last {
                    number,
                    callback: call.callback,
                    failed: false,
                });
            }
            None => {}
            Some(progress) => {
                rules.require(Rule::NoCalls, progress.calls);
                let after = |last: Option<u32>| last.is_none_or(|last| cpu > last);
                match (progress.operation, call.callback) {
                    (Operation::Setup, Callback::Teardown) => {
                        rules.require(Rule::CpuOrder, after(progress.back));
                    }
                    (Operation::Setup, Callback::Startup) => {
                        let over = progress.error.is_some() || progress.back.is_some();
                        rules.require(Rule::CpuOrder, after(progress.forwards) && !over);
                    }
                    (_, Callback::Teardown) => {
                        rules.require(Rule::CpuOrder, after(progress.forwards));
                    }
                    (_, Callback::Startup) => rules.require(Rule::NoCalls, false),
                }
            }
        }
        rules
    }

    /// The call is over.
    pub fn leave(
        &mut self,
        call: &Call,
        number: i32,
        instance: usize,
        returned: Returned,
        progress: Option<&mut Progress>,
    ) {
        let cpu = call.cpu.as_u32();
        let mut is_noted = true;
        if !returned.is_failure() {
            if let Some((_, up)) = self.known.on_cpu(number, instance, cpu) {
                *up = Some(call.callback == Callback::Startup);
            } else {
                is_noted = false;
            }
        } else {
            self.gave_up(call.cpu, call.callback, number);
        }
        if let Some(progress) = progress {
            progress.is_noted &= is_noted;
            if (progress.operation, call.callback) == (Operation::Setup, Callback::Teardown) {
                progress.back = Some(cpu);
            } else {
                progress.forwards = Some(cpu);
            }
            if progress.operation == Operation::Setup {
                let error = Some(returned).filter(|returned| returned.is_failure());
                progress.error = progress.error.or(error);
            }
        }
    }

    /// A step failed, whether a callback was called or not: what comes after it on that CPU goes
    /// the other way, or begins anew.
    pub fn gave_up(&mut self, cpu: CpuId, callback: Callback, number: i32) {
        self.last[cpu.as_u32() as usize] = Some(Last {
            number,
            callback,
            failed: true,
        });
    }

    /// A setup or removal is over. `has_startup` is whether the state has that callback.
    pub fn end(
        &mut self,
        progress: &Progress,
        number: i32,
        instance: usize,
        has_startup: bool,
        returned: Returned,
    ) -> Rules {
        let mut rules = Rules::default();
        let Some(track) = self
            .known
            .track(number, instance)
            .filter(|_| progress.is_noted)
        else {
            return rules;
        };
        if !track.seen.startup && !track.seen.teardown {
            return rules;
        }
        let known_both = track.seen.both();
        let mut up = track.cpus.iter().map(|up| *up == Some(true));
        match progress.operation {
            Operation::Setup => {
                if returned.is_failure() {
                    rules.require(Rule::RolledBack, !known_both || !up.any(|up| up));
                } else if progress.calls && has_startup {
                    // An active CPU is above every state that is not ours to except.
                    let all = (0..nr_cpu_ids()).filter_map(CpuId::from_u32).all(|cpu| {
                        !cpus::is_active(cpu) || track.cpus[cpu.as_u32() as usize] == Some(true)
                    });
                    rules.require(Rule::EveryCpu, all);
                }
                if let Some(error) = progress.error {
                    rules.require(Rule::ErrorReturned, returned == error);
                }
            }
            Operation::Remove | Operation::Hotplug => {
                let left = progress.calls && known_both && up.any(|up| up);
                rules.require(Rule::EveryCpu, !left);
            }
        }
        rules
    }

    /// Forgets an instance that is gone.
    pub fn forget(&mut self, number: i32, instance: usize) {
        self.known.forget(number, instance);
    }

    /// Forgets a state with all its instances.
    pub fn forget_all(&mut self, number: i32) {
        self.known.forget_all(number);
    }
}

/// Whether the callbacks of a state run on the hotplugged CPU (`cpuhp_is_ap_state()`).
fn runs_on_hotplugged_cpu(number: i32) -> bool {
    number > bindings::cpuhp_state_CPUHP_BRINGUP_CPU
        && number != bindings::cpuhp_state_CPUHP_TEARDOWN_CPU
}
