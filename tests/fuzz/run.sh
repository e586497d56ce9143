#!/usr/bin/env bash
# Builds the fuzz targets with clang under the address and undefined-behaviour sanitizers, runs each for a while and says
# what came of it:   tests/fuzz/run.sh [seconds] [target…]
# Inputs that fail are kept in build/fuzz/findings/<target>; grown corpora in build/fuzz/corpus/<target>.
set -u
cd "$(dirname "$0")/../.." || exit 2
seconds=${1:-60}
shift || true
build=build/fuzz
targets=("$@")
if [ $# -eq 0 ]; then
  for source in tests/fuzz/fuzz_*.cpp; do
    name=${source##*/fuzz_}
    targets+=("${name%.cpp}")
  done
fi

mkdir -p build
[ -f $build/build.ninja ] || cmake -S . -B $build -G Ninja -DCMAKE_CXX_COMPILER="${CXX:-clang++}" -DCMAKE_C_COMPILER="${CC:-clang}" \
  -DDIAPASON_FUZZ=ON -DDIAPASON_SANITIZE=address,undefined -DDIAPASON_GUI=OFF -DDIAPASON_TESTS=OFF \
  -DDIAPASON_BENCHMARKS=OFF > $build.log 2>&1 || { cat $build.log; exit 2; }
ninja -C $build "${targets[@]/#/fuzz_}" > $build.log 2>&1 || { cat $build.log; exit 2; }

export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
failed=0
for target in "${targets[@]}"; do
  findings=$build/findings/$target
  corpus=$build/corpus/$target
  log=$build/$target.log
  mkdir -p "$findings" "$corpus"
  seeds=() dictionary=()
  [ -d "tests/fuzz/corpus/$target" ] && seeds=("tests/fuzz/corpus/$target")
  [ -f "tests/fuzz/$target.dict" ] && dictionary=("-dict=tests/fuzz/$target.dict")
  spent=0 runs=0 stalls=0 verdict="no finding"
  while [ $spent -lt "$seconds" ]; do
    began=$(date +%s)
    rm -f "$findings"/timeout-*
    nice -n 19 "$build/bin/fuzz_$target" -max_total_time=$((seconds - spent)) -timeout=5 -rss_limit_mb=512 \
      -print_final_stats=1 -artifact_prefix="$findings/" "${dictionary[@]}" "$corpus" "${seeds[@]}" \
      > "$log" 2>&1
    status=$?
    spent=$((spent + $(date +%s) - began))
    runs=$((runs + $(grep -aoP '^stat::number_of_executed_units: *\K\d+' "$log" || echo 0)))
    [ $status -eq 0 ] && continue
    # A machine that stood still looks like a timeout: an input that takes no time when it is tried again is none.
    input=$(find "$findings" -name 'timeout-*' -print -quit)
    if [ -n "$input" ] && timeout 5 "$build/bin/fuzz_$target" "$input" > "$log.again" 2>&1; then
      stalls=$((stalls + 1))
      continue
    fi
    verdict="FINDING, see $log and $findings"
    failed=1
    break
  done
  coverage=$(grep -aoE 'cov: [0-9]+ ft: [0-9]+' "$log" | tail -1)
  [ $stalls -gt 0 ] && verdict="$verdict ($stalls stalls of the machine, not repeatable)"
  echo "$target: $spent s, $runs executions, ${coverage:-no coverage}, $verdict"
done
exit $failed
