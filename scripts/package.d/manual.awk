# SPDX-License-Identifier: GPL-2.0
#
# Makes a manual page of what a tool prints with --help, as it stands there. Variables: tool, section, what.
BEGIN {
	printf ".TH %s %s \"\" rust_hotplug\n", tool, section
	printf ".SH NAME\n%s \\- %s\n.SH DESCRIPTION\n.nf\n", tool, what
}
{
	gsub(/\\/, "\\e")
	gsub(/-/, "\\-")
	# A line that begins so would be a command.
	sub(/^[.']/, "\\\\\\&&")
	print
}
END {
	print ".fi\n.SH SEE ALSO\n.BR rust_hotplug (4),\n.BR rust_hotplug\\-selftests (8)"
}
