#!/usr/bin/env bash
# Tests wait as tests/support/patience.h says, not for the five seconds that are Qt's default: those end on a busy machine.
set -u
cd "$1" || exit 1
if grep -rnE '\b(QTRY_(VERIFY|COMPARE)\w*|qWaitFor)\(|qWaitForWindow(Active|Exposed)\([^,]*\)\)' tests --include='*.cpp' --include='*.h' |
  grep -v '^tests/support/patience.h:'; then
  echo "write EVENTUALLY, EVENTUALLY_EQUAL or comes_true; give waits for windows patience_ms"
  exit 1
fi
