// SPDX-License-Identifier: GPL-2.0

//! What can be chosen about the setup of a state, with or without instances.

use kernel::prelude::*;

/// How a state is set up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SetupMode {
    /// `cpuhp_setup_state()`.
    Calls,
    /// `cpuhp_setup_state_nocalls()`.
    Nocalls,
    /// `cpuhp_setup_state_cpuslocked()`, under `cpus_read_lock()`.
    CallsCpuslocked,
    /// `cpuhp_setup_state_nocalls_cpuslocked()`, under `cpus_read_lock()`.
    NocallsCpuslocked,
    /// Every online CPU initialised by this module, and then as `NocallsCpuslocked`.
    Manual,
}

impl SetupMode {
    /// Whether the kernel makes the calls.
    pub fn makes_calls(self) -> bool {
        matches!(self, Self::Calls | Self::CallsCpuslocked)
    }
}

/// Which callbacks of a state are not `NULL`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Both.
    Both,
    /// Startup alone.
    Startup,
    /// Teardown alone.
    Teardown,
}

/// Something that has one of a few names.
pub trait Named: Copy + PartialEq + 'static {
    /// All there are.
    const ALL: &'static [(&'static str, Self)];

    /// Finds the one with this name.
    ///
    /// # Errors
    ///
    /// `EINVAL` if there is none.
    fn from_name(name: &str) -> Result<Self> {
        let found = Self::ALL.iter().find(|(n, _)| *n == name);
        found.map(|(_, value)| *value).ok_or(EINVAL)
    }

    /// Returns the name of this one.
    fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, value)| *value == self);
        found.map_or("", |(name, _)| name)
    }
}

impl Named for SetupMode {
    const ALL: &'static [(&'static str, Self)] = &[
        ("calls", Self::Calls),
        ("nocalls", Self::Nocalls),
        ("calls_cpuslocked", Self::CallsCpuslocked),
        ("nocalls_cpuslocked", Self::NocallsCpuslocked),
        ("manual", Self::Manual),
    ];
}

impl Named for Which {
    const ALL: &'static [(&'static str, Self)] = &[
        ("both", Self::Both),
        ("startup", Self::Startup),
        ("teardown", Self::Teardown),
    ];
}

/// How a state is set up, and with which callbacks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How.
    pub mode: SetupMode,
    /// With which callbacks.
    pub which: Which,
}

impl Settings {
    /// What holds until somebody says otherwise.
    pub const DEFAULT: Self = Self {
        mode: SetupMode::Calls,
        which: Which::Both,
    };
}
