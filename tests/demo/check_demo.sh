#!/bin/sh
# The demonstration ends well, leaves nothing behind, and ends at once and cleanly when it is interrupted.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
: "${CRIER_BUILD:?the folder of the build under test}"
export CRIER_BUILD
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

nothing_left() {
	[ -z "$(ls -A "$TMPDIR")" ] || { echo "left on disk: $(ls -A "$TMPDIR")" >&2; exit 1; }
}

"$root/contrib/demo.sh" --quick
nothing_left

# Interrupted as soon as it has started both programs.
"$root/contrib/demo.sh" --quick >/dev/null 2>&1 &
demo=$!
tries=300
until ls "$TMPDIR"/crier-demo.*/crierd.log >/dev/null 2>&1; do
	tries=$((tries - 1))
	[ "$tries" -gt 0 ] || { echo "the demonstration does not start" >&2; exit 1; }
	sleep 0.1
done
folder=$(echo "$TMPDIR"/crier-demo.*)
kill "$demo"
status=0
wait "$demo" || status=$?
[ "$status" -eq 143 ] || { echo "interrupted, yet exit status $status" >&2; exit 1; }
nothing_left
for process in /proc/[0-9]*; do
	if tr '\0' ' ' <"$process/cmdline" 2>/dev/null | grep -qF "$folder"; then
		echo "still running: $(tr '\0' ' ' <"$process/cmdline")" >&2
		exit 1
	fi
done
