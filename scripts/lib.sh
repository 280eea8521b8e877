# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the scripts of this directory share: messages, steps with a log and progress, locks, and the
# clean-up that leaves no process and no temporary file behind. Sourced, never run.

set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # for those that source this
top=${scripts%/*}
: "${CACHE:=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/rust_hotplug}"
case $CACHE in /*) ;; *) CACHE=$PWD/$CACHE ;; esac
export CACHE
logs=$CACHE/log
# The parallelism of a make above is for its own kind of jobs; ours start programs of another root.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

# The comment at the head of a script is its help.
case ${1:-} in
-h | --help)
	awk 'NR > 3 { if (!/^#/ || /^# shellcheck/) exit; sub(/^# ?/, ""); print }' "$0"
	exit 0
	;;
esac

# Messages of the host side go to stderr: stdout belongs to what runs in the guest.
say() { printf '%s\n' "$*" >&2; }
die() {
	clear_progress
	say "error: $*"
	exit 1
}

# --- ending ------------------------------------------------------------------------------------

# Process groups (negative) and processes that must not outlive this script, and paths to remove.
to_end=()
to_remove=()

is_running() { kill -0 -- "$1" 2>/dev/null; }

end_process() {
	local p=$1 i
	is_running "$p" || return 0
	kill -TERM -- "$p" 2>/dev/null || return 0
	for ((i = 0; i < 200; i++)); do
		is_running "$p" || return 0
		sleep 0.1
	done
	kill -KILL -- "$p" 2>/dev/null || true
}

forget() {
	local p keep=()
	for p in ${to_end[@]+"${to_end[@]}"}; do
		[ "$p" = "$1" ] || keep+=("$p")
	done
	to_end=(${keep[@]+"${keep[@]}"})
}

forget_file() {
	local p keep=()
	for p in ${to_remove[@]+"${to_remove[@]}"}; do
		[ "$p" = "$1" ] || keep+=("$p")
	done
	to_remove=(${keep[@]+"${keep[@]}"})
}

clean_up() {
	local rc=$? p
	# A second Ctrl-C must not stop the clean-up half-way.
	trap '' INT TERM HUP
	clear_progress
	# All at once, as each may take its time.
	for p in ${to_end[@]+"${to_end[@]}"}; do kill -TERM -- "$p" 2>/dev/null || true; done
	for p in ${to_end[@]+"${to_end[@]}"}; do end_process "$p"; done
	wait 2>/dev/null || true
	for p in ${to_remove[@]+"${to_remove[@]}"}; do rm -rf -- "$p"; done
	exit "$rc"
}

# To be called once by each script, before it starts anything.
handle_signals() {
	trap clean_up EXIT
	trap 'say; say "interrupted"; exit 130' INT
	trap 'say "terminated"; exit 143' TERM
	trap 'exit 129' HUP
}

# Runs a command of ours as a child that a signal to us does not have to wait for: bash runs its
# traps only after a foreground child, but at once during "wait".
run_child() {
	local pid rc=0
	"$@" <&0 &
	pid=$!
	to_end+=("$pid")
	wait "$pid" || rc=$?
	forget "$pid"
	return "$rc"
}

# --- the files of a run ------------------------------------------------------------------------

# make_run_dir: makes a directory in the cache for the files of this run, and sets run to it. Removes those of runs
# that were killed, which are those that nobody holds the lock of.
make_run_dir() {
	local all dir
	mkdir -p "$CACHE/run"
	# Between the making of a directory and its lock it must not look like one of those.
	exec {all}>"$CACHE/run.lock"
	flock "$all"
	for dir in "$CACHE"/run/*/; do
		[ ! -d "$dir" ] || ! flock -n "$dir/lock" true 2>/dev/null || rm -rf "$dir"
	done
	run=$CACHE/run/$$
	mkdir -p "$run"
	to_remove+=("$run")
	exec {run_lock}>"$run/lock"
	flock "$run_lock"
	exec {all}>&-
}

# --- steps -------------------------------------------------------------------------------------

progress_shown=
clear_progress() {
	[ -z "$progress_shown" ] || printf '\r\033[K' >&2
	progress_shown=
}

show_progress() {
	local width text=$1
	[ -t 2 ] || return 0
	width=$(stty size <&2 2>/dev/null | cut -d' ' -f2) || width=
	[ "${width:-0}" -gt 20 ] || width=80
	printf '\r\033[K%s' "${text:0:width-1}" >&2
	progress_shown=yes
}

# How far a step is, from its log: the last line of it that says something.
last_line() {
	tail -c 2000 "$1" 2>/dev/null | tr '\r\t' '\n ' | tr -cd '\n[:print:]' |
		awk 'NF { line = $0 } END { sub(/^ +/, "", line); print line }'
}

# job_start LOG CMD…: runs a command or function in a process group of its own with its output in LOG.
# Its process id is then in $job.
job_start() {
	local log=$1
	shift
	mkdir -p "${log%/*}"
	set -m
	("$@") </dev/null >"$log" 2>&1 &
	job=$!
	set +m
	to_end+=("-$job")
}

# job_wait TITLE JOB LOG [HOW_FAR…]: waits for it, showing progress; returns its status.
# HOW_FAR is a command that prints how far the step is; by default that is the last line of the log.
# A step that may well be short says nothing for the first $quiet seconds. With $may_fail a failure is the caller's
# to tell.
job_wait() {
	local title=$1 pid=$2 log=$3 start=$SECONDS next=30 rc=0 titled=
	shift 3
	[ $# -gt 0 ] || set -- last_line "$log"
	while is_running "$pid"; do
		if [ $((SECONDS - start)) -lt "${quiet:-0}" ]; then
			:
		elif [ -t 2 ]; then
			show_progress "$title: $((SECONDS - start)) s, $("$@")"
		elif [ -z "$titled" ]; then
			say "$title ..."
			titled=yes
		elif [ $((SECONDS - start)) -ge $next ]; then
			say "    ... $((SECONDS - start)) s, $("$@")"
			next=$((next + 30))
		fi
		sleep 0.2
	done
	wait "$pid" 2>/dev/null || rc=$?
	forget "-$pid"
	clear_progress
	if [ "$rc" -eq 0 ]; then
		[ $((SECONDS - start)) -lt "${quiet:-0}" ] || say "$title: $((SECONDS - start)) s"
		return 0
	fi
	[ -z "${may_fail:-}" ] || return "$rc"
	say "error: $title failed (status $rc). The end of $log:"
	grep -v '^Ign:' "$log" | tail -n "${tail_lines:-20}" | sed 's/^/    /' >&2
	if grep -qi 'no space left on device\|disk quota exceeded\|enough free space' "$log" &&
		! grep -q 'error: the disk is full' "$log"; then
		explain_full_disk
	fi
	return "$rc"
}

# step TITLE LOG CMD…: a step that the rest depends on.
step() {
	local title=$1 log=$2
	shift 2
	job_start "$log" "$@"
	job_wait "$title" "$job" "$log" || exit 1
}

# --- disk, memory, locks, tools ------------------------------------------------------------------------

free_mb() {
	local dir=$1
	while [ ! -d "$dir" ]; do dir=$(dirname "$dir"); done
	df -Pk "$dir" | awk 'NR == 2 { print int($4 / 1024) }'
}

# jobs_for MB: prints how many VMs, or whatever takes so much memory each, can be at work at a time: one for each
# core, which is what an emulated VM takes, or as many as there is memory for.
jobs_for() {
	local cores memory
	cores=$(nproc)
	memory=$(awk -v each="$1" '/^MemAvailable:/ { print int($2 / 1024 / each) }' /proc/meminfo)
	[ "${memory:-$cores}" -lt "$cores" ] || memory=$cores
	[ "$memory" -ge 1 ] || memory=1
	echo "$memory"
}

explain_full_disk() {
	say "error: the disk is full: $(free_mb "$CACHE") MB are free in $CACHE."
	say "Make room there, or name another place with CACHE=, and run the same command again."
}

explain_download() {
	say "What did arrive, and was what the archive has signed, is kept: the same command goes on from there."
}

# need_space MB WHAT: before a large step, so that it fails at once rather than at the end.
need_space() {
	local free
	free=$(free_mb "$CACHE")
	[ "$free" -ge "$1" ] ||
		die "$2 needs $1 MB in $CACHE, and $free MB are free. Make room, or name another place with CACHE=."
}

make_cache() {
	if ! mkdir -p "$CACHE" "$logs" 2>/dev/null || ! [ -w "$CACHE" ]; then
		die "cannot write to $CACHE. Name another place with CACHE=."
	fi
}

# lock FILE WHAT: waits for another run that is at work on the same, and says so. Held until unlock, or
# until this script and all that it started are gone.
lock() {
	local pid
	mkdir -p "${1%/*}"
	exec {lock_fd}>"$1"
	flock -n "$lock_fd" && return
	say "another run is at work on the $2: waiting for it to finish"
	flock "$lock_fd" &
	pid=$!
	to_end+=("$pid")
	wait "$pid"
	forget "$pid"
}

unlock() { exec {lock_fd}>&-; }

need_tools() {
	local tool missing=
	for tool in "$@"; do
		command -v "$tool" >/dev/null || missing+=" $tool"
	done
	[ -z "$missing" ] || die "this machine lacks$missing, which only its own package manager can install."
}

# Make, the kernel's build and QEMU's options each have characters that they cannot have in a path.
[[ $CACHE$top != *[[:space:],:\#\$%]* ]] ||
	die "no blanks and none of , : # \$ % can be in the path of the checkout ($top) or the cache ($CACHE)."
