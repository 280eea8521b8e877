/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The instructions between which count.c counts, as bytes: nopl with an offset that nobody else uses.
 */
#ifndef _BENCH_MARK_H
#define _BENCH_MARK_H

#define MARK_BEGIN 0x0f, 0x1f, 0x80, 0x72, 0x68, 0x62, 0x01
#define MARK_END   0x0f, 0x1f, 0x80, 0x72, 0x68, 0x62, 0x02

#endif /* _BENCH_MARK_H */
