// SPDX-License-Identifier: GPL-2.0

//! Whether the kernel keeps its promises to the callbacks.
//!
//! A model of every state, instance and CPU runs beside the real kernel. The [`Rule`]s say what the
//! kernel must do; the model knows what the kernel has done so far. It learns that from the calls,
//! and at each call from where it is made and which CPUs are active; it asks the kernel nothing
//! else.
//!
//! `track` is the model of one pair of callbacks; `ladder` knows what concerns several of them.

mod ladder;
mod misuses;
mod others;
mod rules;
mod track;

pub use misuses::Misuse;
pub use others::{
    Others,
    Progress,
    STATES, //
};
pub use rules::{
    Rule,
    Rules, //
};
pub use track::Track;

use crate::exerciser::{
    call::Call,
    operation::Operation,
    setup_mode::Settings,
    task::Place, //
};
use kernel::{
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

/// A call that the kernel makes, as it looks from inside.
pub struct Seen<'a> {
    /// The call.
    pub call: &'a Call,
    /// Where it runs.
    pub place: Place,
}

/// The model, and how often the kernel broke a rule.
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

    /// Returns how often the kernel broke a rule since the last reset.
    pub fn violations(&self) -> u64 {
        self.violations.load(Relaxed)
    }

    /// Forgets the violations. What is up stays up.
    pub fn reset(&self) {
        self.violations.store(0, Relaxed);
    }

    /// Counts the violations. Returns true if these are the first since the last reset.
    pub fn count(&self, rules: Rules) -> bool {
        let n = rules.iter().count() as u64;
        n != 0 && self.violations.fetch_add(n, Full) == 0
    }

    /// A state or an instance is about to be set up or removed, by the calling task.
    pub fn begin(&self, track: &Track, operation: Operation, settings: Settings) {
        track.begin(operation, settings, &mut self.ladder.lock());
    }

    /// The setup or removal is over. A setup gave this error, or the number of the state. Returns
    /// the rules that were broken.
    pub fn end(&self, track: &Track, result: Result<Option<i32>>) -> Rules {
        track.end(result, &mut self.ladder.lock())
    }

    /// The kernel makes a call. Returns the rules that it breaks.
    pub fn enter(&self, track: &Track, seen: &Seen<'_>) -> Rules {
        let Seen { call, place } = seen;
        let ladder = &mut self.ladder.lock();
        let mut rules = Rules::default();
        rules.require(Rule::MaySleep, place.may_sleep);
        rules.require(Rule::OneAtATime, !ladder.enter());
        if track.state().is_online() {
            rules.require(Rule::RightCpu, place.cpu == call.cpu);
            rules.require(Rule::RightTask, place.thread_of == Some(call.cpu.as_u32()));
        } else {
            rules.require(Rule::RightTask, place.thread_of.is_none());
        }
        track.enter(seen, ladder, &mut rules);
        rules
    }

    /// The call returns. It may also be one that the module itself made, to initialise a CPU or to
    /// undo that.
    pub fn leave(&self, track: &Track, call: &Call, result: Result) {
        let ladder = &mut self.ladder.lock();
        if !call.by_hand {
            ladder.leave();
        }
        track.leave(call, result, ladder);
    }
}
