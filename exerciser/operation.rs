// SPDX-License-Identifier: GPL-2.0

//! What is called, and why.

use core::ffi::{
    c_int,
    CStr, //
};
use kernel::prelude::*;

/// One of the two callbacks of a state.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Callback {
    /// The one on the way up.
    Startup,
    /// The one on the way down.
    Teardown,
}

/// Why the kernel calls a callback.
#[derive(Copy, Clone, PartialEq, Eq)]
#[repr(i32)]
pub enum Operation {
    /// The state is being set up or the instance added, or that is being rolled back.
    Setup,
    /// The state or the instance is being removed.
    Remove,
    /// The CPU goes online or offline, or that is being rolled back.
    Hotplug,
}

/// The names of the operations in the log.
pub const OPERATION_NAMES: [&CStr; 5] = [c"setup", c"remove", c"add", c"del", c"hotplug"];

impl Operation {
    /// Returns the place of its name in [`OPERATION_NAMES`], which depends on whether it is about
    /// an instance or about a state.
    pub fn name_index(self, of_instance: bool) -> usize {
        match (self, of_instance) {
            (Self::Setup, false) => 0,
            (Self::Remove, false) => 1,
            (Self::Setup, true) => 2,
            (Self::Remove, true) => 3,
            (Self::Hotplug, _) => 4,
        }
    }
}

/// What a callback or an operation returned.
///
/// 0 is success. The kernel takes everything else for a failure, also a positive number, as some
/// drivers return it.
#[derive(Copy, Clone, PartialEq, Eq)]
pub struct Returned(pub c_int);

impl Returned {
    /// It succeeded.
    pub const SUCCESS: Self = Self(0);

    /// Whether it failed.
    pub fn is_failure(self) -> bool {
        self != Self::SUCCESS
    }
}

impl From<Error> for Returned {
    fn from(error: Error) -> Self {
        Self(error.to_errno())
    }
}

/// The reason of a call, as far as it is known.
#[derive(Copy, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What the call is part of.
    pub operation: Operation,
    /// Whether that is certain. Where it is not, the operation is `Hotplug`.
    pub certain: bool,
}
