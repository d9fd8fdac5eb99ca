#!/bin/sh
# 演示：一条命令看更夫把预警送进一个假想的县。 Demonstration: one command warns a pretend district.
#
# Installs what is missing, builds a release, makes up 100,000 residents, 40 groups and 12 signs, plays the outside world on
# this machine (nothing leaves it), sends four alerts and the weekly reminder, shows progress, prints the report and checks
# its sums against what really arrived. Exit status 0 only if every recipient is accounted for.
#
# Usage: contrib/demo.sh [--quick] [--keep]
#   --quick   5,000 residents
#   --keep    leave everything running, print the address of the world's page and how to end it
# CRIER_BUILD=DIR takes the programs from that build: nothing is installed or built.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
residents=100000
within=280
keep=
for option in "$@"; do
	case $option in
	--quick) residents=5000 ;;
	--keep) keep=1 ;;
	*) sed -n '/^# Usage/,/^# CRIER_BUILD/s/^# //p' "$0" >&2; exit 2 ;;
	esac
done

case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in
en*) english=1 ;;
*) english= ;;
esac

# say 中文 English
say() {
	if [ -n "$english" ]; then printf '%s\n' "$2"; else printf '%s\n' "$1"; fi
}

work=
world=
daemon=
watcher=

# Ends one process that we started: asks, waits up to ten seconds, insists.
end_process() {
	[ -n "$1" ] || return 0
	kill "$1" 2>/dev/null || return 0
	tries=100
	while kill -0 "$1" 2>/dev/null && [ "$tries" -gt 0 ]; do
		sleep 0.1
		tries=$((tries - 1))
	done
	kill -9 "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

finish() {
	status=$?
	trap - EXIT
	trap '' INT TERM HUP
	if [ "$status" -ne 0 ] && [ -n "$work" ]; then
		say "没有成功（$status）。日志的最后几行：" "Failed ($status). The end of the logs:" >&2
		tail -n 15 "$work"/*.log >&2 2>/dev/null || true
	fi
	if [ -n "$keep" ] && [ "$status" -eq 0 ]; then
		exit 0
	fi
	end_process "$watcher"
	end_process "$daemon"
	end_process "$world"
	[ -z "$work" ] || rm -rf "$work"
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# await SECONDS PID COMMAND…: until the command succeeds; fails when the process ends before or time is up.
await() {
	tries=$(($1 * 10))
	process=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		kill -0 "$process" 2>/dev/null || return 1
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
}

# ---- programs ----

work=$(mktemp -d "${TMPDIR:-/tmp}/crier-demo.XXXXXX")
# The daemon's control socket must fit into 107 bytes.
if [ ${#work} -gt 80 ]; then
	rmdir "$work"
	work=$(mktemp -d /tmp/crier-demo.XXXXXX)
fi

if [ -n "${CRIER_BUILD:-}" ]; then
	build=$CRIER_BUILD
else
	say '安装缺少的软件包，编译……' 'Installing missing packages, building …'
	"$here/install.sh" build >"$work/install.log" 2>&1
	build=$root/.build/demo
	mkdir -p "$build" 2>/dev/null && [ -w "$build" ] || build=$work/build
	cmake -S "$root" --preset release -B "$build" -DCRIER_TESTS=OFF >"$work/configure.log" 2>&1
	cmake --build "$build" --target crierd crier crier-world crier-demo >"$work/build.log" 2>&1
fi
crierd=$build/daemon/crierd
crier=$build/daemon/crier
demo=$build/contrib/demo/crier-demo
export CRIER_CONF="$work/crierd.conf"

# ---- the pretend district ----

say "假想的县：$residents 位居民、40 个群、12 块屏。" "A pretend district: $residents residents, 40 groups, 12 signs."
awk -v count="$residents" -f "$here/demo/district.awk" >"$work/residents.csv"

# Without --keep both end with this script; with it they outlive the terminal too.
start() {
	if [ -n "$keep" ]; then exec nohup "$@"; else exec "$@"; fi
}

# Half a percent of the phones are switched off, and one gateway says "too fast" three times.
start "$build/contrib/world/crier-world" --quiet --groups 40 --signs 12 --signature 玉山反诈 \
	--fault city-sms:undelivered=0.5% --fault mas:undelivered=0.5% --fault mas:throttle=3 \
	</dev/null >"$work/addresses" 2>"$work/world.log" &
world=$!
await 20 "$world" grep -q '^ready=1' "$work/addresses" || exit 1
page=$(sed -n 's/^page=//p' "$work/addresses")
"$here/demo/configure.sh" "$work" "$work/addresses"

start "$crierd" -c "$CRIER_CONF" </dev/null >"$work/crierd.log" 2>&1 &
daemon=$!
await 20 "$daemon" "$crier" status || exit 1
say "外面的世界在网页上看得到： $page" "Watch the outside world on this page: $page"

say '' ''
say '导入名册（故意留了几行错的）：' 'Importing the roster (a few lines are wrong on purpose):'
"$crier" roster import "$work/residents.csv" --list residents --source demo --basis demo 2>/dev/null
for rejects in "$work"/state/rejects/*.csv; do
	sed -n '2,4s/^/    | /p' "$rejects"
done

# ---- the three jobs ----

say '' ''
say '同一条刷单预警，三种人三种说法：' 'One alert about order brushing, worded for three audiences:'
"$demo" texts "$here/demo/alerts/2-urgent.cfg"

say '' ''
say '提交四条预警（第二条立即级，会超过前面排队的），再发一次每周提醒：' \
	'Submitting four alerts (the second, immediate, overtakes what is queued), then the weekly reminder:'
for alert in "$here"/demo/alerts/*; do
	"$crier" submit "$alert" >"$work/submitted"
	sed "s|$here/demo/alerts/||" "$work/submitted"
done
"$crier" schedule run weekly-reminder >/dev/null

say '' ''
# In the background, so that a signal to this script is heard at once.
status=0
"$demo" watch "$page" "$within" &
watcher=$!
wait "$watcher" || status=$?
watcher=

say '' ''
say '报表（crier report）：' 'The report (crier report):'
# Forty reminders, one for each group, would hide the four alerts; they are in the totals.
"$crier" report >"$work/report"
awk '!/^weekly-reminder@/' "$work/report"

if [ "$status" -eq 0 ]; then
	say '' ''
	say '每一位收件人都有着落。' 'Every recipient is accounted for.'
fi
if [ -n "$keep" ] && [ "$status" -eq 0 ]; then
	say "一切继续运行。网页： $page" "Everything keeps running. Page: $page"
	say "  命令： CRIER_CONF='$CRIER_CONF' '$crier' status" "  command: CRIER_CONF='$CRIER_CONF' '$crier' status"
	say "  结束： kill $daemon $world; rm -rf '$work'" "  to end: kill $daemon $world; rm -rf '$work'"
fi
exit "$status"
