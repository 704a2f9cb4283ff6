#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The story in three scenes with the real programs: the flap and its verdict, the same fault under
# alibi run, and a fail-over that is justified. Exits 1 if a verdict is not the injected truth.
set -euo pipefail
alibi=$(readlink -f "${1:-build/release/alibi}")
if [ "$(id -u)" -ne 0 ]; then
  echo "demo: it builds hosts from Linux namespaces, so it needs root: sudo make demo" >&2
  exit 1
fi
exec "$alibi" lab run story
