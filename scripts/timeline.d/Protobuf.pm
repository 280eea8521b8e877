# SPDX-License-Identifier: GPL-2.0
#
# The wire format of protocol buffers, as far as a trace needs it.
package Protobuf;
use strict;
use warnings;

sub varint {
	my ($number) = @_;
	my $bytes = '';
	while ($number > 127) {
		$bytes .= chr($number & 127 | 128);
		$number >>= 7;
	}
	return $bytes . chr $number;
}

# Numbers in as many bytes whatever they are, so that the length of a message is known before it. The bytes for 14 bits
# are looked up, and those for the highest ones, which are mostly the same as the last time, are kept.
my @pairs = map { pack 'C2', $_ & 127 | 128, $_ >> 7 | 128 } 0 .. (1 << 14) - 1;
my ($high, $high_bytes) = (-1, '');

sub fixed_varints {
	return map {
		if ($_ >> 28 != $high) {
			$high = $_ >> 28;
			$high_bytes = $pairs[$high & 16383] . $pairs[$high >> 14 & 16383] . chr($high >> 28 & 127);
		}
		$pairs[$_ & 16383] . $pairs[$_ >> 14 & 16383] . $high_bytes;
	} @_;
}

# A field with a number. Of a negative one the bits are taken as they are, all 64.
sub number { return varint($_[0] << 3) . varint($_[1] & ~0) }

# A field with a text or a message.
sub bytes { return varint($_[0] << 3 | 2) . varint(length $_[1]) . $_[1] }

1;
