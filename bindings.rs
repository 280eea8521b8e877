// SPDX-License-Identifier: GPL-2.0

//! What bindgen made of [`bindings/bindings.h`], over the `kernel` crate's types.
//!
//! Only the abstractions ([`crate::cpuhp`], [`crate::sysfs`] and the small ones beside them) use
//! this.
//!
//! [`bindings/bindings.h`]: bindings/bindings.h

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
    cpuhp_state,
    cpuhp_state_CPUHP_AP_ONLINE_DYN,
    cpuhp_state_CPUHP_BP_PREPARE_DYN,
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

pub use rust_helper_dev_offline as dev_offline;
pub use rust_helper_get_task_comm as get_task_comm;
pub use rust_helper_is_kernel_thread as is_kernel_thread;
pub use rust_helper_is_on_stack as is_on_stack;
pub use rust_helper_kobject_flush_release as kobject_flush_release;
pub use rust_helper_kobject_put_now as kobject_put_now;
pub use rust_helper_may_sleep as may_sleep;
pub use rust_helper_static_key_slow_dec as static_key_slow_dec;
pub use rust_helper_static_key_slow_inc as static_key_slow_inc;
pub use rust_helper_sysfs_get_file as sysfs_get_file;
pub use rust_helper_sysfs_notify_open as sysfs_notify_open;

/// A static key, in the form that `static_branch_unlikely!` wants.
#[repr(transparent)]
pub struct StaticKey {
    /// The key.
    pub key: kernel::bindings::static_key_false,
}

unsafe extern "C" {
    /// In `bindings/fault.c`.
    #[link_name = "rust_hotplug_fault_armed"]
    pub static mut fault_armed: StaticKey;
}
