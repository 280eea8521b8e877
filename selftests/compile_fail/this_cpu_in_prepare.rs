// SPDX-License-Identifier: GPL-2.0

//! Callbacks of the PREPARE section do not run on the CPU that they are called for.

// expect: E0599

include!("common.inc");

/// Asks what there is no answer to.
pub fn bad(cx: &Context<'_, Prepare>) -> u32 {
    cx.this_cpu().as_u32()
}
