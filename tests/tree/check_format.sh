#!/bin/sh
# Every C file stands as .clang-format has it.
set -eu
command -v clang-format > /dev/null || exit 77
cd "$CRIER_SOURCE"
# The tree may be a tarball: then there is no list of what is ours, and nothing else is there either.
if git ls-files > /dev/null 2>&1; then
	git ls-files '*.c' '*.h'
else
	find daemon contrib tests -name '*.[ch]'
fi | xargs clang-format --dry-run -Werror
