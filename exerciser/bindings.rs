// SPDX-License-Identifier: GPL-2.0

//! What bindgen made of `bindings/bindings.h`, over the `kernel` crate's types.

#![allow(
    improper_ctypes,
    missing_docs,
    non_camel_case_types,
    non_upper_case_globals,
    unused_imports,
    reason = "generated code, and not all of it in every configuration"
)]

pub use kernel::bindings::{
    attribute,
    bin_attribute,
    cpumask_test_cpu,
    file,
    kernfs_node,
    kobj_type,
    kobject,
    loff_t,
    sysfs_ops,
    system_states_SYSTEM_RUNNING,
    umode_t,
    TASK_COMM_LEN, //
};

include!(env!("RUST_HOTPLUG_BINDINGS"));

pub use rust_helper_dev_offline as dev_offline;
pub use rust_helper_fault_armed as fault_armed;
pub use rust_helper_fault_armed_dec as fault_armed_dec;
pub use rust_helper_fault_armed_inc as fault_armed_inc;
pub use rust_helper_get_task_comm as get_task_comm;
pub use rust_helper_is_kernel_thread as is_kernel_thread;
pub use rust_helper_kobject_flush_release as kobject_flush_release;
pub use rust_helper_kobject_put_now as kobject_put_now;
pub use rust_helper_may_sleep as may_sleep;
pub use rust_helper_sysfs_get_file as sysfs_get_file;
pub use rust_helper_sysfs_notify_open as sysfs_notify_open;
pub use rust_helper_trace_callback as trace_callback;
pub use rust_helper_trace_callback_enabled as trace_callback_enabled;
