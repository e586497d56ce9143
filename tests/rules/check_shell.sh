#!/usr/bin/env bash
# No shell script of the tree, with or without the ending .sh, has anything that shellcheck would change.
set -u
cd "$1" || exit 1
command -v shellcheck >/dev/null || { echo "shellcheck is not installed"; exit 1; }
mapfile -t scripts < <(find . \( -path ./build -o -path ./.deps -o -path ./.git -o -path ./tests/fixtures \) -prune -o -type f \
  \( -name '*.sh' -o -perm -u+x \) -exec grep -lIE '^#!.*\b(ba)?sh$|^# shellcheck shell=' {} +)
[ "${#scripts[@]}" -ge 10 ] || { echo "only ${#scripts[@]} scripts were found; the search is broken"; exit 1; }
shellcheck --external-sources "${scripts[@]}"
