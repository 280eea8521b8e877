#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# Nothing that stands in a log gets out of a drawing: names of states, instances and tasks are text,
# whatever they look like. What a browser makes of the page is in page.py.
use strict;
use warnings;
use lib '.';
use Common;
use Test::More;

my @names = ('<script>alert(1)</script>', '</title></style><img/src=x/onerror=alert(1)>', '"onload="alert(1)', "'onload='alert(1)",
	'&lt;b&gt;', ']]><x>', '--><x>', '{{DATA}}', '</script><script>alert(1)</script>', '\\u003cscript\\u003e', '${alert(1)}', '%s%n',
	'$(touch${IFS}x)', '`id`', "\e]0;title\a", "\xc3\xa9\xff\x00", '__proto__', 'constructor', '-', '..', 'x' x 5000, '0', '99999999999999999999');
my $n = 0;
my $log = write_file('hostile', join '', map { my $name = $_; map { record(seq => $n++, id => $n, cpu => $n % 4,
	time => sprintf('1.%09d', 1e6 * $n), ret => -($n % 5 == 0) * 12, %$_) } { state => $name }, { instance => $name }, { task => $name },
	{ op => $name }, { callback => 'violation', expected => $name } } @names);
# Its lines are records, all of them.
my ($status, $text, $err) = timeline($log);
is($status, 0, 'a log with hostile names');
unlike($text, qr/[^\n -~]/, 'text: nothing that a terminal would act on');
is((grep { length > 80 } split /\n/, $text), 0, 'nor wider than it is');

# What is markup in a picture is ours: without what is between tags, and what attributes have, these are known.
my $svg = (timeline('--format', 'svg', $log))[1];
my %tags = map { $_ => 1 } $svg =~ /<([^\s>]*)/g;
my @known = map { ($_, "/$_") } qw(svg title style defs g path circle text rect use);
ok((!grep { my $tag = $_; !grep { $tag =~ m{^\Q$_\E/?$} } @known } keys %tags), 'svg: no tag that is not its own') or diag(join ' ', keys %tags);
my %attributes = map { $_ => 1 } map { /([\w-]+)=(?:"[^"]*")/g } $svg =~ /<[a-z]([^>]*)>/g;
is((grep { /^on|^style$/ } keys %attributes), 0, 'and no attribute that would run');
unlike($svg =~ s/<style>.*?<\/style>//sr, qr/&(?!amp;|lt;|gt;|quot;|#39;)/, 'and no entity that is not its own');
unlike($svg, qr/[^\n -~\xc2\xb5]/, 'and nothing but text');
is((() = $svg =~ /<svg/g), 1, 'and one picture');

my $html = (timeline('--format', 'html', $log))[1];
my $plain = (timeline('--format', 'html', $SETUP))[1];
foreach my $tag ('<script', '</script', '<style', '</style', '<img', '<!--', '-->', '</title', '<title') {
	is((() = $html =~ /\Q$tag\E/gi), (() = $plain =~ /\Q$tag\E/gi), "html: no more of $tag than a page has");
}
my ($data) = $html =~ m{<script type="application/json" id="data">(.*?)</script>}s;
unlike($data, qr/[<>&'\x00-\x09\x0b-\x1f\x7f-\xff]/, 'and its data have nothing that ends them');
SKIP: {
	eval { require JSON::PP; 1 } or skip 'no JSON::PP', 2;
	my $whats = eval { JSON::PP::decode_json($data) };
	ok($whats, 'which are JSON') or diag($@);
	my %states = map { $_->[0] => 1 } @{$whats->{whats}};
	ok($states{'<script>alert(1)</script>'} && $states{'{{DATA}}'}, 'and have the names as they are');
}
like($html, qr/Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-([0-9a-f]{32})'/, 'no other script may run');
isnt(($html =~ /nonce-(\w+)/)[0], ($plain =~ /nonce-(\w+)/)[0], 'and nobody can know which one may');

foreach my $format (qw(table perfetto)) {
	my ($status, $out) = timeline('--format', $format, $log);
	is($status, 0, "$format: drawn");
	unlike($out, qr/[^\n -~]/, 'in visible characters') if $format eq 'table';
}
# The name of the file is data as well.
my $name = '<b onmouseover=alert(1)>"\'&.log';
write_file($name, read_file($SETUP));
unlike((timeline('--format', 'html', "$dir/$name"))[1], qr/<b on/, 'nor does the name of the log');

# Logs of any bytes: it may say what it likes, but ends by itself.
srand(1);
my $whole = read_file($WATCHED);
my $bad = 0;
foreach my $round (1 .. 60) {
	my $bytes = $whole;
	substr($bytes, rand length $bytes, 1 + rand 3) = join '', map { chr rand 256 } 0 .. rand 5 foreach 1 .. 1 + rand 200;
	write_file('random', substr $bytes, 0, rand length $bytes);
	my $format = (qw(text svg html perfetto table))[$round % 5];
	my ($status, $out, $err) = timeline('--format', $format, "$dir/random");
	$bad++, diag("$format: $status: $err") if $status !~ /^[01]$/ || $err =~ / at \S+ line \d+/;
}
is($bad, 0, 'logs with random bytes are drawn without a complaint of perl');

done_testing;
