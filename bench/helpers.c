// SPDX-License-Identifier: GPL-2.0
/* An object belongs to one module, so this one has its own. */
#include "../bindings/helpers.c"
