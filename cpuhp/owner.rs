// SPDX-License-Identifier: GPL-2.0

//! Whom states belong to, and what becomes of those that are leaked.

use super::context::Phase;
use crate::bindings;
use core::{
    cell::UnsafeCell,
    mem,
    ptr, //
};
use kernel::{
    new_mutex,
    prelude::*,
    str::BStr,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
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
    /// not in a cpuhp callback, and without `cpus_read_lock()` held. By then whatever has begun to
    /// set up or to remove a state or an instance with a reference to it has returned, and nothing
    /// begins to until the drop has returned.
    pub unsafe fn new(module: &'static ThisModule) -> Result<Self> {
        let registry = Arc::pin_init(
            pin_init!(Registry {
                module,
                gone: Atomic::new(false),
                lists <- new_mutex!(Lists {
                    instances: ptr::null(),
                    states: ptr::null(),
                }),
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
        let registry = &self.0 .0;
        // From here on nothing is listed or taken off any more, and nothing new is set up.
        // Instances come first: a state has none left when its turn comes.
        let heads = {
            let mut lists = registry.lists.lock();
            registry.gone.store(true, Relaxed);
            [
                mem::replace(&mut lists.instances, ptr::null()),
                mem::replace(&mut lists.states, ptr::null()),
            ]
        };
        for head in heads {
            let mut next = head;
            while !next.is_null() {
                // SAFETY: By the invariants of `Entry` it is there for as long as it is listed. It
                // is taken off by nobody but us, now that the owner is gone, and not before what it
                // stands for is removed.
                let entry = unsafe { &*next };
                // SAFETY: The owner is gone, so nobody else uses it. All of it is copied, for it
                // may be listed elsewhere as soon as `removed()` is called.
                let listed = unsafe { *entry.listed.get() };
                next = listed.next;
                // By the invariants of `Entry` the number that the kernel gave.
                let state = entry.phase.state();
                pr_err!(
                    "state {} of cpuhp, or an instance of it, was leaked: removed\n",
                    state
                );
                entry.phase.begin_by_owner();
                // SAFETY: The entry is still on the list, so what it stands for is still set up,
                // and nobody else removes it: by what `Owner::new()` requires nobody has begun to,
                // and who does now does not get it off the list. Nothing it needs has been freed,
                // because it was not dropped, or its drop left it behind. Its teardown does not
                // fail, for the phase says that it is removed, unless those who use the machine
                // have asked for it (`AskAlways::yes()`, the kernel's `hotplug/fail`). This is not
                // a callback and the lock is not held, likewise by what `Owner::new()` requires.
                unsafe {
                    match listed.what {
                        What::Instance(node) => {
                            bindings::__cpuhp_state_remove_instance(state, node, listed.invoke);
                        }
                        What::State(_) => bindings::__cpuhp_remove_state(state, listed.invoke),
                    }
                }
                entry.phase.end();
                if let What::State(removed) = listed.what {
                    // SAFETY: The state has just been removed, and this is done once for each.
                    unsafe { removed() };
                }
            }
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
    /// Whether the owner is gone. Set with the lock of the lists held.
    gone: Atomic<bool>,
    #[pin]
    lists: Mutex<Lists>,
}

/// The first entries of the lists, or null.
struct Lists {
    instances: *const Entry,
    states: *const Entry,
}

// SAFETY: The entries they refer to are `Sync`.
unsafe impl Send for Lists {}

impl Lists {
    fn head(&mut self, what: What) -> &mut *const Entry {
        match what {
            What::Instance(_) => &mut self.instances,
            What::State(_) => &mut self.states,
        }
    }
}

/// What is listed: a part of every state and instance, so that a list needs no memory.
///
/// # Invariants
///
/// - While it is on a list it stays where it is, that list is of one registry only, and has it
///   once.
/// - While it is on a list, `phase` has the number that the kernel gave the state, and `what` is
///   the node of the instance, or the state, that the entry is a part of.
/// - `listed` is used only by who holds the lock of that registry; when the owner is gone, by the
///   owner until it has removed what is listed; and while it is on no list, by who lists it.
pub(super) struct Entry {
    /// How far along it is, with the number of the state.
    pub(super) phase: Phase,
    listed: UnsafeCell<Listed>,
}

#[derive(Copy, Clone)]
struct Listed {
    next: *const Entry,
    previous: *const Entry,
    /// What it is.
    what: What,
    /// Whether it is to be removed with calls.
    invoke: bool,
}

/// How something that is listed is removed.
#[derive(Copy, Clone)]
pub(super) enum What {
    /// An instance: its node.
    Instance(*mut bindings::hlist_node),
    /// A state: what is called, once, when that is done. It requires no more.
    State(unsafe fn()),
}

// SAFETY: Who gets at what is not `Sync` by itself holds a lock, by the type invariants.
unsafe impl Sync for Entry {}
// SAFETY: It does not move while its address is on a list, and the addresses in it are used only
// with the lock held.
unsafe impl Send for Entry {}

impl Entry {
    /// Makes one that is on no list, with the number of the state or -1 where it is not known.
    pub(super) const fn new(state: bindings::cpuhp_state) -> Self {
        // INVARIANT: It is on none.
        Self {
            phase: Phase::new(state),
            listed: UnsafeCell::new(Listed {
                next: ptr::null(),
                previous: ptr::null(),
                what: What::State(|| {}),
                invoke: false,
            }),
        }
    }
}

impl OwnerRef {
    /// Tells whether anything can be set up.
    ///
    /// # Errors
    ///
    /// `ESHUTDOWN` if the owner is gone.
    pub(super) fn check(&self) -> Result {
        // The owner does not go while something is being set up, so this stays so.
        if self.0.gone.load(Relaxed) {
            return Err(ESHUTDOWN);
        }
        Ok(())
    }

    /// Lists something that has just been set up. May sleep.
    ///
    /// # Safety
    ///
    /// - The owner is not gone.
    /// - The entry is on no list, or on that of another owner which has removed what it stood for
    ///   and said so.
    /// - It stays where it is until [`OwnerRef::unlist`] has returned true or, if it never does,
    ///   for ever.
    /// - `what` is what the entry is a part of. It is set up, and stays so until then, and the
    ///   phase of the entry has the number of its state. `invoke` says how it may be removed.
    pub(super) unsafe fn list(&self, entry: &Entry, what: What, invoke: bool) {
        let mut lists = self.0.lists.lock();
        let head = lists.head(what);
        // SAFETY: The lock is held. What is on the list is there, by the invariants of `Entry`.
        // INVARIANT: The caller has promised that it stays.
        unsafe {
            *entry.listed.get() = Listed {
                next: *head,
                previous: ptr::null(),
                what,
                invoke,
            };
            if let Some(next) = head.as_ref() {
                (*next.listed.get()).previous = entry;
            }
        }
        *head = entry;
    }

    /// Takes something off the list, for it to be removed. May sleep.
    ///
    /// Returns false if the owner has removed it already, or is about to.
    ///
    /// # Safety
    ///
    /// It has been listed with this owner, and not been taken off; or the owner is gone.
    #[must_use]
    pub(super) unsafe fn unlist(&self, entry: &Entry) -> bool {
        let mut lists = self.0.lists.lock();
        if self.0.gone.load(Relaxed) {
            return false;
        }
        // SAFETY: The lock is held, and the entry is on a list with those beside it.
        unsafe {
            let listed = *entry.listed.get();
            match listed.previous.as_ref() {
                Some(previous) => (*previous.listed.get()).next = listed.next,
                None => *lists.head(listed.what) = listed.next,
            }
            if let Some(next) = listed.next.as_ref() {
                (*next.listed.get()).previous = listed.previous;
            }
            (*entry.listed.get()).next = ptr::null();
            (*entry.listed.get()).previous = ptr::null();
        }
        true
    }

    /// Says that something could not be removed where it was dropped. May sleep.
    ///
    /// It stays on the list, for the owner to remove it in the end, with calls or without. Until
    /// then its callbacks go on using its data.
    ///
    /// # Safety
    ///
    /// It has been listed with this owner, and not been taken off; or the owner is gone.
    pub(super) unsafe fn keep(&self, entry: &Entry, invoke: bool, name: &CStr) {
        let lists = self.0.lists.lock();
        if !self.0.gone.load(Relaxed) {
            // SAFETY: The lock is held.
            unsafe { (*entry.listed.get()).invoke = invoke };
        }
        drop(lists);
        pr_err!(
            "{} (state {}) dropped in a callback or maybe under cpus_read_lock(): it stays\n",
            BStr::from_bytes(name.to_bytes()),
            entry.phase.state()
        );
    }
}
