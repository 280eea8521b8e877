# SPDX-License-Identifier: GPL-2.0
#
# Operations on CPUs, in which callbacks of states that are set up can fail. Each has the position in which it
# begins, the callback that fails in it, and how it is done. A position is "all" if all CPUs are online, "cpuN" if
# all but that one are, "smt" if the second threads of the cores are offline.
package operations;
use strict;
use warnings;
use Exporter 'import';
use interface;
use places;

our @EXPORT = qw(begin_of end_of do_operation go_to all_online smt_siblings callback_in);

my @hotpluggable = hotpluggable_cpus();

my %operation = (
	offline => {from => 'all', to => 'cpu', callback => 'teardown'},
	online => {from => 'cpu', to => 'all', callback => 'startup'},
	'smt-off' => {from => 'all', to => 'smt', callback => 'teardown'},
	'smt-on' => {from => 'smt', to => 'all', callback => 'startup'},
);

sub callback_in { return $operation{$_[0]}{callback} }

sub named { return $_[0] eq 'cpu' ? "cpu$_[1]" : $_[0] }
sub begin_of { my ($name, $cpu) = @_; return named($operation{$name}{from}, $cpu) }
sub end_of { my ($name, $cpu) = @_; return named($operation{$name}{to}, $cpu) }

# Does it. Returns 0 or the name of the error.
sub do_operation {
	my ($name, $cpu) = @_;
	return put("$CPU/cpu$cpu/online", $name eq 'online' ? 1 : 0) if $name !~ /^smt/;
	return put("$CPU/smt/control", $name eq 'smt-on' ? 'on' : 'off');
}

# Returns the CPUs that go offline with SMT, or none if it cannot be switched.
sub smt_siblings {
	return () if (get("$CPU/smt/control") // '') ne 'on';
	return grep { (expand(get("$CPU/cpu$_/topology/thread_siblings_list")))[0] != $_ } @hotpluggable;
}

# Where the machine does without SMT, it stays so.
my $smt_was_on = (get("$CPU/smt/control") // '') eq 'on';

# Brings all CPUs online. Returns what does not work.
sub all_online {
	my @wrong;
	# A number is what an "off" that has failed leaves there, and then the next does nothing.
	put("$CPU/smt/control", 'on') if $smt_was_on && (get("$CPU/smt/control") // '') =~ /^(off|\d+)$/;
	foreach my $cpu (@hotpluggable) {
		my $state = get("$CPU/cpu$cpu/hotplug/state");
		next if (get("$CPU/cpu$cpu/online") // '') eq '1' && $state eq '' . top();
		my $err = put("$CPU/cpu$cpu/online", 1);
		# One that is half-way goes the rest of the way by this.
		put("$CPU/cpu$cpu/hotplug/target", top()) if get("$CPU/cpu$cpu/hotplug/state") ne '' . top();
		# One for which a step counts as done that is not may come up when it has been all the way down.
		if (get("$CPU/cpu$cpu/hotplug/state") ne '' . top()) {
			put("$CPU/cpu$cpu/hotplug/target", 0);
			$err = put("$CPU/cpu$cpu/online", 1);
			# That file may still say that the CPU is online, and then does nothing.
			$err = put("$CPU/cpu$cpu/hotplug/target", top()) if get("$CPU/cpu$cpu/hotplug/state") ne '' . top();
		}
		$state = get("$CPU/cpu$cpu/hotplug/state");
		push @wrong, "CPU $cpu does not come online: $err, it is at state $state" if $state ne '' . top();
	}
	return @wrong;
}

my $top;
# The number of the highest state.
sub top {
	return $top if defined $top;
	open(my $in, '<', "$CPU/hotplug/states") or return 0;
	($top) = map { /^\s*(\d+): online$/ ? $1 : () } <$in>;
	return $top;
}

my $position = 'all';

# Goes to a position, by way of "all". Returns what does not work.
sub go_to {
	my ($to) = @_;
	return () if $to eq $position;
	my @wrong = $position eq 'all' ? () : all_online();
	$position = 'all';
	return @wrong if @wrong || $to eq 'all';
	my $err = $to eq 'smt' ? do_operation('smt-off') : do_operation('offline', substr $to, 3);
	return "cannot go to position $to: $err" if $err;
	$position = $to;
	return ();
}

# The machine has got there by an operation; '?' if it is not known where.
sub is_at { $position = $_[0] }

sub position { return $position }

1;
