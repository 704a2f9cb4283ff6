#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Everything CI runs: house rules, sanitized build, fast tests, tests that need root and namespaces,
# a round of the lab; then what must not be left behind.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=$(nproc)
started=$(date +%s)
step() { printf '\n== %s (%d s)\n' "$1" $(($(date +%s) - started)); }

step "house rules"
python3 tools/tidy.py

step "what is here before"
before=$(scripts/leftovers.sh)

step "sanitized build"
cmake --preset dev --log-level=WARNING
cmake --build --preset dev -j "$jobs" -- --quiet

step "fast tests, simulation"
ctest --test-dir build/dev -L 'fast|sim' --output-on-failure -j "$jobs" --no-tests=error

if [ "$(id -u)" -eq 0 ]; then
  # A peer or a subject that found no processor in time fails a test and says nothing about alibi:
  # what failed runs once more, alone, and has to pass.
  once_more() {
    ctest --test-dir build/dev --output-on-failure --no-tests=error "$@" && return
    step "what failed, once more and alone"
    ctest --test-dir build/dev --rerun-failed --output-on-failure --no-tests=error -j 1
  }
  step "probes on live processes"
  once_more -L bpf -j 1
  step "tests with real peers, in namespaces"
  # The sanitized program. They wait for timers most of the time, each in namespaces of its own.
  once_more -L lab -LE bpf -j $((2 * jobs + 1))
  step "verdicts against injected truth (make lab runs every scenario five times)"
  # Exit code 3: right or unknown; 1: a wrong name.
  build/release/alibi lab run process.stop process.freeze process.kill memory.reclaim log.reader \
    log.disk fs.freeze net.loss service.kill admin.stop none || [ $? -eq 3 ]
else
  echo "skipped: they need root"
fi

step "what is left behind"
after=$(scripts/leftovers.sh)
left=$(comm -13 <(sort <<<"$before") <(sort <<<"$after"))
if [ -n "$left" ]; then
  printf 'left behind by the tests:\n%s\n' "$left" >&2
  exit 1
fi
echo "nothing"
step "all green"
