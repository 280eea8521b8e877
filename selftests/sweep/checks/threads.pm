# SPDX-License-Identifier: GPL-2.0
# The threads of the kernel are those that there were, and run where they ran. Workers come and go with the work.
use interface;
use kernel;
use reader;

# The names of threads by their numbers, and '' for a task that is none.
my %name_of;

sub name_of {
	my ($pid) = @_;
	my $stat = value("/proc/$pid/stat") // return '';
	my ($name, $rest) = $stat =~ /^\d+ \((.*)\) (.*)/ or return '';
	# The flag PF_KTHREAD.
	return (split ' ', $rest)[6] & 0x200000 ? $name : '';
}

# Those of the tasks that were there the last time, each with its name. That of an interrupt follows where the interrupt
# goes, which is another check.
my ($of_tasks, @threads) = ('');

sub find_threads {
	my %now = map { $_ => $name_of{$_} // name_of($_) } @_;
	%name_of = %now;
	@threads = map { [$_, $now{$_}, $now{$_} =~ m{^irq/}] } grep { $now{$_} ne '' && $now{$_} !~ /^kworker/ } @_;
}

look => sub {
	my @tasks = tasks();
	if ("@tasks" ne $of_tasks) {
		$of_tasks = "@tasks";
		find_threads(@tasks);
	}
	my %on;
	foreach (@threads) {
		my ($pid, $name, $of_interrupt) = @$_;
		push @{$on{$name}}, $of_interrupt ? 'its interrupt' : may_run_on($pid) // next;
	}
	return map { $_ => @{$on{$_}} . ' on ' . (@{$on{$_}} > 1 ? join ' ', sort @{$on{$_}} : $on{$_}[0]) } sort keys %on;
};
