// SPDX-License-Identifier: GPL-2.0

//! Callbacks cannot have the right to set up states: their data is shared between threads.

// expect: E0277

include!("common.inc");

/// Callbacks with a registrar in their data.
pub struct Bad(Registrar);

#[vtable]
impl Callbacks for Bad {
    type Section = Prepare;
    const NAME: &'static CStr = c"case:prepare";

    fn startup(&self, _cx: &Context<'_, Prepare>) -> Result {
        Ok(())
    }
}
