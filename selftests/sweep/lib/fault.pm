# SPDX-License-Identifier: GPL-2.0
#
# One fault: which callback fails, where, in which operation and with which error. Its name says all of that:
#
#	SUBJECT/OPERATION/cpuN/CALLBACK/STATE[#K]=ERRNO
#
# as in  kernel/online/cpu3/startup/workqueue:online=ENOMEM.  SUBJECT is the kernel or a driver. K is there where
# a state is called more than once on that CPU, as for instances: the K-th call, from 1.
package fault;
use strict;
use warnings;
use interface;

# What a callback of a driver fails with.
our @ERRORS = qw(ENOMEM EAGAIN EBUSY EINTR EINVAL ENODEV);

# Returns the error whose turn it is, from 0. Each round begins one error later than the one before: with three CPUs that
# fail in turn, each would have the same two errors for ever.
sub error_in_turn {
	my ($n) = @_;
	return $ERRORS[($n + int $n / @ERRORS) % @ERRORS];
}

# Returns a number that is always the same for a name, so that what is chosen by it does not depend on what else there is.
sub number_of_name { return unpack '%32C*', $_[0] }

sub new {
	my ($class, %self) = @_;
	return bless {%self}, $class;
}

# Its state and, if that is called more than once, which call.
sub call {
	my ($self) = @_;
	return $self->{state} . ($self->{of} > 1 ? "#$self->{number}" : '');
}

# What all faults have in common that differ in nothing but CPU and error.
sub group {
	my ($self) = @_;
	return "$self->{subject}/$self->{operation}/$self->{callback}/" . $self->call;
}

# Its name, by which it can be repeated.
sub id {
	my ($self) = @_;
	my $id = "$self->{subject}/$self->{operation}/cpu$self->{cpu}/$self->{callback}/" . $self->call . "=$self->{errno}";
	$id .= "+$self->{second}{callback}/$self->{second}{state}=$self->{second}{errno}" if $self->{second};
	return $id;
}

# The directory of a state of the kernel.
sub dir_of { return "$SYS/states/" . ($_[0] =~ s{/}{!}gr) }

sub dir {
	my ($self) = @_;
	return dir_of($self->{state}) . "/$self->{callback}_inject";
}

# Adds its state to those that may fail. Returns 0 or the name of the error.
sub add_state {
	my ($state) = @_;
	return -d dir_of($state) ? 0 : put("$SYS/states/add", $state);
}

sub remove_states {
	put("$SYS/states/remove", s{!}{/}gr) foreach grep { -d "$SYS/states/$_" } names_in("$SYS/states");
}

# How often it has to fire for the operation to fail: the file "online" tries EBUSY five more times on the way up.
sub times {
	my ($self) = @_;
	return $self->{errno} eq 'EBUSY' && $self->{operation} eq 'online' ? 6 : 1;
}

# Arms it. Returns what is wrong, or nothing.
sub arm {
	my ($self) = @_;
	my @all = ([$self->dir, $self->{cpu}, $self->{number} - 1, $self->times, $self->{errno}]);
	if (my $second = $self->{second}) {
		push @all, [dir_of($second->{state}) . "/$second->{callback}_inject", $self->{cpu}, 0, 1, $second->{errno}];
	}
	foreach (@all) {
		my ($dir, $cpu, $space, $times, $errno) = @$_;
		my @files = ([cpus => $cpu], [space => $space], [times => $times], [errno => $errno]);
		foreach my $file (@files) {
			my $err = put("$dir/$file->[0]", $file->[1]);
			return "cannot be armed: $dir/$file->[0]: $err" if $err;
		}
	}
	return undef;
}

sub hits {
	my ($self) = @_;
	return get($self->dir . '/hits') // 0;
}

sub second_hits {
	my ($self) = @_;
	my $second = $self->{second};
	return get(dir_of($second->{state}) . "/$second->{callback}_inject/hits") // 0;
}

# Disarms all, and forgets the log.
sub disarm_all { put("$SYS/reset", 1) }

1;
