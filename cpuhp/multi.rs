// SPDX-License-Identifier: GPL-2.0

//! States with any number of instances.

use super::{
    callbacks::{
        call_startup,
        call_teardown, //
    },
    lock::Obstacle,
    owner::{
        Entry,
        OwnerRef,
        What, //
    },
    setup::{
        RemoveState,
        SetupState,
        SingleCallback, //
    },
    Callbacks,
    CpusReadGuard,
    Operation,
    Registrar,
    Setup,
    Which, //
};
use crate::bindings;
use core::{
    marker::PhantomData,
    mem::ManuallyDrop,
    ops::Deref, //
};
use kernel::{
    container_of,
    error::to_result,
    prelude::*,
    sync::Arc,
    types::Opaque, //
};

/// A state with instances that has been set up.
///
/// It makes no calls by itself. Each [`Instance`] keeps it; when the last of them and the last
/// other reference are gone, it is removed. That may sleep. It is in order while the task holds a
/// [`CpusReadGuard`], and refused inside a callback, as for a
/// [`SingleState`](super::SingleState).
///
/// # Invariants
///
/// - `state` is what the kernel gave for the callbacks of `T`, and has not been removed, except by
///   the owner when that goes.
/// - `entry` has been listed with the owner, and not been taken off unless the owner is gone.
pub struct MultiState<T: Callbacks> {
    state: bindings::cpuhp_state,
    /// Freed only when it has been taken off.
    entry: ManuallyDrop<KBox<Entry>>,
    owner: OwnerRef,
    _callbacks: PhantomData<fn(&T)>,
}

impl<T: Callbacks> MultiState<T> {
    /// Sets up the state.
    ///
    /// May sleep. Takes `cpus_read_lock()`. C: `cpuhp_setup_state_multi()`.
    ///
    /// # Errors
    ///
    /// - `ENOSPC` if the section has no dynamic state left. The kernel warns about that.
    /// - `ESHUTDOWN` if the owner is gone; `EDEADLK` if the task has leaked a [`CpusReadGuard`];
    ///   `ENOMEM`.
    pub fn new(registrar: &mut Registrar, setup: Setup) -> Result<Arc<Self>> {
        registrar.check()?;
        // SAFETY: The registrar stands for not holding the lock, which is what this function wants.
        unsafe { Self::set_up(bindings::__cpuhp_setup_state, setup) }
    }

    /// The same for who holds `cpus_read_lock()`.
    ///
    /// C has no name for it; it is `__cpuhp_setup_state_cpuslocked()`.
    ///
    /// # Errors
    ///
    /// As for [`MultiState::new`].
    pub fn new_cpuslocked(_guard: &CpusReadGuard<'_>, setup: Setup) -> Result<Arc<Self>> {
        // SAFETY: The guard stands for holding the lock, which is what this function wants, and for
        // not being in a callback.
        unsafe { Self::set_up(bindings::__cpuhp_setup_state_cpuslocked, setup) }
    }

    /// # Safety
    ///
    /// `setup_state` is one of the two C functions, and the caller holds `cpus_read_lock()` or does
    /// not, as that wants it.
    unsafe fn set_up(setup_state: SetupState, setup: Setup) -> Result<Arc<Self>> {
        // Also those that the type does not have: with only one of the two the kernel cannot undo
        // what it did for the instances before one that fails. Who asks for that has been told.
        let startup: Option<MultiCallback> =
            (setup.which != Which::Teardown).then_some(startup::<T>);
        let teardown: Option<MultiCallback> =
            (setup.which != Which::Startup).then_some(teardown::<T>);
        setup.owner.check()?;
        // The callbacks of a state with instances see the phases of these.
        let entry = KBox::new(Entry::new(-1), GFP_KERNEL)?;
        // SAFETY: The caller vouches for the lock. The name is static. The callbacks are of the
        // type that goes with `multi_instance` being true, which C has in a union with the other
        // one; they are functions of a module that outlives the state, which is removed before the
        // module is unloaded; and each gets what it needs with its instance.
        let ret = unsafe {
            setup_state(
                setup.state::<T>(),
                T::NAME.as_char_ptr(),
                false,
                core::mem::transmute::<Option<MultiCallback>, Option<SingleCallback>>(startup),
                core::mem::transmute::<Option<MultiCallback>, Option<SingleCallback>>(teardown),
                true,
            )
        };
        let state = setup.number(ret)?;
        entry.phase.set_state(state);
        // SAFETY: The owner was there before, and does not go meanwhile. The entry is a new one
        // that has just got the number of the state, and the box that it is in is freed only after
        // it is taken off the list. The state has just been set up, and is removed after that, too.
        unsafe { setup.owner.list(&entry, What::State(|| {}), false) };
        // INVARIANT: The state has just been made, and the entry listed. If there is no memory for
        // the `Arc`, the value is dropped, and the state with it where nothing is in the way.
        let this = Self {
            state,
            entry: ManuallyDrop::new(entry),
            owner: setup.owner,
            _callbacks: PhantomData,
        };
        Ok(Arc::new(this, GFP_KERNEL)?)
    }

    /// Returns the number of the state.
    #[inline]
    pub fn state(&self) -> i32 {
        self.state
    }
}

impl<T: Callbacks> Drop for MultiState<T> {
    /// Removes the state.
    ///
    /// Inside a callback this would wait for the callback itself. There it is an error, which the
    /// kernel log gets to hear of: the state then stays until its [`Owner`](super::Owner) goes.
    ///
    /// C: `cpuhp_remove_multi_state()`.
    fn drop(&mut self) {
        let remove_state: RemoveState = match Obstacle::find() {
            Obstacle::None => bindings::__cpuhp_remove_state,
            Obstacle::CpusLocked => bindings::__cpuhp_remove_state_cpuslocked,
            Obstacle::Insuperable => {
                // SAFETY: By the type invariants it is listed, unless the owner is gone.
                return unsafe { self.owner.keep(&self.entry, false, T::NAME) };
            }
        };
        // SAFETY: By the type invariants it is listed, unless the owner is gone.
        if !unsafe { self.owner.unlist(&self.entry) } {
            // The owner has removed it, or is about to and needs the entry for that.
            return;
        }
        // SAFETY: By the type invariant the state is ours to remove, and there are no instances,
        // for each would keep a reference to this. The function is chosen by whether the lock is
        // held, and this is not a callback.
        unsafe { remove_state(self.state, false) };
        // SAFETY: It is not used after this.
        unsafe { ManuallyDrop::drop(&mut self.entry) };
    }
}

/// An instance of a [`MultiState`].
///
/// It dereferences to its data. Dropping it removes it: the kernel calls teardown for it on every
/// CPU that is up, in ascending order, unless it was added without calls; when that is done no
/// callback runs for it and none will. Dropping may sleep. Inside a callback, or while the task
/// holds a [`CpusReadGuard`], it is refused: see the implementation of
/// [`Drop`].
///
/// When a CPU goes online or offline, the kernel calls the callback for one instance after the
/// other, the one that was added last first.
///
/// # Invariants
///
/// The node of `inner` has been added to the state in it, and not been removed, except by the owner
/// when that goes. Its entry has been listed with the owner, and not been taken off unless the
/// owner is gone.
pub struct Instance<T: Callbacks> {
    inner: Arc<Inner<T>>,
    invoke: bool,
}

#[pin_data]
struct Inner<T: Callbacks> {
    #[pin]
    node: Opaque<bindings::hlist_node>,
    entry: Entry,
    state: Arc<MultiState<T>>,
    #[pin]
    data: T,
}

// SAFETY: The node is the kernel's, which locks it by itself. The rest is `Send`: `T` and the entry
// are, and the state has no data of it.
unsafe impl<T: Callbacks> Send for Inner<T> {}
// SAFETY: As above, with `Sync`.
unsafe impl<T: Callbacks> Sync for Inner<T> {}

impl<T: Callbacks> Instance<T> {
    /// Adds an instance and calls startup for it on every CPU that is up.
    ///
    /// As with [`SingleState::new`](super::SingleState::new), when a call fails the kernel calls
    /// teardown on the CPUs before it, the instance is not added, and the error is returned.
    ///
    /// May sleep. Takes `cpus_read_lock()`. C: `cpuhp_state_add_instance()`.
    ///
    /// # Errors
    ///
    /// Those of `data`, `ENOMEM`, `ESHUTDOWN` if the owner is gone, `EDEADLK` if the task has
    /// leaked a [`CpusReadGuard`], and the error of the startup that failed.
    pub fn new(
        registrar: &mut Registrar,
        state: Arc<MultiState<T>>,
        data: impl PinInit<T, Error>,
    ) -> Result<Self> {
        Self::add(registrar, state, data, true)
    }

    /// Adds an instance without any call, now as well as when it is dropped.
    ///
    /// May sleep. Takes `cpus_read_lock()`. C: `cpuhp_state_add_instance_nocalls()`.
    ///
    /// # Errors
    ///
    /// Those of `data`, `ENOMEM`, `ESHUTDOWN` if the owner is gone, and `EDEADLK` if the task has
    /// leaked a [`CpusReadGuard`].
    pub fn new_nocalls(
        registrar: &mut Registrar,
        state: Arc<MultiState<T>>,
        data: impl PinInit<T, Error>,
    ) -> Result<Self> {
        Self::add(registrar, state, data, false)
    }

    fn add(
        registrar: &mut Registrar,
        state: Arc<MultiState<T>>,
        data: impl PinInit<T, Error>,
        invoke: bool,
    ) -> Result<Self> {
        registrar.check()?;
        state.owner.check()?;
        let inner = Arc::pin_init(
            try_pin_init!(Inner {
                node: Opaque::new(bindings::hlist_node::default()),
                entry: Entry::new(state.state),
                state,
                data <- data,
            }? Error),
            GFP_KERNEL,
        )?;
        inner.entry.phase.begin(Operation::Setup);
        // SAFETY: The registrar stands for not holding the lock. The state exists and is one with
        // instances. The node is on no list, at a fixed address, and stays there until it is
        // removed. The data that the callbacks need is in place.
        let ret = unsafe {
            bindings::__cpuhp_state_add_instance(inner.state.state, inner.node.get(), invoke)
        };
        inner.entry.phase.end();
        to_result(ret)?;
        // SAFETY: The owner was there before, and does not go meanwhile. The entry is a new one
        // with the number of the state, and `inner` stays until it is taken off the list: who drops
        // the instance otherwise keeps a reference. The instance has just been added, and is
        // removed after that, too.
        unsafe {
            let what = What::Instance(inner.node.get());
            inner.state.owner.list(&inner.entry, what, invoke);
        }
        // INVARIANT: The node has just been added, and the entry listed.
        Ok(Self { inner, invoke })
    }

    /// Returns the state that this is an instance of.
    pub fn state(&self) -> &Arc<MultiState<T>> {
        &self.inner.state
    }

    /// Removes the instance without calling teardown, whatever it was added with.
    ///
    /// May sleep. Takes `cpus_read_lock()`. C: `cpuhp_state_remove_instance_nocalls()`.
    pub fn remove_nocalls(mut self, _registrar: &mut Registrar) {
        self.invoke = false;
        // And with that it is dropped.
    }
}

impl<T: Callbacks> Deref for Instance<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner.data
    }
}

impl<T: Callbacks> Drop for Instance<T> {
    /// Removes the instance.
    ///
    /// Inside a callback this would wait for the callback itself, and the kernel has no function to
    /// remove an instance with `cpus_read_lock()` held. There it is an error, which the kernel log
    /// gets to hear of: the instance and its state then stay until their [`Owner`](super::Owner)
    /// goes.
    ///
    /// C: `cpuhp_state_remove_instance()`, `cpuhp_state_remove_instance_nocalls()`.
    fn drop(&mut self) {
        let inner = &self.inner;
        if Obstacle::find() != Obstacle::None {
            // The callbacks go on using it.
            core::mem::forget(inner.clone());
            let owner = &inner.state.owner;
            // SAFETY: By the type invariants it is listed, unless the owner is gone.
            return unsafe { owner.keep(&inner.entry, self.invoke, T::NAME) };
        }
        // SAFETY: By the type invariants it is listed, unless the owner is gone.
        if !unsafe { inner.state.owner.unlist(&inner.entry) } {
            // The owner has removed it, or is about to and needs it for that.
            core::mem::forget(inner.clone());
            return;
        }
        inner.entry.phase.begin(Operation::Remove);
        // SAFETY: By the type invariant the node is on the list of this state. The lock is not held
        // and this is not a callback. Teardown does not fail, for the phase says that the instance
        // is removed, unless those who use the machine have asked for it (`AskAlways::yes()`, the
        // kernel's `hotplug/fail`).
        let ret = unsafe {
            bindings::__cpuhp_state_remove_instance(
                inner.state.state,
                inner.node.get(),
                self.invoke,
            )
        };
        inner.entry.phase.end();
        debug_assert_eq!(ret, 0, "the state has instances");
    }
}

type MultiCallback = unsafe extern "C" fn(c_uint, *mut bindings::hlist_node) -> c_int;

/// Finds the instance that a callback is called for.
///
/// # Safety
///
/// `node` is that of an instance of a [`MultiState<T>`] which stays for `'a`.
unsafe fn instance<'a, T: Callbacks>(node: *mut bindings::hlist_node) -> &'a Inner<T> {
    // SAFETY: Instances are added by `Instance::add()` only, as a part of an `Inner<T>`.
    unsafe { &*container_of!(Opaque::cast_from(node.cast_const()), Inner<T>, node) }
}

/// The startup that the kernel calls.
///
/// # Safety
///
/// To be called only by `kernel/cpu.c`, as the startup of a [`MultiState<T>`].
unsafe extern "C" fn startup<T: Callbacks>(cpu: c_uint, node: *mut bindings::hlist_node) -> c_int {
    // SAFETY: The kernel passes the node of an instance that is being added or has been; it goes
    // only after its removal, which waits for callbacks that run.
    let inner = unsafe { instance::<T>(node) };
    // SAFETY: This function's own requirement. The node is a part of the instance that the call is
    // for, and so are data and phase.
    unsafe { call_startup(cpu, &inner.entry.phase, &inner.data) }
}

/// The teardown that the kernel calls.
///
/// # Safety
///
/// To be called only by `kernel/cpu.c`, as the teardown of a [`MultiState<T>`].
unsafe extern "C" fn teardown<T: Callbacks>(cpu: c_uint, node: *mut bindings::hlist_node) -> c_int {
    // SAFETY: As in `startup()`.
    let inner = unsafe { instance::<T>(node) };
    // SAFETY: This function's own requirement. The node is a part of the instance that the call is
    // for, and so are data and phase.
    unsafe { call_teardown(cpu, &inner.entry.phase, &inner.data) }
}
