// SPDX-License-Identifier: GPL-2.0

//! The files in `/sys/kernel/rust_hotplug`.
//!
//! `Documentation/ABI/testing/sysfs-kernel-rust_hotplug` describes each of them.

#[cfg(rust_hotplug_breaches)]
mod breaches;
mod inject;
mod instances;
mod list;
mod state;
mod targets;

pub use instances::{
    Instances,
    MultiDirs, //
};
pub use state::StateDirs;
pub use targets::{
    Targets,
    TargetsDirs, //
};

use crate::exerciser::{
    callback_pair::CallbackPair,
    common::Common,
    faults::HasFaults,
    hook::Watcher,
    sysfs::{
        Attribute,
        BinAttribute,
        Directory, //
    },
};
use kernel::{
    prelude::*,
    sync::{
        atomic::Relaxed,
        Arc, //
    },
};

/// The directory `rust_hotplug`.
pub struct Root {
    /// What all callbacks have in common.
    pub common: Arc<Common>,
    /// Whatever has faults and counts, which `reset` resets.
    pub resettable: [Arc<dyn Resettable>; 5],
    /// What watches the states of the kernel.
    pub watcher: Arc<Watcher>,
}

/// Something with faults and counts.
pub trait Resettable: Send + Sync {
    /// Disarms the faults and forgets the counts.
    fn reset(&self);
}

impl Resettable for CallbackPair {
    fn reset(&self) {
        self.faults().reset();
    }
}

impl Directory for Root {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::ro(c"violations", |root, text| {
            text.line(fmt!("{}", root.common.checker.violations()))
        }),
        Attribute::ro(c"misuses", |root, text| {
            text.line(fmt!("{}", root.common.misuses.load(Relaxed)))
        }),
        Attribute::rw(
            c"watch",
            |root, text| text.line(fmt!("{}", i32::from(root.watcher.is_watching()))),
            |root, input| root.watcher.watch(input.number(0..=1)? == 1),
        ),
        Attribute::rw(
            c"seed",
            |root, text| text.line(fmt!("{}", root.common.seed.get())),
            |root, input| {
                root.common.seed.set(input.number(0..=u64::MAX)?);
                Ok(())
            },
        ),
        #[cfg(rust_hotplug_breaches)]
        Attribute::wo(c"hide", |root, input| {
            root.common.hidden.hide(input.text()?)
        }),
        Attribute::wo(c"reset", |root, input| {
            input.number(1..=1)?;
            for resettable in &root.resettable {
                resettable.reset();
            }
            root.common.reset();
            Ok(())
        }),
    ];

    const BIN_ATTRIBUTES: &'static [BinAttribute<Self>] =
        &[BinAttribute::ro(c"log", |root, offset, buffer| {
            Ok(root.common.log.read(offset, buffer))
        })];
}
