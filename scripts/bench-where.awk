#!/usr/bin/awk -f
# SPDX-License-Identifier: GPL-2.0
#
# Tells in which functions instructions were executed, in C and in Rust, or with the kernel's trace events and with
# `watch`, as tables in Markdown. Reads, in this
# order, lines "ADDRESS NAME [MODULE]" sorted by address, the functions; what bench/guest says of what it
# measured; the counts; and with "sample" before those of each, lines "ADDRESS N", the blocks of bench/count.c.
#
# Of each measurement it takes the median, as bench-table.awk does. What its functions add up to has to be what
# was counted. Blocks are whole: what runs on from one function into the next is the first one's.

function fail(text) {
	print "error: " text >"/dev/stderr"
	failed = 1
	exit 1
}

# The function that is at an address: hexadecimal numbers of one length compare as text.
function find(address,    low, high, middle) {
	low = 0
	high = symbols + 1
	while (high - low > 1) {
		middle = int((low + high) / 2)
		if (start[middle] "" <= address "")
			low = middle
		else
			high = middle
	}
	return low ? name[low] : "(user space)"
}

# Which sample each measurement is shown by: the one that as many are smaller than as are larger.
function choose(    m, i, j, first, before) {
	for (m = 1; m <= measurements; m++) {
		first += warm_up[m]
		for (i = first + 1; i <= first + samples[m]; i++) {
			if (!(i in count))
				fail("fewer counts than samples")
			before = 0
			for (j = first + 1; j <= first + samples[m]; j++)
				before += count[j] < count[i] || (count[j] == count[i] && j < i)
			if (before == int((samples[m] - 1) / 2)) {
				of_sample[i] = m
				counted[m] = count[i]
			}
		}
		first += samples[m]
	}
}

# Whether function a comes before b in the table of C's measurement m and Rust's, which is the next: what Rust
# has more of first.
function comes_first(a, b, m,    da, db) {
	da = executed[m + 1, a] - executed[m, a]
	db = executed[m + 1, b] - executed[m, b]
	return da != db ? da > db : a < b
}

function more(n) { return n > 0 ? "+" n : n "" }

function table(m,    f, n, i, t, list, same, as_many, sum) {
	for (f in functions) {
		if (!((m, f) in executed) && !((m + 1, f) in executed))
			continue
		for (i = ++n; i > 1 && comes_first(f, list[i - 1], m); i--)
			list[i] = list[i - 1]
		list[i] = f
	}
	print (m > 1 ? "\n" : "") "| `" title[m] "` | " (config[m] == "events" ? "trace events | `watch`" : "C | Rust") " | more |"
	print "| --- | ---: | ---: | ---: |"
	for (i = 1; i <= n; i++) {
		f = list[i]
		sum[0] += executed[m, f]
		sum[1] += executed[m + 1, f]
		t = executed[m + 1, f] - executed[m, f]
		if (t)
			print "| " f " | " executed[m, f] + 0 " | " executed[m + 1, f] + 0 " | " more(t) " |"
		else {
			same++
			as_many += executed[m, f]
		}
	}
	if (same)
		print "| " same " with as many in both | " as_many " | " as_many " | 0 |"
	print "| sum | " sum[0] + 0 " | " sum[1] + 0 " | " more(sum[1] - sum[0]) " |"
	for (i = 0; i < 2; i++) {
		if (sum[i] != counted[m + i])
			fail(title[m + i] ": the functions have " sum[i] + 0 " instructions, and " counted[m + i] " were counted")
		# That is what calls.
		if (!in_harness[m + i])
			fail(title[m + i] ": nothing was executed in bench_harness: these are not the symbols of that kernel")
	}
}

FNR == 1 { file++ }
file == 1 {
	start[++symbols] = $1
	sub(/^[^ ]* /, "")
	name[symbols] = $NF ~ /^\[.*\]$/ ? "`" substr($0, 1, length($0) - length($NF) - 1) "` " $NF : "`" $0 "`"
	next
}
# counted CONFIG TEST MODULE N SAMPLES WARM_UP
file == 2 && $1 == "counted" {
	title[++measurements] = $3 ":" $5
	config[measurements] = $2
	samples[measurements] = $6
	warm_up[measurements] = $7
}
file == 2 { next }
file == 3 {
	count[FNR] = $1 + 0
	next
}
$1 == "sample" {
	if (!sample++)
		choose()
	m = of_sample[sample]
	next
}
m {
	f = find($1)
	functions[f]
	executed[m, f] += $2
	if (f ~ /\[bench_harness\]$/)
		in_harness[m] = 1
}
END {
	if (failed)
		exit 1
	if (!measurements)
		fail("nothing was measured, or there are no symbols")
	for (m = 1; m < measurements; m += 2)
		table(m)
}
