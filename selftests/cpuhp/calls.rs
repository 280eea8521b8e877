// SPDX-License-Identifier: GPL-2.0

//! A list of what was called, in order, and its comparison with what should have been called.

use super::report;
use cpuhp::cpus_read_lock;
use kernel::{
    cpu::CpuId,
    fmt,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

/// The error of a startup that is made to fail. Nothing else here returns this one.
pub(crate) const ERROR: Error = ECHILD;

/// What happened.
#[derive(Clone, Copy, PartialEq)]
enum What {
    Startup,
    /// An instance was asked whether the CPU may go offline.
    Asked,
    Teardown,
    /// The data of an instance were dropped.
    Dropped,
}

/// One thing that happened.
#[derive(Clone, Copy, PartialEq)]
struct Call {
    /// The name of the instance, or [`STATE`].
    of: char,
    what: What,
    /// The CPU that the call was for. Zero for [`What::Dropped`], which is not about a CPU.
    cpu: u32,
}

/// Stands for a state without instances.
pub(crate) const STATE: char = '-';

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            What::Startup => "startup",
            What::Asked => "asked",
            What::Teardown => "teardown",
            What::Dropped => return write!(f, "{} dropped", self.of),
        };
        write!(f, "{} {} {}", self.of, what, self.cpu)
    }
}

kernel::sync::global_lock! {
    // SAFETY: `init()` is called before anything else.
    unsafe(uninit) static CALLS: Mutex<KVec<Call>> = KVec::new();
}

/// The CPU on which startups fail, or -1.
static FAILING: Atomic<i32> = Atomic::new(-1);

/// Makes the list.
///
/// # Safety
///
/// To be called once, before any other function here.
pub(crate) unsafe fn init() {
    // SAFETY: This function's own requirement.
    unsafe { CALLS.init() };
}

fn push(of: char, what: What, cpu: u32) {
    // Without memory the call is missing on the list, and the comparison fails.
    let _ = CALLS.lock().push(Call { of, what, cpu }, GFP_KERNEL);
}

/// Notes a startup. It fails if it is on the CPU that [`failing_on`] has named.
pub(crate) fn startup(of: char, cpu: CpuId) -> Result {
    push(of, What::Startup, cpu.as_u32());
    if FAILING.load(Relaxed) == cpu.as_u32() as i32 {
        return Err(ERROR);
    }
    Ok(())
}

/// Notes that an instance was asked whether a CPU may go offline.
pub(crate) fn asked(of: char, cpu: CpuId) {
    push(of, What::Asked, cpu.as_u32());
}

/// Notes a teardown.
pub(crate) fn teardown(of: char, cpu: CpuId) {
    push(of, What::Teardown, cpu.as_u32());
}

/// Notes that the data of an instance were dropped.
pub(crate) fn dropped(of: char) {
    push(of, What::Dropped, 0);
}

/// Calls `f` while startups fail on `cpu`.
pub(crate) fn failing_on<R>(cpu: u32, f: impl FnOnce() -> R) -> R {
    FAILING.store(cpu as i32, Relaxed);
    let result = f();
    FAILING.store(-1, Relaxed);
    result
}

/// A part of what should have been called: the same for each of some CPUs.
pub(crate) struct Part<'a> {
    of: char,
    what: What,
    cpus: &'a [u32],
}

impl<'a> Part<'a> {
    /// Startups of `of`.
    pub(crate) fn startups(of: char, cpus: &'a [u32]) -> Self {
        Self {
            of,
            what: What::Startup,
            cpus,
        }
    }

    /// Teardowns of `of`.
    pub(crate) fn teardowns(of: char, cpus: &'a [u32]) -> Self {
        Self {
            of,
            what: What::Teardown,
            cpus,
        }
    }

    /// The drop of the data of `of`.
    pub(crate) fn dropped(of: char) -> Self {
        Self {
            of,
            what: What::Dropped,
            cpus: &[0],
        }
    }
}

/// Reports whether exactly `parts` happened since the last time, in this order.
pub(crate) fn expect(name: &str, parts: &[Part<'_>]) {
    // What is static is not dropped when the module is unloaded, so no memory stays with it.
    let calls = core::mem::take(&mut *CALLS.lock());
    let expected = || {
        parts.iter().flat_map(|part| {
            part.cpus.iter().map(|&cpu| Call {
                of: part.of,
                what: part.what,
                cpu,
            })
        })
    };
    let passed = calls.iter().copied().eq(expected());
    report(name, passed);
    if !passed {
        expected().for_each(|call| pr_err!("  should be: {}\n", call));
        calls
            .iter()
            .for_each(|call| pr_err!("  was:       {}\n", call));
    }
}

/// Returns the CPUs that are online, in ascending order.
pub(crate) fn online_cpus() -> Result<KVec<u32>> {
    let mut cpus = KVec::new();
    for cpu in cpus_read_lock().online_cpus() {
        cpus.push(cpu.as_u32(), GFP_KERNEL)?;
    }
    Ok(cpus)
}

/// Returns the first of the CPUs, one in the middle and the last, each with its place among them.
/// Where there are hundreds, all of them would be too many to test.
pub(crate) fn some_of(cpus: &[u32]) -> impl Iterator<Item = (usize, u32)> + '_ {
    cpus.iter()
        .copied()
        .enumerate()
        .filter(|&(i, _)| i == 0 || i == cpus.len() / 2 || i == cpus.len() - 1)
}
