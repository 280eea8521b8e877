// SPDX-License-Identifier: GPL-2.0

//! The sections of the hotplug ladder that have dynamic states.

use crate::bindings;

mod private {
    pub trait Sealed {}
}

/// A section of the ladder in which a dynamic state can be set up.
///
/// It decides where the callbacks of a state run, and so what a
/// [`Context`](crate::cpuhp::Context) can promise.
pub trait Section: private::Sealed + 'static {
    /// The C constant that asks the kernel for a dynamic state of this section.
    #[doc(hidden)]
    const DYNAMIC: bindings::cpuhp_state;

    /// Whether callbacks run on the hotplugged CPU, as opposed to the task that hotplugs it.
    #[doc(hidden)]
    const ON_HOTPLUGGED_CPU: bool;

    /// Whether the kernel can take a no when a state of this section is torn down.
    #[doc(hidden)]
    const TEARDOWN_MAY_FAIL: bool;
}

/// Callbacks run on a control CPU, before the hotplugged CPU is up or after it is down.
///
/// C: `CPUHP_BP_PREPARE_DYN`, of which there are 21.
pub enum Prepare {}

impl private::Sealed for Prepare {}

impl Section for Prepare {
    const DYNAMIC: bindings::cpuhp_state = bindings::cpuhp_state_CPUHP_BP_PREPARE_DYN;
    const ON_HOTPLUGGED_CPU: bool = false;
    // The CPU is dead by then: kernel/cpu.c, cpuhp_down_callbacks() boots it again to get out of
    // it, and warns "DEAD callback error".
    const TEARDOWN_MAY_FAIL: bool = false;
}

/// Callbacks run on the hotplugged CPU itself, in its thread `cpuhp/N`, with one exception:
/// [`Context::this_cpu`](crate::cpuhp::Context::this_cpu).
///
/// C: `CPUHP_AP_ONLINE_DYN`, of which there are 41.
pub enum Online {}

impl private::Sealed for Online {}

impl Section for Online {
    const DYNAMIC: bindings::cpuhp_state = bindings::cpuhp_state_CPUHP_AP_ONLINE_DYN;
    const ON_HOTPLUGGED_CPU: bool = true;
    const TEARDOWN_MAY_FAIL: bool = true;
}
