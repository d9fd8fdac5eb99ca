#!/bin/sh
# The tree keeps its own rules: pure rooms touch nothing, few rooms know the loop's library, nobody calls what we do
# without, every header stands alone behind its guard, no file grows too long.
set -eu
cd "${CRIER_SOURCE:-$(dirname "$0")/../..}"
LC_ALL=C.UTF-8
export LC_ALL
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

complain()
{
	echo "$*" >> "$work/complaints"
}

# Sources without comments and without what stands between quotes, as file:line:code, so that words about a call are not
# taken for the call. Includes keep their names.
code()
{
	for file in "$@"; do
		awk -v file="$file" '
		{
			line = $0
			if (line !~ /^[ \t]*#[ \t]*include/)
				gsub(/\\"/, "", line)
			if (line !~ /^[ \t]*#[ \t]*include/)
				gsub(/"[^"]*"/, "\"\"", line)
			out = ""
			while (line != "") {
				if (inside) {
					at = index(line, "*/")
					if (at == 0)
						break
					line = substr(line, at + 2)
					inside = 0
				}
				at = index(line, "/*")
				if (at == 0) {
					out = out line
					break
				}
				out = out substr(line, 1, at - 1)
				line = substr(line, at + 2)
				inside = 1
			}
			sub(/\/\/.*/, "", out)
			print file ":" FNR ":" out
		}' "$file"
	done
}

# refuse WHY PATTERN FILE: every line of code that fits is a complaint.
refuse()
{
	grep -E "^[^:]*:[0-9]+:.*$2" "$3" > "$work/hits" || return 0
	sed "s|^|$1: |" "$work/hits" >> "$work/complaints"
}

files()
{
	find "$@" -name '*.c' -o -name '*.h' | sort
}

# word CALL…: a pattern that fits a call of one of them, and no longer name that ends so.
calls()
{
	echo "(^|[^A-Za-z0-9_.>])($(echo "$*" | tr ' ' '|'))[ ]*\\("
}

pure="base flow document alert audience text plan calendar"
# The three that read the world for everybody else, in a file of their own: the clock, random bytes, the log's stream.
doors="daemon/base/clock.c daemon/base/digest.c daemon/base/log.c"

# shellcheck disable=SC2046,SC2086 # lists are meant to be split; no name here holds a blank
code $(files $(printf 'daemon/%s ' $pure)) > "$work/pure"
refuse "a pure room includes what touches the machine" \
	'#[ ]*include.*(uv\.h|curl/|sqlite3\.h|microhttpd\.h|sys/socket\.h|netinet/|sys/epoll\.h)' "$work/pure"
for door in $doors; do
	grep -v "^$door:" "$work/pure" > "$work/rest"
	mv "$work/rest" "$work/pure"
done
refuse "a pure room touches the machine" \
	"$(calls open openat creat fopen freopen opendir socket connect bind accept clock_gettime gettimeofday time getrandom fork \
		pthread_create usleep nanosleep sleep rename unlink mkdir)" "$work/pure"

# shellcheck disable=SC2046
code $(files daemon) > "$work/all"
grep -Ev '^daemon/(loop|http|serve)/' "$work/all" > "$work/outside"
refuse "only loop, http and serve know the loop's library" '#[ ]*include[ ]*<uv\.h>' "$work/outside"
grep -Ev '^daemon/http/' "$work/all" > "$work/outside"
refuse "only http knows libcurl" '#[ ]*include[ ]*<curl/' "$work/outside"
grep -Ev '^daemon/serve/' "$work/all" > "$work/outside"
refuse "only serve knows libmicrohttpd" '#[ ]*include[ ]*<microhttpd\.h>' "$work/outside"
grep -Ev '^daemon/(ledger|roster)/' "$work/all" > "$work/outside"
refuse "only ledger and roster know SQLite" '#[ ]*include[ ]*<sqlite3\.h>' "$work/outside"
refuse "an include climbs out of its room" '#[ ]*include[ ]*"\.\./' "$work/all"

refuse "forbidden call" "$(calls sprintf vsprintf strcpy strcat stpcpy gets system popen assert atoi atol atoll atof tmpnam mktemp)" \
	"$work/all"
grep -Ev '^daemon/(cli/)?main\.c:' "$work/all" > "$work/outside"
refuse "only main leaves the process" "$(calls exit _exit quick_exit)" "$work/outside"

for header in $(files daemon | grep '\.h$'); do
	guard=$(echo "${header#daemon/}" | tr 'a-z/.-' 'A-Z___')
	# A file straight under daemon/ has no room in its guard; there is none today.
	grep -qx "#ifndef $guard" "$header" && grep -qx "#define $guard" "$header" ||
		complain "$header: the guard is not $guard"
done

for file in $(files daemon contrib tests); do
	lines=$(wc -l < "$file")
	if [ "$lines" -gt 900 ]; then
		complain "$file: $lines lines, 900 is the most"
	elif [ "$lines" -gt 600 ]; then
		echo "note: $file has $lines lines; above 600 is time to part it"
	fi
done

# Every header compiles by itself, and sees no more rooms than its own room may.
build=${CRIER_BUILD:-}
if [ -d "$build/doors" ]; then
	compiler=${CC:-cc}
	libraries=$(pkg-config --cflags libuv libcurl libconfig jansson sqlite3 libical libmicrohttpd libcrypto 2> /dev/null || true)
	for room in $(sed -n 's/^crier_room(\([a-z]*\)[ )].*/\1/p' daemon/CMakeLists.txt); do
		# The rooms of its line, and theirs in turn: the same arrows that the build draws.
		seen=" $room "
		for _ in 1 2 3 4 5 6; do
			for one in $seen; do
				more=$(tr '\n' ' ' < daemon/CMakeLists.txt |
					sed -n "s/.*crier_room($one\\([^)]*\\)).*/\\1/p" | sed -n 's/.*ROOMS\(.*\)/\1/p' | sed 's/LIBS.*//')
				for next in $more; do
					case "$seen" in *" $next "*) ;; *) seen="$seen$next " ;; esac
				done
			done
		done
		doors=
		for one in $seen; do
			doors="$doors -I$build/doors/$one"
		done
		for header in $(files "daemon/$room" | grep '\.h$'); do
			# shellcheck disable=SC2086
			echo "#include \"${header#daemon/}\"" | "$compiler" -std=gnu11 -D_GNU_SOURCE -fsyntax-only -Wall -Wextra \
				-Wno-unused-parameter -Werror $doors $libraries -x c - > "$work/said" 2>&1 ||
				complain "$header does not compile by itself: $(head -n 3 "$work/said" | tr '\n' ' ')"
		done
	done
else
	echo "note: no build folder; headers were not compiled"
fi

test -e "$work/complaints" || exit 0
cat "$work/complaints" >&2
exit 1
