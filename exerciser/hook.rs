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

use crate::exerciser::{
    bindings,
    call::{
        hotplug_is_held_off,
        Call, //
    },
    checker::{
        Misuse,
        Others,
        Progress,
        Rules, //
    },
    common::Common,
    faults::HasFaults,
    log::{
        Event,
        NameId, //
    },
    operation::{
        Callback,
        Operation, //
    },
    target::{
        is_online,
        Target, //
    },
    task::{
        self,
        Place, //
    }, //
};
use book::{
    is_own,
    new_state,
    Book,
    Operating,
    Running, //
};
use core::{
    ffi::CStr,
    ptr, //
};
use kernel::{
    bindings as kernel_bindings,
    cpu::CpuId,
    error::to_result,
    new_mutex, new_spinlock,
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full,
            Relaxed,
            Release, //
        },
        Arc,
        Mutex,
        SpinLock, //
    },
    time::{
        delay::fsleep,
        ClockSource,
        Delta,
        Monotonic, //
    },
};

/// What the detours work with.
///
/// # Invariants
///
/// While a detour or the like is under way that is counted in [`INSIDE`], or a probe of a
/// tracepoint, this is null or the address of a [`Watcher`] that lives. (When the hook is taken
/// out, the probes are waited for before the detours are.)
static WATCHER: Atomic<*mut Watcher> = Atomic::new(ptr::null_mut());

/// How long the name of a function is at the most, with that of its module.
const SYMBOL_LEN: usize = 640;

/// How many steps are under way that are in the book.
static STEPS: Atomic<i32> = Atomic::new(0);

/// How many detours, notifications and work items are under way.
static INSIDE: Atomic<i64> = Atomic::new(0);

/// Evidence that a detour is under way.
struct Inside;

impl Inside {
    fn enter() -> Self {
        INSIDE.fetch_add(1, Full);
        Self
    }

    /// Returns what to work with, if the hook is in place.
    fn watcher(&self) -> Option<&Watcher> {
        // SAFETY: By the invariant of `WATCHER`, and this is counted.
        unsafe { WATCHER.load(Acquire).as_ref() }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.fetch_add(-1, Full);
    }
}

/// Watches the calls of all states, and makes some of them fail.
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
            drop(book);
        }
        self.watching.store(watch, Relaxed);
        // SAFETY: The function sets a flag.
        unsafe { bindings::hook_watch(watch) };
        self.unhook_if_unwanted(&mut wanted);
        Ok(())
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
        if result.is_err() {
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
        WATCHER.store(ptr::from_ref(self).cast_mut(), Release);
        // SAFETY: The detours find a watcher. Whoever puts the hook in place holds the mutex.
        if let Err(error) = to_result(unsafe { bindings::hook() }) {
            pr_err!("this kernel cannot be hooked: {:?}\n", error);
            self.wait_for_detours();
            return Err(EOPNOTSUPP);
        }
        *wanted = true;
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
        self.wait_for_detours();
        self.hooked.lock().clear();
        *wanted = false;
    }

    /// Waits until no detour is under way and none begins. The hook has been taken out before.
    fn wait_for_detours(&self) {
        // Whoever was led into a detour is counted by now. It may sleep there, as callbacks do.
        while INSIDE.load(Acquire) != 0 {
            fsleep(Delta::from_millis(10));
        }
        // The last instructions of a detour are not counted any more.
        // SAFETY: This is process context.
        unsafe { bindings::hook_synchronize() };
        WATCHER.store(ptr::null_mut(), Release);
    }

    /// Hooks the callbacks of states with instances that are to fail, as far as they are known.
    fn hook_callbacks(&self) {
        let mut hooked = self.hooked.lock();
        let mut number = 0;
        loop {
            for startup in [true, false] {
                let function = {
                    let mut book = self.book.lock();
                    let Some(state) = book.state(number) else {
                        return;
                    };
                    let multi = state.multi == Some(true) && state.target.is_some();
                    let function = state.function(startup);
                    if !multi || function == 0 || state.is_hooked(startup) {
                        continue;
                    }
                    function
                };
                let known = hooked.contains(&function);
                // SAFETY: The callbacks' detour finds a watcher, and what to call instead.
                let hook = || unsafe { bindings::hook_callback(function as *mut _, true) };
                let ok = known || hooked.reserve(1, GFP_KERNEL).is_ok() && hook() == 0;
                if ok {
                    if !known {
                        // There is room for it.
                        let _ = hooked.push(function, GFP_KERNEL);
                    }
                    let mut book = self.book.lock();
                    if let Some(state) = book.state(number) {
                        if state.function(startup) == function {
                            state.set_hooked(startup);
                        }
                    }
                }
            }
            number += 1;
        }
    }

    /// A module goes: its callbacks are no longer hooked, and nothing of it may be set up any more.
    ///
    /// # Safety
    ///
    /// The module is there until this returns.
    unsafe fn module_going(&self, module: *mut kernel_bindings::module) {
        {
            let mut hooked = self.hooked.lock();
            hooked.retain(|&mut function| {
                // SAFETY: The module is still there.
                let gone = unsafe { bindings::is_of_module(module, function as *mut _) };
                if gone {
                    // SAFETY: It has been hooked.
                    unsafe { bindings::hook_callback(function as *mut _, false) };
                }
                !gone
            });
        }
        let is_of_module = |address: usize| {
            // SAFETY: This function's own requirement.
            unsafe { bindings::is_of_module(module, address as *mut _) }
        };
        let left_behind = |book: &Book| {
            let mut instances = book.instances.iter();
            let left = instances.find(|(node, _)| is_of_module(**node))?;
            Some((*left.0, *left.1))
        };
        loop {
            let mut book = self.book.lock();
            let Some((node, number)) = left_behind(&book) else {
                break;
            };
            book.instances.remove(&node);
            let name = book.state(number).map_or(NameId::UNKNOWN, |s| s.name_id);
            drop(book);
            if self.is_watching() {
                self.misuse(
                    Misuse::LeftBehind,
                    number,
                    name,
                    node,
                    Operation::Remove,
                    node,
                );
            }
        }
        for number in 0.. {
            let (left, name, function) = {
                let mut book = self.book.lock();
                let Some(state) = book.state(number) else {
                    return;
                };
                let mut functions = [state.startup, state.teardown].into_iter();
                let left = functions.find(|f| is_of_module(*f));
                let name = state.name_id;
                let left = left.filter(|_| state.name.is_some() && !state.own);
                (left.is_some(), name, left.unwrap_or(0))
            };
            if left && self.is_watching() {
                self.misuse(
                    Misuse::LeftBehind,
                    number,
                    name,
                    0,
                    Operation::Remove,
                    function,
                );
            }
        }
    }

    /// Reports what a driver did, whose function is at this address.
    fn misuse(
        &self,
        misuse: Misuse,
        number: i32,
        name: NameId,
        instance: usize,
        operation: Operation,
        function: usize,
    ) {
        let mut driver = [0u8; SYMBOL_LEN];
        // SAFETY: The buffer is this long.
        unsafe {
            bindings::describe(function as *mut _, driver.as_mut_ptr().cast(), driver.len());
        }
        let driver = CStr::from_bytes_until_nul(&driver).unwrap_or(c"?");
        let mut text = InstanceName::default();
        let here = CpuId::current();
        let event = Event {
            state: name,
            id: Some(number),
            instance: text.of(instance),
            cpu: here.as_u32(),
            on: here.as_u32(),
            operation,
            callback: Callback::Teardown,
            result: Ok(()),
            injected: false,
            time: Monotonic::ktime_get(),
            took: 0,
            frozen: false,
            breach: None,
        };
        self.common.report_misuse(&event, misuse, driver);
    }

    /// A setup or removal begins.
    fn begin(&self, operating: Operating) {
        let book = &mut *self.book.lock();
        let operating = Operating {
            times_watched: book.times_watched,
            ..operating
        };
        // Without memory it is not known what its calls are for.
        let _ = book.operating.push(operating, GFP_ATOMIC);
    }

    /// A setup or removal of the calling task is over: what the kernel returned, and the number.
    fn end(&self, result: Result, number: i32) {
        let (rules, ended) = {
            let book = &mut *self.book.lock();
            let targets = self.targets.lock();
            let task = task::current();
            let index = book.operating.iter().rposition(|o| o.task == task);
            let Some(index) = index else {
                return;
            };
            let Ok(mut ended) = book.operating.remove(index) else {
                return;
            };
            if ended.number < 0 {
                ended.number = number;
            }
            let number = ended.number;
            if let (Some(state), Ok(())) = (ended.state.take(), result) {
                ended.setup = book.set_up(number, state, &targets);
            }
            let setup = ended.progress.operation == Operation::Setup;
            // Else the number has been given to another state already, or has been another's all
            // the time.
            let current = (ended.setup.is_some() || !setup || ended.instance != 0)
                && book.state(number).is_some_and(|s| s.setup == ended.setup);
            let has_startup = book.state(number).is_some_and(|s| s.startup != 0);
            let multi = book.state(number).is_some_and(|s| s.multi == Some(true));
            let progress = &ended.progress;
            // Who began to watch meanwhile has not seen all calls.
            let seen = current && ended.times_watched == book.times_watched;
            let rules = if ended.own || !seen || (multi && ended.instance == 0) {
                Rules::default()
            } else {
                let instance = ended.instance;
                book.others
                    .end(progress, number, instance, has_startup, result)
            };
            match (ended.instance, setup, result.is_ok()) {
                // A setup that failed, or a removal.
                (0, true, false) | (0, false, _) if current => book.removed(number, &targets),
                (0, _, _) => {}
                _ if ended.own => {}
                (instance, true, true) => {
                    let inserted = book
                        .instances
                        .try_create_and_insert(instance, number, GFP_ATOMIC);
                    // Without memory it is as one that was there before.
                    drop(inserted);
                }
                (instance, true, false) => book.others.forget(number, instance),
                (instance, false, true) => {
                    book.instances.remove(&instance);
                    book.others.forget(number, instance);
                }
                (_, false, false) => {}
            }
            (rules, ended)
        };
        // SAFETY: The hook is in place, or is being taken out and waits for us.
        unsafe { bindings::hook_callbacks_later() };
        if rules.is_empty() || !self.is_watching() {
            return;
        }
        let Some(cpu) = CpuId::from_u32(0) else {
            return;
        };
        let call = Call::by_hand(Callback::Startup, cpu, ended.progress.operation);
        let name = {
            let mut book = self.book.lock();
            book.state(ended.number)
                .map_or(NameId::UNKNOWN, |s| s.name_id)
        };
        let mut text = InstanceName::default();
        let event = event(
            &call,
            ended.number,
            name,
            text.of(ended.instance),
            Ok(()),
            false,
        );
        self.common.report(&event, rules);
    }

    /// A step: what `cpuhp_invoke_callback()` is called for.
    ///
    /// # Safety
    ///
    /// To be called only in the place of `cpuhp_invoke_callback()`, with the arguments of that
    /// call.
    unsafe fn step(
        &self,
        cpu: c_uint,
        number: i32,
        startup: bool,
        node: *mut bindings::hlist_node,
        lastp: *mut *mut bindings::hlist_node,
    ) -> c_int {
        // SAFETY: This function's own requirement.
        let original = || unsafe { bindings::original_step(cpu, number, startup, node, lastp) };
        let watched = self.is_watching();
        let task = task::current();
        let callback = if startup {
            Callback::Startup
        } else {
            Callback::Teardown
        };
        let Some(cpu) = CpuId::from_u32(cpu) else {
            return original();
        };

        let place = Place::here();
        let (target, expect) = {
            let book = &mut *self.book.lock();
            match plan(
                book,
                (task, callback, cpu, number, node.addr()),
                place,
                watched,
            ) {
                Plan::Pass => (None, None),
                Plan::Run { target, expect } => (target, Some(expect)),
            }
        };
        // Not with the lock of the book held.
        let Some(expect) = expect else {
            let ret = original();
            if ret != 0 && watched {
                // One of our own states: the order of those after it depends on that.
                self.book.lock().others.gave_up(cpu, callback, number);
            }
            return ret;
        };
        STEPS.add(1, Relaxed);
        let ret = self.run_step(task, target, expect, original);
        STEPS.add(-1, Relaxed);
        let finished = {
            let book = &mut *self.book.lock();
            if ret != 0 {
                // Also where the kernel has made it fail by itself, without a call.
                book.others.gave_up(cpu, callback, number);
            }
            let index = book.running.iter().rposition(|r| r.task == task);
            index.and_then(|index| book.running.remove(index).ok())
        };
        // Not dropped with the lock held: this may be the last reference to what was to fail.
        if finished.is_some_and(|running| running.called) {
            self.common.notify();
        }
        ret
    }

    fn run_step(
        &self,
        task: usize,
        target: Option<Arc<Target>>,
        expect: bool,
        original: impl FnOnce() -> c_int,
    ) -> c_int {
        if let Some(target) = target {
            let effect = {
                let mut book = self.book.lock();
                book.running(task).and_then(|running| {
                    let effect = target.fire(&running.call)?;
                    // The call takes that much longer.
                    running.call.restart();
                    running.is_late = true;
                    Some(effect)
                })
            };
            if let Some(effect) = effect {
                effect.sleep();
                if let Some(error) = effect.error {
                    self.begin_call(task, None, 0);
                    self.end_call(task, Err(error), true);
                    return error.to_errno();
                }
            }
        }
        if expect {
            // SAFETY: The detour of the callback finds what is running, until this is taken back.
            unsafe { bindings::expect_callback(true) };
        }
        let ret = original();
        if expect {
            // SAFETY: As above.
            unsafe { bindings::expect_callback(false) };
        }
        ret
    }

    /// A callback is called in the step of the calling task: of this instance, if there are
    /// instances.
    fn begin_call(&self, task: usize, node: Option<usize>, function: usize) {
        let report = {
            let book = &mut *self.book.lock();
            let alone = book.running.iter().all(|running| {
                // This one contains all that the other CPU does.
                running.task == task
                    || !running.in_callback
                    || running.number == bindings::cpuhp_state_CPUHP_BRINGUP_CPU
            });
            let Some(running) = book.running.iter_mut().rev().find(|r| r.task == task) else {
                return;
            };
            if !core::mem::take(&mut running.is_late) {
                running.call.restart();
            }
            if running.failed && !running.call_is_undone {
                // A step that fails for an instance undoes those before it, where the kernel does
                // not leave that to the next step.
                running.call_is_undone = true;
                running.call.set_rollback();
            }
            running.called = true;
            running.in_callback = true;
            running.injected = false;
            running.function = function;
            if let Some(node) = node {
                running.instance = node;
            }
            let startup = running.call.callback == Callback::Startup;
            let (number, instance, name) = (running.number, running.instance, running.name);
            let issued_by = running.issued_by;
            let progress = issued_by.and_then(|task| {
                let mut operating = book.operating.iter().rev();
                operating.find(|o| o.task == task).map(|o| &o.progress)
            });
            let rules = if running.watched {
                book.others.enter(
                    &running.call,
                    number,
                    instance,
                    &running.place,
                    alone,
                    progress,
                )
            } else {
                Rules::default()
            };
            let report = (!rules.is_empty()).then(|| {
                let call = running.call;
                (rules, call, number, name, instance)
            });
            if let (Some(state), true) = (book.state(number), function != 0) {
                if state.function(startup) != function || state.multi.is_none() {
                    state.set_function(startup, function);
                    state.multi = Some(instance != 0);
                    // SAFETY: The hook is in place, or is being taken out and waits for us.
                    unsafe { bindings::hook_callbacks_later() };
                }
            }
            report
        };
        if let Some((rules, call, number, name, instance)) = report {
            let mut text = InstanceName::default();
            let event = event(&call, number, name, text.of(instance), Ok(()), false);
            self.common.report(&event, rules);
        }
    }

    /// The callback returns.
    fn end_call(&self, task: usize, result: Result, injected: bool) {
        let (call, number, name, instance, target, injected, function, watched) = {
            let book = &mut *self.book.lock();
            let Some(running) = book.running.iter_mut().rev().find(|r| r.task == task) else {
                return;
            };
            if !running.in_callback {
                return;
            }
            running.in_callback = false;
            running.failed |= result.is_err();
            let issued_by = running.issued_by;
            let progress = issued_by.and_then(|task| {
                let mut operating = book.operating.iter_mut().rev();
                operating.find(|o| o.task == task).map(|o| &mut o.progress)
            });
            let (number, instance) = (running.number, running.instance);
            if running.watched {
                book.others
                    .leave(&running.call, number, instance, result, progress);
            }
            (
                running.call,
                number,
                running.name,
                instance,
                running.target.clone(),
                injected || running.injected,
                running.function,
                running.watched,
            )
        };
        if let Some(target) = target {
            target.faults().count(call.callback, result.is_err());
        }
        let mut text = InstanceName::default();
        let event = event(&call, number, name, text.of(instance), result, injected);
        self.common.record(&event);
        let teardown = call.callback == Callback::Teardown;
        let must_succeed = call.reason.operation != Operation::Hotplug || !is_online(number);
        if watched && teardown && must_succeed && result.is_err() && !injected {
            let operation = call.reason.operation;
            let misuse = Misuse::FailingTeardown;
            self.misuse(misuse, number, name, instance, operation, function);
        }
    }

    /// A callback of an instance, in a step that is for all instances.
    ///
    /// # Safety
    ///
    /// To be called only in the place of a callback that the kernel calls in a step of the calling
    /// task, after the tracepoint has told of it, with the arguments of that call.
    unsafe fn callback(&self, cpu: c_uint, node: *mut bindings::hlist_node) -> c_int {
        let task = task::current();
        let (effect, function) = {
            let mut book = self.book.lock();
            let Some(running) = book.running(task) else {
                // The kernel would not have led here.
                return 0;
            };
            let target = running.target.clone();
            let effect = target.and_then(|target| target.fire(&running.call));
            (effect, running.function)
        };
        if let Some(effect) = effect {
            effect.sleep();
            if let Some(error) = effect.error {
                if let Some(running) = self.book.lock().running(task) {
                    running.injected = true;
                }
                return error.to_errno();
            }
        }
        // SAFETY: The tracepoint has just told the address of the callback that is called here: it
        // is taken out after the detour of the callbacks. By this function's requirement the
        // arguments are those of the call.
        unsafe { bindings::original_callback(function as *mut _, cpu, node) }
    }

    /// Whether a state is one of this module, and which setup it is of.
    fn own_and_setup(&self, number: i32) -> (bool, Option<u64>) {
        let mut book = self.book.lock();
        book.state(number)
            .map_or((false, None), |s| (s.own, s.setup))
    }

    /// Checks the removal of a state.
    fn check_removal(&self, number: i32) {
        let is_unknown = self
            .book
            .lock()
            .state(number)
            .is_some_and(|s| s.name.is_none());
        if is_unknown && self.learn().is_err() {
            // A setup that was under way when the hook was put in place is not in the book.
            return;
        }
        // SAFETY: The function walks the stack of the calling task.
        let caller = unsafe { bindings::caller() } as usize;
        let (name, functions, is_set_up, own, left) = {
            let mut book = self.book.lock();
            let left = book.instance_of(number);
            let Some(state) = book.state(number) else {
                return;
            };
            let functions = [state.startup, state.teardown];
            (
                state.name_id,
                functions,
                state.name.is_some(),
                state.own,
                left,
            )
        };
        if own || !self.is_watching() {
            return;
        }
        if let Some(instance) = left {
            self.misuse(
                Misuse::LeftBehind,
                number,
                name,
                instance,
                Operation::Remove,
                caller,
            );
        }
        let by_constant = asks_for_number(number);
        let of_others = functions
            .into_iter()
            .any(|function| function != 0 && !same_module(function, caller));
        let misuse = if by_constant && (of_others || !is_set_up) {
            Misuse::ByConstant
        } else if !is_set_up && self.book.lock().knows_all {
            Misuse::NotSetUp
        } else {
            return;
        };
        self.misuse(misuse, number, name, 0, Operation::Remove, caller);
    }

    /// Checks that an instance is added or removed.
    fn check_instance(&self, number: i32, instance: usize, add: bool) {
        let (known, name, functions, seen_from_start, own) = {
            let mut book = self.book.lock();
            let known = book.instances.get(&instance).copied();
            let Some(state) = book.state(number) else {
                return;
            };
            let functions = [state.startup, state.teardown];
            (
                known,
                state.name_id,
                functions,
                state.setup.is_some(),
                state.own,
            )
        };
        if own || !self.is_watching() {
            return;
        }
        let misuse = match (add, known) {
            (true, Some(other)) if other == number => Misuse::AddedTwice,
            (true, Some(_)) => Misuse::InTwoStates,
            (false, None) if seen_from_start => Misuse::NotAdded,
            (false, Some(other)) if other != number => Misuse::NotAdded,
            _ => return,
        };
        let operation = if add {
            Operation::Setup
        } else {
            Operation::Remove
        };
        let function = functions.into_iter().find(|f| *f != 0).unwrap_or(0);
        self.misuse(misuse, number, name, instance, operation, function);
    }
}

#[pinned_drop]
impl PinnedDrop for Watcher {
    fn drop(self: Pin<&mut Self>) {
        self.watching.store(false, Relaxed);
        // SAFETY: The function sets a flag.
        unsafe { bindings::hook_watch(false) };
        let targets = core::mem::take(&mut *self.targets.lock());
        let mut wanted = self.wanted.lock();
        self.unhook_if_unwanted(&mut wanted);
        drop(targets);
    }
}

/// What to do about a step.
enum Plan {
    /// Nothing: the kernel's function is to be called as if there were no hook.
    Pass,
    /// It is in the book as running.
    Run {
        /// What may fail in its place.
        target: Option<Arc<Target>>,
        /// Whether the callbacks of its instances may fail one by one.
        expect: bool,
    },
}

/// Finds out what to do about a step of a task, and notes that the step is running.
fn plan(
    book: &mut Book,
    (task, callback, cpu, number, instance): (usize, Callback, CpuId, i32, usize),
    place: Place,
    watched: bool,
) -> Plan {
    let startup = callback == Callback::Startup;
    let issued_by = book.issued_by;
    let operation = match issued_by.map(|task| book.operating(task)) {
        None => Operation::Hotplug,
        Some(Some(operating)) if operating.own => return Plan::Pass,
        Some(Some(operating)) => operating.progress.operation,
        // It began before the hook was in place.
        Some(None) if startup => Operation::Setup,
        Some(None) => Operation::Remove,
    };
    let Some(state) = book.state(number) else {
        return Plan::Pass;
    };
    if state.own || (state.target.is_none() && !watched) {
        return Plan::Pass;
    }
    let target = state.target.clone();
    let name = state.name_id;
    let armed = target
        .as_ref()
        .is_some_and(|t| t.faults().of(callback).is_armed());
    // The callbacks of a step that is for all instances have a detour of their own.
    let expect = armed && instance == 0 && state.multi == Some(true) && state.is_hooked(startup);
    // A removal that is not known as one: a teardown must not fail in that.
    let operation = match operation {
        Operation::Hotplug if armed && !startup && hotplug_is_held_off() => Operation::Remove,
        operation => operation,
    };
    let call = Call::by_kernel_for_others(callback, cpu, number, is_online(number), operation);
    let running = Running {
        task,
        call,
        place,
        number,
        name,
        target: target.clone(),
        watched,
        issued_by,
        instance,
        function: 0,
        in_callback: false,
        called: false,
        failed: false,
        call_is_undone: false,
        injected: false,
        is_late: false,
    };
    if book.running.push(running, GFP_ATOMIC).is_err() {
        return Plan::Pass;
    }
    Plan::Run {
        target: target.filter(|_| armed && !expect),
        expect,
    }
}

/// What there is to say of a call.
fn event<'a>(
    call: &Call,
    number: i32,
    name: NameId,
    instance: Option<&'a CStr>,
    result: Result,
    injected: bool,
) -> Event<'a> {
    let (time, took) = call.time_and_took();
    Event {
        state: name,
        id: Some(number),
        instance,
        cpu: call.cpu.as_u32(),
        on: CpuId::current().as_u32(),
        operation: call.reason.operation,
        callback: call.callback,
        result,
        injected,
        time,
        took,
        frozen: call.frozen,
        breach: None,
    }
}

/// The name of an instance, which stays the same for as long as its node has that address.
#[derive(Default)]
struct InstanceName([u8; 20]);

impl InstanceName {
    /// Writes the name of the instance at an address; nothing for 0.
    fn of(&mut self, address: usize) -> Option<&CStr> {
        use kernel::{
            fmt::Write,
            str::Formatter, //
        };

        if address == 0 {
            return None;
        }
        let number = task::hash_address(address);
        let len = self.0.len() - 1;
        // It fits.
        let _ = Formatter::new(&mut self.0[..len]).write_fmt(fmt!("i{number:08x}"));
        CStr::from_bytes_until_nul(&self.0).ok()
    }
}

/// Whether this is one of the constants that ask for the number of a dynamic state.
fn asks_for_number(state: i32) -> bool {
    state == bindings::cpuhp_state_CPUHP_AP_ONLINE_DYN
        || state == bindings::cpuhp_state_CPUHP_BP_PREPARE_DYN
}

/// Whether two functions are of the same module, or both of the kernel.
fn same_module(one: usize, other: usize) -> bool {
    let module = |function: usize| {
        let mut text = [0u8; SYMBOL_LEN];
        // SAFETY: The buffer is this long.
        unsafe { bindings::describe(function as *mut _, text.as_mut_ptr().cast(), text.len()) };
        let start = text
            .iter()
            .position(|byte| *byte == b'[')
            .unwrap_or(text.len());
        text[..start].fill(0);
        text
    };
    let (one, other) = (module(one), module(other));
    one.iter()
        .filter(|b| **b != 0)
        .eq(other.iter().filter(|b| **b != 0))
}

// The detours. Each is called in the place of a function of kernel/cpu.c.

/// # Safety
///
/// To be called only in the place of `cpuhp_invoke_callback()`.
#[no_mangle]
unsafe extern "C" fn rust_hotplug_step(
    cpu: c_uint,
    state: c_int,
    bringup: bool,
    node: *mut bindings::hlist_node,
    lastp: *mut *mut bindings::hlist_node,
) -> c_int {
    let inside = Inside::enter();
    match inside.watcher() {
        // SAFETY: This function's own requirement.
        Some(watcher) => unsafe { watcher.step(cpu, state, bringup, node, lastp) },
        // SAFETY: As above.
        None => unsafe { bindings::original_step(cpu, state, bringup, node, lastp) },
    }
}

/// # Safety
///
/// To be called only in the place of `cpuhp_issue_call()`.
#[no_mangle]
unsafe extern "C" fn rust_hotplug_issue(
    cpu: c_int,
    state: c_int,
    bringup: bool,
    node: *mut bindings::hlist_node,
) -> c_int {
    let inside = Inside::enter();
    let watcher = inside.watcher();
    if let Some(watcher) = watcher {
        let task = task::current();
        let book = &mut *watcher.book.lock();
        book.issued_by = Some(task);
        // The first call of a setup tells which number the state has got.
        let new = book.operating(task).and_then(|operating| {
            if operating.number < 0 {
                operating.number = state;
            }
            operating.state.take()
        });
        if let Some(new) = new {
            let setup = book.set_up(state, new, &watcher.targets.lock());
            if let Some(operating) = book.operating(task) {
                operating.setup = setup;
            }
        }
    }
    // SAFETY: This function's own requirement.
    let ret = unsafe { bindings::original_issue(cpu, state, bringup, node) };
    if let Some(watcher) = watcher {
        watcher.book.lock().issued_by = None;
    }
    ret
}

/// # Safety
///
/// To be called only in the place of `__cpuhp_setup_state_cpuslocked()`.
#[no_mangle]
unsafe extern "C" fn rust_hotplug_setup(
    state: c_int,
    name: *const c_char,
    invoke: bool,
    startup: Option<unsafe extern "C" fn(c_uint) -> c_int>,
    teardown: Option<unsafe extern "C" fn(c_uint) -> c_int>,
    multi: bool,
) -> c_int {
    let inside = Inside::enter();
    let watcher = inside.watcher().filter(|_| !name.is_null());
    let dynamic = asks_for_number(state);
    if let Some(watcher) = watcher {
        let address = |function: Option<unsafe extern "C" fn(c_uint) -> c_int>| {
            function.map_or(0, |function| function as usize)
        };
        let (startup, teardown) = (address(startup), address(teardown));
        // SAFETY: The functions compare an address. The kernel keeps the pointer to the name, which
        // is a string that stays.
        let (own, name) = unsafe {
            let own = bindings::is_ours(startup as *mut _) || bindings::is_ours(teardown as *mut _);
            (own, CStr::from_char_ptr(name).to_bytes())
        };
        let names = watcher.common.log.names();
        watcher.begin(Operating {
            task: task::current(),
            number: if dynamic { -1 } else { state },
            instance: 0,
            own,
            setup: None,
            state: Some(new_state(name, names, startup, teardown, multi, own)),
            times_watched: 0,
            progress: Progress::new(Operation::Setup, invoke),
        });
    }
    // SAFETY: This function's own requirement.
    let ret = unsafe { bindings::original_setup(state, name, invoke, startup, teardown, multi) };
    if let Some(watcher) = watcher {
        let number = if dynamic { ret } else { state };
        watcher.end(to_result(ret.min(0)), number);
    }
    ret
}

/// # Safety
///
/// To be called only in the place of `__cpuhp_remove_state_cpuslocked()`.
#[no_mangle]
unsafe extern "C" fn rust_hotplug_remove(state: c_int, invoke: bool) {
    let inside = Inside::enter();
    let watcher = inside.watcher();
    if let Some(watcher) = watcher {
        watcher.check_removal(state);
        let (own, setup) = watcher.own_and_setup(state);
        watcher.begin(Operating {
            task: task::current(),
            number: state,
            instance: 0,
            own,
            setup,
            state: None,
            times_watched: 0,
            progress: Progress::new(Operation::Remove, invoke),
        });
    }
    // SAFETY: This function's own requirement.
    unsafe { bindings::original_remove(state, invoke) };
    if let Some(watcher) = watcher {
        watcher.end(Ok(()), state);
    }
}

/// # Safety
///
/// To be called only in the place of `__cpuhp_state_add_instance_cpuslocked()`.
#[no_mangle]
unsafe extern "C" fn rust_hotplug_add(
    state: c_int,
    node: *mut bindings::hlist_node,
    invoke: bool,
) -> c_int {
    // SAFETY: This function's own requirement.
    instance(state, node, invoke, Operation::Setup, || unsafe {
        bindings::original_add(state, node, invoke)
    })
}

/// # Safety
///
/// To be called only in the place of `__cpuhp_state_remove_instance()`.
#[no_mangle]
unsafe extern "C" fn rust_hotplug_del(
    state: c_int,
    node: *mut bindings::hlist_node,
    invoke: bool,
) -> c_int {
    // SAFETY: This function's own requirement.
    instance(state, node, invoke, Operation::Remove, || unsafe {
        bindings::original_del(state, node, invoke)
    })
}

/// Adds or removes an instance.
fn instance(
    state: c_int,
    node: *mut bindings::hlist_node,
    invoke: bool,
    operation: Operation,
    original: impl FnOnce() -> c_int,
) -> c_int {
    let inside = Inside::enter();
    let watcher = inside.watcher();
    if let Some(watcher) = watcher {
        watcher.check_instance(state, node.addr(), operation == Operation::Setup);
        let (own, setup) = watcher.own_and_setup(state);
        watcher.begin(Operating {
            task: task::current(),
            number: state,
            instance: node.addr(),
            own,
            setup,
            state: None,
            times_watched: 0,
            progress: Progress::new(operation, invoke),
        });
    }
    let ret = original();
    if let Some(watcher) = watcher {
        watcher.end(to_result(ret), state);
    }
    ret
}

/// # Safety
///
/// To be called only in the place of the callback of a state with instances, in a step that expects
/// that.
#[no_mangle]
unsafe extern "C" fn rust_hotplug_callback(cpu: c_uint, node: *mut bindings::hlist_node) -> c_int {
    let inside = Inside::enter();
    match inside.watcher() {
        // SAFETY: This function's own requirement.
        Some(watcher) => unsafe { watcher.callback(cpu, node) },
        // It stays until whoever is in here has left.
        None => 0,
    }
}

// What the tracepoints tell, and the loading of modules.

/// Returns what a probe works with. Probes are not counted in [`INSIDE`].
///
/// # Safety
///
/// To be called only in a probe of one of the tracepoints. What it returns is not used after that.
unsafe fn watcher_of_probe<'a>() -> Option<&'a Watcher> {
    // SAFETY: By the invariant of `WATCHER`.
    unsafe { WATCHER.load(Acquire).as_ref() }
}

/// A callback is about to be called.
#[no_mangle]
extern "C" fn rust_hotplug_called(node: *mut bindings::hlist_node, function: *mut c_void) {
    // A task whose step is in the book finds it counted.
    if STEPS.load(Relaxed) == 0 {
        return;
    }
    // SAFETY: This is in a probe.
    if let Some(watcher) = unsafe { watcher_of_probe() } {
        let node = (!node.is_null()).then(|| node.addr());
        watcher.begin_call(task::current(), node, function.addr());
    }
}

/// It has returned.
#[no_mangle]
extern "C" fn rust_hotplug_returned(ret: c_int) {
    if STEPS.load(Relaxed) == 0 {
        return;
    }
    // SAFETY: This is in a probe.
    if let Some(watcher) = unsafe { watcher_of_probe() } {
        watcher.end_call(task::current(), to_result(ret), false);
    }
}

/// A module goes, or could not be loaded.
///
/// # Safety
///
/// The module is there until this returns.
#[no_mangle]
unsafe extern "C" fn rust_hotplug_module_going(module: *mut kernel_bindings::module) {
    let inside = Inside::enter();
    if let Some(watcher) = inside.watcher() {
        // SAFETY: This function's own requirement.
        unsafe { watcher.module_going(module) };
    }
}

/// Callbacks have become known.
#[no_mangle]
extern "C" fn rust_hotplug_hook_callbacks() {
    let inside = Inside::enter();
    if let Some(watcher) = inside.watcher() {
        watcher.hook_callbacks();
    }
}
