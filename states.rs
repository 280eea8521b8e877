// SPDX-License-Identifier: GPL-2.0

//! The states `prepare` and `online`.

use crate::{
    cpuhp::{
        init_online_cpus,
        undo_online_cpus,
        AskAlways,
        Callbacks,
        Context,
        CpusReadGuard,
        Online,
        Operation,
        OwnerRef,
        Prepare,
        Registrar,
        Setup,
        SingleCallbacks,
        SingleState,
        Slot,
        SlotRef,
        Which, //
    },
    log::Callback,
    point::{
        Call,
        Point,
        FAULTS_DECIDE, //
    },
    way::{
        Installable,
        Installation,
        Way, //
    },
};
use kernel::{
    cpu::CpuId,
    prelude::*,
    sync::Arc, //
};

/// The callbacks of `prepare`, which run on a control CPU.
pub struct PrepareCallbacks(Arc<Point>);

#[vtable]
impl Callbacks for PrepareCallbacks {
    type Section = Prepare;

    const NAME: &'static CStr = c"rust_hotplug/prepare:prepare";
    const ASK_ALWAYS: AskAlways = FAULTS_DECIDE;

    fn startup(&self, cx: &Context<'_, Prepare>) -> Result {
        self.0.startup(&Call::by_kernel(cx))
    }

    fn may_go_down(&self, cx: &Context<'_, Prepare>) -> Result {
        self.0.may_go_down(&Call::by_kernel(cx))
    }

    fn teardown(&self, cx: &Context<'_, Prepare>) {
        self.0.teardown(&Call::by_kernel(cx));
    }
}

impl SingleCallbacks for PrepareCallbacks {
    const SLOT: SlotRef<Self> = {
        static SLOT: Slot<PrepareCallbacks> = Slot::new();
        SlotRef::new(&SLOT)
    };
}

/// The callbacks of `online`, which run on the hotplugged CPU.
pub struct OnlineCallbacks(Arc<Point>);

#[vtable]
impl Callbacks for OnlineCallbacks {
    type Section = Online;

    const NAME: &'static CStr = c"rust_hotplug/online:online";
    const ASK_ALWAYS: AskAlways = FAULTS_DECIDE;

    fn startup(&self, cx: &Context<'_, Online>) -> Result {
        self.0.startup(&Call::by_kernel(cx))
    }

    fn may_go_down(&self, cx: &Context<'_, Online>) -> Result {
        self.0.may_go_down(&Call::by_kernel(cx))
    }

    fn teardown(&self, cx: &Context<'_, Online>) {
        self.0.teardown(&Call::by_kernel(cx));
    }
}

impl SingleCallbacks for OnlineCallbacks {
    const SLOT: SlotRef<Self> = {
        static SLOT: Slot<OnlineCallbacks> = Slot::new();
        SlotRef::new(&SLOT)
    };
}

/// Callbacks that consist of a point.
pub trait FromPoint {
    /// Makes them.
    fn from_point(point: Arc<Point>) -> Self;
}

impl FromPoint for PrepareCallbacks {
    fn from_point(point: Arc<Point>) -> Self {
        Self(point)
    }
}

impl FromPoint for OnlineCallbacks {
    fn from_point(point: Arc<Point>) -> Self {
        Self(point)
    }
}

/// A state that can be set up and removed again and again.
///
/// Dropping it removes the state if it is set up.
#[pin_data(PinnedDrop)]
pub struct State<T: SingleCallbacks + FromPoint> {
    point: Arc<Point>,
    callbacks: Arc<T>,
    owner: OwnerRef,
    #[pin]
    installation: Installation<SingleState<T>>,
}

impl<T: SingleCallbacks + FromPoint> State<T> {
    /// Makes the state, which is not set up yet.
    pub fn new(point: Arc<Point>, owner: OwnerRef) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            callbacks: Arc::new(T::from_point(point.clone()), GFP_KERNEL)?,
            point,
            owner,
            installation <- Installation::new(),
        }? Error)
    }

    /// Does by hand what the kernel does for who lets it.
    fn install_by_hand(
        &self,
        guard: &CpusReadGuard<'_>,
        setup: Setup,
        which: Which,
    ) -> Result<SingleState<T>> {
        let init = |cpu| by_hand_startup(&self.point, cpu, which);
        let undo = |cpu| by_hand_teardown(&self.point, cpu, which, Operation::Setup);

        init_online_cpus(guard, init, undo)?;
        SingleState::new_cpuslocked(guard, setup.nocalls(), self.callbacks.clone())
            .inspect_err(|_| undo_online_cpus(guard, undo))
    }
}

impl<T: SingleCallbacks + FromPoint> Installable for State<T> {
    type Installed = SingleState<T>;

    fn installation(&self) -> &Installation<SingleState<T>> {
        &self.installation
    }

    fn point(&self) -> &Arc<Point> {
        &self.point
    }

    fn install(&self, registrar: &mut Registrar) -> Result {
        let mut installed = self.installation.lock();
        if installed.is_some() {
            return Ok(());
        }
        let settings = self.settings();
        let setup = Setup::new(&self.owner).only(settings.which);
        let callbacks = self.callbacks.clone();
        self.point.begin(settings.setup());
        let result = match settings.way {
            Way::Calls => SingleState::new(registrar, setup, callbacks),
            Way::Nocalls => SingleState::new(registrar, setup.nocalls(), callbacks),
            Way::CallsCpuslocked => {
                SingleState::new_cpuslocked(&registrar.cpus_read_lock(), setup, callbacks)
            }
            Way::NocallsCpuslocked => {
                SingleState::new_cpuslocked(&registrar.cpus_read_lock(), setup.nocalls(), callbacks)
            }
            Way::Manual => self.install_by_hand(&registrar.cpus_read_lock(), setup, settings.which),
        };
        let number = result.as_ref().map(|state| Some(state.state()));
        self.point.end(number.map_err(|error| *error));
        let state = result?;
        self.installation.set_number(state.state());
        *installed = Some(state);
        Ok(())
    }

    fn remove(&self, registrar: &mut Registrar) -> Result {
        let mut installed = self.installation.lock();
        let Some(state) = installed.take() else {
            return Ok(());
        };
        let settings = self.settings();
        self.point.begin(settings.removal());
        match settings.way {
            // As it was set up, with or without calls.
            Way::Calls | Way::Nocalls | Way::CallsCpuslocked => drop(state),
            Way::NocallsCpuslocked => {
                state.remove_nocalls_cpuslocked(&registrar.cpus_read_lock());
            }
            Way::Manual => {
                let guard = registrar.cpus_read_lock();
                state.remove_nocalls_cpuslocked(&guard);
                undo_online_cpus(&guard, |cpu| {
                    by_hand_teardown(&self.point, cpu, settings.which, Operation::Remove);
                });
            }
        }
        self.point.end(Ok(None));
        self.installation.set_number(-1);
        Ok(())
    }
}

#[pinned_drop]
impl<T: SingleCallbacks + FromPoint> PinnedDrop for State<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: The states are dropped when the module is unloaded or could not be loaded, in
        // process context and without a lock held, and so without a guard.
        let mut registrar = unsafe { Registrar::assume() };
        // Without instances nothing keeps it from being removed.
        let _ = self.remove(&mut registrar);
    }
}

/// Calls startup for a CPU as the kernel would.
pub fn by_hand_startup(point: &Point, cpu: CpuId, which: Which) -> Result {
    if which == Which::Teardown {
        return Ok(());
    }
    point.startup(&Call::by_hand(Callback::Startup, cpu, Operation::Setup))
}

/// Calls teardown for a CPU as the kernel would.
pub fn by_hand_teardown(point: &Point, cpu: CpuId, which: Which, operation: Operation) {
    if which != Which::Startup {
        let call = Call::by_hand(Callback::Teardown, cpu, operation);
        // It may be delayed, but does not fail.
        let _ = point.may_go_down(&call);
        point.teardown(&call);
    }
}
