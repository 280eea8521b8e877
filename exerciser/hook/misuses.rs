// SPDX-License-Identifier: GPL-2.0

//! What drivers do and must not do.

use super::{
    book::Book,
    instance_name::InstanceName,
    operations::asks_for_number,
    Watcher, //
};
use crate::exerciser::{
    bindings,
    checker::{
        Misuse,
        STATES, //
    },
    log::{
        Event,
        NameId, //
    },
    operation::{
        Callback,
        Operation,
        Returned, //
    }, //
};
use core::ffi::CStr;
use kernel::{
    bindings as kernel_bindings,
    cpu::CpuId,
    time::{
        ClockSource,
        Monotonic, //
    }, //
};

/// How long the name of a function is at the most, with that of its module.
const SYMBOL_LEN: usize = 640;
/// How long the name of a module is at the most.
const MODULE_NAME_LEN: usize = 64;

impl Watcher {
    /// Reports what a driver did, whose function is at this address.
    pub(super) fn misuse(
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
            returned: Returned::SUCCESS,
            injected: false,
            time: Monotonic::ktime_get(),
            took: 0,
            frozen: false,
            breach: None,
        };
        self.common.report_misuse(&event, misuse, driver);
    }

    /// Checks the removal of a state.
    pub(super) fn check_removal(&self, number: i32) {
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
        let mut caller = unsafe { bindings::caller() } as usize;
        let (name, functions, is_set_up, own, left) = {
            let mut book = self.book.lock();
            if book.forgot {
                return;
            }
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
        if module_of(caller).is_none() {
            // A driver's function that ends in the removal is not on the stack: the compiler has
            // made a jump of the call.
            let mut functions = functions.into_iter();
            let of_driver = functions.find(|f| *f != 0 && module_of(*f).is_some());
            caller = of_driver.unwrap_or(caller);
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
            .any(|function| function != 0 && module_of(function) != module_of(caller));
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
    pub(super) fn check_instance(&self, number: i32, instance: usize, add: bool) {
        let (known, name, functions, seen_from_start, own) = {
            let mut book = self.book.lock();
            if book.forgot {
                return;
            }
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

    /// A module goes: nothing of it may be set up any more, and its callbacks are no longer hooked.
    ///
    /// # Safety
    ///
    /// The module is there until this returns.
    pub(super) unsafe fn module_going(&self, module: *mut kernel_bindings::module) {
        let is_of_module = |address: usize| {
            // SAFETY: This function's own requirement.
            unsafe { bindings::is_of_module(module, address as *mut _) }
        };
        self.check_left_behind(is_of_module);
        self.unhook_callbacks_of(is_of_module);
    }

    /// Checks that nothing of a module is left.
    fn check_left_behind(&self, is_of_module: impl Fn(usize) -> bool) {
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
            let forgot = book.forgot;
            drop(book);
            if self.is_watching() && !forgot {
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
        for number in 0..STATES as i32 {
            let (left, name, function) = {
                let mut book = self.book.lock();
                let Some(state) = book.state(number) else {
                    return;
                };
                let mut functions = [state.startup, state.teardown].into_iter();
                let left = functions.find(|f| is_of_module(*f));
                let name = state.name_id;
                let left = left.filter(|_| state.name.is_some() && !state.own);
                (left.is_some() && !book.forgot, name, left.unwrap_or(0))
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
}

/// Returns the name of the module that a function is of; nothing for one of the kernel's own.
fn module_of(function: usize) -> Option<[u8; MODULE_NAME_LEN]> {
    let mut text = [0u8; SYMBOL_LEN];
    // SAFETY: The buffer is this long.
    unsafe { bindings::describe(function as *mut _, text.as_mut_ptr().cast(), text.len()) };
    let start = text.iter().position(|byte| *byte == b'[')? + 1;
    let mut name = [0u8; MODULE_NAME_LEN];
    let letters = text[start..]
        .iter()
        .take_while(|byte| !b"]\0".contains(byte));
    for (to, from) in name.iter_mut().zip(letters) {
        *to = *from;
    }
    Some(name)
}
