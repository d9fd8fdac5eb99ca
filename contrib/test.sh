#!/bin/sh
# Installs what is missing, builds with the address and undefined sanitizers, runs every test; ends with ctest's summary.
# Usage: contrib/test.sh [ctest arguments]    (for example: contrib/test.sh -R plan)
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
contrib/install.sh test
jobs=$(nproc)
cmake --preset asan
cmake --build --preset asan -j "$jobs"
# The same sources through the other compiler: its warnings count as much.
if [ "${CRIER_ONE_COMPILER:-}" = "" ]; then
	cmake --preset asan-clang
	cmake --build --preset asan-clang -j "$jobs"
fi
ctest --preset asan -j "$jobs" "$@"
