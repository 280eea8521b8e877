// SPDX-License-Identifier: GPL-2.0

//! What callbacks cannot be.

// mistake teardown_fails: E0053
// mistake instance_teardown_fails: E0053
// mistake veto_in_prepare: E0080
// mistake own_section: E0277

include!("common.inc");

/// Callbacks of a state.
pub struct OfState;

#[cfg(not(teardown_fails))]
#[vtable]
impl Callbacks for OfState {
    type Section = Online;
    const NAME: &'static CStr = c"case/state:online";

    fn teardown(_cpu: Cpu<'_, Online>) {}
}

/// The kernel would run `BUG()` when the state is removed.
#[cfg(teardown_fails)]
#[vtable]
impl Callbacks for OfState {
    type Section = Online;
    const NAME: &'static CStr = c"case/state:online";

    fn teardown(_cpu: Cpu<'_, Online>) -> Result {
        Err(EPERM)
    }
}

/// Callbacks of an instance.
pub struct OfInstance;

#[cfg(not(instance_teardown_fails))]
#[vtable]
impl InstanceCallbacks for OfInstance {
    type Section = Online;
    const NAME: &'static CStr = c"case/instance:online";

    fn teardown(&self, _cpu: Cpu<'_, Online>) {}
}

/// As for a state.
#[cfg(instance_teardown_fails)]
#[vtable]
impl InstanceCallbacks for OfInstance {
    type Section = Online;
    const NAME: &'static CStr = c"case/instance:online";

    fn teardown(&self, _cpu: Cpu<'_, Online>) -> Result {
        Err(EPERM)
    }
}

/// Callbacks that refuse.
pub struct Refusing;

#[cfg(not(veto_in_prepare))]
type SectionThatCanRefuse = Online;

/// A CPU that is dead cannot be told not to go.
#[cfg(veto_in_prepare)]
type SectionThatCanRefuse = Prepare;

#[vtable]
impl InstanceCallbacks for Refusing {
    type Section = SectionThatCanRefuse;
    const NAME: &'static CStr = c"case/refusing:any";

    fn may_go_down(&self, _cpu: Cpu<'_, SectionThatCanRefuse>) -> Result {
        Err(EPERM)
    }
}

/// Sets up a state with them.
///
/// # Safety
///
/// As for [`MultiState::new`].
pub unsafe fn set_up() -> Result<MultiState<Refusing>> {
    // SAFETY: This function's own requirement.
    unsafe { MultiState::new() }
}

/// A section that the kernel does not have.
pub enum Own {}

#[cfg(own_section)]
impl Section for Own {
    const DYNAMIC: kernel::bindings::cpuhp_state = 0;
    const MAY_REFUSE: bool = true;
}
