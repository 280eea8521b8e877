// SPDX-License-Identifier: GPL-2.0

//! The sections of the hotplug ladder that have dynamic states.

use kernel::bindings;

mod private {
    pub trait Sealed {}
}

/// A section of the ladder in which a dynamic state can be set up.
///
/// The section decides where the callbacks of a state run: see [`Prepare`] and [`Online`].
pub trait Section: private::Sealed + 'static {
    /// The C constant that asks the kernel for a dynamic state of this section.
    #[doc(hidden)]
    const DYNAMIC: bindings::cpuhp_state;

    /// Whether the kernel takes a no from a teardown when a CPU goes offline.
    #[doc(hidden)]
    const MAY_REFUSE: bool;
}

/// Callbacks run on a control CPU, before the hotplugged CPU is up or after it is down.
///
/// When the state is set up or removed they run for CPUs that are up, in the task that does that.
///
/// C: `CPUHP_BP_PREPARE_DYN`, of which there are 21.
pub enum Prepare {}

impl private::Sealed for Prepare {}

impl Section for Prepare {
    const DYNAMIC: bindings::cpuhp_state = bindings::cpuhp_state_CPUHP_BP_PREPARE_DYN;
    // The CPU is dead by then. To keep it, the kernel would have to boot it again; that is what
    // `_cpu_down()` tries, and it warns "DEAD callback error".
    const MAY_REFUSE: bool = false;
}

/// Callbacks run on the hotplugged CPU itself, in its thread `cpuhp/N`.
///
/// C: `CPUHP_AP_ONLINE_DYN`, of which there are 41.
pub enum Online {}

impl private::Sealed for Online {}

impl Section for Online {
    const DYNAMIC: bindings::cpuhp_state = bindings::cpuhp_state_CPUHP_AP_ONLINE_DYN;
    const MAY_REFUSE: bool = true;
}
