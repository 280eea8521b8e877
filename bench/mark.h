/* SPDX-License-Identifier: GPL-2.0-or-later */
/* count.c counts from one of these to the other: nopl MARK(%rax), which does nothing. */
#ifndef _BENCH_MARK_H
#define _BENCH_MARK_H

#define MARK_BEGIN	0x01626872
#define MARK_END	0x02626872

#endif /* _BENCH_MARK_H */
