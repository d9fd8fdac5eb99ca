#!/bin/sh
# A real file system that fills up under a real daemon, in the middle of an alert for 20,000 people: what an operator sees,
# what goes on, and that everything goes on by itself when there is room. Needs the right to mount a small tmpfs.
set -eu
crier=$CRIER_BUILD/daemon/crier
crierd=$CRIER_BUILD/daemon/crierd
world=$CRIER_BUILD/contrib/world/crier-world
[ -x "$crier" ] && [ -x "$crierd" ] && [ -x "$world" ] || exit 77
work=$(mktemp -d /tmp/crier-full.XXXXXX)
disk=$work/disk
mkdir "$disk"
mount -t tmpfs -o size=48m,mode=700 tmpfs "$disk" 2>/dev/null || { rm -rf "$work"; exit 77; }
daemon= pretended=
failed=0
export LC_ALL=C.UTF-8 LANGUAGE= CRIER_CONF="$work/crierd.conf" TZ=Asia/Shanghai

end_daemon()
{
	[ -n "$daemon" ] || return 0
	kill "$daemon" 2>/dev/null || true
	wait "$daemon" || { echo "crierd ended with $?" >&2; failed=1; }
	daemon=
}

finish()
{
	end_daemon
	if [ -n "$pretended" ]; then
		kill "$pretended" 2>/dev/null || true
		wait "$pretended" || true
	fi
	grep -n 'Sanitizer\|runtime error' "$work/log" && failed=1
	[ "$failed" -eq 0 ] || tail -n 40 "$work/log" >&2
	umount "$disk"
	rm -rf "$work"
	exit "$failed"
}
trap finish EXIT

give_up()
{
	echo "$*" >&2
	failed=1
	exit
}

. "$CRIER_SOURCE/tests/world/expect.sh"

# wait_for SECONDS COMMAND…: until it succeeds.
wait_for()
{
	left=$(($1 * 5))
	shift
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || give_up "never: $*"
		sleep 0.2
	done
}

# How many residents of an alert are in a state.
count()
{
	"$crier" --json report "$1" |
		sed -n "/\"residents\": {/,/}/s/.*\"$2\": \([0-9]*\).*/\1/p" | head -n 1
}

at_least()
{
	[ "$(count "$1" "$2")" -ge "$3" ]
}

holds()
{
	grep -q -e "$1" "$work/log"
}

start()
{
	"$crierd" -c "$CRIER_CONF" >>"$work/log" 2>&1 &
	daemon=$!
	wait_for 30 "$crier" status
}

alert()
{
	cat >"$work/$1.cfg" <<END
id = "$1"; fraud_type = "order-brushing"; summary = "一居民被骗，$1。"; audiences = [ "all" ]; areas = [ "320583" ];
urgency = "immediate"; text: { sms = "$1号提醒：要您先垫钱的都是诈骗。"; };
END
}

"$world" --quiet --json --password s3cret >"$work/world" 2>"$work/world.log" &
pretended=$!
wait_for 20 grep -q ready=1 "$work/world"
cat >"$CRIER_CONF" <<END
site: { name = "玉山"; signature = "玉山反诈"; sender = "a@example.cn"; area = "320583"; };
paths: { spool = "disk/spool"; state = "disk/state"; control = "control.sock"; };
areas: ( { code = "320583100"; name = "玉山镇"; } );
channels: ( { name = "sms"; kind = "sms-kannel"; url = "$(sed -n 's/^city-sms=//p' "$work/world")"; user = "crier";
	password_file = "password"; rate = "2000/s"; batch = 50; window = 8; } );
END
echo s3cret >"$work/password"
chmod 600 "$work/password"
awk 'BEGIN { print "phone,birth_year,roles,area";
	for (i = 0; i < 20000; i++) printf "138%08d,1980,,320583100\n", i }' >"$work/people.csv"
alert A1
alert A2
: >"$work/log"
start
expect 0 20000 "$crier" roster import "$work/people.csv" --list all --source 测试 --basis 测试
expect 0 A1 "$crier" submit "$work/A1.cfg"
wait_for 20 at_least A1 accepted 500

# Somebody else's file takes the rest.
dd if=/dev/zero of="$disk/somebody-elses" bs=4096 2>/dev/null || true
wait_for 30 holds 'intake-held'
expect 75 '磁盘' "$crier" submit "$work/A2.cfg"
cp "$work/said" "$work/refusal"
expect 0 '磁盘' "$crier" status
[ ! -e "$disk/state/ledger.reserve" ] || give_up "the reserve was not given up"
[ -z "$(ls "$disk/spool/tmp")" ] || give_up "a file that was not handed over is left in tmp/"

# There is room again: the rest is sent and recorded, and the next alert taken.
rm "$disk/somebody-elses"
wait_for 60 at_least A1 total 20000
wait_for 90 sh -c "'$crier' status | grep -q -v 磁盘 && '$crier' submit '$work/A2.cfg'"
wait_for 60 at_least A1 accepted 20000
wait_for 60 at_least A2 accepted 20000
[ -e "$disk/state/ledger.reserve" ] || give_up "there is no reserve again"
expect 0 . "$crier" audit verify
end_daemon

# On a disk that was full before: it starts, says so, and takes nothing new.
rm "$disk/state/ledger.reserve"
dd if=/dev/zero of="$disk/somebody-elses" bs=4096 count=$(($(df -P -k "$disk" | awk 'NR == 2 { print $4 }') / 4 - 256)) \
	2>/dev/null
start
expect 75 '磁盘' "$crier" submit "$work/A2.cfg"
holds 'reserve of 8 MiB' || give_up "the log does not say that there is no reserve"
end_daemon

kill "$pretended"
wait "$pretended" || true
pretended=
grep -q '"texts": 40000' "$work/world" && grep -q '"most": 2' "$work/world" || give_up "not every phone rang once a text"
