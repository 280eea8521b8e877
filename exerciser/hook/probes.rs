// SPDX-License-Identifier: GPL-2.0

//! What the tracepoints tell, the loading of modules, and the work item that hooks callbacks.

use super::{
    inside::{
        watcher_of_probe,
        Inside, //
    },
    step::STEPS, //
};
use crate::exerciser::{
    bindings,
    task, //
};
use kernel::{
    bindings as kernel_bindings,
    error::to_result,
    prelude::*,
    sync::atomic::Relaxed, //
};

/// A callback is about to be called.
#[no_mangle]
extern "C" fn rust_hotplug_called(node: *mut bindings::hlist_node, function: *mut c_void) {
    // A task whose step is in the book finds it counted.
    if STEPS.load(Relaxed) == 0 {
        return;
    }
    // SAFETY: This is in a probe.
    if let Some(watcher) = unsafe { watcher_of_probe() } {
        let node = (!node.is_null()).then(|| node.addr());
        watcher.begin_call(task::current(), node, function.addr());
    }
}

/// It has returned.
#[no_mangle]
extern "C" fn rust_hotplug_returned(ret: c_int) {
    if STEPS.load(Relaxed) == 0 {
        return;
    }
    // SAFETY: This is in a probe.
    if let Some(watcher) = unsafe { watcher_of_probe() } {
        watcher.end_call(task::current(), to_result(ret), false);
    }
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
