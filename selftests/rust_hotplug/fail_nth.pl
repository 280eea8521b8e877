#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# fail_nth.pl N OPERATION ARGUMENT...: makes the N-th allocation of one system call fail,
# by /proc/thread-self/fail-nth, and prints what came of the call, 0 or an errno, and
# whether there were that many allocations, 1 or 0. The operations are
#	write FILE VALUE	into a file that is open
#	read FILE		to the end, out of one that is open
#	open FILE
#	load FILE PARAMETERS	of a module
#	unload MODULE
use strict;
use warnings;
use Errno;
use Fcntl;

my ($nth, $operation, $name, $text) = @ARGV;
$text //= '';

my $machine = `uname -m`;
my ($finit_module, $delete_module) = $machine =~ /^x86_64/ ? (313, 176) : (273, 106);

my ($file, $call);
if ($operation eq 'write') {
	sysopen($file, $name, O_WRONLY) or die "$name: $!\n";
	$call = sub { defined(syswrite($file, $text)) };
	$text .= "\n";
} elsif ($operation eq 'read') {
	sysopen($file, $name, O_RDONLY) or die "$name: $!\n";
	my $buffer = ' ' x 65536;
	$call = sub { defined(sysread($file, $buffer, 65536)) };
} elsif ($operation eq 'open') {
	$call = sub { sysopen($file, $name, O_RDONLY) };
} elsif ($operation eq 'load') {
	sysopen($file, $name, O_RDONLY) or die "$name: $!\n";
	my $fd = fileno($file);
	$call = sub { syscall($finit_module, $fd, $text, 0) == 0 };
} elsif ($operation eq 'unload') {
	$call = sub { syscall($delete_module, $name, O_NONBLOCK) == 0 };
} else {
	die "$operation: no such operation\n";
}

# What is allocated at the first use of these is not what this is about.
my ($fail_nth, $left);
for (1, 2) {
	sysopen($fail_nth, '/proc/thread-self/fail-nth', O_RDWR) or die "fail-nth: $!\n";
	$left = ' ' x 16;
	syswrite($fail_nth, '0');
	sysread($fail_nth, $left, 16) if $_ == 1;
}

$! = 0;
syswrite($fail_nth, $nth);
my $done = $call->();
my $error = $! + 0;
sysread($fail_nth, $left, 16);
syswrite($fail_nth, '0');

my %name_of = map { Errno->can($_)->() => $_ } sort keys %!;
print $done ? 0 : $name_of{$error} // $error, ' ', $left == 0 ? 1 : 0, "\n";
