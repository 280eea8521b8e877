# SPDX-License-Identifier: GPL-2.0
#
# A log as a trace of Perfetto, in its own format (protos/perfetto/trace/trace.proto there), which
# ui.perfetto.dev and trace_processor open. A track for each CPU that calls are about, and one for
# each task that they ran in; on both a slice for each call, named after its state. On the tracks of
# the CPUs the calls of an operation are within a slice of that operation. What failed, what the
# checker has found and where calls are missing are instants.
package Perfetto;
use strict;
use warnings;
use Log ':results';
use Protobuf;

# Numbers of fields.
use constant {
	TRACE_PACKET => 1,
	PACKET_TIMESTAMP => 8, PACKET_SEQUENCE_ID => 10, PACKET_TRACK_EVENT => 11, PACKET_INTERNED_DATA => 12,
	PACKET_SEQUENCE_FLAGS => 13, PACKET_TRACK_DESCRIPTOR => 60,
	EVENT_CATEGORY_IIDS => 3, EVENT_ANNOTATIONS => 4, EVENT_TYPE => 9, EVENT_NAME_IID => 10, EVENT_TRACK => 11,
	DESCRIPTOR_UUID => 1, DESCRIPTOR_NAME => 2, DESCRIPTOR_PARENT => 5, DESCRIPTOR_CHILD_ORDERING => 11,
	DESCRIPTOR_RANK => 12,
	ANNOTATION_NAME_IID => 1, ANNOTATION_INT => 4, ANNOTATION_STRING_IID => 17,
	INTERNED_IID => 1, INTERNED_TEXT => 2,
};
# Fields of the interned data: a text is in the trace once, and then only its number.
use constant { CATEGORY => 1, NAME => 2, ANNOTATION_NAME => 3, ANNOTATION_STRING => 29 };
# What the numbers mean.
use constant {
	SLICE_BEGIN => 1, SLICE_END => 2, INSTANT => 3,
	INCREMENTAL_STATE_CLEARED => 1, NEEDS_INCREMENTAL_STATE => 2,
	EXPLICIT_ORDER => 3,
};

# The tracks, by their numbers.
my ($OPERATIONS, $CPUS, $TASKS) = (1, 2, 3);
my ($CPU_0, $TASK_0) = (1000, 1_000_000);

sub packet { return Protobuf::bytes(TRACE_PACKET, join '', @_, Protobuf::number(PACKET_SEQUENCE_ID, 1)) }

sub track {
	my ($uuid, $name, $parent, $rank, @more) = @_;
	return packet(Protobuf::bytes(PACKET_TRACK_DESCRIPTOR, join '', Protobuf::number(DESCRIPTOR_UUID, $uuid),
		Protobuf::bytes(DESCRIPTOR_NAME, $name), $parent ? Protobuf::number(DESCRIPTOR_PARENT, $parent) : (),
		Protobuf::number(DESCRIPTOR_RANK, $rank), @more));
}

sub draw {
	my ($log, $out) = @_;
	my $whats = $log->whats;
	print $out packet(Protobuf::number(PACKET_SEQUENCE_FLAGS, INCREMENTAL_STATE_CLEARED));
	my $ordered = Protobuf::number(DESCRIPTOR_CHILD_ORDERING, EXPLICIT_ORDER);
	print $out track($OPERATIONS, 'operations', 0, 0), track($CPUS, 'CPUs', 0, 1, $ordered),
		track($TASKS, 'tasks', 0, 2, $ordered);
	my ($rank, %task) = (0);
	print $out track($CPU_0 + $_, "CPU $_", $CPUS, $rank++) foreach $log->cpus;
	foreach my $task (sort map { $_->{task} } grep { $_->{is_call} } @$whats) {
		next if $task{$task};
		$task{$task} = $TASK_0 + keys %task;
		print $out track($task{$task}, $task, $TASKS, scalar keys %task);
	}

	# intern FIELD TEXT: returns the number of a text, which is in the trace before its first use.
	my %interned;
	my $intern = sub {
		my ($field, $text) = @_;
		my $known = $interned{$field} //= {};
		return $known->{$text} //= do {
			my $number = 1 + keys %$known;
			print $out packet(Protobuf::bytes(PACKET_INTERNED_DATA, Protobuf::bytes($field,
				Protobuf::number(INTERNED_IID, $number) . Protobuf::bytes(INTERNED_TEXT, $text))),
				Protobuf::number(PACKET_SEQUENCE_FLAGS, NEEDS_INCREMENTAL_STATE));
			$number;
		};
	};
	# event TYPE TRACK [NAME CATEGORIES VALUES...]: returns an event without its time, in two halves, which are
	# before and after it.
	my $event = sub {
		my ($type, $track, $name, $categories, @values) = @_;
		my $fields = Protobuf::number(EVENT_TYPE, $type) . Protobuf::number(EVENT_TRACK, $track);
		if (defined $name) {
			$fields .= Protobuf::number(EVENT_CATEGORY_IIDS, $intern->(CATEGORY, $_)) foreach @$categories;
			$fields .= Protobuf::number(EVENT_NAME_IID, $intern->(NAME, $name));
		}
		while (my ($key, $value) = splice @values, 0, 2) {
			$fields .= Protobuf::bytes(EVENT_ANNOTATIONS, Protobuf::number(ANNOTATION_NAME_IID, $intern->(ANNOTATION_NAME, $key)) .
				($value =~ /^-?[0-9]{1,9}$/ ? Protobuf::number(ANNOTATION_INT, $value) :
				Protobuf::number(ANNOTATION_STRING_IID, $intern->(ANNOTATION_STRING, $value))));
		}
		my $before = Protobuf::varint(PACKET_TIMESTAMP << 3);
		my $after = Protobuf::bytes(PACKET_TRACK_EVENT, $fields) . Protobuf::number(PACKET_SEQUENCE_ID, 1) .
			Protobuf::number(PACKET_SEQUENCE_FLAGS, NEEDS_INCREMENTAL_STATE);
		return [Protobuf::varint(TRACE_PACKET << 3 | 2) . Protobuf::varint(length($before) + 9 + length $after) .
			$before, $after];
	};
	my $instant = sub {
		my ($time, @event) = @_;
		my $halves = $event->(INSTANT, @event);
		print $out $halves->[0], Protobuf::fixed_varints($time), $halves->[1];
	};

	# Slices on a track have to be one within the other, and to be there in the order of time. So what begins first
	# ends what has to end before it. Of those that are open, this has the time when each ends, as a number and
	# as it stands in the trace.
	my (%open, %ends);
	my $text = '';
	my $close = sub {
		my ($track, $time) = @_;
		my $open = $open{$track} //= [];
		my $end = $ends{$track} //= $event->(SLICE_END, $track);
		while (@$open && $open->[-2] <= $time) {
			$text .= $end->[0] . pop(@$open) . $end->[1];
			pop @$open;
		}
		return $open;
	};
	# slice TRACK EVENT BEGIN END, both also as they stand in the trace
	my $slice = sub {
		my ($track, $halves, $begin, $end, $begin_text, $end_text) = @_;
		my $open = $open{$track} // $close->($track, 0);
		$close->($track, $begin) if @$open && $open->[-2] <= $begin;
		$text .= $halves->[0] . $begin_text . $halves->[1];
		# It cannot end after what it is within.
		push @$open, @$open && $end > $open->[-2] ? @$open[-2, -1] : ($end, $end_text);
	};
	my $slice_of = sub {
		my ($track, $halves, $begin, $end) = @_;
		$slice->($track, $halves, $begin, $end, Protobuf::fixed_varints($begin, $end));
	};

	# The events that all calls of a kind have, made when the first one comes.
	my @events;
	my $events_of = sub {
		my ($number, $result) = @_;
		my $what = $whats->[$number];
		my $name = $what->{instance} eq '-' ? $what->{state} : "$what->{state} $what->{instance}";
		my @values = (map({ $_ => $what->{$_} } qw(state id instance cpu on task op callback ret injected frozen)),
			result => $Log::WORDS[$result], $what->{error} ? (error => $what->{error}) : ());
		my ($cpu, $task) = ($CPU_0 + $what->{cpu}, $task{$what->{task}});
		my @categories = ($what->{callback}, $result == UNDONE || $result == RESTORED ? 'undo' : ());
		my %events = (cpu => $cpu, task => $task,
			begin => $event->(SLICE_BEGIN, $cpu, $name, \@categories, @values),
			begin_task => $event->(SLICE_BEGIN, $task, $name, \@categories, cpu => $what->{cpu}, result => $Log::WORDS[$result]));
		if ($result == FAILED) {
			$events{instant} = $event->(INSTANT, $cpu, "$what->{error} in $name" . ($what->{injected} ? ' (injected)' : ''),
				['fault', $what->{injected} ? 'injected' : ()], @values);
		}
		# Both slices, where no call is within another one, as most are not: what is between their times.
		my @ends = map { $ends{$_} //= $event->(SLICE_END, $_) } $cpu, $task;
		$events{both} = [$events{begin}[0], $events{begin}[1] . $ends[0][0], $ends[0][1] . $events{begin_task}[0],
			$events{begin_task}[1] . $ends[1][0], $ends[1][1]];
		return \%events;
	};

	# end_of OP: what is drawn of it is written after what was interned for it.
	my $end_of = sub {
		my ($op) = @_;
		$close->($_, $op->{end}) foreach sort { $a <=> $b } keys %open;
		print $out $text;
		$text = '';
	};
	# plain OP CALLS EVENT: draws an operation in which one call comes after the other, as most are. EVENT is what
	# the operation itself is.
	my $plain = sub {
		my ($op, $flat, $of) = @_;
		my (@times, @kinds, %from, %to);
		for (my $at = 0; $at < @$flat; $at += 5) {
			my ($end, $took, $number, $result) = @$flat[$at, $at + 1, $at + 2, $at + 4];
			push @times, $took < $end ? $end - $took : 0, $end;
			push @kinds, $events[$number][$result] //= $events_of->($number, $result);
		}
		if ($op->{what}{op} eq 'hotplug') {
			$from{$op->{what}{cpu}} = $op->{begin};
			$to{$op->{what}{cpu}} = $op->{end};
		} else {
			for (my $call = 0; $call < @kinds; $call++) {
				my $cpu = $whats->[$flat->[$call * 5 + 2]]{cpu};
				$from{$cpu} //= $times[$call * 2];
				$to{$cpu} = $times[$call * 2 + 1];
			}
		}
		$slice_of->($OPERATIONS, $event->(SLICE_BEGIN, $OPERATIONS, @$of), $op->{begin}, $op->{end});
		foreach my $cpu (sort { $a <=> $b } keys %from) {
			my $track = $CPU_0 + $cpu;
			$slice_of->($track, $event->(SLICE_BEGIN, $track, @$of), $from{$cpu}, $to{$cpu});
		}
		my @texts = Protobuf::fixed_varints(@times);
		my $at = 0;
		foreach my $events (@kinds) {
			my ($begin, $end, $both) = ($texts[$at], $texts[$at + 1], $events->{both});
			$text .= $both->[0] . $begin . $both->[1] . $end . $both->[2] . $begin . $both->[3] . $end . $both->[4];
			$text .= $events->{instant}[0] . $end . $events->{instant}[1] if $events->{instant};
			$at += 2;
		}
		$end_of->($op);
	};

	foreach my $i (0 .. $log->operations - 1) {
		my $op = $log->operation($i);
		my @flat = $log->calls_of($op);
		my ($title, $outcome) = ($log->title($op), $log->outcome($op));
		$title .= ": $outcome" if $outcome;
		my @of = ($title, ['operation'], calls => $op->{count}, $outcome ? (outcome => $outcome) : ());
		if ($op->{plain}) {
			$plain->($op, \@flat, \@of);
			next;
		}
		# When each call began and where it is in the list.
		my (@begin, %from, %to, @order);
		for (my $at = 0; $at < @flat; $at += 5) {
			my ($end, $took) = @flat[$at, $at + 1];
			my $begin = $took < $end ? $end - $took : 0;
			$begin[$at] = $begin;
			push @order, $at;
			my ($number, $result) = @flat[$at + 2, $at + 4];
			next if $result == LOST;
			my $cpu = $whats->[$number]{cpu};
			$from{$cpu} = $begin if !exists $from{$cpu} || $begin < $from{$cpu};
			$to{$cpu} = $end;
		}
		# In the order in which they began, with those that have others in them before these.
		@order = sort { $begin[$a] <=> $begin[$b] || $flat[$b] <=> $flat[$a] } @order;
		$slice_of->($OPERATIONS, $event->(SLICE_BEGIN, $OPERATIONS, @of), $op->{begin}, $op->{end}) if %from;
		foreach my $at (@order) {
			my ($begin, $end, $number, $result) = ($begin[$at], $flat[$at], @flat[$at + 2, $at + 4]);
			# Most calls are like one before, in an operation that is known.
			my $events = %from ? undef : $events[$number][$result];
			if (!$events) {
				my $what = $whats->[$number];
				if ($result == LOST) {
					$instant->($begin, $OPERATIONS, "$what->{lost} records lost or missing", ['lost']);
					next;
				}
				my $track = $CPU_0 + $what->{cpu};
				if (defined(my $from = delete $from{$what->{cpu}})) {
					$slice_of->($track, $event->(SLICE_BEGIN, $track, @of), $from, $to{$what->{cpu}});
				}
				if ($result == FINDING) {
					$instant->($begin, $track, "$what->{callback}: expected $what->{expected}", ['finding'],
						state => $what->{state}, task => $what->{task}, on => $what->{on});
					next;
				}
				$events = $events[$number][$result] //= $events_of->($number, $result);
			}
			my ($begin_text, $end_text) = Protobuf::fixed_varints($begin, $end);
			$slice->($events->{cpu}, $events->{begin}, $begin, $end, $begin_text, $end_text);
			$slice->($events->{task}, $events->{begin_task}, $begin, $end, $begin_text, $end_text);
			$text .= $events->{instant}[0] . $end_text . $events->{instant}[1] if $events->{instant};
		}
		$end_of->($op);
	}
	# What is wrong with the log, where somebody looks at all of it.
	my $last = $log->count ? ($log->call($log->count - 1))[0] : 0;
	$instant->($last, $OPERATIONS, $_, ['remark']) foreach $log->remarks;
}

1;
