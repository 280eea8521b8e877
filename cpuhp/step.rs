// SPDX-License-Identifier: GPL-2.0

//! What the kernel calls of a state.

/// The two functions that the kernel calls of a state, as in its `struct cpuhp_step`.
///
/// Drivers have no use for it: [`Callbacks`](super::Callbacks) and
/// [`InstanceCallbacks`](super::InstanceCallbacks) make one of the functions that are implemented,
/// in which a teardown cannot fail.
///
/// # Invariants
///
/// If `teardown` returns errors, whoever made the value has promised what [`Step::fallible`] asks.
pub struct Step<F> {
    pub(super) startup: Option<F>,
    pub(super) teardown: Option<F>,
}

impl<F: Copy> Step<F> {
    /// Functions of which the teardown can fail. For code that tests the kernel.
    ///
    /// # Safety
    ///
    /// `teardown` returns an error only where the kernel takes one, which is when a CPU goes
    /// offline and the section is [`Online`](super::Online); or where those who use the machine
    /// have asked for what the kernel does otherwise: it warns and leaves a CPU half-way, or it
    /// runs `BUG()` with locks held.
    pub const unsafe fn fallible(startup: Option<F>, teardown: Option<F>) -> Self {
        // INVARIANT: The caller has promised it.
        Self { startup, teardown }
    }
}
