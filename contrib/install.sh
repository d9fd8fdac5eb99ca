#!/bin/sh
# Installs the Debian packages that crier needs and that are missing.
# Usage: contrib/install.sh build|test     (test includes build)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
case "${1:-}" in
build) wanted='build' ;;
test)  wanted='build|test' ;;
*) echo "usage: $0 build|test" >&2; exit 2 ;;
esac

packages=$(grep -E "^($wanted) " "$here/packages.txt" | cut -d' ' -f2)
missing=
for package in $packages; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
	echo "missing packages; as root: apt-get install$missing" >&2
	exit 1
fi

# A freshly installed Kannel or other daemon must not start by itself: we run our own instances, unprivileged.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' > "$policy"
	chmod 755 "$policy"
	trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
# Package lists may be absent or stale on a bare machine.
apt-get update -q
# shellcheck disable=SC2086 # the list is meant to be split
apt-get install -y -q --no-install-recommends $missing
