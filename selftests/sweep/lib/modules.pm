# SPDX-License-Identifier: GPL-2.0
#
# Loading drivers with what they need, as modprobe does, and unloading just that again.
package modules;
use strict;
use warnings;
use Exporter 'import';
use POSIX ();
use interface;
use kernel;
use settle;

our @EXPORT = qw(is_loaded is_built_in load_driver unload_drivers find_module file_of drivers_of_kernel);

my $lib = '/lib/modules/' . (POSIX::uname())[2];
my (%path_of, %needs);

# Reads which module is in which file, and what it needs.
sub read_dependencies {
	open(my $in, '<', "$lib/modules.dep") or return;
	while (defined(my $line = <$in>)) {
		my ($path, @needed) = split /[:\s]+/, $line;
		my $name = name_of($path);
		$path_of{$name} //= "$lib/$path";
		$needs{$name} = [map { name_of($_) } @needed];
	}
}

# Returns the name of the module in a file.
sub name_of { return $_[0] =~ s{.*/}{}r =~ s/\.ko.*//r =~ tr/-/_/r }

sub is_loaded { return -d "/sys/module/$_[0]/holders" }

# Whether the kernel has that module in itself.
my %built_in;
sub is_built_in {
	my ($name) = @_;
	if (!%built_in) {
		%built_in = ('' => 0);
		open(my $in, '<', "$lib/modules.builtin") or return 0;
		while (defined(my $line = <$in>)) {
			chomp $line;
			$built_in{name_of($line)} = 1;
		}
	}
	return $built_in{$name};
}

# Makes a module known that is in a file of one's own.
sub find_module {
	my ($file) = @_;
	$path_of{name_of($file)} = $file;
	return name_of($file);
}

sub file_of {
	my ($name) = @_;
	read_dependencies() if !%needs;
	return $path_of{$name};
}

# Loads a module after all that it needs. Returns 0 or the name of the error, and the names of what has
# been loaded, in this order.
sub load_driver {
	my ($name, $parameters) = @_;
	my $file = file_of($name) or return is_built_in($name) ? 0 : 'ENOENT';
	my @loaded;
	foreach my $needed (reverse @{$needs{$name} // []}) {
		next if is_loaded($needed);
		my $err = load($path_of{$needed});
		return ($err, @loaded) if $err;
		push @loaded, $needed;
	}
	my $err = load($file, $parameters);
	push @loaded, $name if !$err;
	return ($err, @loaded);
}

# Unloads modules, the last first. The kernel may still be about to drop a reference, so it is tried again
# for some time. Returns the names of those that stay, each with the error.
sub unload_drivers {
	my (@names) = @_;
	my @left;
	foreach my $name (reverse @names) {
		my $err;
		settled(sub { !is_loaded($name) || !($err = unload($name)) });
		push @left, "$name: $err" if is_loaded($name);
	}
	return @left;
}

# Returns the names of the modules of this kernel that set up states themselves, or by what they use and there is a scenario
# of. Beside the VM's modules there is a list; else all are read.
sub drivers_of_kernel {
	my ($here) = @_;
	my $in;
	open($in, '<', "$lib/modules.cpuhp") or open($in, '-|', "$here/../rust_hotplug/find_drivers", $lib) or
		die "sweep: find_drivers: $!\n";
	chomp(my @names = <$in>);
	my %listed = map { $_ => 1 } @names;
	return (@names, grep { !$listed{$_} && file_of($_) } names_in("$here/drivers"));
}

1;
