# SPDX-License-Identifier: GPL-2.0
#
# What is swept: the kernel as it is, or a driver with its scenario. A round of it has these steps:
#
#   load	the driver's module, with what it needs
#   use		what the scenario does to make the driver set up what it has
#   offline, online, smt-off, smt-on, on each CPU, after which the driver still does its work
#   undo, unload
#
# In the first round nothing fails, and is only watched: from the log is learnt which callbacks are called, in
# which step and on which CPUs, and so what can fail.
package subject;
use strict;
use warnings;
use fault;
use interface;
use modules;
use operations;
use places;
use records;
use scenario;

# Of the states of the kernel, each with what it calls without any driver; and the names of all that it has.
my (%of_kernel, %in_kernel);

sub kernel {
	my ($class) = @_;
	return bless {name => 'kernel', scenario => {}}, $class;
}

sub driver {
	my ($class, $name, $scenario) = @_;
	return bless {name => $name, scenario => $scenario, loaded => []}, $class;
}

# Loads the driver. Returns 0 or the name of the error.
sub load {
	my ($self) = @_;
	foreach my $module (@{$self->{scenario}{modules}}) {
		my ($name, $parameters) = split ' ', $module, 2;
		next if is_loaded($name);
		my ($err, @loaded) = load_driver($name, $parameters);
		push @{$self->{loaded}}, @loaded;
		if ($err) {
			$self->unload;
			return $err;
		}
	}
	return 0;
}

# Does what the scenario says. Returns 0 or what has failed: for a write the name of the error.
sub step {
	my ($self, $name) = @_;
	my $step = $self->{scenario}{$name};
	$self->{used} = 1 if $name eq 'use';
	return $step ? scenario::run($step) : 0;
}

sub unload {
	my ($self) = @_;
	my @left = unload_drivers(@{$self->{loaded} // []});
	$self->{loaded} = [];
	return map { ['unload', "cannot be unloaded: $_"] } @left;
}

# Loads and uses it. Returns findings.
sub start {
	my ($self) = @_;
	my $err = $self->load;
	return ['again', "cannot be loaded: $err"] if $err;
	$err = $self->step('use');
	return ['again', "cannot be used: $err"] if $err;
	return $self->works;
}

# Looks whether it does its work. Returns findings.
sub works {
	my ($self) = @_;
	my $err = $self->step('check');
	return $err ? ['work', "does not do its work: $err"] : ();
}

# Undoes what using it has done, also if that stopped half-way, and unloads it. Returns findings.
sub stop {
	my ($self) = @_;
	my $err = delete $self->{used} ? $self->step('undo') : 0;
	return (($err ? ['again', "cannot be undone: $err"] : ()), $self->unload);
}

# The numbers of the states that were called, and which of them have a teardown.
my (%number_of, %torn_down);

# Returns the name that the kernel has for the state of a record. The log has blanks and other things in names as _.
sub name_in {
	my ($record, $names) = @_;
	my $name = $names->{$record->{id}};
	return defined $name && substr($name =~ s/[^!-<>-~]/_/gr, 0, 55) eq $record->{state} ? $name : $record->{state};
}

# Returns the names of the states that are set up, by their numbers.
sub names_now {
	open(my $in, '<', "$CPU/hotplug/states") or die "sweep: hotplug/states: $!\n";
	return map { /^\s*(\d+): (.*)/ ? ($1 => $2) : () } <$in>;
}

# Returns how often each callback that can fail was called since the last time: by state, callback, CPU and what it was
# called for.
sub called {
	my ($log) = @_;
	my %count;
	my %names = names_now();
	foreach my $record (records::more($log)) {
		my ($callback, $op) = @$record{qw(callback op)};
		die "sweep: the log is too short for all calls: load rust_hotplug with a greater log_records=\n" if $callback eq 'lost';
		next if $callback !~ /^(startup|teardown)$/ || grep { $_ eq $record->{state} } @STATES;
		my $state = name_in($record, \%names);
		$number_of{$state} = $record->{id};
		$torn_down{$state} = 1 if $callback eq 'teardown';
		next if $callback eq 'teardown' && ($op ne 'hotplug' || prepares($record->{id}));
		$count{$state}{$callback}{$record->{cpu}}++;
	}
	return \%count;
}

my $first_online;
# Whether the state with this number is one of the PREPARE section, whose teardowns must not fail.
sub prepares {
	my ($number) = @_;
	if (!defined $first_online) {
		open(my $in, '<', "$CPU/hotplug/states") or return 1;
		# The first state of the ONLINE section, in which the CPU is just about to run tasks.
		($first_online) = map { /^\s*(\d+): ap:online$/ ? $1 : () } <$in>;
		$first_online //= 0;
	}
	return $number < $first_online;
}

# Does one round without a fault, and learns what can fail. Returns findings. Of the module, this only reads the log. It
# ends early if "stopped" returns something.
sub learn {
	my ($self, $stopped) = @_;
	# What is set up with CPUs offline makes no calls on those.
	my @findings = map { ['again', $_] } go_to('all');
	my @steps;
	# What the drivers before this one have left for good is not of this one.
	my %left = reverse names_now();
	%in_kernel = %left if $self->{name} eq 'kernel';
	delete @left{keys %in_kernel};
	my $log = records::from_here();
	my $note = sub {
		my ($step, $cpu) = @_;
		push @steps, [$step, $cpu, called($log)];
	};
	if ($self->{name} ne 'kernel') {
		my $err = $self->load;
		return ['again', "cannot be loaded: $err"] if $err;
		$note->('load');
		$err = $self->step('use');
		if ($err) {
			$self->stop;
			return ['again', "cannot be used: $err"];
		}
		$note->('use');
	}
	my @operations = map { [offline => $_], [online => $_] } hotpluggable_cpus();
	push @operations, ['smt-off', $_], ['smt-on', $_] foreach (smt_siblings())[0] // ();
	foreach (@operations) {
		my ($operation, $cpu) = @$_;
		last if $stopped->();
		push @findings, map { ['again', $_] } go_to(begin_of($operation, $cpu));
		records::skip($log);
		my $err = do_operation($operation, $cpu);
		operations::is_at(end_of($operation, $cpu));
		push @findings, ['again', "$operation of CPU $cpu without any fault: $err"] if $err;
		$note->($operation, $cpu);
		push @findings, $self->works;
	}
	push @findings, map { ['again', $_] } go_to('all');
	push @findings, $self->stop if $self->{name} ne 'kernel';
	$self->plan(\%left, @steps);
	return @findings;
}

# Makes the list of faults out of what was called in each step. Of the states that an earlier driver has left, those are
# this one's that are called when it is loaded or used: no CPU comes or goes then.
sub plan {
	my ($self, $left, @steps) = @_;
	my (%own, @faults);
	# A driver's are those of which it makes more calls than there are without it.
	foreach (@steps) {
		my ($step, undef, $calls) = @$_;
		my $starts = $step =~ /^(load|use)$/;
		foreach my $state (grep { $starts || !$left->{$_} } keys %$calls) {
			foreach my $callback (keys %{$calls->{$state}}) {
				foreach my $cpu (keys %{$calls->{$state}{$callback}}) {
					my $key = "$step $state $callback $cpu";
					my $n = $calls->{$state}{$callback}{$cpu};
					$of_kernel{$key} = $n if $self->{name} eq 'kernel';
					$own{$state} = 1 if $n > ($of_kernel{$key} // 0) || $self->{name} eq 'kernel';
				}
			}
		}
	}
	foreach (@steps) {
		my ($step, undef, $calls) = @$_;
		foreach my $state (sort grep { $own{$_} } keys %$calls) {
			foreach my $callback (sort keys %{$calls->{$state}}) {
				next if (callback_in($step) // 'startup') ne $callback;
				foreach my $cpu (sort { $a <=> $b } keys %{$calls->{$state}{$callback}}) {
					my $n = $calls->{$state}{$callback}{$cpu};
					push @faults, map { fault->new(subject => $self->{name}, operation => $step,
						cpu => $cpu, callback => $callback, state => $state, number => $_,
						of => $n) } 1 .. $n;
				}
			}
		}
	}
	# By group, so that a state is added once for all of them; and the errors in turn, from one that its name decides.
	my %group;
	push @{$group{$_->group}}, $_ foreach @faults;
	foreach my $name (keys %group) {
		my $n = fault::number_of_name($name);
		$_->{errno} = fault::error_in_turn($n++) foreach @{$group{$name}};
	}
	$self->{groups} = [map { $group{$_} } sort keys %group];
}

# Makes pairs of the faults: the second in what is undone because of the first. One CPU has to do, there are many.
sub pair {
	my ($self) = @_;
	my @groups;
	my @cpus = hotpluggable_cpus();
	my @faults = grep { $_->{cpu} == $cpus[-1] && $_->{operation} =~ /^(online|offline)$/ && $_->{number} == 1 }
		map { @$_ } @{$self->{groups}};
	my %startup = map { $_->{callback} eq 'startup' ? ($_->{state} => 1) : () } @faults;
	foreach my $first (@faults) {
		# With EBUSY the file "online" would try again, from where the second fault has left the CPU.
		$first->{errno} = 'EAGAIN' if $first->times > 1;
		my $at = $number_of{$first->{state}};
		my $n = fault::number_of_name($first->group);
		my @undone = $first->{operation} eq 'online' ?
			map { [teardown => $_] } grep { $number_of{$_} < $at } keys %torn_down :
			map { [startup => $_] } grep { $number_of{$_} > $at } keys %startup;
		push @groups, [map { fault->new(%$first, second => {callback => $_->[0], state => $_->[1],
			errno => $fault::ERRORS[$n++ % @fault::ERRORS]}) }
			sort { $number_of{$a->[1]} <=> $number_of{$b->[1]} } @undone];
	}
	$self->{groups} = [grep { @$_ } @groups];
}

1;
