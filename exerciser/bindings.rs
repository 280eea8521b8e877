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
    cpuhp_state_CPUHP_AP_ONLINE,
    cpuhp_state_CPUHP_AP_ONLINE_DYN,
    cpuhp_state_CPUHP_BP_PREPARE_DYN,
    cpuhp_state_CPUHP_BRINGUP_CPU,
    cpuhp_state_CPUHP_ONLINE,
    cpuhp_state_CPUHP_TEARDOWN_CPU,
    cpumask_test_cpu,
    file,
    hlist_node,
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

pub use rust_helper_caller as caller;
pub use rust_helper_cpuhp_is_atomic as cpuhp_is_atomic;
pub use rust_helper_cpuhp_states as cpuhp_states;
pub use rust_helper_describe as describe;
pub use rust_helper_dev_offline as dev_offline;
pub use rust_helper_fault_armed as fault_armed;
pub use rust_helper_fault_armed_dec as fault_armed_dec;
pub use rust_helper_fault_armed_inc as fault_armed_inc;
pub use rust_helper_get_task_comm as get_task_comm;
pub use rust_helper_hash_pointer as hash_pointer;
pub use rust_helper_hook as hook;
pub use rust_helper_hook_aim as hook_aim;
pub use rust_helper_hook_callback as hook_callback;
pub use rust_helper_hook_callbacks_later as hook_callbacks_later;
pub use rust_helper_hook_refuse as hook_refuse;
pub use rust_helper_hook_synchronize as hook_synchronize;
pub use rust_helper_hook_watch as hook_watch;
pub use rust_helper_is_kernel_thread as is_kernel_thread;
pub use rust_helper_is_of_module as is_of_module;
pub use rust_helper_is_ours as is_ours;
pub use rust_helper_kobject_flush_release as kobject_flush_release;
pub use rust_helper_kobject_put_now as kobject_put_now;
pub use rust_helper_may_sleep as may_sleep;
pub use rust_helper_original_add as original_add;
pub use rust_helper_original_callback as original_callback;
pub use rust_helper_original_del as original_del;
pub use rust_helper_original_issue as original_issue;
pub use rust_helper_original_remove as original_remove;
pub use rust_helper_original_setup as original_setup;
pub use rust_helper_original_step as original_step;
pub use rust_helper_original_step_seen as original_step_seen;
pub use rust_helper_running_step as running_step;
pub use rust_helper_sleep as sleep;
pub use rust_helper_step_is_nested as step_is_nested;
pub use rust_helper_sysfs_get_file as sysfs_get_file;
pub use rust_helper_sysfs_notify_open as sysfs_notify_open;
pub use rust_helper_trace_callback as trace_callback;
pub use rust_helper_trace_callback_enabled as trace_callback_enabled;
pub use rust_helper_unhook as unhook;
pub use rust_helper_unhook_callbacks as unhook_callbacks;
pub use rust_helper_unhook_calls as unhook_calls;
