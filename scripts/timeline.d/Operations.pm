# SPDX-License-Identifier: GPL-2.0
#
# Which calls belong to one operation, and which of them undo something. The log does not say where
# an operation begins, but the kernel does one at a time, and goes through the states, or through the
# CPUs, in one direction. It turns round where a call has failed, and goes back.
package Operations;
use strict;
use warnings;
use Log ':results';

sub new {
	my ($class, $log) = @_;
	# now: the operation that is under way, or nothing; number: how many there have been.
	return bless { log => $log, whats => $log->whats, now => undef, number => 0, findings => [] }, $class;
}

# Which operations a call may be part of.
sub key {
	my ($what) = @_;
	my $of = $what->{op} eq 'hotplug' ? $what->{cpu} : "$what->{state} $what->{instance}";
	return "$what->{frozen} $what->{op} $of";
}

# How far the operation is with this call, as a number that grows.
sub place {
	my ($what) = @_;
	return $what->{cpu} if $what->{op} ne 'hotplug';
	return $what->{callback} eq 'startup' ? $what->{id} : -$what->{id};
}

# Ends what is under way: what comes next is not part of it.
sub interrupt {
	my ($self) = @_;
	my $now = $self->{now};
	if ($now) {
		$self->{log}->add_operation(@$now{qw(first count begin end failed undone plain)});
		$self->{number}++;
		$self->{now} = undef;
	}
	if (@{$self->{findings}}) {
		# Nothing came after them.
		my ($time) = @{$self->{findings}[0]};
		$self->begin($time, undef);
		$self->take_findings;
		$self->interrupt;
	}
}

sub begin {
	my ($self, $begin, $what) = @_;
	my $log = $self->{log};
	$self->{now} = {
		first => $log->count, count => 0, begin => $begin, end => $begin, failed => 0, undone => 0, plain => 1,
		key => $what ? $what->{key} : '', run => $what ? $what->{run} : 0, callback => $what ? $what->{callback} : '',
		instance => '', place => undef,
	};
}

# Adds what is no call to what is under way.
sub add {
	my ($self, $time, $took, $number, $result) = @_;
	my $now = $self->{now};
	$now->{plain} = 0;
	$now->{count}++;
	$now->{end} = $time if $time > $now->{end};
	$self->{log}->add_call($time, $took, $number, $self->{number}, $result);
}

# What the checker has found stands before the call that it is about.
sub take_findings {
	my ($self) = @_;
	my @findings = splice @{$self->{findings}};
	$self->add($_->[0], 0, $_->[1], FINDING) foreach @findings;
}

sub lost {
	my ($self, $time, $count) = @_;
	$self->interrupt;
	my $before = $self->{lost};
	if ($before && $before->{at} == $self->{log}->count) {
		# They are next to those that were lost before.
		$self->{whats}[$before->{number}]{lost} += $count;
		return;
	}
	my $number = $self->{log}->add_what({ lost => $count, cpu => 0, on => 0, state => '-', instance => '-',
		task => '-', op => '-', callback => 'lost', expected => '-', error => '', ret => 0, frozen => 0, injected => 0,
		id => -1, is_call => 0 });
	$self->begin($time, undef);
	$self->add($time, 0, $number, LOST);
	$self->interrupt;
	$self->{lost} = { number => $number, at => $self->{log}->count };
}

# Whether a call goes on with what is under way.
sub goes_on {
	my ($now, $what, $begin) = @_;
	return 0 if $now->{key} ne $what->{key};
	# One that began before the last one ended has that one in it.
	return 1 if $begin < $now->{end};
	# After a failure, it turns round once.
	return $now->{failed} ? 1 : 0 if $what->{callback} ne $now->{callback};
	return 0 if $now->{undone};
	return 1 if !defined $now->{place} || $what->{place} > $now->{place};
	return $what->{place} == $now->{place} && $what->{instance} ne $now->{instance};
}

# What is worked out of a "what" when it comes for the first time.
sub prepare {
	my ($self, $what) = @_;
	$what->{key} = key($what);
	$what->{place} = place($what);
	$what->{is_call} = $what->{callback} eq 'startup' || $what->{callback} eq 'teardown';
	$what->{result} = $what->{ret} < 0 ? FAILED : $what->{callback} eq 'startup' ? STARTED : ENDED;
	# The same number for calls that go on with each other, as long as nothing fails.
	my $runs = $self->{runs} //= {};
	my $goes_on = $what->{is_call} && $what->{result} != FAILED;
	$what->{run} = $goes_on ? $runs->{"$what->{key} $what->{callback}"} //= 1 + keys %$runs : 0;
}

# call TIME TOOK NUMBER: the next one in the log.
sub call {
	my ($self, $time, $took, $number) = @_;
	my $what = $self->{whats}[$number];
	my $now = $self->{now};
	# Most calls are the next one of an operation in which nothing has failed. This is where the time goes.
	if ($now && $now->{run} && $now->{run} == ($what->{run} // 0) && $what->{place} > $now->{place} &&
	    $time - $took >= $now->{end} && !@{$self->{findings}}) {
		$now->{place} = $what->{place};
		$now->{instance} = $what->{instance};
		$now->{end} = $time;
		$now->{count}++;
		$self->{log}->add_call($time, $took, $number, $self->{number}, $what->{result});
		return;
	}
	$self->prepare($what) if !defined $what->{key};
	if (!$what->{is_call}) {
		push @{$self->{findings}}, [$time, $number];
		return;
	}
	my $begin = $took < $time ? $time - $took : 0;
	my $result = $what->{result};
	if (!$now || !goes_on($now, $what, $begin)) {
		my $findings = $self->{findings};
		$self->{findings} = [];
		$self->interrupt;
		$self->{findings} = $findings;
		$self->begin($begin, $what);
		$now = $self->{now};
	}
	if ($what->{callback} eq $now->{callback}) {
		@$now{qw(place instance)} = @$what{qw(place instance)} if $begin >= $now->{end};
	} elsif ($now->{failed}) {
		$now->{undone} = 1;
		$result = $result == STARTED ? RESTORED : $result == ENDED ? UNDONE : $result;
	}
	$now->{plain} = 0 if $begin < $now->{end};
	$now->{begin} = $begin if $begin < $now->{begin};
	$self->take_findings if @{$self->{findings}};
	if ($result == FAILED) {
		$now->{failed} ||= $self->{log}->count + 1;
		# What comes next may undo it.
		$now->{run} = 0;
	}
	$now->{count}++;
	$now->{end} = $time if $time > $now->{end};
	$self->{log}->add_call($time, $took, $number, $self->{number}, $result);
}

1;
