// SPDX-License-Identifier: GPL-2.0

//! Data that threads cannot share is nothing for callbacks.

// expect: E0277

include!("common.inc");

/// Callbacks.
pub struct Bad(core::cell::Cell<u32>);

#[vtable]
impl Callbacks for Bad {
    type Section = Online;
    const NAME: &'static CStr = c"case:online";

    fn startup(&self, _cx: &Context<'_, Online>) -> Result {
        self.0.set(1);
        Ok(())
    }
}
