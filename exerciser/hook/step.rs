// SPDX-License-Identifier: GPL-2.0

//! Steps: what the kernel calls `cpuhp_invoke_callback()` for.

use super::{
    running::Running,
    Watcher, //
};
use crate::exerciser::{
    bindings,
    call::{
        hotplug_is_held_off,
        Call, //
    },
    faults::HasFaults,
    log::NameId,
    operation::{
        Callback,
        Operation, //
    },
    target::{
        is_online,
        Target, //
    },
    task::Place, //
};
use kernel::{
    cpu::CpuId,
    prelude::*,
    sync::Arc, //
};

/// What is to be known of a step before it runs.
struct Known {
    operation: Operation,
    /// The task that sets up or removes, if the step is part of that, or 0.
    issued_by: usize,
    name: NameId,
    target: Option<Arc<Target>>,
    /// Whether the callbacks of its instances are hooked, and one of them may fail by itself.
    is_hooked: bool,
}

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
        let original_seen = move |running: &mut Running<'_>, expects_callback| {
            let running = running.as_raw();
            // SAFETY: By this function's requirement the arguments are those of the call. The
            // probes, and the detour of the callbacks, find `running` in this task only, and until
            // the function returns: so it lives, and nobody uses it besides.
            unsafe {
                bindings::original_step_seen(
                    cpu,
                    number,
                    startup,
                    node,
                    lastp,
                    running,
                    expects_callback,
                )
            }
        };
        let callback = if startup {
            Callback::Startup
        } else {
            Callback::Teardown
        };
        let Some(cpu) = CpuId::from_u32(cpu) else {
            return original();
        };
        let watched = self.is_watching();
        let Some(known) = self.known(number, callback, node.addr(), watched) else {
            let ret = original();
            if ret != 0 && watched {
                // One of our own states: the order of those after it depends on that.
                self.book.lock().others.gave_up(cpu, callback, number);
            }
            return ret;
        };

        let target = known.target.as_ref();
        let armed = target.is_some_and(|t| t.faults().of(callback).is_armed());
        // A removal that is not known as one: a teardown must not fail in that.
        let operation = match known.operation {
            Operation::Hotplug if armed && !startup && hotplug_is_held_off() => Operation::Remove,
            operation => operation,
        };
        let mut running = Running {
            watcher: self,
            call: Call::by_kernel_for_others(
                callback,
                cpu,
                number,
                is_online(number),
                operation,
                armed,
            ),
            place: watched.then(Place::here),
            number,
            name: known.name,
            target: known.target,
            issued_by: known.issued_by,
            instance: node.addr(),
            function: 0,
            in_callback: false,
            called: false,
            failed: false,
            call_is_undone: false,
            injected: false,
            is_late: false,
        };
        let ret = if armed {
            // The callbacks of a step that is for all instances have a detour of their own.
            self.run_armed(&mut running, known.is_hooked, original_seen)
        } else {
            original_seen(&mut running, false)
        };
        if ret != 0 || running.in_callback {
            let book = &mut *self.book.lock();
            if ret != 0 {
                // Also where the kernel has made it fail by itself, without a call.
                book.others.gave_up(cpu, callback, number);
            }
            if running.in_callback {
                // The tracepoint was left before it could tell.
                book.end_callback(number);
            }
        }
        if running.called {
            self.common.notify();
        }
        ret
    }

    /// Returns what is to be known of a step; nothing if the kernel's function is to be called as
    /// if there were no hook.
    #[inline]
    fn known(
        &self,
        number: i32,
        callback: Callback,
        instance: usize,
        watched: bool,
    ) -> Option<Known> {
        let startup = callback == Callback::Startup;
        let issued_by = self.issued_by.read() as usize;
        let book = &mut *self.book.lock();
        let operation = match issued_by {
            0 => Operation::Hotplug,
            task => match book.operating(task) {
                Some(operating) if operating.own => return None,
                Some(operating) => operating.progress.operation,
                // It began before the hook was in place.
                None if startup => Operation::Setup,
                None => Operation::Remove,
            },
        };
        let state = book.state(number)?;
        if state.own || (state.target.is_none() && !watched) {
            return None;
        }
        let by_instance = instance == 0
            && state.multi == Some(true)
            && (self.common.unsafe_faults || state.recovers_instances(number));
        Some(Known {
            operation,
            issued_by,
            name: state.name_id,
            target: state.target.clone(),
            is_hooked: by_instance && state.is_hooked(startup),
        })
    }

    /// Runs a step that may be made to fail: as a whole, or if the callbacks are hooked, in these.
    #[cold]
    fn run_armed<'a>(
        &self,
        running: &mut Running<'a>,
        is_hooked: bool,
        original: impl FnOnce(&mut Running<'a>, bool) -> c_int,
    ) -> c_int {
        if is_hooked {
            return original(running, true);
        }
        let target = running.target.as_ref();
        if let Some(effect) = target.and_then(|target| target.fire(&running.call)) {
            // The call takes that much longer.
            running.call.restart();
            running.is_late = true;
            effect.sleep();
            if let Some(error) = effect.error {
                self.begin_call(running, None, 0);
                self.end_call(running, error.into(), true);
                return error.to_errno();
            }
        }
        original(running, false)
    }
}
