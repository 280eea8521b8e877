// SPDX-License-Identifier: GPL-2.0

//! The files in `/sys/kernel/rust_hotplug`.
//!
//! `Documentation/ABI/testing/sysfs-kernel-rust_hotplug` describes each of them.

use crate::{
    cpuhp::Registrar,
    cpus::Cpus,
    errno::{
        Errno,
        MAX_ERRNO, //
    },
    fault::Fault,
    log::Log,
    point::Point,
    states::{
        Exercised,
        OnlineCallbacks,
        PrepareCallbacks,
        State, //
    },
    sysfs::{
        Attribute,
        BinAttribute,
        Dir,
        Directory,
        Input, //
    },
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// The directory `rust_hotplug`.
pub struct Root {
    /// The log.
    pub log: Arc<Log>,
    /// The callbacks of the states, to reset them.
    pub prepare: Arc<PrepareCallbacks>,
    #[expect(missing_docs, reason = "as above")]
    pub online: Arc<OnlineCallbacks>,
}

impl Directory for Root {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[Attribute::wo(c"reset", |root, input| {
        input.number(1..=1)?;
        root.prepare.reset()?;
        root.online.reset()?;
        root.log.reset();
        Ok(())
    })];

    const BIN_ATTRIBUTES: &'static [BinAttribute<Self>] =
        &[BinAttribute::ro(c"log", |root, offset, buffer| {
            Ok(root.log.read(offset, buffer))
        })];
}

/// The directory of a state.
impl<T: Exercised> Directory for State<T> {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::ro(c"state", |state, text| {
            text.line(fmt!("{}", state.number()))
        }),
        Attribute::rw(
            c"installed",
            |state, text| text.line(fmt!("{}", i32::from(state.number() >= 0))),
            |state, input| {
                let install = input.number(0..=1)? == 1;
                // SAFETY: The store function of an attribute is called in process context, by a
                // task that is on its way through write() and holds no lock but those of kernfs,
                // which no cpuhp callback takes. `State` locks its mutex within, which no callback
                // takes either.
                let mut registrar = unsafe { Registrar::assume() };
                if install {
                    state.install(&mut registrar)
                } else {
                    state.remove(&mut registrar);
                    Ok(())
                }
            },
        ),
        Attribute::ro(c"cpus_up", |state, text| {
            text.line(fmt!("{}", state.callbacks().cpus_up()?))
        }),
        Attribute::ro(c"startups", |state, text| {
            text.line(fmt!("{}", state.callbacks().startups()))
        }),
        Attribute::ro(c"teardowns", |state, text| {
            text.line(fmt!("{}", state.callbacks().teardowns()))
        }),
        Attribute::ro(c"failures", |state, text| {
            text.line(fmt!("{}", state.callbacks().failures()))
        }),
    ];
}

/// The directories `startup_inject` and `teardown_inject` of a state.
pub struct Inject<T: Exercised> {
    callbacks: Arc<T>,
    select: fn(&Point) -> &Fault,
}

impl<T: Exercised> Inject<T> {
    fn fault(&self) -> &Fault {
        (self.select)(&self.callbacks)
    }
}

impl<T: Exercised> Directory for Inject<T> {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::rw(
            c"errno",
            |inject, text| text.line(fmt!("{}", inject.fault().errno())),
            |inject, input| inject.fault().set_errno(parse_errno(input)?),
        ),
        Attribute::rw(
            c"cpus",
            |inject, text| text.line(fmt!("{}", inject.fault().cpus()?)),
            |inject, input| {
                inject.fault().set_cpus(Cpus::parse(input.text()?)?);
                Ok(())
            },
        ),
        Attribute::rw(
            c"times",
            |inject, text| text.line(fmt!("{}", inject.fault().times())),
            |inject, input| {
                inject.fault().set_times(input.number(-1..=i32::MAX)?);
                Ok(())
            },
        ),
        Attribute::ro(c"hits", |inject, text| {
            text.line(fmt!("{}", inject.fault().hits()))
        }),
    ];
}

/// Reads an error by its name or its number.
fn parse_errno(input: &Input<'_>) -> Result<Errno> {
    if let Some(errno) = Errno::from_name(input.text()?) {
        return Ok(errno);
    }
    Errno::from_number(input.number(0..=MAX_ERRNO)?)
}

/// The directory of a state and the two in it. The inner ones go first.
pub struct StateDirs<T: Exercised> {
    _startup_inject: Dir<Inject<T>>,
    _teardown_inject: Dir<Inject<T>>,
    _state: Dir<State<T>>,
}

impl<T: Exercised> StateDirs<T> {
    /// Makes the directories of a state that is to be set up from the start.
    pub fn new(
        root: &Dir<Root>,
        callbacks: &Arc<T>,
        registrar: &mut Registrar,
        module: &'static ThisModule,
    ) -> Result<Self> {
        let inject = |state: &Dir<State<T>>, name, select| {
            let data = Inject {
                callbacks: callbacks.clone(),
                select,
            };
            Dir::new(state, name, Ok(data), module)
        };
        let state = Dir::new(root, T::DIR, State::new(callbacks.clone(), module), module)?;
        state.install(registrar).inspect_err(|error| {
            pr_err!("state {} could not be set up: {:?}\n", T::DIR, error);
        })?;
        Ok(Self {
            _startup_inject: inject(&state, c"startup_inject", |point| &point.startup_fault)?,
            _teardown_inject: inject(&state, c"teardown_inject", |point| &point.teardown_fault)?,
            _state: state,
        })
    }
}
