#!/bin/sh
# Injures the daemon again and again: every suite that kills it, cuts its power, fills its disk or lies to it, with another
# seed each round and, unless --small is given, larger than the test suite does it. Builds first. Ends with one line, and
# with an exit code of 0 only when no suite failed.
set -u

usage() {
	cat <<END
Usage: tests/crash/soak.sh [ROUNDS | --rounds N | --hours H] [options]

Runs the suites that injure crierd, round after round, each with a new seed.

  ROUNDS, --rounds N   so many rounds (default 1)
  --hours H            as many rounds as begin within H hours (a fraction is fine)
  --small              the sizes of the test suite instead of larger ones
  --kills N            deaths at random moments in each round (default 1000; --small: 14)
  --suites REGEX       only programs whose name fits (default: all that injure)
  --jobs N             programs at the same time (default: half of the processors)
  --build DIR          build folder (default: .build/asan of this tree; made when missing)
  --no-build           run what is there
  --logs DIR           where what failed is kept (default: soak-logs in the build folder)
  -h, --help           this text

A failure is told at once, with the command that shows it again. Seeds and sizes go to the programs as CRIER_CRASH_SEED,
CRIER_CRASH_KILLS, CRIER_CRASH_PEOPLE and CRIER_CRASH_STEPS; what each does is said at the top of its source.
END
}

fail() {
	printf 'soak: %s\n' "$*" >&2
	exit 2
}

number() {
	case $2 in
	'' | *[!0-9]* | 0) fail "$1 needs a number, not \"$2\"" ;;
	esac
}

source_dir=$(cd "$(dirname "$0")/../.." && pwd) || exit 2
build=$source_dir/.build/asan
rounds=1 hours='' small=no kills='' do_build=yes logs=''
jobs=$((($(nproc) + 1) / 2))
suites='^(crash_test_.*|ledger_test_(crash|power|disk)|roster_test_killed|http_test_couriers'
suites=$suites'|scenario_test_(abuse|clock|disk|exhaustion|gateways|lies.*|lists|points|power|reload|replies|restart|updates|years))$'

while [ $# -gt 0 ]; do
	case $1 in
	-h | --help)
		usage
		exit 0
		;;
	--small) small=yes ;;
	--no-build) do_build=no ;;
	--rounds | --hours | --kills | --suites | --jobs | --build | --logs)
		[ $# -gt 1 ] || fail "$1 needs a value"
		case $1 in
		--rounds) number "$1" "$2" && rounds=$2 ;;
		--hours) hours=$2 ;;
		--kills) number "$1" "$2" && kills=$2 ;;
		--suites) suites=$2 ;;
		--jobs) number "$1" "$2" && jobs=$2 ;;
		--build) build=$2 ;;
		--logs) logs=$2 ;;
		esac
		shift
		;;
	-*)
		usage >&2
		exit 2
		;;
	*) number rounds "$1" && rounds=$1 ;;
	esac
	shift
done

began=$(date +%s)
deadline=''
if [ -n "$hours" ]; then
	deadline=$(awk -v h="$hours" -v b="$began" 'BEGIN { if (h + 0 <= 0) exit 1; printf "%d", b + h * 3600 }') ||
		fail "--hours needs a number, not \"$hours\""
fi

if [ "$do_build" = yes ]; then
	[ -f "$build/build.ninja" ] || cmake -S "$source_dir" --preset asan -B "$build" >/dev/null || fail "cmake failed"
	cmake --build "$build" >"$build/soak-build.log" 2>&1 || fail "the build failed, see $build/soak-build.log"
fi
build=$(cd "$build" 2>/dev/null && pwd) || fail "there is no build folder $build"
[ -n "$logs" ] || logs=$build/soak-logs
mkdir -p "$logs" || exit 2

programs=$(find "$build/tests" -maxdepth 1 -type f -perm -u+x -printf '%f\n' | grep -E "$suites" | sort)
[ -n "$programs" ] || fail "no program fits $suites"
count=$(printf '%s\n' "$programs" | wc -l)

export CRIER_SOURCE="$source_dir" CRIER_BUILD="$build"
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1 UBSAN_OPTIONS=print_stacktrace=1

# How large the round is. Without --small every step of every job at each of its times, and crowds that change.
sizes() {
	if [ "$small" = yes ]; then
		echo "CRIER_CRASH_KILLS=${kills:-14} CRIER_CRASH_PEOPLE=20000"
	else
		echo "CRIER_CRASH_KILLS=${kills:-1000} CRIER_CRASH_PEOPLE=$((50000 + $1 % 150000)) CRIER_CRASH_STEPS=all"
	fi
}

seed() {
	od -An -N6 -tu8 /dev/urandom | tr -d ' '
}

running=''
stop() {
	trap - INT TERM
	[ -z "$running" ] || kill -- "-$running" 2>/dev/null
	summary
	exit 130
}

summary() {
	printf 'soak: %d rounds of %d suites, %d kills, %d failures, %d s\n' "$done_rounds" "$count" "$all_kills" "$failures" \
		$(($(date +%s) - began))
	[ "$failures" -eq 0 ] || printf 'soak: what failed is in %s\n' "$logs"
}

# One program; its words stay only when it failed.
# shellcheck disable=SC2016 # the inner shell expands it
one='
log=$SOAK_LOGS/round-$SOAK_ROUND-$1.log
timeout --foreground 7200 "$CRIER_BUILD/tests/$1" >"$log" 2>&1 </dev/null
code=$?
grep -oE "[0-9]+ kills|[0-9]+ of [0-9]+ deaths" "$log" | cut -d" " -f1 >>"$SOAK_LOGS/.kills"
if [ $code -eq 0 ]; then
	rm -f "$log"
else
	echo "$1" >>"$SOAK_LOGS/.failed"
	printf "FAILED with %d: %s\n  again: CRIER_SOURCE=%s CRIER_BUILD=%s %s %s/tests/%s\n  words: %s\n" $code "$1" \
		"$CRIER_SOURCE" "$CRIER_BUILD" "$SOAK_SETTINGS" "$CRIER_BUILD" "$1" "$log"
fi
'

done_rounds=0 all_kills=0 failures=0
trap stop INT TERM
while :; do
	if [ -n "$deadline" ]; then
		[ "$(date +%s)" -lt "$deadline" ] || break
	else
		[ "$done_rounds" -lt "$rounds" ] || break
	fi
	round=$((done_rounds + 1))
	round_seed=$(seed)
	settings="CRIER_CRASH_SEED=$round_seed $(sizes "$round_seed")"
	round_began=$(date +%s)
	: >"$logs/.kills"
	: >"$logs/.failed"
	printf '%s\n' "$programs" >"$logs/.programs"
	# In a session of its own, so that it can be ended as a whole.
	# shellcheck disable=SC2086 # the settings are words
	setsid env $settings SOAK_SETTINGS="$settings" SOAK_LOGS="$logs" SOAK_ROUND="$round" \
		xargs -a "$logs/.programs" -P "$jobs" -I '{}' sh -c "$one" sh '{}' &
	running=$!
	wait "$running"
	running=''
	failed=$(wc -l <"$logs/.failed")
	round_kills=$(awk '{ sum += $1 } END { print sum + 0 }' "$logs/.kills")
	done_rounds=$round
	all_kills=$((all_kills + round_kills))
	failures=$((failures + failed))
	printf 'round %d%s: %d of %d suites passed, %d kills, %d s; %s\n' "$round" \
		"$([ -n "$deadline" ] || echo " of $rounds")" $((count - failed)) "$count" "$round_kills" \
		$(($(date +%s) - round_began)) "$settings"
done
rm -f "$logs/.kills" "$logs/.failed" "$logs/.programs"
summary
[ "$failures" -eq 0 ]
