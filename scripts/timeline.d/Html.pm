# SPDX-License-Identifier: GPL-2.0
#
# A log as a page to look around in: what is in the directory "page", and the log as data. It is one file,
# gets nothing from anywhere, and its head forbids it to.
package Html;
use strict;
use warnings;
use Log ':results';
use Words;

# The parts of its script, each of which needs those before it.
my @SCRIPTS = qw(log lanes search picture lists actions);

sub read_part {
	my ($options, $name) = @_;
	my $path = "$options->{here}/page/$name";
	open(my $in, '<', $path) or die "$path: $!\n";
	local $/;
	return scalar <$in>;
}

# print_base64 OUT BYTES: also of many. perl-base has no MIME::Base64.
sub print_base64 {
	my ($out, $bytes) = @_;
	# Each line of uuencode has 45 of them.
	my $piece = 45 * 1024;
	for (my $at = 0; $at < length $bytes; $at += $piece) {
		my $chunk = substr $bytes, $at, $piece;
		my $text = pack 'u', $chunk;
		$text =~ s/^.//mg;
		$text =~ tr|` -_\n|AA-Za-z0-9+/|d;
		my $padding = (3 - length($chunk) % 3) % 3;
		substr($text, -$padding) = '=' x $padding if $padding;
		print $out $text;
	}
}

# What allows the page's own script, and no other, to run. Nobody can have known it when the log was
# written.
sub nonce {
	open(my $in, '<', '/dev/urandom') or die "/dev/urandom: $!\n";
	read($in, my $bytes, 16) == 16 or die "/dev/urandom: $!\n";
	return unpack 'H*', $bytes;
}

sub draw {
	my ($log, $out, $options) = @_;
	my $nonce = nonce();
	my %parts = (
		NONCE => sub { print $out $nonce },
		STYLE => sub { print $out read_part($options, 'page.css') },
		SCRIPT => sub { print $out read_part($options, "$_.js") foreach @SCRIPTS },
		NAME => sub { print $out Words::xml($options->{name} =~ s/[^ -~]/_/gr) },
		CALLS => sub { print_base64($out, $log->{calls}) },
		OPERATIONS => sub { print_base64($out, $log->{operations}) },
		DATA => sub {
			my @fields = qw(state id instance cpu on task op callback ret error injected frozen expected);
			my $list = sub { '[' . join(',', @_) . ']' };
			my $string = sub { map { Words::json($_ // '-') } @_ };
			print $out '{"fields":', $list->($string->(@fields)), ',"results":', $list->($string->(@Log::WORDS)),
				',"remarks":', $list->($string->($log->remarks)), ",\"whats\":[\n";
			my $first = 1;
			foreach my $what (@{$log->whats}) {
				print $out $first ? '' : ",\n", $list->($string->(@$what{@fields}, $what->{lost} // 0));
				$first = 0;
			}
			print $out "\n]}";
		},
	);
	# What the page has in double braces is replaced; what is put there is not looked at again.
	my @page = split /\{\{([A-Z]+)\}\}/, read_part($options, 'page.html');
	while (@page) {
		print $out shift @page;
		$parts{shift @page}->() if @page;
	}
}

1;
