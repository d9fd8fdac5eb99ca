#!/bin/sh
# Runs every benchmark once, very small, so that none rots: each ends well, leaves nothing behind, and the rows that it adds to
# the table are those that are listed here, with the goals that are listed here: who drops a row or makes a goal easier has to
# say so in this file. No figure is judged.
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

# Stage; then what it is measured by: a ceiling of its own run with the ratio to be reached, or the target itself.
cat > "$work/promised" << 'END'
HTTP out, sms-kannel | ceiling 0.85
HTTP out, sms-kannel, 20 numbers a request | ceiling 0.85
HTTP out, wecom-robot | ceiling 0.85
audience sets | ceiling 0.8
audience, first batch | target 5 ms
audience, walk | target 10 ns a phone
audience, walk in batches of 20 | target 10 ns a phone
first text, median | target 10 ms
first text, p99 | target 50 ms
http room alone | ceiling 0.85
idle, 200 signs, wakeups per poll | target 2 1
idle, CPU | target 0.1 %
idle, wakeups a second | target 1 1/s
ledger and tally alone, memory | target 16 B/recipient
ledger, batches of 100 | target 2000000 recipients/s
ledger, batches of 20 | target 2000000 recipients/s
ledger, bytes on disk | target 64 B/recipient
ledger, oldest record durable, p99 | ceiling 0.5
ledger, receipts, 1000 a call | target 300000 receipts/s
ledger, receipts, one a call | target 300000 receipts/s
peer: Kannel HTTP SMSC | ceiling 4
peer: Kannel HTTP SMSC, store file | ceiling 4
peer: Kannel, CPU for a text | ceiling 4
plan, a decision | target 1 us
plan, a decision under rates | target 1 us
plan, growth with audience | ceiling 0.8
restart, anonymous memory | target 256 MiB
restart, anonymous memory of an open one | target 16 B/recipient
restart, first send | target 1 s
roster import | ceiling 0.4
roster import, memory | target 512 MiB
roster import, seconds for a million | target 5 s
text, one alert x 7 audiences x 3 channels | ceiling 0.5
text, one alert's 21 texts composed | target 1 ms
text, personalised | ceiling 0.5
whole, 4000 residents | ceiling 0.6
whole, 4000 residents, anonymous memory | target 256 MiB
END

node -e '
	const fs = require("fs");
	const lines = fs.readFileSync(process.argv[1], "utf8").trim().split("\n").map((line) => JSON.parse(line));
	const promised = new Set(fs.readFileSync(process.argv[2], "utf8").trim().split("\n"));
	const near = (a, b) => Math.abs(a - b) <= 0.01 * Math.abs(b);
	for (const row of lines) {
		const keys = Object.keys(row).sort().join();
		if (keys !== "ceiling,figure,goal,ratio,stage,target,unit")
			throw new Error(row.stage + " has " + keys);
		if (![row.figure, row.ratio, row.goal].every(Number.isFinite) || row.figure <= 0 || row.ratio <= 0)
			throw new Error(row.stage + " has no figures");
		const beside = row.ceiling ?? row.target;
		if (!near(row.ratio, row.figure / beside) && !near(row.ratio, beside / row.figure))
			throw new Error(row.stage + " has a ratio that is not that of its figures");
		if (row.target !== null && row.goal !== 1)
			throw new Error(row.stage + " has a target and a goal besides");
		const said = row.stage + " | " + (row.target === null ? "ceiling " + row.goal : "target " + row.target + " " + row.unit);
		if (!promised.delete(said))
			throw new Error("not promised, or there twice: " + said);
	}
	if (promised.size > 0)
		throw new Error("promised, and not there: " + [...promised].join("; "));
	console.log(lines.length + " rows");
' "$CRIER_BENCH_FOLDER/rows.jsonl" "$work/promised" || failed=1
exit "$failed"
