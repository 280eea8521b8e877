// SPDX-License-Identifier: GPL-2.0

//! Directories of attributes in sysfs.
//!
//! A [`Dir`] is a directory and owns the data that its files show and change. What files there are
//! is a table, [`Directory::ATTRIBUTES`], which reads as an array of attributes does in C:
//!
//! ```ignore
//! impl Directory for Fan {
//!     const ATTRIBUTES: &'static [Attribute<Self>] = &[
//!         Attribute::ro(c"speed", |fan, text| text.line(fmt!("{}", fan.speed()))),
//!         Attribute::rw(
//!             c"limit",
//!             |fan, text| text.line(fmt!("{}", fan.limit())),
//!             |fan, input| fan.set_limit(input.number(0..=MAX)?),
//!         ),
//!     ];
//! }
//!
//! let fan = Dir::new(&parent, c"fan0", fan)?;
//! ```
//!
//! Each attribute has one value. The functions of attributes run in process context; they may
//! sleep, and the only locks around them are those of kernfs. Dropping the [`Dir`] removes the
//! directory: it waits for the functions that run, and after it none does. So they must not wait
//! for a lock that is held when the directory is dropped. Dropping the parent removes what is in it
//! as well.
//!
//! A [`Notifier`] wakes whoever waits for a file to change.
//!
//! Not supported: namespaces, owners other than root, `mmap()`, and visibility by attribute.
//!
//! C headers: [`include/linux/kobject.h`](srctree/include/linux/kobject.h),
//! [`include/linux/sysfs.h`](srctree/include/linux/sysfs.h)
//!
//! Reference: <https://docs.kernel.org/filesystems/sysfs.html>

mod attribute;
mod dir;
mod notifier;
mod text;

pub use attribute::{
    Attribute,
    BinAttribute, //
};
pub use dir::{
    Dir,
    Directory, //
};
pub use notifier::Notifier;
pub use text::{
    Input,
    Text, //
};
