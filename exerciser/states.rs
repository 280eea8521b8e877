// SPDX-License-Identifier: GPL-2.0

//! The states `prepare` and `online`.

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
        SetupMode,
        Which, //
    },
    state_name::StateName,
};
use core::{
    marker::PhantomData,
    ptr, //
};
use cpuhp::{
    cpus_read_lock,
    init_online_cpus,
    undo_online_cpus,
    Callbacks,
    Cpu,
    CpusReadGuard,
    Step, //
};
use kernel::{
    cpu::CpuId,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
};

/// Where the callbacks of a state without instances find what they do: the kernel passes them
/// nothing but a CPU.
///
/// # Invariants
///
/// While the state that uses the slot is set up, and while it is being set up or removed, this is
/// the address of a [`CallbackPair`] that a [`SingleState`] has a reference to.
pub struct Slot(Atomic<*mut CallbackPair>);

impl Slot {
    const fn new() -> Self {
        Self(Atomic::new(ptr::null_mut()))
    }
}

/// A section, with what is different about its states.
pub trait Section: cpuhp::Section {
    /// The state without instances.
    const SINGLE: StateName;
    /// Its name for the kernel.
    const SINGLE_NAME: &'static CStr;
    /// The state with instances.
    const MULTI: StateName;
    /// Its name for the kernel.
    const MULTI_NAME: &'static CStr;

    /// Where the callbacks of the state without instances find what they do.
    fn slot() -> &'static Slot;
}

impl Section for cpuhp::Prepare {
    const SINGLE: StateName = StateName::Prepare;
    const SINGLE_NAME: &'static CStr = c"rust_hotplug/prepare:prepare";
    const MULTI: StateName = StateName::PrepareMulti;
    const MULTI_NAME: &'static CStr = c"rust_hotplug/prepare_multi:prepare";

    fn slot() -> &'static Slot {
        static SLOT: Slot = Slot::new();
        &SLOT
    }
}

impl Section for cpuhp::Online {
    const SINGLE: StateName = StateName::Online;
    const SINGLE_NAME: &'static CStr = c"rust_hotplug/online:online";
    const MULTI: StateName = StateName::OnlineMulti;
    const MULTI_NAME: &'static CStr = c"rust_hotplug/online_multi:online";

    fn slot() -> &'static Slot {
        static SLOT: Slot = Slot::new();
        &SLOT
    }
}

/// The callbacks of a state without instances, of which the kernel gets to know one or both. Only a
/// [`SingleState`] sets up a state with them.
struct Single<S: Section, const STARTUP: bool, const TEARDOWN: bool>(PhantomData<S>);

#[vtable]
impl<S: Section, const STARTUP: bool, const TEARDOWN: bool> Callbacks
    for Single<S, STARTUP, TEARDOWN>
{
    type Section = S;

    const NAME: &'static CStr = S::SINGLE_NAME;

    const STEP: Step<fn(Cpu<'_, S>) -> Result> = {
        // SAFETY: A teardown fails only if somebody has armed a fault, and by `Call::failure` where
        // the kernel cannot cope with it only if the module was loaded with `unsafe_faults`, which
        // asks for just that. After a write to `hotplug/target`, which is a way of leaving a CPU
        // half-way by itself, that may be mistaken: see `call::may_fail()`.
        unsafe {
            Step::fallible(
                if STARTUP { Some(startup::<S>) } else { None },
                if TEARDOWN { Some(teardown::<S>) } else { None },
            )
        }
    };
}

fn startup<S: Section>(cpu: Cpu<'_, S>) -> Result {
    with_pair::<S>(|pair| pair.startup(&pair.call(Callback::Startup, cpu)))
}

fn teardown<S: Section>(cpu: Cpu<'_, S>) -> Result {
    with_pair::<S>(|pair| pair.teardown(&pair.call(Callback::Teardown, cpu)))
}

/// Calls `f` with the pair of the state whose callback was called.
fn with_pair<S: Section>(f: impl FnOnce(&CallbackPair) -> Result) -> Result {
    // SAFETY: Only the callbacks of `Single` call this, which nobody else can name, and only a
    // `SingleState` sets up a state with them. So this is a call for the state that uses the slot,
    // and by the invariant of `Slot` its pair is there. The load needs no order: the slot was
    // filled before the setup, in which the kernel takes `cpuhp_state_mutex` and stores the
    // callback, and a task that calls it has taken a lock of that setup since, or was woken by one
    // that has. The pair stays there until the removal is over, which waits for callbacks that run.
    let pair = unsafe { &*S::slot().0.load(Relaxed) };
    f(pair)
}

/// A state as it is set up.
pub struct State<S: Section>(Kind<S>);

/// A state by the callbacks that the kernel has.
enum Kind<S: Section> {
    Both(cpuhp::State<Single<S, true, true>>),
    Startup(cpuhp::State<Single<S, true, false>>),
    Teardown(cpuhp::State<Single<S, false, true>>),
}

/// Sets up a state.
///
/// # Safety
///
/// As for [`cpuhp::State::new`].
unsafe fn set_up<T: Callbacks>(
    mode: SetupMode,
    guard: Option<&CpusReadGuard>,
) -> Result<cpuhp::State<T>> {
    // SAFETY: This function's own requirement.
    unsafe {
        match (mode.makes_calls(), guard) {
            (true, None) => cpuhp::State::new(),
            (false, None) => cpuhp::State::new_nocalls(),
            (true, Some(guard)) => cpuhp::State::new_cpuslocked(guard),
            (false, Some(guard)) => cpuhp::State::new_nocalls_cpuslocked(guard),
        }
    }
}

impl<S: Section> State<S> {
    /// Sets up the state, under `cpus_read_lock()` if there is a `guard`.
    ///
    /// # Safety
    ///
    /// As for [`cpuhp::State::new`].
    unsafe fn new(which: Which, mode: SetupMode, guard: Option<&CpusReadGuard>) -> Result<Self> {
        // SAFETY: This function's own requirement.
        let kind = unsafe {
            match which {
                Which::Both => set_up(mode, guard).map(Kind::Both),
                Which::Startup => set_up(mode, guard).map(Kind::Startup),
                Which::Teardown => set_up(mode, guard).map(Kind::Teardown),
            }
        };
        kind.map(Self)
    }

    fn number(&self) -> i32 {
        match &self.0 {
            Kind::Both(state) => state.number(),
            Kind::Startup(state) => state.number(),
            Kind::Teardown(state) => state.number(),
        }
    }

    fn remove_nocalls_cpuslocked(self, guard: &CpusReadGuard) {
        match self.0 {
            Kind::Both(state) => state.remove_nocalls_cpuslocked(guard),
            Kind::Startup(state) => state.remove_nocalls_cpuslocked(guard),
            Kind::Teardown(state) => state.remove_nocalls_cpuslocked(guard),
        }
    }
}

/// A state without instances that can be set up and removed again and again.
///
/// Dropping it removes the state if it is set up.
#[pin_data(PinnedDrop)]
pub struct SingleState<S: Section> {
    pair: Arc<CallbackPair>,
    #[pin]
    installation: Installation<State<S>>,
}

impl<S: Section> SingleState<S> {
    /// Makes the state of this section, which is not set up yet.
    ///
    /// # Safety
    ///
    /// There is one such value for each section, and it is dropped before the module is unloaded.
    pub unsafe fn new(pair: Arc<CallbackPair>) -> impl PinInit<Self, Error> {
        // INVARIANT: The state is not set up; when it is, the pair stays where it is until this
        // value is dropped, which removes the state.
        S::slot().0.store(Arc::as_ptr(&pair).cast_mut(), Relaxed);
        try_pin_init!(Self {
            pair,
            installation <- Installation::new(),
        }? Error)
    }

    /// Initialises every CPU by hand, where the kernel would do that, and sets up the state.
    fn install_by_hand(&self, which: Which) -> Result<State<S>> {
        let guard = &cpus_read_lock();
        let init = |cpu| by_hand_startup(&self.pair, cpu, which);
        let undo = |cpu| by_hand_teardown(&self.pair, cpu, which, Operation::Setup);

        init_online_cpus(guard, init, undo)?;
        self.set_up(SetupMode::Manual, which, Some(guard))
            .inspect_err(|_| undo_online_cpus(guard, undo))
    }

    fn set_up(
        &self,
        mode: SetupMode,
        which: Which,
        guard: Option<&CpusReadGuard>,
    ) -> Result<State<S>> {
        let phase = self.pair.phase();
        // SAFETY: The state is kept in the `Installation` and removed at the latest when this value
        // is dropped, which is before the module is unloaded, by what `SingleState::new()`
        // requires.
        phase.during(Operation::Setup, || unsafe {
            State::new(which, mode, guard)
        })
    }
}

impl<S: Section> Installable for SingleState<S> {
    type Installed = State<S>;

    fn installation(&self) -> &Installation<State<S>> {
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
        let settings = self.settings();
        self.pair.begin(Operation::Setup, settings);
        let result = match settings.mode {
            SetupMode::Calls | SetupMode::Nocalls => {
                self.set_up(settings.mode, settings.which, None)
            }
            SetupMode::CallsCpuslocked | SetupMode::NocallsCpuslocked => {
                self.set_up(settings.mode, settings.which, Some(&cpus_read_lock()))
            }
            SetupMode::Manual => self.install_by_hand(settings.which),
        };
        let number = result.as_ref().map(State::number).map_err(|error| *error);
        if let Ok(number) = number {
            self.pair.phase().set_number(number);
        }
        self.pair.end(Operation::Setup, number.map(Some));
        self.installation.set_number(number?);
        *installed = Some(result?);
        Ok(())
    }

    fn remove(&self) -> Result {
        let mut installed = self.installation.lock();
        let Some(state) = installed.take() else {
            return Ok(());
        };
        let settings = self.settings();
        let phase = self.pair.phase();
        self.pair.begin(Operation::Remove, settings);
        match settings.mode {
            // With or without calls, as it was set up.
            SetupMode::Calls | SetupMode::Nocalls | SetupMode::CallsCpuslocked => {
                phase.during(Operation::Remove, || drop(state));
            }
            SetupMode::NocallsCpuslocked | SetupMode::Manual => {
                let guard = cpus_read_lock();
                phase.during(Operation::Remove, || {
                    state.remove_nocalls_cpuslocked(&guard);
                });
                if settings.mode == SetupMode::Manual {
                    undo_online_cpus(&guard, |cpu| {
                        by_hand_teardown(&self.pair, cpu, settings.which, Operation::Remove);
                    });
                }
            }
        }
        phase.set_number(-1);
        self.pair.end(Operation::Remove, Ok(None));
        self.installation.set_number(-1);
        Ok(())
    }
}

#[pinned_drop]
impl<S: Section> PinnedDrop for SingleState<S> {
    fn drop(self: Pin<&mut Self>) {
        // Without instances nothing keeps it from being removed.
        let _ = self.remove();
    }
}

/// Calls startup for a CPU as the kernel would.
pub fn by_hand_startup(pair: &CallbackPair, cpu: CpuId, which: Which) -> Result {
    if which == Which::Teardown {
        return Ok(());
    }
    pair.startup(&Call::by_hand(Callback::Startup, cpu, Operation::Setup))
}

/// Calls teardown for a CPU as the kernel would.
pub fn by_hand_teardown(pair: &CallbackPair, cpu: CpuId, which: Which, operation: Operation) {
    if which != Which::Startup {
        // It may be delayed, but does not fail.
        let _ = pair.teardown(&Call::by_hand(Callback::Teardown, cpu, operation));
    }
}
