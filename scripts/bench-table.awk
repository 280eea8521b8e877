#!/usr/bin/awk -f
# SPDX-License-Identifier: GPL-2.0
#
# Makes a table in Markdown of samples, lines of "PLAN CPUS CONFIG TEST MODULE N COUNT". Of each
# measurement it shows the median, and how far the samples are apart: "=" if they are all the same to the
# instruction, else the largest less the smallest, in percent of the median. A row that misses its goal
# has a "!".
#
# With -v plan=… it prints the smallest samples of that plan instead, for a drawing: CPUS CONFIG TEST MODULE N SMALLEST.

function sort(list, n,    i, j, t) {
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && list[j - 1] > list[j]; j--) {
			t = list[j]
			list[j] = list[j - 1]
			list[j - 1] = t
		}
}

# Sets median and spread of a measurement.
function summarise(key,    list, n, i) {
	n = split(samples[key], list)
	if (!n) {
		median = spread = ""
		return 0
	}
	for (i = 1; i <= n; i++)
		list[i] += 0
	sort(list, n)
	median = list[plan ? 1 : int((n + 1) / 2)] - empty
	if (list[n] == list[1])
		spread = "="
	else if (median > 0)
		spread = sprintf("%.1f %%", (list[n] - list[1]) * 100 / median)
	else
		spread = list[n] - list[1]
	return 1
}

function number(n,    text) {
	text = sprintf("%d", n)
	while (match(text, /[0-9][0-9][0-9][0-9]($| )/))
		text = substr(text, 1, RSTART) " " substr(text, RSTART + 1)
	return text
}

# Returns the median of the ratios of samples that were taken in turns, one of each. A spell in which the kernel
# does more for a while is then in both; of two medians, one may be from such a spell and the other not.
function ratio_in_turns(of, to,    a, b, list, n, i) {
	n = split(samples[of], a)
	if (split(samples[to], b) != n) {
		print "error: not as many of " of " as of " to >"/dev/stderr"
		exit 1
	}
	for (i = 1; i <= n; i++)
		list[i] = (b[i] - empty) / (a[i] - empty)
	sort(list, n)
	return list[int((n + 1) / 2)]
}

# row TEXT KEY KEY GOAL [MORE]: the second measurement beside the first. The goal is what their ratio must not
# exceed as it is printed; with MORE, how many instructions the second may have more, to the instruction. What it
# has more is left in the variable more.
function row(text, of, to, goal, may_have_more,    a, sa, ratio, misses) {
	if (!summarise(of))
		return
	a = median
	sa = spread
	if (!summarise(to))
		return
	if (sa != spread)
		sa = sa ", " spread
	ratio = sprintf("%.2f", of ~ / cycle / ? ratio_in_turns(of, to) : median / a)
	more = median - a
	misses = may_have_more == "" ? ratio + 0 > goal : more > may_have_more
	printf "| %s | %s | %s | %s | %s |\n", text, number(a), number(median), sa, ratio (misses ? " !" : "")
}

# What a call costs, of the eight that are made for four CPUs.
function call_in(config,    calls) {
	if (!summarise("main 4 " config " steps - 1"))
		return 0
	calls = median
	summarise("main 4 " config " steps - 0")
	return (calls - median) / 8
}

function per_call(text, of, to, goal,    a, b) {
	a = call_in(of)
	b = call_in(to)
	if (a && b)
		printf "| %s | %s | %s | | %.2f%s |\n", text, number(a), number(b), b / a,
			(goal != "" && b > a * goal ? " !" : "")
}

{ samples[$1 " " $2 " " $3 " " $4 " " $5 " " $6] = samples[$1 " " $2 " " $3 " " $4 " " $5 " " $6] " " $7 }

function twins(text, test, n, goal, may_have_more) {
	row(text, "main 4 none " test " c " n, "main 4 none " test " rust " n, goal, may_have_more)
}

END {
	NO_GOAL = 1e9
	if (plan) {
		for (key in samples) {
			split(key, f)
			if (f[1] == plan && summarise(key))
				print f[2], f[3], f[4], f[5], f[6], median
		}
		exit
	}
	summarise("main 4 none loop - 1000")
	if (median < 2000 || median > 2002) {
		print "error: 2000 instructions were counted as " median >"/dev/stderr"
		exit 1
	}
	summarise("main 4 none empty - 0")
	empty = median

	print "| instructions | C | Rust | spread | Rust/C |"
	print "| --- | ---: | ---: | ---: | ---: |"
	twins("a call of a startup that does nothing", "call_nothing", 0, "", 0)
	twins("a call of a teardown that does nothing", "call_nothing", 1, "", 0)
	# An atomic addition is an instruction of C, and for Rust a function of the kernel. Who counts pays for that
	# with or without cpuhp.
	twins("a call of a function that counts, and is no callback", "count", 0, NO_GOAL)
	twins("a call of a startup that counts", "call_counting", 0, "", helper = more)
	twins("a call of a teardown that counts", "call_counting", 1, "", helper)
	twins("the same for an instance: startup", "call_multi", 0, "", helper)
	twins("the same for an instance: teardown", "call_multi", 1, "", helper)
	twins("setup and removal of a state", "setup", 0, 1)
	twins("setup that fails on the last CPU", "rollback", 0, 1)
	twins("setup and removal of a state with instances", "setup_multi", 0, 1.1)
	twins("the same in an `Arc`, for its instances", "setup_shared", 0, NO_GOAL)
	twins("an instance more and less, where it is the only one", "instance", 1, 1)
	twins("where it is one of 100", "instance", 100, 1)
	twins("where it is one of 10000", "instance", 10000, 1)
	twins("a CPU offline and online", "cycle", 0, 1)
	print ""
	print "| instructions | without | with | spread | with/without |"
	print "| --- | ---: | ---: | ---: | ---: |"
	none = "main 4 none cycle - 0"
	row("a CPU offline and online, with the module loaded and disarmed", none, "main 4 disarmed cycle - 0", 1.01)
	row("with every fault armed, for another CPU", none, "main 4 armed cycle - 0", NO_GOAL)
	row("with its trace event on", none, "main 4 traced cycle - 0", NO_GOAL)
	off = "main 4 off cycle - 0"
	per_call("a call of a state that is not ours, with the module loaded and `watch` 0", "none", "off", 1)
	row("a CPU offline and online, with a state in `states`, disarmed", off, "main 4 aimed cycle - 0", 1.02)
	row("the kernel's cpuhp trace events on, and `watch` 1", "main 4 events cycle - 0", "main 4 watched cycle - 0", 1)
	per_call("a call of a state that is not ours, with another one in `states`", "off", "aimed")
	per_call("a call, with the kernel's cpuhp trace events on, and with `watch` 1", "events", "watched", 1)
	row("a trace event, and a record of the log", "main 4 none event log 0", "main 4 none record log 0", 1)
}
