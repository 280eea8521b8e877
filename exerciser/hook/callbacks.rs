// SPDX-License-Identifier: GPL-2.0

//! The callbacks of states with instances, which fail one by one.

use super::{
    running::Running,
    Watcher, //
};
use crate::exerciser::bindings;
use kernel::prelude::*;

impl Watcher {
    /// Hooks the callbacks of states with instances that are to fail, as far as they are known.
    pub(super) fn hook_callbacks(&self) {
        let mut hooked = self.hooked.lock();
        let mut number = 0;
        loop {
            for startup in [true, false] {
                let function = {
                    let mut book = self.book.lock();
                    let Some(state) = book.state(number) else {
                        return;
                    };
                    let multi = state.multi == Some(true) && state.target.is_some();
                    let function = state.function(startup);
                    if !multi || function == 0 || state.is_hooked(startup) {
                        continue;
                    }
                    function
                };
                let known = hooked.contains(&function);
                // SAFETY: The callbacks' detour finds a watcher, and what to call instead. It is
                // not taken out meanwhile, for that is done with `hooked` locked.
                let hook = || unsafe { bindings::hook_callback(function as *mut _, true) };
                let ok = known || hooked.reserve(1, GFP_KERNEL).is_ok() && hook() == 0;
                if ok {
                    if !known {
                        // There is room for it.
                        let _ = hooked.push(function, GFP_KERNEL);
                    }
                    let mut book = self.book.lock();
                    if let Some(state) = book.state(number) {
                        if state.function(startup) == function {
                            state.set_hooked(startup);
                        }
                    }
                }
            }
            number += 1;
        }
    }

    /// Takes those of a module out of the callbacks that are hooked: it goes, and other code can be
    /// at their addresses next.
    pub(super) fn unhook_callbacks_of(&self, is_of_module: impl Fn(usize) -> bool) {
        let mut hooked = self.hooked.lock();
        // What the module has left behind is not hooked again.
        for state in &mut self.book.lock().states {
            for startup in [true, false] {
                if is_of_module(state.function(startup)) {
                    state.set_function(startup, 0);
                }
            }
        }
        let mut all_out = true;
        hooked.retain(|&mut function| {
            let goes = is_of_module(function);
            // SAFETY: It has been hooked, and `hooked` is locked.
            if goes && unsafe { bindings::hook_callback(function as *mut _, false) } != 0 {
                all_out = false;
            }
            !goes
        });
        if all_out {
            return;
        }
        // ftrace had no memory for a list without it. It needs none to forget the whole list. Those
        // that stay are hooked anew.
        // SAFETY: `hooked` is locked.
        unsafe { bindings::unhook_callbacks() };
        hooked.clear();
        for state in &mut self.book.lock().states {
            state.set_unhooked();
        }
        // SAFETY: The hook is in place, or is being taken out and waits for us.
        unsafe { bindings::hook_callbacks_later() };
    }

    /// A callback of an instance, in a step that is for all instances.
    ///
    /// # Safety
    ///
    /// To be called only in the place of a callback that the kernel calls in a step of the calling
    /// task, after the tracepoint has told of it, with the arguments of that call.
    pub(super) unsafe fn callback(&self, cpu: c_uint, node: *mut bindings::hlist_node) -> c_int {
        // SAFETY: By this function's requirement the step of this task has called the kernel's
        // function, which waits for this. The probe of the tracepoint has returned.
        let Some(running) = (unsafe { Running::find() }) else {
            // The kernel would not have led here.
            return 0;
        };
        let target = running.target.as_ref();
        if let Some(effect) = target.and_then(|target| target.fire(&running.call)) {
            effect.sleep();
            if let Some(error) = effect.error {
                running.injected = true;
                return error.to_errno();
            }
        }
        let function = running.function;
        // SAFETY: The address is that of the callback in the place of which this is called. The
        // probe of the tracepoint has put it there in this step: the kernel passes it before each
        // call, as the CPU that makes one is online where states are not atomic, and the detour is
        // taken only for the address that the probe has seen. The probe stays until the detour of
        // the callbacks has been taken out. The code is there, for the kernel is calling it. By
        // this function's requirement the arguments are those of the call.
        unsafe { bindings::original_callback(function as *mut _, cpu, node) }
    }
}
