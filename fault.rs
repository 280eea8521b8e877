// SPDX-License-Identifier: GPL-2.0

//! Faults: when a callback is to fail, and with what.
//!
//! They work as those of the kernel's `lib/fault-inject.c` do.

use crate::{
    cpus::Cpus,
    errno::Errno, //
};
use kernel::{
    cpu::CpuId,
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        SpinLock, //
    },
};

/// The fault of one callback.
#[pin_data]
pub struct Fault {
    /// Whether it can be armed at all.
    permitted: bool,
    hits: Atomic<u64>,
    #[pin]
    settings: SpinLock<Settings>,
}

struct Settings {
    errno: Errno,
    cpus: Cpus,
    times: i32,
}

impl Settings {
    fn new() -> Result<Self> {
        Ok(Self {
            errno: Errno(None),
            cpus: Cpus::possible()?,
            times: 1,
        })
    }
}

impl Fault {
    /// Makes a fault that is disarmed, and stays that if it is not `permitted`.
    pub fn new(permitted: bool) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            permitted,
            hits: Atomic::new(0),
            settings <- Settings::new().map(|settings| new_spinlock!(settings))?,
        }? Error)
    }

    /// Whether it can be armed.
    pub fn is_permitted(&self) -> bool {
        self.permitted
    }

    /// Decides whether the callback fails now, on this CPU, and with what.
    pub fn fire(&self, cpu: CpuId) -> Option<Error> {
        let mut settings = self.settings.lock();
        let error = settings.errno.0?;
        if settings.times == 0 || !settings.cpus.test(cpu) {
            return None;
        }
        if settings.times > 0 {
            settings.times -= 1;
        }
        self.hits.add(1u64, Relaxed);
        Some(error)
    }

    /// Disarms it, puts its settings back to what they were at first and forgets its hits.
    pub fn reset(&self) {
        let mut settings = self.settings.lock();
        settings.errno = Errno(None);
        settings.cpus.set_possible();
        settings.times = 1;
        self.hits.store(0, Relaxed);
    }

    /// Returns how often it fired since the last reset.
    pub fn hits(&self) -> u64 {
        self.hits.load(Relaxed)
    }

    /// Returns what the callback is to fail with.
    pub fn errno(&self) -> Errno {
        self.settings.lock().errno
    }

    /// Sets what the callback is to fail with, or that it is not to.
    ///
    /// # Errors
    ///
    /// `EPERM` if the callback must not fail, because the kernel cannot cope with it.
    pub fn set_errno(&self, errno: Errno) -> Result {
        if errno.0.is_some() && !self.permitted {
            return Err(EPERM);
        }
        self.settings.lock().errno = errno;
        Ok(())
    }

    /// Returns how often it fires yet; -1 is without limit.
    pub fn times(&self) -> i32 {
        self.settings.lock().times
    }

    /// Sets how often it fires; -1 is without limit.
    pub fn set_times(&self, times: i32) {
        self.settings.lock().times = times;
    }

    /// Returns the CPUs it fires on.
    pub fn cpus(&self) -> Result<Cpus> {
        // The copy is allocated before the lock is taken, under which nothing may sleep.
        let mut copy = Cpus::none()?;
        self.settings.lock().cpus.copy(&mut copy);
        Ok(copy)
    }

    /// Sets the CPUs it fires on.
    pub fn set_cpus(&self, cpus: Cpus) {
        // What was there is freed after the lock is given up.
        let old = core::mem::replace(&mut self.settings.lock().cpus, cpus);
        drop(old);
    }
}
