// SPDX-License-Identifier: GPL-2.0

//! CPU hotplug states.
//!
//! A driver that keeps something per CPU *sets up* a **state**: a pair of callbacks, **startup**
//! and **teardown**, at one step of the ladder that a CPU climbs when it goes online and descends
//! when it goes offline. From then on the kernel calls them as CPUs come and go, and it calls
//! startup at once on every CPU that has already climbed past that step.
//!
//! # Sections
//!
//! The ladder has three **sections**:
//!
//! - [`Prepare`]: the callbacks run on a *control CPU*, in the task that asked for the operation,
//!   before the CPU is up or after it is down. They may sleep.
//! - STARTING: the callbacks run on the hotplugged CPU with interrupts off and cannot fail. The
//!   kernel offers no dynamic states here, and so neither does this module.
//! - [`Online`]: the callbacks run on the hotplugged CPU, in its own thread `cpuhp/N`, pinned to
//!   it, with interrupts on. They may sleep.
//!
//! # Who calls what
//!
//! ```text
//!                     setup                        removal
//!   (not set up) ------------> (live) -------------------------> (not set up)
//!                startup on             teardown on every such CPU
//!                every CPU that
//!                is up, ascending        a CPU goes online:  startup on it
//!                                        a CPU goes offline: teardown on it
//! ```
//!
//! - A startup may fail. If the one on CPU N does during setup, the kernel calls teardown on
//!   the CPUs below N that it had called startup on, gives the step back and returns the error:
//!   [`SingleState::new`] fails and nothing is left behind. When a CPU goes online, the kernel
//!   calls the teardown of every state that this CPU had passed, and the CPU stays offline.
//! - A teardown cannot fail: [`Callbacks::teardown`] returns nothing. The kernel has no way to
//!   leave a CPU half torn down, and it runs `BUG()` if a teardown fails when a state is removed.
//! - What may say no to a CPU that is about to go offline is a function of its own,
//!   [`Callbacks::may_go_down`], which is only asked when the kernel can take a no: it then calls
//!   startup again for the states that were already torn down, and the CPU stays online.
//!
//! # Locking
//!
//! All of it is serialised by the kernel: while a callback runs, no other callback of any state
//! runs. A setup or a removal takes `cpus_read_lock()` and then a mutex that every callback runs
//! under, so it must not be started from a callback or with `cpus_read_lock()` held. A
//! [`Registrar`] stands for being allowed to.
//!
//! C header: [`include/linux/cpuhotplug.h`](srctree/include/linux/cpuhotplug.h)
//!
//! Reference: <https://docs.kernel.org/core-api/cpu_hotplug.html>

mod callbacks;
mod context;
mod lock;
mod manual;
mod multi;
mod owner;
mod percpu;
mod section;
mod setup;
mod single;

pub use callbacks::{
    Callbacks,
    Which, //
};
pub use context::{
    Context,
    Operation, //
};
pub use lock::{
    CpusLocked,
    CpusReadGuard,
    Registrar, //
};
pub use manual::{
    init_online_cpus,
    undo_online_cpus, //
};
pub use multi::{
    Instance,
    MultiState, //
};
pub use owner::{
    Owner,
    OwnerRef, //
};
pub use percpu::{
    CpuValue,
    CpuValues, //
};
pub use section::{
    Online,
    Prepare,
    Section, //
};
pub use setup::Setup;
pub use single::{
    SingleCallbacks,
    SingleState,
    Slot,
    SlotRef, //
};
