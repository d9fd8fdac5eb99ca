#!/bin/sh
# The command's table of orders and the daemon's table of commands agree: the same names, and no argument that the command
# sends is one that the daemon refuses.
set -eu
cd "${CRIER_SOURCE:-$(dirname "$0")/../..}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

complain()
{
	echo "$*" >&2
	failed=1
}

# rows FILE NAME: the rows of the table NAME, one a line, as tab-separated words "depth:word". The preprocessor has put
# in what the macros stand for.
rows()
{
	room=$(dirname "$1")
	sed 's/^#[ ]*include.*//' "$1" | "${CC:-cc}" -E -P -D'N_(x)=x' -I"$room" -x c - |
		awk -v table="$2" '
		BEGIN { RS = "\001" }
		{
			at = match($0, table "\\[\\] *=")
			if (at == 0)
				exit 1
			text = substr($0, at)
			text = substr(text, index(text, "=") + 1)
			depth = 0
			row = ""
			while (text != "") {
				c = substr(text, 1, 1)
				if (c == "{") {
					depth++
				} else if (c == "}") {
					if (--depth == 1) {
						print row
						row = ""
					}
					if (depth == 0)
						exit 0
				} else if (c == "\"") {
					word = ""
					for (text = substr(text, 2); (c = substr(text, 1, 1)) != "\""; text = substr(text, 2)) {
						if (c == "\\") {
							text = substr(text, 2)
							c = substr(text, 1, 1)
						}
						word = word c
					}
					row = row depth ":" word "\t"
				} else if (match(text, /^[A-Za-z_][A-Za-z_0-9]*/)) {
					row = row depth ":" substr(text, 1, RLENGTH) "\t"
					text = substr(text, RLENGTH)
				}
				text = substr(text, 2)
			}
		}'
}

rows daemon/app/commands.c commands > "$work/commands" || complain "no table in daemon/app/commands.c"
rows daemon/cli/orders.c orders > "$work/orders" || complain "no table in daemon/cli/orders.c"

# name <tab> arguments, of the daemon
awk -F '\t' 'sub(/^2:/, "", $1) && NF > 2 { sub(/^2:/, "", $2); print $1 "\t" $2 }' "$work/commands" > "$work/known"
# name <tab> P (a word on the line) or O (an option) <tab> argument, of the command
awk -F '\t' 'NF > 3 && sub(/^2:/, "", $1) {
	name = $1
	sub(/^2:/, "", $2)
	if ($2 != "NULL")
		name = $2
	sub(/^2:/, "", $3)
	print name "\tN\t-"
	count = split($3, words, " ")
	for (i = 1; i <= count; i++)
		print name "\tP\t" words[i]
	place = options = 0
	for (i = 4; i <= NF; i++) {
		if ($i !~ /^4:/)
			continue
		if (++place % 4 == 1)
			options++
		if (place % 4 == 3 && $i != "4:NULL")
			print name "\tO\t" substr($i, 3)
	}
	print name "\tC\t" options
}' "$work/orders" > "$work/sent"

[ "$(wc -l < "$work/known")" -ge 30 ] || complain "hardly any commands were found in daemon/app/commands.c"
[ "$(grep -c '	N	' "$work/sent")" -ge 30 ] || complain "hardly any orders were found in daemon/cli/orders.c"

cut -f 1 "$work/known" | sort > "$work/daemon"
sed -n 's/\tN\t-$//p' "$work/sent" | sort > "$work/command"
for name in $(comm -23 "$work/daemon" "$work/command" | tr ' ' '_'); do
	complain "the daemon knows \"$name\", the command does not"
done
for name in $(comm -13 "$work/daemon" "$work/command" | tr ' ' '_'); do
	complain "the command knows \"$name\", the daemon does not"
done

room=$(sed -n 's/.*struct order_option options\[\([0-9]*\)\].*/\1/p' daemon/cli/orders.h)
awk -F '\t' -v room="${room:-0}" '
	FILENAME == ARGV[1] {
		count = split($2, words, " ")
		for (i = 1; i <= count; i++) {
			optional = sub(/^\[/, "", words[i]) && sub(/\]$/, "", words[i])
			args[$1, words[i]] = optional ? "optional" : "required"
			if (!optional)
				wanted[$1, words[i]] = 1
		}
		next
	}
	# Files are told by their name, whatever the help calls them.
	$2 == "P" || $2 == "O" {
		word = $3
		optional = $2 == "O" || word ~ /^\[/
		gsub(/[][]/, "", word)
		if (word ~ /^FILE/)
			word = "name"
		if (!(($1, word) in args))
			print "\"" $1 "\": the command sends \"" word "\", which the daemon does not know"
		else if (optional && $2 == "P" && args[$1, word] == "required")
			print "\"" $1 "\": the daemon needs \"" word "\", the command lets it be left out"
		delete wanted[$1, word]
	}
	# The list of options ends in an empty one, for which there must be room.
	$2 == "C" && $3 >= room { print "\"" $1 "\": " $3 " options leave no room for the end of their list of " room }
	END {
		for (pair in wanted) {
			split(pair, parts, SUBSEP)
			print "\"" parts[1] "\": the daemon needs \"" parts[2] "\", the command never sends it"
		}
	}' "$work/known" "$work/sent" > "$work/wrong"
[ -s "$work/wrong" ] && { cat "$work/wrong" >&2; failed=1; }
exit "$failed"
