#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# Reads the root of cpuhp, as a file of the kernel crate, and prints what it is after one of the patches:
#
#   cut.pl REGEX MODULE... <cpuhp.rs
#
# Only the given modules are declared and used, and what the documentation says about anything that matches
# REGEX is left out: a row of a table, or a paragraph with the block of code that it leads up to.
use strict;
use warnings;

my ($without, %has) = (shift, map { $_ => 1 } @ARGV);
my $text = do { local $/; <STDIN> };

# The documentation, and the code after it.
$text =~ m{\A(// SPDX.*\n\n)((?://![^\n]*\n)+)\n(.*)\z}s or die "cut.pl: cpuhp.rs is not as expected\n";
my ($licence, $doc, $code) = ($1, $2, $3);

# Paragraphs, of which a block of code is a single one, in spite of its empty lines.
my (@paragraphs, $fence);
my $empty = 1;
for my $line (split /^/, $doc) {
	my $rest = $line =~ s{^//! ?}{}r;
	if ($rest eq "\n" && !$fence) {
		$empty = 1;
		next;
	}
	push @paragraphs, '' if $empty;
	$empty = 0;
	$paragraphs[-1] .= $rest;
	$fence = !$fence if $rest =~ /^```/;
}
# What leads up to a block of code or to a table belongs to it.
my @parts;
for my $paragraph (@paragraphs) {
	if (@parts && $parts[-1] =~ /:\n\z/ && $paragraph =~ /^```/) {
		$parts[-1] .= "\n$paragraph";
	} else {
		push @parts, $paragraph;
	}
}
# A table and a list lose single entries, everything else goes as a whole.
for my $part (@parts) {
	if ($part =~ /^[|]/) {
		$part = join '', grep { !/$without/ } split /^/, $part;
	} elsif ($part =~ /^- /) {
		$part = join '', grep { !/$without/ } split /^(?=- )/m, $part;
	} elsif ($part =~ /$without/) {
		$part = '';
	}
}
@parts = grep { $_ ne '' } @parts;
# A heading with nothing below it goes as well.
@parts = map { $parts[$_] } grep { !($parts[$_] =~ /^#/ && ($_ == $#parts || $parts[$_ + 1] =~ /^# |^C header: /)) } 0 .. $#parts;

# What is for the crate outside of the kernel only.
$code =~ s{^//.*\n#!\[.*\n}{};
$code =~ s/^\n+//;
$code =~ s/^mod (\w+);\n/$has{$1} ? $& : ''/gem;
$code =~ s/^(?:pub )?use (\w+)::.*?;\n/$has{$1} ? $& : ''/gems;
$doc = join "\n", @parts;
$doc =~ s{^}{//! }gm;
$doc =~ s{^//! $}{//!}gm;
print $licence, $doc, "\n", $code;
