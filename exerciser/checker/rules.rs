// SPDX-License-Identifier: GPL-2.0

//! The rules: what the kernel promises to the callbacks of a state.
//!
//! Reference: <https://docs.kernel.org/core-api/cpu_hotplug.html>

/// A promise.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Rule {
    /// Startup is not called again before teardown.
    StartupOnce,
    /// Teardown is not called without a startup that succeeded.
    TeardownOnce,
    /// Callbacks of the Online section run on the hotplugged CPU.
    RightCpu,
    /// Callbacks of the Online section run in the thread `cpuhp/N` of that CPU; callbacks of the
    /// Prepare section in the task that asked for the operation, and never in such a thread.
    RightTask,
    /// Callbacks may sleep.
    MaySleep,
    /// Callbacks run one at a time.
    OneAtATime,
    /// When a CPU goes online, the startups are called in ascending order of states.
    Ascending,
    /// When a CPU goes offline, the teardowns are called in descending order of states.
    Descending,
    /// Setup, its rollback and removal call in ascending order of CPUs, without leaving one out.
    CpuOrder,
    /// A setup that fails leaves nothing behind.
    RolledBack,
    /// A setup that succeeds has called startup on every CPU that is up, and a removal teardown.
    EveryCpu,
    /// A setup in which a startup fails returns its error.
    ErrorReturned,
    /// The instances of a state get their calls in the kernel's order: the newest first.
    NewestFirst,
    /// No callback is called before setup or after removal.
    Installed,
    /// A setup or a removal without calls makes no call, and none makes a call when it is over.
    NoCalls,
}

impl Rule {
    /// All there are, in the order of their numbers, with what is expected in words.
    const ALL: [(Rule, &'static str); 15] = [
        (Self::StartupOnce, "teardown-before-startup"),
        (Self::TeardownOnce, "startup-before-teardown"),
        (Self::RightCpu, "on-the-hotplugged-cpu"),
        (Self::RightTask, "in-the-right-task"),
        (Self::MaySleep, "context-that-may-sleep"),
        (Self::OneAtATime, "one-callback-at-a-time"),
        (Self::Ascending, "ascending-states"),
        (Self::Descending, "descending-states"),
        (Self::CpuOrder, "ascending-cpus"),
        (Self::RolledBack, "rollback-of-every-cpu"),
        (Self::EveryCpu, "call-for-every-cpu"),
        (Self::ErrorReturned, "error-returned"),
        (Self::NewestFirst, "newest-instance-first"),
        (Self::Installed, "no-call-after-removal"),
        (Self::NoCalls, "no-call"),
    ];

    /// The length of the longest of these words.
    pub const MAX_LEN: usize = 23;

    /// Returns what is expected, as one word.
    pub fn expected(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// Returns the rule with this number.
    pub fn from_number(number: usize) -> Option<Self> {
        Self::ALL.get(number).map(|(rule, _)| *rule)
    }
}

/// A set of rules.
#[derive(Copy, Clone, Default)]
pub struct Rules(u32);

impl Rules {
    /// Adds a rule unless the condition holds.
    pub fn require(&mut self, rule: Rule, holds: bool) {
        if !holds {
            self.0 |= 1 << rule as u32;
        }
    }

    /// Whether the set is empty.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the rules in the set.
    pub fn iter(self) -> impl Iterator<Item = Rule> {
        Rule::ALL
            .into_iter()
            .map(|(rule, _)| rule)
            .filter(move |rule| self.0 & 1 << *rule as u32 != 0)
    }
}
