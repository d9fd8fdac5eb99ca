#!/bin/sh
# The manual pages name everything that there is, in both languages, and nothing in them makes man complain: every setting
# of `crierd --settings`, every order with its options, every command of the daemon, every metric, every log event.
set -eu
cd "${CRIER_SOURCE:-$(dirname "$0")/../..}"
LC_ALL=C.UTF-8
export LC_ALL
: "${CRIER_BUILD:?the build folder, as ctest gives it}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

complain()
{
	echo "$*" >&2
	failed=1
}

# entries PAGE: what the page has entries for, a line each, as written on a terminal.
entries()
{
	sed -n 's/^\.BR \([^ ]*\) .*/\1/p; s/^\.B \(.*\)$/\1/p; s/^\\fB\(.*\)/\1/p; s/^\.TP.*//p' "$1" |
		sed 's/\\f[BIRP]//g; s/\\-/-/g' > "$work/entries"
}

pages="daemon/config/crierd.conf.5 daemon/config/crierd.conf.zh_CN.5 daemon/app/crierd.8 daemon/app/crierd.zh_CN.8
	daemon/cli/crier.1 daemon/cli/crier.zh_CN.1"
for page in $pages; do
	test -f "$page" || { echo "there is no $page" >&2; exit 1; }
done

# As many entries of a name as there are settings of that name: "name" stands in several groups.
"$CRIER_BUILD/daemon/crierd" --settings | cut -f 2 | sort > "$work/settings"
[ "$(wc -l < "$work/settings")" -ge 80 ] || complain "crierd --settings prints hardly anything"
for page in daemon/config/crierd.conf.5 daemon/config/crierd.conf.zh_CN.5; do
	entries "$page"
	uniq -c "$work/settings" | while read -r count key; do
		found=$(grep -cx -- "$key" "$work/entries" || true)
		[ "$found" -ge "$count" ] || echo "$page: \"$key\" is described $found times, there are $count"
	done > "$work/said"
	[ -s "$work/said" ] && { cat "$work/said" >&2; failed=1; }
	for kind in $("$CRIER_BUILD/daemon/crierd" --settings | sed -n 's/.* kind=\([^\t]*\)\t.*/\1/p' | sort -u); do
		grep -q "^\.SS .*$kind\$" "$page" || complain "$page: the kind $kind has no part of its own"
	done
done

# Orders as the command lists them, and commands as the daemon's table has them (a check of its own holds the two together).
LC_ALL=en_US.UTF-8 "$CRIER_BUILD/daemon/crier" help > "$work/help"
sed -n 's/^  \([a-z].*\)/\1/p' "$work/help" > "$work/orders"
[ "$(wc -l < "$work/orders")" -ge 30 ] || complain "crier help lists hardly anything"
sed 's/ [[A-Z].*//; s/ \(id\|name\|phone\|batch\)\( .*\)\{0,1\}$//' "$work/orders" > "$work/names"
sed -n 's/^\t{"\([a-z ]*\)", ".*/\1/p' daemon/app/commands.c >> "$work/names"
[ "$(wc -l < "$work/names")" -ge 60 ] || complain "daemon/app/commands.c lists hardly anything"
sed -n 's/{"\([a-z-]*\)", ORDER_/\n--\1\n/gp' daemon/cli/orders.c | grep '^--[a-z]' | sort -u > "$work/options"
[ "$(wc -l < "$work/options")" -ge 8 ] || complain "hardly any options were found in daemon/cli/orders.c"
grep '^exit status' "$work/help" | grep -o '[0-9][0-9]*' > "$work/statuses"
for page in daemon/cli/crier.1 daemon/cli/crier.zh_CN.1; do
	entries "$page"
	sort -u "$work/names" | while read -r name; do
		grep -q "^$name\( \|\$\)" "$work/entries" || echo "$page says nothing of \"$name\""
	done > "$work/said"
	while read -r option; do
		sed 's/\\-/-/g' "$page" | grep -q -- "$option" || echo "$page says nothing of $option"
	done < "$work/options" >> "$work/said"
	while read -r status; do
		grep -qx -- "$status" "$work/entries" || echo "$page says nothing of the exit status $status"
	done < "$work/statuses" >> "$work/said"
	[ -s "$work/said" ] && { cat "$work/said" >&2; failed=1; }
done

sed -n 's/^\t\[[A-Z_]*\] = {"\([a-z_]*\)", METRIC_.*/crier_\1/p' daemon/app/figures.c > "$work/metrics"
[ "$(wc -l < "$work/metrics")" -ge 20 ] || complain "daemon/app/figures.c lists hardly any figures"
find daemon -name '*.c' -exec cat {} + | tr '\n' ' ' | grep -oE 'log_event\([^"]*"[a-z-]+"( : "[a-z-]+")?' |
	grep -oE '"[a-z-]+"' | tr -d '"' | sort -u > "$work/events"
[ "$(wc -l < "$work/events")" -ge 20 ] || complain "hardly any log events were found"
for page in daemon/app/crierd.8 daemon/app/crierd.zh_CN.8; do
	entries "$page"
	cat "$work/metrics" "$work/events" | while read -r name; do
		grep -qx -- "$name" "$work/entries" || echo "$page says nothing of $name"
	done > "$work/said"
	grep '^crier_' "$work/entries" | while read -r name; do
		grep -qx -- "$name" "$work/metrics" || echo "$page describes $name, which there is not"
	done >> "$work/said"
	[ -s "$work/said" ] && { cat "$work/said" >&2; failed=1; }
done

[ "$failed" -eq 0 ] || exit 1
command -v man > /dev/null && command -v groff > /dev/null || exit 77
# A command or address that is longer than the line (-Wbreak) is no mistake.
for page in $(find daemon -name '*.[1578]' | sort); do
	MANWIDTH=100 MANROFFOPT=-Wbreak man --warnings -E UTF-8 -l -Tutf8 "$page" 2> "$work/said" > /dev/null || complain "$page: man fails"
	[ -s "$work/said" ] && { sed "s|^|$page: |" "$work/said" >&2; failed=1; }
done
exit "$failed"
