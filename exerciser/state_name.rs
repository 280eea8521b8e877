// SPDX-License-Identifier: GPL-2.0

//! The names of the four states.

/// A state, by the name of its directory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum StateName {
    /// `prepare`.
    Prepare,
    /// `online`.
    Online,
    /// `prepare_multi`.
    PrepareMulti,
    /// `online_multi`.
    OnlineMulti,
}

impl StateName {
    /// All there are, in the order of their numbers.
    pub const ALL: [Self; 4] = [
        Self::Prepare,
        Self::Online,
        Self::PrepareMulti,
        Self::OnlineMulti,
    ];

    /// The names of their directories, in the same order.
    pub const NAMES: [&'static core::ffi::CStr; 4] =
        [c"prepare", c"online", c"prepare_multi", c"online_multi"];

    /// Whether the state is one of section ONLINE: its callbacks run on the hotplugged CPU, and the
    /// kernel takes a no from its teardown when a CPU goes offline.
    pub fn is_online(self) -> bool {
        matches!(self, Self::Online | Self::OnlineMulti)
    }
}
