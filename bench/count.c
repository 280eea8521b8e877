// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin of QEMU that counts the instructions which the CPUs of the guest execute. A CPU that waits
 * executes none. The guest marks where a count begins and where it ends with two instructions that do
 * nothing else, MARK_BEGIN and MARK_END of mark.h; each count is a line of the file that is named by
 * the option "out".
 *
 *   -plugin ./count.so,out=FILE
 *
 * Debian has no package with QEMU's qemu-plugin.h, so what is used of it stands here. QEMU looks at
 * the version, and does not load what it could not serve.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "mark.h"

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;

typedef struct qemu_info_t {
	const char *target_name;
	struct {
		int min;
		int cur;
	} version;
	bool system_emulation;
	struct {
		int smp_vcpus;
		int max_vcpus;
	} system;
} qemu_info_t;

struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
					   void (*cb)(qemu_plugin_id_t id,
						      struct qemu_plugin_tb *tb));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t idx);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *dest, size_t len);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int vcpu_index, void *userdata),
					    enum qemu_plugin_cb_flags flags, void *userdata);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
					  void (*cb)(unsigned int vcpu_index, void *userdata),
					  enum qemu_plugin_cb_flags flags, void *userdata);

EXPORT int qemu_plugin_version = 4;

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

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	static const unsigned char begin_mark[] = { MARK_BEGIN }, end_mark[] = { MARK_END };
	size_t n = qemu_plugin_tb_n_insns(tb);

	/* What would count without a call, inline, makes QEMU 10.0 crash when a second CPU starts. */
	qemu_plugin_register_vcpu_tb_exec_cb(tb, execute, QEMU_PLUGIN_CB_NO_REGS,
					     (void *)(uintptr_t)n);
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		void *behind = (void *)(uintptr_t)(n - i - 1);
		unsigned char code[sizeof(begin_mark)];

		if (qemu_plugin_insn_data(insn, code, sizeof(code)) != sizeof(code))
			continue;
		if (!memcmp(code, begin_mark, sizeof(code)))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, begin, QEMU_PLUGIN_CB_NO_REGS,
							       behind);
		else if (!memcmp(code, end_mark, sizeof(code)))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, end, QEMU_PLUGIN_CB_NO_REGS,
							       behind);
	}
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
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
