// SPDX-License-Identifier: GPL-2.0

//! Data that does not live long enough is nothing for callbacks, nor is a name in it: the name of a
//! state is a constant.

// expect: E0478

include!("common.inc");

/// Callbacks that borrow.
pub struct Bad<'a>(&'a CStr);

#[vtable]
impl<'a> Callbacks for Bad<'a> {
    type Section = Prepare;
    const NAME: &'static CStr = c"case:prepare";

    fn startup(&self, _cx: &Context<'_, Prepare>) -> Result {
        Ok(())
    }
}
