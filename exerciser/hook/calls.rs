// SPDX-License-Identifier: GPL-2.0

//! The calls of callbacks that a step makes, as the kernel's tracepoints tell of them.

use super::{
    instance_name::InstanceName,
    running::Running,
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
        Operation,
        Returned, //
    },
    target::is_online, //
};
use core::ffi::CStr;
use kernel::cpu::CpuId;

impl Watcher {
    /// A callback is called in a step: of this instance, if there are instances.
    pub(super) fn begin_call(
        &self,
        running: &mut Running<'_>,
        node: Option<usize>,
        function: usize,
    ) {
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
        running.injected = false;
        running.function = function;
        if let Some(node) = node {
            running.instance = node;
        }
        let (number, instance) = (running.number, running.instance);
        let startup = running.call.callback == Callback::Startup;
        let rules = {
            let book = &mut *self.book.lock();
            if core::mem::replace(&mut running.in_callback, true) {
                book.end_callback(number);
            }
            // A callback that sets up a state waits for the callbacks of that.
            let alone = book.begin_callback(number) || running.is_nested();
            let progress = match running.issued_by {
                0 => None,
                task => {
                    let mut operating = book.operating.iter().rev();
                    operating
                        .find(|o| o.progress.task == task)
                        .map(|o| &o.progress)
                }
            };
            let place = running.place.as_ref();
            let place = place.filter(|_| !self.common.hidden.enter());
            let rules = place.map(|place| {
                book.others
                    .enter(&running.call, number, instance, place, alone, progress)
            });
            if let (Some(state), true) = (book.state(number), function != 0) {
                if state.function(startup) != function || state.multi.is_none() {
                    state.set_function(startup, function);
                    state.multi = Some(instance != 0);
                    // SAFETY: The hook is in place, or is being taken out and waits for us.
                    unsafe { bindings::hook_callbacks_later() };
                }
            }
            rules
        };
        if let Some(rules) = rules.filter(|rules| !rules.is_empty()) {
            self.report_call(running, rules);
        }
    }

    #[cold]
    fn report_call(&self, running: &Running<'_>, rules: Rules) {
        let mut text = InstanceName::default();
        let instance = text.of(running.instance);
        let event = event(
            &running.call,
            running.number,
            running.name,
            instance,
            Returned::SUCCESS,
            false,
        );
        self.common.report(&event, rules);
    }

    /// The callback returns.
    pub(super) fn end_call(&self, running: &mut Running<'_>, returned: Returned, injected: bool) {
        if !running.in_callback {
            return;
        }
        running.in_callback = false;
        running.failed |= returned.is_failure();
        let injected = injected || running.injected;
        let call = &running.call;
        let (number, instance) = (running.number, running.instance);
        {
            let book = &mut *self.book.lock();
            book.end_callback(number);
            if running.place.is_some() && !self.common.hidden.leave() {
                let progress = match running.issued_by {
                    0 => None,
                    task => {
                        let mut operating = book.operating.iter_mut().rev();
                        operating
                            .find(|o| o.progress.task == task)
                            .map(|o| &mut o.progress)
                    }
                };
                book.others
                    .leave(call, number, instance, returned, progress);
            }
        }
        if let Some(target) = &running.target {
            target.faults().count(call.callback, returned.is_failure());
        }
        let mut text = InstanceName::default();
        let instance = text.of(instance);
        let event = event(call, number, running.name, instance, returned, injected);
        self.common.record(&event);
        if returned.is_failure() && !injected && running.place.is_some() {
            self.check_failure(running);
        }
    }

    /// A callback of a driver has failed by itself.
    #[cold]
    fn check_failure(&self, running: &Running<'_>) {
        let (call, number) = (&running.call, running.number);
        let operation = call.reason.operation;
        let must_succeed = operation != Operation::Hotplug || !is_online(number);
        if call.callback == Callback::Teardown && must_succeed {
            let (name, instance) = (running.name, running.instance);
            let (misuse, function) = (Misuse::FailingTeardown, running.function);
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
    returned: Returned,
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
        returned,
        injected,
        time,
        took,
        frozen: call.frozen,
        breach: None,
    }
}
