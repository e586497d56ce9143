#!/usr/bin/env bash
# Files and functions stay small: sources at most 520 lines, headers 170, functions 100 (the aim is 400, 150 and one screen).
# The limits only ever go down.
set -u
cd "$1" || exit 1
failed=0
while IFS= read -r file; do
  limit=520
  [ "${file##*.}" = h ] && limit=170
  lines=$(wc -l <"$file")
  if [ "$lines" -gt "$limit" ]; then
    echo "$file has $lines lines, more than $limit: it probably holds more than one thing"
    failed=1
  fi
done < <(find app ui experiments methods core tests benchmarks \( -name '*.cpp' -o -name '*.h' \) -type f)
python3 tests/rules/check_functions.py . || failed=1
exit $failed
