#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# When a fault fires: errno, probability, interval, times and space, each and all together. The same
# seed has to give the same draws. A delay has to make the callback take longer.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# refuses FILE VALUE ERRNO: checks that writing VALUE fails with ERRNO and changes nothing.
refuses() {
	get "$SYS/$1"
	_before=$value
	put "$2" "$SYS/$1"
	expect "writing '$2' to $1" "$err" "$3"
	expect_file "$1" "$_before"
}

# idle STATE: disarms everything, and makes sure that attempt() will call the startup of the state.
idle() {
	fresh
	case $1 in
	*_multi)	;;
	*)		set_to 0 "$SYS/$1/installed" ;;
	esac
	reset
}

# attempt STATE: makes the kernel call the startup on each CPU and, if that succeeds, the teardown.
# Fails if a startup does.
attempt() {
	case $1 in
	*_multi)
		echo i >"$SYS/$1/instances/add" && echo i >"$SYS/$1/instances/remove"
		;;
	*)
		echo 1 >"$SYS/$1/installed" && echo 0 >"$SYS/$1/installed"
		;;
	esac 2>/dev/null
}

# attempts STATE N: makes N attempts. Sets $fired to a digit for each: 1 if a startup failed, else
# 0.
attempts() {
	fired=
	fires=0
	_n=0
	while [ $_n -lt "$2" ]; do
		if attempt "$1"; then
			fired=${fired}0
		else
			fired=${fired}1
			fires=$((fires + 1))
		fi
		_n=$((_n + 1))
	done
}

# model N SPACE INTERVAL TIMES DRAWS: computes what attempts() has to find after N calls that match
# a fault with these settings, where DRAWS has a 1 for each draw with which it fires. Sets $should
# to that, and $space and $times to what these two files then have.
model() {
	should=
	_n=$1
	space=$2
	times=$4
	_draws=$5
	_calls=0
	while [ "$_n" -gt 0 ]; do
		_fires=0
		if [ "$times" -eq 0 ]; then
			:
		elif [ "$space" -gt 0 ]; then
			space=$((space - 1))
		else
			_calls=$((_calls + 1))
			if [ $((_calls % $3)) -eq 0 ]; then
				_fires=${_draws%"${_draws#?}"}
				_draws=${_draws#?}
			fi
		fi
		[ "$_fires" = 0 ] || [ "$times" -lt 0 ] || times=$((times - 1))
		should=$should$_fires
		_n=$((_n - 1))
	done
}

defaults() { # DIRECTORY
	expect_file "$1/errno" 0
	expect_file "$1/cpus" "$possible"
	expect_file "$1/probability" 100
	expect_file "$1/interval" 1
	expect_file "$1/times" 1
	expect_file "$1/space" 0
	expect_file "$1/delay_us" 0
	expect_file "$1/hits" 0
}

read_back() { # DIRECTORY
	defaults "$1"
	for setting in probability=0 probability=1 probability=99 probability=100 \
		       interval=1 interval=2 interval=2147483647 times=-1 times=0 \
		       times=2147483647 space=0 space=1 space=2147483647 \
		       delay_us=1 delay_us=10000000 delay_us=0; do
		fault "$1" $setting
		expect_file "$1/${setting%=*}" "${setting#*=}"
	done
	fault "$1" probability=7 interval=8 times=9 space=10 delay_us=11
	reset
	defaults "$1"
}

files() {
	begin_case "what is written reads back, what is out of range is refused, reset restores the defaults"
	fresh
	for s in $MULTI; do
		set_to i "$SYS/$s/instances/add"
	done
	# All faults use the same code, so these few are enough.
	for d in prepare/startup_inject prepare/teardown_inject online_multi/startup_inject \
		 prepare_multi/instances/i/startup_inject online_multi/instances/i/teardown_inject; do
		read_back $d
	done
	fault "$d" probability=7 interval=8 times=9 space=10 delay_us=11
	for bad in x "" 1x "1 2" 1.5 0x1; do
		refuses "$d/delay_us" "$bad" EINVAL
	done
	for f in probability interval times space delay_us; do
		refuses "$d/$f" 1x EINVAL
		for bad in -2 2147483648 4294967297; do
			refuses "$d/$f" $bad ERANGE
		done
	done
	refuses "$d/probability" 101 ERANGE
	refuses "$d/interval" 0 ERANGE
	refuses "$d/delay_us" 10000001 ERANGE
	for f in probability interval space delay_us; do
		refuses "$d/$f" -1 ERANGE
	done
	remove_instances
	end_case
}

seed_file() {
	begin_case "seed: any 64 bits, and nothing else"
	fresh
	for i in 1 18446744073709551615 9223372036854775808 0; do
		set_to $i $SYS/seed
		expect_file seed $i
	done
	set_to 5 $SYS/seed
	for bad in x "" 1x 0x1 1.5; do
		refuses seed "$bad" EINVAL
	done
	for bad in -1 18446744073709551616; do
		refuses seed $bad ERANGE
	done
	reset
	expect_file seed 5
	set_to 0 $SYS/seed
	end_case
}

always_and_never() { # STATE
	begin_case "$1: probability 0 is never, and counts nothing; 100 is always"
	idle "$1"
	fault "$1/startup_inject" times=7 space=3 probability=0 errno=EIO
	attempts "$1" 20
	expect "where it fires with 0" "$fired" 00000000000000000000
	expect_file "$1/startup_inject/times" 7
	expect_file "$1/startup_inject/space" 3
	expect_file "$1/startup_inject/hits" 0
	fault "$1/startup_inject" times=-1 space=0 probability=100
	attempts "$1" 20
	expect "where it fires with 100" "$fired" 11111111111111111111
	expect_file "$1/startup_inject/hits" 20
	end_case
}

# The bounds are about four standard deviations from the mean. The seed is fixed, so the result is
# the same in each run.
band() { # PROBABILITY LEAST MOST
	begin_case "probability $1: fires between $2 and $3 times in 200"
	idle prepare
	set_to 42 $SYS/seed
	fault prepare/startup_inject "cpus=$last" times=-1 "probability=$1" errno=EIO
	attempts prepare 200
	if [ $fires -lt "$2" ] || [ $fires -gt "$3" ]; then
		not_so "it fires $fires times"
	fi
	expect_file prepare/startup_inject/hits $fires
	expect_file prepare/failures $fires
	fault prepare/startup_inject errno=0
	end_case
}

draw() { # STATE N
	fault "$1/startup_inject" times=-1 probability=50 errno=EIO
	attempts "$1" "$2"
	fault "$1/startup_inject" errno=0
}

repeatable() {
	begin_case "the same seed gives the same draws, each time it is written"
	idle prepare
	set_to 7 $SYS/seed
	fault prepare/startup_inject "cpus=$last"
	draw prepare 32
	first_draws=$fired
	draw prepare 32
	[ "$fired" != "$first_draws" ] || not_so "the second 32 draws are the first ones again"
	second_draws=$fired
	set_to 7 $SYS/seed
	draw prepare 32
	expect "the draws after writing 7 again" "$fired" "$first_draws"
	draw prepare 32
	expect "the draws after these" "$fired" "$second_draws"
	reset
	expect_file seed 7
	fault prepare/startup_inject "cpus=$last"
	draw prepare 32
	expect "the draws after a reset" "$fired" "$first_draws"
	for i in 8 18446744073709551615 0; do
		set_to $i $SYS/seed
		draw prepare 32
		[ "$fired" != "$first_draws" ] || not_so "seed $i gives the draws of 7"
	done
	set_to 7 $SYS/seed
	draw prepare 32
	expect "the draws with 7 after others" "$fired" "$first_draws"
	end_case
}

# If faults or CPUs shared their draws, they would all fail together.
own_draws() {
	begin_case "each fault and each CPU has draws of its own"
	seen=
	for state in $STATES $MULTI; do
		idle "$state"
		set_to 7 $SYS/seed
		for cpu in $first $last; do
			fault "$state/startup_inject" "cpus=$cpu"
			draw "$state" 24
			# shellcheck disable=SC2086 # a list
			if list_has "$fired" $seen; then
				[ "$first" = "$last" ] || not_so "$state on CPU $cpu draws what another one does"
			fi
			seen="$seen $fired"
		done
	done
	fresh
	end_case
}

# hits_of DIRECTORY: sets $hit to 1 if the fault has fired since the last time, else to 0. There has been
# one call on which it can.
hits_of() {
	_name=$(printf '%s' "$1" | tr -c '[:lower:]' _)
	get "$SYS/$1/hits"
	eval "hit=\$((value - hits_$_name)) hits_$_name=\$value"
}

# With a delay and no error, the teardown of PREPARE and that of a removal draw as well.
own_draws_of_callbacks() {
	begin_case "the two callbacks of a state have draws of their own"
	for state in $STATES; do
		idle "$state"
		set_to 7 $SYS/seed
		for c in startup teardown; do
			fault "$state/${c}_inject" "cpus=$last" times=-1 probability=50 delay_us=1
			eval "drawn_$c= hits_${state}_${c}_inject=0"
		done
		n=0
		while [ $n -lt 24 ]; do
			attempt "$state"
			for c in startup teardown; do
				hits_of "$state/${c}_inject"
				eval "drawn_$c=\$drawn_$c\$hit"
			done
			n=$((n + 1))
		done
		# shellcheck disable=SC2154 # eval sets them
		[ "$drawn_startup" != "$drawn_teardown" ] ||
			not_so "the teardown of $state draws what the startup does: $drawn_startup"
	done
	fresh
	end_case
}

own_draws_of_instances() { # CPU
	begin_case "each instance has draws of its own, and others than its state"
	fresh
	names="i j longer-than-eight longer-than-nine"
	set_to 7 $SYS/seed
	fault prepare_multi/startup_inject "cpus=$1" times=-1 probability=50 delay_us=1
	for i in $names; do
		set_to "$i" $SYS/prepare_multi/instances/add
		fault "prepare_multi/instances/$i/startup_inject" "cpus=$1" times=-1 probability=50 delay_us=1
		: >"$tmp/drawn-$i"
	done
	n=0
	while [ $n -lt 16 ]; do
		cpu_down "$1"
		cpu_up "$1"
		for i in $names; do
			cat "$SYS/prepare_multi/instances/$i/startup_inject/hits" >>"$tmp/drawn-$i"
		done
		n=$((n + 1))
	done
	value=$(for i in $names; do
		tr '\n' ' ' <"$tmp/drawn-$i"
		echo
	done | sort | uniq -d)
	expect "hits that two of them have in common after each call" "$value" ""
	remove_instances
	fresh
	end_case
}

# by_cpu CPU LENGTH: sets $fired to the first LENGTH digits of what the startups on that CPU did: 1
# if the fault fired, else 0.
by_cpu() {
	fired=$(fields callback cpu injected | awk -v cpu="$1" '
		$1 == "startup" && $2 == cpu { printf "%s", $3 }')
	fired=$(printf "%.$2s" "$fired")
}

# drawn_by_cpu CPU...: sets $alone_CPU to the draws of each CPU when the fault is armed for that CPU
# only. CPUs for which it is not armed are called, too, and draw nothing.
drawn_by_cpu() { # CPU...
	for _cpu; do
		set_to 11 $SYS/seed
		fault prepare/startup_inject times=-1 probability=50 "cpus=$_cpu" errno=EIO
		attempts prepare 12
		eval "alone_$_cpu=\$fired"
	done
	fault prepare/startup_inject errno=0
}

interleaving() {
	begin_case "what is drawn for a CPU does not depend on when others are called"
	idle prepare
	# shellcheck disable=SC2086 # a list
	drawn_by_cpu $online
	set_to 11 $SYS/seed
	for i in $online; do
		eval "mixed_$i="
	done
	fault prepare/startup_inject times=-1 probability=50 errno=EIO
	# Now one attempt for each CPU by turns, from the last CPU to the first, and some of them
	# twice.
	n=0
	while [ $n -lt 8 ]; do
		for i in $reversed; do
			fault prepare/startup_inject "cpus=$i"
			attempts prepare $((1 + (i + n) % 2))
			eval "mixed_$i=\$mixed_$i\$fired"
		done
		n=$((n + 1))
	done
	fault prepare/startup_inject errno=0
	for i in $online; do
		eval "fired=\$mixed_$i should=\$alone_$i"
		expect "the draws of CPU $i among others" "$(printf '%.12s' "$fired")" "$should"
	done
	# Now all CPUs in the same setup, which ends at the first CPU that fails.
	reset
	set_to 11 $SYS/seed
	fault prepare/startup_inject times=-1 probability=50 errno=EIO
	attempts prepare 12
	for i in $online; do
		by_cpu "$i" 12
		eval "should=\$alone_$i"
		expect "the draws of CPU $i in setups of all" "$fired" "$(printf "%.${#fired}s" "$should")"
	done
	end_case
}

# hotplug_in_order CPU...: takes these CPUs down and up in this order, three times, with a startup
# that fails half of the time.
hotplug_in_order() {
	idle prepare
	set_to 1 $SYS/prepare/installed
	set_to 1 $SYS/seed
	fault prepare/startup_inject times=-1 probability=50 errno=EIO
	for _round in 1 2 3; do
		for _cpu; do
			echo 0 >"$CPU/cpu$_cpu/online"
			echo 1 >"$CPU/cpu$_cpu/online"
		done 2>/dev/null
	done
	fault prepare/startup_inject errno=0
	for _cpu; do
		get "$CPU/cpu$_cpu/online"
		[ "$value" = 1 ] || cpu_up "$_cpu"
	done
}

hotplug_order() { # CPU CPU
	begin_case "what is drawn for CPUs $1 and $2 does not depend on which of them goes offline and online first"
	hotplug_in_order "$1" "$2"
	for i; do
		should=$(fields cpu state op callback ret injected | grep "^$i prepare")
		eval "should_$i=\$should"
	done
	hotplug_in_order "$2" "$1"
	for i; do
		eval "should=\$should_$i"
		expect "what CPU $i goes through" \
			"$(fields cpu state op callback ret injected | grep "^$i prepare")" "$should"
	done
	end_case
}

scenario() {
	fresh
	for s in $STATES; do
		set_to 0 "$SYS/$s/installed"
	done
	reset
	set_to "$1" $SYS/seed
	for s in $STATES $MULTI; do
		fault "$s/startup_inject" times=-1 probability=30 errno=EIO
	done
	for _ in 1 2 3 4 5 6; do
		for s in $STATES $MULTI; do
			attempt "$s"
		done
	done
	fields seq op state instance callback cpu ret injected
}

same_log() {
	begin_case "the same seed and the same operations give the same log, another seed does not"
	scenario 3 >"$tmp/first"
	scenario 3 >"$tmp/second"
	cmp -s "$tmp/first" "$tmp/second" || not_so "the second log differs"
	scenario 4 >"$tmp/second"
	! cmp -s "$tmp/first" "$tmp/second" || not_so "with another seed it is the same log"
	fresh
	end_case
}

# The fault is armed for one CPU, so each attempt counts as one call.
combination() { # SPACE INTERVAL TIMES PROBABILITY
	[ "$4" = 100 ] || set_to 7 $SYS/seed
	fault online/startup_inject "space=$1" "interval=$2" "times=$3" "probability=$4" errno=ENOSPC
	draws=111111111111111111111111
	[ "$4" = 100 ] || draws=$half
	attempts online 24
	model 24 "$1" "$2" "$3" $draws
	what="with space $1, interval $2, times $3, probability $4"
	expect "where it fires $what" "$fired" "$should"
	expect_file online/startup_inject/space "$space"
	expect_file online/startup_inject/times "$times"
	expect_file online/startup_inject/interval "$2"
	expect_file online/startup_inject/hits $fires
	# An interval must not begin with calls that were counted for the one before.
	reset
	fault online/startup_inject "cpus=$last"
}

combinations() {
	begin_case "interval, times and space, each and together, with and without draws"
	idle online
	fault online/startup_inject "cpus=$last"
	set_to 7 $SYS/seed
	draw online 24
	half=$fired
	reset
	fault online/startup_inject "cpus=$last"
	for i in 1 3 24 25; do
		combination 0 $i -1 100
		combination $i 1 -1 100
		combination 0 1 $i 100
	done
	combination 0 1 0 100
	combination 2 3 2 100
	combination 5 2 1 100
	combination 23 1 5 100
	combination 0 1 -1 50
	combination 0 3 -1 50
	combination 4 1 -1 50
	combination 3 2 3 50
	combination 1 1 0 50
	fresh
	end_case
}

new_interval() {
	begin_case "another interval counts from where it is written, the same one goes on"
	idle online
	fault online/startup_inject "cpus=$last" times=-1 interval=3 errno=EIO
	attempts online 2
	expect "where it fires with 3" "$fired" 00
	fault online/startup_inject interval=4
	attempts online 6
	expect "where it fires with 4 after that" "$fired" 000100
	fault online/startup_inject interval=4
	attempts online 2
	expect "where it fires with 4 again" "$fired" 01
	fresh
	end_case
}

# space and interval do not count for each CPU alone, but all matching calls in the order in which
# they are made.
over_cpus() {
	begin_case "space and interval count the calls of all its CPUs"
	idle prepare
	# shellcheck disable=SC2086 # a list
	set -- $online
	fault prepare/startup_inject space=$# interval=2 errno=EIO
	put 1 $SYS/prepare/installed
	expect "the first setup" "$err" 0
	expect_file prepare/startup_inject/space 0
	set_to 0 $SYS/prepare/installed
	reset
	fault prepare/startup_inject space=1 interval=2 errno=EIO
	put 1 $SYS/prepare/installed
	if [ $# -ge 3 ]; then
		expect "the second setup" "$err" EIO
		call setup prepare startup "$1"
		call setup prepare startup "$2"
		call setup prepare startup "$3" EIO
		call setup prepare teardown "$1"
		call setup prepare teardown "$2"
		expect_calls
	fi
	fresh
	end_case
}

disarmed() {
	begin_case "with errno and delay_us 0 nothing is counted"
	idle prepare
	fault prepare/startup_inject space=3 times=4 interval=2
	attempts prepare 3
	expect "where it fires" "$fired" 000
	expect_file prepare/startup_inject/space 3
	expect_file prepare/startup_inject/times 4
	expect_file prepare/startup_inject/hits 0
	# The calls so far must not count towards the interval either, so the second call from here
	# is the first to fire.
	fault prepare/startup_inject space=0 "cpus=$last" errno=EIO
	attempts prepare 4
	expect "where it fires then" "$fired" 0101
	fresh
	end_case
}

# A call that must not fail is ignored by a fault with an errno. A fault with only a delay counts
# it.
where_it_may_fail() {
	begin_case "with an errno it counts only calls that may fail, with a delay alone all"
	fresh
	fault online/teardown_inject space=5 times=6 errno=EIO
	set_to 0 $SYS/online/installed
	fault online/startup_inject "cpus=$last" errno=EIO
	put 1 $SYS/online/installed
	expect "the setup that fails" "$err" EIO
	expect_file online/teardown_inject/space 5
	expect_file online/teardown_inject/times 6
	expect_file online/teardown_inject/hits 0
	set_to 1 $SYS/online/installed
	reset
	for s in $STATES; do
		fault "$s/teardown_inject" times=-1 delay_us=1
		set_to 0 "$SYS/$s/installed"
		expect_file "$s/teardown_inject/hits" $count
		fault "$s/startup_inject" "cpus=$last" errno=EIO
		put 1 "$SYS/$s/installed"
		expect "the setup of $s that fails" "$err" EIO
		expect_file "$s/teardown_inject/hits" $((2 * count - 1))
		set_to 1 "$SYS/$s/installed"
	done
	expect "records with injected=1" "$(fields injected | grep -c 1)" 2
	fresh
	end_case
}

# lasted: prints for each call of the module in the kernel's trace the state's number, the CPU and
# how many microseconds the call took.
lasted() {
	awk '
	/cpuhp_(enter|exit): / {
		match($0, /[0-9]+\.[0-9]+: cpuhp_/)
		time = substr($0, RSTART, RLENGTH - 8) * 1000000
	}
	/cpuhp_enter: / && /\[rust_hotplug\]/ {
		split($0, f, /cpu: |target: |step: |\(|\)/)
		since[f[2] + 0, f[4] + 0] = time
	}
	/cpuhp_exit: / {
		split($0, f, /cpu: |state: |step: |ret: /)
		cpu = f[2] + 0
		step = f[4] + 0
		if ((cpu, step) in since)
			printf "%d %d %d\n", step, cpu, time - since[cpu, step]
		delete since[cpu, step]
	}' "$tracing/trace"
}

# In microseconds. There is no check that it takes no longer, as the machine may be busy.
delay=20000

delays_in_log() {
	begin_case "delay_us: the log shows that the callback took that long, with an errno or without"
	idle prepare
	for e in 0 ENOMEM; do
		set_to 0 $SYS/prepare/installed
		reset
		fault prepare/startup_inject "cpus=$last" delay_us=$delay errno=$e
		read -r before _ </proc/uptime
		put 1 $SYS/prepare/installed
		expect "the setup" "$err" $e
		expect_file prepare/startup_inject/hits 1
		expect_file prepare/startup_inject/times 0
		errno_number $e
		[ $e != 0 ] || number=0
		value=$(fields time cpu callback ret injected | awk -v cpu="$last" -v delay=$delay \
			-v before="$before" '
		{
			time = $1
			if ($2 == cpu && $3 == "startup") {
				# The first record is compared with /proc/uptime, which counts in
				# hundredths of a second.
				if ((time - before) * 1000000 < delay - 10000 * (NR == 1))
					print "after", (time - before) * 1000000, "us"
				print $4, $5
				exit
			}
			before = time
		}')
		injected=1
		[ $e != 0 ] || injected=0
		[ "$number" = 0 ] || number=-$number
		expect "what returned on CPU $last, and whether it was injected" "$value" "$number $injected"
		value=$(fields cpu callback took | awk -v cpu="$last" -v least=$((delay * 1000)) '
			$1 == cpu && $2 == "startup" { print ($3 < least) ? $3 : "enough" }')
		expect "took on CPU $last" "$value" enough
	done
	set_to 0 $SYS/prepare/installed
	set_to 1 $SYS/prepare/installed
	expect_file prepare/startup_inject/hits 1
	end_case
}

# Nine tenths of the delay, as the clock of the trace and that of the timers differ a little.
expect_lasted() { # CALLS
	value=$(lasted | awk -v id="$id" -v delay=$((delay * 9 / 10)) '
		$1 == id { calls++ }
		$1 == id && $3 < delay { print "CPU", $2, "took", $3, "us" }
		END { print calls + 0, "calls" }')
	expect "what the kernel saw" "$value" "$1 calls"
	echo >"$tracing/trace"
}

delays_in_trace() { # [CPU]
	begin_case "delay_us: the kernel's own trace shows it, in a setup, a removal, offline and online"
	fresh
	get $SYS/online/state
	id=$value
	if ! start_trace; then
		skip_case "$case_name" "no cpuhp events in a tracefs"
		return
	fi
	echo mono >"$tracing/trace_clock"
	for c in startup teardown; do
		fault online/${c}_inject times=-1 delay_us=$delay
	done
	set_to 0 $SYS/online/installed
	expect_lasted $count
	set_to 1 $SYS/online/installed
	expect_lasted $count
	if [ "$1" ]; then
		cpu_down "$1"
		expect_lasted 1
		fault online/startup_inject errno=EIO
		cpu_up "$1"
		expect "onlining" "$err" EIO
		expect_lasted 1
		fault online/startup_inject errno=0
		cpu_up "$1"
		expect "onlining after that" "$err" 0
		expect_lasted 1
	fi
	remove_trace
	fresh
	end_case
}

# expect_hits INSTANCE STATE: checks how often the fault of the instance and that of the state have
# fired.
expect_hits() {
	expect_file prepare_multi/instances/i/startup_inject/hits "$1"
	expect_file prepare_multi/startup_inject/hits "$2"
	reset
}

instance_first() { # CPU
	begin_case "the fault of an instance comes first, and that of its state if it does not fail"
	fresh
	set_to i $SYS/prepare_multi/instances/add
	cpu_down "$1"
	reset
	fault prepare_multi/instances/i/startup_inject errno=EIO
	fault prepare_multi/startup_inject errno=ENOMEM
	cpu_up "$1"
	expect "onlining with both armed" "$err" EIO
	expect_hits 1 0
	fault prepare_multi/instances/i/startup_inject delay_us=1
	fault prepare_multi/startup_inject errno=ENOMEM
	cpu_up "$1"
	expect "onlining with a delay and an error" "$err" ENOMEM
	expect_hits 1 1
	fault prepare_multi/instances/i/startup_inject probability=0 errno=EIO
	fault prepare_multi/startup_inject errno=ENOMEM
	cpu_up "$1"
	expect "onlining with probability 0 and an error" "$err" ENOMEM
	expect_hits 0 1
	cpu_up "$1"
	expect "onlining with nothing armed" "$err" 0
	remove_instances
	end_case
}

# shellcheck disable=SC2086 # a list
set -- $online
count=$#
first=$1
last=${online##* }
reversed=
for i; do
	reversed="$i $reversed"
done
get $CPU/possible
possible=$value
begin 24

tmp=$(mktemp -d) || exit 1
files
seed_file
for state in $STATES $MULTI; do
	always_and_never "$state"
done
band 10 4 37
band 50 72 128
band 90 163 196
repeatable
own_draws
own_draws_of_callbacks
interleaving
same_log
combinations
new_interval
over_cpus
disarmed
where_it_may_fail
delays_in_log
# Without a CPU that can go offline, only of a setup and a removal.
delays_in_trace "${hotpluggable##* }"
# shellcheck disable=SC2086 # a list
set -- $hotpluggable
if [ $# -ge 2 ]; then
	hotplug_order "$1" "$2"
else
	skip_case "what is drawn does not depend on which CPU goes offline and online first" "no two CPUs can go offline here"
fi
if [ $# -ge 1 ]; then
	instance_first "$1"
	own_draws_of_instances "$1"
else
	skip_case "the fault of an instance comes first" "no CPU can go offline here"
	skip_case "each instance has draws of its own" "no CPU can go offline here"
fi
finish
