# SPDX-License-Identifier: GPL-2.0
#
# A log as a picture: CPUs across, time downwards, a row for each call. In its column a CPU is the
# further to the right the further up it is on the ladder of states, so that an operation that turns
# round can be seen to do so. How long a call took is drawn in decades: a microsecond and a second
# are both there to be seen.
package Svg;
use strict;
use warnings;
use Log ':results';
use Words;

# More calls than that are no picture.
my $MOST = 600;

# Sizes in pixels: a row, a letter of the names and of other text, and what is around all of it.
my ($ROW, $LETTER, $SMALL, $MARGIN) = (17, 6.7, 6.2, 16);
# The longest name that is not cut, in letters.
my $LONGEST = 44;
# The bar of the time that a call took: its width, and the decades from 100 ns to 10 s.
my ($BAR, $FIRST_DECADE, $DECADES) = (168, 2, 8);

my $STYLE = <<'END';
text { font: 11px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1f2328 }
.back { fill: #ffffff } .op { fill: #eef2f6 } .column { fill: #f6f8fa }
.head { font-weight: bold; font-size: 13px } .dim { fill: #59636e } .num { text-anchor: end }
.mid { text-anchor: middle } .path { fill: none; stroke: #b4bcc4; stroke-width: 1.5 }
.gap { stroke: #59636e; stroke-dasharray: 1 4 } .tick { stroke: #d1d9e0 }
.started { fill: #0969da; stroke: #0969da } .ended { fill: #57606a; stroke: #57606a }
.undone, .restored { fill: #ffffff; stroke: #bc4c00; stroke-width: 2 }
.failed { fill: none; stroke: #cf222e; stroke-width: 3 } .ring { fill: none; stroke: #cf222e; stroke-width: 1.5 }
.finding { fill: #8250df; stroke: #8250df } .mark { fill: #ffffff; font-weight: bold }
.halo { paint-order: stroke; stroke: #f6f8fa; stroke-width: 4px }
.error { fill: #cf222e; font-weight: bold } .found { fill: #8250df; font-weight: bold }
.span { opacity: .3 } .bar { opacity: .75; stroke: none }
.bar.failed { fill: #cf222e } .bar.undone, .bar.restored { fill: #bc4c00 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .back { fill: #0d1117 } .op { fill: #212830 } .column { fill: #151b23 }
.dim { fill: #9198a1 } .path { stroke: #59636e } .gap { stroke: #9198a1 } .tick { stroke: #3d444d }
.started { fill: #4493f8; stroke: #4493f8 } .ended { fill: #9198a1; stroke: #9198a1 }
.undone, .restored { fill: #0d1117; stroke: #f0883e }
.failed, .ring { stroke: #ff7b72 } .finding { fill: #ab7df8; stroke: #ab7df8 } .mark { fill: #0d1117 }
.halo { stroke: #151b23 } .error { fill: #ff7b72 } .found { fill: #ab7df8 }
.bar.failed { fill: #ff7b72 } .bar.undone, .bar.restored { fill: #f0883e }
}
END

# The marks of the results, around the origin.
my %SHAPES = (
	started => '<path class="started" d="M0-6L6 5H-6z"/>',
	ended => '<path class="ended" d="M0 6L6-5H-6z"/>',
	undone => '<path class="undone" d="M0 5L5-4H-5z"/>',
	restored => '<path class="restored" d="M0-5L5 4H-5z"/>',
	failed => '<path class="failed" d="M-5-5L5 5M5-5L-5 5"/>',
	injected => '<circle class="ring" r="8"/><path class="failed" d="M-4-4L4 4M4-4L-4 4"/>',
	finding => '<path class="finding" d="M0-8L8 0L0 8L-8 0z"/><text class="mark mid" y="4">!</text>',
);
my @LEGEND = (
	[started => 'startup'], [ended => 'teardown'], [failed => 'failed'], [injected => 'failed, injected'],
	[undone => 'teardown that undoes'], [restored => 'startup that undoes'], [finding => 'found by the checker'],
);

sub class_of {
	my ($what, $result) = @_;
	return 'injected' if $result == FAILED && $what->{injected};
	return lc $Log::WORDS[$result];
}

# Returns the operations to draw, in their order: if not all have room, those with a finding, then
# those that failed, then the latest.
sub chosen {
	my ($log) = @_;
	my @order;
	if ($log->count <= $MOST) {
		@order = map { $log->operation($_) } 0 .. $log->operations - 1;
		return (0, @order);
	}
	my %found;
	if ($log->{results}[FINDING]) {
		$log->each_call(sub { $found{$_[3]} = 1 if $_[4] == FINDING });
	}
	my ($room, %taken) = ($MOST);
	foreach my $pass (0 .. 2) {
		for (my $i = $log->operations - 1; $i >= 0 && $room > 0; $i--) {
			next if $taken{$i} || $pass == 0 && !$found{$i};
			my $op = $log->operation($i);
			next if $pass == 1 && !$op->{failed};
			next if $op->{count} > $room && %taken;
			$room -= $op->{count};
			$taken{$i} = $op;
		}
	}
	my @taken = map { $taken{$_} } sort { $a <=> $b } keys %taken;
	# One may be too long by itself.
	foreach (@taken) {
		$_->{count} = $MOST if $_->{count} > $MOST;
	}
	my $drawn = 0;
	$drawn += $_->{count} foreach @taken;
	return ($log->count - $drawn, @taken);
}

sub name_of {
	my ($what) = @_;
	return "expected $what->{expected}" if !$what->{is_call} && $what->{expected} ne '-';
	return $what->{instance} eq '-' ? $what->{state} : "$what->{state} $what->{instance}";
}

# Returns the calls of an operation in the order in which they began.
sub calls_of {
	my ($log, $op) = @_;
	my @calls;
	foreach my $i ($op->{first} .. $op->{first} + $op->{count} - 1) {
		my ($time, $took, $what, undef, $result) = $log->call($i);
		push @calls, { begin => $took < $time ? $time - $took : 0, end => $time, took => $took, what => $what,
			result => $result, order => $i };
	}
	# Something that was found stays before the call that it is about.
	foreach (reverse 0 .. $#calls - 1) {
		$calls[$_]{begin} = $calls[$_ + 1]{begin} if $calls[$_]{result} == FINDING;
	}
	return sort { $a->{begin} <=> $b->{begin} || $a->{order} <=> $b->{order} } @calls;
}

sub decade {
	my ($took) = @_;
	my $decade = $took > 0 ? log($took) / log(10) - $FIRST_DECADE : 0;
	return $decade < 0 ? 0 : $decade > $DECADES ? $DECADES : $decade;
}

sub draw {
	my ($log, $out, $options) = @_;
	my ($left_out, @operations) = chosen($log);
	my @calls = map { [calls_of($log, $_)] } @operations;
	my @whats = map { $_->{what} } map { @$_ } @calls;

	my %cpus = map { $_->{cpu} => 1 } grep { !$_->{lost} } @whats;
	my @cpus = sort { $a <=> $b } keys %cpus;
	# The rungs of the ladder.
	my %rungs = map { $_->{id} => 1 } grep { $_->{is_call} && $_->{op} eq 'hotplug' } @whats;
	my @rungs = sort { $a <=> $b } keys %rungs;
	my %rung = map { $rungs[$_] => @rungs > 1 ? $_ / $#rungs : 0.5 } 0 .. $#rungs;

	my $names = 12;
	foreach (@whats) {
		my $length = length name_of($_);
		$length = $LONGEST if $length > $LONGEST;
		$names = $length if $length > $names;
	}
	my $column_width = @cpus <= 4 ? 112 : @cpus <= 8 ? 80 : @cpus <= 16 ? 48 : 24;
	my $x_names = $MARGIN + 66;
	my $x_cpus = $x_names + $names * $LETTER + 14;
	my $x_task = $x_cpus + $column_width * @cpus + 12;
	my $x_took = $x_task + 158;
	my $x_bar = $x_took + 66;
	my $width = int($x_bar + $BAR + $MARGIN + 1);
	$width = 980 if $width < 980;
	my %x = map { $cpus[$_] => $x_cpus + $column_width * $_ } 0 .. $#cpus;

	my (@body, @heads);
	my $y = 96;
	my $text = sub {
		my ($x, $y, $text, $class) = @_;
		return sprintf '<text x="%.1f" y="%.1f"%s>%s</text>', $x, $y, $class ? " class=\"$class\"" : '', Words::xml($text);
	};
	my $place = sub {
		my ($what) = @_;
		my $at = $what->{op} eq 'hotplug' ? $rung{$what->{id}} // 0.5 : 0.5;
		return $x{$what->{cpu}} + 11 + ($column_width - 22) * $at;
	};
	foreach my $i (0 .. $#operations) {
		my ($op, @of) = ($operations[$i], @{$calls[$i]});
		if ($of[0]{result} == LOST) {
			push @body, "<path class=\"gap\" d=\"M$MARGIN $y" . 'H' . ($width - $MARGIN) . '"/>',
				$text->($x_names, $y + 14, "$of[0]{what}{lost} records are lost or missing here", 'dim');
			$y += 26;
			next;
		}
		my $outcome = $log->outcome($op);
		my $title = sprintf '%s: %s%d call%s in %s', $log->title($op), $outcome ? "$outcome; " : '', $op->{count},
			$op->{count} == 1 ? '' : 's', Words::duration_unicode($op->{end} - $op->{begin});
		push @body, sprintf('<rect class="op" x="%d" y="%d" width="%d" height="22" rx="4"/>', $MARGIN - 8, $y,
			$width - 2 * $MARGIN + 16), $text->($MARGIN, $y + 15, $title, 'head'),
			$text->($width - $MARGIN, $y + 15, sprintf('at %.6f s', $op->{begin} / 1e9), 'dim num');
		$y += 28;
		# Where each row is, the line that joins them, and where the calls that are under way end.
		my ($end, @path, @rows, @marks) = ($op->{begin});
		foreach my $call (@of) {
			my $idle = $call->{begin} - $end;
			if ($idle >= 1_000_000) {
				push @rows, $text->($x_names, $y + 10, Words::duration_unicode($idle) . ' between calls', 'dim');
				$y += 15;
			}
			my $what = $call->{what};
			my $height = $ROW + ($call->{took} > 100_000 ? 4 * (decade($call->{took}) - 3) : 0);
			my $class = class_of($what, $call->{result});
			my $middle = $y + $height / 2;
			$call->{y} = $y;
			$call->{height} = $height;
			my $x = $place->($what);
			push @path, sprintf '%.1f %.1f', $x, $middle if $what->{is_call};
			my $name = name_of($what);
			my $line = sprintf '%s %s, CPU %d, in %s on CPU %d: %s%s, %s', $name, $what->{callback}, $what->{cpu},
				$what->{task}, $what->{on}, $class, $what->{error} ? " $what->{error}" : '',
				Words::duration_unicode($call->{took});
			push @rows, '<g><title>' . Words::xml($line) . '</title>',
				$text->($MARGIN + 56, $middle + 4, sprintf('%.3f', ($call->{begin} - $op->{begin}) / 1e6), 'num dim'),
				$text->($x_names, $middle + 4, Words::cut($name, $LONGEST), $call->{result} == FINDING ? 'found' :
					$call->{result} == FAILED ? 'error' : 'name');
			if ($what->{is_call}) {
				my $length = decade($call->{took}) * $BAR / $DECADES;
				push @rows, $text->($x_task, $middle + 4, "$what->{task}, CPU $what->{on}", 'dim'),
					$text->($x_took + 58, $middle + 4, Words::duration_unicode($call->{took}), 'num'),
					sprintf('<rect class="bar %s" x="%.1f" y="%.1f" width="%.1f" height="7"/>',
						$class eq 'injected' ? 'failed' : $class, $x_bar, $middle - 3.5, $length || 0.5);
			}
			push @marks, sprintf '<use href="#%s" x="%.1f" y="%.1f"/>', $class, $x, $middle;
			if ($what->{error}) {
				# Beside the mark, on the side where there is more room.
				my $right = $x + 16 + $LETTER * length("$what->{error}, injected") < $x_task;
				push @marks, $text->($x + ($right ? 13 : -13), $middle + 4, $what->{error} .
					($what->{injected} ? ', injected' : ''), $right ? 'error halo' : 'error halo num');
			}
			push @rows, '</g>';
			$y += $height;
			$end = $call->{end} if $call->{end} > $end;
		}
		# A call with others in it is drawn as long as the last of these.
		foreach my $j (0 .. $#of) {
			my $last = $j;
			$last++ while $last < $#of && $of[$last + 1]{begin} < $of[$j]{end};
			my $height = $of[$last]{y} + $of[$last]{height} - $of[$j]{y} - 2;
			next if $height <= $ROW || $of[$j]{result} == FINDING;
			push @rows, sprintf '<rect class="span bar %s" x="%.1f" y="%.1f" width="5" height="%.1f"/>',
				lc $Log::WORDS[$of[$j]{result}], $place->($of[$j]{what}) - 2.5, $of[$j]{y} + 1, $height;
		}
		push @body, @path > 1 ? '<path class="path" d="M' . join('L', @path) . '"/>' : (), @rows, @marks;
		$y += 12;
	}
	foreach ($left_out ? "$left_out more calls are not drawn: the formats html and perfetto have all of them" : (),
		$log->remarks) {
		push @body, $text->($MARGIN, $y + 12, $_, 'dim');
		$y += 17;
	}
	my $height = int($y + $MARGIN);

	my $x = $MARGIN + 8;
	my @legend;
	foreach (@LEGEND) {
		push @legend, "<use href=\"#$_->[0]\" x=\"$x\" y=\"22\"/>", $text->($x + 13, 26, $_->[1]);
		$x += 38 + $LETTER * length $_->[1];
	}
	push @heads, $text->($MARGIN + 56, 82, 'ms', 'num dim'), $text->($x_names, 82, 'state', 'dim');
	push @heads, $text->($x_cpus, 58, 'right: further up the ladder of states', 'dim') if @rungs > 1;
	foreach (@cpus) {
		push @heads, sprintf('<rect class="column" x="%.1f" y="66" width="%.1f" height="%d"/>', $x{$_} + 2,
			$column_width - 4, $height - 66 - $MARGIN),
			$text->($x{$_} + $column_width / 2, 82, $column_width < 48 ? $_ : "CPU $_", 'mid');
	}
	push @heads, $text->($x_task, 82, 'ran in', 'dim'), $text->($x_took + 58, 82, 'took', 'num dim');
	foreach ([1, '1 '. "\xc2\xb5s"], [4, '1 ms'], [7, '1 s']) {
		my $x = $x_bar + $_->[0] * $BAR / $DECADES;
		push @heads, sprintf('<path class="tick" d="M%.1f 86V%d"/>', $x, $height - $MARGIN),
			$text->($x, 82, $_->[1], 'mid dim');
	}

	print $out <<"END" =~ s/\n\z//r, "\n";
<svg xmlns="http://www.w3.org/2000/svg" role="img" width="$width" height="$height" viewBox="0 0 $width $height">
<title>What the kernel called</title>
<style>
$STYLE</style>
<defs>
END
	print $out map { "<g id=\"$_\">$SHAPES{$_}</g>\n" } sort keys %SHAPES;
	print $out "</defs>\n<rect class=\"back\" width=\"100%\" height=\"100%\"/>\n";
	print $out map { "$_\n" } @legend, @heads, @body;
	print $out "</svg>\n";
}

1;
