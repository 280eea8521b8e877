// SPDX-License-Identifier: GPL-2.0

//! The names of instances in the log.

use crate::exerciser::task;
use core::ffi::CStr;
use kernel::prelude::*;

/// The name of an instance, which stays the same for as long as its node has that address.
#[derive(Default)]
pub(super) struct InstanceName([u8; 20]);

impl InstanceName {
    /// Writes the name of the instance at an address; nothing for 0.
    #[inline]
    pub(super) fn of(&mut self, address: usize) -> Option<&CStr> {
        if address == 0 {
            return None;
        }
        self.write(address)
    }

    fn write(&mut self, address: usize) -> Option<&CStr> {
        use kernel::{
            fmt::Write,
            str::Formatter, //
        };

        let number = task::hash_address(address);
        let len = self.0.len() - 1;
        // It fits.
        let _ = Formatter::new(&mut self.0[..len]).write_fmt(fmt!("i{number:08x}"));
        CStr::from_bytes_until_nul(&self.0).ok()
    }
}
