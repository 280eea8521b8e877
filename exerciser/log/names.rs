// SPDX-License-Identifier: GPL-2.0

//! The names of states, each kept once, so that a record has room for any number of them.

use crate::exerciser::state_name::StateName;
use kernel::{
    new_spinlock,
    prelude::*,
    sync::SpinLock, //
};

/// How much of a name is kept.
pub(super) const NAME_LEN: usize = 56;

/// How many names are kept. What comes after that is [`NameId::UNKNOWN`].
const MAX: usize = 1 << 11;

/// A name, by its place among all that are kept.
#[derive(Copy, Clone, PartialEq, Eq)]
pub struct NameId(u32);

impl NameId {
    /// A name that is not known.
    pub const UNKNOWN: Self = Self(u32::MAX);

    pub(super) fn to_bits(self) -> u32 {
        self.0
    }

    pub(super) fn from_bits(bits: u32) -> Self {
        Self(bits)
    }
}

impl From<StateName> for NameId {
    fn from(name: StateName) -> Self {
        // `Names::new()` puts these first.
        Self(name as u32)
    }
}

/// A name, padded with NULs.
pub(super) type Name = [u8; NAME_LEN];

/// The names that there have been.
#[pin_data]
pub struct Names {
    #[pin]
    names: SpinLock<KVVec<Name>>,
}

impl Names {
    /// Makes a collection that has the names of our own states.
    pub fn new() -> impl PinInit<Self, Error> {
        let own = || {
            // All at once, because names are added where nothing may sleep.
            let mut names = KVVec::with_capacity(MAX, GFP_KERNEL)?;
            for name in StateName::NAMES {
                names.push(pad(name.to_bytes()), GFP_KERNEL)?;
            }
            Ok::<_, Error>(names)
        };
        try_pin_init!(Self {
            names <- own().map(|names| new_spinlock!(names))?,
        }? Error)
    }

    /// Finds a name, or adds it. Not from an interrupt, which may have come over another caller.
    pub fn id(&self, name: &[u8]) -> NameId {
        let name = pad(name);
        let mut names = self.names.lock();
        // A kernel's own state may be called as one of ours is in the log.
        let others = names.iter().skip(StateName::NAMES.len());
        if let Some(index) = others.clone().position(|n| *n == name) {
            return NameId((StateName::NAMES.len() + index) as u32);
        }
        let index = names.len();
        if index >= MAX || names.push(name, GFP_ATOMIC).is_err() {
            return NameId::UNKNOWN;
        }
        NameId(index as u32)
    }

    /// Returns a name; `-` if it is not known. Not from an interrupt either.
    pub fn get(&self, id: NameId) -> Name {
        let names = self.names.lock();
        names.get(id.0 as usize).copied().unwrap_or(pad(b"-"))
    }
}

fn pad(name: &[u8]) -> Name {
    let mut padded = [0; NAME_LEN];
    // The last byte stays NUL.
    let len = name.len().min(NAME_LEN - 1);
    padded[..len].copy_from_slice(&name[..len]);
    padded
}
