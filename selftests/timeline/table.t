#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# A log in numbers.
use strict;
use warnings;
use lib '.';
use Common;
use Test::More;

my %unit = (ns => 1, us => 1e3, ms => 1e6, s => 1e9);
# Returns the rows of a table by "SORT / STATE CALLBACK".
sub rows_of {
	my ($table) = @_;
	my ($sort, %rows);
	foreach (split /\n/, $table) {
		$sort = $1 if /^(\S.*?): \d+ times?, median/;
		my @f = /^  (\S+) +(startup|teardown) +(\d+) +(\d+) +([\d.]+) (\w+) +([\d.]+) (\w+) +([\d.]+) (\w+) +([\d.]+) %$/ or next;
		$rows{"$sort / $f[0] $f[1]"} = { calls => $f[2], failed => $f[3], min => $f[4] * $unit{$f[5]},
			median => $f[6] * $unit{$f[7]}, max => $f[8] * $unit{$f[9]}, share => $f[10] };
	}
	return %rows;
}

my ($status, $table, $err) = timeline('--format', 'table', $WATCHED);
is("$status $err", '0 ', 'a log in numbers');
my %rows = rows_of($table);
my @calls = calls_in($WATCHED);
my ($all, $failed) = (0, 0);
$all += $_->{calls}, $failed += $_->{failed} foreach values %rows;
is($all, scalar @calls, 'each call is counted');
is($failed, scalar(grep { $_->{ret} < 0 } @calls), 'each failure is');

# A state and direction of one sort of operation, counted by hand.
my @took = sort { $a <=> $b } map { $_->{took} } grep { $_->{state} eq 'prepare' && $_->{callback} eq 'startup' } @calls;
my $row = $rows{'CPU online / prepare startup'};
is($row->{calls}, scalar @took, 'calls of a state');
sub is_about { cmp_ok(abs($_[0] - $_[1]), '<=', 0.006 * $_[1], $_[2]) }
is_about($row->{min}, $took[0], 'the smallest time');
is_about($row->{median}, $took[int($#took / 2)], 'the median');
is_about($row->{max}, $took[-1], 'the largest');

# 1 ms of 10, 3 of 10 with 2 within it, 4 of 10 twice in two operations.
my $log = write_file('shares', join '', map { record(state => $_->[0], id => $_->[1], seq => $_->[2], cpu => 1, on => 1,
	time => sprintf('1.%09d', 1e6 * $_->[3]), took => 1e6 * $_->[4]) } ['a:x', 1, 0, 1, 1], ['c:x', 3, 1, 5, 2], ['b:x', 2, 2, 6, 4],
	['d:x', 4, 3, 10, 3]);
%rows = rows_of((timeline('--format', 'table', $log))[1]);
is($rows{"CPU online / $_->[0]:x startup"}{share}, $_->[1], "share of $_->[0]") foreach ['a', '10.0'], ['b', '20.0'], ['c', '20.0'], ['d', '30.0'];
like((timeline('--format', 'table', $log))[1], qr/^  between the calls +20\.0 %$/m, 'and of what is between them');

# Before and after.
my $slower = write_file('slower', changed($WATCHED, sub { s/took=(\d+)/'took=' . 3 * $1/e if /state=prepare .*startup/ }));
($status, $table, $err) = timeline('--format', 'table', '--before', $WATCHED, $slower);
is("$status $err", '0 ', 'before and after');
like($table, qr/^  prepare +startup +2 +0 +2 +0 .* \+200 % /m, 'three times as long');
like($table, qr/^  x86\/mce:dead +startup .* \+0 % /m, 'and as long as before') if $table =~ /x86\/mce:dead +startup/;
like((timeline('--format', 'table', '--before', $SETUP, $WATCHED))[1], qr/^CPU online: before not at all; after 2 times/m, 'what was not there before');
like((timeline('--format', 'table', '--before', $WATCHED, $SETUP))[1], qr/^CPU online: before 2 times, .*; after not at all/m, 'what is not there any more');

done_testing;
