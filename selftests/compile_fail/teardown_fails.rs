// SPDX-License-Identifier: GPL-2.0

//! A teardown has no error to return: the kernel would run BUG() on removal.

// expect: E0053

include!("common.inc");

/// Callbacks.
pub struct Bad;

#[vtable]
impl Callbacks for Bad {
    type Section = Online;
    const NAME: &'static CStr = c"case:online";

    fn teardown(&self, _cx: &Context<'_, Online>) -> Result {
        Err(EBUSY)
    }
}
