#!/usr/bin/env bash
# codespell finds no slip in own text: sources, scripts and documents. tests/rules/spelling_ignore.txt lists the words that it
# takes for slips and that are meant, one a line, in lower case. Data and golden files are not ours to spell.
set -u
cd "$1" || exit 1
command -v codespell >/dev/null || { echo "codespell is not installed"; exit 1; }
find . \( -path ./build -o -path ./.deps -o -path ./.git -o -path ./resources/data -o -path ./resources/backbones \
  -o -path ./tests/fixtures -o -path ./tests/fuzz/corpus -o -name __pycache__ -o -name LICENSE -o -name spelling_ignore.txt \) -prune -o -type f \
  \( -name '*.cpp' -o -name '*.h' -o -name '*.md' -o -name '*.txt' -o -name '*.cmake' -o -name '*.sh' -o -name '*.json' \
  -o -name '*.py' -o -name '*.def' -o -perm -u+x \) -print0 |
  xargs -0 codespell --ignore-words tests/rules/spelling_ignore.txt
