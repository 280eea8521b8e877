// SPDX-License-Identifier: GPL-2.0

//! The files in `/sys/kernel/rust_hotplug`.
//!
//! `Documentation/ABI/testing/sysfs-kernel-rust_hotplug` describes each of them.

mod inject;
mod instances;
mod state;

pub use instances::{
    Instances,
    MultiDirs, //
};
pub use state::StateDirs;

use crate::{
    point::{
        Common,
        Point, //
    },
    sysfs::{
        Attribute,
        BinAttribute,
        Directory, //
    },
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// The directory `rust_hotplug`.
pub struct Root {
    /// What the callbacks have in common.
    pub common: Arc<Common>,
    /// What is reset with it.
    pub points: [Arc<dyn Resettable>; 4],
}

/// Something with faults and counts.
pub trait Resettable: Send + Sync {
    /// Disarms the faults and forgets the counts.
    fn reset(&self);
}

impl Resettable for Point {
    fn reset(&self) {
        Point::reset(self);
    }
}

impl Directory for Root {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::ro(c"violations", |root, text| {
            text.line(fmt!("{}", root.common.checker.violations()))
        }),
        Attribute::rw(
            c"seed",
            |root, text| text.line(fmt!("{}", root.common.seed.get())),
            |root, input| {
                root.common.seed.set(input.number(0..=u64::MAX)?);
                Ok(())
            },
        ),
        #[cfg(rust_hotplug_hook)]
        Attribute::wo(c"hide", |root, input| {
            root.common.hidden.hide(input.text()?)
        }),
        Attribute::wo(c"reset", |root, input| {
            input.number(1..=1)?;
            for point in &root.points {
                point.reset();
            }
            root.common.seed.restart();
            root.common.checker.reset();
            root.common.log.reset();
            Ok(())
        }),
    ];

    const BIN_ATTRIBUTES: &'static [BinAttribute<Self>] =
        &[BinAttribute::ro(c"log", |root, offset, buffer| {
            Ok(root.common.log.read(offset, buffer))
        })];
}
