// SPDX-License-Identifier: GPL-2.0

//! How a state is set up.

use super::{
    callbacks::Which,
    Callbacks,
    OwnerRef,
    Section, //
};
use crate::bindings;
use kernel::prelude::*;

/// How a state is to be set up.
///
/// By default with both callbacks, and with calls: of startup when it is set up and of teardown
/// when it is removed, on every CPU that is up.
#[derive(Clone)]
pub struct Setup {
    pub(super) owner: OwnerRef,
    pub(super) invoke: bool,
    pub(super) which: Which,
    pub(super) fixed: Option<bindings::cpuhp_state>,
}

impl Setup {
    /// A setup of a state that belongs to `owner`.
    pub fn new(owner: &OwnerRef) -> Self {
        Self {
            owner: owner.clone(),
            invoke: true,
            which: Which::Both,
            fixed: None,
        }
    }

    /// Makes no calls, neither when the state is set up nor when it is removed.
    ///
    /// A [`MultiState`](super::MultiState) itself never makes calls; its instances do.
    #[must_use]
    pub fn nocalls(self) -> Self {
        Self {
            invoke: false,
            ..self
        }
    }

    /// Leaves one of the two callbacks out.
    ///
    /// The other one must then not fail for an instance of a [`MultiState`](super::MultiState)
    /// while a CPU goes online or offline. The kernel has nothing to undo it with for the instances
    /// before that, but keeps in mind how far it was, and warns at the next state
    /// (`cpuhp_invoke_callback()`, `lastp`).
    #[must_use]
    pub fn only(self, which: Which) -> Self {
        Self { which, ..self }
    }

    /// Uses a state that is not allocated but has its number in `enum cpuhp_state`.
    ///
    /// # Safety
    ///
    /// - `state` is a state of the section of the callbacks that this is used for, and not one of
    ///   its dynamic ones.
    /// - Nothing else ever sets it up or removes it.
    /// - Where it stands on the ladder the callbacks can do what they do.
    #[must_use]
    pub unsafe fn fixed(self, state: i32) -> Self {
        Self {
            fixed: Some(state),
            ..self
        }
    }

    /// The C constant or number to set up.
    pub(super) fn state<T: Callbacks>(&self) -> bindings::cpuhp_state {
        self.fixed.unwrap_or(T::Section::DYNAMIC)
    }

    /// The number of the state, given what the kernel returned.
    pub(super) fn number(&self, ret: c_int) -> Result<bindings::cpuhp_state> {
        if ret < 0 {
            return Err(Error::from_errno(ret));
        }
        // For a dynamic state it returns the number, and 0 for others.
        Ok(self.fixed.unwrap_or(ret))
    }
}

/// A callback of a state without instances.
pub(super) type SingleCallback = unsafe extern "C" fn(c_uint) -> c_int;

/// `__cpuhp_setup_state()` and `__cpuhp_setup_state_cpuslocked()`.
pub(super) type SetupState = unsafe extern "C" fn(
    bindings::cpuhp_state,
    *const c_char,
    bool,
    Option<SingleCallback>,
    Option<SingleCallback>,
    bool,
) -> c_int;

/// `__cpuhp_remove_state()` and `__cpuhp_remove_state_cpuslocked()`.
pub(super) type RemoveState = unsafe extern "C" fn(bindings::cpuhp_state, bool);
