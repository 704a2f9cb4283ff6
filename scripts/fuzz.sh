#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs every fuzzer for SECONDS each, starting from its corpus; a finding stops the script and
# stays in the current folder as crash-*.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
cmake --preset fuzz --log-level=WARNING
cmake --build --preset fuzz -j "$(nproc)" --target fuzzers -- --quiet
for fuzzer in build/fuzz/fuzz_*; do
  [ -x "$fuzzer" ] && [ -f "$fuzzer" ] || continue
  name=$(basename "$fuzzer"); name=${name#fuzz_}
  work=$(mktemp -d)
  echo "== $name, $seconds s"
  "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    "$work" "tests/fuzz/corpus/$name" 2>&1 | tail -n 12
  rm -rf "$work"
done
