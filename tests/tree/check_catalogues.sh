#!/bin/sh
# Every text marked N_() has its Chinese, every Chinese has a text that is still in the sources, and both take the same
# conversions.
set -eu
cd "${CRIER_SOURCE:-$(dirname "$0")/../..}"
for tool in xgettext msgcat msgmerge msgattrib msgfmt; do
	command -v "$tool" > /dev/null || exit 77
done
LC_ALL=C.UTF-8
export LC_ALL
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# complain WHAT FILE: the English texts in FILE, when it has any besides the header.
complain()
{
	test -e "$2" || return 0
	sed '1,/^$/d' "$2" | sed -n 's/^\(#~ \)\{0,1\}msgid /\t/p' > "$work/list"
	test -s "$work/list" || return 0
	echo "$1:" >&2
	cat "$work/list" >&2
	failed=1
}

find daemon -name '*.c' -o -name '*.h' | sort > "$work/sources"
xgettext --files-from="$work/sources" --from-code=UTF-8 --language=C --keyword --keyword=N_ --no-wrap --add-location=file \
	--output="$work/texts.pot"
# Fewer would mean that the search itself is broken.
[ "$(grep -c '^msgid' "$work/texts.pot")" -gt 500 ] || { echo "hardly any texts found in the sources" >&2; exit 1; }

for catalogue in daemon/po/zh_CN/*.po; do
	msgfmt --check-format --check-domain --output-file=/dev/null "$catalogue" || failed=1
done

# The same English in two catalogues has one Chinese; msgcat marks what differs as fuzzy.
msgcat --no-wrap --output-file="$work/all.po" daemon/po/zh_CN/*.po
msgattrib --no-wrap --only-fuzzy --output-file="$work/differ.po" "$work/all.po"
complain "different Chinese in two catalogues" "$work/differ.po"

msgcat --no-wrap --use-first --output-file="$work/all.po" daemon/po/zh_CN/*.po
msgmerge --quiet --no-wrap --no-fuzzy-matching --output-file="$work/merged.po" "$work/all.po" "$work/texts.pot"
msgattrib --no-wrap --untranslated --no-obsolete --output-file="$work/missing.po" "$work/merged.po"
complain "no Chinese in daemon/po/zh_CN" "$work/missing.po"
msgattrib --no-wrap --only-obsolete --output-file="$work/stale.po" "$work/merged.po"
complain "in a catalogue, but in no source" "$work/stale.po"

# Now with the conversions that the sources have, whatever a catalogue's own marks say.
msgattrib --no-wrap --no-obsolete --clear-fuzzy --output-file="$work/checked.po" "$work/merged.po"
msgfmt --check-format --output-file=/dev/null "$work/checked.po" || failed=1
exit "$failed"
