// SPDX-License-Identifier: GPL-2.0

//! Breaches to order, for the test of the checker: calls that the kernel did not make, and calls
//! that the checker does not get to see. Only in a build that asks for it.

use crate::{
    cpuhp::Operation,
    log::Callback,
    point::Point, //
};
use core::ptr;
use kernel::{
    cpu::CpuId,
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        SpinLock, //
    },
};

/// Which calls the checker does not get to see.
pub struct Hidden {
    /// How many it sees before that.
    seen: Atomic<i32>,
    calls: Atomic<i32>,
    /// Whether one of these is under way.
    in_call: Atomic<bool>,
}

impl Default for Hidden {
    /// None.
    fn default() -> Self {
        Self {
            seen: Atomic::new(0),
            calls: Atomic::new(0),
            in_call: Atomic::new(false),
        }
    }
}

impl Hidden {
    /// Reads how many calls from now on it sees, and how many after these it does not.
    ///
    /// # Errors
    ///
    /// `EINVAL` if the text is not two numbers.
    pub fn hide(&self, text: &str) -> Result {
        let (seen, calls) = text.split_once(' ').ok_or(EINVAL)?;
        self.seen.store(seen.parse().map_err(|_| EINVAL)?, Relaxed);
        self.calls
            .store(calls.parse().map_err(|_| EINVAL)?, Relaxed);
        Ok(())
    }

    /// A call begins. Returns whether it is hidden.
    pub fn enter(&self) -> bool {
        // The kernel makes one call at a time.
        let counter = [&self.seen, &self.calls]
            .into_iter()
            .find(|counter| counter.load(Relaxed) > 0);
        let Some(counter) = counter else {
            return false;
        };
        counter.add(-1, Relaxed);
        let hidden = ptr::eq(counter, &self.calls);
        self.in_call.store(hidden, Relaxed);
        hidden
    }

    /// It ends. Returns whether it was hidden.
    pub fn leave(&self) -> bool {
        self.in_call.xchg(false, Full)
    }
}

/// Makes a call in the place of the kernel: `startup 2 hotplug`, or `teardown 2 remove atomic` to
/// make it where it may not sleep.
///
/// # Errors
///
/// `EINVAL` if that is not what it says.
pub fn call(point: &Point, text: &str) -> Result {
    let mut words = text.split(' ');
    let mut word = || words.next().ok_or(EINVAL);
    let callback = match word()? {
        "startup" => Callback::Startup,
        "teardown" => Callback::Teardown,
        _ => return Err(EINVAL),
    };
    let cpu = word()?.parse().ok().and_then(CpuId::from_u32);
    let cpu = cpu.ok_or(EINVAL)?;
    let operation = match word()? {
        "setup" => Operation::Setup,
        "remove" => Operation::Remove,
        "hotplug" => Operation::Hotplug,
        _ => return Err(EINVAL),
    };
    match word() {
        Err(_) => point.pretend(callback, cpu, operation),
        Ok("atomic") => {
            let lock: Pin<KBox<SpinLock<()>>> = KBox::pin_init(new_spinlock!(()), GFP_KERNEL)?;
            let _guard = lock.lock();
            point.pretend(callback, cpu, operation);
        }
        Ok(_) => return Err(EINVAL),
    }
    Ok(())
}
