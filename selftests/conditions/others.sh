#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# case: something else brings every CPU online that goes offline
# says: # SKIP.*brought online by agent-|brought online by agent-.*# SKIP
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

others=$(mktemp -d) || exit 1
cat >"$others/agent" <<'END'
#!/bin/bash
while :; do
	for file in /sys/devices/system/cpu/cpu*/online; do
		[ "$(<"$file")" = 1 ] || echo 1 >"$file"
	done
	sleep 0.05
done 2>/dev/null
END
chmod +x "$others/agent"
"$others/agent" &
tests setup_rollback online_fail offline_veto setup_offline_cpus rollback_safe inject trace instances any_state_hotplug torture
status=$?
kill %1
exit $status
