// SPDX-License-Identifier: GPL-2.0

//! The directories `startup_inject` and `teardown_inject`, and the counts beside them.

use crate::exerciser::{
    callback_pair::CallbackPair,
    cpus::Cpus,
    errno::{
        Errno,
        MAX_ERRNO, //
    },
    fault::{
        Fault,
        Settings,
        MAX_DELAY, //
    },
    faults::HasFaults,
    operation::Callback,
    sysfs::{
        Attribute,
        Dir,
        Directory,
        Input, //
    },
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// A directory that shows two callbacks.
pub(super) trait HasCallbacks: Directory {
    /// What they are.
    type Callbacks: HasFaults + 'static;

    /// Returns them.
    fn callbacks(&self) -> &Arc<Self::Callbacks>;
}

pub(super) const fn cpus_up<D: HasCallbacks<Callbacks = CallbackPair>>() -> Attribute<D> {
    Attribute::ro(c"cpus_up", |dir, text| {
        text.line(fmt!("{}", dir.callbacks().cpus_up()?))
    })
}

pub(super) const fn startups<D: HasCallbacks>() -> Attribute<D> {
    Attribute::ro(c"startups", |dir, text| {
        text.line(fmt!("{}", dir.callbacks().faults().startups()))
    })
}

pub(super) const fn teardowns<D: HasCallbacks>() -> Attribute<D> {
    Attribute::ro(c"teardowns", |dir, text| {
        text.line(fmt!("{}", dir.callbacks().faults().teardowns()))
    })
}

pub(super) const fn failures<D: HasCallbacks>() -> Attribute<D> {
    Attribute::ro(c"failures", |dir, text| {
        text.line(fmt!("{}", dir.callbacks().faults().failures()))
    })
}

/// The two directories of faults.
pub(super) struct InjectDirs {
    _startup: Dir<Inject>,
    _teardown: Dir<Inject>,
}

impl InjectDirs {
    /// Makes them in the directory of the callbacks.
    pub(super) fn new<D: HasCallbacks>(parent: &Dir<D>) -> Result<Self> {
        let inject = |name, callback| {
            let data = Inject {
                callbacks: parent.callbacks().clone(),
                callback,
            };
            Dir::new(parent, name, Ok(data))
        };
        Ok(Self {
            _startup: inject(c"startup_inject", Callback::Startup)?,
            _teardown: inject(c"teardown_inject", Callback::Teardown)?,
        })
    }
}

/// The data of one of these directories.
struct Inject {
    callbacks: Arc<dyn HasFaults>,
    callback: Callback,
}

impl Inject {
    fn fault(&self) -> &Fault {
        self.callbacks.faults().of(self.callback)
    }

    fn settings(&self) -> Settings {
        self.fault().settings()
    }
}

impl Directory for Inject {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::rw(
            c"errno",
            |inject, text| text.line(fmt!("{}", inject.settings().errno)),
            |inject, input| {
                let errno = parse_errno(input)?;
                inject.fault().change(|settings| settings.errno = errno)
            },
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
            c"probability",
            |inject, text| text.line(fmt!("{}", inject.settings().probability)),
            |inject, input| {
                let probability = input.number(0..=100)?;
                inject
                    .fault()
                    .change(|settings| settings.probability = probability)
            },
        ),
        Attribute::rw(
            c"interval",
            |inject, text| text.line(fmt!("{}", inject.settings().interval)),
            |inject, input| {
                let interval = input.number(1..=i32::MAX as u32)?;
                inject
                    .fault()
                    .change(|settings| settings.interval = interval)
            },
        ),
        Attribute::rw(
            c"times",
            |inject, text| text.line(fmt!("{}", inject.settings().times)),
            |inject, input| {
                let times = input.number(-1..=i32::MAX)?;
                inject.fault().change(|settings| settings.times = times)
            },
        ),
        Attribute::rw(
            c"space",
            |inject, text| text.line(fmt!("{}", inject.settings().space)),
            |inject, input| {
                let space = input.number(0..=i32::MAX as u32)?;
                inject.fault().change(|settings| settings.space = space)
            },
        ),
        Attribute::rw(
            c"delay_us",
            |inject, text| text.line(fmt!("{}", inject.settings().delay)),
            |inject, input| {
                let delay = input.number(0..=MAX_DELAY)?;
                inject.fault().change(|settings| settings.delay = delay)
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
