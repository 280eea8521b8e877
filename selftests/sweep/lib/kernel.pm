# SPDX-License-Identifier: GPL-2.0
#
# System calls that perl has no function for, so that no process has to be started for them.
package kernel;
use strict;
use warnings;
use Exporter 'import';
use Fcntl;
use POSIX ();
use interface;

our @EXPORT = qw(now load unload run_on running_on may_run_on read_start open_dir read_dir close_dir);

my $machine = (POSIX::uname())[4];
# Their numbers are those of the kernel's tables for each architecture.
my %number = $machine eq 'x86_64' ?
	(clock_gettime => 228, finit_module => 313, delete_module => 176, sched_setaffinity => 203,
	 sched_getaffinity => 204, getcpu => 309, openat => 257, getdents64 => 217, lseek => 8,
	 pread64 => 17, close => 3) :
	(clock_gettime => 113, finit_module => 273, delete_module => 106, sched_setaffinity => 122,
	 sched_getaffinity => 123, getcpu => 168, openat => 56, getdents64 => 61, lseek => 62,
	 pread64 => 67, close => 57);
die "sweep: the numbers of system calls are known for x86_64 and aarch64, not for $machine\n"
	if $machine !~ /^(x86_64|aarch64)$/;

use constant {
	CLOCK_MONOTONIC => 1,
	MODULE_INIT_COMPRESSED_FILE => 4,
	AT_FDCWD => -100,
	# Bytes of a set of CPUs: for 8192 of them.
	CPUS_LEN => 1024,
};

# Returns the seconds since boot.
sub now {
	my $time = pack 'q2';
	syscall($number{clock_gettime}, CLOCK_MONOTONIC, $time) == 0 or die "sweep: no clock: $!\n";
	my ($seconds, $nanoseconds) = unpack 'q2', $time;
	return $seconds + $nanoseconds / 1e9;
}

# Loads the module in a file. Returns 0 or the name of the error.
sub load {
	my ($file, $parameters) = @_;
	sysopen(my $in, $file, O_RDONLY) or return error_name($! + 0);
	my $flags = $file =~ /\.ko$/ ? 0 : MODULE_INIT_COMPRESSED_FILE;
	return 0 if syscall($number{finit_module}, fileno $in, ($parameters // '') . '', $flags) == 0;
	return error_name($! + 0);
}

# Unloads a module by its name. Returns 0 or the name of the error.
sub unload {
	my ($name) = @_;
	return syscall($number{delete_module}, "$name", O_NONBLOCK) == 0 ? 0 : error_name($! + 0);
}

# Lets this process run on these CPUs only. Returns 0 or the name of the error.
sub run_on {
	my $set = "\0" x CPUS_LEN;
	vec($set, $_, 1) = 1 foreach @_;
	return syscall($number{sched_setaffinity}, 0, CPUS_LEN, $set) == 0 ? 0 : error_name($! + 0);
}

# Returns the CPU that this process runs on.
sub running_on {
	my $cpu = pack 'L';
	syscall($number{getcpu}, $cpu, 0, 0);
	return unpack 'L', $cpu;
}

# Sets of CPUs as text, for there are few that many tasks have.
my %text_of;

# Returns the CPUs that a task may run on, as text that can be compared, or nothing if it has ended.
sub may_run_on {
	my ($pid) = @_;
	my $set = "\0" x CPUS_LEN;
	my $length = syscall($number{sched_getaffinity}, $pid + 0, CPUS_LEN, $set);
	return undef if $length < 0;
	$set = substr $set, 0, $length;
	return $text_of{$set} //= unpack('b*', $set) =~ s/0*$//r;
}

my $text = "\0" x 65536;
# Returns what the first read of an open file gives, or nothing if it fails.
sub read_start {
	my ($file) = @_;
	my $n = syscall($number{pread64}, fileno $file, $text, length $text, 0);
	return $n < 0 ? undef : substr $text, 0, $n;
}

# Opens a directory. Returns the number of the open file, or nothing if there is none.
sub open_dir {
	my ($path) = @_;
	my $dir = syscall($number{openat}, AT_FDCWD, "$path", O_RDONLY | O_DIRECTORY);
	return $dir < 0 ? undef : $dir;
}

sub close_dir { syscall($number{close}, $_[0]) }

my $buffer = "\0" x 65536;
# Returns the entries of an open directory as the kernel gives them. Each has 16 bytes, its length in the next two, one
# more, and its name with a 0 at the end. Behind that the kernel leaves what was in the buffer, so that is wiped: the same
# entries are the same bytes.
sub read_dir {
	my ($dir) = @_;
	my ($entries, $n) = ('');
	syscall($number{lseek}, $dir, 0, 0);
	while (($n = syscall($number{getdents64}, $dir, $buffer, length $buffer)) > 0) {
		$entries .= substr $buffer, 0, $n, "\0" x $n;
	}
	return $entries;
}

1;
