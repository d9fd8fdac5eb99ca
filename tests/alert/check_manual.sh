#!/bin/sh
# Both manual pages of the alert name every field, every Chinese label that messages use, and every kind of fraud.
set -eu
cd "${CRIER_SOURCE:-$(dirname "$0")/../..}"
failed=0

names=$(sed -n 's/^\t\[FIELD_[A-Z_]*\] = {"\([a-z_.]*\)", {"\([^"]*\)".*/\1\n\2/p; s/^\t\[FIELD_[A-Z_]*\] = {NULL, {"\([^"]*\)".*/\1/p' \
	daemon/alert/reading.c)
slugs=$(sed -n 's/^ *{ slug = "\([a-z-]*\)"; name = "\([^"]*\)".*/\1\n\2/p' conf/data/fraud-types.cfg)
[ "$(echo "$names" | wc -l)" -ge 70 ] || { echo "the fields of reading.c were not found" >&2; exit 1; }
[ "$(echo "$slugs" | wc -l)" -ge 56 ] || { echo "the kinds of fraud-types.cfg were not found" >&2; exit 1; }

for page in daemon/alert/crier-alert.5 daemon/alert/crier-alert.zh_CN.5; do
	echo "$names
$slugs" | while read -r name; do
		# The English page leaves out one label: "schema" has no Chinese line worth writing.
		[ "$name" = 格式 ] && continue
		grep -qF -- "$name" "$page" || { echo "$page says nothing of $name"; }
	done
done > "${TMPDIR:-/tmp}/crier-manual.$$"
[ -s "${TMPDIR:-/tmp}/crier-manual.$$" ] && { cat "${TMPDIR:-/tmp}/crier-manual.$$" >&2; failed=1; }
rm -f "${TMPDIR:-/tmp}/crier-manual.$$"

if command -v groff > /dev/null; then
	for page in daemon/alert/crier-alert.5 daemon/alert/crier-alert.zh_CN.5; do
		groff -Kutf8 -man -Tutf8 -wmac -wmissing -Wbreak "$page" 2>&1 > /dev/null | grep . >&2 && failed=1
	done
fi
exit "$failed"
