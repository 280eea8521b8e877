# SPDX-License-Identifier: GPL-2.0
#
# What the drawings have in common: durations for people, and text that stays text.
package Words;
use strict;
use warnings;

# Returns a number of nanoseconds with three digits and its unit.
sub duration {
	my ($ns) = @_;
	return "$ns ns" if $ns < 1000;
	foreach (['us', 1e3], ['ms', 1e6], ['s', 1e9]) {
		my ($unit, $one) = @$_;
		my $value = $ns / $one;
		my $text = sprintf $value < 9.995 ? '%.2f' : $value < 99.95 ? '%.1f' : '%.0f', $value;
		return "$text $unit" if $text < 1000 || $unit eq 's';
	}
}

# The same with a real micro, for what is not a terminal.
sub duration_unicode {
	return duration(@_) =~ s/us$/\xc2\xb5s/r;
}

my %entities = ('&' => '&amp;', '<' => '&lt;', '>' => '&gt;', '"' => '&quot;', "'" => '&#39;');

# Returns what stands for a text in XML and HTML, also within an attribute.
sub xml {
	return $_[0] =~ s/([&<>"'])/$entities{$1}/gr;
}

# Returns a text as a string of JSON that may also stand in a script of a page.
sub json {
	my ($text) = @_;
	return '"' . ($text =~ s/([^ !#-%(-;=?-\[\]-~])/sprintf '\\u%04x', ord $1/ger) . '"';
}

# Shortens a text in its middle.
sub cut {
	my ($text, $width) = @_;
	return $text if length $text <= $width;
	my $left = int(($width - 1) / 2);
	return substr($text, 0, $left) . '~' . substr($text, $left + 1 - $width);
}

# Returns the lines of a text, none wider than that, broken between words where there are any.
sub wrap {
	my ($text, $width) = @_;
	$width = 20 if $width < 20;
	my @lines;
	while (length $text > $width) {
		$text =~ s/^(.{10,$width}) +// or $text =~ s/^(.{$width})//;
		push @lines, $1;
	}
	return (@lines, $text);
}

1;
