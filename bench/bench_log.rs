// SPDX-License-Identifier: GPL-2.0

//! A record of the log, and the trace event with the same fields.

use core::cell::UnsafeCell;
use kernel::{
    cpu::CpuId,
    prelude::*,
    time::{
        ClockSource,
        Monotonic, //
    }, //
};

#[path = "../exerciser/mod.rs"]
pub mod exerciser;
mod ops;

use exerciser::{
    log::{
        Event,
        Log, //
    },
    operation::{
        Callback,
        Operation,
        Returned, //
    },
    state_name::StateName,
    trace, //
};
use ops::{
    BenchOps,
    Ops, //
};

module! {
    type: BenchLog,
    name: "bench_log",
    authors: ["The rust_hotplug developers"],
    description: "The log of rust_hotplug, by itself",
    license: "GPL",
}

/// Where the log is, for functions that are called without anything.
struct Place(UnsafeCell<Option<Pin<KBox<Log>>>>);

// SAFETY: It is written before these functions are registered and after that is undone.
unsafe impl Sync for Place {}

static LOG: Place = Place(UnsafeCell::new(None));

fn event() -> Event<'static> {
    Event {
        state: StateName::OnlineMulti.into(),
        id: Some(200),
        instance: Some(c"disk0"),
        cpu: 1,
        on: CpuId::current().as_u32(),
        operation: Operation::Hotplug,
        callback: Callback::Startup,
        returned: Returned::SUCCESS,
        injected: false,
        time: Monotonic::ktime_get(),
        took: 1000,
        frozen: false,
        breach: None,
    }
}

/// # Safety
///
/// To be called by the harness only.
unsafe extern "C" fn write_record() {
    // SAFETY: While this can be called nobody writes it.
    if let Some(log) = unsafe { &*LOG.0.get() } {
        log.write(&event());
    }
}

/// # Safety
///
/// To be called by the harness only.
unsafe extern "C" fn emit_event() {
    // SAFETY: As above.
    if let Some(log) = unsafe { &*LOG.0.get() } {
        trace::callback(log.names(), &event(), 1);
    }
}

#[expect(clippy::disallowed_methods, reason = "it has to be const")]
static OPS: Ops = Ops::new(BenchOps {
    name: c"log".as_ptr().cast(),
    record: Some(write_record),
    event: Some(emit_event),
    ..BenchOps::NONE
});

/// The loaded module.
pub struct BenchLog;

impl kernel::Module for BenchLog {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let log = KBox::pin_init(Log::new(1024), GFP_KERNEL)?;
        // SAFETY: Nobody calls yet.
        unsafe { *LOG.0.get() = Some(log) };
        // SAFETY: Nothing can fail any more, so it is undone when the module goes. The functions
        // find the log.
        unsafe { OPS.register() };
        Ok(Self)
    }
}

impl Drop for BenchLog {
    fn drop(&mut self) {
        // SAFETY: It has been registered.
        unsafe { OPS.unregister() };
        // SAFETY: Nobody calls any more.
        unsafe { *LOG.0.get() = None };
    }
}
