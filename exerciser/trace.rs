// SPDX-License-Identifier: GPL-2.0

//! The trace event `rust_hotplug:rust_hotplug_callback`: a record of the log for trace-cmd, perf
//! and the like.
//!
//! C: `bindings/trace.h`

use crate::exerciser::{
    bindings,
    log::Event, //
};
use kernel::prelude::*;

/// Emits the event of a record with this sequence number, if somebody wants it.
#[inline]
pub fn callback(event: &Event<'_>, sequence: u64) {
    // SAFETY: The function looks at a static key.
    if unsafe { bindings::trace_callback_enabled() } {
        emit(event, sequence);
    }
}

#[cold]
fn emit(event: &Event<'_>, sequence: u64) {
    // SAFETY: The strings end with a NUL and live for as long as the call, in which they are
    // copied.
    unsafe {
        bindings::trace_callback(
            sequence,
            event.state.name().as_char_ptr(),
            event.id.unwrap_or(-1),
            event.instance_name().as_char_ptr(),
            event.cpu,
            event.on,
            event.operation_name().as_char_ptr(),
            event.callback_name().as_char_ptr(),
            event.ret(),
            event.injected,
        );
    }
}
