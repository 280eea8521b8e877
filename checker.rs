// SPDX-License-Identifier: GPL-2.0

//! Whether the kernel keeps its promises to the callbacks.
//!
//! A model of every state, instance and CPU runs beside the real thing. What the kernel must do is
//! in [`Rule`]; the model knows what it has done so far. Nothing of it is taken from the kernel but
//! the calls themselves and, at each, where it is made and which CPUs are active.
//!
//! `track` has what there is to know of one pair of callbacks, `ladder` what of several.

mod ladder;
mod track;

pub use track::{
    Operation,
    Track, //
};

use crate::{
    log::{
        Callback,
        StateName, //
    },
    rule::{
        Rule,
        Rules, //
    },
    task::Place,
};
use kernel::{
    cpu::CpuId,
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        SpinLock, //
    },
};
use ladder::Ladder;

/// What a call is part of.
#[derive(Copy, Clone, PartialEq, Eq)]
pub enum PartOf {
    /// A setup or removal, of the state or the instance.
    Operation,
    /// A hotplug operation.
    Hotplug,
    /// One of the two. What depends on it is not checked.
    Either,
}

/// A call that the kernel makes, as it looks from inside.
pub struct Seen {
    /// The CPU it is made for.
    pub cpu: CpuId,
    /// What is called.
    pub callback: Callback,
    /// The number of the state, where it is known.
    pub id: Option<i32>,
    /// What it is part of.
    pub part_of: PartOf,
    /// Where the call runs.
    pub place: Place,
}

/// The model, and how often the kernel did otherwise.
#[pin_data]
pub struct Checker {
    #[pin]
    ladder: SpinLock<Ladder>,
    violations: Atomic<u64>,
}

impl Checker {
    /// Makes the model of states that are not set up.
    pub fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            ladder <- Ladder::new().map(|ladder| new_spinlock!(ladder))?,
            violations: Atomic::new(0),
        }? Error)
    }

    /// Returns how often it was something else than the rules say, since the last reset.
    pub fn violations(&self) -> u64 {
        self.violations.load(Relaxed)
    }

    /// Forgets how often. What is up stays up.
    pub fn reset(&self) {
        self.violations.store(0, Relaxed);
    }

    /// Counts the violations. Returns true if these are the first since the last reset.
    pub fn count(&self, rules: Rules) -> bool {
        let n = rules.iter().count() as u64;
        n != 0 && self.violations.fetch_add(n, Full) == 0
    }

    /// A state or an instance is about to be set up or removed, by the calling task.
    pub fn begin(&self, track: &Track, operation: Operation) {
        track.begin(operation, &mut self.ladder.lock());
    }

    /// That is over, and a setup has given this error or the number of the state. Returns what was
    /// not as it should be.
    pub fn end(&self, track: &Track, result: Result<Option<i32>>) -> Rules {
        track.end(result, &mut self.ladder.lock())
    }

    /// The kernel makes a call. Returns what is not as it should be.
    pub fn enter(&self, track: &Track, seen: &Seen) -> Rules {
        let ladder = &mut self.ladder.lock();
        let mut rules = Rules::default();
        rules.require(Rule::MaySleep, seen.place.may_sleep);
        rules.require(Rule::OneAtATime, !ladder.enter());
        match track.state() {
            StateName::Online | StateName::OnlineMulti => {
                rules.require(Rule::RightCpu, seen.place.cpu == seen.cpu);
                rules.require(
                    Rule::RightTask,
                    seen.place.thread_of == Some(seen.cpu.as_u32()),
                );
            }
            StateName::Prepare | StateName::PrepareMulti => {
                rules.require(Rule::RightTask, seen.place.thread_of.is_none());
            }
        }
        track.enter(seen, ladder, &mut rules);
        rules
    }

    /// The call returns.
    pub fn leave(
        &self,
        track: &Track,
        cpu: CpuId,
        callback: Callback,
        part_of: PartOf,
        result: Result,
    ) {
        let ladder = &mut self.ladder.lock();
        ladder.leave();
        track.leave(cpu, callback, part_of, result, ladder);
    }

    /// The module itself has initialised a CPU, or tried to, or undone that.
    pub fn by_hand(&self, track: &Track, cpu: CpuId, callback: Callback, result: Result) {
        let ladder = &mut self.ladder.lock();
        track.leave(cpu, callback, PartOf::Operation, result, ladder);
    }
}
