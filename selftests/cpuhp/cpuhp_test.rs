// SPDX-License-Identifier: GPL-2.0

//! Uses the abstractions in ways that types do not prevent, and reports what came of it.
//!
//! Every case writes one line to the kernel log, `cpuhp_test: ok NAME` or `cpuhp_test: not ok
//! NAME`. Those that are refused leave a state behind and pin the module, as they have to. So this
//! is for a machine that is thrown away.

use core::ptr;
use kernel::{
    cpu::CpuId,
    new_mutex,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        Mutex, //
    },
};

pub mod bindings;
pub mod cpuhp;
pub mod sysfs;

use cpuhp::{
    Callbacks,
    Context,
    CpuValue,
    CpuValues,
    Instance,
    MultiState,
    Online,
    Owner,
    OwnerRef,
    Prepare,
    Registrar,
    Setup,
    SingleCallbacks,
    SingleState,
    Slot,
    SlotRef, //
};
use sysfs::{
    Attribute,
    Dir,
    Directory, //
};

module! {
    type: CpuhpTest,
    name: "rust_cpuhp_test",
    authors: ["The rust_hotplug developers"],
    description: "Test of the cpuhp and sysfs abstractions",
    license: "GPL",
    params: {
        pin: i32 {
            default: 0,
            description: "Also run what is refused, some of which pins the module",
        },
    },
}

fn report(name: &str, ok: bool) {
    if ok {
        pr_info!("ok {}\n", name);
    } else {
        pr_err!("not ok {}\n", name);
    }
}

/// A state that counts, and that drops what it is given in its startup or its teardown.
#[pin_data]
struct Counting {
    startups: Atomic<u64>,
    teardowns: Atomic<u64>,
    #[pin]
    dropped_in_callback: Mutex<Option<SingleState<Counting>>>,
}

impl Counting {
    fn new() -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                startups: Atomic::new(0),
                teardowns: Atomic::new(0),
                dropped_in_callback <- new_mutex!(None),
            }),
            GFP_KERNEL,
        )
    }

    fn calls(&self) -> (u64, u64) {
        (self.startups.load(Relaxed), self.teardowns.load(Relaxed))
    }
}

#[vtable]
impl Callbacks for Counting {
    type Section = Online;
    const NAME: &'static CStr = c"rust_cpuhp_test/counting:online";

    fn startup(&self, cx: &Context<'_, Online>) -> Result {
        self.startups.add(1u64, Relaxed);
        if CpuId::current() != cx.this_cpu() {
            return Err(EXDEV);
        }
        Ok(())
    }

    fn teardown(&self, _cx: &Context<'_, Online>) {
        self.teardowns.add(1u64, Relaxed);
    }
}

impl SingleCallbacks for Counting {
    const SLOT: SlotRef<Self> = {
        static SLOT: Slot<Counting> = Slot::new();
        SlotRef::new(&SLOT)
    };
}

/// A state whose startup drops the state or the instance that it is given.
#[pin_data]
struct Dropping {
    #[pin]
    victim: Mutex<Option<Victim>>,
}

enum Victim {
    State(SingleState<Counting>),
    Instance(Instance<Nothing>),
}

#[vtable]
impl Callbacks for Dropping {
    type Section = Prepare;
    const NAME: &'static CStr = c"rust_cpuhp_test/dropping:prepare";

    fn startup(&self, _cx: &Context<'_, Prepare>) -> Result {
        self.drop_victim();
        Ok(())
    }
}

impl Dropping {
    fn drop_victim(&self) {
        match self.victim.lock().take() {
            Some(Victim::State(state)) => drop(state),
            Some(Victim::Instance(instance)) => drop(instance),
            None => {}
        }
    }
}

impl SingleCallbacks for Dropping {
    const SLOT: SlotRef<Self> = {
        static SLOT: Slot<Dropping> = Slot::new();
        SlotRef::new(&SLOT)
    };
}

/// One that does so in `cpuhp/N`.
#[pin_data]
struct OnlineDropping {
    #[pin]
    inner: Dropping,
}

#[vtable]
impl Callbacks for OnlineDropping {
    type Section = Online;
    const NAME: &'static CStr = c"rust_cpuhp_test/dropping:online";

    fn startup(&self, _cx: &Context<'_, Online>) -> Result {
        self.inner.drop_victim();
        Ok(())
    }
}

impl SingleCallbacks for OnlineDropping {
    const SLOT: SlotRef<Self> = {
        static SLOT: Slot<OnlineDropping> = Slot::new();
        SlotRef::new(&SLOT)
    };
}

/// An instance that does nothing.
struct Nothing;

#[vtable]
impl Callbacks for Nothing {
    type Section = Online;
    const NAME: &'static CStr = c"rust_cpuhp_test/nothing:online";

    fn startup(&self, _cx: &Context<'_, Online>) -> Result {
        Ok(())
    }

    fn teardown(&self, _cx: &Context<'_, Online>) {}
}

/// How many values there are.
static VALUES: Atomic<i64> = Atomic::new(0);

/// A value that fails to be made on one CPU.
struct Value(CpuId);

struct FailOn(Option<CpuId>);

/// A state whose startup calls the teardown of somebody else's values with its own context.
struct Abusing(Arc<Instance<CpuValues<Value>>>);

#[vtable]
impl Callbacks for Abusing {
    type Section = Online;
    const NAME: &'static CStr = c"rust_cpuhp_test/abusing:online";

    fn startup(&self, cx: &Context<'_, Online>) -> Result {
        Callbacks::teardown(&**self.0, cx);
        match Callbacks::startup(&**self.0, cx) {
            Ok(()) => Err(EIO),
            Err(_) => Ok(()),
        }
    }
}

impl SingleCallbacks for Abusing {
    const SLOT: SlotRef<Self> = {
        static SLOT: Slot<Abusing> = Slot::new();
        SlotRef::new(&SLOT)
    };
}

/// How many values there were when what they have in common was dropped, before they would be.
static VALUES_AT_END: Atomic<i64> = Atomic::new(-1);

impl Drop for FailOn {
    fn drop(&mut self) {
        VALUES_AT_END.store(VALUES.load(Relaxed), Relaxed);
    }
}

#[vtable]
impl CpuValue for Value {
    type Shared = FailOn;
    type Section = Online;
    const NAME: &'static CStr = c"rust_cpuhp_test/value:online";

    fn new(shared: &FailOn, cx: &Context<'_, Online>) -> Result<Self> {
        if shared.0 == Some(cx.cpu()) {
            return Err(ENOSPC);
        }
        VALUES.add(1i64, Relaxed);
        Ok(Self(cx.cpu()))
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        VALUES.add(-1i64, Relaxed);
    }
}

/// A directory with a file in which there is nothing.
struct Empty;

impl Directory for Empty {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[Attribute::ro(c"file", |_, _| Ok(()))];
}

/// A directory with a file that, when it is written to, drops the directory.
#[pin_data]
struct SelfDropping {
    #[pin]
    me: Mutex<Option<Dir<SelfDroppingDir>>>,
}

struct SelfDroppingDir(Arc<SelfDropping>);

impl Directory for SelfDroppingDir {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[Attribute::wo(c"drop", |dir, _| {
        let me = dir.0.me.lock().take();
        drop(me);
        Ok(())
    })];
}

fn online_cpus(registrar: &mut Registrar) -> u64 {
    registrar.cpus_read_lock().online_cpus().count() as u64
}

fn single(owner: &OwnerRef, registrar: &mut Registrar) -> Result {
    let cpus = online_cpus(registrar);

    let data = Counting::new()?;
    let state = SingleState::new(registrar, Setup::new(owner), data.clone())?;
    let again = SingleState::new(registrar, Setup::new(owner), data.clone());
    report("second state of a type", again.err() == Some(EBUSY));
    drop(state);
    report("calls", data.calls() == (cpus, cpus));

    let data = Counting::new()?;
    drop(SingleState::new(
        registrar,
        Setup::new(owner).nocalls(),
        data.clone(),
    )?);
    report("nocalls", data.calls() == (0, 0));

    let data = Counting::new()?;
    let state = SingleState::new(registrar, Setup::new(owner), data.clone())?;
    state.remove_nocalls(registrar);
    report("remove_nocalls", data.calls() == (cpus, 0));

    // Dropped with the lock held: with the variant of the kernel's function that goes with that.
    let data = Counting::new()?;
    let state = SingleState::new(registrar, Setup::new(owner), data.clone())?;
    let guard = registrar.cpus_read_lock();
    drop(state);
    drop(guard);
    report("drop under cpus_read_lock()", data.calls() == (cpus, cpus));

    let data = Counting::new()?;
    let guard = registrar.cpus_read_lock();
    let state = SingleState::new_cpuslocked(&guard, Setup::new(owner), data.clone())?;
    state.remove_nocalls_cpuslocked(&guard);
    drop(guard);
    report("cpuslocked", data.calls() == (cpus, 0));
    Ok(())
}

fn values(owner: &OwnerRef, registrar: &mut Registrar) -> Result {
    let cpus = online_cpus(registrar) as i64;
    let state = MultiState::new(registrar, Setup::new(owner))?;

    let last = registrar.cpus_read_lock().online_cpus().last();
    let failed = Instance::new(
        registrar,
        state.clone(),
        CpuValues::<Value>::new(FailOn(last)),
    );
    report(
        "values of a failed setup",
        failed.err() == Some(ENOSPC) && VALUES_AT_END.load(Relaxed) == 0,
    );

    let instance = Instance::new(registrar, state, CpuValues::<Value>::new(FailOn(None)))?;
    let instance = Arc::new(instance, GFP_KERNEL)?;
    let guard = registrar.cpus_read_lock();
    let each = |cpu| instance.value(&guard, cpu).map(|value| value.0) == Some(cpu);
    report(
        "values",
        guard.online_cpus().all(each) && VALUES.load(Relaxed) == cpus,
    );
    // With the lock held, and so with references to values that somebody may have.
    let abusing = Arc::new(Abusing(instance.clone()), GFP_KERNEL)?;
    let abuse = SingleState::new_cpuslocked(&guard, Setup::new(owner), abusing);
    report(
        "values in another state's callback",
        abuse.is_ok() && guard.online_cpus().all(each) && VALUES.load(Relaxed) == cpus,
    );
    drop(abuse);
    drop(guard);
    drop(instance);
    report("values after removal", VALUES_AT_END.load(Relaxed) == 0);
    Ok(())
}

/// Leaks a state and an instance with an owner that goes.
fn leaked(module: &'static ThisModule, registrar: &mut Registrar) -> Result {
    let cpus = online_cpus(registrar);
    // SAFETY: It is dropped below. Only this task sets up and removes with it.
    let owner = unsafe { Owner::new(module) }?;
    let data = Counting::new()?;
    core::mem::forget(SingleState::new(
        registrar,
        Setup::new(owner.reference()),
        data.clone(),
    )?);
    let state = MultiState::new(registrar, Setup::new(owner.reference()))?;
    let outliving = state.clone();
    core::mem::forget(Instance::new(registrar, state, Ok(Nothing))?);
    let reference = owner.reference().clone();
    drop(owner);
    report("leaked state", data.calls() == (cpus, cpus));
    // The owner has removed this one, too; it must not be removed twice.
    drop(outliving);
    let late = MultiState::<Nothing>::new(registrar, Setup::new(&reference));
    report("setup without an owner", late.err() == Some(ESHUTDOWN));
    Ok(())
}

/// An instance that is not leaked but outlives its owner: somebody may have references to values.
fn outliving(module: &'static ThisModule, registrar: &mut Registrar) -> Result {
    // SAFETY: It is dropped below. Only this task sets up and removes with it.
    let owner = unsafe { Owner::new(module) }?;
    let state = MultiState::new(registrar, Setup::new(owner.reference()))?;
    let instance = Instance::new(registrar, state, CpuValues::<Value>::new(FailOn(None)))?;
    drop(owner);
    let guard = registrar.cpus_read_lock();
    let has_value = |cpu| instance.value(&guard, cpu).map(|value| value.0) == Some(cpu);
    report(
        "values without an owner",
        guard.online_cpus().all(has_value),
    );
    Ok(())
}

/// Only a file can be watched.
fn notifier(module: &'static ThisModule) -> Result {
    // SAFETY: It is dropped below.
    let dir = unsafe { Dir::new_in_kernel(c"rust_cpuhp_test", Ok(Empty), module) }?;
    let below = Dir::new(&dir, c"below", Ok(Empty), module)?;
    let of_file = below.notifier(c"file")?;
    of_file.notify();
    report(
        "notifier of what is no file",
        dir.notifier(c"below").err() == Some(ENOENT)
            && dir.notifier(c"nothing").err() == Some(ENOENT),
    );
    drop(below);
    of_file.notify();
    Ok(())
}

/// What is refused, and pins the module.
fn refused(
    module: &'static ThisModule,
    owner: &OwnerRef,
    registrar: &mut Registrar,
) -> Result<Arc<SelfDropping>> {
    let state = MultiState::new(registrar, Setup::new(owner))?;
    let instance = Instance::new(registrar, state.clone(), Ok(Nothing))?;
    let guard = registrar.cpus_read_lock();
    drop(instance);
    drop(guard);
    report("instance dropped under cpus_read_lock()", true);

    let victim = Victim::Instance(Instance::new(registrar, state.clone(), Ok(Nothing))?);
    let dropping = Arc::pin_init(
        pin_init!(OnlineDropping {
            inner <- pin_init!(Dropping {
                victim <- new_mutex!(Some(victim)),
            }),
        }),
        GFP_KERNEL,
    )?;
    drop(SingleState::new(registrar, Setup::new(owner), dropping)?);
    report("dropped in a callback that runs in cpuhp/N", true);

    for victim in [
        Victim::Instance(Instance::new(registrar, state, Ok(Nothing))?),
        Victim::State(SingleState::new(
            registrar,
            Setup::new(owner),
            Counting::new()?,
        )?),
    ] {
        let dropping = Arc::pin_init(
            pin_init!(Dropping {
                victim <- new_mutex!(Some(victim)),
            }),
            GFP_KERNEL,
        )?;
        drop(SingleState::new(registrar, Setup::new(owner), dropping)?);
    }
    report("dropped in a callback", true);

    let me = Arc::pin_init(
        pin_init!(SelfDropping {
            me <- new_mutex!(None),
        }),
        GFP_KERNEL,
    )?;
    let data = SelfDroppingDir(me.clone());
    // SAFETY: It is dropped by its own attribute, which this is a test of, and so refused; but then
    // that pins the module. Whoever loads it like this does that before it could be unloaded, or
    // does not unload it.
    let dir = unsafe { Dir::new_in_kernel(c"rust_cpuhp_test", Ok(data), module) }?;
    *me.me.lock() = Some(dir);
    Ok(me)
}

/// The loaded module.
pub struct CpuhpTest {
    _owner: Owner,
}

/// What a clean unload would break: a cycle of references.
static CYCLE: Atomic<*const SelfDropping> = Atomic::new(ptr::null());

impl kernel::Module for CpuhpTest {
    fn init(module: &'static ThisModule) -> Result<Self> {
        // SAFETY: It is dropped with the module's data. All that is set up and removed with it is
        // done here.
        let owner = unsafe { Owner::new(module) }?;
        // SAFETY: A module's init function runs in process context without a lock held.
        let registrar = &mut unsafe { Registrar::assume() };

        single(owner.reference(), registrar)?;
        values(owner.reference(), registrar)?;
        leaked(module, registrar)?;
        outliving(module, registrar)?;
        notifier(module)?;
        if *module_parameters::pin.value_ref() != 0 {
            let cycle = refused(module, owner.reference(), registrar)?;
            CYCLE.store(Arc::into_raw(cycle), Relaxed);
        }
        Ok(Self { _owner: owner })
    }
}
