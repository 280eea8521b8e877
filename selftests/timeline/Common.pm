# SPDX-License-Identifier: GPL-2.0
#
# What the tests of scripts/timeline share.
package Common;
use strict;
use warnings;
use Exporter 'import';
use File::Temp;

our @EXPORT = qw($WATCHED $SETUP timeline read_file write_file changed record calls_in $dir);

my $program = '../../scripts/timeline';
# Logs of real runs: a CPU that fails to come online and is undone, one that comes online, one that
# may not go offline, a driver that fails to load, and the first CPU of a suspend; and the first demonstration.
our $WATCHED = 'watched.log';
our $SETUP = 'setup.log';
our $dir = File::Temp->newdir;

sub read_file {
	my ($file) = @_;
	open(my $in, '<:raw', $file) or die "$file: $!\n";
	local $/;
	return scalar <$in>;
}

sub write_file {
	my ($name, $text) = @_;
	open(my $out, '>:raw', "$dir/$name") or die "$dir/$name: $!\n";
	print $out $text;
	close $out or die "$dir/$name: $!\n";
	return "$dir/$name";
}

# timeline ARGUMENT...: returns its exit status, what it prints, and what it says on stderr.
sub timeline {
	my ($out, $err) = ("$dir/stdout", "$dir/stderr");
	my $pid = fork() // die "fork: $!\n";
	if (!$pid) {
		open(STDOUT, '>:raw', $out) && open(STDERR, '>:raw', $err) or exit 99;
		exec $program, @_ or exit 99;
	}
	waitpid $pid, 0;
	return ($? & 127 ? "signal $?" : $? >> 8, read_file($out), read_file($err));
}

# changed LOG FUNCTION: returns the text of a log with each line as the function leaves it in $_.
sub changed {
	my ($log, $function) = @_;
	return join '', map { $function->(); $_ } split /^/, read_file($log);
}

# record FIELD => VALUE...: returns a line of a log, in the module's own form.
my %usual = (seq => 0, time => '1.000000000', state => 'online', id => 190, instance => '-', cpu => 0, on => 0,
	task => 'cpuhp/0', op => 'hotplug', callback => 'startup', ret => 0, injected => 0, took => 1000, frozen => 0);
my @order = qw(seq time state id instance cpu on task op callback ret injected expected took frozen);
sub record {
	my %f = (%usual, @_);
	return join(' ', map { defined $f{$_} ? "$_=$f{$_}" : () } @order) . "   \n";
}

# Returns the fields of each line of a log.
sub calls_in {
	my ($file) = @_;
	return map { my %f = /(\w+)=(\S+)/g; \%f } split /^/, read_file($file);
}

1;
