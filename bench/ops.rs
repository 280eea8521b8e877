// SPDX-License-Identifier: GPL-2.0

//! What the harness calls of a module that it measures: `bench.h`.

use core::{
    cell::UnsafeCell,
    ptr, //
};
use kernel::{
    bindings::list_head,
    prelude::*, //
};

/// `struct bench_state`.
#[repr(C)]
pub(crate) struct BenchState {
    pub(crate) setup: Option<unsafe extern "C" fn() -> c_int>,
    pub(crate) remove: Option<unsafe extern "C" fn()>,
}

/// `struct bench_ops`.
#[repr(C)]
pub(crate) struct BenchOps {
    pub(crate) name: *const c_char,
    pub(crate) nothing: BenchState,
    pub(crate) counting: BenchState,
    pub(crate) failing: BenchState,
    pub(crate) multi: BenchState,
    pub(crate) shared: BenchState,
    pub(crate) add: Option<unsafe extern "C" fn(*mut *mut c_void) -> c_int>,
    pub(crate) del: Option<unsafe extern "C" fn(*mut c_void)>,
    pub(crate) count: Option<unsafe extern "C" fn() -> c_int>,
    pub(crate) record: Option<unsafe extern "C" fn()>,
    pub(crate) event: Option<unsafe extern "C" fn()>,
    pub(crate) list: list_head,
}

unsafe extern "C" {
    fn bench_register(ops: *mut BenchOps);
    fn bench_unregister(ops: *mut BenchOps);
}

impl BenchState {
    /// What is not offered.
    pub(crate) const NONE: Self = Self {
        setup: None,
        remove: None,
    };
}

impl BenchOps {
    /// Nothing.
    pub(crate) const NONE: Self = Self {
        name: ptr::null(),
        nothing: BenchState::NONE,
        counting: BenchState::NONE,
        failing: BenchState::NONE,
        multi: BenchState::NONE,
        shared: BenchState::NONE,
        add: None,
        del: None,
        count: None,
        record: None,
        event: None,
        list: list_head {
            next: ptr::null_mut(),
            prev: ptr::null_mut(),
        },
    };
}

/// The table, which the harness puts on a list.
pub(crate) struct Ops(UnsafeCell<BenchOps>);

// SAFETY: Of what is in it only `list` changes, which the harness does with its mutex held.
unsafe impl Sync for Ops {}

impl Ops {
    /// Makes the table of a module.
    pub(crate) const fn new(ops: BenchOps) -> Self {
        Self(UnsafeCell::new(ops))
    }

    /// Has the harness call it.
    ///
    /// # Safety
    ///
    /// It is not registered yet, [`Ops::unregister`] is called before the module goes, and the
    /// functions do what `bench.h` says when they are called one at a time in process context.
    pub(crate) unsafe fn register(&'static self) {
        // SAFETY: The table is a static one, and what it has is the caller's business.
        unsafe { bench_register(self.0.get()) };
    }

    /// Has it called no more.
    ///
    /// # Safety
    ///
    /// It is registered.
    pub(crate) unsafe fn unregister(&'static self) {
        // SAFETY: This function's own requirement.
        unsafe { bench_unregister(self.0.get()) };
    }
}
