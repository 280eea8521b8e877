# SPDX-License-Identifier: GPL-2.0
#
# A log as text: CPUs across, time downwards, a line for each call. It is made for a terminal of 80
# columns, in which four CPUs have room.
package Text;
use strict;
use warnings;
use Log ':results';
use Words;

# How wide the time, a CPU, and what stands between the columns are.
my ($TIME, $CELL, $GAP) = (9, 9, 2);
# How narrow the names may become, and how wide the name of a task.
my ($NARROWEST, $TASK) = (16, 16);

my %COLOURS = (STARTED, '32', ENDED, '33', FAILED, '1;31', UNDONE, '33', RESTORED, '32', FINDING, '1;35', LOST, '2',
	dim => '2', bold => '1');

# The forms that the names of calls can have, the longer one first: each is a function.
my @FORMS = (
	sub { join ' ', $_[0]{state}, ($_[0]{instance} eq '-' ? () : $_[0]{instance}), $_[0]{callback} },
	# What became of it tells which callback it was, but for one that failed.
	sub { join ' ', $_[0]{state}, ($_[0]{instance} eq '-' ? () : $_[0]{instance}) },
);
# If all calls are of one state, which then stands above them.
my $OF_ONE = sub { join ' ', ($_[0]{instance} eq '-' ? () : $_[0]{instance}), $_[0]{callback} };

sub longest {
	my ($least, @texts) = @_;
	foreach (@texts) {
		$least = length if length > $least;
	}
	return $least;
}

# draw LOG OUT OPTIONS: options are cpus (those that are drawn), up (those on which all states were
# up before, if that is known), width and colour.
sub draw {
	my ($log, $out, $options) = @_;
	my @whats = grep { $_->{is_call} } @{$log->whats};
	my @all = $log->cpus;
	my @cpus = $options->{cpus} ? @{$options->{cpus}} : @all;
	my $width = $options->{width};
	my $paint = sub {
		my ($text, $colour) = @_;
		return $options->{colour} && $text ne '' ? "\e[$COLOURS{$colour}m$text\e[0m" : $text;
	};

	# As many CPUs as have room, and in what is left of the line, names that are as long as possible.
	my $task = sub { sprintf '%-9s %s', Words::cut($_[0]{task}, $TASK), $_[0]{on} };
	my $right = longest(length 'ran in, CPU', map { $task->($_) } @whats);
	my $room = $width - $TIME - 2 * $GAP - $right;
	my $drawn = int(($room - $NARROWEST) / $CELL);
	$drawn = 1 if $drawn < 1;
	my $cpus_needed = @cpus;
	$#cpus = $drawn - 1 if @cpus > $drawn;
	my %states = map { $_->{state} => 1 } @whats;
	my ($form, $heading) = ($FORMS[0]);
	if (keys %states == 1 && longest(0, map { $form->($_) } @whats) > $NARROWEST) {
		($form, $heading) = ($OF_ONE, keys %states);
	}
	my $names = $room - $CELL * @cpus;
	my $needed = longest($NARROWEST, map { $form->($_) } @whats);
	if ($needed > $names && !defined $heading) {
		$form = $FORMS[1];
		$needed = longest($NARROWEST, map { $form->($_) } @whats);
	}
	$names = $needed if $needed < $names;
	$names = $NARROWEST if $names < $NARROWEST;
	my $left_width = $TIME + $names + 2 * $GAP;

	my %column = map { $cpus[$_] => $_ } 0 .. $#cpus;
	my $pad = sub { sprintf "%-${CELL}s", $_[0] };
	my %cell = ('' => $pad->(''), up => $paint->($pad->('|'), 'dim'), down => $paint->($pad->('.'), 'dim'));
	my %mark = map { $_ => $paint->($pad->($Log::WORDS[$_]), $_) } STARTED, ENDED, FAILED, UNDONE, RESTORED;
	my %was_up = map { $_ => 1 } @{$options->{up} // []};
	my @before = map { !$options->{up} ? '' : $was_up{$_} ? 'up' : 'down' } @cpus;
	# The columns of each state or instance: what they look like while nothing is called.
	my %columns;
	my (%outcome, %shown, $elsewhere, $start, $cut);
	my $operation = -1;
	my $many = $log->operations > 1;

	print $out ' ' x ($TIME + $GAP), Words::cut($heading, $width - $TIME - $GAP - 1), ":\n" if defined $heading;
	my $head = sprintf("%${TIME}s%${GAP}s%-${names}s%${GAP}s", 'ms', '', 'what was called', '') .
		join('', map { sprintf "%-${CELL}s", "CPU $_" } @cpus) . 'ran in, CPU';
	print $out "$head\n" if !$many && @whats;

	$log->each_call(sub {
		my ($time, $took, $number, $of, $result) = @_;
		my $what = $log->whats->[$number];
		if ($of != $operation) {
			$operation = $of;
			$start = undef;
			if ($many && $result != LOST) {
				my $op = $log->operation($of);
				my $title = $log->title($op);
				my $outcome = $log->outcome($op);
				my $heading = $title . ($outcome ? ": $outcome" : '');
				my $size = sprintf '%d call%s in %.3f ms', $op->{count}, $op->{count} == 1 ? '' : 's',
					($op->{end} - $op->{begin}) / 1e6;
				my $together = length "$heading, $size" <= $width;
				print $out "\n", $paint->(Words::cut($heading . ($together ? ", $size" : ''), $width), 'bold'), "\n",
					$together ? () : (' ' x ($TIME + $GAP) . "$size\n"), "$head\n";
			}
		}
		if ($result == LOST) {
			print $out $paint->(sprintf('%' . ($TIME + $GAP) . "s-- %d lost or missing --", '', $what->{lost}), LOST), "\n";
			# What is up is not known any more.
			%columns = ();
			@before = ('') x @cpus;
			return;
		}
		$start //= $time;
		if ($result == FINDING) {
			print $out $paint->(Words::cut(sprintf("%${TIME}.3f%${GAP}s! %s: CPU %d, %s: expected %s", ($time - $start) / 1e6, '',
				$what->{callback}, $what->{cpu}, $what->{state}, $what->{expected}), $width), FINDING), "\n";
			return;
		}
		my $column = $column{$what->{cpu}};
		if (!defined $column) {
			$elsewhere++;
			return;
		}
		my $shown = $shown{$number} //= do {
			my $name = $form->($what);
			$cut = 1 if length $name > $names;
			[sprintf("%${GAP}s%-${names}s%${GAP}s", '', Words::cut($name, $names), ''),
				$task->($what), "$what->{state} $what->{instance}"];
		};
		my $columns = $columns{$shown->[2]} //= [map { $cell{$_} } @before];
		my @line = @$columns;
		$line[$column] = $mark{$result};
		print $out sprintf("%${TIME}.3f", ($time - $start) / 1e6), $shown->[0], @line, $shown->[1], "\n";
		if ($result == FAILED) {
			my $error = "($what->{error})";
			my @error = (@$columns[0 .. $column - 1], $paint->(length $error < $CELL ? $pad->($error) : $error, FAILED));
			push @error, @$columns[$column + 1 .. $#$columns] if length $error < $CELL;
			my $injected = $what->{injected} ? 'injected' : '';
			$injected = "  $injected" if $injected && length $error >= $CELL;
			my $left = $form == $FORMS[1] ? $what->{callback} : '';
			$left = sprintf "%-${left_width}s", ' ' x ($TIME + $GAP) . $left;
			print $out (($left . join('', @error) . $injected) =~ s/ +$//r, "\n");
			$outcome{$what->{cpu}} = $what->{callback} eq 'startup' ? 'failed' : 'refused';
		} else {
			my $up = $result == STARTED || $result == RESTORED;
			$columns->[$column] = $cell{$up ? 'up' : 'down'};
			my $before = $outcome{$what->{cpu}} // '';
			$outcome{$what->{cpu}} = $Log::WORDS[$result] if $before ne 'failed' && $before ne 'refused' &&
				($result != STARTED || !$before);
		}
	});

	if (!$many && @whats) {
		my $text = sprintf("%${left_width}s", 'all in all:  ') . join '', map {
			my $outcome = $outcome{$_} // 'no call';
			my %colour = (started => STARTED, restored => RESTORED, ended => ENDED, undone => UNDONE,
				failed => FAILED, refused => FAILED);
			defined $colour{$outcome} ? $paint->($pad->($outcome), $colour{$outcome}) : $pad->($outcome);
		} @cpus;
		print $out $text =~ s/ +$//r, "\n";
	}
	my @remarks = $log->remarks;
	if ($cpus_needed > @cpus) {
		push @remarks, sprintf '%d CPUs do not fit into %d columns: it takes %d', $cpus_needed, $width,
			$TIME + $names + 2 * $GAP + $CELL * $cpus_needed + $right;
	}
	push @remarks, "$elsewhere more calls, on CPUs that are not drawn" if $elsewhere;
	push @remarks, sprintf 'names are cut to fit into %d columns: whole it takes %d', $width, $width - $names + $needed
		if $cut;
	my $indent = ' ' x ($TIME + $GAP);
	print $out map { $paint->("$indent$_", 'dim') . "\n" } map { Words::wrap($_, $width - length $indent) } @remarks;
}

1;
