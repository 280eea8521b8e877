// SPDX-License-Identifier: GPL-2.0

//! Hotplug states in Rust: what `bench_c.c` does in C.

use core::cell::UnsafeCell;
use kernel::{
    cpu::{
        nr_cpu_ids,
        CpuId, //
    },
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
};

pub mod bindings;
pub mod cpuhp;
mod ops;

use cpuhp::{
    Callbacks,
    Context,
    Instance,
    MultiState,
    Online,
    Owner,
    Registrar,
    Setup,
    SingleCallbacks,
    SingleState,
    Slot,
    SlotRef, //
};
use ops::{
    BenchOps,
    BenchPlace,
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

/// Callbacks that do nothing.
struct Nothing;

#[vtable]
impl Callbacks for Nothing {
    type Section = Online;
    const NAME: &'static CStr = c"bench_rust/nothing:online";

    fn startup(&self, _cx: &Context<'_, Online>) -> Result {
        Ok(())
    }

    fn teardown(&self, _cx: &Context<'_, Online>) {}
}

impl SingleCallbacks for Nothing {
    const SLOT: SlotRef<Self> = {
        static SLOT: Slot<Nothing> = Slot::new();
        SlotRef::new(&SLOT)
    };
}

/// Callbacks that count, of a state or of an instance.
struct Counting {
    startups: Atomic<i64>,
    teardowns: Atomic<i64>,
}

impl Counting {
    fn new() -> Self {
        Self {
            startups: Atomic::new(0),
            teardowns: Atomic::new(0),
        }
    }
}

#[vtable]
impl Callbacks for Counting {
    type Section = Online;
    const NAME: &'static CStr = c"bench_rust/counting:online";

    fn startup(&self, _cx: &Context<'_, Online>) -> Result {
        self.startups.add(1, Relaxed);
        Ok(())
    }

    fn teardown(&self, _cx: &Context<'_, Online>) {
        self.teardowns.add(1, Relaxed);
    }
}

impl SingleCallbacks for Counting {
    const SLOT: SlotRef<Self> = {
        static SLOT: Slot<Counting> = Slot::new();
        SlotRef::new(&SLOT)
    };
}

/// Those of which the startup fails on the last CPU.
struct Failing {
    counts: Counting,
    last: CpuId,
}

#[vtable]
impl Callbacks for Failing {
    type Section = Online;
    const NAME: &'static CStr = c"bench_rust/failing:online";

    fn startup(&self, cx: &Context<'_, Online>) -> Result {
        if cx.cpu() == self.last {
            return Err(ENOMEM);
        }
        self.counts.startup(cx)
    }

    fn teardown(&self, cx: &Context<'_, Online>) {
        self.counts.teardown(cx);
    }
}

impl SingleCallbacks for Failing {
    const SLOT: SlotRef<Self> = {
        static SLOT: Slot<Failing> = Slot::new();
        SlotRef::new(&SLOT)
    };
}

/// What the module has set up.
struct States {
    setup: Setup,
    nothing_data: Arc<Nothing>,
    counting_data: Arc<Counting>,
    failing_data: Arc<Failing>,
    nothing: Option<SingleState<Nothing>>,
    counting: Option<SingleState<Counting>>,
    failing: Option<SingleState<Failing>>,
    multi: Option<Arc<MultiState<Counting>>>,
}

/// Where that is, for functions that are called without anything.
struct Place(UnsafeCell<Option<States>>);

// SAFETY: `States` can go to other tasks. It is written before the functions that use it are
// registered and after that is undone, and the harness calls them with its mutex held.
unsafe impl Sync for Place {}

static STATES: Place = Place(UnsafeCell::new(None));

/// Calls `f` with the states and the right to set them up.
///
/// # Safety
///
/// To be called only in a function that the harness calls.
#[inline]
unsafe fn with(f: impl FnOnce(&mut States, &mut Registrar) -> Result) -> c_int {
    // SAFETY: The harness calls one function at a time.
    let Some(states) = (unsafe { &mut *STATES.0.get() }) else {
        return ENODEV.to_errno();
    };
    // SAFETY: The harness calls in process context, with no lock but its own.
    let mut registrar = unsafe { Registrar::assume() };
    f(states, &mut registrar).map_or_else(|error| error.to_errno(), |()| 0)
}

// What the harness calls. Each is one of those that `bench.h` describes.

/// Sets up the state whose callbacks do nothing.
///
/// # Safety
///
/// To be called only by the harness.
unsafe extern "C" fn nothing_setup() -> c_int {
    // SAFETY: This function's own requirement.
    unsafe {
        with(|states, registrar| {
            let (setup, data) = (states.setup.clone(), states.nothing_data.clone());
            states.nothing = Some(SingleState::new(registrar, setup, data)?);
            Ok(())
        })
    }
}

/// Removes it.
///
/// # Safety
///
/// To be called only by the harness.
unsafe extern "C" fn nothing_remove() {
    // SAFETY: This function's own requirement.
    unsafe {
        with(|states, _| {
            states.nothing = None;
            Ok(())
        });
    }
}

/// Sets up the state whose callbacks count.
///
/// # Safety
///
/// To be called only by the harness.
unsafe extern "C" fn counting_setup() -> c_int {
    // SAFETY: This function's own requirement.
    unsafe {
        with(|states, registrar| {
            let (setup, data) = (states.setup.clone(), states.counting_data.clone());
            states.counting = Some(SingleState::new(registrar, setup, data)?);
            Ok(())
        })
    }
}

/// Removes it.
///
/// # Safety
///
/// To be called only by the harness.
unsafe extern "C" fn counting_remove() {
    // SAFETY: This function's own requirement.
    unsafe {
        with(|states, _| {
            states.counting = None;
            Ok(())
        });
    }
}

/// Sets up the state whose startup fails on the last CPU.
///
/// # Safety
///
/// To be called only by the harness.
unsafe extern "C" fn failing_setup() -> c_int {
    // SAFETY: This function's own requirement.
    unsafe {
        with(|states, registrar| {
            let (setup, data) = (states.setup.clone(), states.failing_data.clone());
            states.failing = Some(SingleState::new(registrar, setup, data)?);
            Ok(())
        })
    }
}

/// Removes it.
///
/// # Safety
///
/// To be called only by the harness.
unsafe extern "C" fn failing_remove() {
    // SAFETY: This function's own requirement.
    unsafe {
        with(|states, _| {
            states.failing = None;
            Ok(())
        });
    }
}

/// Sets up the state with instances.
///
/// # Safety
///
/// To be called only by the harness.
unsafe extern "C" fn multi_setup() -> c_int {
    // SAFETY: This function's own requirement.
    unsafe {
        with(|states, registrar| {
            states.multi = Some(MultiState::new(registrar, states.setup.clone())?);
            Ok(())
        })
    }
}

/// Removes it.
///
/// # Safety
///
/// To be called only by the harness.
unsafe extern "C" fn multi_remove() {
    // SAFETY: This function's own requirement.
    unsafe {
        with(|states, _| {
            states.multi = None;
            Ok(())
        });
    }
}

/// Adds an instance, and puts it at `place`.
///
/// # Safety
///
/// To be called only by the harness, with room for a `BenchPlace` at `place` that has no instance.
unsafe extern "C" fn add(place: *mut BenchPlace) -> c_int {
    const {
        assert!(size_of::<Instance<Counting>>() <= size_of::<BenchPlace>());
        assert!(align_of::<Instance<Counting>>() <= align_of::<BenchPlace>());
    }
    // SAFETY: This function's own requirement. There is room for an instance at `place`, and none
    // yet.
    unsafe {
        with(|states, registrar| {
            let multi = states.multi.clone().ok_or(ENODEV)?;
            let instance = Instance::new(registrar, multi, Ok::<_, Error>(Counting::new()))?;
            place.cast::<Instance<Counting>>().write(instance);
            Ok(())
        })
    }
}

/// Removes the instance at `place`.
///
/// # Safety
///
/// To be called only by the harness, with a `place` at which [`add`] has put an instance that is
/// still there.
unsafe extern "C" fn del(place: *mut BenchPlace) {
    // SAFETY: This function's own requirement. `add()` has put an instance there.
    unsafe { place.cast::<Instance<Counting>>().drop_in_place() };
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
    add: Some(add),
    del: Some(del),
    ..BenchOps::NONE
});

/// The loaded module.
struct BenchRust {
    _owner: Owner,
}

impl kernel::Module for BenchRust {
    fn init(module: &'static ThisModule) -> Result<Self> {
        // SAFETY: It is dropped with the module's data, in its exit function, or before its init
        // function returns an error. What sets up and removes with it is called by the harness, and
        // no more after `OPS.unregister()`, which is before it.
        let owner = unsafe { Owner::new(module) }?;
        let last = CpuId::from_u32(nr_cpu_ids() - 1).ok_or(EINVAL)?;
        let states = States {
            setup: Setup::new(owner.reference()),
            nothing_data: Arc::new(Nothing, GFP_KERNEL)?,
            counting_data: Arc::new(Counting::new(), GFP_KERNEL)?,
            failing_data: Arc::new(
                Failing {
                    counts: Counting::new(),
                    last,
                },
                GFP_KERNEL,
            )?,
            nothing: None,
            counting: None,
            failing: None,
            multi: None,
        };
        // SAFETY: Nobody calls yet.
        unsafe { *STATES.0.get() = Some(states) };
        // SAFETY: Nothing can fail any more, so it is undone when the module goes. The functions
        // find the states.
        unsafe { OPS.register() };
        Ok(Self { _owner: owner })
    }
}

impl Drop for BenchRust {
    fn drop(&mut self) {
        // SAFETY: It has been registered.
        unsafe { OPS.unregister() };
        // SAFETY: Nobody calls any more.
        unsafe { *STATES.0.get() = None };
    }
}
