// SPDX-License-Identifier: GPL-2.0

//! Tests the crate `cpuhp` on the running kernel: which calls the kernel makes, in which order, and
//! what is left when something fails.
//!
//! When the module is loaded, it sets up states of its own in each way that there is, compares the
//! calls with what it expects, and writes one line for each test to the kernel log, `ok NAME` or
//! `not ok NAME`. Then it stays with two instances, `a` and after it `b`, so that a script can take
//! CPUs offline and online. Every call for these two is a line of the log, `call: ...`.

mod by_hand;
mod calls;
mod instances;
mod live;
mod lock;
mod states;
mod used_up;

use kernel::prelude::*;

module! {
    type: CpuhpTest,
    name: "rust_cpuhp_test",
    authors: ["The rust_hotplug developers"],
    description: "Test of the cpuhp crate",
    license: "GPL",
    params: {
        refused_cpu: i32 {
            default: -1,
            description: "The CPU that instance a does not let go offline; -1: none",
        },
        slow_cpu: i32 {
            default: -1,
            description: "The CPU on which a teardown takes 5 s, before those of a and b; -1: none",
        },
        use_up: i32 {
            default: 0,
            description: "1: only test what happens when there is no number for another state",
        },
    },
}

/// Writes the result of a test to the kernel log.
fn report(name: &str, passed: bool) {
    if passed {
        pr_info!("ok {}\n", name);
    } else {
        pr_err!("not ok {}\n", name);
    }
}

/// The loaded module.
struct CpuhpTest {
    _live: Option<live::Live>,
}

impl kernel::Module for CpuhpTest {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        // SAFETY: This is the first access, and the only call.
        unsafe { calls::init() };
        if *module_parameters::use_up.value_ref() != 0 {
            used_up::test()?;
            return Ok(Self { _live: None });
        }
        lock::test();
        by_hand::test()?;
        states::test()?;
        instances::test()?;
        Ok(Self {
            _live: Some(live::Live::new()?),
        })
    }
}
