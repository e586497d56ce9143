#!/usr/bin/env bash
# A second set-up prints nothing, and still notices what was changed, added or broken. Works on a project of one file, so that it
# needs no build of the real one.
set -u
source "$1/tools/setup.sh"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ROOT=$folder
DIAPASON_CMAKE_ARGS="" LIBTORCH=$folder
cat >"$folder/CMakePresets.json" <<'TEXT'
{ "version": 5, "configurePresets": [ { "name": "quiet", "generator": "Ninja", "binaryDir": "${sourceDir}/build/quiet" } ] }
TEXT
cat >"$folder/CMakeLists.txt" <<'TEXT'
cmake_minimum_required(VERSION 3.24)
project(Quiet LANGUAGES CXX)
file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
add_library(quiet STATIC ${sources})
message(STATUS "${DIAPASON_TORCH_DIR}")
TEXT
echo 'int one() { return 1; }' >"$folder/one.cpp"

failed=0
expect() { # WHAT PATTERN: the set-up's output matches the pattern
  local output
  output=$(build quiet 2>&1)
  # shellcheck disable=SC2053 # a pattern is meant
  if [[ $output != $2 ]]; then
    printf '%s: the set-up printed\n%s\n' "$1" "$output"
    failed=1
  fi
}

expect "the first set-up" "Configuring (quiet) … done in *Building (quiet, * jobs) … done in *"
expect "nothing to do" ""
touch -d "next hour" "$folder/one.cpp"
expect "a touched file" "Building (quiet, * jobs) … done in *"
touch "$folder/one.cpp"
echo 'int two() { return 2; }' >"$folder/two.cpp"
expect "a new file" "Building (quiet, * jobs) … done in *"
[ "$(nm -C "$folder/build/quiet/libquiet.a" | grep -c 'two()')" -eq 1 ] || { echo "a new file: it is not in the library"; failed=1; }
expect "nothing to do again" ""
rm "$folder/two.cpp"
expect "a file less" "Building (quiet, * jobs) … done in *"
echo 'int one() { return nothing; }' >"$folder/one.cpp"
expect "a broken file" "Building (quiet, * jobs) … failed (exit code 1)*error: *nothing*"
echo 'int one() { return 1; }' >"$folder/one.cpp"
expect "the file mended" "Building (quiet, * jobs) … done in *"
expect "nothing to do at the end" ""
exit $failed
