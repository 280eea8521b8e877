# SPDX-License-Identifier: GPL-2.0
#
# The files of rust_hotplug as fuzz.pl, fail_nth.pl and the torture test know them: where they are,
# what is written to them, and the names of errors.
package interface;
use strict;
use warnings;
use Errno;
use Exporter 'import';
use Fcntl;

our @EXPORT = qw($SYS $CPU @STATES @MULTI @OTHERS @DRIVERS @SETUPS @CALLBACKS @ERRNOS %RANGE @FAULT @COUNTS %number_of
	error_name get put names_in files_below instances_of one_of);

our $SYS = '/sys/kernel/rust_hotplug';
our $CPU = '/sys/devices/system/cpu';

# The states, and of these the ones that have instances.
our @STATES = qw(prepare online prepare_multi online_multi);
our @MULTI = qw(prepare_multi online_multi);

# States of the kernel that may be made to fail, of both sections, with instances and without; of drivers
# that need not be loaded; one that is never there; and by number, whichever state that is.
our @OTHERS = qw(workqueue:prepare timers:prepare random:prepare mm/vmstat:online workqueue:online
	RCU/tree:online random:online io-wq/online block/mq:online block/bio:dead padata:online
	x86/cpuid:online x86/msr:online block/zram:prepare nobody:online 36 60 180 187 200);

# Modules of the kernel with states of their own. They are loaded only if modprobe finds them.
our @DRIVERS = qw(cpuid msr zram);

# What the files "setup" and "callbacks" of a state take.
our @SETUPS = qw(calls nocalls calls_cpuslocked nocalls_cpuslocked manual);
our @CALLBACKS = qw(both startup teardown);

# The errors that the tests make callbacks fail with.
our @ERRNOS = qw(ENOMEM ENOSPC EIO EINVAL ENODEV EAGAIN ETIMEDOUT ENXIO);

# The files of a fault, in the directories startup_inject and teardown_inject.
our @FAULT = qw(errno cpus probability interval times space delay_us hits);

# The files of a state or an instance that count calls, whichever of them fail.
our @COUNTS = qw(startups teardowns failures);

# The least and the greatest number that a file takes.
our %RANGE = (
	probability => [0, 100],
	interval => [1, 2147483647],
	times => [-1, 2147483647],
	space => [0, 2147483647],
	delay_us => [0, 10000000],
	seed => [0, '18446744073709551615'],
	watch => [0, 1],
	installed => [0, 1],
	reset => [1, 1],
	errno => [0, 511],
);

# Some errors have two names. %number_of has both, and error_name() uses the one that the kernel does.
our %number_of = map { $_ => Errno->can($_)->() } sort keys %!;
my %name_of = reverse map { $_ => $number_of{$_} } grep { !/^E(WOULDBLOCK|DEADLOCK|NOTSUP)$/ } keys %number_of;

# Returns the name of the error with that number, or the number of one that has no name.
sub error_name {
	my ($number) = @_;
	return $name_of{$number} // $number;
}

# Returns the first line of a file, or undef if it cannot be read.
sub get {
	my ($file) = @_;
	open(my $in, '<', $file) or return undef;
	my $value = <$in>;
	chomp $value if defined $value;
	return $value;
}

# Writes to a file that exists. Returns 0, or the name of the error.
sub put {
	my ($file, $value) = @_;
	sysopen(my $out, $file, O_WRONLY) or return error_name($! + 0);
	return defined syswrite($out, $value) ? 0 : error_name($! + 0);
}

# Returns the names in a directory, or none if there is no such directory.
sub names_in {
	my ($dir) = @_;
	opendir(my $in, $dir) or return ();
	return sort grep { !/^\.\.?$/ } readdir $in;
}

# Returns the paths of all files in a directory and in those below it.
sub files_below {
	my ($dir) = @_;
	return map { -d "$dir/$_" ? files_below("$dir/$_") : "$dir/$_" } names_in($dir);
}

# Returns the names of the instances of a state.
sub instances_of {
	my ($state) = @_;
	my $dir = "$SYS/$state/instances";
	return grep { -d "$dir/$_" } names_in($dir);
}

# Returns one of its arguments at random.
sub one_of { return $_[rand @_] }

1;
