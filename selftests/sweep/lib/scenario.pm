# SPDX-License-Identifier: GPL-2.0
#
# Scenarios: what a driver needs beyond being loaded. Each is a file of a few lines in drivers/, or anywhere, of these,
# each of which may be left out:
#
#   modules => ['NAME PARAMETERS', ...]	what to load, by default the driver itself
#   needs => sub { ... }		whether this machine has what it takes
#   use => sub { ... }			makes the driver set up what it has
#   check => sub { ... }		whether it does its work
#   undo => sub { ... }			undoes "use", also if that stopped half-way, but only then
#
# and, for make sweep, what the VM must have: "qemu" for options of QEMU, "cpu" for its CPU, "append" for the kernel's
# command line, each as text in quotes on one line;
# with the functions below, each of which ends the step if it fails.
package scenario;
use strict;
use warnings;
use Exporter 'import';
use Errno;
use Fcntl;
use IO::Handle;
use POSIX ();
use interface;
use modules;

our @EXPORT = qw(set try wait_for make_dir remove_dir fill holds cipher since give_up);

# Reads the scenario in a file.
sub read_file {
	my ($file) = @_;
	open(my $in, '<', $file) or die "sweep: $file: $!\n";
	local $/;
	my %scenario = eval "package scenarios; use strict; use warnings; use interface; scenario->import;\n" .
		"#line 1 \"$file\"\n" . <$in>;
	die "sweep: $@" if $@;
	return \%scenario;
}

# Returns the scenario of a driver, which is named with parameters perhaps, or by the file of its module.
sub of_driver {
	my ($here, $driver) = @_;
	my ($what, $parameters) = split ' ', $driver, 2;
	my $name = $what =~ m{/|\.ko$} ? find_module($what) : $what =~ tr/-/_/r;
	my $file = "$here/drivers/$name";
	my $scenario = -e $file ? read_file($file) : {};
	$scenario->{modules} //= [$name];
	$scenario->{modules}[-1] =~ s/$/ $parameters/ if defined $parameters;
	return ($name, $scenario);
}

# Runs a step. Returns 0 or what has failed.
sub run {
	my ($step) = @_;
	local $_;
	return 0 if eval { $step->(); 1 };
	chomp(my $failed = $@);
	return $failed;
}

sub give_up { die "$_[0]\n" }

# Gives up on a kernel that is older than this one, for the reason.
sub since {
	my ($major, $minor, $why) = @_;
	my ($is_major, $is_minor) = (POSIX::uname())[2] =~ /^(\d+)\.(\d+)/;
	give_up("before $major.$minor $why") if $is_major < $major || $is_major == $major && $is_minor < $minor;
}

# Writes a value to a file. What fails is named by the error alone, so that it can be compared.
sub set {
	my ($file, $value) = @_;
	my $err = put($file, $value);
	give_up($err) if $err;
}

# Writes a value to a file, which may fail.
sub try { return put(@_) }

sub make_dir { mkdir $_[0] or $!{EEXIST} or give_up(error_name($! + 0)) }
sub remove_dir { rmdir $_[0] or $!{ENOENT} or give_up(error_name($! + 0)) }

# Asks the kernel for a cipher by a socket of AF_ALG, which makes one if there is none.
sub cipher {
	my ($type, $name) = @_;
	my $AF_ALG = 38;
	socket(my $socket, $AF_ALG, 5, 0) or give_up(error_name($! + 0));
	bind($socket, pack 'S a14 L L a64', $AF_ALG, $type, 0, 0, $name) or give_up(error_name($! + 0));
}

# Waits until there is a file, for devices may take a moment.
sub wait_for {
	my ($file) = @_;
	for (1 .. 500) {
		return if -e $file;
		select(undef, undef, undef, 0.02);
	}
	give_up("$file does not appear");
}

# What is written to a device and read back, some of it easy to compress and some not.
my %pattern;
sub pattern {
	my ($block) = @_;
	srand($block);
	return $pattern{$block} //= pack('N*', map { int rand 2 ** 32 } 1 .. 256) . ("block $block " x 512);
}

my $BLOCK = 4096;

# Fills the first blocks of a device.
sub fill {
	my ($device, $blocks) = @_;
	wait_for($device);
	sysopen(my $out, $device, O_WRONLY) or give_up("$device: " . error_name($! + 0));
	foreach my $block (0 .. ($blocks // 16) - 1) {
		defined syswrite($out, substr pattern($block), 0, $BLOCK) or give_up("$device: " . error_name($! + 0));
	}
	# The last who closes it drops what is cached of it, so that it is read from the device after that.
	$out->sync or give_up("$device: " . error_name($! + 0));
	close $out;
}

# Checks that a device has what fill() has written.
sub holds {
	my ($device, $blocks) = @_;
	sysopen(my $in, $device, O_RDONLY) or give_up("$device: " . error_name($! + 0));
	foreach my $block (0 .. ($blocks // 16) - 1) {
		my $n = sysread($in, my $text, $BLOCK);
		give_up("$device: " . error_name($! + 0)) if !defined $n;
		give_up("$device: block $block is not what was written") if $text ne substr pattern($block), 0, $BLOCK;
	}
}

1;
