// SPDX-License-Identifier: GPL-2.0

//! Setups and removals, of states and of instances: what the calls that are made meanwhile are for.

use super::{
    book::Operating,
    calls::event,
    instance_name::InstanceName,
    Watcher, //
};
use crate::exerciser::{
    bindings,
    call::Call,
    checker::Rules,
    log::NameId,
    operation::{
        Callback,
        Operation,
        Returned, //
    },
    task, //
};
use kernel::{
    cpu::CpuId,
    prelude::*,
    sync::atomic::Relaxed, //
};

impl Watcher {
    /// A setup or removal begins.
    pub(super) fn begin(&self, operating: Operating) {
        let book = &mut *self.book.lock();
        let operating = Operating {
            times_watched: book.times_watched,
            ..operating
        };
        let has_state = operating.state.is_some();
        if book.operating.push(operating, GFP_ATOMIC).is_err() {
            // It is not known what its calls are for.
            book.forgot = true;
        } else if has_state {
            self.unnumbered.add(1i32, Relaxed);
        }
    }

    /// The kernel makes a call for the setup or removal that the calling task is busy with.
    pub(super) fn begin_issue(&self, number: i32) {
        let task = task::current();
        // Who runs the callback is this task or one that it wakes; and before somebody can hotplug
        // a CPU, this task gives up a lock. So they all see it.
        self.issued_by.write(task as u64);
        // If the calling task has such a setup, it has counted that itself.
        if self.unnumbered.load(Relaxed) != 0 {
            self.number(task, number);
        }
    }

    /// The first call of a setup tells which number the state has got.
    #[cold]
    fn number(&self, task: usize, number: i32) {
        let book = &mut *self.book.lock();
        let new = book.operating(task).and_then(|operating| {
            if operating.number < 0 {
                operating.number = number;
            }
            operating.state.take()
        });
        if let Some(new) = new {
            self.unnumbered.add(-1i32, Relaxed);
            let setup = book.set_up(number, new, &self.targets.lock());
            if let Some(operating) = book.operating(task) {
                operating.setup = setup;
            }
        }
    }

    /// The call is over.
    pub(super) fn end_issue(&self) {
        self.issued_by.write(0);
    }

    /// A setup or removal of the calling task is over: what the kernel returned, and the number of
    /// the state, if that was known when it began.
    pub(super) fn end(&self, returned: Returned, number: Option<i32>) {
        let (rules, ended, name) = {
            let book = &mut *self.book.lock();
            let targets = self.targets.lock();
            let task = task::current();
            let index = book.operating.iter().rposition(|o| o.progress.task == task);
            let Some(index) = index else {
                return;
            };
            let Ok(mut ended) = book.operating.remove(index) else {
                return;
            };
            let returned = match number {
                Some(_) => returned,
                None => ended.number_returned(returned),
            };
            let number = ended.number;
            if let Some(state) = ended.state.take() {
                self.unnumbered.add(-1i32, Relaxed);
                if !returned.is_failure() {
                    ended.setup = book.set_up(number, state, &targets);
                }
            }
            let setup = ended.progress.operation == Operation::Setup;
            // Else the number has been given to another state already, or has been another's all
            // the time.
            let current = (ended.setup.is_some() || !setup || ended.instance != 0)
                && book.state(number).is_some_and(|s| s.setup == ended.setup);
            // Below, a state that is gone loses its name.
            let name = book.state(number).map_or(NameId::UNKNOWN, |s| s.name_id);
            let has_startup = book.state(number).is_some_and(|s| s.startup != 0);
            let multi = book.state(number).is_some_and(|s| s.multi == Some(true));
            let progress = &ended.progress;
            // Who began to watch meanwhile has not seen all calls.
            let seen = current && ended.times_watched == book.times_watched;
            let rules = if ended.own || !seen || (multi && ended.instance == 0) {
                Rules::default()
            } else {
                let instance = ended.instance;
                book.others
                    .end(progress, number, instance, has_startup, returned)
            };
            match (ended.instance, setup, !returned.is_failure()) {
                // A setup that failed, or a removal.
                (0, true, false) | (0, false, _) if current => book.removed(number, &targets),
                (0, _, _) => {}
                _ if ended.own => {}
                (instance, true, true) => {
                    let inserted = book
                        .instances
                        .try_create_and_insert(instance, number, GFP_ATOMIC);
                    book.forgot |= inserted.is_err();
                }
                (instance, true, false) => book.others.forget(number, instance),
                (instance, false, true) => {
                    book.instances.remove(&instance);
                    book.others.forget(number, instance);
                }
                (_, false, false) => {}
            }
            (rules, ended, name)
        };
        // SAFETY: The hook is in place, or is being taken out and waits for us.
        unsafe { bindings::hook_callbacks_later() };
        if rules.is_empty() || !self.is_watching() {
            return;
        }
        let Some(cpu) = CpuId::from_u32(0) else {
            return;
        };
        let call = Call::by_hand(Callback::Startup, cpu, ended.progress.operation);
        let mut text = InstanceName::default();
        let event = event(
            &call,
            ended.number,
            name,
            text.of(ended.instance),
            Returned::SUCCESS,
            false,
        );
        self.common.report(&event, rules);
    }

    /// Whether a state is one of this module, and which setup it is of.
    pub(super) fn own_and_setup(&self, number: i32) -> (bool, Option<u64>) {
        let mut book = self.book.lock();
        book.state(number)
            .map_or((false, None), |s| (s.own, s.setup))
    }
}

/// Whether this is one of the constants that ask for the number of a dynamic state.
pub(super) fn asks_for_number(state: i32) -> bool {
    state == bindings::cpuhp_state_CPUHP_AP_ONLINE_DYN
        || state == bindings::cpuhp_state_CPUHP_BP_PREPARE_DYN
}
