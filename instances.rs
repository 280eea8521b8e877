// SPDX-License-Identifier: GPL-2.0

//! The states `prepare_multi` and `online_multi`, and their instances.

use crate::{
    cpuhp::{
        undo_online_cpus,
        AskAlways,
        Callbacks,
        Context,
        Instance,
        MultiState,
        Online,
        Operation,
        OwnerRef,
        Prepare,
        Registrar,
        Setup,
        Which, //
    },
    point::{
        Call,
        Point,
        FAULTS_DECIDE, //
    },
    states::{
        by_hand_startup,
        by_hand_teardown, //
    },
    way::{
        Installable,
        Installation,
        Settings,
        Way, //
    },
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// The callbacks of an instance of `prepare_multi`.
pub struct PrepareInstance(Arc<Point>);

impl PrepareInstance {
    /// A call by the kernel.
    ///
    /// When startup fails for an instance that is not the first of the list while a CPU comes
    /// online, the kernel before 7.2 forgets the error while it undoes what it did for those
    /// before, and goes on as if nothing had failed (`cpuhp_invoke_callback()`, where there is no
    /// `lastp`).
    fn call(&self, cx: &Context<'_, Prepare>) -> Call {
        let call = Call::by_kernel(cx);
        let hotplug = call.operation() == Operation::Hotplug;
        if cfg!(before_7_2) && hotplug && self.0.is_state_up(cx.cpu()) {
            call.not_recovered()
        } else {
            call
        }
    }
}

#[vtable]
impl Callbacks for PrepareInstance {
    type Section = Prepare;

    const NAME: &'static CStr = c"rust_hotplug/prepare_multi:prepare";
    const ASK_ALWAYS: AskAlways = FAULTS_DECIDE;

    fn startup(&self, cx: &Context<'_, Prepare>) -> Result {
        self.0.startup(&self.call(cx))
    }

    fn may_go_down(&self, cx: &Context<'_, Prepare>) -> Result {
        self.0.may_go_down(&self.call(cx))
    }

    fn teardown(&self, cx: &Context<'_, Prepare>) {
        self.0.teardown(&self.call(cx));
    }
}

/// The callbacks of an instance of `online_multi`.
pub struct OnlineInstance {
    point: Arc<Point>,
    which: Which,
}

impl OnlineInstance {
    /// A call by the kernel.
    ///
    /// When a callback fails for an instance in the middle of the list while a CPU is hotplugged,
    /// and the state lacks the other callback, the kernel skips the rollback of the instances but
    /// keeps in mind how far it was, and warns at the next state (`cpuhp_invoke_callback()`,
    /// `lastp`).
    fn call(&self, cx: &Context<'_, Online>) -> Call {
        let call = Call::by_kernel(cx);
        if self.which != Which::Both && call.operation() == Operation::Hotplug {
            call.not_recovered()
        } else {
            call
        }
    }
}

#[vtable]
impl Callbacks for OnlineInstance {
    type Section = Online;

    const NAME: &'static CStr = c"rust_hotplug/online_multi:online";
    const ASK_ALWAYS: AskAlways = FAULTS_DECIDE;

    fn startup(&self, cx: &Context<'_, Online>) -> Result {
        self.point.startup(&self.call(cx))
    }

    fn may_go_down(&self, cx: &Context<'_, Online>) -> Result {
        self.point.may_go_down(&self.call(cx))
    }

    fn teardown(&self, cx: &Context<'_, Online>) {
        self.point.teardown(&self.call(cx));
    }
}

/// Callbacks of an instance that consist of a point.
pub trait InstanceFromPoint: Callbacks {
    /// Makes them, for a state with these callbacks.
    fn from_point(point: Arc<Point>, which: Which) -> Self;
}

impl InstanceFromPoint for PrepareInstance {
    fn from_point(point: Arc<Point>, _which: Which) -> Self {
        Self(point)
    }
}

impl InstanceFromPoint for OnlineInstance {
    fn from_point(point: Arc<Point>, which: Which) -> Self {
        Self { point, which }
    }
}

/// A state with instances that can be set up and removed again and again.
#[pin_data]
pub struct Multi<T: InstanceFromPoint> {
    point: Arc<Point>,
    owner: OwnerRef,
    #[pin]
    installation: Installation<Installed<T>>,
}

/// The state while it is set up.
pub struct Installed<T: InstanceFromPoint> {
    /// There may be other references to it: every instance has one.
    state: Arc<MultiState<T>>,
    instances: usize,
}

impl<T: InstanceFromPoint> Multi<T> {
    /// Makes the state, which is not set up yet.
    pub fn new(point: Arc<Point>, owner: OwnerRef) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            point,
            owner,
            installation <- Installation::new(),
        }? Error)
    }

    /// Adds an instance, in the way and with the callbacks that the state was set up with.
    ///
    /// # Errors
    ///
    /// `ENODEV` if the state is not set up, and those of [`Instance::new`].
    pub fn add(&self, registrar: &mut Registrar, point: Arc<Point>) -> Result<Added<T>> {
        let installed = &mut *self.installation.lock();
        let installed = installed.as_mut().ok_or(ENODEV)?;
        let settings = self.settings();
        let state = installed.state.clone();
        let number = state.state();
        let Settings { way, which } = settings;
        let data = Ok(T::from_point(point.clone(), which));
        point.begin(settings.setup());
        let result = match way {
            Way::Calls | Way::CallsCpuslocked => Instance::new(registrar, state, data),
            Way::Nocalls | Way::NocallsCpuslocked => Instance::new_nocalls(registrar, state, data),
            Way::Manual => Self::add_by_hand(registrar, state, data, &point, which),
        };
        let ended = result.as_ref().map(|_| Some(number));
        point.end(ended.map_err(|error| *error));
        let instance = result?;
        installed.instances += 1;
        Ok(Added {
            instance,
            point,
            settings,
        })
    }

    /// Does by hand what the kernel does for who lets it.
    ///
    /// There is no function to add an instance with `cpus_read_lock()` held. So the instance is
    /// added first, without calls, and from then on the kernel calls for CPUs that come and go;
    /// those that were online before are initialised after it.
    fn add_by_hand(
        registrar: &mut Registrar,
        state: Arc<MultiState<T>>,
        data: Result<T>,
        point: &Point,
        which: Which,
    ) -> Result<Instance<T>> {
        let instance = Instance::new_nocalls(registrar, state, data)?;
        let guard = registrar.cpus_read_lock();
        let result = guard
            .online_cpus()
            .filter(|&cpu| !point.is_up(cpu))
            .try_for_each(|cpu| by_hand_startup(point, cpu, which));
        drop(guard);
        match result {
            Ok(()) => Ok(instance),
            Err(error) => {
                Self::remove_by_hand(registrar, instance, point, which, Operation::Setup);
                Err(error)
            }
        }
    }

    /// And undoes it: for the CPUs that are still up when the kernel makes no more calls.
    fn remove_by_hand(
        registrar: &mut Registrar,
        instance: Instance<T>,
        point: &Point,
        which: Which,
        operation: Operation,
    ) {
        instance.remove_nocalls(registrar);
        undo_online_cpus(&registrar.cpus_read_lock(), |cpu| {
            // A CPU that came online in between has had no startup to undo.
            if point.is_up(cpu) || which == Which::Teardown {
                by_hand_teardown(point, cpu, which, operation);
            }
        });
    }

    /// Removes an instance.
    pub fn del(&self, registrar: &mut Registrar, added: Added<T>) {
        let mut installed = self.installation.lock();
        added.point.begin(added.settings.removal());
        let Settings { way, which } = added.settings;
        if way == Way::Manual {
            let point = &added.point;
            Self::remove_by_hand(registrar, added.instance, point, which, Operation::Remove);
        } else {
            drop(added.instance);
        }
        added.point.end(Ok(None));
        if let Some(installed) = &mut *installed {
            installed.instances -= 1;
        }
    }
}

impl<T: InstanceFromPoint> Installable for Multi<T> {
    type Installed = Installed<T>;

    fn installation(&self) -> &Installation<Installed<T>> {
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
        let Settings { way, which } = self.settings();
        let setup = Setup::new(&self.owner).only(which);
        let state = match way {
            Way::Calls | Way::Nocalls => MultiState::new(registrar, setup),
            Way::CallsCpuslocked | Way::NocallsCpuslocked | Way::Manual => {
                MultiState::new_cpuslocked(&registrar.cpus_read_lock(), setup)
            }
        }?;
        self.installation.set_number(state.state());
        *installed = Some(Installed {
            state,
            instances: 0,
        });
        Ok(())
    }

    fn remove(&self, _registrar: &mut Registrar) -> Result {
        let mut installed = self.installation.lock();
        if installed.as_ref().is_some_and(|i| i.instances != 0) {
            return Err(EBUSY);
        }
        // The last reference: there are no instances.
        drop(installed.take());
        self.installation.set_number(-1);
        Ok(())
    }
}

/// An instance that has been added, and how.
pub struct Added<T: InstanceFromPoint> {
    instance: Instance<T>,
    point: Arc<Point>,
    settings: Settings,
}

impl<T: InstanceFromPoint> Added<T> {
    /// Returns what the callbacks of the instance do.
    pub fn point(&self) -> &Arc<Point> {
        &self.point
    }
}
