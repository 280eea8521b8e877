// SPDX-License-Identifier: GPL-2.0

//! States that are set up and removed again and again.

use crate::exerciser::{
    callback_pair::CallbackPair,
    setup_mode::Settings, //
};
use kernel::{
    new_mutex, new_spinlock,
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

/// What there is of a state that can be set up and removed again and again: `T` while it is set up.
#[pin_data]
pub struct Installation<T> {
    /// The number of the state, or -1. Readers do not wait for a setup that is under way.
    number: Atomic<i32>,
    /// How the state is set up, or will be. Readers do not wait for a setup here either; to change
    /// it, the lock of `installed` is held as well.
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

    /// Returns what its callbacks, or the callbacks of its instances, do.
    fn pair(&self) -> &Arc<CallbackPair>;

    /// Sets the state up, if it is not.
    ///
    /// # Errors
    ///
    /// Those of the setup.
    fn install(&self) -> Result;

    /// Removes the state, if it is set up.
    ///
    /// # Errors
    ///
    /// `EBUSY` if it has instances.
    fn remove(&self) -> Result;

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
