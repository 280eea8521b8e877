#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# fail_nth.pl FIRST STEP OPERATION -- UNDO: makes one allocation after the other fail, by
# /proc/thread-self/fail-nth: of each time that the operation is done another one, until
# it makes no more. If it succeeds then UNDO is done. Nothing may have changed after that,
# nor after an error. Prints what has, and at last how many allocations there were. Both
# are one of
#	write FILE VALUE	into a file that is open
#	read FILE		out of one that is open
#	open FILE
#	load FILE PARAMETERS	of a module
#	unload MODULE
#	nothing
# of which only that one system call is meant.
use strict;
use warnings;
use Errno;
use Fcntl;

my ($first, $step, @words) = @ARGV;
my ($end) = grep { $words[$_] eq '--' } 0 .. $#words;
my @operation = @words[0 .. $end - 1];
my @undo = @words[$end + 1 .. $#words];

my $top = '/sys/kernel/rust_hotplug';
my $cpu = '/sys/devices/system/cpu';
my ($finit_module, $delete_module) = `uname -m` =~ /^x86_64/ ? (313, 176) : (273, 106);
my %name_of = map { Errno->can($_)->() => $_ } sort keys %!;

# --- what may not change ---------------------------------------------------------------

sub files_below {
	my ($dir) = @_;
	opendir(my $handle, $dir) or return ();
	my @names = sort grep { !/^\.\.?$/ } readdir($handle);
	return map { -d "$dir/$_" ? files_below("$dir/$_") : "$dir/$_" } @names;
}

sub text_of {
	my ($file) = @_;
	open(my $handle, '<', $file) or return "$!";
	local $/;
	return <$handle> // "$!";
}

# But for the log and what counts.
sub everything {
	my @files = grep { !m,/(log|startups|teardowns|failures|hits|add|remove|reset)$, } files_below($top);
	push @files, "$cpu/online", "$cpu/hotplug/states", glob("$cpu/cpu[0-9]*/online $cpu/cpu[0-9]*/hotplug/*");
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

# Returns the system call, with all made ready for it.
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

# Returns 0 or an errno, and whether there was an allocation of that number.
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
# What is allocated at the first use of something is not what this is about.
fail_nth(1000000);
prepared(@undo)->() or die "@undo: $!\n";
my $nth = $first;
for (;; $nth += $step) {
	my ($error, $injected) = fail_nth($nth);
	my $what = $injected ? "allocation $nth failing" : "none failing";
	if ($error) {
		$failed++;
		$others{$name_of{$error} // $error}++ if ($name_of{$error} // '') ne 'ENOMEM';
		print "with $what: ", $name_of{$error} // $error, "\n" if !$injected;
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
