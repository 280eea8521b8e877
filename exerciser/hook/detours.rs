// SPDX-License-Identifier: GPL-2.0

//! The detours. Each is called in the place of a function of kernel/cpu.c.

use super::{
    book::{
        new_state,
        Operating, //
    },
    inside::Inside,
    operations::asks_for_number, //
};
use crate::exerciser::{
    bindings,
    checker::Progress,
    operation::{
        Operation,
        Returned, //
    }, //
};
use core::ffi::CStr;
use kernel::{
    prelude::*, //
};

/// # Safety
///
/// To be called only in the place of `cpuhp_invoke_callback()`, with the arguments of that call.
#[no_mangle]
unsafe extern "C" fn rust_hotplug_step(
    cpu: c_uint,
    state: c_int,
    bringup: bool,
    node: *mut bindings::hlist_node,
    lastp: *mut *mut bindings::hlist_node,
) -> c_int {
    let inside = Inside::enter();
    match inside.watcher() {
        // SAFETY: This function's own requirement.
        Some(watcher) => unsafe { watcher.step(cpu, state, bringup, node, lastp) },
        // SAFETY: As above.
        None => unsafe { bindings::original_step(cpu, state, bringup, node, lastp) },
    }
}

/// # Safety
///
/// To be called only in the place of `cpuhp_issue_call()`, with the arguments of that call.
#[no_mangle]
unsafe extern "C" fn rust_hotplug_issue(
    cpu: c_int,
    state: c_int,
    bringup: bool,
    node: *mut bindings::hlist_node,
) -> c_int {
    let inside = Inside::enter();
    let watcher = inside.watcher();
    if let Some(watcher) = watcher {
        watcher.begin_issue(state);
    }
    // SAFETY: This function's own requirement.
    let ret = unsafe { bindings::original_issue(cpu, state, bringup, node) };
    if let Some(watcher) = watcher {
        watcher.end_issue();
    }
    ret
}

/// # Safety
///
/// To be called only in the place of `__cpuhp_setup_state_cpuslocked()`, with the
/// arguments of that call.
#[no_mangle]
unsafe extern "C" fn rust_hotplug_setup(
    state: c_int,
    name: *const c_char,
    invoke: bool,
    startup: Option<unsafe extern "C" fn(c_uint) -> c_int>,
    teardown: Option<unsafe extern "C" fn(c_uint) -> c_int>,
    multi: bool,
) -> c_int {
    let inside = Inside::enter();
    let watcher = inside.watcher().filter(|_| !name.is_null());
    let dynamic = asks_for_number(state);
    if let Some(watcher) = watcher {
        let address = |function: Option<unsafe extern "C" fn(c_uint) -> c_int>| {
            function.map_or(0, |function| function as usize)
        };
        let (startup, teardown) = (address(startup), address(teardown));
        // SAFETY: The functions compare an address. The kernel keeps the pointer to the name, which
        // is a string that stays.
        let (own, name) = unsafe {
            let own = bindings::is_ours(startup as *mut _) || bindings::is_ours(teardown as *mut _);
            (own, CStr::from_char_ptr(name).to_bytes())
        };
        let names = watcher.common.log.names();
        watcher.begin(Operating {
            number: if dynamic { -1 } else { state },
            instance: 0,
            own,
            setup: None,
            state: Some(new_state(name, names, startup, teardown, multi, own)),
            times_watched: 0,
            progress: Progress::new(Operation::Setup, invoke),
        });
    }
    // SAFETY: This function's own requirement.
    let ret = unsafe { bindings::original_setup(state, name, invoke, startup, teardown, multi) };
    if let Some(watcher) = watcher {
        watcher.end(Returned(ret), (!dynamic).then_some(state));
    }
    ret
}

/// # Safety
///
/// To be called only in the place of `__cpuhp_remove_state_cpuslocked()`, with the
/// arguments of that call.
#[no_mangle]
unsafe extern "C" fn rust_hotplug_remove(state: c_int, invoke: bool) {
    let inside = Inside::enter();
    let watcher = inside.watcher();
    if let Some(watcher) = watcher {
        watcher.check_removal(state);
        let (own, setup) = watcher.own_and_setup(state);
        watcher.begin(Operating {
            number: state,
            instance: 0,
            own,
            setup,
            state: None,
            times_watched: 0,
            progress: Progress::new(Operation::Remove, invoke),
        });
    }
    // SAFETY: This function's own requirement.
    unsafe { bindings::original_remove(state, invoke) };
    if let Some(watcher) = watcher {
        watcher.end(Returned::SUCCESS, Some(state));
    }
}

/// # Safety
///
/// To be called only in the place of `__cpuhp_state_add_instance_cpuslocked()`, with the
/// arguments of that call.
#[no_mangle]
unsafe extern "C" fn rust_hotplug_add(
    state: c_int,
    node: *mut bindings::hlist_node,
    invoke: bool,
) -> c_int {
    // SAFETY: This function's own requirement.
    instance(state, node, invoke, Operation::Setup, || unsafe {
        bindings::original_add(state, node, invoke)
    })
}

/// # Safety
///
/// To be called only in the place of `__cpuhp_state_remove_instance()`, with the
/// arguments of that call.
#[no_mangle]
unsafe extern "C" fn rust_hotplug_del(
    state: c_int,
    node: *mut bindings::hlist_node,
    invoke: bool,
) -> c_int {
    // SAFETY: This function's own requirement.
    instance(state, node, invoke, Operation::Remove, || unsafe {
        bindings::original_del(state, node, invoke)
    })
}

/// Adds or removes an instance.
fn instance(
    state: c_int,
    node: *mut bindings::hlist_node,
    invoke: bool,
    operation: Operation,
    original: impl FnOnce() -> c_int,
) -> c_int {
    let inside = Inside::enter();
    let watcher = inside.watcher();
    if let Some(watcher) = watcher {
        watcher.check_instance(state, node.addr(), operation == Operation::Setup);
        let (own, setup) = watcher.own_and_setup(state);
        watcher.begin(Operating {
            number: state,
            instance: node.addr(),
            own,
            setup,
            state: None,
            times_watched: 0,
            progress: Progress::new(operation, invoke),
        });
    }
    let ret = original();
    if let Some(watcher) = watcher {
        watcher.end(Returned(ret), Some(state));
    }
    ret
}

/// # Safety
///
/// To be called only in the place of the callback of a state with instances, in a step that expects
/// that, after the tracepoint has told of it, and with the arguments of that call.
#[no_mangle]
unsafe extern "C" fn rust_hotplug_callback(cpu: c_uint, node: *mut bindings::hlist_node) -> c_int {
    let inside = Inside::enter();
    match inside.watcher() {
        // SAFETY: This function's own requirement.
        Some(watcher) => unsafe { watcher.callback(cpu, node) },
        // A step that expects this has a watcher, which stays until that is over: also if ftrace is
        // dead, for then no step has anything that is to fail.
        None => 0,
    }
}
