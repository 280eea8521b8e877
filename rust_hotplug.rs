// SPDX-License-Identifier: GPL-2.0

//! CPU hotplug states with fault injection.
//!
//! The module sets up dynamic states with the kernel's own `cpuhp_setup_state()`, lets their
//! callbacks fail on demand and logs what the kernel calls in turn, so that the real rollback can
//! be exercised and watched.
//!
//! From the bottom up, each knowing only what is above it in this list:
//!
//! - `bindings`: what of the kernel's C the abstractions call.
//! - [`cpuhp`], [`sysfs`]: safe abstractions, which know nothing of this module.
//! - [`cpus`], [`errno`], [`task`]: small ones.
//! - [`fault`], [`log`]: when a callback fails, and what was called.
//! - [`point`]: what a callback does with both.
//! - [`states`]: the states that have such callbacks.
//! - [`files`]: how people get at them.

use kernel::{
    cpu::CpuId,
    prelude::*,
    sync::Arc, //
};

pub mod bindings;
pub mod cpuhp;
pub mod cpus;
pub mod errno;
pub mod fault;
pub mod files;
pub mod log;
pub mod point;
pub mod states;
pub mod sysfs;
pub mod task;

use cpuhp::Registrar;
use cpus::Cpus;
use errno::Errno;
use files::{
    Root,
    StateDirs, //
};
use log::Log;
use states::{
    Exercised,
    OnlineCallbacks,
    PrepareCallbacks, //
};
use sysfs::Dir;

module! {
    type: RustHotplug,
    name: "rust_hotplug",
    authors: ["The rust_hotplug developers"],
    description: "CPU hotplug states with fault injection",
    license: "GPL",
    params: {
        fail_cpu: i32 {
            default: -1,
            description: "CPU on which the startup of the state online fails when the module is loaded; -1 for none",
        },
        fail_errno: i32 {
            default: 12,
            description: "The error number it fails with, 1 to 4095",
        },
    },
}

/// The loaded module. The states go before the directory that they are in.
pub struct RustHotplug {
    _online: StateDirs<OnlineCallbacks>,
    _prepare: StateDirs<PrepareCallbacks>,
    _root: Dir<Root>,
}

impl kernel::Module for RustHotplug {
    fn init(module: &'static ThisModule) -> Result<Self> {
        let log = Arc::new(Log::new()?, GFP_KERNEL)?;
        let prepare = Arc::pin_init(PrepareCallbacks::new(log.clone()), GFP_KERNEL)?;
        let online = Arc::pin_init(OnlineCallbacks::new(log.clone()), GFP_KERNEL)?;
        arm_from_parameters(&online)?;

        let root = Dir::new_in_kernel(
            c"rust_hotplug",
            Ok(Root {
                log,
                prepare: prepare.clone(),
                online: online.clone(),
            }),
            module,
        )?;
        // SAFETY: A module's init function runs in process context, in the task that loads it,
        // without a lock held.
        let mut registrar = unsafe { Registrar::assume() };
        Ok(Self {
            _prepare: StateDirs::new(&root, &prepare, &mut registrar, module)?,
            _online: StateDirs::new(&root, &online, &mut registrar, module)?,
            _root: root,
        })
    }
}

/// Arms the fault that `fail_cpu` and `fail_errno` ask for.
fn arm_from_parameters(online: &OnlineCallbacks) -> Result {
    let cpu = module_parameters::fail_cpu.value();
    let errno = module_parameters::fail_errno.value();
    if cpu == -1 {
        return Ok(());
    }
    let cpu = CpuId::from_i32(cpu).ok_or(ERANGE).inspect_err(|_| {
        pr_err!("fail_cpu={}: there is no such CPU\n", cpu);
    })?;
    if errno == 0 {
        pr_err!("fail_errno=0: that is no error\n");
        return Err(ERANGE);
    }
    let errno = Errno::from_number(errno).inspect_err(|_| {
        pr_err!(
            "fail_errno={}: not between 1 and {}\n",
            errno,
            errno::MAX_ERRNO
        );
    })?;
    online.startup_fault.set_cpus(Cpus::one(cpu)?);
    online.startup_fault.set_errno(errno)
}
