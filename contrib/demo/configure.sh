#!/bin/sh
# Writes the configuration of the pretend district. Usage: configure.sh FOLDER ADDRESSES
# ADDRESSES holds the name=address lines that crier-world printed; FOLDER gets crierd.conf and secrets/.
set -eu
folder=$1
addresses=$2

umask 077
mkdir -p "$folder/secrets"
echo secret > "$folder/secrets/gateway"
awk -v folder="$folder" -v conf="$folder/crierd.conf" '
function out(text) { print text > conf }

# Groups belong to towns, and in each town to those whom a group of this kind is for.
function group(name, url,   town) {
	sub(/\?key=.*/, "", url)
	print name > (folder "/secrets/" name)
	close(folder "/secrets/" name)
	town = 100 + groups % 9
	out("  { name = \"" name "\"; kind = \"wecom-robot\"; url = \"" url "\"; key_file = \"secrets/" name "\";")
	out("    reach = \"staff\"; owner = \"网格员" sprintf("%03d", groups + 1) "\"; areas = [ \"320583" town "\" ];")
	out("    audiences = [ " fitting[groups % 5] " ]; rate = \"18/min\"; },")
	reminded = reminded (groups > 0 ? ", " : "") "\"" name "\""
	groups++
}

function sign(name, address) {
	out("  { name = \"" name "\"; kind = \"led-onbon\"; address = \"" address "\"; areas = [ \"320583\" ];")
	out("    width = 128; height = 32; },")
	rolling = rolling (signs > 0 ? ", " : "") "\"" name "\""
	signs++
}

BEGIN {
	FS = "="
	fitting[0] = "\"parent\", \"student\""
	fitting[1] = "\"elderly\""
	fitting[2] = "\"merchant\", \"finance\""
	fitting[3] = "\"all\""
	fitting[4] = "\"jobless\", \"all\""
	out("// The pretend district of contrib/demo.sh. No quiet hours, signs at all hours: it works whenever it is run.")
	out("site: { name = \"玉山反诈中心\"; signature = \"玉山反诈\"; sender = \"fzzx@ks.example.cn\"; area = \"320583\";")
	out("  hotline = \"96110\"; };")
	out("paths: { spool = \"spool\"; state = \"state\"; control = \"control.sock\"; };")
	out("listen: { port = 0; };")
	out("areas: (")
	towns = split("玉山镇 开发区 巴城镇 周市镇 陆家镇 花桥镇 淀山湖镇 张浦镇 周庄镇", town, " ")
	for (i = 1; i <= towns; i++)
		out("  { code = \"320583" (99 + i) "\"; name = \"" town[i] "\"; }" (i < towns ? "," : " );"))
	out("audiences: {")
	out("  elderly = { label = \"老年人\"; min_age = 60; };")
	out("  minor = { label = \"未成年人\"; max_age = 17; };")
	out("  student = { label = \"在校学生\"; roles = [ \"student\" ]; };")
	out("  parent = { label = \"家长\"; roles = [ \"parent\" ]; };")
	out("  finance = { label = \"财务人员\"; roles = [ \"finance\" ]; };")
	out("  merchant = { label = \"商户\"; roles = [ \"merchant\" ]; };")
	out("  jobless = { label = \"待业人员\"; roles = [ \"jobless\" ]; }; };")
	out("channels: (")
}

# A value may hold = itself.
{ value = substr($0, length($1) + 2) }

$1 == "mas" {
	pull = value
	sub(/norsubmit$/, "report", pull)
	out("  { name = \"mas\"; kind = \"sms-yunmas\"; areas = [ \"320583103\" ]; url = \"" value "\";")
	out("    ec_name = \"玉山反诈中心\"; ap_id = \"crier\"; secret_file = \"secrets/gateway\"; sign_code = \"abcDEF123\";")
	out("    report_url = \"" pull "\"; pull_every = \"1s\";")
	out("    signature_by = \"platform\"; signature_state = \"registered\"; rate = \"300/s\"; window = 4; batch = 200; },")
}

$1 == "city-sms" {
	city = "  { name = \"city-sms\"; kind = \"sms-kannel\"; url = \"" value "\"; user = \"crier\";\n" \
		"    password_file = \"secrets/gateway\"; rate = \"1200/s\"; window = 8; batch = 40; }"
}

$1 ~ /^group-/ { group($1, value) }
$1 ~ /^sign-/ { sign($1, value) }

END {
	out(city " );")
	out("schedules: (")
	out("  { name = \"weekly-reminder\"; rule = \"FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=9;BYMINUTE=0;BYSECOND=0\";")
	out("    channels = [ " reminded " ]; pack = \"weekly\"; },")
	out("  { name = \"slogans\"; from = \"00:00\"; until = \"24:00\";")
	out("    channels = [ " rolling " ]; pack = \"three-no-one-more\"; max_gap = \"60s\"; } );")
	out("signs: { takeover = \"20s\"; poll = \"2s\"; };")
}' "$addresses"
