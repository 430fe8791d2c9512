#!/bin/bash
# clang-tidy with the checks of .clang-tidy over the project's C++ code. Takes minutes per core, so it is no part of tools/test.
#
#   tools/tidy/clang_tidy.sh [BUILD_DIR [FILE...]]     (build/release; all sources of the project that the build compiles)
#
# The build directory must be built with clang: its compile commands and precompiled headers are used. Prints the findings; status 1
# when there are any. LATHE_TIDY_JOBS = processes at a time, one per core otherwise.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build/release}
shift || true
tidy=$(command -v clang-tidy-19 || command -v clang-tidy)
if [ ! -f "$build/compile_commands.json" ]; then
  echo "$build has no compile_commands.json: configure and build it first" >&2
  exit 2
fi
if [ $# -gt 0 ]; then
  files=("$@")
else
  mapfile -t files < <(git ls-files 'runtime/*.cc' 'storage/*.cc' 'codegen/*.cc' 'dist/*.cc' 'frontend/*.cc' 'tools/*.cc' \
    'bench/*.cc' 'tests/*.cc')
fi
found=$(mktemp)
trap 'rm -f "$found"' EXIT
printf '%s\n' "${files[@]}" |
  { while read -r file; do if grep -qF "/$file\"" "$build/compile_commands.json"; then echo "$file"; fi; done; } |
  xargs -P "${LATHE_TIDY_JOBS:-$(nproc)}" -n 1 "$tidy" --quiet -p "$build" 2>/dev/null |
  grep --line-buffered -E '(warning|error): .*\[[a-z]' | awk '!seen[$0]++ { print; fflush() }' | tee "$found" || true
echo "$(wc -l < "$found") findings in ${#files[@]} files"
[ ! -s "$found" ]
