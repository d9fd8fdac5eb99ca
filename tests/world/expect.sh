# expect STATUS WORDS COMMAND…: it ends with STATUS within 20 s, says WORDS (a pattern) somewhere, and never a byte that moves
# the cursor. Sourced by checks that run operators' commands; needs $work, sets failed=1.
expect()
{
	wanted=$1 words=$2
	shift 2
	status=0
	timeout 20 "$@" >"$work/said" 2>&1 </dev/null || status=$?
	if [ "$status" -ne "$wanted" ] || ! grep -q -e "$words" "$work/said"; then
		echo "$*: status $status instead of $wanted, or not a word of \"$words\":" >&2
		head -c 2000 "$work/said" >&2
		failed=1
	fi
	if tr -d '\n\t' <"$work/said" | grep -q '[[:cntrl:]]'; then
		echo "$*: control characters on the terminal" >&2
		failed=1
	fi
}
