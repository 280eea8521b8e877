# SPDX-License-Identifier: GPL-2.0
#
# Reads the lines of a log. What is no record is left out and noted, and what a record has more than
# it needs is ignored.
package Reader;
use strict;
use warnings;
use ErrorName;
use Log ':results';
use Operations;

# A line that is longer is none of a log.
my $LONGEST = 65536;

# Whatever a log is made of, nothing but visible characters gets any further.
sub word {
	my ($word) = @_;
	$word = substr($word, 0, 200) if length $word > 200;
	return $word =~ s/[^!-~]/_/gr;
}

# Returns what a record tells but for its times, or nothing if it is no record.
sub what_of {
	my ($text) = @_;
	my %f = map { /^([^=]+)=(.*)$/s ? ($1 => $2) : () } split /[ \t\r]+/, $text;
	my %what;
	foreach (qw(cpu on)) {
		return undef if ($f{$_} // '') !~ /^[0-9]{1,5}$/;
		$what{$_} = $f{$_} + 0;
	}
	return undef if ($f{callback} // '') !~ /^(?:startup|teardown|violation|misuse)$/;
	return undef if ($f{ret} // '') !~ /^-?[0-9]{1,5}$/;
	return undef if !defined $f{state} || !defined $f{op};
	$what{ret} = $f{ret} + 0;
	$what{id} = ($f{id} // '') =~ /^-?[0-9]{1,5}$/ ? $f{id} + 0 : -1;
	$what{injected} = ($f{injected} // 0) eq '1' ? 1 : 0;
	$what{frozen} = ($f{frozen} // 0) eq '1' ? 1 : 0;
	$what{$_} = word($f{$_} // '-') foreach qw(state instance task op callback expected);
	$what{error} = $what{ret} < 0 ? ErrorName::of($what{ret}) : '';
	return \%what;
}

# read_log IN WANTED: reads all of it. WANTED is a function that says of a "what" whether its calls
# are to be drawn.
sub read_log {
	my ($in, $wanted) = @_;
	my $log = Log->new;
	my $operations = Operations->new($log);
	# What was read before, by its text, and the number of each "what".
	my (%seen, %number_of);
	my ($line, $next, $last_time, $buffer, $skipping) = (0, undef, 0, '', 0);

	# what_number END TEXT: in two parts, as the loop below has them.
	my $what_number = sub {
		my ($end, $text) = @_;
		my $what = what_of("$text $end");
		my $number;
		if ($what && !$wanted->($what)) {
			$number = -1;
		} elsif ($what) {
			my $key = join ' ', map { $what->{$_} } sort keys %$what;
			$number = $number_of{$key} //= $log->add_what($what);
		}
		# Other fields may make every text another one.
		%seen = () if keys %{$seen{$end}} > 20000;
		return $seen{$end}{$text} = $number;
	};
	my $broken = sub {
		my ($why, $text) = @_;
		$log->{broken}++;
		$text = substr($text, 0, 60) =~ s/[^ -~]/?/gr;
		$log->note("line $line $why" . ($text ne '' ? ": '$text'" : ''));
	};
	my $lost = sub {
		my ($n) = @_;
		$log->{lost} += $n;
		$operations->lost($last_time, $n);
	};
	my $sequence = sub {
		my ($seq) = @_;
		$next //= $seq;
		if ($seq < $next) {
			$operations->interrupt;
			# From 0 on, that is a reset, which somebody wanted.
			$log->note("the log begins anew with record $seq in line $line") if $seq;
		} elsif ($seq > $next) {
			$log->note("records $next to " . ($seq - 1) . " are missing before line $line");
			$lost->($seq - $next);
		}
		$next = $seq + 1;
	};
	# record SEQUENCE-NUMBER TIME TOOK THE-REST
	my $record = sub {
		my ($seq, $time, $took, $text) = @_;
		my $what = $seen{''}{$text} // $what_number->('', $text);
		return $broken->('is no record', $text) if !defined $what;
		defined $next && $seq == $next ? $next++ : $sequence->($seq);
		return if $what < 0;
		$last_time = $time;
		$operations->call($time, $took, $what);
	};
	# A line of which the usual form does not hold: one with other fields, or in another order, or
	# that is no record.
	my $slowly = sub {
		my ($text) = @_;
		if ($text =~ /^seq=([0-9]{1,15}) .*callback=lost /) {
			$sequence->($1);
			return $lost->(1);
		}
		my ($seq) = $text =~ /(?:^|\s)seq=([0-9]{1,15})(?:\s|$)/;
		my ($seconds, $rest) = $text =~ /\stime=([0-9]{1,9})\.([0-9]{9})(?:\s|$)/;
		my ($took) = $text =~ /\stook=([0-9]{1,18})(?:\s|$)/;
		return $broken->('is no record', $text) if !defined $seq || !defined $seconds;
		$record->($seq, $seconds * 1_000_000_000 + $rest, $took // 0, $text =~ s/(^|\s)(?:seq|time|took)=\S*/$1/gr);
	};

	while (1) {
		my $got = sysread($in, $buffer, 1 << 18, length $buffer);
		if (!defined $got) {
			next if $!{EINTR};
			$log->{broken}++;
			$log->note("the log cannot be read after line $line: $!");
			last;
		}
		last if !$got;
		if ($skipping) {
			my $end = index $buffer, "\n";
			substr($buffer, 0, $end < 0 ? length $buffer : $end + 1, '');
			$skipping = $end < 0;
		}
		pos($buffer) = 0;
		while (1) {
			# The usual form of a line, in one go: this is where the time goes.
			if ($buffer =~ /\Gseq=([0-9]{1,15}) +time=([0-9]{1,9})\.([0-9]{9}) (state=[^\n]*?) took=([0-9]{1,18}) (frozen=[01]) *\n/gc) {
				$line++;
				my $what = $seen{$6}{$4};
				if (defined $what && $what >= 0 && defined $next && $1 == $next) {
					$next++;
					$operations->call($last_time = $2 * 1_000_000_000 + $3, $5, $what);
				} else {
					my ($seq, $time, $took, $text, $end) = ($1, $2 * 1_000_000_000 + $3, $5, $4, $6);
					$what_number->($end, $text);
					$record->($seq, $time, $took, "$text $end");
				}
			} elsif ($buffer =~ /\G([^\n]*)\n/gc) {
				$line++;
				length($1) > $LONGEST ? $broken->('is too long', '') : $slowly->("$1");
			} else {
				last;
			}
		}
		$buffer = substr $buffer, pos($buffer) // 0;
		if (length $buffer > $LONGEST) {
			$line++;
			$broken->('is too long', '');
			($buffer, $skipping) = ('', 1);
		}
	}
	if ($buffer ne '') {
		$line++;
		$broken->('is cut off', $buffer);
	}
	$operations->interrupt;
	$log->{lines} = $line;
	return $log;
}

1;
