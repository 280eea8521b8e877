// SPDX-License-Identifier: GPL-2.0

//! Errors by name.

use kernel::{
    fmt,
    prelude::*, //
};

/// The largest error number that may be returned to user space.
///
/// Those from 512 up are the kernel's own: the VFS runs `BUG()` on `EIOCBQUEUED`, say.
pub const MAX_ERRNO: i32 = 511;

/// An error that is to be returned, or none.
///
/// Displayed as its name, as its number where it has no name, and as `0` if it is none.
#[derive(Copy, Clone)]
pub struct Errno(pub Option<Error>);

impl Errno {
    /// Makes one of a number from 0, for none, to [`MAX_ERRNO`].
    pub fn from_number(number: i32) -> Result<Self> {
        match number {
            0 => Ok(Self(None)),
            1..=MAX_ERRNO => Ok(Self(Some(Error::from_errno(-number)))),
            _ => Err(ERANGE),
        }
    }

    /// Finds the error with this name, which the kernel knows.
    pub fn from_name(name: &str) -> Option<Self> {
        (1..=MAX_ERRNO)
            .map(|number| Error::from_errno(-number))
            .find(|error| {
                error
                    .name()
                    .is_some_and(|n| n.to_bytes() == name.as_bytes())
            })
            .map(|error| Self(Some(error)))
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("0"),
            Some(error) => match error.name() {
                Some(name) => fmt::Display::fmt(name, f),
                None => fmt::Display::fmt(&-error.to_errno(), f),
            },
        }
    }
}
