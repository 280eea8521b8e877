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
//! - [`fault`]: when a callback fails.
//! - [`rule`], [`log`], [`trace`]: what the kernel promises, and what it does.
//! - [`checker`]: whether that is the same.
//! - [`point`]: what a callback does with all of these.
//! - [`way`]: how a state is set up.
//! - [`states`], [`instances`]: the states that have such callbacks, without instances and with.
//! - [`files`]: how people get at them.

use kernel::{
    cpu::CpuId,
    prelude::*,
    sync::{
        Arc,
        SetOnce, //
    },
};

pub mod bindings;
pub mod checker;
pub mod cpuhp;
pub mod cpus;
pub mod errno;
pub mod fault;
pub mod files;
#[cfg(rust_hotplug_hook)]
pub mod hook;
#[cfg(not(rust_hotplug_hook))]
pub mod hook {
    //! Nothing: it is for a test.

    /// Nothing is hidden.
    pub type Hidden = ();
}
pub mod instances;
pub mod log;
pub mod point;
pub mod rule;
pub mod states;
pub mod sysfs;
pub mod task;
pub mod trace;
pub mod way;

use checker::Checker;
use cpuhp::{
    Owner,
    Registrar, //
};
use cpus::Cpus;
use errno::Errno;
use fault::Seed;
use files::{
    Instances,
    MultiDirs,
    Root,
    StateDirs, //
};
use instances::{
    OnlineInstance,
    PrepareInstance, //
};
use log::{
    Log,
    StateName,
    CAPACITIES, //
};
use point::{
    Common,
    Point, //
};
use states::{
    OnlineCallbacks,
    PrepareCallbacks,
    State, //
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
            description: "CPU on which the startup of online fails at load; -1: none",
        },
        fail_errno: i32 {
            default: 12,
            description: "The error number it fails with, 1 to 511; 12 (ENOMEM) by default",
        },
        unsafe_faults: u8 {
            default: 0,
            description: "1: faults may fire where the kernel cannot cope with them",
        },
        log_records: u32 {
            default: 131072,
            description: "How many records the log keeps, 16 to 8388608; 80 bytes each",
        },
    },
}

/// The loaded module. The states go before the directory that they are in.
pub struct RustHotplug {
    _online_multi: MultiDirs<OnlineInstance>,
    _prepare_multi: MultiDirs<PrepareInstance>,
    _online: StateDirs<State<OnlineCallbacks>>,
    _prepare: StateDirs<State<PrepareCallbacks>>,
    _root: Dir<Root>,
    /// Whatever else goes, goes before this.
    _owner: Owner,
}

impl kernel::Module for RustHotplug {
    fn init(module: &'static ThisModule) -> Result<Self> {
        // SAFETY: It is dropped with the module's data, in its exit function, or before its init
        // function returns an error: both in process context, with no lock held. What sets up and
        // removes besides these two functions are writes to files, and all directories go before
        // it, each of which waits for those.
        let owner = unsafe { Owner::new(module) }?;
        let unsafe_faults = unsafe_faults()?;
        let log = log()?;
        let common = Arc::pin_init(
            try_pin_init!(Common {
                log,
                checker <- Checker::new(),
                log_file: SetOnce::new(),
                seed: Seed::default(),
                unsafe_faults,
                hidden: Default::default(),
            }? Error),
            GFP_KERNEL,
        )?;
        // The kernel takes a failing teardown in the ONLINE section only.
        let point = |name, teardown_may_fail| {
            Arc::pin_init(
                Point::state(name, common.clone(), teardown_may_fail),
                GFP_KERNEL,
            )
        };
        let prepare = point(StateName::Prepare, false)?;
        let online = point(StateName::Online, true)?;
        let prepare_multi = Arc::pin_init(
            Instances::new(
                point(StateName::PrepareMulti, false)?,
                owner.reference().clone(),
                module,
            ),
            GFP_KERNEL,
        )?;
        let online_multi = Arc::pin_init(
            Instances::new(
                point(StateName::OnlineMulti, true)?,
                owner.reference().clone(),
                module,
            ),
            GFP_KERNEL,
        )?;
        arm_from_parameters(&online)?;

        let data = Root {
            common: common.clone(),
            points: [
                prepare.clone(),
                online.clone(),
                prepare_multi.clone(),
                online_multi.clone(),
            ],
        };
        // SAFETY: It is dropped with the module's data, in its exit function, or before its init
        // function returns an error.
        let root = unsafe { Dir::new_in_kernel(c"rust_hotplug", Ok(data), module) }?;
        common.log_file.populate(root.notifier(c"log")?);
        let prepare = Arc::pin_init(State::new(prepare, owner.reference().clone()), GFP_KERNEL)?;
        let online = Arc::pin_init(State::new(online, owner.reference().clone()), GFP_KERNEL)?;

        // SAFETY: A module's init function runs in process context, in the task that loads it,
        // without a lock held.
        let registrar = &mut unsafe { Registrar::assume() };
        Ok(Self {
            _prepare: StateDirs::new(&root, c"prepare", prepare, registrar, module)?,
            _online: StateDirs::new(&root, c"online", online, registrar, module)?,
            _prepare_multi: MultiDirs::new(
                &root,
                c"prepare_multi",
                prepare_multi,
                registrar,
                module,
            )?,
            _online_multi: MultiDirs::new(&root, c"online_multi", online_multi, registrar, module)?,
            _root: root,
            _owner: owner,
        })
    }
}

/// Makes the log, with room for `log_records`.
fn log() -> Result<Log> {
    let records = *module_parameters::log_records.value_ref();
    Log::new(records as usize).inspect_err(|error| {
        pr_err!(
            "log_records={}: {:?}; between {} and {}, as far as there is memory\n",
            records,
            error,
            CAPACITIES.start(),
            CAPACITIES.end()
        );
    })
}

/// Reads `unsafe_faults`.
fn unsafe_faults() -> Result<bool> {
    match *module_parameters::unsafe_faults.value_ref() {
        0 => Ok(false),
        1 => {
            pr_warn!(
                "unsafe_faults=1: faults can make the kernel warn, leave a CPU half-way or die\n"
            );
            Ok(true)
        }
        other => {
            pr_err!("unsafe_faults={}: neither 0 nor 1\n", other);
            Err(ERANGE)
        }
    }
}

/// Arms the fault that `fail_cpu` and `fail_errno` ask for.
fn arm_from_parameters(online: &Point) -> Result {
    let cpu = *module_parameters::fail_cpu.value_ref();
    let errno = *module_parameters::fail_errno.value_ref();
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
    online
        .startup_fault
        .change(|settings| settings.errno = errno)
}
