// SPDX-License-Identifier: GPL-2.0

//! The value of a CPU is there only while its instance is.

// expect: E0505

include!("common.inc");

/// Keeps the value of a CPU for longer than its instance.
pub fn bad<V: CpuValue>(
    registrar: &mut Registrar,
    instance: Instance<CpuValues<V>>,
    cpu: kernel::cpu::CpuId,
) -> bool {
    let guard = registrar.cpus_read_lock();
    let value = instance.value(&guard, cpu);
    drop(instance);
    value.is_some()
}
