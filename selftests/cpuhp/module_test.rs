// SPDX-License-Identifier: GPL-2.0

//! A module that is made by `module_cpuhp_state!`, and that calls its own init function again.
//!
//! That has to fail, because the state that it returned could be leaked. If it does not fail, the
//! module does not load.

use cpuhp::{
    Callbacks,
    Cpu,
    Online, //
};
use kernel::prelude::*;

cpuhp::module_cpuhp_state! {
    type: Again,
    name: "rust_cpuhp_module_test",
    authors: ["The rust_hotplug developers"],
    description: "Test of module_cpuhp_state!",
    license: "GPL",
}

/// Callbacks that call the module's init function.
struct Again;

#[vtable]
impl Callbacks for Again {
    type Section = Online;
    const NAME: &'static CStr = c"rust_cpuhp_test/module:online";

    fn startup(cpu: Cpu<'_, Online>) -> Result {
        // SAFETY: Null is a module that code outside of modules belongs to, as `module!` has it for
        // what is built in. The function called below does not look at it.
        static MODULE: ThisModule = unsafe { ThisModule::from_ptr(core::ptr::null_mut()) };

        match <CpuhpModule as kernel::Module>::init(&MODULE) {
            Err(error) if error == EBUSY => {
                pr_info!("call: startup {}, again: EBUSY\n", cpu.id().as_u32());
                Ok(())
            }
            _ => Err(EPERM),
        }
    }

    fn teardown(cpu: Cpu<'_, Online>) {
        pr_info!("call: teardown {}\n", cpu.id().as_u32());
    }
}
