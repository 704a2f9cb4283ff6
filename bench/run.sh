#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every bench against the peer in the same run; one JSON line each on standard output.
set -euo pipefail
cd "$(dirname "$0")/.."
alibi=$(readlink -f "${1:-build/release/alibi}")
[ "$(id -u)" -eq 0 ] || { echo "bench: it builds labs from namespaces, so it needs root" >&2; exit 1; }
python3 bench/stalls.py "$alibi" --table
python3 bench/takeover.py "$alibi"
python3 bench/scale.py "$alibi"
for peer in keepalived frr; do python3 bench/mixed.py "$alibi" "$peer" 201; done
python3 bench/captures.py "$alibi"
python3 bench/reload.py "$alibi"
