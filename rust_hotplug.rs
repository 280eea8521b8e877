// SPDX-License-Identifier: GPL-2.0

//! CPU hotplug states with fault injection.
//!
//! The module sets up dynamic states with the kernel's own `cpuhp_setup_state()`, lets their
//! callbacks fail on demand and logs what the kernel calls in turn, so that the real rollback can
//! be exercised and watched.
//!
//! This file has the parameters of the module, and wires its parts. These are in [`exerciser`]; the
//! abstraction of hotplug states that they use is the crate [`cpuhp`].

use exerciser::{
    callback_pair::CallbackPair,
    common::Common,
    cpus::Cpus,
    errno::{
        self,
        Errno, //
    },
    faults::HasFaults,
    files::{
        Instances,
        MultiDirs,
        Root,
        StateDirs,
        Targets,
        TargetsDirs, //
    },
    hook::Watcher,
    instances::Multi,
    log::CAPACITIES,
    operation::Callback,
    state_name::StateName,
    states::SingleState,
    sysfs::Dir, //
};
use kernel::{cpu::CpuId, prelude::*, sync::Arc};

pub mod exerciser;

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
            description: "Error number of the startup on fail_cpu, 1 to 511; default: 12, ENOMEM",
        },
        unsafe_faults: u8 {
            default: 0,
            description: "1: faults may fire where the kernel cannot cope with them",
        },
        log_records: u32 {
            default: 131072,
            description: "How many records the log keeps, 16 to 8388608; 88 bytes each",
        },
    },
}

/// The loaded module. The states go before the directory that they are in.
pub struct RustHotplug {
    _targets: TargetsDirs,
    _online_multi: MultiDirs<cpuhp::Online>,
    _prepare_multi: MultiDirs<cpuhp::Prepare>,
    _online: StateDirs<SingleState<cpuhp::Online>>,
    _prepare: StateDirs<SingleState<cpuhp::Prepare>>,
    _root: Dir<Root>,
}

impl kernel::Module for RustHotplug {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let unsafe_faults = unsafe_faults()?;
        let common = common(unsafe_faults)?;
        let pair = |name| Arc::pin_init(CallbackPair::state(name, common.clone()), GFP_KERNEL);
        let prepare = pair(StateName::Prepare)?;
        let online = pair(StateName::Online)?;
        let prepare_multi = pair(StateName::PrepareMulti)?;
        let online_multi = pair(StateName::OnlineMulti)?;
        arm_from_parameters(&online)?;

        // SAFETY: All of these, what they add and the references to them are kept in the module's
        // data only, or below the directory that is kept there. They are dropped in the module's
        // exit function, or before its init function returns an error. There is one for each
        // section.
        let (single_prepare, single_online, multi_prepare, multi_online) = unsafe {
            (
                SingleState::new(prepare.clone()),
                SingleState::new(online.clone()),
                Multi::new(prepare_multi),
                Multi::new(online_multi),
            )
        };
        let single_prepare = Arc::pin_init(single_prepare, GFP_KERNEL)?;
        let single_online = Arc::pin_init(single_online, GFP_KERNEL)?;
        let multi_prepare = Arc::pin_init(multi_prepare, GFP_KERNEL)?;
        let multi_online = Arc::pin_init(multi_online, GFP_KERNEL)?;
        let prepare_instances = Arc::pin_init(Instances::new(multi_prepare), GFP_KERNEL)?;
        let online_instances = Arc::pin_init(Instances::new(multi_online), GFP_KERNEL)?;

        // SAFETY: It is kept as the others are.
        let watcher = Arc::pin_init(unsafe { Watcher::new(common.clone()) }, GFP_KERNEL)?;
        let targets = Targets::new(common.clone(), watcher.clone());
        let targets = Arc::pin_init(targets, GFP_KERNEL)?;

        let data = Root {
            common: common.clone(),
            resettable: [
                prepare,
                online.clone(),
                prepare_instances.clone(),
                online_instances.clone(),
                targets.clone(),
            ],
            watcher,
        };
        // SAFETY: It is dropped with the module's data, in its exit function, or before its init
        // function returns an error.
        let root = unsafe { Dir::new_in_kernel(c"rust_hotplug", Ok(data)) }?;
        common.log_file.populate(root.notifier(c"log")?);

        let targets = TargetsDirs::new(&root, targets)?;
        let prepare_dirs = StateDirs::new(&root, c"prepare", single_prepare)?;
        let online_dirs = StateDirs::new(&root, c"online", single_online)?;
        disarm_from_parameters(&online)?;

        Ok(Self {
            _targets: targets,
            _prepare: prepare_dirs,
            _online: online_dirs,
            _prepare_multi: MultiDirs::new(&root, c"prepare_multi", prepare_instances)?,
            _online_multi: MultiDirs::new(&root, c"online_multi", online_instances)?,
            _root: root,
        })
    }
}

/// Makes what all callbacks have in common, with a log of `log_records`.
fn common(unsafe_faults: bool) -> Result<Arc<Common>> {
    let records = *module_parameters::log_records.value_ref();
    let common = Common::new(records as usize, unsafe_faults);
    Arc::pin_init(common, GFP_KERNEL).inspect_err(|error| {
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
fn arm_from_parameters(online: &CallbackPair) -> Result {
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
    let fault = online.faults().of(Callback::Startup);
    fault.set_cpus(Cpus::one(cpu)?);
    fault.change(|settings| settings.errno = errno)
}

/// Ends the loading, with an error, if `fail_cpu` asks for one and `online` is set up nevertheless.
///
/// The kernel has called the startup on all CPUs that were online, so that CPU was not. The fault
/// must not stay armed for whoever brings the CPU online later.
fn disarm_from_parameters(online: &CallbackPair) -> Result {
    let cpu = *module_parameters::fail_cpu.value_ref();
    if cpu == -1 {
        return Ok(());
    }
    online.faults().of(Callback::Startup).reset();
    pr_err!(
        "fail_cpu={}: that CPU is offline, so nothing can fail there: bring it online first\n",
        cpu
    );
    Err(ENXIO)
}
