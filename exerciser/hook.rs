// SPDX-License-Identifier: GPL-2.0

//! The hook into the kernel: calls of all states, watched and made to fail.
//!
//! While it is in place, `cpuhp_invoke_callback()`, through which the kernel makes every call,
//! leads into `Watcher::step()`, which may return an error in its place or call the original; and
//! the functions that set up and remove states and instances lead into detours that tell what the
//! calls are for. `bindings/hook.c` puts it in place. The kernel's tracepoints tell which instances
//! a step calls.
//!
//! Nothing of the kernel is touched while nobody wants the hook.

mod book;
mod callbacks;
mod calls;
mod detours;
mod inside;
mod instance_name;
mod misuses;
mod operations;
mod probes;
mod running;
mod step;

use crate::exerciser::{
    bindings,
    checker::Others,
    common::Common,
    target::Target,
    word::Word, //
};
use book::{
    is_own,
    Book, //
};
use core::ptr;
use inside::{
    INSIDE,
    WATCHER, //
};
use kernel::{
    error::to_result,
    new_mutex, new_spinlock,
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Relaxed,
            Release, //
        },
        Arc,
        Mutex,
        SpinLock, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
};

/// Watches the calls of all states, and makes some of them fail.
///
/// # Invariants
///
/// A state in `book` has a target only if that is in `targets`.
#[pin_data(PinnedDrop)]
pub struct Watcher {
    common: Arc<Common>,
    /// Whether the calls of all states are in the log.
    watching: Atomic<bool>,
    /// What is to fail. Changing it is done with `wanted` locked as well.
    #[pin]
    targets: SpinLock<KVec<Arc<Target>>>,
    #[pin]
    book: SpinLock<Book>,
    /// The task that sets up or removes, while that makes a call; else 0. There is one at a time,
    /// because the kernel makes it with a mutex held.
    issued_by: Word,
    /// How many setups are under way whose state is not in the book yet.
    unnumbered: Atomic<i32>,
    /// Whether the hook is in place.
    #[pin]
    wanted: Mutex<bool>,
    /// The addresses of the callbacks that are hooked.
    #[pin]
    hooked: Mutex<KVec<usize>>,
}

impl Watcher {
    /// Makes one that does nothing yet.
    ///
    /// # Safety
    ///
    /// There is one such value, which is dropped before the module is unloaded.
    pub unsafe fn new(common: Arc<Common>) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            common,
            watching: Atomic::new(false),
            targets <- new_spinlock!(KVec::new()),
            book <- Book::new().map(|book| new_spinlock!(book))?,
            issued_by: Word::new(),
            unnumbered: Atomic::new(0),
            wanted <- new_mutex!(false),
            hooked <- new_mutex!(KVec::new()),
        }? Error)
    }

    /// Whether the calls of all states are in the log.
    pub fn is_watching(&self) -> bool {
        self.watching.load(Relaxed)
    }

    /// Starts or ends having the calls of all states in the log.
    ///
    /// # Errors
    ///
    /// `EOPNOTSUPP` if this kernel cannot be hooked.
    pub fn watch(&self, watch: bool) -> Result {
        let mut wanted = self.wanted.lock();
        if watch {
            self.hook(&mut wanted)?;
        }
        if watch && !self.is_watching() {
            // What was seen another time need not hold any more.
            let mut others = Others::new().inspect_err(|_| self.unhook_if_unwanted(&mut wanted))?;
            let mut book = self.book.lock();
            core::mem::swap(&mut book.others, &mut others);
            book.times_watched += 1;
            // With the book locked: a setup that begins with the new count has all of its calls
            // seen.
            self.set_watching(true);
            drop(book);
        } else if !watch {
            self.set_watching(false);
        }
        self.unhook_if_unwanted(&mut wanted);
        Ok(())
    }

    fn set_watching(&self, watch: bool) {
        self.watching.store(watch, Relaxed);
        // SAFETY: The function sets a flag.
        unsafe { bindings::hook_watch(watch) };
    }

    /// Adds a state that is to fail.
    ///
    /// # Errors
    ///
    /// `EOPNOTSUPP` if this kernel cannot be hooked, or the state is one of section STARTING;
    /// `EINVAL` if it is one of this module; `ENOENT` if it is a number that no state has; `EEXIST`
    /// if it is there already.
    pub fn add(&self, target: Arc<Target>, number: Option<i32>, name: &[u8]) -> Result {
        let mut wanted = self.wanted.lock();
        self.hook(&mut wanted)?;
        let result = self.add_hooked(target, number, name);
        if let Err(error) = result {
            say_why_not(name, error);
            self.unhook_if_unwanted(&mut wanted);
        } else {
            self.hook_callbacks();
        }
        result
    }

    fn add_hooked(&self, target: Arc<Target>, number: Option<i32>, name: &[u8]) -> Result {
        let book = &mut *self.book.lock();
        let found = match number {
            Some(number) => {
                let state = book.state(number).ok_or(ENOENT)?;
                if state.name.is_none() && book.knows_all {
                    return Err(ENOENT);
                }
                Some(number)
            }
            None => {
                let mut states = book.states.iter();
                let named = states.position(|state| state.name.as_deref() == Some(name));
                named.map(|number| number as i32)
            }
        };
        if let Some(number) = found {
            // SAFETY: The function compares numbers.
            if unsafe { bindings::cpuhp_is_atomic(number) } {
                return Err(EOPNOTSUPP);
            }
            let state = book.state(number).ok_or(ENOENT)?;
            if state.own {
                return Err(EINVAL);
            }
            if state.target.is_some() {
                return Err(EEXIST);
            }
        }
        if is_own(name) {
            return Err(EINVAL);
        }
        let targets = &mut *self.targets.lock();
        targets.push(target, GFP_ATOMIC)?;
        book.aim_all(targets);
        Ok(())
    }

    /// Removes a state from those that are to fail.
    pub fn remove(&self, target: &Arc<Target>) {
        let mut wanted = self.wanted.lock();
        let removed = {
            let book = &mut *self.book.lock();
            let targets = &mut *self.targets.lock();
            let index = targets.iter().position(|t| Arc::ptr_eq(t, target));
            let removed = index.and_then(|index| targets.remove(index).ok());
            book.aim_all(targets);
            removed
        };
        drop(removed);
        self.unhook_if_unwanted(&mut wanted);
    }

    /// Puts the hook in place, if it is not.
    fn hook(&self, wanted: &mut bool) -> Result {
        if *wanted {
            return Ok(());
        }
        // What is known from another time need not hold any more.
        let mut book = Book::new()?;
        book.swap_but_targets(&mut self.book.lock());
        drop(book);
        // INVARIANT: Whoever has `self` has it pinned: it was initialised in place, and is not
        // `Unpin`. Before it is gone it is dropped, and that takes the hook out and stores null
        // when nobody is counted any more.
        WATCHER.store(ptr::from_ref(self).cast_mut(), Release);
        // SAFETY: The detours find a watcher. Whoever puts the hook in place holds the mutex.
        if let Err(error) = to_result(unsafe { bindings::hook() }) {
            pr_err!("this kernel cannot be hooked: {:?}\n", error);
            self.forget_watcher();
            return Err(EOPNOTSUPP);
        }
        *wanted = true;
        // Nothing is watched or armed before this. What it shows can be out of date for a setup or
        // removal that had begun before the hook was in place, and is over later: that is not in
        // the book. Its calls are known as such all the same, since the hook of what makes them was
        // in place before this: they are not taken for those of a CPU that goes offline, where a
        // teardown may fail.
        self.learn()
            .inspect_err(|_| self.unhook_if_unwanted(wanted))
    }

    /// Notes the states that the kernel shows and that are not in the book. Sleeps.
    fn learn(&self) -> Result {
        let mut page = KVec::from_elem(0u8, 4 * PAGE_SIZE, GFP_KERNEL)?;
        let (len, mut book) = loop {
            let removals = self.book.lock().removals;
            // SAFETY: There are pages, aligned as pages are: they were allocated with a power of
            // two of them. Newer kernels use one; older ones do not look how much they use, but it
            // is far less than this.
            let len = unsafe { bindings::cpuhp_states(page.as_mut_ptr().cast()) };
            let book = self.book.lock();
            // A state that was removed after the kernel had shown it is not to be noted.
            if book.removals == removals {
                break (usize::try_from(len).unwrap_or(0), book);
            }
        };
        let book = &mut *book;
        let text = page.get(..len).unwrap_or(&[]);
        book.learn(text, self.common.log.names());
        // What did not fit a page is left out.
        book.knows_all = text.ends_with(b"\n") && len < PAGE_SIZE - 1;
        let targets = self.targets.lock();
        book.aim_all(&targets);
        Ok(())
    }

    /// Takes the hook out, if nobody wants it.
    fn unhook_if_unwanted(&self, wanted: &mut bool) {
        if !*wanted || self.is_watching() || !self.targets.lock().is_empty() {
            return;
        }
        // SAFETY: Whoever takes the hook out holds the mutex.
        unsafe { bindings::unhook() };
        // Their callbacks may still be running, and fail.
        self.wait_for_detours();
        {
            // The work item and the notification of a module that goes change what is hooked with
            // this locked. After that they find nothing: by the type invariant no state has a
            // target, and the list is empty.
            let mut hooked = self.hooked.lock();
            // SAFETY: Whoever calls `hook_callback()` holds the lock.
            unsafe { bindings::unhook_callbacks() };
            hooked.clear();
        }
        // SAFETY: As above. The steps that were seen are over, and the callbacks' detour is out.
        unsafe { bindings::unhook_calls() };
        self.forget_watcher();
        *wanted = false;
    }

    /// Waits until no detour is under way that works with `self`. The hooks have been taken out
    /// before.
    fn wait_for_detours(&self) {
        // Whoever was led into a detour is counted by now. It may sleep there, as callbacks do.
        while INSIDE.load(Acquire) != 0 {
            fsleep(Delta::from_millis(10));
        }
    }

    /// Waits until none works with `self` and none begins to. All that leads into them has been
    /// taken out before. If ftrace is dead and has not let go of it, detours go on to begin, and
    /// find no watcher from then on; the module then stays, and its code with it.
    fn forget_watcher(&self) {
        self.wait_for_detours();
        // The last instructions of a detour are not counted any more.
        // SAFETY: This is process context.
        unsafe { bindings::hook_synchronize() };
        // INVARIANT: Null is allowed at any time.
        WATCHER.store(ptr::null_mut(), Release);
    }
}

#[pinned_drop]
impl PinnedDrop for Watcher {
    fn drop(self: Pin<&mut Self>) {
        self.set_watching(false);
        let targets = {
            let mut book = self.book.lock();
            let targets = core::mem::take(&mut *self.targets.lock());
            book.aim_all(&[]);
            targets
        };
        let mut wanted = self.wanted.lock();
        self.unhook_if_unwanted(&mut wanted);
        drop(targets);
    }
}

/// Says in the kernel log why a state was not added, where the errno leaves that open.
///
/// The hook is in place, so it is not that the kernel cannot be hooked.
fn say_why_not(name: &[u8], error: Error) {
    let reason = if error == EOPNOTSUPP {
        c"is of section STARTING, whose callbacks must not fail"
    } else if error == EINVAL {
        c"is a state of this module, which has a directory of its own"
    } else {
        return;
    };
    // SAFETY: The name is that long, and the reason is a string that stays.
    unsafe { bindings::hook_refuse(name.as_ptr().cast(), name.len(), reason.as_char_ptr()) };
}
