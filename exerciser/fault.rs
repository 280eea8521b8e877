// SPDX-License-Identifier: GPL-2.0

//! Faults: when a callback is to fail or to take longer.
//!
//! They work as those of the kernel's `lib/fault-inject.c` do.

mod armed;
mod draw;

pub use draw::{
    DrawId,
    Seed, //
};

use crate::exerciser::{
    bindings,
    cpus::Cpus,
    errno::Errno, //
};
use armed::Armed;
use draw::Draws;
use kernel::{
    cpu::CpuId,
    new_mutex, new_spinlock,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Mutex,
        SpinLock, //
    },
    time::Delta,
};

/// The longest delay, in microseconds.
pub const MAX_DELAY: u32 = 10_000_000;

/// The fault of one callback.
#[pin_data]
pub struct Fault {
    /// Whether it can make the callback fail at all.
    permitted: Atomic<bool>,
    hits: Atomic<u64>,
    /// Whether the settings are armed, so that a callback need not take the lock if they are not.
    is_armed: Atomic<bool>,
    /// The fault's share in the count of armed faults. Whoever changes the settings holds this lock
    /// around that of `inner`, because changing the count sleeps.
    #[pin]
    armed: Mutex<Option<Armed>>,
    /// Held for short moments only, because callbacks wait for it.
    #[pin]
    inner: SpinLock<Inner>,
}

struct Inner {
    settings: Settings,
    cpus: Cpus,
    /// How many calls there were that counted for the interval.
    count: u64,
    draws: Draws,
}

/// What can be chosen about a fault, except for the CPUs.
#[derive(Copy, Clone)]
pub struct Settings {
    /// What the callback fails with, if it is to fail.
    pub errno: Errno,
    /// In how many calls of 100 it fires.
    pub probability: u32,
    /// It fires on every Nth call, with this N.
    pub interval: u32,
    /// How often it still fires; -1 is without limit.
    pub times: i32,
    /// How many calls pass before the first in which it can fire.
    pub space: u32,
    /// How much longer the callback takes, in microseconds; at most [`MAX_DELAY`].
    pub delay: u32,
}

impl Settings {
    const DEFAULT: Self = Self {
        errno: Errno(None),
        probability: 100,
        interval: 1,
        times: 1,
        space: 0,
        delay: 0,
    };

    fn is_armed(&self) -> bool {
        self.errno.0.is_some() || self.delay != 0
    }
}

/// What a fault does that fires.
pub struct Effect {
    /// The callback takes this much longer.
    delay: Delta,
    /// After that the callback fails with this error.
    pub error: Option<Error>,
}

impl Effect {
    /// Sleeps for the delay, in process context.
    pub fn sleep(&self) {
        let delay = u64::try_from(self.delay.as_nanos()).unwrap_or(0);
        if delay > 0 {
            // SAFETY: The helper puts the calling task to sleep, and touches nothing else. As with
            // `fsleep()`, in a context that must not sleep the scheduler says so.
            unsafe { bindings::sleep(delay) };
        }
    }
}

impl Fault {
    /// Makes a fault that is disarmed. If it is not `permitted`, it cannot make the callback fail.
    ///
    /// `id` is what its draws depend on besides the seed.
    pub fn new(permitted: bool, id: DrawId) -> impl PinInit<Self, Error> {
        let inner = move || {
            Ok::<_, Error>(Inner {
                settings: Settings::DEFAULT,
                cpus: Cpus::possible()?,
                count: 0,
                draws: Draws::new(id)?,
            })
        };
        try_pin_init!(Self {
            permitted: Atomic::new(permitted),
            hits: Atomic::new(0),
            is_armed: Atomic::new(false),
            armed <- new_mutex!(None),
            inner <- inner().map(|inner| new_spinlock!(inner))?,
        }? Error)
    }

    /// Whether it can make the callback fail.
    pub fn is_permitted(&self) -> bool {
        self.permitted.load(Relaxed)
    }

    /// Sets whether it can be armed to make the callback fail. What is armed already stays so.
    pub fn set_permitted(&self, permitted: bool) {
        self.permitted.store(permitted, Relaxed);
    }

    /// Decides whether it fires in a call for this CPU, which may fail or must not.
    ///
    /// If the call must not fail, a fault that has an error ignores it: it neither counts nor
    /// fires.
    #[inline]
    pub fn fire(&self, seed: &Seed, cpu: CpuId, may_fail: bool) -> Option<Effect> {
        if self.is_armed() {
            self.decide(seed, cpu, may_fail)
        } else {
            None
        }
    }

    /// Whether it may fire at all.
    #[inline]
    pub fn is_armed(&self) -> bool {
        Armed::any() && self.is_armed.load(Relaxed)
    }

    /// In the order of `should_fail_ex()`.
    #[inline(never)]
    fn decide(&self, seed: &Seed, cpu: CpuId, may_fail: bool) -> Option<Effect> {
        let inner = &mut *self.inner.lock();
        let settings = &mut inner.settings;

        if !settings.is_armed() || (settings.errno.0.is_some() && !may_fail) {
            return None;
        }
        if settings.probability == 0 || settings.times == 0 || !inner.cpus.test(cpu) {
            return None;
        }
        if settings.space > 0 {
            settings.space -= 1;
            return None;
        }
        inner.count += 1;
        if inner.count.checked_rem(settings.interval.into()) != Some(0) {
            return None;
        }
        if settings.probability < 100 && inner.draws.percent(seed, cpu) >= settings.probability {
            return None;
        }
        if settings.times > 0 {
            settings.times -= 1;
        }
        self.hits.add(1u64, Relaxed);
        Some(Effect {
            delay: Delta::from_micros(settings.delay.into()),
            error: settings.errno.0,
        })
    }

    /// Returns how often it fired since the last reset.
    pub fn hits(&self) -> u64 {
        self.hits.load(Relaxed)
    }

    /// Returns the settings.
    pub fn settings(&self) -> Settings {
        self.inner.lock().settings
    }

    /// Changes the settings. Sleeps, and may take `cpus_read_lock()`.
    ///
    /// # Errors
    ///
    /// `EPERM` if the callback would fail and must not, because the kernel cannot cope with it.
    pub fn change(&self, change: impl FnOnce(&mut Settings)) -> Result {
        let mut armed = self.armed.lock();
        // One critical section, because callbacks count the settings down.
        let is_armed = {
            let mut inner = self.inner.lock();
            let mut settings = inner.settings;
            change(&mut settings);
            // A fault that was armed before it was forbidden may stay so, for it does not fire.
            let is_new = settings.errno.0 != inner.settings.errno.0;
            if is_new && settings.errno.0.is_some() && !self.is_permitted() {
                return Err(EPERM);
            }
            if settings.interval != inner.settings.interval {
                inner.count = 0;
            }
            inner.settings = settings;
            settings.is_armed()
        };
        self.is_armed.store(is_armed, Relaxed);
        // Not under the spinlock, because this sleeps.
        if is_armed != armed.is_some() {
            *armed = is_armed.then(Armed::new);
        }
        Ok(())
    }

    /// Disarms it, puts its settings back to what they were at first and forgets its hits.
    ///
    /// Sleeps, and may take `cpus_read_lock()`.
    pub fn reset(&self) {
        {
            let mut inner = self.inner.lock();
            inner.cpus.set_possible();
            inner.count = 0;
        }
        // This cannot be refused: no call fails with the default settings.
        let _ = self.change(|settings| *settings = Settings::DEFAULT);
        self.hits.store(0, Relaxed);
    }

    /// Returns the CPUs it fires on.
    pub fn cpus(&self) -> Result<Cpus> {
        // The copy is allocated before the lock is taken, under which nothing may sleep.
        let mut copy = Cpus::none()?;
        self.inner.lock().cpus.copy(&mut copy);
        Ok(copy)
    }

    /// Sets the CPUs it fires on.
    pub fn set_cpus(&self, cpus: Cpus) {
        // The old set is freed after the lock is given up.
        let old = core::mem::replace(&mut self.inner.lock().cpus, cpus);
        drop(old);
    }
}
