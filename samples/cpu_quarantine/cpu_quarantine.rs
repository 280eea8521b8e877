// SPDX-License-Identifier: GPL-2.0

//! Keeps one CPU offline.
//!
//! For a CPU that has reported machine checks, until somebody replaces it: whatever writes 1 to
//! the `online` file of that CPU gets an error for as long as this module is loaded.
//!
//! ```text
//! # echo 0 > /sys/devices/system/cpu/cpu3/online
//! # insmod cpu_quarantine.ko cpu=3
//! # echo 1 > /sys/devices/system/cpu/cpu3/online
//! echo: write error: Operation not permitted
//! ```
//!
//! The state is in section [`Prepare`], because a startup that fails there fails before the CPU
//! has been booted: a CPU that cannot be trusted runs not a single instruction. There is nothing
//! to undo when a CPU goes offline, and so no teardown.

use cpuhp::{
    Callbacks,
    Cpu,
    Prepare, //
};
use kernel::prelude::*;

cpuhp::module_cpuhp_state! {
    type: Quarantine,
    name: "cpu_quarantine",
    authors: ["The rust_hotplug developers"],
    description: "Keeps one CPU offline",
    license: "GPL",
    params: {
        cpu: i32 {
            default: -1,
            description: "The CPU that must stay offline; it has to be offline already",
        },
    },
}

struct Quarantine;

#[vtable]
impl Callbacks for Quarantine {
    type Section = Prepare;
    const NAME: &'static CStr = c"cpu_quarantine:prepare";

    /// Loading the module calls this for each CPU that is online. So if the CPU that is to stay
    /// offline is online, loading the module fails with this error.
    fn startup(cpu: Cpu<'_, Prepare>) -> Result {
        let id = cpu.id().as_u32();
        if i64::from(id) == i64::from(*module_parameters::cpu.value_ref()) {
            pr_warn!("CPU {} is in quarantine and must not be online\n", id);
            return Err(EPERM);
        }
        Ok(())
    }
}
