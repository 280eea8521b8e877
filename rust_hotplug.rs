// SPDX-License-Identifier: GPL-2.0

//! CPU hotplug states with fault injection.

use kernel::prelude::*;

pub mod bindings;
pub mod cpuhp;
pub mod sysfs;

module! {
    type: RustHotplug,
    name: "rust_hotplug",
    authors: ["The rust_hotplug developers"],
    description: "CPU hotplug states with fault injection",
    license: "GPL",
}

/// The loaded module.
pub struct RustHotplug;

impl kernel::Module for RustHotplug {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Self)
    }
}
