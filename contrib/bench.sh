#!/bin/sh
# Measures crier and the raw ceilings beside it, and ends with one table. Ratios count: a goal is met when ratio >= goal.
# Usage: contrib/bench.sh [--full] [STAGE...]     (--full: ten million rows everywhere; STAGE: such as roster, ledger, http)
# Leaves .build/bench/bench.md and bench.json; the last line is the path of the JSON.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
full=
if [ "${1:-}" = --full ]; then
	full=yes
	shift
fi
stages=${*:-roster audience text ledger plan http whole first peer restart idle}

contrib/install.sh test >&2
cmake --preset release >&2
cmake --build --preset release -j "$(nproc)" >&2

CRIER_BENCH_FOLDER="$root/.build/bench"
export CRIER_BENCH_FOLDER
rm -rf "$CRIER_BENCH_FOLDER"
mkdir -p "$CRIER_BENCH_FOLDER"

# size SMALL FULL: which of the two this run wants
size() {
	if [ -n "$full" ]; then echo "$2"; else echo "$1"; fi
}

run() {
	echo "== $*"
	program=$1
	shift
	".build/release/tests/$program" "$@" || echo "$program failed" >> "$CRIER_BENCH_FOLDER/failed"
}

for stage in $stages; do
	case $stage in
	roster)   run bench_roster "$(size 1000000 10000000)" ;;
	audience) run bench_audience 10000000 ;;
	text)     run bench_text ;;
	ledger)   run bench_ledger "$(size 1000000 10000000)" ;;
	plan)     run bench_plan ;;
	http)     run bench_http; run bench_out ;;
	whole)    run bench_whole "$(size 1000000 10000000)" ;;
	first)    run bench_spool; run bench_first 100 10000000 ;;
	peer)     run bench_peer ;;
	restart)  run bench_restart 10000000 ;;
	idle)     run bench_idle ;;
	*) echo "no such stage: $stage" >&2; exit 2 ;;
	esac
done

{
	echo "| stage | figure | ceiling or target | unit | ratio | goal | met |"
	echo "|---|---|---|---|---|---|---|"
	cat "$CRIER_BENCH_FOLDER/rows.md"
} > "$CRIER_BENCH_FOLDER/bench.md"
{
	echo "["
	sed '$!s/$/,/' "$CRIER_BENCH_FOLDER/rows.jsonl"
	echo "]"
} > "$CRIER_BENCH_FOLDER/bench.json"
echo
cat "$CRIER_BENCH_FOLDER/bench.md"
echo
if [ -e "$CRIER_BENCH_FOLDER/failed" ]; then
	cat "$CRIER_BENCH_FOLDER/failed" >&2
	exit 1
fi
echo "$CRIER_BENCH_FOLDER/bench.json"
