# SPDX-License-Identifier: GPL-2.0
# What the kernel shows of each CPU: its topology, caches, idle states, throttling and the like, each file of it by
# its name, and those that say to which CPUs something belongs by their value too.
use interface;
use reader;

# Directories in which other checks look, or that count by themselves.
my %elsewhere = map { $_ => 1 } qw(hotplug power subsystem driver firmware_node online crash_notes crash_notes_size uevent);

# For each directory the names that were in it, and which of these are looked into. As long as the names are the same, that is too.
my %seen;

sub kinds_of {
	my ($dir, $names) = @_;
	my $seen = $seen{$dir};
	return $seen->{kinds} if $seen && $seen->{names} eq $names;
	my @kinds;
	foreach my $name (grep { !$elsewhere{$_} } split m{/}, $names) {
		my $kind = -l "$dir/$name" ? 'link' : -d _ ? 'directory' : $name =~ /list$/ ? 'list' : 'file';
		push @kinds, [$name, $kind] if $kind eq 'directory' || $kind eq 'list';
	}
	$seen{$dir} = {names => $names, kinds => \@kinds};
	return \@kinds;
}

sub below {
	my ($path) = @_;
	my $names = names("$CPU/$path");
	my @values = ($path => $names);
	foreach (@{kinds_of("$CPU/$path", $names)}) {
		my ($name, $kind) = @$_;
		push @values, below("$path/$name") if $kind eq 'directory';
		push @values, "$path/$name" => value("$CPU/$path/$name") if $kind eq 'list';
	}
	return @values;
}

look => sub { map { below($_) } grep { /^cpu\d+$/ } names_in($CPU) };
