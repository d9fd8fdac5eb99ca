#!/bin/sh
# Runs every benchmark once, very small, so that none rots: each ends well, leaves nothing behind, and the rows that it adds to
# the table are what contrib/bench.sh promises. No figure is judged here.
set -eu
work=$(mktemp -d "${TMPDIR:-/tmp}/crier-rows-XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/rows" "$work/tmp"
CRIER_BENCH_FOLDER=$work/rows
TMPDIR=$work/tmp
export CRIER_BENCH_FOLDER TMPDIR
failed=0

complain() {
	echo "$*" >&2
	failed=1
}

# What makes each of them small; the benchmarks stand in the order of the table.
arguments() {
	case $1 in
	bench_roster)   echo 5000 ;;
	bench_audience) echo 20000 ;;
	bench_text)     echo 1 ;;
	bench_ledger)   echo 10000 ;;
	bench_plan)     echo 400 400 ;;
	bench_http)     echo 200 8 ;;
	bench_out)      echo 1000 8 1 ;;
	bench_whole)    echo 4000 16 ;;
	bench_first)    echo 3 2000 ;;
	bench_peer)     echo 500 ;;
	bench_restart)  echo 20000 5 ;;
	bench_idle)     echo 2 ;;
	bench_spool)    echo 20 ;;
	*) return 1 ;;
	esac
}

for source in "$CRIER_SOURCE"/tests/bench/bench_*.c; do
	name=$(basename "$source" .c)
	if ! sizes=$(arguments "$name"); then
		complain "$name: this check does not know how to make it small"
		continue
	fi
	grep -q "run $name" "$CRIER_SOURCE/contrib/bench.sh" || complain "$name: contrib/bench.sh does not run it"
	# shellcheck disable=SC2086 # several arguments
	if ! "$CRIER_BUILD/tests/$name" $sizes > "$work/out" 2>&1; then
		tail -20 "$work/out" >&2
		complain "$name $sizes failed"
	fi
	for left in "$TMPDIR"/*; do
		[ ! -e "$left" ] || complain "$name left $left behind"
	done
	rm -rf "$TMPDIR"/*
done

node -e '
	const lines = require("fs").readFileSync(process.argv[1], "utf8").trim().split("\n").map((line) => JSON.parse(line));
	const names = new Set();
	for (const row of lines) {
		const keys = Object.keys(row).sort().join();
		if (keys !== "ceiling,figure,goal,ratio,stage,unit")
			throw new Error(row.stage + " has " + keys);
		if (![row.figure, row.ratio, row.goal].every(Number.isFinite) || row.figure <= 0 || row.ratio <= 0)
			throw new Error(row.stage + " has no figures");
		if (names.has(row.stage))
			throw new Error(row.stage + " stands there twice");
		names.add(row.stage);
	}
	console.log(lines.length + " rows");
' "$CRIER_BENCH_FOLDER/rows.jsonl" || failed=1
exit "$failed"
