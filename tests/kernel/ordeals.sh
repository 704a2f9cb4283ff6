# SPDX-License-Identifier: Apache-2.0
# A keeper on eth0 whose machine the hypervisor ill-treats as often as `times` of the kernel's command
# line says, at moments and for lengths that the harness draws (tests/kernel/ordeals.py). The backup
# router is on the other side (tests/kernel/peer.py). The harness judges the case.
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set eth0 up
ip addr add 10.1.0.1/24 dev eth0
stty -F /dev/ttyS2 raw

ordeal() {  # NAME
  rm -f /tmp/ordeal.case /tmp/told
  alibi record --tap A=eth0 --window 3600 -w /tmp/ordeal.case > /tmp/told 2>&1 &
  recorder=$!
  until grep -q "^recording" /tmp/told; do sleep 0.2; done
  sleep 5
  for _ in $(seq "${times:-3}"); do
    echo "HOST ordeal $1 $(date +%s)"
    sleep 28  # at most 3 s until it begins and 12 s of it; then the address comes back
  done
  kill -INT $recorder
  wait $recorder
  cat /tmp/ordeal.case > /dev/ttyS2
  echo "HOST judge $1 $(stat -c %s /tmp/ordeal.case)"
}
