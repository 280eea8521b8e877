# SPDX-License-Identifier: GPL-2.0
#
# What is about to be done is written down before it is done, so that it is known what killed a machine: a
# line "begin ID" before each fault, and "end ID RESULT" after it, where RESULT is "interrupted" if it has none. The file
# is on the disk when the fault begins; the kernel log has it as well, which a serial console or pstore keeps.
package journal;
use strict;
use warnings;
use IO::Handle;

# Returns what a journal says: what ended, with its results, and which fault began and did not end. Nothing if there is no
# journal.
sub read_journal {
	my ($file) = @_;
	open(my $in, '<', $file) or return;
	my (%ended, $killer);
	while (<$in>) {
		chomp;
		if (/^begin (.*)/) {
			$killer = $1;
		} elsif (/^end (.*) (\w+)$/) {
			$ended{$1} = $2 if $2 ne 'interrupted';
			$killer = undef;
		}
	}
	return (\%ended, $killer);
}

sub new {
	my ($class, $file, $append) = @_;
	open(my $out, $append ? '>>' : '>', $file) or die "sweep: --journal: $file: $!\n";
	open(my $kmsg, '>', '/dev/kmsg');
	$kmsg->autoflush(1) if $kmsg;
	return bless {out => $out, kmsg => $kmsg}, $class;
}

# Adds a line that must not get lost, and so goes to the disk with those before it.
sub begin {
	my ($self, $id) = @_;
	print {$self->{kmsg}} "sweep: begin $id\n" if $self->{kmsg};
	$self->line("begin $id");
	$self->{begun} = $id;
	# Some file systems, as that of the VM, are in memory and have nothing to write.
	$self->{out}->sync;
}

sub end {
	my ($self, $id, $result) = @_;
	print {$self->{kmsg}} "sweep: end $id\n" if $self->{kmsg};
	$self->line("end $id $result");
	$self->{begun} = undef;
}

# Notes that what has begun will have no result.
sub end_what_has_begun {
	my ($self) = @_;
	$self->end($self->{begun}, 'interrupted') if defined $self->{begun};
}

sub line {
	my ($self, $line) = @_;
	print {$self->{out}} "$line\n";
	$self->{out}->flush;
}

1;
