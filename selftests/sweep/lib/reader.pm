# SPDX-License-Identifier: GPL-2.0
#
# Reading the same small files and directories of /proc and /sys again and again, after each fault. What takes
# most of the time there is finding the file by its path, so files and directories stay open; and what the kernel gives
# of a directory is made into names only where it is not what it was.
package reader;
use strict;
use warnings;
use Exporter 'import';
use Fcntl qw(O_RDONLY SEEK_SET);
use POSIX ();
use kernel;

our @EXPORT = qw(value all_of lines_in names parts_of dirs_in tasks);

# The files that are open, by their paths, and how many may be: a process must not have too many.
my %open;
my $most = (POSIX::sysconf(POSIX::_SC_OPEN_MAX()) // 256) / 3;
# How long the entries of a directory are that has nothing but itself and the one above.
my $NONE = 48;

# Returns what a function makes of an open file, which stays open, or nothing if there is no such file or the function
# cannot read it. It must not be a file of debugfs: the module that has made it could not be unloaded.
sub read_kept {
	my ($path, $read) = @_;
	if ($open{$path}) {
		my $what = $read->($open{$path});
		return $what if defined $what;
		# It is gone, as the task of it perhaps; another may have its name.
		delete $open{$path};
	}
	sysopen(my $file, $path, O_RDONLY) or return undef;
	# Those that are gone, and are not asked for again, are among these.
	%open = () if keys %open >= $most;
	$open{$path} = $file;
	return $read->($file);
}

sub text_of {
	my $text = &read_start // return undef;
	chomp $text;
	return $text;
}

sub lines_of {
	my ($file) = @_;
	return undef if !defined sysseek($file, 0, SEEK_SET);
	my ($n, $got, $text) = (0);
	$n += $text =~ tr/\n// while $got = sysread $file, $text, 65536;
	return defined $got ? $n : undef;
}

# Returns the text of a file without the end of its last line, as much as the kernel gives in one piece, or nothing if
# there is none.
sub value { return read_kept($_[0], \&text_of) }

sub pieces_of {
	my ($file) = @_;
	return undef if !defined sysseek($file, 0, SEEK_SET);
	my ($got, $text) = (0, '');
	1 while $got = sysread $file, $text, 65536, length $text;
	return defined $got ? $text : undef;
}

# Returns the whole text of a file, which is '' if there is none.
sub all_of { return read_kept($_[0], \&pieces_of) // '' }

# Returns how many lines a file has, or nothing.
sub lines_in {
	my ($path) = @_;
	# Such a file goes when its module does, also from under who has it open.
	return read_kept($path, \&lines_of) if $path =~ m{^/proc/};
	sysopen(my $file, $path, O_RDONLY) or return undef;
	return lines_of($file);
}

# The directories that are open, by their paths.
my %open_dir;

# Returns the entries of a directory, or nothing if there is no such directory. It stays open. If it goes, all that is in
# it goes first, so one that has something is still the one of that path.
sub entries {
	my ($path) = @_;
	if (defined $open_dir{$path}) {
		my $entries = read_dir($open_dir{$path});
		return $entries if length $entries > $NONE;
		close_dir(delete $open_dir{$path});
	}
	my $dir = open_dir($path) // return undef;
	my $entries = read_dir($dir);
	if (length $entries > $NONE && keys %open_dir < $most) {
		$open_dir{$path} = $dir;
	} else {
		close_dir($dir);
	}
	return $entries;
}

# For each directory what was read of it, as it came, its names in order, and the paths of those that may be directories.
my %seen;
# Their types: unknown, DT_DIR and DT_LNK.
my %may_be_dir = map { $_ => 1 } 0, 4, 10;

# The names in each directory that was read since the last call of look_anew().
my %looked;

# What is read from now on has to be as it is from now on. Several checks look at the same directory.
sub look_anew { %looked = () }

# Returns the names in a directory in order, as one text with a / between them, which no name has; '' if there is
# no such directory.
sub names { return $looked{$_[0]} //= names_now($_[0]) }

sub names_now {
	my ($dir) = @_;
	my $read = entries($dir) // return '';
	my $seen = $seen{$dir};
	return $seen->[1] if $seen && $seen->[0] eq $read;
	my (@names, @dirs);
	for (my $at = 0; $at < length $read; $at += unpack "x$at x16 S", $read) {
		my ($type, $name) = unpack "x$at x18 C Z*", $read;
		next if $name =~ /^\.\.?$/;
		push @names, $name;
		push @dirs, "$dir/$name" if $may_be_dir{$type};
	}
	my $sorted = join '/', sort @names;
	$seen{$dir} = [$read, $sorted, \@dirs];
	return $sorted;
}

# Returns the paths of what is in a directory and may be one.
sub dirs_in {
	my ($dir) = @_;
	return names($dir) eq '' ? () : @{$seen{$dir}[2]};
}

# Returns the names of that as a list.
sub parts_of { return split m{/}, names($_[0]) }

my ($with_tasks, @tasks) = ('');

# Returns the numbers of all tasks.
sub tasks {
	my $names = names('/proc');
	if ($names ne $with_tasks) {
		$with_tasks = $names;
		@tasks = grep { /^\d/ } split m{/}, $names;
	}
	return @tasks;
}

1;
