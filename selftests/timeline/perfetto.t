#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# A log as a trace of Perfetto: its bytes are read again here, without a schema, and what they mean is
# compared with the log. Whether the numbers of fields are Perfetto's is checked in schema.py.
use strict;
use warnings;
use lib '.';
use Common;
use Test::More;

# Returns the fields of a message, in their order: number and value, which is a number or bytes.
sub fields {
	my ($bytes) = @_;
	my @fields;
	my $at = 0;
	my $varint = sub {
		my ($value, $shift) = (0, 0);
		while (1) {
			my $byte = ord substr $bytes, $at++, 1;
			$value |= ($byte & 127) << $shift;
			return $value if $byte < 128;
			$shift += 7;
			die "a number of more than ten bytes\n" if $shift > 63;
		}
	};
	while ($at < length $bytes) {
		my $key = $varint->();
		if (($key & 7) == 0) {
			push @fields, $key >> 3, $varint->();
		} elsif (($key & 7) == 2) {
			my $length = $varint->();
			die "a field that is longer than its message\n" if $at + $length > length $bytes;
			push @fields, $key >> 3, substr $bytes, $at, $length;
			$at += $length;
		} else {
			die "a field of type " . ($key & 7) . "\n";
		}
	}
	return @fields;
}

sub trace_of {
	my ($status, $bytes, $err) = timeline('--format', 'perfetto', @_);
	my (%tracks, %parents, %text, @events);
	my @packets = fields($bytes);
	while (my (undef, $packet) = splice @packets, 0, 2) {
		my %p = fields($packet);
		if (defined $p{60}) {
			my %d = fields($p{60});
			$tracks{$d{1}} = $d{2};
			$parents{$d{2}} = $d{5} ? $tracks{$d{5}} : '';
		} elsif (defined $p{12}) {
			my ($field, $entry) = fields($p{12});
			my %e = fields($entry);
			$text{$field}{$e{1}} = $e{2};
		} elsif (defined $p{11}) {
			my @f = fields($p{11});
			my %e = @f;
			my (%values, @categories);
			while (my ($field, $value) = splice @f, 0, 2) {
				push @categories, $text{1}{$value} if $field == 3;
				next if $field != 4;
				my %a = fields($value);
				$values{$text{3}{$a{1}}} = exists $a{4} ? unpack('q', pack 'Q', $a{4}) : $text{29}{$a{17}};
			}
			push @events, { time => $p{8}, type => $e{9}, track => $tracks{$e{11}}, name => $e{10} ? $text{2}{$e{10}} : undef,
				categories => "@categories", values => \%values };
		}
	}
	return ($status, $err, \%parents, \@events);
}

my ($status, $err, $tracks, $events) = trace_of($WATCHED);
is("$status $err", '0 ', 'a log is a trace');
my @calls = calls_in($WATCHED);

my %cpus = map { ("CPU $_->{cpu}" => 'CPUs') } @calls;
my %tasks = map { ($_->{task} => 'tasks') } @calls;
is_deeply($tracks, { operations => '', CPUs => '', tasks => '', %cpus, %tasks }, 'a track for each CPU and each task');

# Slices are one within the other, and in the order of time; those of a track are the calls.
my (%open, %last, %slices);
my $wrong = 0;
foreach (@$events) {
	next if $_->{type} == 3;
	$wrong++ if $_->{time} < ($last{$_->{track}} // 0);
	$last{$_->{track}} = $_->{time};
	if ($_->{type} == 1) {
		$_->{within} = join ' / ', map { $_->{name} } @{$open{$_->{track}}};
		push @{$open{$_->{track}}}, $_;
	} else {
		my $begin = pop @{$open{$_->{track}}} or $wrong++, next;
		push @{$slices{$_->{track}}}, { %$begin, took => $_->{time} - $begin->{time} };
	}
}
is($wrong, 0, 'events are in the order of time, and each end has its begin');
is((grep { @$_ } values %open), 0, 'each begin has its end');
sub ns { return $_[0] =~ s/\.//r }
sub key { my ($f) = @_; return join ' ', $f->{instance} eq '-' ? $f->{state} : "$f->{state} $f->{instance}", ns($f->{time}) - $f->{took}, $f->{took} }
foreach my $sort (['cpu', map { $_ => 'CPU ' . ($_ =~ /(\d+)/)[0] } keys %cpus], ['task', map { $_ => $_ } keys %tasks]) {
	my ($field, %names) = @$sort;
	foreach my $track (sort keys %names) {
		my @want = map { key($_) } grep { ($field eq 'cpu' ? "CPU $_->{cpu}" : $_->{task}) eq $track } @calls;
		my @is = map { "$_->{name} $_->{time} $_->{took}" } grep { $_->{categories} ne 'operation' } @{$slices{$track}};
		is_deeply([sort @is], [sort @want], "$track has a slice for each call, named after its state");
	}
}
my @operations = map { $_->{name} } @{$slices{operations}};
is_deeply(\@operations, ['CPU 3 online: ENOMEM in online_multi b, injected, undone', 'CPU 3 online',
	'CPU 3 offline: EBUSY in workqueue:online, injected, undone', 'setup of x86/cpuid:online: ENOSPC, injected, undone',
	'CPU 3 offline (suspend)'], 'a slice for each operation');
is((grep { $_->{track} =~ /^CPU/ && $_->{type} == 1 && $_->{categories} ne 'operation' && $_->{within} eq '' } @$events), 0,
	'on a CPU each call is within its operation');

my @faults = grep { $_->{type} == 3 } @$events;
my @failed = grep { $_->{ret} < 0 } @calls;
is(scalar @faults, scalar @failed, 'an instant for each failure');
is((grep { $_->{categories} eq 'fault injected' } @faults), (grep { $_->{injected} } @failed), 'that says whether it was injected');
is_deeply([sort map { $_->{time} } @faults], [sort map { ns($_->{time}) } @failed], 'at the end of its call');
my ($fault) = grep { $_->{name} =~ /workqueue:online/ } @faults;
is_deeply({ map { $_ => $fault->{values}{$_} } qw(state cpu on task op callback ret error) }, { state => 'workqueue:online', cpu => 3, on => 3,
	task => 'cpuhp/3', op => 'hotplug', callback => 'teardown', ret => -16, error => 'EBUSY' }, 'with what the log tells of it');

done_testing;
