// SPDX-License-Identifier: GPL-2.0

//! Sets of CPUs, and their text form: `0-3,8`.
//!
//! C header: [`include/linux/cpumask.h`](srctree/include/linux/cpumask.h)

use crate::exerciser::bindings;
use core::ops::{
    Deref,
    DerefMut, //
};
use kernel::{
    cpu::{
        nr_cpu_ids,
        CpuId, //
    },
    cpumask::{
        Cpumask,
        CpumaskVar, //
    },
    error::to_result,
    fmt,
    prelude::*,
    str::CString, //
};

/// A set of CPUs.
///
/// Displayed as a list.
pub struct Cpus(CpumaskVar);

// SAFETY: It owns the mask, which is plain memory, and can be freed by any thread.
unsafe impl Send for Cpus {}
// SAFETY: Through a shared reference the mask is only read.
unsafe impl Sync for Cpus {}
// Nobody has the address of a mask. Without `CONFIG_CPUMASK_OFFSTACK` it is not `Unpin` by itself.
impl Unpin for Cpus {}

impl Cpus {
    /// Makes the empty set. May sleep.
    pub fn none() -> Result<Self> {
        Ok(Self(CpumaskVar::new_zero(GFP_KERNEL)?))
    }

    /// Makes the set of the CPUs that can ever be there. May sleep.
    pub fn possible() -> Result<Self> {
        let mut cpus = Self::none()?;
        cpus.set_possible();
        Ok(cpus)
    }

    /// Makes this the set of the CPUs that can ever be there.
    pub fn set_possible(&mut self) {
        // SAFETY: The mask is set up at boot and does not change after that.
        let possible = unsafe { Cpumask::from_raw(&raw const bindings::__cpu_possible_mask) };
        possible.copy(&mut self.0);
    }

    /// Makes the set with this CPU alone. May sleep.
    pub fn one(cpu: CpuId) -> Result<Self> {
        let mut cpus = Self::none()?;
        cpus.set(cpu);
        Ok(cpus)
    }

    /// Makes the set that a list in text names. May sleep.
    ///
    /// The form is that of `Documentation/admin-guide/kernel-parameters.rst`, "cpu lists". C:
    /// `cpulist_parse()`.
    ///
    /// # Errors
    ///
    /// - `EINVAL` if it is not such a list.
    /// - `ERANGE` if it names a CPU that there cannot be.
    pub fn parse(list: &str) -> Result<Self> {
        let list = CString::try_from_fmt(fmt!("{list}"))?;
        let cpus = Self::none()?;
        // SAFETY: The text ends with a NUL, and a `cpumask` has at least `nr_cpu_ids` bits.
        to_result(unsafe {
            bindings::bitmap_parselist(
                list.as_char_ptr(),
                (&raw mut (*cpus.as_raw()).bits).cast(),
                nr_cpu_ids() as c_int,
            )
        })
        // A number that does not even fit an `unsigned int`.
        .map_err(|error| if error == EOVERFLOW { ERANGE } else { error })?;
        Ok(cpus)
    }
}

/// Whether a CPU takes part in scheduling: it is neither offline nor on its way.
pub fn is_active(cpu: CpuId) -> bool {
    // SAFETY: The mask is always there, and it is read with an atomic bit operation.
    unsafe { bindings::cpumask_test_cpu(cpu.into(), &raw mut bindings::__cpu_active_mask) }
}

impl Deref for Cpus {
    type Target = Cpumask;

    fn deref(&self) -> &Cpumask {
        &self.0
    }
}

impl DerefMut for Cpus {
    fn deref_mut(&mut self) -> &mut Cpumask {
        &mut self.0
    }
}

impl fmt::Display for Cpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has = |cpu| CpuId::from_u32(cpu).is_some_and(|cpu| self.test(cpu));
        let mut separator = "";
        let mut next = 0;

        while let Some(first) = (next..nr_cpu_ids()).find(|&cpu| has(cpu)) {
            next = (first..nr_cpu_ids())
                .find(|&cpu| !has(cpu))
                .unwrap_or(nr_cpu_ids());
            write!(f, "{separator}{first}")?;
            if next - first > 1 {
                write!(f, "-{}", next - 1)?;
            }
            separator = ",";
        }
        Ok(())
    }
}
