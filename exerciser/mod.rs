// SPDX-License-Identifier: GPL-2.0

//! Four states whose callbacks fail on demand, and what watches how the kernel takes that.
//!
//! Data flow one way, from the kernel's call to the files, and each module knows those above it
//! only:
//!
//! - `bindings` is the C functions that are used; `cpus`, `errno` and `task` are small abstractions
//!   of them, `sysfs` is one of directories and attributes, and `word` one of memory.
//! - `state_name`, `operation` and `setup_mode` are the words that all others speak in.
//! - `fault` decides when a callback fails.
//! - `call` finds out why the kernel makes a call, and what becomes of the call if it fails.
//! - `checker` knows what the kernel must do, and follows what it does; `hidden` keeps calls from
//!   it, where a test asks for that.
//! - `log` keeps what was called, and `trace` tells it to the kernel's tracers.
//! - `common` is what all callbacks use of these.
//! - `callback_pair` is what a callback does: fail if it has to, count, log, and have the call
//!   checked.
//! - `installation` is a state that is set up and removed again and again; `states` and `instances`
//!   are the four, and the ways to set them up.
//! - `target` is a state of the kernel that is to fail, and `hook` what reaches it: the hook into
//!   kernel/cpu.c through which the calls of all states go.
//! - `files` shows all of that in sysfs.

pub mod bindings;
pub mod call;
pub mod callback_pair;
pub mod checker;
pub mod common;
pub mod cpus;
pub mod errno;
pub mod fault;
pub mod faults;
pub mod files;
pub mod hidden;
pub mod hook;
pub mod installation;
pub mod instances;
pub mod log;
pub mod operation;
pub mod setup_mode;
pub mod state_name;
pub mod states;
pub mod sysfs;
pub mod target;
pub mod task;
pub mod trace;
mod word;
