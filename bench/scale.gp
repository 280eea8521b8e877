# SPDX-License-Identifier: GPL-2.0
#
# Draws how the instructions of an operation grow with CPUs and with instances: in the terminal, and as
# scale.svg. scripts/bench makes the files.

set logscale xy
set format y "%.0s%c"
set yrange [10000:]
set key outside below horizontal
set grid

do for [terminal in "dumb svg"] {
	if (terminal eq "svg") {
		set terminal svg size 900,760 font "sans,12" background "white"
		set output "scale.svg"
		set multiplot layout 2,1
	} else {
		set terminal dumb 100,32
	}
	set xtics (1, 4, 16, 64, 256)
	set xlabel "CPUs"
	set title "Instructions by the number of CPUs (".release.")" noenhanced
	plot "cpus-setup-c.dat" with linespoints title "setup, C", \
		"cpus-setup-rust.dat" with linespoints title "setup, Rust", \
		"cpus-rollback-c.dat" with linespoints title "rollback, C", \
		"cpus-rollback-rust.dat" with linespoints title "rollback, Rust", \
		"cpus-instance-c.dat" with linespoints title "instance, C", \
		"cpus-instance-rust.dat" with linespoints title "instance, Rust", \
		"cpus-cycle-none.dat" with linespoints title "a CPU off and on", \
		"cpus-cycle-disarmed.dat" with linespoints title "the same with rust\\_hotplug"
	set xtics (1, 10, 100, 1000)
	set xlabel "instances"
	set title "A CPU off and on, by the number of instances"
	plot "instances-c.dat" with linespoints title "C", \
		"instances-rust.dat" with linespoints title "Rust"
	if (terminal eq "svg") {
		unset multiplot
	}
}
