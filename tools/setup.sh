# shellcheck shell=bash
# The set-up that ./run and ./test share; sourced, never run. Every step says what it does and how long it took, is idempotent
# and goes on after an interruption. With nothing to do it prints nothing, costs a fraction of a second and needs no network.

set -u
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
DEPS="$ROOT/.deps"

TORCH_VERSION=2.13.0
# The two builds that the Python registry may answer with, by checksum.
TORCH_SHA256_CPU=6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b
TORCH_SHA256_CUDA=60fcdcb2f3876e21146cb4524ef06397d727ca9ad5f020818547e25075fe3cb7

# Apache Arrow's C++ libraries, out of the wheel that carries them.
ARROW_VERSION=26.0.1
ARROW_SHA256=39cb0f2418282c24bea6ceda77b03e5a8f0a5766b63a8bf194d4e2a2c423548c

TIDY_VERSION=23.1.4

# The same names in Debian 12 and Ubuntu 24.04.
# shellcheck disable=SC2034 # used by the scripts that source this file
BUILD_PACKAGES=(g++ cmake ninja-build mold ccache qt6-base-dev qt6-svg-dev libqcustomplot-dev libsqlite3-dev nlohmann-json3-dev
  libcli11-dev libicu-dev zlib1g-dev libzstd-dev libexpat1-dev libsentencepiece-dev libboost-dev python3-pip unzip ca-certificates fonts-dejavu-core libxkbcommon-x11-0)
# shellcheck disable=SC2034
TEST_PACKAGES=(clang-format xvfb sqlite3 shellcheck codespell)

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $*"; exit 1; }

say_done() { # SECONDS at which the step started
  awk -v a="$1" -v b="$(date +%s.%N)" 'BEGIN { printf "done in %.1f s\n", b - a }' >&2
}

# step TEXT COMMAND…: runs the command with its output kept aside; shown only when it fails.
step() {
  local text=$1 log start
  shift
  log=$(mktemp)
  start=$(date +%s.%N)
  printf '%s … ' "$text" >&2
  if "$@" >"$log" 2>&1; then
    say_done "$start"
    rm -f "$log"
  else
    local status=$?
    say "failed (exit code $status)"
    tail -n 40 "$log" >&2
    rm -f "$log"
    exit 1
  fi
}

# --- Packages of the distribution -------------------------------------------------------------------------------------------

missing_packages() {
  local installed package
  installed=$(dpkg-query -W -f='<${db:Status-Abbrev}${Package}>' "$@" 2>/dev/null)
  for package in "$@"; do
    [[ $installed == *"<ii $package>"* ]] || printf '%s ' "$package"
  done
}

install_packages() {
  local runner=()
  [ "$(id -u)" -eq 0 ] || runner=(sudo)
  "${runner[@]}" apt-get update && "${runner[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

ensure_packages() {
  local id="" version=""
  if [ -r /etc/os-release ]; then
    id=$(. /etc/os-release && echo "${ID:-}")
    version=$(. /etc/os-release && echo "${VERSION_ID:-}")
  fi
  case "$id-$version" in
    debian-12 | ubuntu-24.04) ;;
    *)
      [ -n "${DIAPASON_SKIP_PACKAGES:-}" ] && return 0
      say "This system is ${id:-unknown} ${version}; the set-up installs packages on Debian 12 and Ubuntu 24.04 only."
      say "Needed here: a C++20 compiler, CMake >= 3.24, Ninja, Qt >= 6.4 (Widgets, PrintSupport, Svg, Test), QCustomPlot 2.1 for Qt 6,"
      say "SQLite >= 3.37, nlohmann-json, CLI11, ICU, zlib, Zstandard, Expat, SentencePiece, Boost headers, pip and unzip; useful: mold, ccache, clang-format, xvfb."
      say "With these in place, run again with DIAPASON_SKIP_PACKAGES=1."
      exit 1
      ;;
  esac
  local missing
  missing=$(missing_packages "$@")
  [ -z "$missing" ] && return 0
  if [ "$(id -u)" -ne 0 ] && ! { command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; }; then
    say "Packages are missing and this user cannot install them. Run this once, then start again:"
    say "  apt-get update && apt-get install --no-install-recommends $missing"
    exit 1
  fi
  # shellcheck disable=SC2086 # a list of words
  step "Installing packages: $missing" install_packages $missing
}

# --- LibTorch ---------------------------------------------------------------------------------------------------------------

# download FOLDER REQUIREMENT…: wheels for the Python that LibTorch's wheel is built for; it is never run.
download_wheels() {
  local folder=$1
  shift
  local platforms=() minor
  # pip matches a platform tag exactly, so every glibc that a wheel may have been built for is named.
  for minor in $(seq 5 28); do platforms+=(--platform "manylinux_2_${minor}_x86_64"); done
  mkdir -p "$folder" && python3 -m pip download --quiet --disable-pip-version-check --only-binary=:all: --python-version 3.11 \
    --implementation cp --abi cp311 --abi abi3 --abi none "${platforms[@]}" \
    --platform manylinux2014_x86_64 --platform manylinux1_x86_64 --platform any -d "$folder" "$@"
}

checked_torch_wheel() { # prints the path of the downloaded wheel if its checksum is one of the pinned ones
  local wheel sum
  for wheel in "$DEPS"/dl/torch-"$TORCH_VERSION"*.whl; do
    [ -f "$wheel" ] || continue
    sum=$(sha256sum "$wheel" | cut -d' ' -f1)
    case "$sum" in
      "$TORCH_SHA256_CPU" | "$TORCH_SHA256_CUDA") printf '%s' "$wheel"; return 0 ;;
    esac
    say "removing $wheel: its checksum $sum is not a pinned one"
    rm -f "$wheel"
  done
  return 1
}

unpack_torch() { # WHEEL: into a new folder, renamed when it is complete
  rm -rf "$DEPS/torch.part" && mkdir -p "$DEPS/torch.part" && unzip -q -o "$1" 'torch/include/*' 'torch/lib/*.so*' -d "$DEPS/torch.part" \
    -x 'torch/lib/libtorch_python*' 'torch/lib/libshm*' && rm -rf "$DEPS/torch" && mv "$DEPS/torch.part/torch" "$DEPS/torch" &&
    rmdir "$DEPS/torch.part" && sha256sum "$1" | cut -d' ' -f1 >"$DEPS/torch/.stamp"
}

cuda_requirements() { # WHEEL: its requirements that are NVIDIA's run-time libraries, one a line
  unzip -p "$1" '*.dist-info/METADATA' | sed -n 's/^Requires-Dist: \(\(nvidia-\|cuda-toolkit\)[^;]*\).*/\1/p'
}

fetch_cuda() { # WHEEL NAME: "cpu" = the two small libraries without which a CUDA build does not even start, "all" = everything
  local wheel=$1 name=$2 requirements=()
  mapfile -t requirements < <(cuda_requirements "$wheel")
  if [ "$name" = cpu ]; then
    requirements=("$(printf '%s\n' "${requirements[@]}" | sed -n 's/^\(cuda-toolkit\)\[.*\]\(==.*\)$/\1[cudart,cupti]\2/p')")
  fi
  download_wheels "$DEPS/dl/nvidia-$name" "${requirements[@]}" || return 1
  local part
  for part in "$DEPS/dl/nvidia-$name"/nvidia_*.whl; do
    unzip -q -o "$part" 'nvidia/*' -d "$DEPS" || return 1
  done
  echo "$name" >"$DEPS/nvidia/.stamp"
}

ensure_torch() { # WITH_CUDA: "yes" or ""
  if [ -n "${LIBTORCH:-}" ]; then
    [ -e "$LIBTORCH/lib/libtorch_cpu.so" ] || fail "LIBTORCH=$LIBTORCH: lib/libtorch_cpu.so is not there; give the folder that holds include/ and lib/"
    return 0
  fi
  [ "$(uname -m)" = x86_64 ] || fail "LibTorch is pinned for x86_64 only; on $(uname -m) give your own build: --libtorch PATH"
  local stamp="" wheel
  [ -f "$DEPS/torch/.stamp" ] && stamp=$(cat "$DEPS/torch/.stamp")
  if [ "$stamp" != "$TORCH_SHA256_CPU" ] && [ "$stamp" != "$TORCH_SHA256_CUDA" ]; then
    checked_torch_wheel >/dev/null || step "Fetching LibTorch $TORCH_VERSION (190 to 540 MB)" download_wheels "$DEPS/dl" --no-deps "torch==$TORCH_VERSION"
    wheel=$(checked_torch_wheel) || fail "the downloaded LibTorch does not have the expected checksum; nothing was unpacked"
    step "Unpacking LibTorch" unpack_torch "$wheel"
    stamp=$(cat "$DEPS/torch/.stamp")
  fi
  if [ "$stamp" = "$TORCH_SHA256_CUDA" ]; then
    local have=""
    [ -f "$DEPS/nvidia/.stamp" ] && have=$(cat "$DEPS/nvidia/.stamp")
    if [ -n "$1" ] && [ "$have" != all ]; then
      wheel=$(checked_torch_wheel) || fail "the LibTorch wheel is gone from .deps/dl; remove .deps/torch and start again"
      step "Fetching the GPU run-time libraries (about 2 GB)" fetch_cuda "$wheel" all
    elif [ -z "$have" ]; then
      wheel=$(checked_torch_wheel) || fail "the LibTorch wheel is gone from .deps/dl; remove .deps/torch and start again"
      step "Fetching the two NVIDIA libraries that this LibTorch build needs to start (5 MB)" fetch_cuda "$wheel" cpu
    fi
  elif [ -n "$1" ]; then
    fail "--cuda: the registry served the CPU build of LibTorch here; give a CUDA build with --libtorch PATH"
  fi
}

# --- Apache Arrow: Parquet and Arrow files ------------------------------------------------------------------------------------

ensure_arrow() {
  [ "$(cat "$DEPS/arrow/.stamp" 2>/dev/null)" = "$ARROW_SHA256" ] || step "Fetching Apache Arrow $ARROW_VERSION (55 MB)" fetch_arrow
}

fetch_arrow() {
  local part="$DEPS/arrow.part"
  rm -rf "$part" && download_wheels "$part" --no-deps "pyarrow==$ARROW_VERSION" || return 1
  echo "$ARROW_SHA256  $(echo "$part"/*.whl)" | sha256sum --check --quiet || return 1
  unzip -q -o "$part"/*.whl 'pyarrow/include/*' 'pyarrow/libarrow.so.*' 'pyarrow/libparquet.so.*' -d "$part" && rm "$part"/*.whl &&
    rm -rf "$DEPS/arrow" && mv "$part/pyarrow" "$DEPS/arrow" && rmdir "$part" && echo "$ARROW_SHA256" >"$DEPS/arrow/.stamp"
}

# --- clang-tidy: the same release everywhere ----------------------------------------------------------------------------------

ensure_tidy() { # sets TIDY, the program
  local folder="$DEPS/clang-tidy-$TIDY_VERSION"
  TIDY="$folder/clang_tidy/data/bin/clang-tidy"
  [ -x "$TIDY" ] || step "Fetching clang-tidy $TIDY_VERSION (20 MB)" fetch_tidy "$folder"
}

fetch_tidy() { # FOLDER
  rm -rf "$1.part" && download_wheels "$1.part" --no-deps "clang-tidy==$TIDY_VERSION" && unzip -q -o "$1.part"/*.whl -d "$1.part" &&
    rm "$1.part"/*.whl && chmod +x "$1.part/clang_tidy/data/bin/clang-tidy" && mv "$1.part" "$1"
}

# --- Build ------------------------------------------------------------------------------------------------------------------

# ninja_step TEXT NINJA-ARGUMENTS…: as step, and silent when there is nothing to do. Only a true run can tell: a dry run takes
# the globbed folders for changed and stops there. With -d explain, ninja names what it will make before it starts.
ninja_step() {
  local text=$1 log start line announced="" status=""
  shift
  log=$(mktemp)
  start=$(date +%s.%N)
  while IFS= read -r line; do
    case "$line" in
      "exit code "*) status=${line#exit code } ;;
      "" | "ninja: Entering directory "* | "ninja: no work to do." | "ninja explain: "*VerifyGlobs.cmake_force* | \
        "ninja explain: "*cmake.verify_globs* | *"Re-checking globbed directories..."*) ;;
      *)
        [ -n "$announced" ] || printf '%s … ' "$text" >&2
        announced=yes
        [[ $line == "ninja explain: "* ]] || printf '%s\n' "$line" >>"$log"
        ;;
    esac
  done < <(ninja -d explain "$@" 2>&1; printf '\nexit code %s\n' "$?")
  if [ "$status" != 0 ]; then
    say "failed (exit code $status)"
    tail -n 40 "$log" >&2
    rm -f "$log"
    exit 1
  fi
  rm -f "$log"
  [ -z "$announced" ] || say_done "$start"
}

# configure PRESET: when needed. DIAPASON_CMAKE_ARGS adds to the configuration.
configure() {
  local preset=$1 folder="$ROOT/build/$1" arguments=()
  read -r -a arguments <<<"${DIAPASON_CMAKE_ARGS:-}"
  arguments+=(-DDIAPASON_TORCH_DIR="${LIBTORCH:-$DEPS/torch}")
  [ ! -f "$DEPS/arrow/.stamp" ] || arguments+=(-DDIAPASON_ARROW_DIR="$DEPS/arrow")
  local wanted="${arguments[*]}"
  if [ ! -f "$folder/build.ninja" ] || [ "$(cat "$folder/.arguments" 2>/dev/null)" != "$wanted" ]; then
    (cd "$ROOT" && step "Configuring ($preset)" cmake --preset "$preset" "${arguments[@]}") || exit 1
    printf '%s' "$wanted" >"$folder/.arguments"
  fi
}

# build PRESET TARGETS…: configures when needed, then builds.
build() {
  local preset=$1
  shift
  configure "$preset"
  ninja_step "Building ($preset, $(nproc) jobs)" -C "$ROOT/build/$preset" -j "$(nproc)" "$@"
}
