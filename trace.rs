// SPDX-License-Identifier: GPL-2.0

//! The trace event `rust_hotplug:rust_hotplug_callback`: a record of the log for trace-cmd, perf
//! and the like.
//!
//! C: `bindings/trace.h`

use crate::log::Event;

/// Emits the event of a record with this sequence number, if somebody wants it.
#[inline]
#[cfg(CONFIG_TRACEPOINTS)]
pub fn callback(event: &Event<'_>, sequence: u64) {
    use crate::bindings;
    use kernel::jump_label::static_branch_unlikely;

    // SAFETY: The key is that of a tracepoint, which C defines.
    let is_wanted = unsafe {
        static_branch_unlikely!(
            bindings::__tracepoint_rust_hotplug_callback,
            kernel::bindings::tracepoint,
            key
        )
    };
    if is_wanted {
        emit(event, sequence);
    }
}

/// Without trace events nobody can want it.
#[cfg(not(CONFIG_TRACEPOINTS))]
pub fn callback(_event: &Event<'_>, _sequence: u64) {}

#[cold]
#[cfg(CONFIG_TRACEPOINTS)]
fn emit(event: &Event<'_>, sequence: u64) {
    use kernel::prelude::*;

    // SAFETY: The strings end with a NUL and live for as long as the call, in which they are
    // copied.
    unsafe {
        crate::bindings::rust_do_trace_rust_hotplug_callback(
            sequence,
            event.state.name().as_char_ptr(),
            event.id.unwrap_or(-1),
            event.instance_name().as_char_ptr(),
            event.cpu,
            event.on,
            event.op.name().as_char_ptr(),
            event.callback_name().as_char_ptr(),
            event.ret(),
            event.injected,
        );
    }
}
