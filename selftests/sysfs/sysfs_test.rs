// SPDX-License-Identifier: GPL-2.0

//! Tests what the types of the exerciser's abstraction of sysfs do not prevent.
//!
//! When the module is loaded, it writes one line for each test to the kernel log, `ok NAME` or
//! `not ok NAME`.

use exerciser::sysfs::{
    Attribute,
    Dir,
    Directory, //
};
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

#[path = "../../exerciser/mod.rs"]
pub mod exerciser;

module! {
    type: SysfsTest,
    name: "rust_sysfs_test",
    authors: ["The rust_hotplug developers"],
    description: "Test of the exerciser's abstraction of sysfs",
    license: "GPL",
}

/// Writes the result of a test to the kernel log.
fn report(name: &str, passed: bool) {
    if passed {
        pr_info!("ok {}\n", name);
    } else {
        pr_err!("not ok {}\n", name);
    }
}

/// How many data of directories there are.
static DATA: Atomic<i32> = Atomic::new(0);

/// The data of a directory, with a file in which there is nothing.
struct Data;

impl Data {
    fn new() -> Self {
        DATA.add(1, Relaxed);
        Self
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        DATA.add(-1, Relaxed);
    }
}

impl Directory for Data {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[Attribute::ro(c"file", |_, _| Ok(()))];
}

/// Only a file can be watched, and notifying is allowed when the file is gone.
fn notifier(root: &Dir<Data>) -> Result {
    let below = Dir::new(root, c"below", Ok(Data::new()))?;
    let file = below.notifier(c"file")?;
    file.notify();
    report(
        "notifier of what is no file",
        root.notifier(c"below").err() == Some(ENOENT)
            && root.notifier(c"nothing").err() == Some(ENOENT),
    );
    drop(below);
    file.notify();
    Ok(())
}

/// What cannot be a name.
fn names(root: &Dir<Data>) {
    for name in [c"", c"/", c"a/b"] {
        let dir = Dir::new(root, name, Ok(Data::new()));
        report("name of a directory", dir.err() == Some(EINVAL));
    }
    report(
        "data without a directory are dropped",
        DATA.load(Relaxed) == 1,
    );
}

/// A directory that is dropped after the one that it is in.
fn order(root: Dir<Data>) -> Result {
    let below = Dir::new(&root, c"below", Ok(Data::new()))?;
    drop(root);
    report(
        "data of a directory that is gone are kept",
        DATA.load(Relaxed) == 2,
    );
    drop(below);
    report(
        "data are dropped with the directories",
        DATA.load(Relaxed) == 0,
    );
    Ok(())
}

/// The loaded module.
pub struct SysfsTest;

impl kernel::Module for SysfsTest {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        // SAFETY: It is dropped in this function.
        let root = unsafe { Dir::new_in_kernel(c"rust_sysfs_test", Ok(Data::new())) }?;
        names(&root);
        notifier(&root)?;
        order(root)?;
        Ok(Self)
    }
}
