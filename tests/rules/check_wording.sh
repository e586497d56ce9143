#!/usr/bin/env bash
# Messages and documents use plain English: no phrase of the table below stands in a string literal of the program, in README.md or
# in docs/. Each line of the table is a Perl expression, a tab, and what to write instead.
set -u
cd "$1" || exit 1
failed=0

# FILE:LINE:TEXT of every string literal, without comments and includes; then every line of the documents.
# shellcheck disable=SC2016 # the fields are those of awk
literals() {
  find core methods experiments app ui \( -name '*.cpp' -o -name '*.h' -o -name '*.def' \) -type f -print0 |
    xargs -0 awk '
      /^[ \t]*#include/ { next }
      {
        rest = $0
        while (match(rest, /"([^"\\]|\\.)*"|\/\//)) {
          found = substr(rest, RSTART, RLENGTH)
          if (found == "//") break
          if (length(found) > 2) print FILENAME ":" FNR ":" substr(found, 2, length(found) - 2)
          rest = substr(rest, RSTART + RLENGTH)
        }
      }'
}
documents() { grep -anH '' README.md docs/*.md; }
text=$(literals && documents)

while IFS=$'\t' read -r phrase instead; do
  [ -n "$phrase" ] || continue
  while IFS= read -r hit; do
    echo "$hit"
    echo "    write: $instead"
    failed=1
  done < <(grep -aP "^[^:]+:[0-9]+:.*?(?:$phrase)" <<<"$text")
done <<'TABLE'
(?<![Tt]here )\b(is|are) no (?!longer\b|more\b)[a-zA-Z]	is not a …, or must be a …
\b(is|are|stands?) there twice\b	appears twice
\b(is|are) (already there|there already)\b	already exists
\b(?i:known) (are|is)\b	Choose from a, b, c
\b(Splits|Fields|Points) are\b	Choose from a, b, c
\bthis [a-z ]+ is not known\b	unknown …, or there is no such …
\b(is|are) passed over\b	is ignored
\bof (this|that|the same) name\b	with this name
\bcannot be meant\b	makes no sense
\b(is|are) dear\b	is expensive
\bWhat of the\b	Which part of the …
\bEasily got wrong\b	Common mistakes
\b(bytes|ends|reaches|runs|stands?|comes?) behind\b	after …, or beyond the end of …
\bstands? in front\b	comes before …
\bin front of (a|an|the|every|everything|its|their|those|them|it)\b	before …
, so that\b	, so
\bby hand of\b	with …
\bas far as\b	if, where or up to …
\bsomething else than\b	something other than …
\b(other|another) [a-z]+ than\b	a different … from …
\bhas another (length|name|shape|size|type)\b	has a different …
(?<=[0-9]:)(it |the file |the folder |the header )?holds\b	contains …
\bwhatever (the|is)\b	regardless of …
TABLE
exit $failed
