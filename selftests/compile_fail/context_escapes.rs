// SPDX-License-Identifier: GPL-2.0

//! What is true in a callback is not after it.

// expect: lifetime may not live long enough

include!("common.inc");

/// Keeps the context.
pub fn bad(cx: &Context<'_, Online>) -> &'static Context<'static, Online> {
    cx
}
