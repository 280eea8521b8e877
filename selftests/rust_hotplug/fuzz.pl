#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# fuzz.pl SEED WRITES: writes at random to every file of rust_hotplug that can be
# written: any bytes, lengths and offsets. Each write is judged by a model of what the
# files take: it has to succeed with the value that was written, or to fail with the
# right error and change nothing. Prints what was otherwise, and at last how many writes
# there were. The same seed makes the same writes.
use strict;
use warnings;
use Errno;
use Fcntl;
use POSIX ();

my ($seed, $writes) = @ARGV;
srand($seed);
my $top = '/sys/kernel/rust_hotplug';
my $page = POSIX::sysconf(POSIX::_SC_PAGESIZE());
my $instance = 'instance-of-the-fuzz';
my %range = (
	probability => [0, 100],
	interval => [1, 2147483647],
	times => [-1, 2147483647],
	space => [0, 2147483647],
	delay_us => [0, 10000000],
	seed => [0, '18446744073709551615'],
	installed => [0, 1],
	reset => [1, 1],
	errno => [0, 511],
);
my %words = (
	setup => [qw(calls nocalls calls_cpuslocked nocalls_cpuslocked manual)],
	callbacks => [qw(both startup teardown)],
);

my %number_of = map { $_ => Errno->can($_)->() } sort keys %!;
my %name_of = reverse %number_of;

# --- the files -------------------------------------------------------------------------

sub files_below {
	my ($dir) = @_;
	opendir(my $handle, $dir) or return ();
	my @names = sort grep { !/^\.\.?$/ } readdir($handle);
	return map { -d "$dir/$_" ? files_below("$dir/$_") : "$dir/$_" } @names;
}

sub value_of {
	my ($file) = @_;
	open(my $handle, '<', $file) or return undef;
	my $value = <$handle>;
	chomp $value if defined $value;
	return $value;
}

# Whatever a write that fails must leave alone. The log and the counts tell of calls, which
# a setup that fails has made.
sub everything {
	return join '', map { "$_ " . (value_of($_) // '') . "\n" } grep {
		(stat($_))[2] & 0400 && !m,/(log|startups|teardowns|failures|hits|times|space)$,
	} files_below($top);
}

sub instances_of {
	my ($dir) = @_;
	opendir(my $handle, $dir) or return ();
	return grep { !/^\.\.?$/ && -d "$dir/$_" } readdir($handle);
}

sub set {
	my ($value, $file) = @_;
	sysopen(my $handle, $file, O_WRONLY) or die "$file: $!\n";
	defined(syswrite($handle, "$value\n")) or die "writing $value to $file: $!\n";
}

# --- what to write ---------------------------------------------------------------------

sub one_of { return $_[int(rand(@_))] }

sub bytes {
	my ($length) = @_;
	return join '', map { chr(int(rand(256))) } 1 .. $length;
}

my @lengths = (0, 1, 2, 3, 7, 32, 33, $page - 1, $page, $page + 1, 2 * $page, 65536);

sub valid_value {
	my ($kind, $file) = @_;
	return one_of(@{$words{$kind}}) if $words{$kind};
	return one_of(qw(0 1 2 22 511 ENOMEM EIO EPERM ENODEV)) if $kind eq 'errno';
	return one_of(value_of("$top/online/startup_inject/cpus"), 0, '0-0', '0,0') if $kind eq 'cpus';
	return one_of(map { "fuzz$_" } 0 .. 5) if $kind eq 'add';
	return one_of('nobody', instances_of($file =~ s,/remove$,,r)) if $kind eq 'remove';
	my ($least, $most) = @{$range{$kind}};
	return one_of($least, $most, $least + 1, int(rand(1000)) + $least);
}

my @numbers = qw(-2 -1 0 1 2 99 100 101 511 512 4095 4096 10000000 10000001 2147483647 2147483648 -2147483649
	4294967295 4294967296 9223372036854775807 9223372036854775808 18446744073709551615
	18446744073709551616 -18446744073709551616 340282366920938463463374607431768211456
	-340282366920938463463374607431768211456);

sub random_value {
	my ($kind, $file) = @_;
	my $how = int(rand(10));
	return bytes(one_of(@lengths)) if $how == 0;
	return join '', map { chr(32 + int(rand(95))) } 1 .. one_of(@lengths[0 .. 6]) if $how == 1;
	return one_of(@numbers) if $how == 2;
	my $value = valid_value($kind, $file);
	return $value if $how <= 5;
	my $change = int(rand(9));
	my $length = one_of(@lengths);
	return one_of(" ", "\t", "\n", "\r", "\f", "\x0b", "\0", "\x85", "\xc2\xa0") . $value if $change == 0;
	return $value . one_of(" ", "\n", " \n\n", "\t", "\0", "\0junk", "\x7f", "\x1b[0m") if $change == 1;
	return $value . bytes(1 + int(rand(3))) if $change == 2;
	return ('0' x $length) . $value if $change == 3;
	return $value . (' ' x $length) if $change == 4;
	return (' ' x $length) . $value if $change == 5;
	return $value . "\0" . bytes($length) if $change == 6;
	return one_of('+', '-', '--', '0x', '.') . $value if $change == 7;
	substr($value, int(rand(length($value) + 1)), int(rand(2)), bytes(1));
	return $value;
}

# --- what is to come of it -------------------------------------------------------------

# Numbers of any size, as text: without their sign and zeros, and compared.
sub normal {
	my ($sign, $digits) = $_[0] =~ /^([+-]?)0*([0-9]+)$/ or return undef;
	return $sign eq '-' && $digits ne '0' ? "-$digits" : $digits;
}

sub compare {
	my ($x, $y) = @_;
	my ($minus_x, $minus_y) = map { /^-/ ? 1 : 0 } $x, $y;
	return $minus_y <=> $minus_x if $minus_x != $minus_y;
	my $order = length($x) <=> length($y) || $x cmp $y;
	return $minus_x ? -$order : $order;
}

# What the kernel module takes for the value: a page at most, up to a NUL, trimmed. Not defined if that
# is nothing, or no text.
sub text_of {
	my ($bytes) = @_;
	my $text = substr($bytes, 0, $page);
	$text =~ s/\0.*//s;
	$text =~ s/^[ \t\n\f\r]+//;
	$text =~ s/[ \t\n\f\r]+$//;
	return undef if $text eq '';
	my $decoded = $text;
	return undef if !utf8::decode($decoded);
	return undef if $decoded =~ /[\x00-\x1f\x7f-\x9f]/;
	return $text;
}

# Returns the error that is due, or 0 and the value that is to be read back. Either may be a pattern.
sub verdict {
	my ($file, $kind, $bytes, $before) = @_;
	my $text = text_of($bytes);
	return 'EINVAL' if !defined $text;
	my ($state) = $file =~ m,^$top/([a-z_]+)/,;

	if ($words{$kind}) {
		return 'EINVAL' if !grep { $_ eq $text } @{$words{$kind}};
		return 'EBUSY' if $text ne $before && value_of("$top/$state/installed") eq '1';
		return (0, $text);
	}
	if ($kind eq 'add' || $kind eq 'remove') {
		return 'EINVAL' if $text !~ /^[A-Za-z0-9._:\@+-]{1,32}$/ || $text =~ /^(\.|\.\.|-)$/;
		my $is_there = -d "$top/$state/instances/$text";
		return $is_there ? (0, undef) : 'ENOENT' if $kind eq 'remove';
		return 'EEXIST' if $is_there || $text eq 'add' || $text eq 'remove';
		return 'ENODEV' if value_of("$top/$state/installed") ne '1';
		my $armed = value_of("$top/$state/startup_inject/errno");
		return ($armed eq '0' ? 0 : qr/^(0|@{[same_error($armed)]})$/, undef);
	}
	if ($kind eq 'cpus') {
		# The kernel has more forms of lists than this knows: these at least.
		return (0, $text + 0) if $text =~ /^0+$/ && length($text) < 9;
		# A number that is too large may be seen before what is none.
		return (qr/^(EINVAL|ERANGE)$/, $before) if $text !~ m,^[-0-9:/\,nNalAL \t\n\f\r]+$,;
		return (qr/^(0|EINVAL|ERANGE)$/, qr/^([0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*)?$/);
	}
	my $must_not_fail = $file =~ m,/prepare(_multi)?/(.*/)?teardown_inject/,;
	if ($kind eq 'errno' && $text =~ /^(ENOMEM|EIO|EPERM|ENODEV)$/) {
		return $must_not_fail ? 'EPERM' : (0, $text);
	}
	if ($kind eq 'errno' && $text =~ /^E[A-Z0-9]+$/) {
		# It may have become another name, or none.
		return ($must_not_fail ? qr/^E(PERM|INVAL)$/ : qr/^(0|EINVAL)$/, $text);
	}
	my $number = normal($text);
	return 'EINVAL' if !defined $number;
	my ($least, $most) = @{$range{$kind}};
	return 'ERANGE' if compare($number, $least) < 0 || compare($number, $most) > 0;
	if ($kind eq 'errno') {
		return 'EPERM' if $number ne '0' && $must_not_fail;
		# Of those that have several names it is one.
		my $names = join '|', grep { $number_of{$_} == $number } keys %number_of;
		return (0, $number eq '0' ? '0' : $names ? qr/^($names)$/ : $number);
	}
	if ($kind eq 'installed' && $number ne $before) {
		my $armed = value_of("$top/$state/startup_inject/errno");
		return ($number eq '1' && $armed ne '0' ? qr/^(0|@{[same_error($armed)]})$/ : 0, $number)
			if $number eq '1' || !instances_of("$top/$state/instances");
		return 'EBUSY';
	}
	return (0, $kind eq 'reset' ? undef : $number);
}

# A pattern of all the names of that error.
sub same_error {
	my ($name) = @_;
	my $number = $number_of{$name} // return $name;
	return join '|', grep { $number_of{$_} == $number } keys %number_of;
}

sub matches {
	my ($is, $should) = @_;
	return ref $should ? $is =~ $should : $is eq $should;
}

sub show {
	my ($bytes) = @_;
	my $text = substr($bytes, 0, 60);
	$text =~ s/([^ -~])/sprintf '\\x%02x', ord($1)/ge;
	return sprintf "'%s'%s", $text, length($bytes) > 60 ? sprintf(' (%d bytes)', length($bytes)) : '';
}

my $problems = 0;
sub problem {
	$problems++;
	print "@_\n" if $problems <= 20;
}

# --- main ------------------------------------------------------------------------------

set($instance, "$top/$_/instances/add") for 'prepare_multi', 'online_multi';
my @files = grep { (stat($_))[2] & 0200 } files_below($top);
my $succeeded = 0;

for my $n (1 .. $writes) {
	# Each file equally often, and the ones with a directory of their own not to be lost among faults.
	my $file = int(rand(3)) ? one_of(@files) : one_of(grep { !/_inject/ } @files);
	my ($kind) = $file =~ m,([a-z_]+)$,;
	my $bytes = random_value($kind, $file);
	my $offset = int(rand(3)) ? 0 : one_of(1, $page - 1, $page, 2 ** 31, 2 ** 40, 9223372036854775800);
	my $flags = one_of(O_WRONLY, O_WRONLY, O_WRONLY | O_TRUNC, O_WRONLY | O_APPEND);

	my $before = value_of($file);
	my $all = int(rand(25)) ? undef : everything();
	my ($error, $after) = verdict($file, $kind, $bytes, $before);
	($error, $after) = (0, $before) if $bytes eq '';
	# Whether that is beyond the end of any file is for the VFS to say.
	$error = qr/^(\Q$error\E|EINVAL|EOVERFLOW|EFBIG)$/ if $offset > 2 ** 41 && !ref $error;

	sysopen(my $handle, $file, $flags) or problem("$n: $file: $!"), next;
	# In some kernels the files of sysfs end at 2 GiB.
	sysseek($handle, $offset, 0) or $offset >= 2 ** 31 or problem("$n: $file: seeking $offset: $!"), next;
	my $done = syswrite($handle, $bytes);
	my $is = defined $done ? 0 : $name_of{$! + 0} // $! + 0;
	close($handle);
	my $what = "write $n, " . show($bytes) . " at $offset to $file (was " . ($before // 'nothing') . ")";

	if (!matches($is, $error)) {
		problem("$what: error $is, should be $error");
	}
	if ($is eq '0') {
		$succeeded++;
		my $length = length($bytes) < $page ? length($bytes) : $page;
		problem("$what: returned $done, should be $length") if $done != $length;
		my $now = value_of($file);
		if (defined $after && (!defined $now || !matches($now, $after))) {
			problem("$what: reads '" . ($now // '') . "', should be '$after'");
		}
		if ($kind eq 'reset' && $bytes ne '') {
			my $left = join ' ', grep { /errno$/ && value_of($_) ne '0' } files_below($top);
			problem("$what: has left $left") if $left ne '';
		}
	} else {
		my $now = value_of($file);
		problem("$what: failed with $is, but now reads '$now'") if defined $now && $now ne $before;
		problem("$what: failed with $is, but changed another file") if defined $all && everything() ne $all;
	}

	# Ten seconds for each callback are legitimate, but they are not for here.
	set(0, $file) if $kind eq 'delay_us' && value_of($file) > 50;
	# Nor is a machine that is full of instances.
	if ($kind eq 'add') {
		my $dir = $file =~ s,/add$,,r;
		my @names = instances_of($dir);
		if (@names > 8) {
			$_ eq $instance or set($_, "$dir/remove") for @names;
		}
	}
	# Whatever was removed is put back, or there were ever less to write to.
	if ($kind eq 'remove' && !-d ($file =~ s,remove$,$instance,r)) {
		set(1, "$top/reset");
		set($instance, $file =~ s,remove$,add,r);
	}
}

# Whatever the names are that it has come upon.
set(1, "$top/reset");
for my $dir (map { "$top/$_/instances" } 'prepare_multi', 'online_multi') {
	set($_, "$dir/remove") for instances_of($dir);
}
print "$problems problems\n" if $problems;
print "$writes writes, $succeeded of them succeeded\n";
