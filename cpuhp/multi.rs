// SPDX-License-Identifier: GPL-2.0

//! States with any number of instances.

use super::{
    instance,
    state::SingleCallback,
    CpusReadGuard,
    InstanceCallbacks,
    Section, //
};
use core::{
    marker::PhantomData,
    mem::transmute, //
};
use kernel::{
    bindings,
    prelude::*, //
};

/// A callback of a state with instances.
type MultiCallback = unsafe extern "C" fn(c_uint, *mut bindings::hlist_node) -> c_int;

/// A state with instances that has been set up.
///
/// It makes no calls by itself; its [`Instance`](super::Instance)s do. Each of these keeps a
/// reference to the state. When the last reference is gone, the state is removed, which may sleep
/// and takes `cpus_read_lock()`.
///
/// # Invariants
///
/// `state` is what the kernel gave for the callbacks of an [`Instance<T>`](super::Instance), and
/// has not been removed.
pub struct MultiState<T: InstanceCallbacks> {
    state: bindings::cpuhp_state,
    /// Invariant in `T`: an instance of one type must not be added to the state of another.
    _callbacks: PhantomData<fn(T) -> T>,
}

impl<T: InstanceCallbacks> MultiState<T> {
    /// Sets up the state, without instances.
    ///
    /// May sleep. Takes `cpus_read_lock()`. C: `cpuhp_setup_state_multi()`.
    ///
    /// # Errors
    ///
    /// `ENOSPC` if the section has no dynamic state left. The kernel warns about that.
    ///
    /// # Safety
    ///
    /// Callers must not `mem::forget()` the returned [`MultiState`], a reference to it or one of
    /// its [`Instance`](super::Instance)s, or otherwise prevent the [`Drop`] implementations of all
    /// of these from running before the code and the statics of `T`, or the caller's code, are
    /// unloaded.
    pub unsafe fn new() -> Result<Self> {
        // SAFETY: This function's own requirement.
        unsafe { Self::set_up(None) }
    }

    /// [`MultiState::new`] for callers that hold `cpus_read_lock()`.
    ///
    /// Neither the value nor an instance may be dropped with the lock held.
    ///
    /// May sleep. C has no name for this variant; it is `__cpuhp_setup_state_cpuslocked()`.
    ///
    /// # Errors
    ///
    /// As for [`MultiState::new`].
    ///
    /// # Safety
    ///
    /// As for [`MultiState::new`].
    pub unsafe fn new_cpuslocked(guard: &CpusReadGuard) -> Result<Self> {
        // SAFETY: This function's own requirement.
        unsafe { Self::set_up(Some(guard)) }
    }

    /// # Safety
    ///
    /// As for [`MultiState::new`].
    unsafe fn set_up(guard: Option<&CpusReadGuard>) -> Result<Self> {
        const {
            assert!(
                T::Section::MAY_REFUSE || !T::HAS_MAY_GO_DOWN,
                "only a state of section Online can refuse to let a CPU go offline"
            )
        };
        let step = T::STEP;
        let startup: Option<MultiCallback> =
            step.startup.is_some().then_some(instance::startup::<T>);
        let teardown: Option<MultiCallback> =
            step.teardown.is_some().then_some(instance::teardown::<T>);
        // SAFETY: C has callbacks of both types in a union, and takes them for those of instances
        // where its last argument is true.
        let (startup, teardown) = unsafe {
            (
                transmute::<Option<MultiCallback>, Option<SingleCallback>>(startup),
                transmute::<Option<MultiCallback>, Option<SingleCallback>>(teardown),
            )
        };
        let (section, name) = (T::Section::DYNAMIC, T::NAME.as_char_ptr());
        // SAFETY: The name is static, as are the callbacks. They are there for as long as the
        // state, because the caller sees to its removal. They are of the type that goes with the
        // last argument being true, and each gets what it needs with its instance. A guard stands
        // for the lock.
        let ret = unsafe {
            match guard {
                None => {
                    bindings::__cpuhp_setup_state(section, name, false, startup, teardown, true)
                }
                Some(_) => bindings::__cpuhp_setup_state_cpuslocked(
                    section, name, false, startup, teardown, true,
                ),
            }
        };
        if ret < 0 {
            return Err(Error::from_errno(ret));
        }
        // INVARIANT: For a dynamic state the kernel returns the number that it has given.
        Ok(Self {
            state: ret,
            _callbacks: PhantomData,
        })
    }

    /// Returns the number of the state.
    #[inline]
    pub fn number(&self) -> i32 {
        self.state
    }
}

impl<T: InstanceCallbacks> Drop for MultiState<T> {
    /// C: `cpuhp_remove_multi_state()`.
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariant the state is ours to remove, and it has no instances: each
        // of these has a reference to it until the kernel has removed the instance.
        unsafe { bindings::__cpuhp_remove_state(self.state, false) };
    }
}
