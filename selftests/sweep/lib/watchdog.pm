# SPDX-License-Identifier: GPL-2.0
#
# Says when the kernel no longer lets the sweep go on: a process that waits for ever cannot say so itself.
package watchdog;
use strict;
use warnings;
use interface;
use kernel;
use POSIX ();

# Starts a process that is told what is done, and that calls a function with the last of that if there is
# nothing new for so many seconds.
sub new {
	my ($class, $patience, $hangs) = @_;
	pipe(my $in, my $out) or die "sweep: pipe: $!\n";
	my $parent = $$;
	my $pid = fork() // die "sweep: fork: $!\n";
	if (!$pid) {
		close $out;
		# Ctrl-C is for the parent, which still needs this while it puts everything back.
		setpgrp(0, 0);
		watch($in, $patience, $parent, $hangs);
		POSIX::_exit(0);
	}
	close $in;
	return bless {out => $out, pid => $pid}, $class;
}

sub watch {
	my ($in, $patience, $parent, $hangs) = @_;
	my ($doing, $told) = ('', 0);
	while (1) {
		my $ready = '';
		vec($ready, fileno $in, 1) = 1;
		# Once it has told, it waits for as long as it takes: the kernel may go on.
		if (select($ready, undef, undef, $told ? undef : $patience) == 0) {
			$hangs->($doing, stack_of($parent));
			$told = 1;
			next;
		}
		my $n = sysread($in, my $text, 65536);
		return if !$n;
		($doing) = $text =~ /([^\n]*)\n\z/;
		$told = 0;
	}
}

# Returns where in the kernel a process is.
sub stack_of {
	my ($pid) = @_;
	open(my $in, '<', "/proc/$pid/stack") or return ();
	chomp(my @lines = <$in>);
	return @lines;
}

sub tell {
	my ($self, $doing) = @_;
	syswrite($self->{out}, "$doing\n");
}

sub end {
	my ($self) = @_;
	close $self->{out};
	waitpid $self->{pid}, 0;
}

1;
