# SPDX-License-Identifier: GPL-2.0
#
# Draws a rust_hotplug log: CPUs across, time downwards, a line for each call of
# a callback. Variables:
#   columns          the CPUs to draw, in order
#   up_prepare, up_online   the CPUs on which the state was up before
#   only, instances, up_instances   if it is about one state: that state and, if it
#                    has instances, their names, and the CPUs on which they were up before
#   errnos           "12 ENOMEM 16 EBUSY ...", names of error numbers
#   red, green, yellow, dim, plain   terminal sequences, or nothing

function cell(text, colour) {
	return colour sprintf("%-9s", text) (colour ? plain : "")
}

# What stands in the columns of the other CPUs: whether the state is up there.
function line(of) {
	return ((state, of) in up) ? cell("|", dim) : cell(".", dim)
}

function row(left, mark, colour, right,   i, text) {
	text = left
	for (i = 1; i <= n; i++)
		text = text (cpu[i] == f["cpu"] ? cell(mark, colour) : line(cpu[i]))
	text = text right
	sub(/ +$/, "", text)
	print text
}

function remember(state, cpus,   list, i, m) {
	m = split(cpus, list, " ")
	for (i = 1; i <= m; i++)
		up[state, list[i]] = 1
}

BEGIN {
	n = split(columns, cpu, " ")
	for (i = 1; i <= n; i++)
		drawn[cpu[i]] = 1
	m = split(errnos, list, " ")
	for (i = 1; i < m; i += 2)
		name[list[i]] = list[i + 1]
	remember("prepare", up_prepare)
	remember("online", up_online)
	m = split(instances, instance, " ")
	for (j = 1; j <= m; j++)
		remember(instance[j], up_instances)
	m = split("prepare online prepare_multi online_multi", list, " ")
	for (i = 1; i <= m; i++)
		own[list[i]] = 1

	if (only && !instances)
		printf "%11s%s:\n", "", only
	head = sprintf("%9s  %-16s  ", "ms", "what was called")
	for (i = 1; i <= n; i++)
		head = head sprintf("%-9s", "CPU " cpu[i])
	print head "ran in, CPU"
}

{
	split("", f)
	for (i = 1; i <= NF; i++) {
		e = index($i, "=")
		f[substr($i, 1, e - 1)] = substr($i, e + 1)
	}
	if (only ? f["state"] != only : !(f["state"] in own))
		next
	state = only ? f["instance"] : f["state"]
	what = only && !instances ? f["callback"] : state " " f["callback"]
	where = state SUBSEP f["cpu"]
	if (!start)
		start = f["time"]
	left = sprintf("%9.3f  %-16s  ", (f["time"] - start) * 1000, what)
	right = sprintf("%-9s %s", f["task"], f["on"])
	if (!(f["cpu"] in drawn)) {
		elsewhere++
		next
	}

	if (f["ret"] < 0) {
		row(left, "FAILED", red, right)
		row(sprintf("%29s", ""), "(" name[-f["ret"]] ")", red, "")
		outcome[f["cpu"]] = f["callback"] == "startup" ? "failed" : "refused"
		failed = 1
	} else if (f["callback"] == "startup") {
		up[where] = 1
		row(left, "started", green, right)
		if (!outcome[f["cpu"]])
			outcome[f["cpu"]] = "started"
	} else {
		delete up[where]
		row(left, failed ? "undone" : "ended", yellow, right)
		if (outcome[f["cpu"]] != "failed")
			outcome[f["cpu"]] = failed ? "undone" : "ended"
	}
}

END {
	text = sprintf("%29s", "all in all:  ")
	for (i = 1; i <= n; i++)
		text = text cell(outcome[cpu[i]] ? outcome[cpu[i]] : "no call")
	sub(/ +$/, "", text)
	print text
	if (elsewhere)
		printf "%11s%d more calls, on CPUs that are not drawn\n", "", elsewhere
}
