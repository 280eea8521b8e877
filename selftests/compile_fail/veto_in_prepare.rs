// SPDX-License-Identifier: GPL-2.0

//! A CPU that is dead cannot be told not to go.

// expect: E0080

include!("common.inc");

/// Callbacks.
pub struct Bad;

#[vtable]
impl Callbacks for Bad {
    type Section = Prepare;
    const NAME: &'static CStr = c"case:prepare";

    fn may_go_down(&self, _cx: &Context<'_, Prepare>) -> Result {
        Err(EBUSY)
    }
}

/// Uses them.
pub fn bad(registrar: &mut Registrar, setup: Setup) -> Result {
    MultiState::<Bad>::new(registrar, setup)?;
    Ok(())
}
