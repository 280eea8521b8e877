// SPDX-License-Identifier: GPL-2.0

//! What can be chosen about the setup of a state, with or without instances.

use crate::{
    checker::Operation,
    cpuhp::{
        Registrar,
        Which, //
    },
    point::Point,
};
use kernel::{
    new_mutex,
    new_spinlock, //
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        lock::{
            mutex::MutexBackend,
            Guard, //
        },
        Arc,
        Mutex,
        SpinLock, //
    },
};

/// How a state is set up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
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

impl Way {
    /// Whether the kernel makes the calls.
    pub fn makes_calls(self) -> bool {
        matches!(self, Self::Calls | Self::CallsCpuslocked)
    }
}

const WAYS: [(&str, Way); 5] = [
    ("calls", Way::Calls),
    ("nocalls", Way::Nocalls),
    ("calls_cpuslocked", Way::CallsCpuslocked),
    ("nocalls_cpuslocked", Way::NocallsCpuslocked),
    ("manual", Way::Manual),
];

const WHICH: [(&str, Which); 3] = [
    ("both", Which::Both),
    ("startup", Which::Startup),
    ("teardown", Which::Teardown),
];

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

impl Named for Way {
    const ALL: &'static [(&'static str, Self)] = &WAYS;
}

impl Named for Which {
    const ALL: &'static [(&'static str, Self)] = &WHICH;
}

/// How a state is set up, and with what.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How.
    pub way: Way,
    /// With which callbacks.
    pub which: Which,
}

impl Settings {
    /// What holds until somebody says otherwise.
    pub const DEFAULT: Self = Self {
        way: Way::Calls,
        which: Which::Both,
    };

    /// What a setup with them is to the checker.
    pub fn setup(&self) -> Operation {
        Operation::Setup {
            calls: self.way.makes_calls(),
            which: self.which,
        }
    }

    /// And the removal after that.
    pub fn removal(&self) -> Operation {
        Operation::Remove {
            calls: self.way.makes_calls(),
        }
    }
}

/// What there is of a state that can be set up and removed again and again: `T` while it is set up.
#[pin_data]
pub struct Installation<T> {
    /// The number of the state, or -1. For readers, who do not wait for a setup that is under way.
    number: Atomic<i32>,
    /// How it is set up, or will be. Readers do not wait here either; who changes it holds the lock
    /// of `installed` as well.
    #[pin]
    settings: SpinLock<Settings>,
    #[pin]
    installed: Mutex<Option<T>>,
}

impl<T> Installation<T> {
    /// Makes one that is not set up.
    pub fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            number: Atomic::new(-1),
            settings <- new_spinlock!(Settings::DEFAULT),
            installed <- new_mutex!(None),
        })
    }

    /// Keeps others from setting it up or removing it, and from changing its settings.
    pub fn lock(&self) -> Guard<'_, Option<T>, MutexBackend> {
        self.installed.lock()
    }

    /// Says which number it has got, or -1 when it is removed.
    pub fn set_number(&self, number: i32) {
        self.number.store(number, Relaxed);
    }
}

/// A state that can be set up and removed again and again.
pub trait Installable: Send + Sync + Sized + 'static {
    /// What it is while it is set up.
    type Installed: Send + Unpin;

    /// Returns what there is of it.
    fn installation(&self) -> &Installation<Self::Installed>;

    /// Returns what its callbacks do, or those of its instances.
    fn point(&self) -> &Arc<Point>;

    /// Sets the state up, if it is not.
    ///
    /// # Errors
    ///
    /// Those of the setup.
    fn install(&self, registrar: &mut Registrar) -> Result;

    /// Removes the state, if it is set up.
    ///
    /// # Errors
    ///
    /// `EBUSY` if it has instances.
    fn remove(&self, registrar: &mut Registrar) -> Result;

    /// Returns the number that the kernel gave the state, or -1 if it is not set up.
    fn number(&self) -> i32 {
        self.installation().number.load(Relaxed)
    }

    /// Returns how it is set up.
    fn settings(&self) -> Settings {
        *self.installation().settings.lock()
    }

    /// Changes how it is set up the next time.
    ///
    /// # Errors
    ///
    /// `EBUSY` if it is set up, in another way.
    fn change_settings(&self, change: impl FnOnce(&mut Settings)) -> Result {
        let installed = self.installation().lock();
        let before = self.settings();
        let mut settings = before;
        change(&mut settings);
        if settings != before && installed.is_some() {
            return Err(EBUSY);
        }
        *self.installation().settings.lock() = settings;
        Ok(())
    }
}
