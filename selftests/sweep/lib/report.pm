# SPDX-License-Identifier: GPL-2.0
#
# What is told: KTAP with a result for each fault, JSON, how far it is, and a table of what was found.
package report;
use strict;
use warnings;
use IO::Handle;
use POSIX ();
use kernel;

# new(known => FILE, json => FILE, resume => 0 or 1, part => 0 or 1, planned => NUMBER, timeline => PROGRAM, quiet => 0 or
# 1): FILE "known" has what is known and expected; with "resume" the results are added to those in the other file; "part"
# says that it goes on where another run has ended; the program draws logs; if it is quiet, it only says what it has found,
# on stderr.
sub new {
	my ($class, %self) = @_;
	my $self = bless {%self, n => 0, passed => 0, failed => 0, skipped => 0, xfailed => 0, found => {},
		order => [], start => now(), told => now()}, $class;
	$self->{expected} = read_known($self->{known});
	if (defined $self->{json}) {
		open($self->{json_out}, $self->{resume} ? '>>' : '>', $self->{json}) or die "sweep: --json: $self->{json}: $!\n";
		$self->{json_out}->autoflush(1);
	}
	STDOUT->autoflush(1);
	$self->{out} = $self->{quiet} ? *STDERR : *STDOUT;
	print "TAP version 13\n" if !$self->{quiet};
	return $self;
}

# Each line is: CHECK ID [@MACHINE] [/TEXT/] REASON, in which ID is a pattern with * for anything, MACHINE is what uname -m
# says if it is for that alone, and every line of the finding has the TEXT.
sub read_known {
	my ($file) = @_;
	my @known;
	my $machine = (POSIX::uname())[4];
	open(my $in, '<', $file) or return [];
	while (<$in>) {
		next if /^\s*(#|$)/;
		my ($check, $id, $reason) = split ' ', $_, 3;
		chomp $reason;
		next if $reason =~ s/^\@(\S+) // && $1 ne $machine;
		my $text = $reason =~ s{^/([^/]*)/ }{} ? $1 : '';
		my $pattern = join '.*', map { quotemeta } split /\*/, $id, -1;
		push @known, {check => $check, pattern => $id, id => qr/^$pattern$/, text => $text, reason => $reason};
	}
	return \@known;
}

# Returns why a finding is expected, if it is.
sub why_expected {
	my ($self, $id, $check, $text) = @_;
	foreach my $known (grep { $_->{check} eq $check && $id =~ $_->{id} } @{$self->{expected}}) {
		# Of very many lines only the first are told.
		next if grep { $_ ne '...' && index($_, $known->{text}) < 0 } split /\n/, $text;
		$known->{seen} = 1;
		return $known->{reason};
	}
	return undef;
}

# Reports the result of a fault, or of something else with a name. Each finding is a check and text. Returns
# the result in a word.
sub result {
	my ($self, $id, @findings) = @_;
	$self->{n}++;
	my @reasons = map { $self->why_expected($id, @$_) } @findings;
	foreach my $finding (@findings) {
		my ($check, $text) = @$finding;
		$self->said(map { "$id: $check: $_" } split /\n/, $text);
		my $reason = $self->why_expected($id, $check, $text);
		# Whatever CPU and error it was is the same finding.
		my $where = $id =~ s{/cpu\d+/}{/}r =~ s/=[A-Z]+$//r;
		my $key = "$check $where";
		push @{$self->{order}}, $key if !$self->{found}{$key};
		$self->{found}{$key}{check} //= $check;
		$self->{found}{$key}{id} //= $id;
		$self->{found}{$key}{text} //= (split /\n/, $text)[0];
		$self->{found}{$key}{reason} //= $reason;
		$self->{found}{$key}{times}++;
	}
	# Where it did not come so far that the checks looked, nothing could be seen.
	if (!grep { $_->[0] =~ /^(killed|again|ended)$/ } @findings) {
		$_->{looked_for} = 1 foreach grep { $id =~ $_->{id} } @{$self->{expected}};
	}
	my $result = !@findings ? 'passed' : (grep { !defined } @reasons) ? 'failed' : 'known';
	if ($result eq 'failed') {
		$self->{failed}++;
		$self->leave_picture($id);
	} else {
		$self->{passed}++;
		$self->{xfailed}++ if $result eq 'known';
	}
	print $result eq 'failed' ? 'not ok' : 'ok', " $self->{n} $id",
		$result eq 'known' ? " ($reasons[0]) # XFAIL" : '', "\n" if !$self->{quiet};
	$self->write_json(id => $id, result => $result,
		findings => [map { {check => $_->[0], text => $_->[1]} } @findings]);
	$self->progress;
	return $result;
}

# Draws the log as it is now, if somebody has said where to. Of a thousand findings nobody looks at more than a few.
sub leave_picture {
	my ($self, $id) = @_;
	my $dir = $ENV{RUST_HOTPLUG_OUT} // '';
	return if $dir eq '' || $self->{failed} > 10;
	my $file = "$dir/sweep-" . ($id =~ s/[^\w.-]+/_/gr) . '.html';
	my @draw = ($self->{timeline}, '--format', 'html', '-o', $file);
	print "# the log as it was then: $file\n" if system(@draw, '/sys/kernel/rust_hotplug/log') == 0;
}

sub skip {
	my ($self, $id, $reason) = @_;
	$self->{n}++;
	$self->{skipped}++;
	print {$self->{out}} "ok $self->{n} $id # SKIP $reason\n";
	$self->write_json(id => $id, result => 'skipped', reason => $reason);
}

# What was found of drivers makes that there is more to do than was planned.
sub planned {
	my ($self, $more) = @_;
	$self->{planned} += $more;
}

sub said {
	my ($self, @texts) = @_;
	print {$self->{out}} "# $_\n" foreach map { split /\n/ } @texts;
}

# Says now and then how far it is: at a terminal in place, else as a line.
sub progress {
	my ($self) = @_;
	my $now = now();
	return if $now < $self->{told} + (-t STDERR ? 0.5 : 20) || !$self->{n};
	$self->{told} = $now;
	my $left = ($now - $self->{start}) / $self->{n} * ($self->{planned} - $self->{n});
	my $text = sprintf '%d of %d, %d failed, about %d:%02d left', $self->{n}, $self->{planned}, $self->{failed},
		$left / 60, $left % 60;
	if (-t STDERR) {
		print STDERR "\r\e[K$text\r";
	} else {
		$self->said($text);
	}
}

# Writes the table of what was found, and counts. What has ended it before all was done has failed as well. Returns
# whether nothing failed.
sub end {
	my ($self, $unfinished) = @_;
	# Everything is put back by now, and there is nothing to draw.
	local $ENV{RUST_HOTPLUG_OUT} = '';
	$self->result('the whole sweep', ['ended', $unfinished]) if $unfinished;
	print STDERR "\r\e[K" if -t STDERR;
	# The kernel may have been mended. What another run has seen is not known here.
	if (!$self->{part}) {
		print map { "# known, but not seen here: $_->{check} $_->{pattern}: $_->{reason}\n" }
			grep { $_->{looked_for} && !$_->{seen} } @{$self->{expected}};
	}
	if (@{$self->{order}}) {
		print "# Findings:\n";
		printf "# %-10s %5s  %s\n", 'check', 'times', 'the first, and what';
		foreach my $key (@{$self->{order}}) {
			my $found = $self->{found}{$key};
			printf "# %-10s %5d  %s\n", $found->{check}, $found->{times}, $found->{id};
			print "#                   $found->{text}\n";
			print "#                   known: $found->{reason}\n" if defined $found->{reason};
		}
	}
	# Only now is it known how many there are.
	print "1..$self->{n}\n";
	printf "# Totals: pass:%d fail:%d xfail:%d xpass:0 skip:%d error:0\n", $self->{passed} - $self->{xfailed},
		@$self{qw(failed xfailed skipped)};
	my $took = now() - $self->{start};
	$self->write_json((map { $_ => $self->{$_} } qw(passed failed skipped)), seconds => sprintf('%.1f', $took) + 0);
	return !$self->{failed};
}

sub write_json {
	my ($self, @pairs) = @_;
	my $out = $self->{json_out} or return;
	my @words;
	while (my ($name, $value) = splice @pairs, 0, 2) {
		push @words, json($name) . ':' . json($value);
	}
	print $out '{', join(',', @words), "}\n";
}

# Returns a value as JSON: a list, a hash, a number or text.
sub json {
	my ($value) = @_;
	return '[' . join(',', map { json($_) } @$value) . ']' if ref $value eq 'ARRAY';
	return '{' . join(',', map { json($_) . ':' . json($value->{$_}) } sort keys %$value) . '}' if ref $value;
	return $value if $value =~ /^-?\d+(\.\d+)?$/;
	$value =~ s/(["\\])/\\$1/g;
	$value =~ s/([^ -~])/sprintf '\\u%04x', ord $1/ge;
	return "\"$value\"";
}

1;
