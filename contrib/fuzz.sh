#!/bin/sh
# Fuzzes for hours: every harness, or those named, as many at once as there are processors, turn by turn until the time is up.
# Usage: contrib/fuzz.sh [--hours N | --minutes N] [HARNESS...]     (one hour; fuzz_alert or alert, ...)
# What is worth keeping is kept in .build/fuzz/corpus and made small at the end. What fails is named, with the way to repeat it.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
minutes=60
wanted=
while [ $# -gt 0 ]; do
	case $1 in
	--hours)   minutes=$((${2:?hours} * 60)); shift ;;
	--minutes) minutes=${2:?minutes}; shift ;;
	-h|--help) sed -n '2,4s/^# //p' "$0"; exit 0 ;;
	-*) sed -n '3s/^# //p' "$0" >&2; exit 2 ;;
	*) wanted="$wanted fuzz_${1#fuzz_}" ;;
	esac
	shift
done
if [ -z "$wanted" ]; then
	for file in tests/fuzz/fuzz_*.c; do
		wanted="$wanted $(basename "$file" .c)"
	done
fi
count=0
for harness in $wanted; do
	[ -e "tests/fuzz/$harness.c" ] || { echo "there is no tests/fuzz/$harness.c" >&2; exit 2; }
	count=$((count + 1))
done

contrib/install.sh test
cmake --preset fuzz > /dev/null
# shellcheck disable=SC2086 # several targets
cmake --build --preset fuzz -j "$(nproc)" --target $wanted
CRIER_FUZZ_TREE=$root/.build/fuzz
CRIER_FUZZ_CORPUS=$root/.build/fuzz/corpus
export CRIER_FUZZ_TREE CRIER_FUZZ_CORPUS
mkdir -p "$CRIER_FUZZ_CORPUS"

# Everybody gets several turns, so that a night that is cut short has still seen all of them.
jobs=$(nproc)
rounds=4
turn=$((minutes * 60 * jobs / (count * rounds)))
[ "$turn" -ge 10 ] || { rounds=1; turn=$((minutes * 60 * jobs / count)); }
[ "$turn" -ge 1 ] || turn=1
echo "$count harnesses, $jobs at once, $rounds turns of $turn s each, about $minutes minutes"
status=0
for round in $(seq "$rounds"); do
	echo "-- turn $round of $rounds"
	# shellcheck disable=SC2086 # several names
	printf '%s\n' $wanted | CRIER_FUZZ_SECONDS=$turn xargs -P "$jobs" -I{} sh -c '
		if out=$(tests/fuzz/run.sh {} 0 2>&1); then
			echo "{}: $(echo "$out" | tr "\n" " ")"
		else
			echo "{} FAILED"; echo "$out"; exit 1
		fi' || status=1
done

for harness in $wanted; do
	small=$CRIER_FUZZ_CORPUS/$harness.small
	rm -rf "$small"
	mkdir -p "$small"
	if "$CRIER_FUZZ_TREE/tests/$harness" -merge=1 "$small" "$CRIER_FUZZ_CORPUS/$harness" > /dev/null 2>&1; then
		rm -rf "${CRIER_FUZZ_CORPUS:?}/$harness"
		mv "$small" "$CRIER_FUZZ_CORPUS/$harness"
	else
		rm -rf "$small"
	fi
done
for input in "$CRIER_FUZZ_CORPUS"/*-crash-* "$CRIER_FUZZ_CORPUS"/*-timeout-* "$CRIER_FUZZ_CORPUS"/*-oom-* "$CRIER_FUZZ_CORPUS"/*-leak-*; do
	[ -e "$input" ] || continue
	name=$(basename "$input")
	harness=${name%%-*}
	echo "repeat: .build/fuzz/tests/$harness .build/fuzz/corpus/$name; once repaired: cp it to tests/fuzz/seeds/$harness/"
	status=1
done
[ "$status" -ne 0 ] || echo "nothing was found"
exit "$status"
