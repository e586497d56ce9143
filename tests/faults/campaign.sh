#!/usr/bin/env bash
# Many kills instead of the few of ./test: campaign.sh [KILLS [TERMS [SYNC-KILLS [WINDOW-KILLS]]]], 200, 40, 10 and 40 by
# default; of syncs so many for each kind and executor, of the window for each executor. Needs the dev build; about an hour
# on two cores.
set -eu
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root/build/dev"
export DIAPASON_KILLS=${1:-200} DIAPASON_TERMS=${2:-40} DIAPASON_SYNC_KILLS=${3:-10} DIAPASON_WINDOW_KILLS=${4:-40}
export QT_QPA_PLATFORM=offscreen OMP_WAIT_POLICY=passive OMP_NUM_THREADS=1 QTEST_FUNCTION_TIMEOUT=36000000
tests/test_faults kill killed askedToEnd killedAtASync theStopsCameAtTellingMoments
tests/test_ui window_kill
