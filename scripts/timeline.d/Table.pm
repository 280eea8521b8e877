# SPDX-License-Identifier: GPL-2.0
#
# A log in numbers: where the time of an operation goes. Of each sort of operation, a row for each
# state and direction, the one with the largest share first. A call in which others are made has of
# the share only what is its own, so that all shares together are the whole.
package Table;
use strict;
use warnings;
use Log ':results';
use Words;

# The sort of an operation: what operations have in common of which the times can be compared.
sub sort_of {
	my ($what) = @_;
	my $suspend = $what->{frozen} ? ' (suspend)' : '';
	return 'CPU ' . ($what->{callback} eq 'teardown' ? 'offline' : 'online') . $suspend if $what->{op} eq 'hotplug';
	return "setup of $what->{state}" if $what->{op} eq 'setup';
	return "removal of $what->{state}" if $what->{op} eq 'remove';
	return "$what->{state}: instance added" if $what->{op} eq 'add';
	return "$what->{state}: instance removed" if $what->{op} eq 'del';
	return "$what->{op} of $what->{state}";
}

sub sorted { return sort { $a <=> $b } unpack 'Q*', $_[0] }
# The smaller one of the two in the middle, where there are two.
sub median { return $_[int($#_ / 2)] }

# Returns the sorts of operations by their names, each with its rows by state and callback.
sub numbers_of {
	my ($log) = @_;
	my %sorts;
	my ($operation, $sort, @inside) = (-1);
	my @sort_of;
	$log->each_call(sub {
		my ($time, $took, $number, $of, $result) = @_;
		return if $result == FINDING || $result == LOST;
		my $what = $log->whats->[$number];
		if ($of != $operation) {
			$operation = $of;
			@inside = ();
			# That of its first call, which may come after something that was found.
			$sort = $sorts{$sort_of[$number] //= sort_of($what)} //= { took => '', all => 0, rows => {} };
			my $op = $log->operation($of);
			$sort->{took} .= pack 'Q', $op->{end} - $op->{begin};
			$sort->{all} += $op->{end} - $op->{begin};
		}
		# What ended before, and began later, was within this call.
		my $begin = $time - $took;
		my $within = 0;
		while (@inside && $inside[-2] >= $begin) {
			$within += pop @inside;
			pop @inside;
		}
		push @inside, $begin, $took;
		my $row = $sort->{rows}{$what->{state}}{$what->{callback}} //= { calls => 0, failed => 0, took => '', own => 0 };
		$row->{calls}++;
		$row->{failed}++ if $result == FAILED;
		$row->{took} .= pack 'Q', $took;
		$row->{own} += $took - $within;
	});
	foreach my $sort (values %sorts) {
		my @took = sorted(delete $sort->{took});
		@$sort{qw(count median)} = (scalar @took, median(@took));
		my $calls = 0;
		foreach my $row (map { values %$_ } values %{$sort->{rows}}) {
			my @took = sorted(delete $row->{took});
			@$row{qw(min median max)} = ($took[0], median(@took), $took[-1]);
			$row->{share} = $sort->{all} ? 100 * $row->{own} / $sort->{all} : 0;
			$calls += $row->{own};
		}
		$sort->{between} = $sort->{all} ? 100 * ($sort->{all} - $calls) / $sort->{all} : 0;
	}
	return \%sorts;
}

# Prints rows of cells: the first two to the left, the others to the right.
sub print_rows {
	my ($out, @rows) = @_;
	my @widths;
	foreach my $row (@rows) {
		foreach (0 .. $#$row) {
			$widths[$_] = length $row->[$_] if ($widths[$_] // -1) < length $row->[$_];
		}
	}
	foreach my $row (@rows) {
		print $out '  ' . join('  ', map { sprintf $_ < 2 ? '%-*s' : '%*s', $widths[$_], $row->[$_] } 0 .. $#$row) =~
			s/ +$//r . "\n";
	}
}

sub percent { return sprintf '%.1f %%', $_[0] }
sub change {
	my ($from, $to) = @_;
	return $from ? sprintf '%+.0f %%', 100 * ($to - $from) / $from : '';
}

sub draw {
	my ($log, $out, $options) = @_;
	my $sorts = numbers_of($log);
	my $before = $options->{before} ? numbers_of($options->{before}) : undef;
	my %all = (%$sorts, %{$before // {}});
	my $first = 1;
	my $time = sub { $sorts->{$_[0]} ? $sorts->{$_[0]}{all} : 0 };
	foreach my $name (sort { $time->($b) <=> $time->($a) || $a cmp $b } keys %all) {
		my ($sort, $was) = ($sorts->{$name}, $before ? $before->{$name} : undef);
		print $out "\n" if !$first;
		$first = 0;
		my $count = sub { "$_[0]{count} time" . ($_[0]{count} == 1 ? '' : 's') . ', median ' . Words::duration($_[0]{median}) };
		if (!$before) {
			print $out "$name: ", $count->($sort), "\n";
		} else {
			print $out "$name: before ", $was ? $count->($was) : 'not at all', '; after ',
				$sort ? $count->($sort) : 'not at all',
				$was && $sort ? ', ' . change($was->{median}, $sort->{median}) : '', "\n";
		}
		my @rows;
		my %states = (%{$was ? $was->{rows} : {}}, %{$sort ? $sort->{rows} : {}});
		my @keys = map { my $state = $_; map { [$state, $_] } grep {
			($sort && $sort->{rows}{$state}{$_}) || ($was && $was->{rows}{$state}{$_}) } qw(startup teardown) } keys %states;
		my $share = sub { ($sort && $sort->{rows}{$_[0][0]}{$_[0][1]} // { share => -1 })->{share} };
		foreach my $key (sort { $share->($b) <=> $share->($a) || "@$a" cmp "@$b" } @keys) {
			my $row = $sort ? $sort->{rows}{$key->[0]}{$key->[1]} : undef;
			my $row_was = $was ? $was->{rows}{$key->[0]}{$key->[1]} : undef;
			if (!$before) {
				push @rows, [@$key, $row->{calls}, $row->{failed}, map({ Words::duration($row->{$_}) } qw(min median max)),
					percent($row->{share})];
				next;
			}
			push @rows, [@$key, map({ $_ ? ($_->{calls}, $_->{failed}) : ('-', '-') } $row_was, $row),
				map({ $_ ? Words::duration($_->{median}) : '-' } $row_was, $row),
				$row_was && $row ? change($row_was->{median}, $row->{median}) : '',
				map { $_ ? percent($_->{share}) : '-' } $row_was, $row];
		}
		if ($before) {
			push @rows, ['between the calls', '', ('') x 7, map { $_ ? percent($_->{between}) : '-' } $was, $sort];
			unshift @rows, ['state', '', 'calls', 'failed', 'calls', 'failed', 'median', 'median', '', 'share', 'share'];
			unshift @rows, ['', '', 'before', 'before', 'after', 'after', 'before', 'after', '', 'before', 'after'];
		} else {
			push @rows, ['between the calls', '', ('') x 5, percent($sort->{between})];
			unshift @rows, ['state', '', 'calls', 'failed', 'min', 'median', 'max', 'share'];
		}
		print_rows($out, @rows);
	}
	my @remarks = $log->remarks;
	print $out map { "$_\n" } $first ? () : @remarks ? '' : (), @remarks;
}

1;
