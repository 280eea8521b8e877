// SPDX-License-Identifier: GPL-2.0

//! Initialising CPUs by hand.

use super::{
    calls::{
        self,
        expect,
        failing_on,
        online_cpus,
        some_of,
        Part,
        ERROR,
        STATE, //
    },
    report, //
};
use cpuhp::{
    cpus_read_lock,
    init_online_cpus,
    undo_online_cpus, //
};
use kernel::{
    cpu::CpuId,
    prelude::*, //
};

pub(crate) fn test() -> Result {
    let cpus = online_cpus()?;
    let guard = cpus_read_lock();
    let init = |cpu: CpuId| calls::startup(STATE, cpu);
    let undo = |cpu: CpuId| calls::teardown(STATE, cpu);

    init_online_cpus(&guard, init, undo)?;
    expect("by hand: init", &[Part::startups(STATE, &cpus)]);
    undo_online_cpus(&guard, undo);
    expect("by hand: undo", &[Part::teardowns(STATE, &cpus)]);

    for (i, cpu) in some_of(&cpus) {
        let result = failing_on(cpu, || init_online_cpus(&guard, init, undo));
        report("by hand: the error of init", result == Err(ERROR));
        expect(
            "by hand: undone for the CPUs before the one that failed, ascending",
            &[
                Part::startups(STATE, &cpus[..=i]),
                Part::teardowns(STATE, &cpus[..i]),
            ],
        );
    }
    Ok(())
}
