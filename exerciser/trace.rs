// SPDX-License-Identifier: GPL-2.0

//! The trace event `rust_hotplug:rust_hotplug_callback`: a record of the log for trace-cmd, perf
//! and the like.
//!
//! C: `bindings/trace.h`

use crate::exerciser::{
    bindings,
    log::{
        Event,
        Names, //
    },
};
use kernel::prelude::*;

/// Emits the event of a record with this sequence number, if somebody wants it.
#[inline]
pub fn callback(names: &Names, event: &Event<'_>, sequence: u64) {
    // SAFETY: The function looks at a static key.
    if unsafe { bindings::trace_callback_enabled() } {
        emit(names, event, sequence);
    }
}

#[cold]
fn emit(names: &Names, event: &Event<'_>, sequence: u64) {
    let state = names.get(event.state);
    // SAFETY: The strings end with a NUL and live for as long as the call, in which they are
    // copied.
    unsafe {
        bindings::trace_callback(
            sequence,
            state.as_ptr().cast(),
            event.id.unwrap_or(-1),
            event.instance_name().as_char_ptr(),
            event.cpu,
            event.on,
            event.operation_name().as_char_ptr(),
            event.callback_name().as_char_ptr(),
            event.returned.0,
            event.injected,
            event.took,
            event.frozen,
        );
    }
}
