#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# A log as text: what the demonstration shows, in 80 columns.
use strict;
use warnings;
use lib '.';
use Common;
use Test::More;

my ($status, $out, $err) = timeline('--cpus', '0-3', '--up', '', $SETUP);
is($status, 0, 'a log is drawn');
is($err, '', 'without anything to say on stderr');
is($out, <<'END', 'the picture of the demonstration');
       ms  what was called   CPU 0    CPU 1    CPU 2    CPU 3    ran in, CPU
    0.000  online startup    started  .        .        .        cpuhp/0   0
    0.320  online startup    |        started  .        .        cpuhp/1   1
    0.624  online startup    |        |        FAILED   .        cpuhp/2   2
                             |        |        (ENOMEM) .        injected
    0.965  online teardown   undone   |        .        .        cpuhp/0   0
    1.074  online teardown   .        undone   .        .        cpuhp/1   1
                all in all:  undone   undone   failed   no call
END
like((timeline('--format=text', '--cpus', '0-3', $SETUP))[1], qr/^    0\.000  online startup    started {29}cpuhp/m,
	'without --up, what is not known is left out');

my @calls = calls_in($WATCHED);
($status, $out, $err) = timeline($WATCHED);
is($status, 0, 'the log of all states is drawn');
my @rows = grep { /^ +\d+\.\d{3}  / } split /\n/, $out;
is(scalar @rows, scalar @calls, 'it has a row for each call');
is((grep { length > 80 } split /\n/, $out), 0, 'no line has more than 80 columns');
like($out, qr/names are cut to fit into 80 columns: whole it takes (\d+)/, 'it says that names are cut');
my ($needed) = $out =~ /whole it takes (\d+)/;
{
	local $ENV{COLUMNS} = $needed;
	my $whole = (timeline($WATCHED))[1];
	unlike($whole, qr/names are cut|~/, 'with as many columns as it says, none is');
	$ENV{COLUMNS} = $needed - 1;
	like((timeline($WATCHED))[1], qr/names are cut/, 'with one column less, one is');
}

# The operations and how they ended.
my @titles = $out =~ /^(\S.*?)(?:, \d+ calls? in [\d.]+ ms)?$/mg;
is_deeply(\@titles, [
	'CPU 3 online: ENOMEM in online_multi b, injected, undone',
	'CPU 3 online',
	'CPU 3 offline: EBUSY in workqueue:online, injected, undone',
	'setup of x86/cpuid:online: ENOSPC, injected, undone',
	'CPU 3 offline (suspend)',
], 'the operations, each with what came of it');

# More CPUs than there is room for.
my $many = write_file('many', join '', map { record(seq => $_, cpu => $_, on => $_, op => 'setup', task => "cpuhp/$_",
	time => sprintf('1.%09d', 1e6 * $_)) } 0 .. 9);
($status, $out) = timeline($many);
like($out, qr/10 CPUs do not fit into 80 columns: it takes (\d+)/, 'it says that CPUs do not fit');
like($out, qr/(\d) more calls, on CPUs that are not drawn/, 'and what is not drawn');
($needed) = $out =~ /it takes (\d+)/;
{
	local $ENV{COLUMNS} = $needed;
	is((grep { length > $needed } split /\n/, (timeline($many))[1]), 0, 'with as many columns as it says ...');
	unlike((timeline($many))[1], qr/not fit|not drawn/, '... all are drawn');
}

# Colours.
unlike((timeline($WATCHED))[1], qr/\e/, 'no colour where there is no terminal');
SKIP: {
	my $on_terminal = sub { return `TERM=xterm $_[0] script -qec '../../scripts/timeline $SETUP' /dev/null </dev/null` };
	skip 'no script(1)', 3 if system('script -qec true /dev/null >/dev/null 2>&1 </dev/null') != 0;
	my $coloured = $on_terminal->('COLUMNS=80');
	like($coloured, qr/\e\[1;31mFAILED/, 'colour on a terminal');
	is($coloured =~ s/\e\[[\d;]*m//gr =~ s/\r//gr =~ s/ +$//mgr, (timeline($SETUP))[1], 'which is all the difference');
	unlike($on_terminal->('COLUMNS=80 NO_COLOR=1'), qr/\e/, 'and none there with NO_COLOR');
}

# What it does not know.
foreach (['--format', 'png', $SETUP], ['-x', $SETUP], [$SETUP, $SETUP], ['--format'], ['/nonexistent'], ['.'],
	['--cpus', '3-x', $SETUP], ['-o', '/nonexistent/file', $SETUP]) {
	($status, $out, $err) = timeline(@$_);
	is($status, 2, "refused: @$_");
	is($out, '', 'with nothing drawn');
	like($err, qr/^timeline: .+\n\z/, 'and a sentence');
}
like((timeline('--help'))[1], qr/^Usage: timeline/, '--help');

done_testing;
