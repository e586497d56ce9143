#!/usr/bin/env bash
# Documents that own text refers to are in the repository: every name of a .md file, and every "<DOCUMENT> §".
set -u
cd "$1" || exit 1
failed=0
mapfile -t files < <(find . \( -path ./build -o -path ./.deps -o -path ./.git -o -path ./resources/data -o -path ./tests/fixtures \
  -o -path ./tests/fuzz/corpus -o -path ./tests/rules \) -prune -o -type f \
  \( -name '*.cpp' -o -name '*.h' -o -name '*.md' -o -name '*.txt' -o -name '*.def' -o -name '*.sh' -o -perm -u+x \) -print)
while IFS=: read -r file line name; do
  case "$name" in t.md | LICENSE.md) continue ;; esac # written by a test; looked for in other people's folders
  name=${name#/} name=${name#../}
  [ -e "$name" ] || [ -e "$(dirname "$file")/$name" ] || [ -e "docs/$name" ] || [ -e "resources/$name" ] && continue
  echo "$file:$line: there is no $name in the repository"
  failed=1
done < <(grep -noHE '[A-Za-z0-9_./-]*[A-Za-z0-9_-]+\.md\b' "${files[@]}")
if grep -nHE '\b(DESIGN|STYLE|SPEC|TODO)\b( §|:|\))' "${files[@]}"; then
  echo "no such document is in the repository"
  failed=1
fi
exit $failed
