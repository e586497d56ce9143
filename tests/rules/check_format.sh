#!/usr/bin/env bash
# Everything is formatted by .clang-format. Repair: find … | xargs clang-format -i (CONTRIBUTING.md).
set -u
cd "$1" || exit 1
command -v clang-format >/dev/null || { echo "clang-format is not installed"; exit 1; }
find app ui experiments methods core tests benchmarks \( -name '*.cpp' -o -name '*.h' \) -type f -print0 |
  xargs -0 -n 40 -P 2 clang-format --dry-run --Werror
