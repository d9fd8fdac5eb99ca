#!/bin/sh
# A real Kannel delivers our texts: Chinese intact, one message for each recipient, long texts in parts that fit together,
# and every receipt that its SMSC gives is counted.
#
# bearerbox has two links. `fake` is Kannel's own fakesmsc, which prints what it gets; bearerbox confirms all of it as delivered
# by itself. There the texts are compared. `relay` is a provider's Kannel, played by crier-world, which sends receipts, good and
# bad, back through bearerbox and smsbox: there they are counted. Own configuration, own ports, never the packaged service.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
: "${CRIER_BUILD:?the folder of the build under test}"
fakesmsc=/usr/lib/kannel/test/fakesmsc
PATH=$PATH:/usr/sbin
if ! command -v bearerbox >/dev/null || ! command -v smsbox >/dev/null || [ ! -x "$fakesmsc" ]; then
	echo 'packages kannel and kannel-extras are not installed' >&2
	exit 77
fi

people=300 # on each link
work=$(mktemp -d)
chmod 711 "$work"
mkdir "$work/kannel"
started=
as=
if [ "$(id -u)" -eq 0 ]; then
	chown nobody "$work/kannel"
	as='setpriv --reuid=nobody --regid=nogroup --clear-groups'
	# Where temporary folders are closed to others, so be it.
	$as test -w "$work/kannel" || as=
fi
export CRIER_CONF="$work/crierd.conf" TZ=Asia/Shanghai LC_ALL=C
crier=$CRIER_BUILD/daemon/crier

# end PID: asks, waits up to five seconds, insists.
end() {
	kill "$1" 2>/dev/null || true
	tries=50
	while kill -0 "$1" 2>/dev/null && [ "$tries" -gt 0 ]; do
		sleep 0.1
		tries=$((tries - 1))
	done
	kill -9 "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

# shellcheck disable=SC2317 # reached by the trap
finish() {
	status=$?
	trap - EXIT INT TERM
	for process in $started; do
		end "$process"
	done
	if [ "$status" -ne 0 ]; then
		tail -n 10 "$work"/*.log "$work"/kannel/*.out 2>/dev/null | cut -c 1-200 >&2 || true
	fi
	rm -rf "$work"
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# await SECONDS COMMAND…
await() {
	tries=$(($1 * 5))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.2
	done
}

# ---- ports ----

# in_use PORT: somebody has it, listening or otherwise.
in_use() {
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port="$(printf '%04X' "$1")" \
		'{ split($2, local, ":"); if (local[2] == port) found = 1 } END { exit !found }'
}

# Five ports in a row that nobody has now; below those that the system gives out by itself.
choose_ports() {
	try=0
	while [ "$try" -lt 200 ]; do
		base=$((20000 + ($$ * 7 + try * 101 + ${1:-0} * 1009) % 12000))
		free=1
		for offset in 0 1 2 3 4; do
			! in_use $((base + offset)) || free=
		done
		[ -z "$free" ] || return 0
		try=$((try + 1))
	done
	fail 'no free ports'
}

# ---- the pieces ----

write_kannel_conf() {
	cat >"$work/kannel.conf" <<END
group = core
admin-port = $base
admin-password = unused
smsbox-port = $((base + 1))
box-allow-ip = 127.0.0.1

group = smsc
smsc = fake
smsc-id = fake
allowed-smsc-id = fake
host = 127.0.0.1
port = $((base + 2))
connect-allow-ip = 127.0.0.1

group = smsc
smsc = http
smsc-id = relay
allowed-smsc-id = relay
system-type = kannel
port = $((base + 3))
connect-allow-ip = 127.0.0.1
send-url = "$provider"
smsc-username = crier
smsc-password = secret
dlr-url = "http://127.0.0.1:$((base + 3))/?username=crier&password=secret"

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = $((base + 4))
sendsms-interface = 127.0.0.1

group = sendsms-user
username = crier
password = secret
concatenation = true
max-messages = 10
default-sender = 10690000
END
	chmod 644 "$work/kannel.conf"
}

smsbox_ready() {
	in_use $((base + 4)) && grep -q 'Connected to bearerbox' "$work/kannel/smsbox.out"
}

# Another program may take a port between the look and the start: then with other ports.
start_kannel() {
	for round in 1 2 3; do
		choose_ports "$round"
		write_kannel_conf
		$as bearerbox "$work/kannel.conf" >"$work/kannel/bearerbox.out" 2>&1 </dev/null &
		bearerbox=$!
		started="$bearerbox $started"
		if await 10 in_use $((base + 1)) && await 10 in_use $((base + 2)); then
			$as smsbox "$work/kannel.conf" >"$work/kannel/smsbox.out" 2>&1 </dev/null &
			smsbox=$!
			started="$smsbox $started"
			await 10 smsbox_ready && kill -0 "$bearerbox" && return 0
			end "$smsbox"
		fi
		end "$bearerbox"
	done
	fail 'Kannel does not start'
}

# It ends when its input does, so a pipe is held open.
start_fakesmsc() {
	mkfifo "$work/held"
	exec 9<>"$work/held"
	$as "$fakesmsc" -H 127.0.0.1 -r $((base + 2)) <&9 >>"$work/kannel/fakesmsc.out" 2>&1 &
	started="$! $started"
}

# One phone in twenty of the relay is switched off.
start_world() {
	"$CRIER_BUILD/contrib/world/crier-world" --quiet --json --fault city-sms:undelivered=5% \
		>"$work/world.out" 2>"$work/world.log" </dev/null &
	world=$!
	started="$world $started"
	await 20 grep -q '^ready=1' "$work/world.out" || fail 'crier-world does not start'
	provider=$(sed -n 's/^city-sms=//p' "$work/world.out")
}

start_crierd() {
	echo secret >"$work/password"
	chmod 600 "$work/password"
	sendsms=http://127.0.0.1:$((base + 4))/cgi-bin/sendsms
	account="kind = \"sms-kannel\"; url = \"$sendsms\"; user = \"crier\"; password_file = \"password\"; rate = \"500/s\";"
	cat >"$CRIER_CONF" <<END
site: { name = "玉山反诈中心"; signature = "玉山反诈"; sender = "fzzx@ks.example.cn"; area = "320583"; hotline = "96110"; };
paths: { spool = "spool"; state = "state"; control = "control.sock"; };
listen: { port = 0; };
audiences: { student = { label = "在校学生"; roles = [ "student" ]; }; elderly = { label = "老年人"; min_age = 60; }; };
channels: (
  { name = "fake"; areas = [ "320583100" ]; smsc = "fake"; $account },
  { name = "relay"; areas = [ "320583101" ]; smsc = "relay"; $account } );
END
	"$CRIER_BUILD/daemon/crierd" -c "$CRIER_CONF" >"$work/crierd.log" 2>&1 </dev/null &
	started="$! $started"
	await 20 "$crier" status || fail 'crierd does not start'
}

# Students and the old by turns, on either link: number,birth year,role,area.
write_roster() {
	awk -v people="$people" 'BEGIN {
		print "phone,birth_year,roles,area"
		for (i = 0; i < 2 * people; i++)
			printf "138%08d,%s,32058310%d\n", i, i % 4 < 2 ? "2006,student" : "1950,", i % 2
	}' >"$work/residents.csv"
}

# ---- what is expected ----

# read_lanes ID CHANNEL: the lanes of a channel as "audience<TAB>text" in texts, and their states summed up, "state=count" each.
read_lanes() {
	"$crier" --json report "$1" | awk -v wanted="$2" -v texts="$work/texts" '
	function value(line) { sub(/^[^:]*: "?/, "", line); sub(/"?,?$/, "", line); return line }
	/^ *"lanes": \[/ { lanes = 1 }
	!lanes { next }
	/^ *"channel":/ { channel = value($0) }
	/^ *"audience":/ { audience = value($0) }
	/^ *"states": \{/ { states = 1; next }
	states && /\}/ { states = 0 }
	states && channel == wanted { name = $1; gsub(/[":]/, "", name); count[name] += value($0) }
	/^ *"text":/ && channel == wanted { print audience "\t" value($0) > texts }
	END { for (name in count) print name "=" count[name] }' | sort | tr '\n' ' '
}

# Everybody of the link `fake` with the text of their audience.
expected() {
	awk -F'\t' -v parts="$1" '
	NR == FNR { text[$1] = $2; next }
	{ split($0, field, ",") }
	field[4] == "320583100" && field[3] == "student" && ("student" in text) { print field[1] "\t" text["student"] "\t" parts }
	field[4] == "320583100" && field[3] == "" && ("elderly" in text) { print field[1] "\t" text["elderly"] "\t" parts }
	' "$work/texts" "$work/residents.csv" | sort
}

seen() {
	awk -f "$here/decode.awk" "$work/kannel/fakesmsc.out" | sort
}

lines_of() {
	[ "$(seen | wc -l)" -ge "$1" ]
}

states_are() {
	[ "$(read_lanes "$1" "$2")" = "$3" ]
}

# Nobody of the relay still waits for a receipt.
receipts_complete() {
	case $(read_lanes "$1" relay) in
	*accepted* | *waiting* | *in-flight*) return 1 ;;
	esac
}

# number NAME FILE: the first number of that name in the world's report.
number() {
	sed -n "s/^ *\"$1\": \([0-9]*\),*\$/\1/p" "$2" | head -n 1
}

# ---- the test ----

start_world
start_kannel
start_fakesmsc
start_crierd
write_roster
"$crier" roster import "$work/residents.csv" --list test --source test --basis test >/dev/null 2>&1

cat >"$work/short.cfg" <<'END'
id = "short"; sender = "fzzx@ks.example.cn"; fraud_type = "order-brushing"; urgency = "immediate";
summary = "我市一居民被拉入微信群做点赞任务，被诱导垫付12.8万元。"; loss = "128000";
audiences = [ "student", "elderly" ]; areas = [ "320583" ];
END
"$crier" submit "$work/short.cfg" >/dev/null
await 40 lines_of "$people" || fail "fakesmsc got $(seen | wc -l) messages of $people"
await 20 states_are short fake "delivered=$people " || fail "link fake: $(read_lanes short fake)"
await 40 receipts_complete short || fail "link relay: $(read_lanes short relay)"
relay=$(read_lanes short relay)
read_lanes short fake >/dev/null
expected 1 >"$work/expected"
seen >"$work/seen"
[ "$(cut -f2 "$work/texts" | sort -u | wc -l)" -eq 2 ] || fail 'the two audiences should read two texts'
cmp "$work/expected" "$work/seen" || fail "$(diff "$work/expected" "$work/seen" | head -n 6)"

# 100 characters and the signature: two parts. Only people of the link that prints.
: >"$work/texts"
: >"$work/kannel/fakesmsc.out"
cat >"$work/long.cfg" <<'END'
id = "long"; sender = "fzzx@ks.example.cn"; fraud_type = "fake-police"; urgency = "immediate";
summary = "近日有人冒充警察打电话给老年居民。"; audiences = [ "elderly" ]; areas = [ "320583100" ];
text = { sms = "老年朋友：近日有人冒充警察，骗老人把钱转到“安全账户”。警察没有安全账户，不会来电要钱，也不会要您保密、不许告诉子女。请挂断电话，当面问问子女或社区民警，有疑问打96110，钱已转出请马上打110。"; };
END
"$crier" submit "$work/long.cfg" >/dev/null
await 40 lines_of $((people / 2)) || fail "fakesmsc got $(seen | wc -l) long messages of $((people / 2))"
await 20 states_are long fake "delivered=$((people / 2)) " || fail "link fake: $(read_lanes long fake)"
read_lanes long fake >/dev/null
expected 2 >"$work/expected"
seen >"$work/seen"
cmp "$work/expected" "$work/seen" || fail "$(diff "$work/expected" "$work/seen" | head -n 6)"

# What the provider behind the relay says of its phones is what the report says.
end "$world"
sed '1,/^ready=1/d' "$work/world.out" >"$work/world.json"
delivered=$(number delivered "$work/world.json")
undelivered=$(number undelivered "$work/world.json")
[ "$((delivered + undelivered))" -eq "$people" ] || fail "the relay took $delivered + $undelivered of $people"
[ "$(number once "$work/world.json")" -eq "$people" ] || fail "not everybody behind the relay got exactly one text"
[ "$undelivered" -gt 0 ] || fail 'no phone was switched off: nothing was shown'
[ "$relay" = "delivered=$delivered failed=$undelivered " ] || fail "report: $relay; relay: $delivered, $undelivered"
echo "Kannel: $people texts read back, $((people / 2)) in two parts; relay: $relay"
