#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# Logs that are not whole, or have more than they need, in each format.
use strict;
use warnings;
use lib '.';
use Common;
use Test::More;

my @FORMATS = qw(text svg html perfetto table);
# Which page it is stands in its head.
sub drawn { return map { s/nonce-?="?[0-9a-f]+//gr =~ s/nonce-[0-9a-f]+//r =~ s/>(?:log|other|watched\.log)[:<]//gr } (timeline(@_))[1] }

my $whole = read_file($WATCHED);
my $log = write_file('log', $whole);
my @lines = split /^/, $whole;

# What is not known is ignored, wherever it stands and whatever it is.
my $n = 0;
my $other = write_file('other', changed($WATCHED, sub { $n++; s/ cpu=/ colour=red cpu=/; s/$/ more=$n x/; s/^/new=1 /; }));
foreach (@FORMATS) {
	is((timeline('--format', $_, $other))[0], 0, "$_: other fields");
	is(drawn('--format', $_, $other), drawn('--format', $_, $log), 'make no difference');
}
# A log from before there was "took".
my $old = write_file('old', changed($WATCHED, sub { s/ took=\d+ frozen=\d// }));
is((timeline($old))[0], 0, 'a log without the newer fields is drawn');

# Cut off in the middle of a line: all lines before are drawn, and it says where it ends.
my $cut = write_file('cut', substr $whole, 0, length(join '', @lines[0 .. 49]) + 40);
my $fifty = write_file('fifty', join '', @lines[0 .. 49]);
foreach (@FORMATS) {
	my ($status, $out, $err) = timeline('--format', $_, $cut);
	is($status, 1, "$_: a log that is cut off is drawn, with a status that says so");
	like($_ eq 'text' ? $out : $err, qr/line 51 is cut off: 'seq=50 /, 'it says where');
	like($out, qr/line 51 is cut off/, 'in the drawing as well') if $_ ne 'html';
}
my ($status, $out) = timeline($cut);
my @rows = grep { /^ +\d+\.\d{3}  / } split /\n/, $out;
is(scalar @rows, 50, 'with what there was before');
# A page has the remarks as data.
like((timeline('--format', 'html', $cut))[1], qr/"remarks":\["line 51 is cut off: \\u0027seq/, 'the page has that, too');

# Broken lines in the middle.
my $broken = write_file('broken', join '', @lines[0 .. 9], "rubbish \e]0;x\a \xff\n", @lines[10 .. 19], "\0" x 1000, "\n",
	$lines[20] =~ s/callback=\w+/callback=what/r, @lines[21 .. 49]);
($status, $out) = timeline($broken);
is($status, 1, 'a log with broken lines is drawn');
@rows = grep { /^ +\d+\.\d{3}  / } split /\n/, $out;
is(scalar @rows, 49, 'with all the others');
like($out, qr/line 11 is no record: 'rubbish/, 'and it says which is broken');
like($out, qr/line $_ is no record/, "line $_ as well") foreach 22, 23;
unlike($out, qr/[^\n -~]/, 'nothing gets out of that which a terminal would act on');
like($out, qr/-- 1 lost or missing --/, 'where a record is missing, the drawing has a gap');

# A line without an end.
my $long = write_file('long', join('', @lines[0 .. 4]) . 'x' x 5_000_000 . "\n" . join('', @lines[5 .. 9]));
($status, $out) = timeline($long);
@rows = grep { /^ +\d+\.\d{3}  / } split /\n/, $out;
is("$status " . @rows, '1 10', 'a line of 5 MB is left out');
like($out, qr/line 6 is too long/, 'and it says so');
unlike($out, qr/line [^6]/, 'once');

# Records that the module has lost, and those that are missing.
my $lost = write_file('lost', join '', @lines[0 .. 3], map({ "seq=$_      time=- state=- id=-1 instance=- cpu=- on=- task=- op=- callback=lost ret=0 injected=0 took=0 frozen=0\n" } 4 .. 11),
	@lines[15 .. 20]);
foreach (@FORMATS) {
	my ($status, $out, $err) = timeline('--format', $_, $lost);
	is($status, 0, "$_: lost records are no error");
	like("$out$err", qr/11 records are lost or missing/, 'but are counted');
}
like((timeline($lost))[1], qr/^ +-- 11 lost or missing --$/m, 'as one gap');
# All of them: as many as a small log loses.
my $all_lost = write_file('all', join '', map { "seq=$_      time=- state=- id=-1 instance=- cpu=- on=- task=- op=- callback=lost ret=0 injected=0 took=0 frozen=0\n" } 0 .. 999);
is((timeline('--format', $_, $all_lost))[0], 0, "$_: nothing but lost records") foreach @FORMATS;

# A reset, after which the log begins anew.
my $twice = write_file('twice', read_file($SETUP) x 2);
($status, $out) = timeline($twice);
is($status, 0, 'two logs in one');
is((() = $out =~ /^setup of online: ENOMEM/mg), 2, 'are two operations');

# What the checker has found stands before its call, and is of its operation.
my $found = write_file('found', record(seq => 0, cpu => 1, on => 1, time => '1.000000000') .
	record(seq => 1, cpu => 1, on => 1, id => 191, state => 'b', time => '1.000900000', callback => 'violation', expected => 'ascending-states', took => 0) .
	record(seq => 2, cpu => 1, on => 1, id => 191, state => 'b', time => '1.001000000') .
	record(seq => 3, op => 'remove', callback => 'misuse', state => 'c', expected => 'removal-of-what-is-set-up', took => 0));
($status, $out) = timeline($found);
like($out, qr/! violation: CPU 1, b: expected ascending-states/, 'what the checker has found is drawn');
like($out, qr/! misuse: CPU 0, c: expected removal-of-what-is-set-up/, 'also after the last call');
like($out, qr/^CPU 1 online, 3 calls/m, 'as a part of the operation');
like((timeline('--format', 'svg', $found))[1], qr/href="#finding" x="[\d.]+" y="(?!22").*?ascending-states|ascending-states.*href="#finding"/s, 'svg: it is marked');

# Nothing, from a file, from standard input and as it is on disk.
my $empty = write_file('empty', '');
foreach (@FORMATS) {
	($status, $out, my $err) = timeline('--format', $_, $empty);
	is($status, 0, "$_: an empty log");
	like("$out$err", qr/there is no call in this log/, 'is said to be one');
}
is(`../../scripts/timeline - <$SETUP`, (timeline($SETUP))[1], '- is standard input');
is(`../../scripts/timeline --state online --state other $log`, (timeline('--state', 'online', $log))[1], '--state may be given again');
is((() = (timeline('--state', 'prepare', $log))[1] =~ /^ +\d+\.\d{3}  /mg), scalar(grep { $_->{state} eq 'prepare' } calls_in($log)), 'and is all that is drawn');

# A file is there whole or not at all.
is((timeline('--format', 'svg', '-o', "$dir/out.svg", $log))[0], 0, '-o');
is(read_file("$dir/out.svg"), (timeline('--format', 'svg', $log))[1], 'has what is printed else');
is(join(' ', grep { /part/ } glob "$dir/*"), '', 'and leaves nothing beside it');

# From wherever it is started.
my $picture = (timeline('--format', 'perfetto', $SETUP))[1];
symlink '../../scripts/timeline', 'link.tmp' or die "link.tmp: $!\n";
is(`./link.tmp --format perfetto $SETUP`, $picture, 'by a link');
unlink 'link.tmp';
is(`cd ../.. && scripts/timeline --format perfetto selftests/timeline/$SETUP`, $picture, 'by a path that begins with no dot');
is(`cd ../../scripts && PATH=.:\$PATH timeline --format perfetto ../selftests/timeline/$SETUP`, $picture, 'by PATH');

# A drawing that cannot be written.
foreach my $format (@FORMATS) {
	is(system("../../scripts/timeline --format $format $WATCHED >/dev/full 2>$dir/err") >> 8, 2, "$format: a full disk is said");
	like(read_file("$dir/err"), qr/^timeline: standard output: /, 'in a sentence');
}
is((timeline('-o', '/dev/null', $WATCHED))[0], 0, 'what is no file is written to');
ok(-c '/dev/null', 'and stays what it is');

done_testing;
