#!/usr/bin/awk -f
# SPDX-License-Identifier: GPL-2.0
#
# Makes tmt's results.yaml of kselftest's KTAP: a result for each test, and in it one for each of its cases.

# text as YAML has it between double quotes, where it reads as JSON.
function quoted(text) {
	gsub(/[\\"]/, "\\\\&", text)
	gsub(/[\001-\037]/, " ", text)
	return "\"" text "\""
}

# What the line says of a result.
function outcome(line) {
	if (line ~ / # SKIP/)
		return "skip"
	if (line ~ /^ok/ || line ~ / # XFAIL/)
		return "pass"
	return "fail"
}

# What the result is of.
function name_of(line) {
	sub(/^(not )?ok [0-9]+ *(- )?/, "", line)
	sub(/ # (SKIP|XFAIL|TODO|exit|TIMEOUT).*/, "", line)
	return line
}

{ sub(/\r$/, "") }

/^# (not )?ok [0-9]+/ {
	line = substr($0, 3)
	# A name of tmt's is a path.
	name = name_of(line)
	gsub("/", "|", name)
	cases = cases "    - name: " quoted("/" ++count " " name) "\n      result: " outcome(line) "\n"
}

/^(not )?ok [0-9]+ selftests: / {
	name = name_of($0)
	sub(/.*: /, "", name)
	sub(/\.sh.*/, "", name)
	# A shell that cannot read a test ends with the status that is an expected failure: see scripts/count-ktap.
	printf "- name: %s\n  result: %s\n  log: [output.txt]\n", quoted("/" name), / # XFAIL/ ? "fail" : outcome($0)
	if (cases != "")
		printf "  subresult:\n%s", cases
	cases = ""
	count = 0
}
