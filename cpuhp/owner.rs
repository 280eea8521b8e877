// SPDX-License-Identifier: GPL-2.0

//! Whom states belong to, and what becomes of those that are leaked.

use super::context::Phase;
use crate::bindings;
use kernel::{
    new_mutex,
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNodeReservation, //
    },
    str::BStr,
    sync::{
        Arc,
        Mutex, //
    }, //
};

/// The module that states belong to.
///
/// The kernel does not know which module a state belongs to, and goes on calling its callbacks when
/// that is gone. A state is removed when it is dropped; but safe code can leak a value instead of
/// dropping it. So every state and instance is listed with its owner, and those that are still
/// there when this is dropped are removed then, about which the kernel log gets to hear.
pub struct Owner(OwnerRef);

impl Owner {
    /// Makes the owner of the states of `module`. May sleep.
    ///
    /// # Safety
    ///
    /// The returned value is dropped before the code of `module` is unloaded: in process context,
    /// not in a cpuhp callback, without `cpus_read_lock()` held, and not while something is being
    /// set up with a reference to it, or removed that was.
    pub unsafe fn new(module: &'static ThisModule) -> Result<Self> {
        let registry = Arc::pin_init(
            pin_init!(Registry {
                module,
                entries <- new_mutex!(Some(RBTree::new())),
            }),
            GFP_KERNEL,
        )?;
        Ok(Self(OwnerRef(registry)))
    }

    /// Returns a reference, to set up states with.
    pub fn reference(&self) -> &OwnerRef {
        &self.0
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // From here on nothing is listed any more, and nothing new is set up.
        let entries = self.0 .0.entries.lock().take();
        // In the order of `Key`: a state has no instances left when its turn comes.
        for (key, entry) in entries.iter().flatten() {
            pr_err!(
                "state {} of cpuhp, or an instance of it, was leaked: removed\n",
                entry.state
            );
            // SAFETY: By the invariants of `Entry`, as the entry is still in the list.
            let phase = unsafe { &*entry.phase };
            phase.begin_by_owner();
            // SAFETY: The entry is still in the list, so what it stands for is still set up, and
            // nobody else removes it: by what `Owner::new()` requires nobody has begun to, and who
            // does now does not find it in the list. Nothing it needs has been freed, because it
            // was not dropped. Its teardown does not fail, for the phase says that it is removed,
            // unless those who use the machine have asked for it (`AskAlways::yes()`, the kernel's
            // `hotplug/fail`). This is not a callback and the lock is not held, likewise by what
            // `Owner::new()` requires.
            unsafe {
                match *key {
                    Key::Instance(node) => {
                        let node = core::ptr::with_exposed_provenance_mut(node);
                        bindings::__cpuhp_state_remove_instance(entry.state, node, entry.invoke);
                    }
                    Key::State(_) => bindings::__cpuhp_remove_state(entry.state, entry.invoke),
                }
            }
            phase.end();
            (entry.removed)();
        }
    }
}

/// A reference to an [`Owner`].
///
/// It does not keep the owner. When that is gone, nothing can be set up with it any more.
#[derive(Clone)]
pub struct OwnerRef(Arc<Registry>);

/// What an [`Owner`] owns.
#[pin_data]
struct Registry {
    module: &'static ThisModule,
    /// None when the owner is gone.
    #[pin]
    entries: Mutex<Option<RBTree<Key, Entry>>>,
}

/// What is listed, by the address of something that goes with it.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// An instance: that of its node.
    Instance(usize),
    /// A state: its number.
    State(bindings::cpuhp_state),
}

/// How to remove what is listed.
///
/// # Invariants
///
/// `phase` is valid while the entry is in the list.
pub(super) struct Entry {
    /// The state, or that of the instance.
    pub(super) state: bindings::cpuhp_state,
    /// Whether with calls.
    pub(super) invoke: bool,
    /// What says to the callbacks that it is removed.
    pub(super) phase: *const Phase,
    /// Called when that is done.
    pub(super) removed: fn(),
}

// SAFETY: The phase that it refers to is `Sync`.
unsafe impl Send for Entry {}

/// Room in the list, to be had before something is done that needs to be listed.
pub(super) struct Reservation(RBTreeNodeReservation<Key, Entry>);

impl OwnerRef {
    /// Makes room. May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, and `ESHUTDOWN` if the owner is gone.
    pub(super) fn reserve(&self) -> Result<Reservation> {
        if self.0.entries.lock().is_none() {
            return Err(ESHUTDOWN);
        }
        Ok(Reservation(RBTreeNodeReservation::new(GFP_KERNEL)?))
    }

    /// Lists something that has just been set up.
    ///
    /// The owner is still there: it does not go while something is being set up.
    pub(super) fn list(&self, reservation: Reservation, key: Key, entry: Entry) {
        let node = reservation.0.into_node(key, entry);
        if let Some(entries) = &mut *self.0.entries.lock() {
            entries.insert(node);
        }
    }

    /// Takes something off the list, for it to be removed.
    ///
    /// Returns false if it is not there: then the owner has removed it already.
    #[must_use]
    pub(super) fn unlist(&self, key: Key) -> bool {
        match &mut *self.0.entries.lock() {
            Some(entries) => entries.remove(&key).is_some(),
            None => false,
        }
    }

    /// Says that something could not be removed where it was dropped.
    ///
    /// It stays on the list, for the owner to remove it in the end, with calls or without. Until
    /// then its callbacks go on using its data.
    pub(super) fn keep(&self, key: Key, invoke: bool, name: &CStr, state: bindings::cpuhp_state) {
        if let Some(entries) = &mut *self.0.entries.lock() {
            if let Some(entry) = entries.get_mut(&key) {
                entry.invoke = invoke;
            }
        }
        pr_err!(
            "{} (state {}) dropped in a callback or under cpus_read_lock(): it stays\n",
            BStr::from_bytes(name.to_bytes()),
            state
        );
    }
}
