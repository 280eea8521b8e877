// SPDX-License-Identifier: GPL-2.0

//! Instances of a state, each with its own data.

use super::{
    Cpu,
    MultiState,
    Section,
    Step, //
};
use core::ops::Deref;
use kernel::{
    bindings,
    container_of,
    error::{
        from_result,
        to_result,
        VTABLE_DEFAULT_ERROR, //
    },
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
    types::Opaque, //
};

/// The callbacks of an instance, and the data that they work on.
///
/// The data are shared with everyone who has a reference to the [`Instance`]. No two callbacks run
/// at the same time, but other users of the data may run beside one.
///
/// A type that has nothing to do in one direction need not implement that callback. Then the kernel
/// gets a function that does nothing, and not `NULL`: where the state lacks the callback that
/// undoes another, and that other fails while a CPU goes online or offline, the kernel keeps in
/// mind at which instance it was, and warns at the next state (`cpuhp_invoke_callback()`, `lastp`).
#[vtable]
pub trait InstanceCallbacks: Send + Sync + Sized + 'static {
    /// Where on the ladder the state is, and so where its callbacks run.
    type Section: Section;

    /// The name of the state, as in `/sys/devices/system/cpu/hotplug/states`.
    ///
    /// By convention `area/what:section`.
    const NAME: &'static CStr;

    /// What the kernel's functions are made of: nothing but the functions below, unless the kernel
    /// is to be tested.
    #[doc(hidden)]
    const STEP: Step<Function<Self>> = step::<Self>();

    /// Prepares the instance for a CPU that comes up.
    ///
    /// Called for each CPU that is up when the instance is added, and when a CPU goes online; also
    /// when a CPU stays online after all because something else refused to let it go. May sleep.
    ///
    /// # Errors
    ///
    /// With an error the instance is not added, or the CPU stays offline. After a failed startup
    /// there is no teardown of the instance for the same CPU. Where a CPU only stays online after
    /// all, an error leaves it half-way down, and the kernel warns.
    fn startup(&self, _cpu: Cpu<'_, Self::Section>) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Says whether a CPU may go offline. In section [`Online`](super::Online) only.
    ///
    /// Called right before [`InstanceCallbacks::teardown`] when a CPU goes offline, in a suspend as
    /// well, from the moment [`Instance::new`] has returned until the instance is dropped. With an
    /// error teardown is not called, the kernel calls startup again for the instances and states
    /// that were already torn down, and the CPU stays online. It is not called where the kernel
    /// must go on: when this instance is removed, when adding it failed, and when the machine goes
    /// down, for a kexec on arm64 as an example (`smp_shutdown_nonboot_cpus()`).
    ///
    /// The kernel does not say why it calls. So this is also called when bringing a CPU online has
    /// failed and is being rolled back. The kernel warns of an error there and leaves the CPU
    /// half-way, as for a driver in C. Refuse only for a CPU without which your work stops; a CPU
    /// whose startup has only just run must be let go.
    ///
    /// A hotplug operation that is under way when [`Instance::new`] returns may not ask.
    ///
    /// May sleep.
    ///
    /// # Errors
    ///
    /// Whatever the operation is to fail with.
    fn may_go_down(&self, _cpu: Cpu<'_, Self::Section>) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Undoes what [`InstanceCallbacks::startup`] did for a CPU.
    ///
    /// Called for each CPU that is up when the instance is removed, and when a CPU goes offline;
    /// also when adding the instance, or an operation that brings a CPU online, fails later on. May
    /// sleep.
    fn teardown(&self, _cpu: Cpu<'_, Self::Section>) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// A callback of an instance, as [`Step`] has it.
type Function<T> = fn(&T, Cpu<'_, <T as InstanceCallbacks>::Section>) -> Result;

/// Makes the functions for the kernel of those that `T` implements, but for `may_go_down()`.
const fn step<T: InstanceCallbacks>() -> Step<Function<T>> {
    fn startup<T: InstanceCallbacks>(data: &T, cpu: Cpu<'_, T::Section>) -> Result {
        if T::HAS_STARTUP {
            data.startup(cpu)?;
        }
        Ok(())
    }

    fn teardown<T: InstanceCallbacks>(data: &T, cpu: Cpu<'_, T::Section>) -> Result {
        if T::HAS_TEARDOWN {
            data.teardown(cpu);
        }
        Ok(())
    }

    // INVARIANT: This teardown returns no error.
    Step {
        startup: Some(startup::<T>),
        teardown: Some(teardown::<T>),
    }
}

/// An instance of a [`MultiState`].
///
/// It dereferences to its data. Dropping it removes the instance: the kernel calls teardown for it
/// on every CPU that is up, in ascending order, unless it was added without calls; when that is
/// done no callback runs for it and none will. Dropping may sleep and takes `cpus_read_lock()`.
///
/// When a CPU goes online or offline, the kernel calls the callback for one instance after the
/// other, the one that was added last first.
///
/// # Invariants
///
/// `shared.node` is on the kernel's list of the instances of `state`, except while the value is
/// being made or dropped.
#[pin_data(PinnedDrop)]
pub struct Instance<T: InstanceCallbacks> {
    #[pin]
    shared: Shared<T>,
    state: Arc<MultiState<T>>,
    /// Whether the removal makes calls.
    invoke: bool,
}

/// What of an [`Instance`] the callbacks use, beside those who have the instance.
///
/// So nobody may have a `&mut` of any of it. Whoever has the instance can get no more than a
/// `Pin<&mut Shared<T>>`, and that gives out nothing: this type is private, and not `Unpin`.
#[pin_data]
struct Shared<T> {
    #[pin]
    node: Opaque<bindings::hlist_node>,
    #[pin]
    data: T,
    /// Whether the instance is neither being added nor being removed, so that a teardown is part of
    /// a hotplug operation and the kernel takes a no. Not used unless `T` has `may_go_down()`.
    may_refuse: Atomic<bool>,
}

// SAFETY: The node is used by the kernel only, which has a lock for it. The rest is `Send`.
unsafe impl<T: Send> Send for Shared<T> {}
// SAFETY: As above, with `Sync`.
unsafe impl<T: Sync> Sync for Shared<T> {}

impl<T: InstanceCallbacks> Instance<T> {
    /// Adds an instance and calls startup for it on every CPU that is up.
    ///
    /// As with [`State::new`](super::State::new), when a call fails the kernel calls teardown on
    /// the CPUs before it, the instance is not added, and the error is returned.
    ///
    /// May sleep. Takes `cpus_read_lock()`. C: `cpuhp_state_add_instance()`.
    ///
    /// This is safe because [`MultiState::new`] is not: whoever called that function has promised
    /// that no instance is leaked.
    ///
    /// # Errors
    ///
    /// Those of `data`, and the error of the startup that failed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use cpuhp::{Cpu, Instance, InstanceCallbacks, MultiState, Online};
    /// # use kernel::{prelude::*, sync::{atomic::{Atomic, Relaxed}, Arc}};
    /// struct Queue {
    ///     cpus: Atomic<i32>,
    /// }
    ///
    /// #[vtable]
    /// impl InstanceCallbacks for Queue {
    ///     type Section = Online;
    ///     const NAME: &'static CStr = c"example/queue:online";
    ///
    ///     fn startup(&self, _cpu: Cpu<'_, Online>) -> Result {
    ///         self.cpus.add(1, Relaxed);
    ///         Ok(())
    ///     }
    ///
    ///     fn teardown(&self, _cpu: Cpu<'_, Online>) {
    ///         self.cpus.add(-1, Relaxed);
    ///     }
    /// }
    ///
    /// // SAFETY: The state lives in the instance alone, and that is dropped below.
    /// let state = Arc::new(unsafe { MultiState::<Queue>::new() }?, GFP_KERNEL)?;
    /// let data = Queue { cpus: Atomic::new(0) };
    /// // `Ok(data)`: a value is an initialiser of itself.
    /// let queue = KBox::pin_init(Instance::new(state, Ok(data)), GFP_KERNEL)?;
    /// // Every CPU that is online serves the queue now.
    /// assert!(queue.cpus.load(Relaxed) >= 1);
    /// drop(queue);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new(
        state: Arc<MultiState<T>>,
        data: impl PinInit<T, Error>,
    ) -> impl PinInit<Self, Error> {
        Self::add(state, data, true)
    }

    /// Adds an instance without any call, now as well as when it is dropped.
    ///
    /// May sleep. Takes `cpus_read_lock()`. C: `cpuhp_state_add_instance_nocalls()`.
    ///
    /// # Errors
    ///
    /// Those of `data`.
    pub fn new_nocalls(
        state: Arc<MultiState<T>>,
        data: impl PinInit<T, Error>,
    ) -> impl PinInit<Self, Error> {
        Self::add(state, data, false)
    }

    fn add(
        state: Arc<MultiState<T>>,
        data: impl PinInit<T, Error>,
        invoke: bool,
    ) -> impl PinInit<Self, Error> {
        let number = state.number();
        // INVARIANT: If this succeeds, the node has been added.
        try_pin_init!(&this in Self {
            shared <- try_pin_init!(Shared {
                node: Opaque::new(bindings::hlist_node::default()),
                data <- data,
                may_refuse: Atomic::new(false),
            }? Error),
            state,
            invoke,
            _: {
                let this = this.as_ptr();
                // SAFETY: All fields are in place, so the callbacks may be called. The state is one
                // with instances of this type, and has not been removed: `state` is a reference to
                // it. The node is on no list, and stays where it is until `drop()` removes it: the
                // value is pinned.
                to_result(unsafe {
                    bindings::__cpuhp_state_add_instance(
                        number,
                        Opaque::cast_into(&raw const (*this).shared.node),
                        (*this).invoke,
                    )
                })?;
                if T::HAS_MAY_GO_DOWN {
                    // SAFETY: The field is in place, and shared with the callbacks only.
                    unsafe { (*this).shared.may_refuse.store(true, Relaxed) };
                }
            },
        }? Error)
    }

    /// Makes dropping the instance call no teardown, whatever it was added with.
    ///
    /// C: `cpuhp_state_remove_instance_nocalls()`.
    #[inline]
    pub fn set_nocalls(self: Pin<&mut Self>) {
        *self.project().invoke = false;
    }
}

impl<T: InstanceCallbacks> Deref for Instance<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.shared.data
    }
}

#[pinned_drop]
impl<T: InstanceCallbacks> PinnedDrop for Instance<T> {
    /// C: `cpuhp_state_remove_instance()`, `cpuhp_state_remove_instance_nocalls()`.
    #[inline]
    fn drop(self: Pin<&mut Self>) {
        if T::HAS_MAY_GO_DOWN {
            self.shared.may_refuse.store(false, Relaxed);
        }
        // SAFETY: By the type invariant the node is on the list of this state. When the function
        // returns, no callback runs for it and none will, so the data may go. Teardown does not
        // fail, by the invariants of `Step`, unless those who use the machine have asked for that.
        let ret = unsafe {
            bindings::__cpuhp_state_remove_instance(
                self.state.number(),
                self.shared.node.get(),
                self.invoke,
            )
        };
        debug_assert_eq!(ret, 0, "the state is one with instances");
    }
}

/// The startup that the kernel calls.
///
/// # Safety
///
/// To be called only by `kernel/cpu.c`, as the startup of a [`MultiState<T>`].
pub(super) unsafe extern "C" fn startup<T: InstanceCallbacks>(
    cpu: c_uint,
    node: *mut bindings::hlist_node,
) -> c_int {
    // SAFETY: Only `Instance::add()` adds nodes to such a state, because the state is invariant in
    // `T`. So the node is the field of a `Shared<T>`. That is in place before the instance is
    // added, and goes after its removal, which waits for callbacks that run. It is only shared.
    let shared = unsafe { &*container_of!(Opaque::cast_from(node), Shared<T>, node) };
    // SAFETY: This function's own requirement.
    let cpu = unsafe { Cpu::new(cpu) };
    from_result(|| {
        if let Some(startup) = T::STEP.startup {
            startup(&shared.data, cpu)?;
        }
        Ok(0)
    })
}

/// The teardown that the kernel calls.
///
/// # Safety
///
/// To be called only by `kernel/cpu.c`, as the teardown of a [`MultiState<T>`].
pub(super) unsafe extern "C" fn teardown<T: InstanceCallbacks>(
    cpu: c_uint,
    node: *mut bindings::hlist_node,
) -> c_int {
    // SAFETY: As in `startup()`.
    let shared = unsafe { &*container_of!(Opaque::cast_from(node), Shared<T>, node) };
    // SAFETY: This function's own requirement.
    let cpu = unsafe { Cpu::new(cpu) };
    from_result(|| {
        if T::HAS_MAY_GO_DOWN && shared.may_refuse.load(Relaxed) && !system_goes_down() {
            shared.data.may_go_down(cpu)?;
        }
        if let Some(teardown) = T::STEP.teardown {
            teardown(&shared.data, cpu)?;
        }
        Ok(0)
    })
}

/// Whether the machine goes down, and not only to sleep: then a CPU that stays is `BUG()`.
#[inline]
fn system_goes_down() -> bool {
    // SAFETY: The variable is always there. It is written without a lock, so the read is volatile,
    // as `READ_ONCE()` is.
    let state = unsafe { (&raw const bindings::system_state).read_volatile() };
    (bindings::system_states_SYSTEM_HALT..=bindings::system_states_SYSTEM_RESTART).contains(&state)
}
