// SPDX-License-Identifier: GPL-2.0

//! What the tracepoints tell, the loading of modules, and the work item that hooks callbacks.

use super::{
    inside::Inside,
    running::Running, //
};
use crate::exerciser::{
    bindings,
    operation::Returned, //
};
use core::ptr::NonNull;
use kernel::{
    bindings as kernel_bindings,
    prelude::*, //
};

/// A callback is about to be called.
///
/// # Safety
///
/// To be called only by a probe of the tracepoint, in the step of the calling task, with what this
/// was begun with.
#[no_mangle]
unsafe extern "C" fn rust_hotplug_called(
    running: NonNull<c_void>,
    node: *mut bindings::hlist_node,
    function: *mut c_void,
) {
    // SAFETY: This function's own requirement. The kernel's function goes on when this returns.
    let running = unsafe { Running::from_raw(running) };
    let node = (!node.is_null()).then(|| node.addr());
    running.watcher.begin_call(running, node, function.addr());
}

/// It has returned.
///
/// # Safety
///
/// As of [`rust_hotplug_called`].
#[no_mangle]
unsafe extern "C" fn rust_hotplug_returned(running: NonNull<c_void>, ret: c_int) {
    // SAFETY: As above.
    let running = unsafe { Running::from_raw(running) };
    running.watcher.end_call(running, Returned(ret), false);
}

/// A module goes, or could not be loaded.
///
/// # Safety
///
/// The module is there until this returns.
#[no_mangle]
unsafe extern "C" fn rust_hotplug_module_going(module: *mut kernel_bindings::module) {
    let inside = Inside::enter();
    if let Some(watcher) = inside.watcher() {
        // SAFETY: This function's own requirement.
        unsafe { watcher.module_going(module) };
    }
}

/// Callbacks have become known.
#[no_mangle]
extern "C" fn rust_hotplug_hook_callbacks() {
    let inside = Inside::enter();
    if let Some(watcher) = inside.watcher() {
        watcher.hook_callbacks();
    }
}
