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
//!   it, with interrupts on. They may sleep. [`Context::this_cpu`] has the one exception.
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
//! # Data
//!
//! The callbacks of a [`SingleState`] get no more from the kernel than the number of a CPU; what
//! they work on is found in a fixed place. A [`MultiState`] has any number of [`Instance`]s, each
//! with data of its own that is pinned for as long as callbacks can get it. [`CpuValues`] are such
//! data: a value for each CPU that is made by startup and dropped by teardown.
//!
//! # Examples
//!
//! A state without instances, set up with calls and removed when it is dropped:
//!
//! ```ignore
//! struct Timers { /* ... */ }
//!
//! #[vtable]
//! impl Callbacks for Timers {
//!     type Section = Online;
//!     const NAME: &'static CStr = c"driver/timers:online";
//!
//!     fn startup(&self, cx: &Context<'_, Online>) -> Result {
//!         self.start_on(cx.this_cpu())
//!     }
//!
//!     fn may_go_down(&self, cx: &Context<'_, Online>) -> Result {
//!         if self.is_last(cx.cpu()) { Err(EBUSY) } else { Ok(()) }
//!     }
//!
//!     fn teardown(&self, cx: &Context<'_, Online>) {
//!         self.stop_on(cx.this_cpu());
//!     }
//! }
//!
//! impl SingleCallbacks for Timers {
//!     const SLOT: SlotRef<Self> = {
//!         static SLOT: Slot<Timers> = Slot::new();
//!         SlotRef::new(&SLOT)
//!     };
//! }
//!
//! let state = SingleState::new(&mut registrar, Setup::new(&owner), timers)?;
//! ```
//!
//! A state with instances, one for each device, say:
//!
//! ```ignore
//! let state = MultiState::<Queue>::new(&mut registrar, Setup::new(&owner))?;
//! let queue = Instance::new(&mut registrar, state.clone(), Queue::new(device))?;
//! ```
//!
//! A value for each CPU, which can be used while no CPU comes or goes:
//!
//! ```ignore
//! #[vtable]
//! impl CpuValue for Buffer {
//!     type Shared = ();
//!     type Section = Prepare;
//!     const NAME: &'static CStr = c"driver/buffer:prepare";
//!
//!     fn new(_: &(), _cx: &Context<'_, Prepare>) -> Result<Self> {
//!         Ok(Buffer(KVec::with_capacity(4096, GFP_KERNEL)?))
//!     }
//! }
//!
//! let buffers = Instance::new(&mut registrar, state, CpuValues::<Buffer>::new(()))?;
//! let guard = registrar.cpus_read_lock();
//! for cpu in guard.online_cpus() {
//!     use_buffer(buffers.value(&guard, cpu));
//! }
//! ```
//!
//! [`init_online_cpus`] shows what all of this is like by hand.
//!
//! # What became of the C functions
//!
//! | C | Rust |
//! | --- | --- |
//! | `cpuhp_setup_state()` | [`SingleState::new`] |
//! | `cpuhp_setup_state_nocalls()` | the same, with [`Setup::nocalls`] |
//! | `cpuhp_setup_state_cpuslocked()` | [`SingleState::new_cpuslocked`] |
//! | `cpuhp_setup_state_nocalls_cpuslocked()` | the same, with [`Setup::nocalls`] |
//! | `cpuhp_remove_state()` | dropping the [`SingleState`] |
//! | `cpuhp_remove_state_nocalls()` | [`SingleState::remove_nocalls`], or as set up |
//! | `cpuhp_remove_state_nocalls_cpuslocked()` | [`SingleState::remove_nocalls_cpuslocked`] |
//! | `cpuhp_setup_state_multi()` | [`MultiState::new`] |
//! | `cpuhp_remove_multi_state()` | dropping the last reference to the [`MultiState`] |
//! | `cpuhp_state_add_instance()` | [`Instance::new`] |
//! | `cpuhp_state_add_instance_nocalls()` | [`Instance::new_nocalls`] |
//! | `cpuhp_state_remove_instance()` | dropping the [`Instance`] |
//! | `cpuhp_state_remove_instance_nocalls()` | [`Instance::remove_nocalls`], or as added |
//! | a `NULL` callback | [`Setup::only`], or not implementing it |
//! | a state that is not dynamic | [`Setup::fixed`] |
//! | `cpus_read_lock()` | [`Registrar::cpus_read_lock`] |
//!
//! Not offered:
//!
//! - `cpuhp_state_add_instance_nocalls_cpuslocked()`: the function under it is not exported to
//!   modules, and there is nothing to remove an instance with the lock held.
//! - States of the STARTING section: they have no dynamic ones, and must not fail.
//!
//! # What cannot be prevented
//!
//! Who writes the number of a state to `/sys/devices/system/cpu/cpuN/hotplug/fail` makes the next
//! call for it on that CPU return `-EAGAIN`, in the kernel itself and without asking us. If that
//! next call is the teardown of a removal, it is `BUG()`. A module cannot look at that file's value
//! nor change it, and if it could, it could be written again right after that: the file is not
//! written under a lock that a module can hold until the removal is done. What would help is to
//! remove the state without calls and to call teardown by hand. But then teardown would not run in
//! `cpuhp/N`, nor on CPUs that somebody has parked half-way, and a CPU that comes or goes in
//! between would find no state: this is what the removal by the core is for. So it stays as it is.
//! Write -1 to these files before removing a state.
//!
//! # Locking
//!
//! All of it is serialised by the kernel: while a callback runs, no other callback of any state
//! runs. A setup or a removal takes `cpus_read_lock()` and then a mutex that every callback runs
//! under, so it must not be started from a callback or with `cpus_read_lock()` held. A
//! [`Registrar`] stands for being allowed to. Dropping needs none. It may sleep, and like any code
//! that waits it must not be done with a lock held that one of the callbacks takes, nor where one
//! of them waits for it. Inside a callback of the same module, or with a [`CpusReadGuard`] held
//! where that matters, it cannot work: then the kernel log says so, and what was dropped stays
//! until its [`Owner`] goes.
//!
//! A [`CpusReadGuard`] that is leaked is a lock that is never released: no CPU comes or goes any
//! more, and who waits for that waits for ever.
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
    AskAlways,
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
