// SPDX-License-Identifier: GPL-2.0

//! What a driver that uses cpuhp must not do.

/// Something that a driver did.
#[derive(Copy, Clone, PartialEq, Eq)]
#[repr(u8)]
pub enum Misuse {
    /// A teardown failed in a removal or in the rollback of a setup, or a DEAD callback failed.
    FailingTeardown,
    /// A module went and left a state or an instance behind.
    LeftBehind,
    /// A state was removed that was not set up.
    NotSetUp,
    /// A state was removed by the constant that asks for a dynamic one, not by its number.
    ByConstant,
    /// An instance was added that is in another state.
    InTwoStates,
    /// An instance was added twice.
    AddedTwice,
    /// An instance was removed that had not been added.
    NotAdded,
}

impl Misuse {
    /// All there are, in the order of their numbers, with what is expected in words.
    const ALL: [(Misuse, &'static str); 7] = [
        (Self::FailingTeardown, "teardown-that-succeeds"),
        (Self::LeftBehind, "removal-before-unload"),
        (Self::NotSetUp, "removal-of-what-is-set-up"),
        (Self::ByConstant, "removal-by-number"),
        (Self::InTwoStates, "instance-in-one-state"),
        (Self::AddedTwice, "instance-added-once"),
        (Self::NotAdded, "removal-of-an-added-instance"),
    ];

    /// The length of the longest of these words.
    pub const MAX_LEN: usize = 28;

    /// Returns what is expected, as one word.
    pub fn expected(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// Returns the misuse with this number.
    pub fn from_number(number: usize) -> Option<Self> {
        Self::ALL.get(number).map(|(misuse, _)| *misuse)
    }
}
