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
# The same sources through the other compiler, whose warnings count as much; its build also holds the fuzzers that the tests run.
if [ "${CRIER_ONE_COMPILER:-}" = "" ]; then
	cmake --preset fuzz
	cmake --build --preset fuzz -j "$jobs"
	CRIER_FUZZ_TREE=$root/.build/fuzz
	export CRIER_FUZZ_TREE
fi
# Twice as many as there are processors: fuzzing goes by the minute, and many tests wait for a disk or a peer.
ctest --preset asan -j $((jobs * 2)) "$@"
