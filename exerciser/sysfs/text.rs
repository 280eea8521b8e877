// SPDX-License-Identifier: GPL-2.0

//! What is read from an attribute and written to it.

use core::{
    num::{
        IntErrorKind,
        ParseIntError, //
    },
    ops::RangeInclusive,
    str::{
        self,
        FromStr, //
    }, //
};
use kernel::{
    fmt,
    prelude::*, //
};

/// The text that a reader of an attribute gets.
pub struct Text<'a> {
    buffer: &'a mut [u8],
    len: usize,
}

impl<'a> Text<'a> {
    pub(super) fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Writes the value, and the newline that ends it.
    ///
    /// # Errors
    ///
    /// `E2BIG` if it does not fit the page that sysfs has for it.
    pub fn line(&mut self, value: fmt::Arguments<'_>) -> Result {
        fmt::Write::write_fmt(self, value)
            .and_then(|()| fmt::Write::write_char(self, '\n'))
            .map_err(|_| E2BIG)
    }
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let room = self.buffer.get_mut(self.len..).ok_or(fmt::Error)?;
        room.get_mut(..s.len())
            .ok_or(fmt::Error)?
            .copy_from_slice(s.as_bytes());
        self.len += s.len();
        Ok(())
    }
}

/// The text that somebody wrote to an attribute, up to a NUL and without white space at either end.
///
/// Only the store functions of attributes get one.
pub struct Input<'a> {
    trimmed: &'a [u8],
    line: &'a [u8],
}

impl<'a> Input<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        let end = text.iter().position(|byte| *byte == 0);
        let line = &text[..end.unwrap_or(text.len())];
        Self {
            trimmed: line.trim_ascii(),
            line: line.strip_suffix(b"\n").unwrap_or(line),
        }
    }

    /// Returns all that was written, without the newline at its end.
    pub fn line(&self) -> &'a [u8] {
        self.line
    }

    /// Returns the text.
    ///
    /// # Errors
    ///
    /// `EINVAL` if it is empty or is not text.
    pub fn text(&self) -> Result<&'a str> {
        let text = str::from_utf8(self.trimmed).map_err(|_| EINVAL)?;
        if text.is_empty() || text.contains(char::is_control) {
            return Err(EINVAL);
        }
        Ok(text)
    }

    /// Returns the decimal number that the text is.
    ///
    /// # Errors
    ///
    /// - `EINVAL` if it is not a number.
    /// - `ERANGE` if it is one, but not in `range`.
    pub fn number<T>(&self, range: RangeInclusive<T>) -> Result<T>
    where
        T: TryFrom<i128> + PartialOrd,
    {
        let text = self.text()?;
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) if !digits.starts_with('+') => (true, digits),
            _ => (false, text),
        };
        // Parsed as 64 bits: to multiply 128 the kernel of some architectures has no function.
        let size = u64::from_str(digits).map_err(|e: ParseIntError| match e.kind() {
            IntErrorKind::PosOverflow => ERANGE,
            _ => EINVAL,
        })?;
        let wide = if negative {
            -i128::from(size)
        } else {
            i128::from(size)
        };
        let number = T::try_from(wide).map_err(|_| ERANGE)?;
        if !range.contains(&number) {
            return Err(ERANGE);
        }
        Ok(number)
    }
}
