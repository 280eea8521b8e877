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

look => sub {
	my (%now, %threads);
	foreach my $pid (grep { /^\d/ } parts_of('/proc')) {
		my $name = $now{$pid} = $name_of{$pid} // name_of($pid);
		next if $name eq '' || $name =~ /^kworker/;
		# That of an interrupt follows where the interrupt goes, which is another check.
		push @{$threads{$name}}, $name =~ m{^irq/} ? 'its interrupt' : may_run_on($pid) // next;
	}
	%name_of = %now;
	return map { $_ => @{$threads{$_}} . ' on ' . join ' ', sort @{$threads{$_}} } keys %threads;
};
