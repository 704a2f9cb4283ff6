#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The story in three scenes with the real programs: the flap and its verdict, the same fault under
# alibi run, and a fail-over that is justified. Exits 1 if a verdict is not the injected truth.
set -euo pipefail
cd "$(dirname "$0")/.."
alibi=$(readlink -f "${1:-build/release/alibi}")
if [ "$(id -u)" -ne 0 ]; then
  echo "demo: it builds hosts from Linux namespaces, so it needs root" >&2
  exit 1
fi

lab=demo$$
work=$(mktemp -d /tmp/alibi-demo.XXXXXX)
recorder=
started=$SECONDS
results=()
wrong=0

cleanup() {
  status=$?
  trap - EXIT INT TERM
  [ -n "$recorder" ] && kill "$recorder" 2>/dev/null && wait "$recorder" 2>/dev/null
  "$alibi" lab down --name "$lab" || true
  rm -rf "$work"
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

say() { printf '\n\033[1m[%2d s] %s\033[0m\n' $((SECONDS - started)) "$*"; }

await() { # SECONDS COMMAND...: until it succeeds
  local limit=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -ge "$limit" ] && return 1
    sleep 0.1
  done
}

# record NAME: watches taps A to Q; verdicts go to NAME.txt as they come, and by mail.
record() {
  local taps=()
  while read -r tap; do taps+=(--tap "$tap"); done < <("$alibi" lab taps --name "$lab")
  "$alibi" record "${taps[@]}" -w "$work/$1.case" --mail-as examples/loadbalancer02.conf \
    --mail-netns "alibi-$lab-loadbalancer02" >"$work/$1.txt" 2>"$work/$1.err" &
  recorder=$!
  await 10 grep -q '^recording' "$work/$1.err" || { cat "$work/$1.err" >&2; exit 1; }
  sleep 3
}

stop_recording() {
  kill -INT "$recorder"
  wait "$recorder" || true
  recorder=
}

# causes NAME: the codes of the failures in the case, one word, or "none"
causes() {
  "$alibi" explain --json "$work/$1.case" | python3 -c '
import json, sys
codes = {i["cause"]["code"] for i in json.load(sys.stdin)["incidents"]
         if i["failure"] and i["kind"] != "near_miss"}
print("+".join(sorted(codes)) or "none")'
}

# result SCENE INJECTED EXPECTED NAME
result() {
  local named mark=right
  named=$(causes "$4")
  if [ "$named" != "$3" ]; then mark=WRONG; wrong=1; fi
  results+=("$(printf '%-44s %-22s %-16s %-16s %s' "$1" "$2" "$3" "$named" "$mark")")
}

printf 'Two load balancers in a virtual network share 192.168.205.7. Everything below is real:\n'
printf 'keepalived, HAProxy, an SMTP server, 17 taps (A to Q) along the way of the adverts.\n'

say "Scene one: keepalived keeps the address; the disk under its syslog reader stands still for 5 s"
"$alibi" lab up --name "$lab" --keeper keepalived
record one
"$alibi" lab fault log.disk --name "$lab" --for 5
await 10 grep -q '^incident' "$work/one.txt" || true
stop_recording
sed -n '/^incident/,$p' "$work/one.txt"
mails=$("$alibi" lab mails --name "$lab")
grep -A3 -i 'subject:.*host\.' <<<"$mails" | head -n 4 || echo "the verdict did not arrive by mail"
grep -qi 'subject:.*host\.' <<<"$mails" || wrong=1
result "one: keepalived, reader of its log stalls" log.disk host.io.log one
"$alibi" lab down --name "$lab"

say "Scene two: the same file under alibi run, the same stall"
"$alibi" lab up --name "$lab" --keeper alibi
record two
"$alibi" lab fault log.disk --name "$lab" --for 5
stop_recording
sed -n '/^incident/,$p' "$work/two.txt"
result "two: alibi run, the same stall" log.disk none two

say "Scene three: HAProxy on loadbalancer01 is killed"
record three
"$alibi" lab fault service.kill --name "$lab" --for 6
stop_recording
sed -n '/^incident/,$p' "$work/three.txt"
result "three: HAProxy killed" service.kill service.down three

say "Interruptions that the client saw (it fetches a page every 100 ms through the address)"
"$alibi" lab interruptions --name "$lab" || true

say "Result"
printf '%-44s %-22s %-16s %-16s %s\n' scene injected expected named verdict
printf '%s\n' "${results[@]}"
exit "$wrong"
