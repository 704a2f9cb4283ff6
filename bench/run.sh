#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every bench against the peer in the same run; one JSON line each on standard output and in
# build/bench.jsonl, then the tables of docs/bench.md, and what was left behind, if anything was.
set -euo pipefail
cd "$(dirname "$0")/.."
alibi=$(readlink -f "${1:-build/release/alibi}")
[ "$(id -u)" -eq 0 ] || { echo "bench: labs of namespaces need root" >&2; exit 1; }
mkdir -p build
lines=build/bench.jsonl
: > "$lines"
failed=0
before=$(scripts/leftovers.sh)
bench() {
  python3 "bench/$1.py" "$alibi" "${@:2}" | tee -a "$lines" && return
  failed=1
  echo "bench: $1 failed" >&2
}
bench stalls
bench takeover
bench reload
bench scale
for peer in keepalived frr; do bench mixed "$peer" "${EVENTS:-201}"; done
bench gaps
bench recorder_cost
for part in rates stalls; do bench capture "$part"; done
python3 bench/tables.py "$lines"
diff <(printf '%s\n' "$before") <(scripts/leftovers.sh) >&2 ||
  echo "bench: see above what was left behind" >&2
exit "$failed"
