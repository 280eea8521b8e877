// SPDX-License-Identifier: GPL-2.0

//! What all callbacks have in common: where they are noted, and who has them checked.

use crate::exerciser::{
    call::Failure,
    checker::{
        Checker,
        Misuse,
        Rules, //
    },
    fault::Seed,
    hidden::Hidden,
    log::{
        Breach,
        Event,
        Log, //
    },
    sysfs::Notifier,
    trace, //
};
use core::ops::RangeInclusive;
use kernel::{
    fmt,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        SetOnce, //
    },
};

/// What all callbacks have in common.
#[pin_data]
pub struct Common {
    /// What was called.
    #[pin]
    pub log: Log,
    /// Whether the kernel was right to call it.
    #[pin]
    pub checker: Checker,
    /// How often a driver broke its side of the contract, since the last reset.
    pub misuses: Atomic<u64>,
    /// Wakes the readers of the log, as soon as the log has a file.
    pub log_file: SetOnce<Notifier>,
    /// What the faults draw from.
    pub seed: Seed,
    /// Whether faults may fire where the kernel cannot cope with them.
    pub unsafe_faults: bool,
    /// The calls that the checker does not get to see.
    pub hidden: Hidden,
}

impl Common {
    /// Makes it, with a log of so many records.
    pub fn new(log_records: usize, unsafe_faults: bool) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            log <- Log::new(log_records),
            checker <- Checker::new(),
            misuses: Atomic::new(0),
            log_file: SetOnce::new(),
            seed: Seed::default(),
            unsafe_faults,
            hidden: Hidden::default(),
        }? Error)
    }

    /// Whether a call may be made to fail that does this.
    pub fn may_fail(&self, failure: Failure) -> bool {
        match failure {
            Failure::Clean => true,
            Failure::Unsafe => self.unsafe_faults,
            Failure::Never => false,
        }
    }

    /// Appends a record to the log and wakes those who wait for it. Returns its sequence number.
    fn write(&self, event: &Event<'_>) -> u64 {
        let sequence = self.log.write(event);
        self.notify();
        sequence
    }

    /// Wakes those who wait for the log.
    pub fn notify(&self) {
        if let Some(file) = self.log_file.as_ref() {
            file.notify();
        }
    }

    /// Notes a call that is over, for whoever reads the log or traces. Wakes nobody.
    pub fn record(&self, event: &Event<'_>) {
        let sequence = self.log.write(event);
        trace::callback(self.log.names(), event, sequence);
    }

    /// Reports rules that the kernel broke with a call: in the log and, the first time since a
    /// reset, also in the kernel log, with the records that led to it.
    #[inline]
    pub fn report(&self, event: &Event<'_>, rules: Rules) {
        if !rules.is_empty() {
            self.report_some(event, rules);
        }
    }

    #[cold]
    fn report_some(&self, event: &Event<'_>, rules: Rules) {
        let mut range: Option<RangeInclusive<u64>> = None;
        for rule in rules.iter() {
            let sequence = self.write(&Event {
                breach: Some(Breach::Violation(rule)),
                ..*event
            });
            let first = range.as_ref().map_or(sequence, |range| *range.start());
            range = Some(first..=sequence);
        }
        if let (true, Some(range)) = (self.checker.count(rules), range) {
            self.print(
                fmt!("the kernel broke the contract of its callbacks"),
                range,
            );
        }
    }

    /// Reports what a driver did: in the log and, the first time since a reset, also in the kernel
    /// log.
    #[cold]
    pub fn report_misuse(&self, event: &Event<'_>, misuse: Misuse, driver: &CStr) {
        let sequence = self.write(&Event {
            breach: Some(Breach::Misuse(misuse)),
            ..*event
        });
        if self.misuses.fetch_add(1, Full) == 0 {
            let driver = kernel::str::BStr::from_bytes(driver.to_bytes());
            self.print(
                fmt!(
                    "{driver}: a driver broke its side of the contract of cpuhp, {} is expected",
                    misuse.expected()
                ),
                sequence..=sequence,
            );
        }
    }

    fn print(&self, what: fmt::Arguments<'_>, range: RangeInclusive<u64>) {
        const BEFORE: u64 = 16;

        let first = range.start().saturating_sub(BEFORE);
        pr_err!(
            "{}; seed {}, records {} to {}:\n",
            what,
            self.seed.get(),
            first,
            range.end()
        );
        self.log.print(first..=*range.end(), |line| {
            pr_err!("{}\n", line);
        });
    }

    /// Forgets what there was. Faults, and what is up, stay.
    pub fn reset(&self) {
        self.seed.restart();
        self.checker.reset();
        self.misuses.store(0, Relaxed);
        self.log.reset();
    }
}
