// SPDX-License-Identifier: GPL-2.0

//! The directory of a state.

use super::{
    inject::{
        cpus_up,
        failures,
        startups,
        teardowns,
        HasCallbacks,
        InjectDirs, //
    },
    Root, //
};
use crate::exerciser::{
    callback_pair::CallbackPair,
    installation::Installable,
    setup_mode::{
        Named,
        SetupMode,
        Which, //
    },
    sysfs::{
        Attribute,
        Dir,
        Directory, //
    },
};
use kernel::{
    prelude::*,
    str::BStr,
    sync::Arc, //
};

/// The data of the directory of a state.
pub(super) struct StateDir<S: Installable>(pub(super) Arc<S>);

impl<S: Installable> HasCallbacks for StateDir<S> {
    type Callbacks = CallbackPair;

    fn callbacks(&self) -> &Arc<CallbackPair> {
        self.0.pair()
    }
}

impl<S: Installable> Directory for StateDir<S> {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::ro(c"state", |dir, text| text.line(fmt!("{}", dir.0.number()))),
        Attribute::rw(
            c"installed",
            |dir, text| text.line(fmt!("{}", i32::from(dir.0.number() >= 0))),
            |dir, input| {
                let install = input.number(0..=1)? == 1;
                if install {
                    dir.0.install()
                } else {
                    dir.0.remove()
                }
            },
        ),
        Attribute::rw(
            c"setup",
            |dir, text| text.line(fmt!("{}", dir.0.settings().mode.name())),
            |dir, input| {
                let mode = SetupMode::from_name(input.text()?)?;
                dir.0.change_settings(|settings| settings.mode = mode)
            },
        ),
        Attribute::rw(
            c"callbacks",
            |dir, text| text.line(fmt!("{}", dir.0.settings().which.name())),
            |dir, input| {
                let which = Which::from_name(input.text()?)?;
                dir.0.change_settings(|settings| settings.which = which)
            },
        ),
        cpus_up(),
        startups(),
        teardowns(),
        failures(),
        #[cfg(rust_hotplug_breaches)]
        super::breaches::call(),
    ];
}

/// The directory of a state and the two in it. The inner ones go first.
pub struct StateDirs<S: Installable> {
    _inject: InjectDirs,
    pub(super) dir: Dir<StateDir<S>>,
}

impl<S: Installable> StateDirs<S> {
    /// Makes the directories of a state that is to be set up from the start.
    pub fn new(root: &Dir<Root>, name: &CStr, state: Arc<S>) -> Result<Self> {
        state.install().inspect_err(|error| {
            pr_err!(
                "state {} could not be set up: {:?}\n",
                BStr::from_bytes(name.to_bytes()),
                error
            );
        })?;
        let dir = Dir::new(root, name, Ok(StateDir(state)))?;
        Ok(Self {
            _inject: InjectDirs::new(&dir)?,
            dir,
        })
    }
}
