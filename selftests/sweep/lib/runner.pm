# SPDX-License-Identifier: GPL-2.0
#
# Making one fault after the other, and looking at the machine after each.
package runner;
use strict;
use warnings;
use fault;
use interface;
use kernel;
use look;
use operations;
use places;

# new(look => LOOK, tell => sub { ... }, stopped => sub { ... }): "tell" is told what is done next; if "stopped"
# returns something, no more is begun.
sub new {
	my ($class, %self) = @_;
	return bless {%self, pictures => {}, kernel_time => 0}, $class;
}

# How the kernel did an operation is its own time.
sub timed {
	my ($self, $what) = @_;
	my $start = now();
	my @result = $what->();
	$self->{kernel_time} += now() - $start;
	return wantarray ? @result : $result[0];
}

# Takes the picture that the machine has to look like in a position: with nothing loaded, or a driver in use.
# It is taken four times, between which CPUs go off and on: what changes between the first two may do so once; what changes
# between the last two and did before grows, which is a finding; what changes only between the last two does so by itself.
sub learn_pictures {
	my ($self, $subject) = @_;
	my $name = $subject->{name};
	my @findings;
	my @positions = ('all', map { "cpu$_" } hotpluggable_cpus());
	push @positions, 'smt' if smt_siblings();
	my %seen;
	foreach my $time (1 .. 4) {
		foreach my $position (@positions) {
			return @findings if $self->{stopped}->();
			$self->{tell}->("$name: off and on without a fault: $position");
			push @findings, map { ['again', $_] } $self->timed(sub { go_to($position) });
			push @{$seen{$position}}, $self->{look}->picture;
		}
		push @findings, map { ['again', $_] } go_to('all');
	}
	my %reported;
	foreach my $position (@positions) {
		my @pictures = @{$seen{$position}};
		foreach my $check (sort keys %{$pictures[0]}) {
			my ($first, $second, $third, $fourth) = map { $_->{$check} } @pictures;
			my %changed_by_second = map { $_ => 1 } differences($first, $second), differences($second, $third);
			foreach my $what (differences($third, $fourth)) {
				if ($changed_by_second{$what} && !$reported{"$check $what"}++) {
					push @findings, ['cycle', "$check: $what changes each time CPUs go off and on: " .
						join ', then ', map { "'" . ($_->{$what} // 'not there') . "'" }
						$first, $second, $third, $fourth];
				}
				$self->{look}->ignore($check, $what);
			}
		}
		$self->{pictures}{$name}{$position} = $pictures[3];
		# Where a thread may run is for good, and is lost the first time already.
		my ($first, $last) = map { $_->{threads} } @pictures[0, 3];
		push @findings, map { ['cycle', "threads: $_ was $first->{$_}, and is $last->{$_} after CPUs have gone off and on"] }
			grep { defined $first->{$_} && defined $last->{$_} } differences($first, $last);
	}
	return @findings;
}

# Compares the machine with its picture, and asks all checks what has happened since. Returns findings.
sub look_at {
	my ($self, $name) = @_;
	my $before = $self->{pictures}{$name}{operations::position()};
	my @findings = $before ? $self->{look}->compare($before) : ();
	return (@findings, $self->{look}->wrong);
}

# Arms a fault, does its operation, and returns the error of that with findings. It is disarmed again.
sub make_fail {
	my ($self, $fault, $operation) = @_;
	my $wrong = $fault->arm;
	return (0, ['result', $wrong]) if $wrong;
	my $err = $self->timed($operation);
	my $hits = $fault->hits;
	my @findings;
	if (!$hits) {
		# Not every callback can be told from those of other instances.
		@findings = [$fault->{number} > 1 ? 'reach' : 'result',
			"the fault has not fired, and the operation ended with $err"];
	} elsif ($err ne $fault->{errno}) {
		@findings = ['result', "the callback fails with $fault->{errno}, and the operation ends with " .
			($err eq '0' ? 'success' : $err)];
	}
	return ($err, @findings);
}

# One fault of the kernel's states in an operation on a CPU, and the same operation after it without.
sub in_hotplug {
	my ($self, $subject, $fault) = @_;
	my ($operation, $cpu, $name) = ($fault->{operation}, $fault->{cpu}, $subject->{name});
	my @findings = map { ['again', $_] } $self->timed(sub { go_to(begin_of($operation, $cpu)) });
	fault::disarm_all();
	my ($err, @more) = $self->make_fail($fault, sub { do_operation($operation, $cpu) });
	push @findings, @more;
	if ($operation =~ /^smt/) {
		# CPUs before the one that failed have gone. Which these are is not looked at.
		push @findings, $self->{look}->wrong;
		operations::is_at('?');
	} else {
		operations::is_at(end_of($operation, $cpu)) if $err eq '0';
		push @findings, $self->look_at($name);
	}
	fault::disarm_all();
	push @findings, $subject->works;
	push @findings, map { ['again', $_] } go_to(begin_of($operation, $cpu));
	if (operations::position() ne end_of($operation, $cpu)) {
		$err = $self->timed(sub { do_operation($operation, $cpu) });
		push @findings, ['again', "the same operation without a fault ends with $err"] if $err ne '0';
		operations::is_at($err eq '0' ? end_of($operation, $cpu) : '?');
		push @findings, $self->look_at($name);
	}
	return (@findings, $subject->works);
}

# One fault while a driver is loaded or begins to be used. After that it is loaded, used and unloaded without.
sub in_start {
	my ($self, $subject, $fault) = @_;
	my @findings = map { ['again', $_] } go_to('all');
	fault::disarm_all();
	my ($err, @more);
	if ($fault->{operation} eq 'load') {
		($err, @more) = $self->make_fail($fault, sub { $subject->load });
	} else {
		$err = $subject->load;
		return ['again', "cannot be loaded: $err"] if $err;
		fault::disarm_all();
		($err, @more) = $self->make_fail($fault, sub { $subject->step('use') });
	}
	push @findings, @more;
	fault::disarm_all();
	push @findings, $subject->stop;
	push @findings, $self->look_at('kernel');
	push @findings, $subject->start, $subject->stop;
	return (@findings, $self->look_at('kernel'));
}

# Two faults, the second in the rollback of the first. The kernel does not promise to cope with that; what is
# asked for is that the operation fails as it would with the first alone, and that all CPUs can be brought back.
sub in_rollback {
	my ($self, $subject, $fault) = @_;
	my ($operation, $cpu) = ($fault->{operation}, $fault->{cpu});
	my $err = fault::add_state($fault->{second}{state});
	return ['result', "its state cannot be made to fail: $err"] if $err;
	my @findings = map { ['again', $_] } go_to(begin_of($operation, $cpu));
	fault::disarm_all();
	($err, my @more) = $self->make_fail($fault, sub { do_operation($operation, $cpu) });
	push @findings, @more;
	if (!$fault->second_hits) {
		push @findings, ['result', 'the second fault has not fired: there was no such call in the rollback'];
	}
	# What the kernel says about it, and the checker, is about the second fault.
	push @findings, map { ['rollback', "$_->[0]: $_->[1]"] } $self->{look}->wrong;
	fault::disarm_all();
	operations::is_at('?');
	push @findings, map { ['again', $_] } go_to('all');
	push @findings, map { ['rollback', "$_->[0]: $_->[1]"] } $self->{look}->wrong;
	fault::disarm_all();
	# Each CPU goes all the way once more.
	my @stuck = map { ['again', $_] } go_to("cpu$cpu"), go_to('all');
	$self->{is_stuck} = @stuck > 0;
	push @findings, @stuck;
	return (@findings, $self->look_at('kernel'));
}

# Makes one fault. Returns findings.
sub one {
	my ($self, $subject, $fault) = @_;
	my @findings = $self->dispatch($subject, $fault);
	# After that it is not taken for granted where the CPUs are.
	operations::is_at('?') if @findings;
	return @findings;
}

sub dispatch {
	my ($self, $subject, $fault) = @_;
	my $err = fault::add_state($fault->{state});
	return ['result', "its state cannot be made to fail: $err"] if $err;
	return $self->in_rollback($subject, $fault) if $fault->{second};
	return $self->in_start($subject, $fault) if $fault->{operation} =~ /^(load|use)$/;
	return $self->in_hotplug($subject, $fault) if $subject->{name} eq 'kernel';
	my @findings = $subject->start;
	if (!@findings) {
		# What it looks like in use is learnt the first time.
		push @findings, $self->learn_pictures($subject) if !$self->{pictures}{$subject->{name}};
		push @findings, $self->in_hotplug($subject, $fault);
	}
	push @findings, map { ['again', $_] } go_to('all');
	return (@findings, $subject->stop, $self->look_at('kernel'));
}

# Does something, and once more if something has grown, which may be by chance. Returns the numbers after that, and what
# has grown each time.
sub grown_twice {
	my ($self, $before, $times, $do) = @_;
	$do->();
	my ($after, @grown) = $self->{look}->grown_since($before, $times);
	return $after if !@grown;
	$do->();
	my ($last, @again) = $self->{look}->grown_since($after, $times);
	my %again = map { "@$_" =~ s/ was .*//r => 1 } @again;
	return ($last, grep { $again{"@$_" =~ s/ was .*//r} } @grown);
}

# Does the same fault so many times, on each CPU in turn, and returns findings about what has grown each time.
sub repeat {
	my ($self, $subject, $times, @faults) = @_;
	my $name = $subject->{name};
	my $in_start = $faults[0]{operation} =~ /^(load|use)$/;
	my $err = fault::add_state($faults[0]{state});
	return ['result', "its state cannot be made to fail: $err"] if $err;
	fault::disarm_all();
	my ($hits, %wrong) = (0);
	# What is disarmed forgets what the checker has counted.
	my $disarm = sub {
		$wrong{"@$_"} //= $_ foreach $self->{look}->wrong(qw(misuses rollback));
		fault::disarm_all();
	};
	my $do = sub {
		foreach my $n (0 .. $times - 1) {
			last if $self->{stopped}->();
			my $fault = $faults[$n * @faults / $times];
			my ($operation, $cpu) = @$fault{qw(operation cpu)};
			$self->{tell}->($fault->id . ', again and again');
			if (!$in_start) {
				go_to(begin_of($operation, $cpu));
				$disarm->();
				$fault->arm;
				my $err = $self->timed(sub { do_operation($operation, $cpu) });
				operations::is_at('?') if $err eq '0';
				$hits += $fault->hits;
				next;
			}
			$disarm->();
			$fault->arm if $operation eq 'load';
			$self->timed(sub { $subject->load });
			if ($operation eq 'use') {
				$disarm->();
				$fault->arm;
				$self->timed(sub { $subject->step('use') });
			}
			$hits += $fault->hits;
			$disarm->();
			$self->timed(sub { $subject->stop });
		}
		$disarm->();
		go_to('all');
	};
	my $driven = !$in_start && $name ne 'kernel';
	my @findings = $driven ? $subject->start : ();
	# What has grown since the last group, for which there were some faults, is looked at again.
	my $before = $driven ? $self->{look}->numbers : ($self->{numbers} //= $self->{look}->numbers);
	my ($after, @grown) = $self->grown_twice($before, $times, $do);
	push @findings, map { [$_->[0], "grows each time: $_->[1] after $times times"] } @grown;
	push @findings, $subject->stop if $driven;
	$self->{numbers} = $driven ? undef : $after;
	if (!$hits && !$self->{stopped}->()) {
		push @findings, [$faults[0]{number} > 1 ? 'reach' : 'result', "no fault has fired in $times times"];
	}
	return (@findings, values %wrong, $self->wrong_in_repeats);
}

# Asks all checks what has happened in the repeats. That kmemleak has found something, which the log has, was counted.
sub wrong_in_repeats {
	my ($self) = @_;
	return grep { $_->[1] !~ /kmemleak/ } $self->{look}->wrong;
}

# CPUs go off and on so many times without any fault, with nothing loaded or a driver in use: what grows each time is a
# finding.
sub repeat_cycles {
	my ($self, $subject, $times) = @_;
	my $driven = $subject->{name} ne 'kernel';
	my @positions = map { "cpu$_" } hotpluggable_cpus();
	my $do = sub {
		foreach my $n (0 .. $times - 1) {
			last if $self->{stopped}->();
			$self->{tell}->("$subject->{name}: CPUs off and on, again and again");
			$self->timed(sub { go_to($positions[$n % @positions]) });
		}
		go_to('all');
	};
	my @findings = $driven ? $subject->start : ();
	# Once before, for what is allocated the first time only.
	$do->();
	my ($after, @grown) = $self->grown_twice($self->{look}->numbers, $times, $do);
	push @findings, map { ['cycle', "$_->[0]: $_->[1] after $times times"] } @grown;
	push @findings, $subject->stop if $driven;
	$self->{numbers} = $driven ? undef : $after;
	return (@findings, $self->wrong_in_repeats);
}

1;
