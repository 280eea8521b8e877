#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# A log as a picture, as far as its text shows how it looks. What a browser makes of it is in page.py.
use strict;
use warnings;
use lib '.';
use Common;
use Test::More;

my ($status, $svg, $err) = timeline('--format', 'svg', $WATCHED);
is("$status $err", '0 ', 'a log is drawn');
my @calls = calls_in($WATCHED);

# Each result has a mark of its own shape, which is in the legend and in the picture.
my %shape = $svg =~ m{<g id="(\w+)">(.*?)</g>}g;
my @marks = qw(started ended undone restored failed injected finding);
is_deeply([sort keys %shape], [sort @marks], 'a mark for each result');
my %drawn = map { $_ => 1 } map { join ' ', / (?:d|r|points)="([^"]*)"/g } values %shape;
is(keys %drawn, @marks, 'whose shapes differ');
like($svg, qr{<use href="#$_" x="[\d.]+" y="22"/>\s*<text [^>]*>\w}, "$_ is in the legend") foreach @marks;
my %count;
$count{$_}++ foreach $svg =~ m{<use href="#(\w+)" x="[\d.]+" y="(?!22")}g;
is($count{failed} + $count{injected}, scalar(grep { $_->{ret} < 0 } @calls), 'a mark for each failure');
is($count{injected}, scalar(grep { $_->{injected} } @calls), 'and one of its own where it was injected');
is($count{started} + $count{restored}, scalar(grep { $_->{ret} == 0 && $_->{callback} eq 'startup' } @calls), 'for each startup');
is($count{ended} + $count{undone}, scalar(grep { $_->{ret} == 0 && $_->{callback} eq 'teardown' } @calls), 'for each teardown');
ok($count{undone} > 30 && $count{restored} > 10, 'and for what undoes');
like($svg, qr/\@media \(prefers-color-scheme: dark\)/, 'light and dark');

# 70 states and more, each with its name, in letters that can be read, one below the other.
my %states = map { $_->{state} => 1 } @calls;
cmp_ok(keys %states, '>=', 55, 'the log has many states');
my $seventy = write_file('seventy', join '', map { record(seq => $_, id => $_, state => sprintf('subsystem/what:section%02d', $_),
	time => sprintf('1.%09d', 1000 * $_), took => 500) } 1 .. 75);
foreach my $log ($WATCHED, $seventy) {
	my $svg = (timeline('--format', 'svg', $log))[1];
	my %f = map { $_->{state} => 1 } calls_in($log);
	my @names = $svg =~ /class="(?:name|error)">([^<]*)</g;
	is((grep { my $state = $_; !grep { $_ eq $state || index($_, "$state ") == 0 } @names } keys %f), 0,
		"every name of $log is there whole");
	my @y = $svg =~ /<text x="82\.0" y="([\d.]+)" class="(?:name|error)"/g;
	is(scalar @y, scalar(calls_in($log)), 'in a row for each call');
	is((grep { $y[$_] - $y[$_ - 1] < 15 } 1 .. $#y), 0, 'that is as high as its letters');
	my ($width) = $svg =~ /<svg [^>]*width="(\d+)"/;
	cmp_ok($width, '<=', 1400, 'and no wider than a screen');
}

# A microsecond and a second.
my $both = write_file('both', record(seq => 0, took => 1000, time => '1.0') =~ s/time=1\.0/time=1.000000000/r .
	record(seq => 1, id => 191, state => 'slow', took => 1_000_000_000, time => '2.100000000'));
my @bars = (timeline('--format', 'svg', $both))[1] =~ /class="bar started" x="[\d.]+" y="[\d.]+" width="([\d.]+)"/g;
is(scalar @bars, 2, 'calls of a microsecond and of a second have a bar each');
cmp_ok($bars[0], '>=', 10, 'that can be seen');
cmp_ok($bars[1], '>=', 3 * $bars[0], 'and told apart');
cmp_ok($bars[1], '<=', 200, 'and has room');

# More than there is room for: what failed is drawn, and how much is not is said.
my $n = 0;
my $many = write_file('many', join '', map { my $i = $_; map { record(seq => $n, id => $_, state => "s:$_", cpu => 1 + $i % 3,
	time => sprintf('%d.%09d', 1 + $i, 1000 * ++$n % 1e9), callback => 'startup', ret => $i == 3 && $_ == 20 ? -5 : 0) }
	1 .. ($i == 3 ? 20 : 40) } 0 .. 49);
$svg = (timeline('--format', 'svg', $many))[1];
like($svg, qr/EIO in s:20/, 'of a long log what failed is drawn');
my ($left) = $svg =~ /(\d+) more calls are not drawn/;
is($left + (() = $svg =~ /class="(?:name|error)"/g), $n, 'and what is not is counted');

# The picture in the documentation is of a real run, and how it would be drawn now.
is(read_file('../../Documentation/timeline.svg'), (timeline('--format', 'svg', 'offline.log'))[1],
	'Documentation/timeline.svg is what is drawn of offline.log');

done_testing;
