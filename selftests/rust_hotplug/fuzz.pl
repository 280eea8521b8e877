#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# fuzz.pl SEED WRITES: writes at random to every file of rust_hotplug that can be written: any bytes,
# lengths and offsets. A model of what the files take judges each write: it has to succeed, and the
# file to have the value that was written; or it has to fail with the right error, and to change
# nothing. Prints each write with which it was otherwise, and in the last line how many writes there
# were. The same seed makes the same writes.
use strict;
use warnings;
use Fcntl;
use POSIX ();
use lib $0 =~ m{(.*)/} ? $1 : '.';
use interface;

my ($seed, $writes) = @ARGV;
srand($seed);
my $page = POSIX::sysconf(POSIX::_SC_PAGESIZE());
my $instance = 'instance-of-the-fuzz';
my %words = (setup => \@SETUPS, callbacks => \@CALLBACKS);

# --- the files -------------------------------------------------------------------------

# Returns the text of every file that a write which fails must leave as it was: not of the log and the
# counts, as a setup that fails has made calls.
sub everything {
	my $others = join '|', qw(log hits times space), @COUNTS;
	return join '', map { "$_ " . (get($_) // '') . "\n" } grep {
		(stat($_))[2] & 0400 && !m,/($others)$,
	} files_below($SYS);
}

# Writes what has to be accepted.
sub set {
	my ($value, $file) = @_;
	my $error = put($file, "$value\n");
	die "writing $value to $file: $error\n" if $error;
}

# Returns the name of the state that a file belongs to, if it does.
sub state_of {
	my ($file) = @_;
	return $file =~ m,^$SYS/([a-z_]+)/, ? $1 : undef;
}

# --- what to write ---------------------------------------------------------------------

sub bytes {
	my ($length) = @_;
	return join '', map { chr(int(rand(256))) } 1 .. $length;
}

my @lengths = (0, 1, 2, 3, 7, 32, 33, $page - 1, $page, $page + 1, 2 * $page, 65536);

sub valid_value {
	my ($kind, $file) = @_;
	return one_of(@{$words{$kind}}) if $words{$kind};
	return one_of(0, 1, 2, 22, 511, 'EPERM', @ERRNOS) if $kind eq 'errno';
	return one_of(get("$SYS/online/startup_inject/cpus"), 0, '0-0', '0,0') if $kind eq 'cpus';
	return one_of('nobody', 'mm/vmstat:online', 'a!b', 'a/b', ' x ', 187, 86, 99999) if $file =~ m,/states/[a-z]+$,;
	return one_of(map { "fuzz$_" } 0 .. 5) if $kind eq 'add';
	return one_of('nobody', instances_of(state_of($file))) if $kind eq 'remove';
	my ($least, $most) = @{$RANGE{$kind}};
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

# --- the model: what has to come of a write -------------------------------------------------------------

# Numbers may have any size here, so they are texts. normal() returns one without a plus and without zeros
# in front, or undef if it is no number.
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

# Returns what the kernel module takes for the value: of at most a page, what is before the first NUL,
# without blanks around it. Returns undef if that is empty or not text.
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

# Returns the name of a state that these bytes are for states/add and states/remove: it is taken as it is, but
# for a newline.
sub name_of {
	my $name = substr($_[0], 0, $page);
	$name =~ s/\0.*//s;
	$name =~ s/\n\z//;
	return $name;
}

# The states that are to fail.
sub verdict_of_name {
	my ($kind, $bytes) = @_;
	my $name = name_of($bytes);
	my $file = $name =~ s,/,!,gr;
	my $is_there = grep { $_ eq $file } names_in("$SYS/states");
	# It may have been added with the one or with the other.
	return $is_there && $name !~ /^(add|remove)$/ ? (qr/^(0|ENOENT)$/, undef) : 'ENOENT' if $kind eq 'remove';
	return 'EINVAL' if $name eq '' || length($name) > 255 || $name =~ /^\.\.?$/;
	return 'EEXIST' if $is_there;
	return (qr/^(0|ENOENT|EINVAL|EEXIST|EOPNOTSUPP)$/, undef) if $name =~ /^[0-9]+$/;
	return 'EINVAL' if $name =~ m,^rust_hotplug/,;
	# Its number may be there.
	return (qr/^(0|EEXIST)$/, undef) if $name eq 'mm/vmstat:online';
	return (0, undef);
}

# Returns the error that the write has to fail with, or 0 and the value that has to be read back. Either
# may be a pattern.
sub verdict {
	my ($file, $kind, $bytes, $before) = @_;
	return verdict_of_name($kind, $bytes) if $file =~ m,/states/[a-z]+$,;
	my $text = text_of($bytes);
	return 'EINVAL' if !defined $text;
	my $state = state_of($file);

	if ($words{$kind}) {
		return 'EINVAL' if !grep { $_ eq $text } @{$words{$kind}};
		return 'EBUSY' if $text ne $before && get("$SYS/$state/installed") eq '1';
		return (0, $text);
	}
	if ($kind eq 'add' || $kind eq 'remove') {
		return 'EINVAL' if $text !~ /^[A-Za-z0-9._:\@+-]{1,32}$/ || $text =~ /^(\.|\.\.|-)$/;
		my $is_there = -d "$SYS/$state/instances/$text";
		return $is_there ? (0, undef) : 'ENOENT' if $kind eq 'remove';
		return 'EEXIST' if $is_there || $text eq 'add' || $text eq 'remove';
		return 'ENODEV' if get("$SYS/$state/installed") ne '1';
		my $armed = get("$SYS/$state/startup_inject/errno");
		return ($armed eq '0' ? 0 : qr/^(0|@{[same_error($armed)]})$/, undef);
	}
	if ($kind eq 'cpus') {
		# The kernel takes more forms of lists than this knows. These are sure.
		return (0, $text + 0) if $text =~ /^0+$/ && length($text) < 9;
		# The kernel may find a number that is too large (ERANGE) before something that is no number.
		return (qr/^(EINVAL|ERANGE)$/, $before) if $text !~ m,^[-0-9:/\,nNalAL \t\n\f\r]+$,;
		return (qr/^(0|EINVAL|ERANGE)$/, qr/^([0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*)?$/);
	}
	my $must_not_fail = $file =~ m,/prepare(_multi)?/(.*/)?teardown_inject/,;
	if ($kind eq 'errno' && grep { $_ eq $text } 'EPERM', @ERRNOS) {
		return $must_not_fail ? 'EPERM' : (0, $text);
	}
	if ($kind eq 'errno' && $text =~ /^E[A-Z0-9]+$/) {
		# A mutation may have made it the name of another error, or of none.
		return ($must_not_fail ? qr/^E(PERM|INVAL)$/ : qr/^(0|EINVAL)$/, $text);
	}
	my $number = normal($text);
	return 'EINVAL' if !defined $number;
	my ($least, $most) = @{$RANGE{$kind}};
	return 'ERANGE' if compare($number, $least) < 0 || compare($number, $most) > 0;
	if ($kind eq 'errno') {
		return 'EPERM' if $number ne '0' && $must_not_fail;
		# Some errors have several names; the file has one of them.
		my $names = join '|', grep { $number_of{$_} == $number } keys %number_of;
		return (0, $number eq '0' ? '0' : $names ? qr/^($names)$/ : $number);
	}
	if ($kind eq 'installed' && $number ne $before) {
		my $armed = get("$SYS/$state/startup_inject/errno");
		return ($number eq '1' && $armed ne '0' ? qr/^(0|@{[same_error($armed)]})$/ : 0, $number)
			if $number eq '1' || !instances_of($state);
		return 'EBUSY';
	}
	return (0, $kind eq 'reset' ? undef : $number);
}

# Returns a pattern that matches all names of that error.
sub same_error {
	my ($name) = @_;
	my $number = $number_of{$name} // return $name;
	return join '|', grep { $number_of{$_} == $number } keys %number_of;
}

# Succeeds if a value is what it should be, which may be a pattern.
sub matches {
	my ($is, $should) = @_;
	return ref $should ? $is =~ $should : $is eq $should;
}

# Returns bytes in a form that can be printed.
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

set($instance, "$SYS/$_/instances/add") for @MULTI;
my @files = grep { (stat($_))[2] & 0200 } files_below($SYS);
# Where the kernel cannot be hooked these fail always.
@files = grep { !m,/(watch|states/[a-z]+)$, } @files if put("$SYS/watch", 1) eq 'EOPNOTSUPP';
my $succeeded = 0;

# The names under which the directories in states/ were added. A "!" of the directory may have been a slash.
my %added;

sub remove_kernels_states {
	# One newline at the end is not part of the name.
	set($added{$_} // $_, "$SYS/states/remove") foreach grep { -d "$SYS/states/$_" } names_in("$SYS/states");
}

for my $n (1 .. $writes) {
	# Most files are those of faults. One write of three is to another file.
	my $file = int(rand(3)) ? one_of(@files) : one_of(grep { !/_inject/ } @files);
	my ($kind) = $file =~ m,([a-z_]+)$,;
	my $bytes = random_value($kind, $file);
	my $offset = int(rand(3)) ? 0 : one_of(1, $page - 1, $page, 2 ** 31, 2 ** 40, 9223372036854775800);
	my $flags = one_of(O_WRONLY, O_WRONLY, O_WRONLY | O_TRUNC, O_WRONLY | O_APPEND);

	my $before = get($file);
	my $all = int(rand(25)) ? undef : everything();
	my ($error, $after) = verdict($file, $kind, $bytes, $before);
	($error, $after) = (0, $before) if $bytes eq '';
	# The VFS may refuse an offset that is so large.
	if ($offset > 2 ** 41) {
		my $known = ref $error ? $error : qr/^\Q$error\E$/;
		$error = qr/$known|^(EINVAL|EOVERFLOW|EFBIG)$/;
	}

	sysopen(my $handle, $file, $flags) or problem("$n: $file: $!"), next;
	# In some kernels the files of sysfs end at 2 GiB.
	sysseek($handle, $offset, 0) or $offset >= 2 ** 31 or problem("$n: $file: seeking $offset: $!"), next;
	my $done = syswrite($handle, $bytes);
	my $is = defined $done ? 0 : error_name($! + 0);
	close($handle);
	my $what = "write $n, " . show($bytes) . " at $offset to $file (was " . ($before // 'nothing') . ")";

	if (!matches($is, $error)) {
		problem("$what: error $is, should be $error");
	}
	if ($is eq '0') {
		$succeeded++;
		$added{name_of($bytes) =~ s,/,!,gr} = name_of($bytes) if $file =~ m,/states/add$,;
		my $length = length($bytes) < $page ? length($bytes) : $page;
		problem("$what: returned $done, should be $length") if $done != $length;
		my $now = get($file);
		if (defined $after && (!defined $now || !matches($now, $after))) {
			problem("$what: reads '" . ($now // '') . "', should be '$after'");
		}
		if ($kind eq 'reset' && $bytes ne '') {
			my $left = join ' ', grep { /errno$/ && get($_) ne '0' } files_below($SYS);
			problem("$what: has left $left") if $left ne '';
		}
	} else {
		my $now = get($file);
		problem("$what: failed with $is, but now reads '$now'") if defined $now && $now ne $before;
		problem("$what: failed with $is, but changed another file") if defined $all && everything() ne $all;
	}

	# Up to ten seconds for each callback are allowed, but would take too long here.
	set(0, $file) if $kind eq 'delay_us' && get($file) > 50;
	# Many instances would take too long, too.
	remove_kernels_states() if $file =~ m,/states/add$, && !int(rand(8));
	if ($kind eq 'add') {
		my @names = instances_of(state_of($file));
		if (@names > 8) {
			$_ eq $instance or set($_, $file =~ s,add$,remove,r) for @names;
		}
	}
	# If our instance was removed, it is added again, so that there are always files of an instance.
	if ($file =~ m,/instances/remove$, && !-d ($file =~ s,remove$,$instance,r)) {
		set(1, "$SYS/reset");
		set($instance, $file =~ s,remove$,add,r);
	}
}

set(1, "$SYS/reset");
set(0, "$SYS/watch");
remove_kernels_states();
for my $state (@MULTI) {
	set($_, "$SYS/$state/instances/remove") for instances_of($state);
}
print "$problems problems\n" if $problems;
print "$writes writes, $succeeded of them succeeded\n";
