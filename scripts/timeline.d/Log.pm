# SPDX-License-Identifier: GPL-2.0
#
# A log that has been read: its calls, in the order in which they returned, and the operations that
# they are part of. A million calls have to fit into memory, so a call is kept as a few bytes, and
# what many calls have in common (the state, the CPU, the task ...) only once.
package Log;
use strict;
use warnings;
use Exporter 'import';

# What became of a call. After these come what is none: something that the checker has found, and a
# place where calls are missing.
use constant { STARTED => 0, ENDED => 1, FAILED => 2, UNDONE => 3, RESTORED => 4, FINDING => 5, LOST => 6 };
our @EXPORT_OK = qw(STARTED ENDED FAILED UNDONE RESTORED FINDING LOST);
our %EXPORT_TAGS = (results => \@EXPORT_OK);

# The words for that.
our @WORDS = qw(started ended FAILED undone restored finding lost);

# When it returned, how long it took, its "what" and its operation, and what became of it.
# The bytes are in the same order on every machine, because pages have them as they are.
my $CALL = 'Q<Q<L<L<C';
my $CALL_SIZE = length pack $CALL, (0) x 5;
# The first call of the operation and how many there are, when the first began and the last one
# ended, the call that failed + 1, whether something was undone or restored, and whether it is plain:
# nothing but calls, each of which began when the one before had ended.
my $OPERATION = 'L<L<Q<Q<L<CC';
my $OPERATION_SIZE = length pack $OPERATION, (0) x 7;

sub new {
	my ($class) = @_;
	return bless {
		calls => '', whats => [], operations => '',
		# What was wrong with the log, the first of it in words, and how often there was something.
		notes => [], broken => 0, lost => 0, lines => 0,
		# How often there was each result.
		results => [(0) x 7],
	}, $class;
}

# Adds what calls have in common, and returns its number.
sub add_what {
	my ($self, $what) = @_;
	push @{$self->{whats}}, $what;
	return $#{$self->{whats}};
}

# In the loop that reads, so without a copy of its arguments: TIME TOOK WHAT OPERATION RESULT.
sub add_call {
	$_[0]{calls} .= pack $CALL, $_[1], $_[2], $_[3], $_[4], $_[5];
	$_[0]{results}[$_[5]]++;
}

sub add_operation {
	my ($self, @operation) = @_;
	$self->{operations} .= pack $OPERATION, @operation;
}

# note TEXT: keeps the first of them.
sub note {
	my ($self, $text) = @_;
	push @{$self->{notes}}, $text if @{$self->{notes}} < 10;
}

sub count { return length($_[0]{calls}) / $CALL_SIZE }
sub operations { return length($_[0]{operations}) / $OPERATION_SIZE }
sub whats { return $_[0]{whats} }

# Returns a call: when it returned, how long it took, what it was, its operation, its result.
sub call {
	my ($self, $i) = @_;
	my ($time, $took, $what, $operation, $result) = unpack $CALL, substr $self->{calls}, $i * $CALL_SIZE, $CALL_SIZE;
	return ($time, $took, $self->{whats}[$what], $operation, $result);
}

# Calls a function with each call, in which the "what" is its number.
sub each_call {
	my ($self, $function) = @_;
	my $end = length $self->{calls};
	for (my $at = 0; $at < $end; $at += $CALL_SIZE) {
		$function->(unpack $CALL, substr $self->{calls}, $at, $CALL_SIZE);
	}
}

# Returns all calls of an operation, one after the other: for each the five values of each_call().
sub calls_of {
	my ($self, $op) = @_;
	return unpack "($CALL)*", substr $self->{calls}, $op->{first} * $CALL_SIZE, $op->{count} * $CALL_SIZE;
}

# Returns an operation as a hash.
sub operation {
	my ($self, $i) = @_;
	my %op = (number => $i);
	@op{qw(first count begin end failed undone plain)} =
		unpack $OPERATION, substr $self->{operations}, $i * $OPERATION_SIZE, $OPERATION_SIZE;
	$op{what} = ($self->call($op{first}))[2];
	return \%op;
}

# What the operation is, in words.
sub title {
	my ($self, $op) = @_;
	my $what = $op->{what};
	my ($state, $instance, $cpu) = @$what{qw(state instance cpu)};
	return 'calls that are missing' if $what->{lost};
	my $title = "$what->{op} of $state";
	if ($what->{op} eq 'hotplug') {
		$title = "CPU $cpu " . ($what->{callback} eq 'teardown' ? 'offline' : 'online');
	} elsif ($what->{op} eq 'setup') {
		$title = "setup of $state";
	} elsif ($what->{op} eq 'remove') {
		$title = "removal of $state";
	} elsif ($what->{op} eq 'add') {
		$title = "$state: instance $instance added";
	} elsif ($what->{op} eq 'del') {
		$title = "$state: instance $instance removed";
	}
	return $title . ($what->{frozen} ? ' (suspend)' : '');
}

# What came of it, in words: nothing if it succeeded.
sub outcome {
	my ($self, $op) = @_;
	return '' if !$op->{failed};
	my $what = ($self->call($op->{failed} - 1))[2];
	# Of others the title says which state it is.
	my $where = $what->{op} eq 'hotplug' ? " in $what->{state}" . ($what->{instance} eq '-' ? '' : " $what->{instance}") : '';
	return "$what->{error}$where" . ($what->{injected} ? ', injected' : '') .
		($op->{undone} ? ', undone' : '');
}

# The CPUs that calls are about, in ascending order.
sub cpus {
	my ($self) = @_;
	my %cpus = map { $_->{cpu} => 1 } grep { !$_->{lost} } @{$self->{whats}};
	return sort { $a <=> $b } keys %cpus;
}

# What has to be said about the log as a whole: a sentence for each.
sub remarks {
	my ($self) = @_;
	my @remarks = @{$self->{notes}};
	my $more = $self->{broken} - grep { /^line / } @remarks;
	push @remarks, "$more more lines are no records" if $more > 0;
	push @remarks, "$self->{lost} records are lost or missing" if $self->{lost};
	push @remarks, 'there is no call in this log' if !$self->count;
	return @remarks;
}

1;
