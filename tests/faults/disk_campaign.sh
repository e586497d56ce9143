#!/usr/bin/env bash
# ENOSPC and EIO, once and for ever, at every write up to the given one instead of the few of ./test: disk_campaign.sh [WRITES],
# 200 by default. Needs the dev build; about an hour on two cores.
set -eu
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root/build/dev"
export DIAPASON_WRITES=${1:-200} QT_QPA_PLATFORM=offscreen OMP_WAIT_POLICY=passive OMP_NUM_THREADS=1
export QTEST_FUNCTION_TIMEOUT=36000000
exec tests/test_faults full_disk theWriteThatFails
