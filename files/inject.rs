// SPDX-License-Identifier: GPL-2.0

//! The directories `startup_inject` and `teardown_inject`, and the counts beside them.

use crate::{
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
    point::Point,
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

/// A directory that shows a point.
pub(super) trait HasPoint: Directory {
    /// Returns the point.
    fn point(&self) -> &Arc<Point>;
}

pub(super) const fn cpus_up<D: HasPoint>() -> Attribute<D> {
    Attribute::ro(c"cpus_up", |dir, text| {
        text.line(fmt!("{}", dir.point().cpus_up()?))
    })
}

pub(super) const fn startups<D: HasPoint>() -> Attribute<D> {
    Attribute::ro(c"startups", |dir, text| {
        text.line(fmt!("{}", dir.point().startups()))
    })
}

pub(super) const fn teardowns<D: HasPoint>() -> Attribute<D> {
    Attribute::ro(c"teardowns", |dir, text| {
        text.line(fmt!("{}", dir.point().teardowns()))
    })
}

pub(super) const fn failures<D: HasPoint>() -> Attribute<D> {
    Attribute::ro(c"failures", |dir, text| {
        text.line(fmt!("{}", dir.point().failures()))
    })
}

#[cfg(rust_hotplug_hook)]
pub(super) const fn call<D: HasPoint>() -> Attribute<D> {
    Attribute::wo(c"call", |dir, input| {
        crate::hook::call(dir.point(), input.text()?)
    })
}

/// The two directories of faults.
pub(super) struct InjectDirs {
    _startup: Dir<Inject>,
    _teardown: Dir<Inject>,
}

impl InjectDirs {
    /// Makes them in the directory of the point.
    pub(super) fn new<D: HasPoint>(parent: &Dir<D>, module: &'static ThisModule) -> Result<Self> {
        let inject = |name, select| {
            let data = Inject {
                point: parent.point().clone(),
                select,
            };
            Dir::new(parent, name, Ok(data), module)
        };
        Ok(Self {
            _startup: inject(c"startup_inject", |point| &point.startup_fault)?,
            _teardown: inject(c"teardown_inject", |point| &point.teardown_fault)?,
        })
    }
}

/// One of them.
struct Inject {
    point: Arc<Point>,
    select: fn(&Point) -> &Fault,
}

impl Inject {
    fn fault(&self) -> &Fault {
        (self.select)(&self.point)
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
