# SPDX-License-Identifier: GPL-2.0
#
# Counting the lines of a file in a process of its own, which is started once: for a file whose reader the kernel lets
# wait, while this process does something else.
package aside;
use strict;
use warnings;
use POSIX ();
use Socket;
use reader;

# Starts the process.
sub new {
	my ($class, $path) = @_;
	socketpair(my $ours, my $its, AF_UNIX, SOCK_SEQPACKET, 0) or die "sweep: socketpair: $!\n";
	my $pid = fork() // die "sweep: fork: $!\n";
	if (!$pid) {
		close $ours;
		# Ctrl-C is for the parent, which still needs this while it puts everything back.
		setpgrp(0, 0);
		# The end of the parent is an answer of no bytes.
		syswrite $its, lines_in($path) // 'none' while sysread $its, my $asked, 1;
		POSIX::_exit(0);
	}
	close $its;
	return bless {socket => $ours, pid => $pid, asked => 0}, $class;
}

# Lets it begin.
sub ask {
	my ($self) = @_;
	return if $self->{asked}++;
	send $self->{socket}, '?', MSG_NOSIGNAL;
}

# Returns how many lines the file has, or 'none' if it cannot be read.
sub answer {
	my ($self) = @_;
	$self->ask;
	my ($n, $text);
	# A signal may come meanwhile.
	do { $n = sysread $self->{socket}, $text, 64 } while !defined $n && $!{EINTR};
	$self->{asked} = 0;
	return $n ? $text : 'none';
}

sub end {
	my ($self) = @_;
	# The watchdog has a copy of the socket, so that closing it would not do.
	shutdown $self->{socket}, 2;
	waitpid $self->{pid}, 0;
}

1;
