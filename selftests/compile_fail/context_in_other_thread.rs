// SPDX-License-Identifier: GPL-2.0

//! What is true in a callback is not in another thread.

// expect: E0277

include!("common.inc");

fn in_other_thread<T: Send>(_: T) {}

/// Sends the context.
pub fn bad(cx: &Context<'_, Online>) {
    in_other_thread(cx);
}
