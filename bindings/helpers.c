// SPDX-License-Identifier: GPL-2.0
/*
 * Inline functions and macros of the kernel's headers, made callable from Rust,
 * as in the kernel's rust/helpers/: nothing is decided here.
 */
#include "bindings.h"

#include "device.c"
#include "fault.c"
#include "sysfs.c"
#include "task.c"
