// SPDX-License-Identifier: GPL-2.0

//! The states `prepare_multi` and `online_multi`, and their instances.

use crate::exerciser::{
    call::Call,
    callback_pair::CallbackPair,
    installation::{
        Installable,
        Installation, //
    },
    operation::{
        Callback,
        Operation, //
    },
    setup_mode::{
        Settings,
        SetupMode,
        Which, //
    },
    states::{
        by_hand_startup,
        by_hand_teardown,
        Section, //
    },
};
use core::marker::PhantomData;
use cpuhp::{
    cpus_read_lock,
    undo_online_cpus,
    Cpu,
    Instance,
    InstanceCallbacks,
    Step, //
};
use kernel::{
    cpu::CpuId,
    prelude::*,
    sync::Arc, //
};

/// The callbacks of an instance, of which the kernel gets to know one or both.
pub struct Member<S: Section, const STARTUP: bool, const TEARDOWN: bool> {
    pair: Arc<CallbackPair>,
    _section: PhantomData<fn() -> S>,
}

#[vtable]
impl<S: Section, const STARTUP: bool, const TEARDOWN: bool> InstanceCallbacks
    for Member<S, STARTUP, TEARDOWN>
{
    type Section = S;

    const NAME: &'static CStr = S::MULTI_NAME;

    const STEP: Step<fn(&Self, Cpu<'_, S>) -> Result> = {
        // SAFETY: As in `states.rs`.
        unsafe {
            Step::fallible(
                if STARTUP { Some(Self::startup) } else { None },
                if TEARDOWN { Some(Self::teardown) } else { None },
            )
        }
    };
}

impl<S: Section, const STARTUP: bool, const TEARDOWN: bool> Member<S, STARTUP, TEARDOWN> {
    fn startup(&self, cpu: Cpu<'_, S>) -> Result {
        self.pair.startup(&self.call(Callback::Startup, cpu))
    }

    fn teardown(&self, cpu: Cpu<'_, S>) -> Result {
        self.pair.teardown(&self.call(Callback::Teardown, cpu))
    }

    /// A call by the kernel.
    fn call(&self, callback: Callback, cpu: Cpu<'_, S>) -> Call {
        let mut call = self.pair.call(callback, cpu);
        if call.reason.operation == Operation::Hotplug && !self.is_recovered(cpu.id()) {
            call.set_unrecovered();
        }
        call
    }

    /// Whether the kernel recovers if a call of a hotplug operation fails for an instance, and not
    /// for a whole state.
    fn is_recovered(&self, cpu: CpuId) -> bool {
        if S::MULTI.is_online() {
            // If the state lacks the other callback, the kernel skips the rollback of the instances
            // before this one but keeps in mind how far it was, and warns at the next state
            // (`cpuhp_invoke_callback()`, `lastp`).
            STARTUP && TEARDOWN
        } else {
            // If this is not the first instance of the list, the kernel before 7.2 forgets the
            // error while it undoes what it did for those before, and goes on as if nothing had
            // failed (`cpuhp_invoke_callback()`, where there is no `lastp`).
            !(cfg!(before_7_2) && self.pair.is_state_up(cpu))
        }
    }
}

type MultiState<S, const STARTUP: bool, const TEARDOWN: bool> =
    cpuhp::MultiState<Member<S, STARTUP, TEARDOWN>>;

/// A state with instances as it is set up, by the callbacks that the kernel has.
enum State<S: Section> {
    Both(Arc<MultiState<S, true, true>>),
    Startup(Arc<MultiState<S, true, false>>),
    Teardown(Arc<MultiState<S, false, true>>),
}

/// An instance of any of these, which is removed when it is dropped.
trait AnyInstance: Send + Sync {}

impl<T: InstanceCallbacks> AnyInstance for Instance<T> {}

/// Sets up a state, under `cpus_read_lock()` if that is asked for.
///
/// # Safety
///
/// As for [`cpuhp::MultiState::new`].
unsafe fn set_up<T: InstanceCallbacks>(locked: bool) -> Result<Arc<cpuhp::MultiState<T>>> {
    let state = if locked {
        let guard = cpus_read_lock();
        // SAFETY: This function's own requirement.
        unsafe { cpuhp::MultiState::new_cpuslocked(&guard) }
    } else {
        // SAFETY: This function's own requirement.
        unsafe { cpuhp::MultiState::new() }
    };
    // Not under the lock: without memory this drops the state.
    Ok(Arc::new(state?, GFP_KERNEL)?)
}

/// Adds an instance of a state.
fn add<S: Section, const STARTUP: bool, const TEARDOWN: bool>(
    state: &Arc<MultiState<S, STARTUP, TEARDOWN>>,
    pair: Arc<CallbackPair>,
    calls: bool,
) -> Result<Arc<dyn AnyInstance>> {
    let state = state.clone();
    let data = Ok(Member {
        pair,
        _section: PhantomData,
    });
    Ok(if calls {
        Arc::pin_init(Instance::new(state, data), GFP_KERNEL)?
    } else {
        Arc::pin_init(Instance::new_nocalls(state, data), GFP_KERNEL)?
    })
}

impl<S: Section> State<S> {
    /// Sets up the state, under `cpus_read_lock()` if that is asked for.
    ///
    /// # Safety
    ///
    /// As for [`cpuhp::MultiState::new`].
    unsafe fn new(which: Which, locked: bool) -> Result<Self> {
        // SAFETY: This function's own requirement.
        unsafe {
            match which {
                Which::Both => set_up(locked).map(Self::Both),
                Which::Startup => set_up(locked).map(Self::Startup),
                Which::Teardown => set_up(locked).map(Self::Teardown),
            }
        }
    }

    fn number(&self) -> i32 {
        match self {
            Self::Both(state) => state.number(),
            Self::Startup(state) => state.number(),
            Self::Teardown(state) => state.number(),
        }
    }

    fn add(&self, pair: Arc<CallbackPair>, calls: bool) -> Result<Arc<dyn AnyInstance>> {
        match self {
            Self::Both(state) => add(state, pair, calls),
            Self::Startup(state) => add(state, pair, calls),
            Self::Teardown(state) => add(state, pair, calls),
        }
    }
}

/// A state with instances that can be set up and removed again and again.
#[pin_data]
pub struct Multi<S: Section> {
    pair: Arc<CallbackPair>,
    #[pin]
    installation: Installation<Installed<S>>,
}

/// The state while it is set up.
pub struct Installed<S: Section> {
    state: State<S>,
    /// How many instances there are: each has a reference to the state.
    instances: usize,
}

impl<S: Section> Multi<S> {
    /// Makes the state, which is not set up yet.
    ///
    /// # Safety
    ///
    /// The value, all references to it and what [`Multi::add`] returns are dropped before the
    /// module is unloaded.
    pub unsafe fn new(pair: Arc<CallbackPair>) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            pair,
            installation <- Installation::new(),
        }? Error)
    }

    /// Adds an instance, in the way and with the callbacks that the state was set up with.
    ///
    /// # Errors
    ///
    /// `ENODEV` if the state is not set up, and those of [`Instance::new`].
    pub fn add(this: Arc<Self>, pair: Arc<CallbackPair>) -> Result<Added<S>> {
        let mut guard = this.installation.lock();
        let installed = &mut *guard;
        let installed = installed.as_mut().ok_or(ENODEV)?;
        let settings = this.settings();
        let number = installed.state.number();
        pair.phase().set_number(number);
        pair.begin(Operation::Setup, settings);
        let result = pair
            .phase()
            .during(Operation::Setup, || {
                let calls = settings.mode.makes_calls();
                installed.state.add(pair.clone(), calls)
            })
            .and_then(|instance| match settings.mode {
                SetupMode::Manual => init_by_hand(instance, &pair, settings.which),
                _ => Ok(instance),
            });
        let ended = result.as_ref().map(|_| Some(number));
        pair.end(Operation::Setup, ended.map_err(|error| *error));
        let instance = result?;
        installed.instances += 1;
        drop(guard);
        Ok(Added {
            instance: Some(instance),
            pair,
            settings,
            multi: this,
        })
    }
}

/// Initialises every CPU for an instance by hand, where the kernel would do that.
///
/// There is no function to add an instance with `cpus_read_lock()` held. So the instance has been
/// added first, without calls, and since then the kernel calls for CPUs that come and go; those
/// that were online before are initialised after it.
fn init_by_hand(
    instance: Arc<dyn AnyInstance>,
    pair: &CallbackPair,
    which: Which,
) -> Result<Arc<dyn AnyInstance>> {
    let guard = cpus_read_lock();
    let result = guard
        .online_cpus()
        .filter(|&cpu| !pair.is_up(cpu))
        .try_for_each(|cpu| by_hand_startup(pair, cpu, which));
    drop(guard);
    match result {
        Ok(()) => Ok(instance),
        Err(error) => {
            remove_by_hand(instance, pair, which, Operation::Setup);
            Err(error)
        }
    }
}

/// Removes an instance that was added without calls, and undoes what was done by hand: for the CPUs
/// that are still up when the kernel makes no more calls.
fn remove_by_hand(
    instance: Arc<dyn AnyInstance>,
    pair: &CallbackPair,
    which: Which,
    operation: Operation,
) {
    remove(instance, pair);
    undo_online_cpus(&cpus_read_lock(), |cpu| {
        // A CPU that came online in between has had no startup to undo.
        if pair.is_up(cpu) || which == Which::Teardown {
            by_hand_teardown(pair, cpu, which, operation);
        }
    });
}

/// Removes an instance, with or without calls, as it was added.
fn remove(instance: Arc<dyn AnyInstance>, pair: &CallbackPair) {
    // It is the only reference.
    pair.phase().during(Operation::Remove, || drop(instance));
}

impl<S: Section> Installable for Multi<S> {
    type Installed = Installed<S>;

    fn installation(&self) -> &Installation<Installed<S>> {
        &self.installation
    }

    fn pair(&self) -> &Arc<CallbackPair> {
        &self.pair
    }

    fn install(&self) -> Result {
        let mut installed = self.installation.lock();
        if installed.is_some() {
            return Ok(());
        }
        let Settings { mode, which } = self.settings();
        let locked = !matches!(mode, SetupMode::Calls | SetupMode::Nocalls);
        // SAFETY: Neither the state nor an instance outlives the module, by what `Multi::new()`
        // requires.
        let state = unsafe { State::new(which, locked) }?;
        self.installation.set_number(state.number());
        *installed = Some(Installed {
            state,
            instances: 0,
        });
        Ok(())
    }

    fn remove(&self) -> Result {
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

/// An instance that has been added, and how. Dropping it removes the instance.
pub struct Added<S: Section> {
    /// There is one until it is removed.
    instance: Option<Arc<dyn AnyInstance>>,
    pair: Arc<CallbackPair>,
    settings: Settings,
    multi: Arc<Multi<S>>,
}

impl<S: Section> Added<S> {
    /// Returns what the callbacks of the instance do.
    pub fn pair(&self) -> &Arc<CallbackPair> {
        &self.pair
    }
}

impl<S: Section> Drop for Added<S> {
    fn drop(&mut self) {
        let mut installed = self.multi.installation.lock();
        let Settings { mode, which } = self.settings;
        self.pair.begin(Operation::Remove, self.settings);
        if let Some(instance) = self.instance.take() {
            if mode == SetupMode::Manual {
                remove_by_hand(instance, &self.pair, which, Operation::Remove);
            } else {
                remove(instance, &self.pair);
            }
        }
        self.pair.end(Operation::Remove, Ok(None));
        if let Some(installed) = &mut *installed {
            installed.instances -= 1;
        }
    }
}
