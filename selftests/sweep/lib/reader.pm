# SPDX-License-Identifier: GPL-2.0
#
# Reading the same small files and directories of /proc and /sys again and again, after each fault. What takes
# most of the time there is finding the file by its path, so files stay open; of a directory, sorting its names.
package reader;
use strict;
use warnings;
use Exporter 'import';
use Fcntl qw(O_RDONLY SEEK_SET);
use POSIX ();

our @EXPORT = qw(value lines_in names parts_of);

# The files that are open, by their paths, and how many may be: a process must not have too many.
my %open;
my $most = (POSIX::sysconf(POSIX::_SC_OPEN_MAX()) // 256) / 2;

# Returns what is read from the start of an open file without the end of its last line, or nothing if it cannot be.
sub from_start {
	my ($file) = @_;
	my $text;
	return undef if !defined sysseek($file, 0, SEEK_SET) || !defined sysread($file, $text, 65536);
	chomp $text;
	return $text;
}

# Returns the text of a file, as much as the kernel gives in one piece, or nothing if there is none. The file stays
# open, so it must not be one of debugfs: the module that has made it could not be unloaded.
sub value {
	my ($path) = @_;
	if ($open{$path}) {
		my $text = from_start($open{$path});
		return $text if defined $text;
		# It is gone, as the task of it perhaps; another may have its name.
		delete $open{$path};
	}
	sysopen(my $file, $path, O_RDONLY) or return undef;
	# Those that are gone, and are not asked for again, are among these.
	%open = () if keys %open >= $most;
	$open{$path} = $file;
	return from_start($file);
}

# Returns how many lines a file has, or nothing.
sub lines_in {
	my ($path) = @_;
	sysopen(my $file, $path, O_RDONLY) or return undef;
	my ($n, $text) = (0);
	$n += $text =~ tr/\n// while sysread $file, $text, 65536;
	return $n;
}

# For each directory what was read of it, as it came, and that in order.
my %seen;

# Returns the names in a directory in order, as one text with a / between them, which no name has; '' if there is
# no such directory.
sub names {
	my ($dir) = @_;
	opendir(my $in, $dir) or return '';
	my $read = join '/', readdir $in;
	my $seen = $seen{$dir};
	return $seen->[1] if $seen && $seen->[0] eq $read;
	my $sorted = join '/', sort grep { !/^\.\.?$/ } split m{/}, $read;
	$seen{$dir} = [$read, $sorted];
	return $sorted;
}

# Returns the names of that as a list.
sub parts_of { return split m{/}, names($_[0]) }

1;
