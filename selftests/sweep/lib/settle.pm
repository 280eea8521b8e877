# SPDX-License-Identifier: GPL-2.0
#
# What is done to the kernel may take some time to be seen everywhere, such as the end of a thread.
package settle;
use strict;
use warnings;
use Exporter 'import';
use kernel;

our @EXPORT = qw(settled);

# For how many seconds that is waited for.
our $PATIENCE = 20;

# Asks until the answer is yes, or patience is at its end. Returns the last answer.
sub settled {
	my ($is_so) = @_;
	my $until = now() + $PATIENCE;
	while (1) {
		my $answer = $is_so->();
		return $answer if $answer || now() >= $until;
		select(undef, undef, undef, 0.02);
	}
}

1;
