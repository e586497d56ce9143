#!/usr/bin/env bash
# Files stay small: sources at most 800 lines, headers at most 200 (the aim is 400 and 150).
set -u
cd "$1" || exit 1
failed=0
while IFS= read -r file; do
  limit=800
  [ "${file##*.}" = h ] && limit=200
  lines=$(wc -l <"$file")
  if [ "$lines" -gt "$limit" ]; then
    echo "$file has $lines lines, more than $limit: it probably holds more than one thing"
    failed=1
  fi
done < <(find app ui experiments methods core tests benchmarks \( -name '*.cpp' -o -name '*.h' \) -type f)
exit $failed
