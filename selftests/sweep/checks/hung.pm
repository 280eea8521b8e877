# SPDX-License-Identifier: GPL-2.0
# No task waits for ever. One that waits for a disk is seen waiting as well, but not for long.
use interface;
use reader;
use settle;

sub waiting {
	my (@pids) = @_;
	return grep { index(value("/proc/$_/stat") // '', ') D ') >= 0 } @pids;
}

# Those that have been told are waiting still, and are not waited for again.
my %told;

test => sub {
	my @pids = waiting(grep { $_ != $$ && !$told{$_} } tasks());
	settled(sub { !(@pids = waiting(@pids)) }) if @pids;
	$told{$_} = 1 foreach @pids;
	return map { "task $_ (" . (get("/proc/$_/comm") // '?') . ') waits in ' . (get("/proc/$_/wchan") // '?') } @pids;
};
