#!/usr/bin/env bash
# Many kills instead of the few of ./test: campaign.sh [KILLS [TERMS]], 200 and 40 by default. Needs the dev build; about
# half an hour on two cores.
set -eu
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root/build/dev"
export DIAPASON_KILLS=${1:-200} DIAPASON_TERMS=${2:-40} QT_QPA_PLATFORM=offscreen OMP_WAIT_POLICY=passive OMP_NUM_THREADS=1
export QTEST_FUNCTION_TIMEOUT=36000000
exec tests/test_faults kill killed askedToEnd theStopsCameAtTellingMoments
