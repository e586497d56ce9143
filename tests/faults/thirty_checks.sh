#!/usr/bin/env bash
# Thirty checks of what bad luck and bad input do to the program, one line each: thirty_checks.sh [NUMBER…]. Needs the dev build;
# about a quarter of an hour on two cores. What needs root, strace or a tool that is not here is skipped and says so. Exit code 1
# when a check fails.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build="$root/build/dev"
cli="$build/bin/diapason-cli"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export QT_QPA_PLATFORM=offscreen OMP_WAIT_POLICY=passive OMP_NUM_THREADS=1

two_methods='{"method": "lora"}, {"method": "prompt_tuning"}'
study() { # STEPS SEEDS [METHODS]
  printf '{"format": "diapason-study", "version": 1, "id": "check", "title": "Check", "backbone": "encoder-mini", "task": "section",
    "training": {"steps": %s, "batch_size": 4, "max_tokens": 16, "evaluate_every": 20, "max_evaluation_items": 24,
    "max_test_items": 24}, "methods": [%s], "seeds": [%s]}\n' "$1" "${3:-$two_methods}" "$2"
}

fresh() { # a new home, in which the check works
  home=$(mktemp -d -p "$work")
  cd "$home" || exit 1
  export DIAPASON_HOME=$home
}

rc_of() { "$@" >"$work/out" 2>"$work/err"; echo $?; }
result() { # DATABASE: everything but times, to be compared
  sqlite3 "$1" "SELECT arm, seed, state FROM run ORDER BY 1, 2; SELECT run.arm, run.seed, split, metric, step, printf('%.17g', value), kind
    FROM point JOIN series ON series.id = series JOIN run ON run.id = run WHERE split <> 'system' ORDER BY 1, 2, 3, 4, 5;
    SELECT run.arm, run.seed, split, item, predicted, score FROM prediction JOIN run ON run.id = run ORDER BY 1, 2, 3, 4" | sha256sum
}
qt_test() { # PROGRAM [FUNCTION…]: its last line of totals
  local program=$1
  shift
  "$build/tests/$program" "$@" >"$work/qt" 2>&1 && grep -h '^Totals' "$work/qt"
}
need() { command -v "$1" >/dev/null || { echo "skipped: $1 is not here"; return 1; }; }
need_root() { [ "$(id -u)" -eq 0 ] || { echo "skipped: needs root"; return 1; }; }
fail() { echo "fail: $*"; return 1; }

check_1() { DIAPASON_KILLS=${DIAPASON_KILLS:-20} qt_test test_faults kill killed || fail "$(tail -n 5 "$work/qt")"; }

check_2() {
  need_root || return 0
  fresh
  study 20 1 >study.json
  mkdir disk
  local size code codes=""
  for size in 64k 128k 512k 1m 2m 4m; do
    mount -t tmpfs -o size=$size tmpfs disk || { echo "skipped: tmpfs cannot be mounted"; return 0; }
    code=$(rc_of "$cli" study run study.json --db disk/a.db --wait-for-storage 1 --quiet)
    codes+=" $size:$code"
    [ -e disk/a.db ] && [ ! -s disk/a.db ] && { umount disk; fail "an empty file is left at $size"; return; }
    umount disk
    case $code in 0 | 4 | 75) ;; *) fail "exit code $code at $size"; return ;; esac
  done
  "$cli" study run study.json --quiet >/dev/null 2>&1
  code=$(rc_of sh -c "'$cli' export --study 1 >/dev/full")
  [ "$code" = 4 ] || { fail "export > /dev/full: $code"; return; }
  echo "pass: exit codes$codes, /dev/full 4"
}

check_3() {
  need strace || return 0
  fresh
  study 20 1 '{"method": "lora"}' >study.json
  "$cli" study run study.json --executor thread --db good.db --quiet >/dev/null 2>&1
  local k good
  good=$(result good.db)
  for k in 1 2 3 4 5 6 8 10 12 15 20; do
    rm -rf t.db*
    strace -f -qq -o /dev/null -e trace=fsync,fdatasync -e inject=fsync,fdatasync:signal=SIGKILL:when=$k \
      "$cli" study run study.json --executor thread --db t.db --quiet >/dev/null 2>&1
    if [ -s t.db ] && [ "$(sqlite3 t.db 'SELECT count(*) FROM study' 2>/dev/null)" = 1 ]; then
      [ "$(rc_of "$cli" db check --db t.db)" = 0 ] || { fail "sync $k: $(cat "$work/out")"; return; }
      "$cli" study run --continue 1 --db t.db --quiet >/dev/null 2>&1
    else
      rm -rf t.db*
      "$cli" study run study.json --db t.db --quiet >/dev/null 2>&1
    fi
    [ "$(result t.db)" = "$good" ] || { fail "sync $k: other results"; return; }
  done
  echo "pass: killed at 11 syncs, whole and the same afterwards"
}

check_4() { qt_test test_faults full_disk || fail "$(grep -A3 '^FAIL' "$work/qt" | head -n 4)"; }

check_5() {
  need strace || return 0
  fresh
  study 20 1 '{"method": "lora"}' >study.json
  strace -f -y -qq -o trace -e trace=fsync,rename,mkdir "$cli" study run study.json --executor thread --quiet >/dev/null 2>&1
  grep -q 'fsync([0-9]*<[^>]*diapason.db.files>)' trace || { fail "the folder of runs is not synced"; return; }
  awk '/fsync\(.*adapter.safetensors/ { file = 1 } /rename\(.*adapter.safetensors/ { if (file) renamed = 1 }
    /fsync\([0-9]*<.*\/[0-9a-f]+>\)/ { if (renamed) folder = 1 } END { exit !folder }' trace || { fail "file, name, folder: not in this order"; return; }
  echo "pass: file, name, folder, and new folders in theirs"
}

check_6() {
  fresh
  study 20 1 >study.json
  sed -i 's/"task": "section"/&, "threads": 2/' study.json
  local way
  for way in a b c; do
    case $way in
      c) taskset -c 0 "$cli" study run study.json --executor thread --db $way.db --quiet >/dev/null 2>"$work/err" ;;
      *) "$cli" study run study.json --executor thread --db $way.db --quiet >/dev/null 2>"$work/err" ;;
    esac || { fail "$(cat "$work/err")"; return; }
  done
  [ "$(result a.db)$(result b.db)" = "$(result b.db)$(result c.db)" ] || { fail "other bits"; return; }
  echo "pass: twice, and on one core"
}

check_7() { qt_test test_experiments_engine resume || fail "$(grep '^FAIL' "$work/qt" | head -n 3)"; }
check_8() { qt_test test_experiments_engine resume changedInputsAreRefused || fail "$(grep '^FAIL' "$work/qt" | head -n 3)"; }
check_9() { qt_test test_faults hostile_files || fail "$(grep -A2 '^FAIL' "$work/qt" | head -n 3)"; }
check_10() { echo "elsewhere: ./test asan and tests/fuzz/run.sh"; }

check_11() {
  fresh
  study 100 1 '{"method": "lora"}' >study.json
  local i codes
  for i in 1 2 3 4 5 6 7 8; do
    ("$cli" study run study.json --db one.db --quiet >/dev/null 2>&1; echo $? >"code$i") &
  done
  wait
  codes=$(cat code? | sort | uniq -c | tr -s ' \n' ' ')
  [ "$codes" = " 1 0 7 7 " ] || { fail "codes:$codes"; return; }
  [ "$(sqlite3 one.db 'SELECT count(*) FROM run')" = 1 ] || { fail "rows of more than one"; return; }
  echo "pass: eight at once: one 0, seven 7"
}

check_12() {
  fresh
  study 20 1 >study.json
  "$cli" study run study.json --quiet >/dev/null 2>&1
  sqlite3 diapason.db 'PRAGMA user_version = 9999; PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
  local before
  before=$(sha256sum diapason.db)
  [ "$(rc_of "$cli" study run study.json)$(sha256sum diapason.db)" = "8$before" ] || { fail "written, or not 8"; return; }
  [ "$(rc_of "$cli" study list)$(rc_of "$cli" export --study 1)" = 00 ] || { fail "cannot be read"; return; }
  echo "pass: 8, untouched, readable"
}

check_13() { { qt_test test_core_store database_check && qt_test test_app db_cli; } || fail "$(grep -A2 '^FAIL' "$work/qt" | head -n 3)"; }

check_14() {
  fresh
  study 20 1,2 >study.json
  sed 's/{"method": "lora"}/{"method": "lora", "training": {"learning_rate": 100, "epsilon": 0}}/' study.json >bad.json
  local code
  code=$(rc_of "$cli" study run bad.json --quiet)
  [ "$code" = 6 ] || { fail "exit code $code: $(tail -n 1 "$work/err")"; return; }
  [ "$(sqlite3 diapason.db "SELECT group_concat(state) FROM (SELECT DISTINCT state FROM run ORDER BY state)")" = "diverged,finished" ] ||
    { fail "states"; return; }
  grep -q 'div' "$work/out" || { fail "the table does not say so"; return; }
  echo "pass: 6, the other arm finished, the table says so"
}

check_15() { qt_test test_faults symbols || fail "$(grep -A2 '^FAIL' "$work/qt" | head -n 3)"; }
check_16() { echo "not offered: runs end with the window, behind a checkpoint"; }

check_17() {
  fresh
  local name code
  printf 'text\tlabel\na b\tx\nc\tunknown\xff\n' >utf8.tsv
  printf 'text\tlabel\na\0b\tx\nc\ty\n' >nul.tsv
  printf 'text\tlabel\na b\t\nc\ty\n' >empty.tsv
  printf 'words\tlabel\na b\tx\nc\ty\n' >column.tsv
  head -c 200000000 /dev/zero | tr '\0' 'a' >line.tsv
  study 20 1 >study.json
  for name in utf8 nul empty column line; do
    code=$( (ulimit -v 2000000; rc_of timeout 20 "$cli" study check study.json --task $name.tsv))
    [ "$code" = 3 ] || { fail "$name: $code $(head -n 1 "$work/err")"; return; }
    grep -q "$name.tsv" "$work/err" || { fail "$name: the file is not named"; return; }
  done
  [ -e diapason.db ] && { fail "something was stored"; return; }
  echo "pass: five files, each named, nothing stored"
}

check_18() {
  fresh
  local change code count=0
  study 20 1 >good.json
  while IFS= read -r change; do
    sed "$change" good.json >bad.json
    code=$(rc_of "$cli" study run bad.json)
    case $code in 2 | 3 | 8) ;; *) fail "$change: $code"; return ;; esac
    count=$((count + 1))
  done <<'CHANGES'
s/"steps": 20/"steps": -1/
s/"steps": 20/"steps": 1.5/
s/"steps": 20/"steps": 1e99/
s/"steps": 20/"steps": "20"/
s/"steps": 20/"steps": null/
s/"batch_size": 4/"batch_size": 0/
s/"batch_size": 4/"batch_size": []/
s/"max_tokens": 16/"max_tokens": 99999999/
s/"version": 1/"version": 99/
s/"backbone": "encoder-mini"/"backbone": ""/
s/"backbone": "encoder-mini"/"backbone": "..\/..\/x"/
s/"task": "section"/"task": "nothing"/
s/"method": "lora"/"method": "lora "/
s/"method": "lora"/"method": 7/
s/"seeds": \[1\]/"seeds": []/
s/"seeds": \[1\]/"seeds": [-1]/
s/"seeds": \[1\]/"seeds": [1, 1]/
s/"seeds": \[1\]/"seeds": [18446744073709551616]/
s/"title": "Check"/"titel": "Check"/
s/"methods": \[.*\], "seeds"/"methods": [], "seeds"/
s/"threads"/"x"/; s/"id": "check"/"id": "check", "threads": "8"/
s/"id": "check"/"id": "check", "threads": 4294967297/
s/}$/} trailing/
s/^{/{{/
s/"id": "check"/"id": "check", "id": "again"/
CHANGES
  [ -e diapason.db ] && { fail "something was stored"; return; }
  echo "pass: $count absurd studies refused, nothing stored"
}

check_19() { qt_test test_experiments_study plan_inputs || fail "$(grep -A2 '^FAIL' "$work/qt" | head -n 3)"; }
check_20() { qt_test test_experiments_results cells || fail "$(grep -A2 '^FAIL' "$work/qt" | head -n 3)"; }

check_21() {
  fresh
  study 20 1,2,3 >study.json
  "$cli" study run study.json --quiet >/dev/null 2>&1
  "$cli" export --study 1 --format csv --out table.csv >/dev/null 2>&1
  python3 - <<'PYTHON' || { fail "other numbers"; return; }
import csv, sqlite3, statistics, sys
rows = {}
for label, value in sqlite3.connect("diapason.db").execute(
        "SELECT arm.label, point.value FROM point JOIN series ON series.id = series JOIN run ON run.id = run JOIN arm ON arm.id = arm "
        "WHERE split = 'test' AND metric = 'accuracy'"):
    rows.setdefault(label, []).append(value)
table = list(csv.DictReader(open("table.csv", newline="")))
name = next(key for key in table[0] if key.lower().replace("_", " ") in ("test accuracy", "test accuracy mean", "test/accuracy", "test accuracy (%)"))
for row in table:
    label = next(iter(row.values()))
    got, want = float(row[name]), statistics.mean(rows[label])
    if min(abs(got - want), abs(got - 100 * want)) > 1e-9 * max(1, abs(got)):
        sys.exit(f"{label}: {got} instead of {want}")
PYTHON
  echo "pass: means from the points, by another program"
}

check_22() { qt_test test_faults processes || fail "$(grep -A2 '^FAIL' "$work/qt" | head -n 3)"; }
check_23() { echo "not offered: clusters"; }
check_24() { echo "not offered: shards"; }

check_25() {
  fresh
  study 300 1 '{"method": "lora"}' >study.json
  "$cli" study run study.json --quiet >/dev/null 2>&1 &
  local pid=$! code
  until [ "$(sqlite3 diapason.db "SELECT count(*) FROM run WHERE state = 'running'" 2>/dev/null)" = 1 ]; do sleep 0.1; done
  kill -STOP $pid
  sleep 6
  code=$(rc_of "$cli" study run study.json)
  kill -CONT $pid
  wait $pid
  [ "$code" = 7 ] || { fail "a second writer: $code"; return; }
  study 60 1 '{"method": "lora"}' >study.json
  DIAPASON_CLOCK="$home/past" LD_PRELOAD="$build/tests/libbad_luck.so" "$cli" study run study.json --db b.db --quiet >/dev/null 2>&1 &
  pid=$!
  until [ "$(sqlite3 b.db "SELECT count(*) FROM run WHERE state = 'running'" 2>/dev/null)" = 1 ]; do sleep 0.05; done
  touch past
  wait $pid || { fail "with another clock"; return; }
  [ "$(sqlite3 b.db 'SELECT count(*) FROM attempt WHERE elapsed_ms < 1 OR elapsed_ms > 600000')" = 0 ] || { fail "durations"; return; }
  echo "pass: stopped 6 s, and a clock that goes back a year ($(sqlite3 b.db 'SELECT (ended_ms - started_ms) / 1000 FROM attempt') s by the calendar)"
}

check_26() {
  fresh
  study 20 1 '{"method": "lora"}' >study.json
  "$cli" study run study.json --quiet >/dev/null 2>&1
  # 100 studies of 1,000 runs, 10 million points.
  sqlite3 diapason.db >/dev/null <<'SQL'
PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;
BEGIN;
CREATE TEMP TABLE n AS WITH RECURSIVE r(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM r WHERE i < 99999) SELECT i FROM r;
INSERT INTO study(uuid, title, document, tasks, created_ms, modified_ms) SELECT printf('%032x', i + 16), 'Study ' || i, document, tasks, 1, 1
  FROM n, (SELECT document, tasks FROM study WHERE id = 1) WHERE i < 100;
INSERT INTO arm(study, position, label, method, levels, colour_slot) SELECT id, 0, 'LoRA', 'lora', '{"method": "LoRA"}', 1 FROM study WHERE id > 1;
INSERT INTO run(uuid, study, arm, seed, state, spec, fingerprint, attempt, created_ms, started_ms, finished_ms, elapsed_ms, steps_done,
  steps_total, trained, environment, summary, operations) SELECT printf('%032x', i + 4096), 2 + i / 1000, 2 + i / 1000, 1 + i % 1000, 'finished',
  spec, fingerprint, 1, 1, 1, 1000 + i, 1000, 20, 20, 100, environment, summary, operations FROM n, (SELECT * FROM run WHERE id = 1);
INSERT INTO series(run, split, dataset, metric) SELECT id, 'train', '', 'loss' FROM run WHERE id > 1;
INSERT INTO point(series, step, wall_s, value) SELECT s.id, n.i + 1, n.i, 1.0 / (n.i + 1) FROM series s, n WHERE s.id > 100 AND n.i < 100 AND
  s.run > 1;
COMMIT;
PRAGMA wal_checkpoint(TRUNCATE);
SQL
  "$cli" study list >/dev/null 2>&1 # once: it was changed by another program, and is checked
  local line text="" seconds
  for line in "study list" "run list --study 5" "export --study 5 --format csv" "study run --continue 5 --quiet"; do
    # shellcheck disable=SC2086 # words
    seconds=$( { /usr/bin/env time -f '%e s %M KB' "$cli" $line >/dev/null 2>"$work/err2"; } 2>&1 | tail -n 1)
    [ -n "$seconds" ] || seconds=$(tail -n 1 "$work/err2")
    text+=", $line: $seconds"
  done
  echo "pass: $(sqlite3 diapason.db 'SELECT count(*) FROM run') runs, $(sqlite3 diapason.db 'SELECT count(*) FROM point') points, $(($(stat -c %s diapason.db) / 1000000)) MB$text"
}

check_27() {
  fresh
  study 20 1 '{"method": "lora"}' >study.json
  local name code long
  long=$(printf 'x%.0s' $(seq 200))
  for name in "with space" "quote's\"" "ünï" "$long" $'bad\xff'; do
    mkdir -p "$name"
    code=$(rc_of "$cli" --home "$name" study run study.json --quiet)
    [ "$code" = 0 ] || { fail "$name: $code $(tail -n 1 "$work/err")"; return; }
  done
  code=$(env -u DIAPASON_HOME -u HOME -u XDG_DATA_HOME "$cli" study list --db "with space/diapason.db" >/dev/null 2>"$work/err"; echo $?)
  case $code in 0 | 4) ;; *) fail "HOME unset: $code $(cat "$work/err")"; return ;; esac
  mkdir -m 000 closed
  code=$(rc_of "$cli" study list --db closed/nothing.db)
  case $code in 2 | 4) ;; *) fail "a folder without rights: $code"; return ;; esac
  echo "pass: five names of folders, HOME unset, a folder without rights"
}

check_28() {
  fresh
  local name count=0
  # shellcheck disable=SC2016 # nothing is to be expanded
  for name in 'x; touch pwned #' '$(touch pwned)' '../../etc' "$(head -c 10000 /dev/zero | tr '\0' n)" '\u001b[2J' '<b>x</b>'; do
    study 2 1 '{"method": "head_only"}' | sed "s|\"title\": \"Check\"|\"title\": $(printf '%s' "$name" | sed 's/[\\&|]/\\&/g; s/^/"/; s/$/"/' | sed 's/\\\\u/\\u/')|" >study.json
    "$cli" study run study.json --quiet >/dev/null 2>"$work/err" && count=$((count + 1))
  done
  "$cli" study list >"$work/out" 2>&1
  [ -e pwned ] && { fail "a name was executed"; return; }
  grep -q $'\x1b' "$work/out" && { fail "an escape sequence reaches the terminal"; return; }
  echo "pass: $count of 6 names stored as they are, none did anything"
}

check_29() { echo "elsewhere: ./test tsan and ./test tidy"; }

check_30() {
  fresh
  study 20 1 '{"method": "lora"}' >study.json
  local calls=0
  if command -v unshare >/dev/null && unshare -n true 2>/dev/null; then
    [ "$(rc_of unshare -n "$cli" study run study.json --quiet)" = 0 ] || { fail "without a network"; return; }
  fi
  if command -v strace >/dev/null; then
    strace -f -qq -o trace -e trace=network "$cli" study run study.json --quiet >/dev/null 2>&1
    calls=$(grep -c 'AF_INET' trace)
  fi
  [ "$calls" = 0 ] || { fail "$calls network calls"; return; }
  [ "$(ldd "$cli" | grep -c sqlite)" = 1 ] || { fail "not one SQLite"; return; }
  "$cli" doctor | grep -q sqlite_wal || { fail "doctor"; return; }
  echo "pass: no network, one SQLite, doctor names it"
}

passed=0 failed=0
numbers=("$@")
[ $# -gt 0 ] || mapfile -t numbers < <(seq 30)
for number in "${numbers[@]}"; do
  line=$("check_$number") || line=${line:-fail}
  case $line in
    fail*) failed=$((failed + 1)) ;;
    pass* | Totals*) passed=$((passed + 1)) ;;
  esac
  printf '%2d  %s\n' "$number" "$line"
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
