// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin of QEMU that counts the instructions which the CPUs of the guest execute. A CPU that
 * waits executes none. The guest marks where a count begins and where it ends with two instructions
 * that do nothing else, those of mark.h; each count is a line of the file that is named by the
 * option "out". The option "where" names a file that gets "sample", and then for each block of
 * which something was counted its address and how many instructions.
 *
 *   -plugin ./count.so,out=FILE[,where=FILE]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"
#include "qemu_plugin.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

/* Instructions that were translated together: what is executed from the first of them on. */
struct block {
	uint64_t address;
	size_t n;
	/* How many instructions, since the last mark that begins a count. */
	uint64_t executed;
	struct block *next;
};

/* All CPUs run in one thread. */
static uint64_t executed;
static uint64_t begun;
/*
 * The one that was entered last, and all of them. They are never freed: it is not known when QEMU
 * has done with them.
 */
static struct block *current, *blocks;
static FILE *out, *where;

static void execute(unsigned int vcpu_index, void *userdata)
{
	current = userdata;
	current->executed += current->n;
	executed += current->n;
}

/*
 * The instructions of a block are counted when it begins, so those behind the mark, of which
 * @userdata is the number, have been counted already.
 */
static uint64_t executed_up_to(void *userdata)
{
	return executed - (uintptr_t)userdata;
}

static void begin(unsigned int vcpu_index, void *userdata)
{
	begun = executed_up_to(userdata);
	if (!where)
		return;
	for (struct block *block = blocks; block; block = block->next)
		block->executed = 0;
	current->executed = (uintptr_t)userdata;
}

static void end(unsigned int vcpu_index, void *userdata)
{
	/* But for the mark itself. */
	fprintf(out, "%" PRIu64 "\n", executed_up_to(userdata) - begun - 1);
	fflush(out);
	if (!where)
		return;
	current->executed -= (uintptr_t)userdata + 1;
	fputs("sample\n", where);
	for (struct block *block = blocks; block; block = block->next)
		if (block->executed)
			fprintf(where, "%016" PRIx64 " %" PRIu64 "\n", block->address, block->executed);
	fflush(where);
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
	struct block *block = malloc(sizeof(*block));

	if (!block) {
		perror("count.so");
		exit(1);
	}
	*block = (struct block) {
		.address = qemu_plugin_tb_vaddr(tb),
		.n = n,
		.next = blocks,
	};
	blocks = block;
	/* What would count without a call, inline, makes QEMU 10.0 crash when a second CPU starts. */
	qemu_plugin_register_vcpu_tb_exec_cb(tb, execute, QEMU_PLUGIN_CB_NO_REGS, block);
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

static FILE *open_option(const char *name)
{
	FILE *file = fopen(name, "w");

	if (!file) {
		perror(name);
		exit(1);
	}
	return file;
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
					   char **argv)
{
	bool known = !strcmp(info->target_name, "x86_64");

	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			out = open_option(argv[i] + 4);
		else if (!strncmp(argv[i], "where=", 6))
			where = open_option(argv[i] + 6);
		else
			known = false;
	}
	if (!known || !out) {
		fprintf(stderr, "count.so: for x86_64, with out=FILE and perhaps where=FILE\n");
		return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	return 0;
}
