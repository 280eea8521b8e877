#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# CPUs go offline and online while states are set up and removed and instances are added and
# removed. Afterwards each startup has to have its teardown, in order, and the states have to be up
# on the CPUs that are online. RACE_ROUNDS=N is how often each loop does it; the default is few.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

rounds=${RACE_ROUNDS:-20}

# Each CPU at least once or, with few CPUs, about as many operations as the other loops do.
hotplug_loop() {
	_n=0
	while [ $_n -lt $((rounds * 3)) ]; do
		for _i in $hotpluggable; do
			echo 0 >"$CPU/cpu$_i/online"
			echo 1 >"$CPU/cpu$_i/online"
			_n=$((_n + 1))
		done 2>/dev/null
	done
}

state_loop() { # STATE
	_n=0
	while [ $_n -lt "$rounds" ]; do
		echo 0 >"$SYS/$1/installed"
		echo 1 >"$SYS/$1/installed"
		_n=$((_n + 1))
	done 2>/dev/null
}

instance_loop() { # STATE
	_n=0
	while [ $_n -lt "$rounds" ]; do
		echo r$_n >"$SYS/$1/instances/add"
		echo s >"$SYS/$1/instances/add"
		echo r$_n >"$SYS/$1/instances/remove"
		echo s >"$SYS/$1/instances/remove"
		_n=$((_n + 1))
	done 2>/dev/null
}

# pairs: prints what is wrong with the order of calls of each state or instance on each CPU.
pairs() {
	awk '
	{
		split("", f)
		for (i = 1; i <= NF; i++) {
			n = index($i, "=")
			f[substr($i, 1, n - 1)] = substr($i, n + 1)
		}
		if (f["callback"] == "lost") {
			print "records lost"
			exit
		}
		key = f["state"] " " f["instance"] " " f["cpu"]
		now = f["callback"] == "startup"
		if (f["ret"] != 0)
			print "failed: " $0
		else if ((key in up) && up[key] == now)
			print "twice: " $0
		else if (!(key in up) && !now && f["op"] != "remove" && f["op"] != "hotplug")
			print "never up: " $0
		up[key] = now
		# If there is another instance of that name later, it begins anew.
		if (f["op"] == "del")
			delete up[key]
	}' $SYS/log
}

begin 1
if [ ! "$hotpluggable" ]; then
	skip_case "races" "no CPU can go offline"
	finish
	exit
fi

begin_case "$rounds rounds of setup, removal, add and remove race with hotplug"
fresh
set_to s "$SYS/prepare_multi/instances/add"
set_to s "$SYS/prepare_multi/instances/remove"
reset
background=
hotplug_loop & background="$background $!"
for state in $STATES; do
	state_loop "$state" & background="$background $!"
done
for state in prepare_multi online_multi; do
	instance_loop "$state" & background="$background $!"
done
for pid in $background; do
	wait "$pid"
done
background=
value=$(pairs)
[ ! "$value" ] || {
	not_so "calls out of order:"
	printf '%s\n' "$value" | head -n 20 | sed 's/^/#   /'
}
for i in $hotpluggable; do
	get "$CPU/cpu$i/online"
	[ "$value" = 1 ] || cpu_up "$i"
done
for state in $STATES; do
	expect_cpus "$state" "$online"
done
for state in prepare_multi online_multi; do
	expect_file "$state/cpus_up" ""
done
get $SYS/prepare/startups
[ "$value" -gt "$rounds" ] || not_so "only $value startups"
diag "$(wc -l <$SYS/log) calls"
end_case
finish
