#!/usr/bin/env bash
# Many hostile files instead of the few of ./test: hostile.sh [MODELS [DATA [STUDIES [NAMES]]]], by default about 300 spoilt
# model files (24 of each of 13 kinds), 100 data files (34 of each of 3 kinds), 60 studies and as many tasks, and 30 names
# in 6 outputs. Every run of the program must end by itself with exit code 0, 2, 3, 4 or 8, within 2 s more than four times
# what a good file takes and 200 MB more memory. The numbers of each kind and their exit codes are printed at the end; a
# fault is named by kind and number, from which the same file comes again. Needs the dev build; about fifteen minutes on two
# cores.
set -eu
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root/build/dev"
export DIAPASON_HOSTILE_MODELS=${1:-24} DIAPASON_HOSTILE_DATA=${2:-34} DIAPASON_HOSTILE_STUDIES=${3:-60}
export DIAPASON_HOSTILE_NAMES=${4:-30} QT_QPA_PLATFORM=offscreen OMP_WAIT_POLICY=passive OMP_NUM_THREADS=1
export QTEST_FUNCTION_TIMEOUT=36000000
exec tests/test_faults hostile_files
