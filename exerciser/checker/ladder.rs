// SPDX-License-Identifier: GPL-2.0

//! What is to be known of all states together.

use super::{
    Rule,
    Rules, //
};
use crate::exerciser::{
    operation::Callback,
    state_name::StateName, //
};
use kernel::{
    cpu::{
        nr_cpu_ids,
        CpuId, //
    },
    prelude::*, //
};

/// All states on the ladder, and what is known of them on each CPU.
pub(super) struct Ladder {
    states: [State; StateName::ALL.len()],
    /// The serial number of the next track.
    next: u64,
    /// How many callbacks are running.
    in_callback: u32,
}

struct State {
    /// The number of the state, as soon as it is known.
    id: Option<i32>,
    /// How many tracks it has.
    tracks: usize,
    /// For each CPU, how many of its tracks are known to be up, and down.
    cpus: KVVec<Counts>,
    /// The last call of a hotplug operation.
    last: Option<Last>,
}

#[derive(Copy, Clone, Default)]
struct Counts {
    up: u32,
    down: u32,
}

/// A call for an instance.
#[derive(Copy, Clone)]
struct Last {
    cpu: CpuId,
    callback: Callback,
    serial: u64,
    failed: bool,
}

impl Ladder {
    pub(super) fn new() -> Result<Self> {
        let state = || {
            Ok::<_, Error>(State {
                id: None,
                tracks: 0,
                cpus: KVVec::from_elem(Counts::default(), nr_cpu_ids() as usize, GFP_KERNEL)?,
                last: None,
            })
        };
        Ok(Self {
            states: [state()?, state()?, state()?, state()?],
            next: 0,
            in_callback: 0,
        })
    }

    /// Notes that a callback runs. Returns whether another one is running.
    pub(super) fn enter(&mut self) -> bool {
        self.in_callback += 1;
        self.in_callback > 1
    }

    /// Notes that a callback has returned.
    pub(super) fn leave(&mut self) {
        self.in_callback = self.in_callback.saturating_sub(1);
    }

    /// Returns the serial number of a new track of a state, whose calls start anew.
    pub(super) fn add(&mut self, state: StateName) -> u64 {
        self.states[state as usize].last = None;
        self.states[state as usize].tracks += 1;
        self.next += 1;
        self.next
    }

    /// Notes that a state has got one track less.
    pub(super) fn remove(&mut self, state: StateName) {
        let state = &mut self.states[state as usize];
        state.last = None;
        state.tracks -= 1;
        if state.tracks == 0 {
            // The next setup may get another number.
            state.id = None;
        }
    }

    /// Notes that a track of a state is known to be up (`true`) or down on a CPU, or not.
    pub(super) fn change(
        &mut self,
        state: StateName,
        cpu: CpuId,
        was: Option<bool>,
        is: Option<bool>,
    ) {
        let counts = &mut self.states[state as usize].cpus[cpu.as_u32() as usize];
        let count = |counts: &mut Counts, known, change: fn(u32, u32) -> u32| match known {
            Some(true) => counts.up = change(counts.up, 1),
            Some(false) => counts.down = change(counts.down, 1),
            None => {}
        };
        count(counts, was, u32::wrapping_sub);
        count(counts, is, u32::wrapping_add);
    }

    /// Checks a call of a hotplug operation against the calls for other states.
    pub(super) fn check_states(
        &self,
        name: StateName,
        cpu: CpuId,
        callback: Callback,
        rules: &mut Rules,
    ) {
        // A CPU goes along the ladder: what is below the one that is called is up, and what is
        // above it is down, in both directions.
        let rule = match callback {
            Callback::Startup => Rule::Ascending,
            Callback::Teardown => Rule::Descending,
        };
        let id = self.states[name as usize].id;
        for other in StateName::ALL {
            let counts = self.states[other as usize].cpus[cpu.as_u32() as usize];
            match (self.states[other as usize].id, id) {
                (Some(above), Some(id)) if above > id => rules.require(rule, counts.up == 0),
                (Some(below), Some(id)) if below < id => rules.require(rule, counts.down == 0),
                _ => {}
            }
        }
    }

    /// Checks a call of a hotplug operation against the calls for other instances of the same
    /// state.
    pub(super) fn check_instances(
        &self,
        name: StateName,
        serial: u64,
        cpu: CpuId,
        callback: Callback,
        rules: &mut Rules,
    ) {
        let Some(last) = self.states[name as usize].last else {
            return;
        };
        // One pass through the instances; after a failure, or in the other direction, there is
        // another one.
        if last.cpu == cpu && last.callback == callback && !last.failed {
            rules.require(Rule::NewestFirst, serial <= last.serial);
        }
    }

    /// Notes how a call of a hotplug operation ended.
    pub(super) fn called(
        &mut self,
        name: StateName,
        serial: u64,
        cpu: CpuId,
        callback: Callback,
        result: Result,
    ) {
        self.states[name as usize].last = Some(Last {
            cpu,
            callback,
            serial,
            failed: result.is_err(),
        });
    }

    /// Notes the number of a state.
    pub(super) fn learn(&mut self, name: StateName, id: Option<i32>) {
        if id.is_some() {
            self.states[name as usize].id = id;
        }
    }
}
