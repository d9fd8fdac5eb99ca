#!/bin/sh
# One harness by libFuzzer for a while, from its seeds; what contrib/test.sh and contrib/fuzz.sh call.
# Usage: tests/fuzz/run.sh HARNESS SECONDS
# CRIER_FUZZ_TREE is the build folder of the preset `fuzz` (without it: skipped, exit 77). CRIER_FUZZ_CORPUS keeps what is found
# worth keeping (a folder for each harness); without it everything is forgotten. CRIER_FUZZ_SECONDS overrides SECONDS.
set -eu
harness=$1
seconds=${CRIER_FUZZ_SECONDS:-$2}
here=$(cd "$(dirname "$0")" && pwd)
program=${CRIER_FUZZ_TREE:-}/tests/$harness
if [ ! -x "$program" ]; then
	echo "$harness is not built: set CRIER_FUZZ_TREE to a build of the preset fuzz"
	exit 77
fi

# In memory where there is such a folder: some harnesses write a file for every input.
under=${TMPDIR:-/tmp}
[ ! -w /dev/shm ] || under=/dev/shm
work=$(mktemp -d "$under/crier-fuzz-XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/tmp"
corpus=$work/corpus
failures=$work/
if [ -n "${CRIER_FUZZ_CORPUS:-}" ]; then
	corpus=$CRIER_FUZZ_CORPUS/$harness
	failures=$CRIER_FUZZ_CORPUS/$harness-
fi
mkdir -p "$corpus"

# An input that takes longer than ten seconds, or two gigabytes, is a finding too.
if TMPDIR="$work/tmp" "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
	-artifact_prefix="$failures" "$corpus" "$here/seeds/$harness" > "$work/log" 2>&1; then
	grep -E 'number_of_executed_units|average_exec_per_sec|peak_rss_mb' "$work/log"
	exit 0
fi
tail -60 "$work/log"
for input in "$failures"crash-* "$failures"timeout-* "$failures"oom-* "$failures"leak-*; do
	if [ -e "$input" ]; then
		echo "the input, in base64; add it to tests/fuzz/seeds/$harness once it is repaired:"
		base64 "$input" | head -200
	fi
done
exit 1
