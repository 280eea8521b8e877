// SPDX-License-Identifier: GPL-2.0

//! Steps: what the kernel calls `cpuhp_invoke_callback()` for.

use super::{
    book::{
        Book,
        Running, //
    },
    Watcher, //
};
use crate::exerciser::{
    bindings,
    call::{
        hotplug_is_held_off,
        Call, //
    },
    faults::HasFaults,
    operation::{
        Callback,
        Operation, //
    },
    target::{
        is_online,
        Target, //
    },
    task::{
        self,
        Place, //
    }, //
};
use kernel::{
    cpu::CpuId,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    }, //
};

/// How many steps are under way that are in the book.
pub(super) static STEPS: Atomic<i32> = Atomic::new(0);

impl Watcher {
    /// A step: what `cpuhp_invoke_callback()` is called for.
    ///
    /// # Safety
    ///
    /// To be called only in the place of `cpuhp_invoke_callback()`, with the arguments of that
    /// call.
    pub(super) unsafe fn step(
        &self,
        cpu: c_uint,
        number: i32,
        startup: bool,
        node: *mut bindings::hlist_node,
        lastp: *mut *mut bindings::hlist_node,
    ) -> c_int {
        // SAFETY: This function's own requirement.
        let original = || unsafe { bindings::original_step(cpu, number, startup, node, lastp) };
        let watched = self.is_watching();
        let task = task::current();
        let callback = if startup {
            Callback::Startup
        } else {
            Callback::Teardown
        };
        let Some(cpu) = CpuId::from_u32(cpu) else {
            return original();
        };

        let place = Place::here();
        let (target, expect) = {
            let book = &mut *self.book.lock();
            match plan(
                book,
                (task, callback, cpu, number, node.addr()),
                place,
                watched,
            ) {
                Plan::Pass => (None, None),
                Plan::Run { target, expect } => (target, Some(expect)),
            }
        };
        // Not with the lock of the book held.
        let Some(expect) = expect else {
            let ret = original();
            if ret != 0 && watched {
                // One of our own states: the order of those after it depends on that.
                self.book.lock().others.gave_up(cpu, callback, number);
            }
            return ret;
        };
        STEPS.add(1, Relaxed);
        let ret = self.run_step(task, target, expect, original);
        STEPS.add(-1, Relaxed);
        let finished = {
            let book = &mut *self.book.lock();
            if ret != 0 {
                // Also where the kernel has made it fail by itself, without a call.
                book.others.gave_up(cpu, callback, number);
            }
            let index = book.running.iter().rposition(|r| r.task == task);
            index.and_then(|index| book.running.remove(index).ok())
        };
        // Not dropped with the lock held: this may be the last reference to what was to fail.
        if finished.is_some_and(|running| running.called) {
            self.common.notify();
        }
        ret
    }

    fn run_step(
        &self,
        task: usize,
        target: Option<Arc<Target>>,
        expect: bool,
        original: impl FnOnce() -> c_int,
    ) -> c_int {
        if let Some(target) = target {
            let effect = {
                let mut book = self.book.lock();
                book.running(task).and_then(|running| {
                    let effect = target.fire(&running.call)?;
                    // The call takes that much longer.
                    running.call.restart();
                    running.is_late = true;
                    Some(effect)
                })
            };
            if let Some(effect) = effect {
                effect.sleep();
                if let Some(error) = effect.error {
                    self.begin_call(task, None, 0);
                    self.end_call(task, Err(error), true);
                    return error.to_errno();
                }
            }
        }
        if expect {
            // SAFETY: The detour of the callback finds what is running, until this is taken back.
            unsafe { bindings::expect_callback(true) };
        }
        let ret = original();
        if expect {
            // SAFETY: As above.
            unsafe { bindings::expect_callback(false) };
        }
        ret
    }
}

/// What to do about a step.
enum Plan {
    /// Nothing: the kernel's function is to be called as if there were no hook.
    Pass,
    /// It is in the book as running.
    Run {
        /// What may fail in its place.
        target: Option<Arc<Target>>,
        /// Whether the callbacks of its instances may fail one by one.
        expect: bool,
    },
}

/// Finds out what to do about a step of a task, and notes that the step is running.
fn plan(
    book: &mut Book,
    (task, callback, cpu, number, instance): (usize, Callback, CpuId, i32, usize),
    place: Place,
    watched: bool,
) -> Plan {
    let startup = callback == Callback::Startup;
    let issued_by = book.issued_by;
    let operation = match issued_by.map(|task| book.operating(task)) {
        None => Operation::Hotplug,
        Some(Some(operating)) if operating.own => return Plan::Pass,
        Some(Some(operating)) => operating.progress.operation,
        // It began before the hook was in place.
        Some(None) if startup => Operation::Setup,
        Some(None) => Operation::Remove,
    };
    let Some(state) = book.state(number) else {
        return Plan::Pass;
    };
    if state.own || (state.target.is_none() && !watched) {
        return Plan::Pass;
    }
    let target = state.target.clone();
    let name = state.name_id;
    let armed = target
        .as_ref()
        .is_some_and(|t| t.faults().of(callback).is_armed());
    // The callbacks of a step that is for all instances have a detour of their own.
    let expect = armed && instance == 0 && state.multi == Some(true) && state.is_hooked(startup);
    // A removal that is not known as one: a teardown must not fail in that.
    let operation = match operation {
        Operation::Hotplug if armed && !startup && hotplug_is_held_off() => Operation::Remove,
        operation => operation,
    };
    let call = Call::by_kernel_for_others(callback, cpu, number, is_online(number), operation);
    let running = Running {
        task,
        call,
        place,
        number,
        name,
        target: target.clone(),
        watched,
        issued_by,
        instance,
        function: 0,
        in_callback: false,
        called: false,
        failed: false,
        call_is_undone: false,
        injected: false,
        is_late: false,
    };
    if book.running.push(running, GFP_ATOMIC).is_err() {
        return Plan::Pass;
    }
    Plan::Run {
        target: target.filter(|_| armed && !expect),
        expect,
    }
}
