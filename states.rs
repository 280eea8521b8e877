// SPDX-License-Identifier: GPL-2.0

//! The states `prepare` and `online`.

use crate::{
    cpuhp::{
        Callbacks,
        Context,
        Online,
        Prepare,
        Registrar,
        SingleState,
        Slot,
        SlotRef, //
    },
    log::{
        Log,
        StateName, //
    },
    point::Point,
};
use core::ops::Deref;
use kernel::{
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

/// The callbacks of `prepare`, which run on a control CPU.
#[pin_data]
pub struct PrepareCallbacks {
    #[pin]
    point: Point,
}

#[vtable]
impl Callbacks for PrepareCallbacks {
    type Section = Prepare;

    const NAME: &'static CStr = c"rust_hotplug/prepare:prepare";

    const SLOT: SlotRef<Self> = {
        static SLOT: Slot<PrepareCallbacks> = Slot::new();
        SlotRef::new(&SLOT)
    };

    fn startup(&self, cx: &Context<'_, Prepare>) -> Result {
        self.point.startup(cx)
    }

    fn teardown(&self, cx: &Context<'_, Prepare>) {
        self.point.teardown(cx);
    }
}

/// The callbacks of `online`, which run on the hotplugged CPU.
#[pin_data]
pub struct OnlineCallbacks {
    #[pin]
    point: Point,
}

#[vtable]
impl Callbacks for OnlineCallbacks {
    type Section = Online;

    const NAME: &'static CStr = c"rust_hotplug/online:online";

    const SLOT: SlotRef<Self> = {
        static SLOT: Slot<OnlineCallbacks> = Slot::new();
        SlotRef::new(&SLOT)
    };

    fn startup(&self, cx: &Context<'_, Online>) -> Result {
        self.point.startup(cx)
    }

    fn may_go_down(&self, cx: &Context<'_, Online>) -> Result {
        self.point.may_go_down(cx)
    }

    fn teardown(&self, cx: &Context<'_, Online>) {
        self.point.teardown(cx);
    }
}

/// Callbacks of this module, as opposed to anybody's.
pub trait Exercised: Callbacks + Deref<Target = Point> {
    /// The name of the directory.
    const DIR: &'static CStr;

    /// Makes the callbacks, with everything disarmed.
    fn new(log: Arc<Log>) -> impl PinInit<Self, Error>;
}

impl Deref for PrepareCallbacks {
    type Target = Point;

    fn deref(&self) -> &Point {
        &self.point
    }
}

impl Exercised for PrepareCallbacks {
    const DIR: &'static CStr = c"prepare";

    fn new(log: Arc<Log>) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            point <- Point::new(StateName::Prepare, log, false),
        }? Error)
    }
}

impl Deref for OnlineCallbacks {
    type Target = Point;

    fn deref(&self) -> &Point {
        &self.point
    }
}

impl Exercised for OnlineCallbacks {
    const DIR: &'static CStr = c"online";

    fn new(log: Arc<Log>) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            point <- Point::new(StateName::Online, log, true),
        }? Error)
    }
}

/// A state that can be set up and removed again and again.
///
/// Dropping it removes the state if it is set up.
#[pin_data]
pub struct State<T: Exercised> {
    callbacks: Arc<T>,
    module: &'static ThisModule,
    /// The number of the state, or -1. For readers, who do not wait for a setup that is under way.
    number: Atomic<i32>,
    #[pin]
    installed: Mutex<Option<SingleState<T>>>,
}

impl<T: Exercised> State<T> {
    /// Makes the state, which is not set up yet.
    pub fn new(callbacks: Arc<T>, module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            callbacks,
            module,
            number: Atomic::new(-1),
            installed <- new_mutex!(None),
        }? Error)
    }

    /// Sets the state up, if it is not.
    ///
    /// # Errors
    ///
    /// Those of [`SingleState::new`].
    pub fn install(&self, registrar: &mut Registrar) -> Result {
        let mut installed = self.installed.lock();
        if installed.is_none() {
            let state = SingleState::new(registrar, self.module, self.callbacks.clone())?;
            self.number.store(state.state(), Relaxed);
            *installed = Some(state);
        }
        Ok(())
    }

    /// Removes the state, if it is set up.
    ///
    /// The registrar vouches for this being a place to drop the state.
    pub fn remove(&self, _registrar: &mut Registrar) {
        let mut installed = self.installed.lock();
        if let Some(state) = installed.take() {
            drop(state);
            self.number.store(-1, Relaxed);
        }
    }

    /// Returns the number that the kernel gave the state, or -1 if it is not set up.
    pub fn number(&self) -> i32 {
        self.number.load(Relaxed)
    }

    /// Returns its callbacks.
    pub fn callbacks(&self) -> &Arc<T> {
        &self.callbacks
    }
}
