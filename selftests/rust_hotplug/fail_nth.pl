#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# fail_nth.pl [--cold] FIRST STEP OPERATION -- UNDO: does the operation again and again, and each time makes
# one of its memory allocations fail, with /proc/thread-self/fail-nth: first number FIRST, then
# FIRST + STEP and so on, until the operation makes no more allocations. Whenever the operation
# succeeds all the same, UNDO is done. After that, or after an error, everything has to be as it was
# before. Prints what has changed, and in the last line how many allocations there were.
# Some things are allocated once, when something is first used, which is not the operation's: so it is done
# once before that. With --cold it is not, and fails of these as well; what was allocated then stays.
# OPERATION and UNDO are each one of these, of which only that one system call is meant:
#	write FILE VALUE	to a file that is already open
#	read FILE		from a file that is already open
#	open FILE
#	load FILE PARAMETERS	loads the module in FILE
#	unload MODULE
#	nothing
use strict;
use warnings;
use Fcntl;
use lib $0 =~ m{(.*)/} ? $1 : '.';
use interface;

my $cold = @ARGV && $ARGV[0] eq '--cold' && shift @ARGV;
my ($first, $step, @words) = @ARGV;
my ($end) = grep { $words[$_] eq '--' } 0 .. $#words;
my @operation = @words[0 .. $end - 1];
my @undo = @words[$end + 1 .. $#words];

my ($finit_module, $delete_module) = `uname -m` =~ /^x86_64/ ? (313, 176) : (273, 106);

# --- what may not change ---------------------------------------------------------------

sub text_of {
	my ($file) = @_;
	open(my $handle, '<', $file) or return "$!";
	local $/;
	return <$handle> // "$!";
}

# Returns the text of every file that an operation which fails must leave as it was: not of the log and
# the counts, which also tell of calls that were undone.
sub everything {
	my $others = join '|', qw(log hits add remove reset), @COUNTS;
	my @files = grep { !m,/($others)$, } files_below($SYS);
	push @files, "$CPU/online", "$CPU/hotplug/states", glob("$CPU/cpu[0-9]*/online $CPU/cpu[0-9]*/hotplug/*");
	my %text = map { $_ => text_of($_) } @files;
	$text{module} = -d '/sys/module/rust_hotplug' ? "loaded\n" : "not loaded\n";
	return \%text;
}

sub changes {
	my ($was, $is) = @_;
	my %all = (%$was, %$is);
	return map {
		my ($old, $new) = ($was->{$_} // "gone\n", $is->{$_} // "gone\n");
		$old eq $new ? () : "$_ was: ${old}$_ is: $new";
	} sort keys %all;
}

# --- operations ------------------------------------------------------------------------

# Returns a function that makes the system call and nothing else, so that no other allocation counts.
sub prepared {
	my ($what, $name, $text) = @_;
	my $file;
	if ($what eq 'write') {
		sysopen($file, $name, O_WRONLY) or die "$name: $!\n";
		return sub { defined(syswrite($file, "$text\n")) };
	} elsif ($what eq 'read') {
		sysopen($file, $name, O_RDONLY) or die "$name: $!\n";
		my $buffer = ' ' x 65536;
		return sub { defined(sysread($file, $buffer, 65536)) };
	} elsif ($what eq 'open') {
		return sub { sysopen($file, $name, O_RDONLY) };
	} elsif ($what eq 'load') {
		sysopen($file, $name, O_RDONLY) or die "$name: $!\n";
		my $parameters = $text // '';
		return sub { syscall($finit_module, fileno($file), $parameters, 0) == 0 };
	} elsif ($what eq 'unload') {
		return sub { syscall($delete_module, $name, O_NONBLOCK) == 0 };
	} elsif ($what eq 'nothing') {
		return sub { 1 };
	}
	die "$what: no such operation\n";
}

# Does the operation with its allocation number $nth failing. Returns 0 or the errno, and whether the
# operation made so many allocations.
sub fail_nth {
	my ($nth) = @_;
	my $call = prepared(@operation);
	sysopen(my $file, '/proc/thread-self/fail-nth', O_RDWR) or die "fail-nth: $!\n";
	my $left = ' ' x 16;
	$! = 0;
	syswrite($file, $nth) or die "fail-nth: $!\n";
	my $error = $call->() ? 0 : $! + 0;
	sysread($file, $left, 16);
	syswrite($file, '0');
	return ($error, $left == 0);
}

# ---------------------------------------------------------------------------------------

my $before = everything();
my ($failed, $coped, $status) = (0, 0, 0);
my %others;
if (!$cold) {
	fail_nth(1000000);
	prepared(@undo)->() or die "@undo: $!\n";
}
my $nth = $first;
for (;; $nth += $step) {
	my ($error, $injected) = fail_nth($nth);
	my $what = $injected ? "allocation $nth failing" : "none failing";
	if ($error) {
		$failed++;
		my $name = error_name($error);
		$others{$name}++ if $name ne 'ENOMEM';
		print "with $what: $name\n" if !$injected;
	} else {
		$coped++;
		prepared(@undo)->() or print "with $what: @undo: $!\n";
	}
	my @changes = changes($before, everything());
	print "with $what this has changed:\n", @changes if @changes;
	$status = 1 if @changes || $error && !$injected;
	last if !$injected || $status;
}
$coped--;
my $others = join '', map { ", $others{$_} with $_" } sort keys %others;
print "$failed allocations make it fail$others, $coped do not: $operation[0] ", $operation[1] =~ s,.*rust_hotplug/,,r, "\n";
exit($status);
