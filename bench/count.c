// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin of QEMU that counts the instructions which the CPUs of the guest execute. A CPU that waits
 * executes none. The guest marks where a count begins and where it ends with two instructions that do
 * nothing else, those of mark.h; each count is a line of the file that is named by
 * the option "out".
 *
 *   -plugin ./count.so,out=FILE
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mark.h"
#include "qemu_plugin.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

/* All CPUs run in one thread. */
static uint64_t executed;
static uint64_t begun;
static FILE *out;

static void execute(unsigned int vcpu_index, void *userdata)
{
	executed += (uintptr_t)userdata;
}

/*
 * The instructions of a block are counted when it begins, so those behind the mark, of which @userdata
 * is the number, have been counted already.
 */
static uint64_t executed_up_to(void *userdata)
{
	return executed - (uintptr_t)userdata;
}

static void begin(unsigned int vcpu_index, void *userdata)
{
	begun = executed_up_to(userdata);
}

static void end(unsigned int vcpu_index, void *userdata)
{
	/* But for the mark itself. */
	fprintf(out, "%" PRIu64 "\n", executed_up_to(userdata) - begun - 1);
	fflush(out);
}

/* Which mark an instruction is, or 0. */
static uint32_t mark_of(const struct qemu_plugin_insn *insn)
{
	/* nopl, with a displacement of 32 bits from %rax. */
	static const unsigned char nopl[] = { 0x0f, 0x1f, 0x80 };
	unsigned char code[sizeof(nopl) + sizeof(uint32_t)];
	uint32_t mark;

	if (qemu_plugin_insn_data(insn, code, sizeof(code)) != sizeof(code) ||
	    memcmp(code, nopl, sizeof(nopl)))
		return 0;
	memcpy(&mark, code + sizeof(nopl), sizeof(mark));
	return mark;
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	/* What would count without a call, inline, makes QEMU 10.0 crash when a second CPU starts. */
	qemu_plugin_register_vcpu_tb_exec_cb(tb, execute, QEMU_PLUGIN_CB_NO_REGS,
					     (void *)(uintptr_t)n);
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint32_t mark = mark_of(insn);

		if (mark == MARK_BEGIN || mark == MARK_END)
			qemu_plugin_register_vcpu_insn_exec_cb(insn,
							       mark == MARK_BEGIN ? begin : end,
							       QEMU_PLUGIN_CB_NO_REGS,
							       (void *)(uintptr_t)(n - i - 1));
	}
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
					   char **argv)
{
	if (argc != 1 || strncmp(argv[0], "out=", 4) || strcmp(info->target_name, "x86_64")) {
		fprintf(stderr, "count.so: for x86_64, with out=FILE and nothing else\n");
		return 1;
	}
	out = fopen(argv[0] + 4, "w");
	if (!out) {
		perror(argv[0] + 4);
		return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	return 0;
}
