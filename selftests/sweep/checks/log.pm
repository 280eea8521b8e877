# SPDX-License-Identifier: GPL-2.0
# The kernel has not complained in its log.
use Fcntl;
use interface;
use splats;

my ($kmsg, $taint);

# The taint of a warning and of an oops: the log may have lost their lines.
sub taint { return (get('/proc/sys/kernel/tainted') // 0) & 640 }

begin => sub {
	sysopen($kmsg, '/dev/kmsg', O_RDONLY | O_NONBLOCK) or die "sweep: /dev/kmsg: $!\n";
	sysseek($kmsg, 0, 2);
	$taint = taint();
},
test => sub {
	my @said;
	while (1) {
		my $n = sysread($kmsg, my $text, 8192);
		# Lines that have been overwritten.
		next if !defined $n && $!{EPIPE};
		last if !$n;
		$text =~ s/^[^;]*;([^\n]*).*/$1/s;
		push @said, $text if $text =~ $splats::SPLAT;
	}
	my $now = taint();
	push @said, 'the kernel has warned' if !@said && $now & ~$taint;
	$taint = $now;
	return @said;
};
