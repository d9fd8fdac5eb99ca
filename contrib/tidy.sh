#!/bin/sh
# Runs clang-tidy with the list of .clang-tidy over the daemon's sources, from the compile commands of the asan preset.
# Usage: contrib/tidy.sh [file…]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
command -v clang-tidy > /dev/null || { echo "clang-tidy is missing; as root: apt-get install clang-tidy" >&2; exit 1; }
[ -f .build/asan/compile_commands.json ] || cmake --preset asan > /dev/null
if [ $# -eq 0 ]; then
	# shellcheck disable=SC2046 # file names of the tree hold no blanks
	set -- $(git ls-files 'daemon/*.c')
fi
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 8 clang-tidy -p .build/asan --quiet
