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
//!   before the hotplugged CPU is up or after it is down. They may sleep.
//! - STARTING: the callbacks run on the hotplugged CPU with interrupts off and cannot fail. The
//!   kernel has no dynamic states in this section, and so this crate offers none.
//! - [`Online`]: the callbacks run on the hotplugged CPU, in its own thread `cpuhp/N`, pinned to
//!   it, with interrupts on. They may sleep.
//!
//! The callbacks of `Online` are pinned with one exception: see [`Cpu`].
//!
//! All of this is about a CPU that goes online or offline. When a state is set up or removed, its
//! callbacks are called for CPUs that are up and at work: those of `Online` on each CPU in its
//! thread, those of `Prepare` one after the other in the task that sets the state up or removes it.
//! So a teardown in `Prepare` may free only what nothing uses any more, also on a CPU that runs.
//!
//! To choose one: what startup does must be possible where it runs, and what others do with its
//! result decides when it has to be there.
//!
//! - Memory, or anything else that can run out, is best allocated in [`Prepare`]: a failure there
//!   costs the least, because a CPU that goes online has not been booted yet. The memory is there
//!   before that CPU runs its first instruction, and goes after its last one.
//! - What is done *on* the CPU (a register, a timer, a thread that is bound to it) belongs in
//!   [`Online`]. The CPU already handles interrupts and runs bound threads, but the scheduler does
//!   not use it for anything else yet.
//! - A driver that needs both sets up two states, that of `Prepare` first. It removes that of
//!   `Online` first; in a struct this is the field that is declared first, because fields are
//!   dropped in the order of their declaration.
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
//! - A startup may fail. If the startup on CPU N fails during setup, the kernel calls teardown on
//!   the CPUs below N that it had called startup on, gives the step back and returns the error:
//!   [`State::new`] fails and nothing is left behind. If a startup fails when a CPU goes online,
//!   the kernel calls the teardown of every state that this CPU had passed, and the CPU stays
//!   offline.
//! - A teardown cannot fail: [`Callbacks::teardown`] returns nothing. The kernel cannot cope with a
//!   CPU that is half torn down, and it runs `BUG()` if a teardown fails when a state is removed.
//! - An instance of a [`MultiState`] can refuse to let a CPU go offline. That is a function of its
//!   own, [`InstanceCallbacks::may_go_down`], which is not asked where a no would be `BUG()`.
//!
//! # Data
//!
//! The callbacks of a [`State`] get no more from the kernel than the number of a CPU, and so they
//! are functions without `self`: what they work on is in statics. A [`MultiState`] has any number
//! of [`Instance`]s, each with data of its own, which its callbacks get as `&self`. A driver whose
//! data are not in statics sets up a `MultiState`, and adds an `Instance` even if there is only
//! one.
//!
//! # Registrations must not be leaked
//!
//! The kernel goes on calling the callbacks of a state until it is removed. So [`State::new`] and
//! [`MultiState::new`] are `unsafe`: the caller promises that the value is dropped before the code
//! of the callbacks is unloaded. A driver whose state lives exactly as long as its module needs no
//! `unsafe`: [`module_cpuhp_state!`](crate::module_cpuhp_state) owns the state.
//!
//! # Examples
//!
//! A whole module with one state:
//!
//! ```
//! use cpuhp::{Callbacks, Cpu, Online};
//! use kernel::prelude::*;
//!
//! cpuhp::module_cpuhp_state! {
//!     type: Greeter,
//!     name: "cpu_greeter",
//!     authors: ["A. U. Thor"],
//!     description: "Says which CPUs come and go",
//!     license: "GPL",
//! }
//!
//! struct Greeter;
//!
//! #[vtable]
//! impl Callbacks for Greeter {
//!     type Section = Online;
//!     const NAME: &'static CStr = c"greeter:online";
//!
//!     fn startup(cpu: Cpu<'_, Online>) -> Result {
//!         pr_info!("CPU {} is here\n", cpu.id().as_u32());
//!         Ok(())
//!     }
//!
//!     fn teardown(cpu: Cpu<'_, Online>) {
//!         pr_info!("CPU {} leaves\n", cpu.id().as_u32());
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! A driver with memory for each CPU, and something on each CPU that uses it:
//!
//! ```
//! # use cpuhp::{Callbacks, Cpu, Online, Prepare, State};
//! # use kernel::prelude::*;
//! # module! {
//! #     type: Driver,
//! #     name: "two_states",
//! #     authors: ["A. U. Thor"],
//! #     description: "Two states",
//! #     license: "GPL",
//! # }
//! # struct Buffers;
//! # #[vtable]
//! # impl Callbacks for Buffers {
//! #     type Section = Prepare;
//! #     const NAME: &'static CStr = c"two_states/buffers:prepare";
//! #     fn startup(_cpu: Cpu<'_, Prepare>) -> Result { Ok(()) }
//! #     fn teardown(_cpu: Cpu<'_, Prepare>) {}
//! # }
//! # struct Timers;
//! # #[vtable]
//! # impl Callbacks for Timers {
//! #     type Section = Online;
//! #     const NAME: &'static CStr = c"two_states/timers:online";
//! #     fn startup(_cpu: Cpu<'_, Online>) -> Result { Ok(()) }
//! #     fn teardown(_cpu: Cpu<'_, Online>) {}
//! # }
//! /// What is dropped first stands first: the timers use the buffers.
//! struct Driver {
//!     _timers: State<Timers>,
//!     _buffers: State<Buffers>,
//! }
//!
//! impl kernel::Module for Driver {
//!     fn init(_module: &'static ThisModule) -> Result<Self> {
//!         // SAFETY: Both states go into the module's data, which are dropped in its exit
//!         // function. Where the init function returns an error, it drops what it has set up.
//!         let buffers = unsafe { State::new() }?;
//!         // SAFETY: As above.
//!         let timers = unsafe { State::new() }?;
//!         Ok(Self {
//!             _timers: timers,
//!             _buffers: buffers,
//!         })
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! A whole module that has an instance for each of its queues, counts how many CPUs serve it, and
//! does not let that fall below two:
//!
//! ```
//! use cpuhp::{cpus_read_lock, Cpu, Instance, InstanceCallbacks, MultiState, Online};
//! use kernel::{prelude::*, sync::{atomic::{Atomic, Relaxed}, Arc}};
//!
//! module! {
//!     type: Queues,
//!     name: "queues",
//!     authors: ["A. U. Thor"],
//!     description: "Queues that follow CPUs",
//!     license: "GPL",
//! }
//!
//! /// A queue, and how many CPUs serve it.
//! struct Queue {
//!     cpus: Atomic<i32>,
//! }
//!
//! #[vtable]
//! impl InstanceCallbacks for Queue {
//!     type Section = Online;
//!     const NAME: &'static CStr = c"queues/queue:online";
//!
//!     fn startup(&self, _cpu: Cpu<'_, Online>) -> Result {
//!         self.cpus.add(1, Relaxed);
//!         Ok(())
//!     }
//!
//!     fn may_go_down(&self, _cpu: Cpu<'_, Online>) -> Result {
//!         // The last two CPUs that serve the queue have to stay. When `init()` returned there
//!         // were two, so a CPU that fails to come online, which must be let go, is one more.
//!         if self.cpus.load(Relaxed) <= 2 {
//!             return Err(EBUSY);
//!         }
//!         Ok(())
//!     }
//!
//!     fn teardown(&self, _cpu: Cpu<'_, Online>) {
//!         self.cpus.add(-1, Relaxed);
//!     }
//! }
//!
//! struct Queues {
//!     _queues: [Pin<KBox<Instance<Queue>>>; 2],
//! }
//!
//! impl kernel::Module for Queues {
//!     fn init(_module: &'static ThisModule) -> Result<Self> {
//!         // SAFETY: The state lives in the instances alone. These are in the module's data, which
//!         // are dropped in its exit function, or before its init function returns an error.
//!         let state = Arc::new(unsafe { MultiState::<Queue>::new() }?, GFP_KERNEL)?;
//!         let queue = || {
//!             let data = Queue { cpus: Atomic::new(0) };
//!             // `Ok(data)`: a value is an initialiser of itself.
//!             KBox::pin_init(Instance::new(state.clone(), Ok(data)), GFP_KERNEL)
//!         };
//!         let queues = [queue()?, queue()?];
//!         // What began before they could refuse is over when the lock is ours.
//!         let guard = cpus_read_lock();
//!         let enough = queues.iter().all(|queue| queue.cpus.load(Relaxed) >= 2);
//!         drop(guard);
//!         if !enough {
//!             return Err(EINVAL);
//!         }
//!         Ok(Self { _queues: queues })
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! # What became of the C functions
//!
//! | C | Rust |
//! | --- | --- |
//! | `cpuhp_setup_state()` | [`State::new`] |
//! | `cpuhp_setup_state_nocalls()` | [`State::new_nocalls`] |
//! | `cpuhp_setup_state_cpuslocked()` | [`State::new_cpuslocked`] |
//! | `cpuhp_setup_state_nocalls_cpuslocked()` | [`State::new_nocalls_cpuslocked`] |
//! | `cpuhp_remove_state()` | dropping a [`State`] that was set up with calls |
//! | `cpuhp_remove_state_nocalls()` | dropping one set up without, [`State::remove_nocalls`] |
//! | `cpuhp_remove_state_nocalls_cpuslocked()` | [`State::remove_nocalls_cpuslocked`] |
//! | `cpuhp_setup_state_multi()` | [`MultiState::new`] |
//! | `cpuhp_remove_multi_state()` | dropping the [`MultiState`] |
//! | `cpuhp_state_add_instance()` | [`Instance::new`] |
//! | `cpuhp_state_add_instance_nocalls()` | [`Instance::new_nocalls`] |
//! | `cpuhp_state_remove_instance()` | dropping an [`Instance`] added with calls |
//! | `cpuhp_state_remove_instance_nocalls()` | the same after [`Instance::set_nocalls`] |
//! | a `NULL` callback | not implementing that function; but see [`InstanceCallbacks`] |
//! | `cpus_read_lock()` | [`cpus_read_lock`] |
//! | initialising each CPU by hand | [`init_online_cpus`] |
//!
//! Not offered:
//!
//! - `cpuhp_state_add_instance_nocalls_cpuslocked()`: the function under it is not exported to
//!   modules, and the kernel has nothing to remove an instance with the lock held.
//! - States with a number of their own in `enum cpuhp_state`, and with that all of the STARTING
//!   section: no user in Rust needs one yet.
//!
//! # Locking
//!
//! The kernel serialises all of it: while a callback runs, no other callback of any state runs. A
//! hotplug operation holds `cpus_write_lock()`. Setting up and removing a state, and adding and
//! removing an instance, take `cpus_read_lock()` and then a mutex. So none of this may be done in a
//! callback, nor with `cpus_read_lock()` held unless the function says so: it can wait for itself
//! for ever. Nor may it be done with a lock held that a callback takes. Lockdep reports each of
//! these.
//!
//! A [`CpusReadGuard`] that is leaked is a lock that is never released: no CPU comes or goes any
//! more, and whoever waits for that waits for ever.
//!
//! # What cannot be prevented
//!
//! When somebody writes the number of a state to `/sys/devices/system/cpu/cpuN/hotplug/fail`, the
//! next call for that state on that CPU returns `-EAGAIN`, in the kernel itself. If that next call
//! is the teardown of a removal, it is `BUG()`, for a driver in C as well. Before a state is
//! removed on a machine on which somebody uses these files, -1 has to be written to them.
//!
//! C header: [`include/linux/cpuhotplug.h`](srctree/include/linux/cpuhotplug.h)
//!
//! Reference: <https://docs.kernel.org/core-api/cpu_hotplug.html>

// kbuild says this to the compiler, and `rustdoc --test` does not pass it on.
#![cfg_attr(doctest, no_std)]

mod by_hand;
mod cpu;
mod instance;
mod lock;
mod module;
mod multi;
mod section;
mod state;
mod step;

pub use by_hand::{
    init_online_cpus,
    undo_online_cpus, //
};
pub use cpu::Cpu;
pub use instance::{
    Instance,
    InstanceCallbacks, //
};
pub use lock::{
    cpus_read_lock,
    CpusReadGuard, //
};
pub use multi::MultiState;
pub use section::{
    Online,
    Prepare,
    Section, //
};
pub use state::{
    Callbacks,
    State, //
};
pub use step::Step;
