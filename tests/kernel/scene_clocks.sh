# SPDX-License-Identifier: Apache-2.0
# A clock that is set, and a machine that its hypervisor stops with its clocks. The backup router is on
# the other side of eth0 (tests/kernel/peer.py).
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set eth0 up
ip addr add 10.1.0.1/24 dev eth0

record() {  # SECONDS; into /tmp/verdicts and /tmp/clocks.case; recording when it returns
  rm -f /tmp/clocks.case /tmp/told
  alibi record --tap A=eth0 --for "$1" --json -w /tmp/clocks.case > /tmp/verdicts 2> /tmp/told &
  recorder=$!
  until grep -q "^recording" /tmp/told; do sleep 0.2; done
  sleep 5
}
facts() { sqlite3 /tmp/clocks.case "select fact from event where kind = '$1'"; }
causes_are() {  # CODE...: those of the verdicts are these
  alibi explain /tmp/clocks.case
  [ "$(sed -n 's/^ *"code": "\(.*\)".*/\1/p' /tmp/verdicts | sort -u | tr '\n' ' ')" = "$*${1:+ }" ]
}

# One hour forward and back again: two facts, no incident.
step() {
  record 13
  date -s "@$(($(date +%s) + 3600))"; sleep 3
  date -s "@$(($(date +%s) - 3600))"
  wait $recorder
  facts clock_jump | tee /tmp/facts
  [ "$(grep -c realtime /tmp/facts)" -eq 2 ] && causes_are
}
# Its clocks stand still: nothing is late here, and only the battery clock shows it.
halted() {
  record 16
  echo "HOST halt 6"
  wait $recorder
  facts cpu_silent
  facts clock_jump | tee /tmp/facts
  grep -q rtc /tmp/facts && causes_are unknown
}

keeper a eth0 150
sleep 6
check step step
check halted halted
