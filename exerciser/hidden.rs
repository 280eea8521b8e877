// SPDX-License-Identifier: GPL-2.0

//! Calls that the checker does not get to see, for its test. Without `cfg(rust_hotplug_breaches)`
//! it sees all of them.

#[cfg(rust_hotplug_breaches)]
use core::ptr;
#[cfg(rust_hotplug_breaches)]
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Full,
        Relaxed, //
    }, //
};

/// Which calls the checker does not get to see: none.
#[cfg(not(rust_hotplug_breaches))]
#[derive(Default)]
pub struct Hidden(());

#[cfg(not(rust_hotplug_breaches))]
impl Hidden {
    /// A call begins, which is not hidden.
    pub fn enter(&self) -> bool {
        false
    }

    /// It ends.
    pub fn leave(&self) -> bool {
        false
    }
}

/// Which calls the checker does not get to see.
#[cfg(rust_hotplug_breaches)]
pub struct Hidden {
    /// How many it sees before that.
    seen: Atomic<i32>,
    calls: Atomic<i32>,
    /// Whether one of these is under way.
    in_call: Atomic<bool>,
}

#[cfg(rust_hotplug_breaches)]
impl Default for Hidden {
    /// Hides none.
    fn default() -> Self {
        Self {
            seen: Atomic::new(0),
            calls: Atomic::new(0),
            in_call: Atomic::new(false),
        }
    }
}

#[cfg(rust_hotplug_breaches)]
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
