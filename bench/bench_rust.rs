// SPDX-License-Identifier: GPL-2.0

//! Hotplug states in Rust: what `bench_c.c` does in C.

use core::cell::UnsafeCell;
use cpuhp::{
    Callbacks,
    Cpu,
    Instance,
    InstanceCallbacks,
    MultiState,
    Online,
    State, //
};
use kernel::{
    cpu::nr_cpu_ids,
    error::from_result,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
    types::ForeignOwnable, //
};

mod ops;

use ops::{
    BenchOps,
    BenchState,
    Ops, //
};

module! {
    type: BenchRust,
    name: "bench_rust",
    authors: ["The rust_hotplug developers"],
    description: "Hotplug states in Rust, to compare with",
    license: "GPL",
}

/// Where something is kept for functions that are called without anything.
struct Place<T>(UnsafeCell<Option<T>>);

// SAFETY: The functions below are called one at a time, in whatever task, so what is kept is not
// shared.
unsafe impl<T: Send> Sync for Place<T> {}

impl<T> Place<T> {
    const fn new() -> Self {
        Self(UnsafeCell::new(None))
    }

    /// Keeps a value, or drops the one that is kept.
    ///
    /// # Safety
    ///
    /// To be called only in a function that the harness calls: it calls one at a time.
    unsafe fn set(&self, value: Option<T>) {
        // SAFETY: Nobody else has a reference, by this function's own requirement.
        unsafe { *self.0.get() = value };
    }
}

// States without instances.

/// Callbacks that do nothing.
struct Nothing;

static NOTHING: Place<State<Nothing>> = Place::new();

#[vtable]
impl Callbacks for Nothing {
    type Section = Online;
    const NAME: &'static CStr = c"bench_rust/nothing:online";

    fn startup(_cpu: Cpu<'_, Online>) -> Result {
        Ok(())
    }

    fn teardown(_cpu: Cpu<'_, Online>) {}
}

/// Callbacks that count.
struct Counting;

static COUNTING: Place<State<Counting>> = Place::new();
static STARTUPS: Atomic<i64> = Atomic::new(0);
static TEARDOWNS: Atomic<i64> = Atomic::new(0);

#[vtable]
impl Callbacks for Counting {
    type Section = Online;
    const NAME: &'static CStr = c"bench_rust/counting:online";

    fn startup(_cpu: Cpu<'_, Online>) -> Result {
        STARTUPS.add(1, Relaxed);
        Ok(())
    }

    fn teardown(_cpu: Cpu<'_, Online>) {
        TEARDOWNS.add(1, Relaxed);
    }
}

/// Those of which the startup fails on the last CPU.
struct Failing;

static FAILING: Place<State<Failing>> = Place::new();

#[vtable]
impl Callbacks for Failing {
    type Section = Online;
    const NAME: &'static CStr = c"bench_rust/failing:online";

    fn startup(cpu: Cpu<'_, Online>) -> Result {
        if cpu.id().as_u32() == nr_cpu_ids() - 1 {
            return Err(ENOMEM);
        }
        STARTUPS.add(1, Relaxed);
        Ok(())
    }

    fn teardown(_cpu: Cpu<'_, Online>) {
        TEARDOWNS.add(1, Relaxed);
    }
}

/// Sets up a state, which is then in its place.
///
/// # Safety
///
/// To be called only in a function that the harness calls.
unsafe fn set_up<T: Callbacks>(place: &Place<State<T>>) -> c_int {
    from_result(|| {
        // SAFETY: The harness removes what it has set up, before this module goes.
        let state = unsafe { State::new() }?;
        // SAFETY: This function's own requirement.
        unsafe { place.set(Some(state)) };
        Ok(0)
    })
}

// What the harness calls. Each is one of those that `bench.h` describes.

/// # Safety
///
/// To be called only by the harness.
unsafe extern "C" fn nothing_setup() -> c_int {
    // SAFETY: This function's own requirement.
    unsafe { set_up(&NOTHING) }
}

/// # Safety
///
/// To be called only by the harness.
unsafe extern "C" fn nothing_remove() {
    // SAFETY: This function's own requirement.
    unsafe { NOTHING.set(None) };
}

/// # Safety
///
/// To be called only by the harness.
unsafe extern "C" fn counting_setup() -> c_int {
    // SAFETY: This function's own requirement.
    unsafe { set_up(&COUNTING) }
}

/// # Safety
///
/// To be called only by the harness.
unsafe extern "C" fn counting_remove() {
    // SAFETY: This function's own requirement.
    unsafe { COUNTING.set(None) };
}

/// # Safety
///
/// To be called only by the harness.
unsafe extern "C" fn failing_setup() -> c_int {
    // SAFETY: This function's own requirement.
    unsafe { set_up(&FAILING) }
}

/// # Safety
///
/// To be called only by the harness.
unsafe extern "C" fn failing_remove() {
    // SAFETY: This function's own requirement.
    unsafe { FAILING.set(None) };
}

/// What the callbacks that count would be without the crate. The harness may call it at any time.
extern "C" fn count() -> c_int {
    STARTUPS.add(1, Relaxed);
    0
}

// States with instances.

/// The data of an instance, whose callbacks count.
struct Counts {
    startups: Atomic<i64>,
    teardowns: Atomic<i64>,
}

#[vtable]
impl InstanceCallbacks for Counts {
    type Section = Online;
    const NAME: &'static CStr = c"bench_rust/multi:online";

    fn startup(&self, _cpu: Cpu<'_, Online>) -> Result {
        self.startups.add(1, Relaxed);
        Ok(())
    }

    fn teardown(&self, _cpu: Cpu<'_, Online>) {
        self.teardowns.add(1, Relaxed);
    }
}

/// A state that has no instances and gets none.
static MULTI: Place<MultiState<Counts>> = Place::new();

/// A state to which the instances have a reference each.
static SHARED: Place<Arc<MultiState<Counts>>> = Place::new();

/// # Safety
///
/// To be called only by the harness.
unsafe extern "C" fn multi_setup() -> c_int {
    from_result(|| {
        // SAFETY: The harness removes what it has set up, before this module goes.
        let state = unsafe { MultiState::new() }?;
        // SAFETY: This function's own requirement.
        unsafe { MULTI.set(Some(state)) };
        Ok(0)
    })
}

/// # Safety
///
/// To be called only by the harness.
unsafe extern "C" fn multi_remove() {
    // SAFETY: This function's own requirement.
    unsafe { MULTI.set(None) };
}

/// # Safety
///
/// To be called only by the harness.
unsafe extern "C" fn shared_setup() -> c_int {
    from_result(|| {
        // SAFETY: The harness removes what it has set up or added, before this module goes.
        let state = Arc::new(unsafe { MultiState::new() }?, GFP_KERNEL)?;
        // SAFETY: This function's own requirement.
        unsafe { SHARED.set(Some(state)) };
        Ok(0)
    })
}

/// # Safety
///
/// To be called only by the harness.
unsafe extern "C" fn shared_remove() {
    // SAFETY: This function's own requirement.
    unsafe { SHARED.set(None) };
}

/// An instance, as the harness keeps it.
type Kept = Pin<KBox<Instance<Counts>>>;

/// Adds an instance.
///
/// # Safety
///
/// To be called only by the harness, which has room for a pointer at `place`.
unsafe extern "C" fn add(place: *mut *mut c_void) -> c_int {
    from_result(|| {
        // SAFETY: The harness calls one function at a time, so nobody writes it meanwhile.
        let state = unsafe { &*SHARED.0.get() }.clone().ok_or(ENODEV)?;
        let counts = Counts {
            startups: Atomic::new(0),
            teardowns: Atomic::new(0),
        };
        let instance: Kept = KBox::pin_init(Instance::new(state, Ok(counts)), GFP_KERNEL)?;
        // SAFETY: This function's own requirement.
        unsafe { place.write(instance.into_foreign()) };
        Ok(0)
    })
}

/// Removes an instance.
///
/// # Safety
///
/// To be called only by the harness, once for each instance that [`add`] has added.
unsafe extern "C" fn del(instance: *mut c_void) {
    // SAFETY: It comes from `add()`, and the harness has no more use for it.
    drop(unsafe { Kept::from_foreign(instance) });
}

#[expect(clippy::disallowed_methods, reason = "it has to be const")]
static OPS: Ops = Ops::new(BenchOps {
    name: c"rust".as_ptr().cast(),
    nothing: BenchState {
        setup: Some(nothing_setup),
        remove: Some(nothing_remove),
    },
    counting: BenchState {
        setup: Some(counting_setup),
        remove: Some(counting_remove),
    },
    failing: BenchState {
        setup: Some(failing_setup),
        remove: Some(failing_remove),
    },
    multi: BenchState {
        setup: Some(multi_setup),
        remove: Some(multi_remove),
    },
    shared: BenchState {
        setup: Some(shared_setup),
        remove: Some(shared_remove),
    },
    add: Some(add),
    del: Some(del),
    count: Some(count),
    ..BenchOps::NONE
});

/// The loaded module.
struct BenchRust;

impl kernel::Module for BenchRust {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        // SAFETY: Nothing can fail any more, so it is undone when the module goes. The functions do
        // what `bench.h` says.
        unsafe { OPS.register() };
        Ok(Self)
    }
}

impl Drop for BenchRust {
    fn drop(&mut self) {
        // SAFETY: It has been registered.
        unsafe { OPS.unregister() };
    }
}
