// SPDX-License-Identifier: GPL-2.0

//! The right to set up states, and the lock that keeps CPUs where they are.

use super::context;
use crate::bindings;
use core::{
    marker::PhantomData,
    ops::Deref,
    ptr, //
};
use kernel::{
    cpu::{
        nr_cpu_ids,
        CpuId, //
    },
    prelude::*,
    sync::atomic::{
        Atomic,
        Full,
        Relaxed, //
    },
    task::Task,
    types::NotThreadSafe, //
};

/// The right to set up a state and to take `cpus_read_lock()`.
///
/// Both wait for locks that are held around every callback. So whoever does either must not be
/// inside a callback and must not hold `cpus_read_lock()` yet; the kernel deadlocks otherwise, and
/// lockdep does not always see it. This token stands for that. It cannot be sent to or shared with
/// another thread, so data that callbacks share cannot smuggle one in, and it is borrowed for as
/// long as a [`CpusReadGuard`] lives.
///
/// # Invariants
///
/// For as long as the value lives, the task that owns it is in process context, may sleep, is not
/// inside a cpuhp callback, and does not hold `cpu_hotplug_lock` otherwise than through a
/// [`CpusReadGuard`] that borrows this very value.
pub struct Registrar(NotThreadSafe);

impl Registrar {
    /// Asserts that this task may set up states.
    ///
    /// # Safety
    ///
    /// For as long as the returned value lives, the calling task
    ///
    /// - is in process context and may sleep,
    /// - is not inside a cpuhp callback,
    /// - does not hold `cpu_hotplug_lock`, which is what `cpus_read_lock()` takes, nor a lock that
    ///   some cpuhp callback takes, and
    /// - while a [`CpusReadGuard`] of one such value lives, uses no other.
    #[inline]
    pub unsafe fn assume() -> Self {
        // INVARIANT: All of it is required of the caller.
        Self(NotThreadSafe)
    }

    /// Waits until no hotplug operation is under way and keeps the next one from starting.
    ///
    /// While there are more than 64 guards at a time, states and instances that are dropped in
    /// tasks which have none are refused too, for these cannot be told from the others; they stay
    /// until their [`Owner`](super::Owner) goes.
    ///
    /// May sleep. C: `cpus_read_lock()`.
    #[inline]
    pub fn cpus_read_lock(&mut self) -> CpusReadGuard<'_> {
        // SAFETY: By the invariants of `Registrar` this task is not in a callback, and does not
        // hold the lock but through a guard that has been leaked.
        unsafe { CpusReadGuard::new() }
    }

    /// Whether this task has leaked a [`CpusReadGuard`] and so still holds the lock.
    ///
    /// # Errors
    ///
    /// `EDEADLK` if it has.
    pub(super) fn check(&self) -> Result {
        match Obstacle::find() {
            Obstacle::CpusLocked => Err(EDEADLK),
            _ => Ok(()),
        }
    }
}

/// No hotplug operation is under way, and none starts.
///
/// What this is borrowed from decides for how long. Setups and removals of states may be under way:
/// those that are done with the lock held are not kept out by others that hold it for reading too.
///
/// # Invariants
///
/// For as long as it can be borrowed, `cpu_hotplug_lock` is held for reading.
pub struct CpusLocked(NotThreadSafe);

impl CpusLocked {
    /// Returns the CPUs that are online, in ascending order.
    pub fn online_cpus(&self) -> impl Iterator<Item = CpuId> + '_ {
        (0..nr_cpu_ids())
            .filter_map(CpuId::from_u32)
            .filter(|&cpu| self.is_online(cpu))
    }

    /// Tells whether a CPU is online.
    pub fn is_online(&self, cpu: CpuId) -> bool {
        // SAFETY: The mask is always there. By the type invariant no CPU comes or goes, so it does
        // not change.
        unsafe { bindings::cpumask_test_cpu(cpu.into(), &raw mut bindings::__cpu_online_mask) }
    }
}

/// While this lives, no CPU goes online or offline.
///
/// # Invariants
///
/// The task that owns the value holds `cpu_hotplug_lock` for reading: with a reference of the
/// value's own, for which `listed[place]` or one of the `unlisted` holders stands, or, if it is
/// `borrowed`, with that of a guard that has been leaked.
#[must_use = "the lock is released when the guard is dropped"]
pub struct CpusReadGuard<'a> {
    place: Option<usize>,
    borrowed: bool,
    locked: CpusLocked,
    _registrar: PhantomData<&'a mut Registrar>,
}

/// Who holds a [`CpusReadGuard`].
///
/// The kernel does not know: the lock counts its readers and that is all. But a state may be
/// dropped anywhere, and then it matters.
struct Holders {
    /// How many guards there are, to begin with: mostly there is none, and no list to look through.
    guards: Atomic<u64>,
    listed: [Atomic<*mut kernel::bindings::task_struct>; Self::MAX],
    /// How many are not in the list because it was full.
    unlisted: Atomic<u64>,
}

impl Holders {
    const MAX: usize = 64;
}

static HOLDERS: Holders = Holders {
    guards: Atomic::new(0),
    listed: [const { Atomic::new(ptr::null_mut()) }; Holders::MAX],
    unlisted: Atomic::new(0),
};

impl CpusReadGuard<'_> {
    /// Takes the lock.
    ///
    /// # Safety
    ///
    /// The calling task can sleep, is not inside a cpuhp callback, and does not hold
    /// `cpu_hotplug_lock` but through a guard that has been leaked.
    unsafe fn new() -> Self {
        if Obstacle::find() == Obstacle::CpusLocked {
            // INVARIANT: Nobody is left to give that reference back: the guard that did not borrow
            // has been leaked, as the caller says. So the lock stays held, also for `CpusLocked`.
            return Self {
                place: None,
                borrowed: true,
                locked: CpusLocked(NotThreadSafe),
                _registrar: PhantomData,
            };
        }
        // SAFETY: The caller vouches for what keeps this from waiting for ever.
        unsafe { bindings::cpus_read_lock() };

        let task = Task::current_raw();
        HOLDERS.guards.add(1u64, Relaxed);
        let place = HOLDERS
            .listed
            .iter()
            .position(|place| place.cmpxchg(ptr::null_mut(), task, Full).is_ok());
        if place.is_none() {
            HOLDERS.unlisted.add(1u64, Relaxed);
        }
        // INVARIANT: The reference that was just taken belongs to the new value, and so does the
        // place in the list. It is given back when nobody borrows the `CpusLocked` in it any more.
        Self {
            place,
            borrowed: false,
            locked: CpusLocked(NotThreadSafe),
            _registrar: PhantomData,
        }
    }
}

impl Deref for CpusReadGuard<'_> {
    type Target = CpusLocked;

    fn deref(&self) -> &CpusLocked {
        &self.locked
    }
}

impl Drop for CpusReadGuard<'_> {
    fn drop(&mut self) {
        if self.borrowed {
            return;
        }
        match self.place {
            Some(place) => HOLDERS.listed[place].store(ptr::null_mut(), Relaxed),
            None => {
                HOLDERS.unlisted.fetch_sub(1u64, Relaxed);
            }
        }
        HOLDERS.guards.fetch_sub(1u64, Relaxed);
        // SAFETY: By the type invariant there is a reference to give back. It is given back by the
        // task that took it, because the guard cannot leave its thread.
        unsafe { bindings::cpus_read_unlock() };
    }
}

/// What stands against removing a state here and now.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Obstacle {
    /// Nothing does.
    None,
    /// The calling task holds `cpus_read_lock()`.
    CpusLocked,
    /// The calling task is inside a callback, or there is no telling whether it holds the lock.
    Insuperable,
}

impl Obstacle {
    pub(super) fn find() -> Self {
        if context::in_callback() {
            return Self::Insuperable;
        }
        // What this task has counted and listed itself it finds without any ordering.
        if HOLDERS.guards.load(Relaxed) == 0 {
            return Self::None;
        }
        let task = Task::current_raw();
        let listed = |place: &Atomic<*mut _>| ptr::eq(place.load(Relaxed), task);
        if HOLDERS.listed.iter().any(listed) {
            Self::CpusLocked
        } else if HOLDERS.unlisted.load(Relaxed) != 0 {
            Self::Insuperable
        } else {
            Self::None
        }
    }
}
