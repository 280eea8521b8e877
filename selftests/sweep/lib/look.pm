# SPDX-License-Identifier: GPL-2.0
#
# Looking at the machine by the checks in the directory checks/, each of which is a file with one of these:
#
#   look => sub { ... }	returns what there is, as pairs of a name and a value: all of it has to be as it
#			was when the machine was in the same position
#   count => sub { ... }	returns pairs of a name and a number, which must not grow each time
#   test => sub { ... }	returns what is wrong, in words, of what happened since the last call
#
# and "begin", for what it needs before the first call, and "end", which undoes that; "lacks" says what this machine does
# not have of what it looks at. A check that has something to wait for when it looks has a "start" too, which is called
# before the others look.
package look;
use strict;
use warnings;
use Exporter 'import';
use interface;
use reader;
use settle;

our @EXPORT = qw(differences);

sub new {
	my ($class, $dir, @only) = @_;
	my @checks;
	foreach my $name (names_in($dir)) {
		next if $name !~ /\.pm$/;
		my %check = read_check("$dir/$name", $name =~ s/\.pm$//r);
		push @checks, \%check if !@only || grep { $_ eq $check{name} } @only;
	}
	my $self = bless {checks => \@checks, noise => {}}, $class;
	ask($_, 'begin') foreach @checks;
	$self->{looking} = [sort { !!$a->{start} <=> !!$b->{start} } grep { $_->{look} } @checks];
	return $self;
}

# Reads the file of a check, whose functions are in a package of their own.
sub read_check {
	my ($file, $name) = @_;
	open(my $in, '<', $file) or die "sweep: $file: $!\n";
	local $/;
	my %check = eval "package checks::$name; use strict; use warnings;\n#line 1 \"$file\"\n" . <$in>;
	die "sweep: $@" if $@;
	return (%check, name => $name);
}

# Returns what a check says, if it has something to say about that. It may use $_ as it likes.
sub ask {
	my ($check, $about) = @_;
	local $_;
	return $check->{$about} ? $check->{$about}->() : ();
}

sub end {
	my ($self) = @_;
	ask($_, 'end') foreach @{$self->{checks}};
}

# Returns what is not looked at on this machine: for each check its name and why.
sub lacking {
	my ($self) = @_;
	return map { my $check = $_; map { "$check->{name}: $_" } ask($check, 'lacks') } @{$self->{checks}};
}

# Lets checks begin to look.
sub start_looking {
	reader::look_anew();
	ask($_, 'start') foreach @_;
}

# What each check has seen, as text, and that as a hash, so that two that are the same can be told without looking at all
# they have. There is one for each position of the CPUs; what changes by itself makes more, so it begins anew at times.
my %seen;
my $most = 64;

# Returns what a check sees as a hash: the same one as before if it sees the same.
sub see {
	my ($check) = @_;
	my @pairs = ask($check, 'look');
	my $text = join "\0", map { $_ // "\1" } @pairs;
	my $seen = $seen{$check->{name}} //= {};
	%$seen = () if !$seen->{$text} && keys %$seen >= $most;
	return $seen->{$text} //= {@pairs};
}

# Returns what all checks see: for each a hash of what it looks at.
sub picture {
	my ($self) = @_;
	start_looking(@{$self->{looking}});
	return {map { $_->{name} => see($_) } @{$self->{looking}}};
}

# Returns the numbers that must not grow.
sub numbers {
	my ($self) = @_;
	reader::look_anew();
	return {map { $_->{count} ? ($_->{name} => {ask($_, 'count')}) : () } @{$self->{checks}}};
}

# Returns what is wrong of what has happened since the last call: findings, each of a check and text. Only these checks are
# asked, if any are named.
sub wrong {
	my ($self, @only) = @_;
	reader::look_anew();
	my @checks = grep { my $name = $_->{name}; !@only || grep { $_ eq $name } @only } @{$self->{checks}};
	return map { my $check = $_; map { [$check->{name}, $_] } ask($check, 'test') } @checks;
}

# Takes names of what a check looks at out of what has to be as it was, as it changes by itself.
sub ignore {
	my ($self, $check, @names) = @_;
	$self->{noise}{$check}{$_} = 1 foreach @names;
}

# Returns the names of what is not the same in two hashes.
sub differences {
	my ($one, $other) = @_;
	my @differ = grep { ($one->{$_} // "\0") ne ($other->{$_} // "\0") } keys %$one;
	push @differ, grep { !exists $one->{$_} } keys %$other;
	return sort @differ;
}

# Returns which of what a check looks at is not as in a picture, without what is ignored.
sub changed {
	my ($self, $name, $before, $now) = @_;
	return () if $before == $now;
	return grep { !$self->{noise}{$name}{$_} && !$self->{told}{$name}{$_}{$now->{$_} // ''} } differences($before, $now);
}

# Forgets what has been told of a check and is now as it was in the picture that it was compared with: the next to
# change it is another.
sub forget_told {
	my ($self, $name, $before, $now) = @_;
	my $told = $self->{told}{$name} or return;
	foreach my $what (keys %$told) {
		next if ($before->{$what} // "\0") ne ($now->{$what} // "\0");
		my $of = $told->{$what};
		delete @$of{grep { $of->{$_} == $before } keys %$of};
	}
}

# Compares the machine with how it was: returns findings. What differs is looked at again for some time.
sub compare {
	my ($self, $before) = @_;
	my (@findings, %now);
	# All of them at a time, as they wait for the same.
	my @differ = @{$self->{looking}};
	settled(sub {
		start_looking(@differ);
		@differ = grep {
			my $name = $_->{name};
			$now{$name} = see($_);
			$self->forget_told($name, $before->{$name}, $now{$name});
			$self->changed($name, $before->{$name}, $now{$name});
		} @differ;
		return !@differ;
	});
	foreach my $name (map { $_->{name} } @differ) {
		my ($was, $now) = ($before->{$name}, $now{$name});
		my @changed = $self->changed($name, $was, $now);
		my @lines = map { "$_ was '" . ($was->{$_} // 'not there') . "', is '" . ($now->{$_} // 'not there') . "'" }
			@changed;
		push @findings, [$name, join "\n", @lines > 20 ? (@lines[0 .. 19], '...') : @lines];
		# What stays so is told once, and not for each fault after this one.
		$self->{told}{$name}{$_}{$now->{$_} // ''} = $was foreach @changed;
	}
	return @findings;
}

# Counts what must not grow. Returns the numbers, and findings for those that are greater than before by one for every
# other of so many times at least: what grows each time does so by more, and other things that come and go may make up
# for a part of it. What the kernel is still about to free counts as well, so where there are findings it counts again for
# some time.
sub grown_since {
	my ($self, $before, $times) = @_;
	my $least = $times / 2;
	my ($now, @grown);
	settled(sub {
		$now = $self->numbers;
		@grown = grown($before, $now, $least);
		return !@grown;
	});
	return ($now, @grown);
}

# The same for numbers that have been counted, of those that are greater by so much at least.
sub grown {
	my ($before, $after, $least) = @_;
	my @findings;
	foreach my $name (sort keys %$after) {
		my ($was, $is) = ($before->{$name}, $after->{$name});
		my @more = grep { $is->{$_} - ($was->{$_} // 0) >= $least } sort keys %$is;
		push @findings, map { [$name, "$_ was " . ($was->{$_} // 0) . ", is $is->{$_}"] } @more;
	}
	return @findings;
}

1;
