// SPDX-License-Identifier: GPL-2.0

//! The calls of callbacks that a step makes, as the kernel's tracepoints tell of them.

use super::{
    instance_name::InstanceName,
    Watcher, //
};
use crate::exerciser::{
    bindings,
    call::Call,
    checker::{
        Misuse,
        Rules, //
    },
    faults::HasFaults,
    log::{
        Event,
        NameId, //
    },
    operation::{
        Callback,
        Operation, //
    },
    target::is_online, //
};
use core::ffi::CStr;
use kernel::{
    cpu::CpuId,
    prelude::*, //
};

impl Watcher {
    /// A callback is called in the step of the calling task: of this instance, if there are
    /// instances.
    pub(super) fn begin_call(&self, task: usize, node: Option<usize>, function: usize) {
        let report = {
            let book = &mut *self.book.lock();
            let alone = book.running.iter().all(|running| {
                // This one contains all that the other CPU does.
                running.task == task
                    || !running.in_callback
                    || running.number == bindings::cpuhp_state_CPUHP_BRINGUP_CPU
            });
            let Some(running) = book.running.iter_mut().rev().find(|r| r.task == task) else {
                return;
            };
            if !core::mem::take(&mut running.is_late) {
                running.call.restart();
            }
            if running.failed && !running.call_is_undone {
                // A step that fails for an instance undoes those before it, where the kernel does
                // not leave that to the next step.
                running.call_is_undone = true;
                running.call.set_rollback();
            }
            running.called = true;
            running.in_callback = true;
            running.injected = false;
            running.function = function;
            if let Some(node) = node {
                running.instance = node;
            }
            let startup = running.call.callback == Callback::Startup;
            let (number, instance, name) = (running.number, running.instance, running.name);
            let issued_by = running.issued_by;
            let progress = issued_by.and_then(|task| {
                let mut operating = book.operating.iter().rev();
                operating.find(|o| o.task == task).map(|o| &o.progress)
            });
            let rules = if running.watched {
                book.others.enter(
                    &running.call,
                    number,
                    instance,
                    &running.place,
                    alone,
                    progress,
                )
            } else {
                Rules::default()
            };
            let report = (!rules.is_empty()).then(|| {
                let call = running.call;
                (rules, call, number, name, instance)
            });
            if let (Some(state), true) = (book.state(number), function != 0) {
                if state.function(startup) != function || state.multi.is_none() {
                    state.set_function(startup, function);
                    state.multi = Some(instance != 0);
                    // SAFETY: The hook is in place, or is being taken out and waits for us.
                    unsafe { bindings::hook_callbacks_later() };
                }
            }
            report
        };
        if let Some((rules, call, number, name, instance)) = report {
            let mut text = InstanceName::default();
            let event = event(&call, number, name, text.of(instance), Ok(()), false);
            self.common.report(&event, rules);
        }
    }

    /// The callback returns.
    pub(super) fn end_call(&self, task: usize, result: Result, injected: bool) {
        let (call, number, name, instance, target, injected, function, watched) = {
            let book = &mut *self.book.lock();
            let Some(running) = book.running.iter_mut().rev().find(|r| r.task == task) else {
                return;
            };
            if !running.in_callback {
                return;
            }
            running.in_callback = false;
            running.failed |= result.is_err();
            let issued_by = running.issued_by;
            let progress = issued_by.and_then(|task| {
                let mut operating = book.operating.iter_mut().rev();
                operating.find(|o| o.task == task).map(|o| &mut o.progress)
            });
            let (number, instance) = (running.number, running.instance);
            if running.watched {
                book.others
                    .leave(&running.call, number, instance, result, progress);
            }
            (
                running.call,
                number,
                running.name,
                instance,
                running.target.clone(),
                injected || running.injected,
                running.function,
                running.watched,
            )
        };
        if let Some(target) = target {
            target.faults().count(call.callback, result.is_err());
        }
        let mut text = InstanceName::default();
        let event = event(&call, number, name, text.of(instance), result, injected);
        self.common.record(&event);
        let teardown = call.callback == Callback::Teardown;
        let must_succeed = call.reason.operation != Operation::Hotplug || !is_online(number);
        if watched && teardown && must_succeed && result.is_err() && !injected {
            let operation = call.reason.operation;
            let misuse = Misuse::FailingTeardown;
            self.misuse(misuse, number, name, instance, operation, function);
        }
    }
}

/// What there is to say of a call.
pub(super) fn event<'a>(
    call: &Call,
    number: i32,
    name: NameId,
    instance: Option<&'a CStr>,
    result: Result,
    injected: bool,
) -> Event<'a> {
    let (time, took) = call.time_and_took();
    Event {
        state: name,
        id: Some(number),
        instance,
        cpu: call.cpu.as_u32(),
        on: CpuId::current().as_u32(),
        operation: call.reason.operation,
        callback: call.callback,
        result,
        injected,
        time,
        took,
        frozen: call.frozen,
        breach: None,
    }
}
