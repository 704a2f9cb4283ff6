# SPDX-License-Identifier: Apache-2.0
# What a kernel may lack: pressure (psi=0), cgroup version 1, BTF; and a user without rights. Recording
# goes on as far as it can, and each loss is named.
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip netns add a
ip netns add b
ip link add v0 netns a type veth peer name v0 netns b
for n in a b; do
  ip -n $n link set lo up
  ip -n $n link set v0 up
done
ip -n a addr add 10.1.0.1/24 dev v0
ip -n b addr add 10.1.0.2/24 dev v0

# Stopped by a signal, then frozen by cgroup 2, for 8 s each: an emulated CPU is slow.
story() {
  alibi record --tap A=v0@a:a --tap B=v0@b:b --for 45 --json -w /tmp/flap.case > /tmp/verdicts &
  recorder=$!
  sleep 12
  kill -STOP "$(cat /tmp/a.vrrp.pid)"; sleep 8; kill -CONT "$(cat /tmp/a.vrrp.pid)"; sleep 8
  mkdir /sys/fs/cgroup/cold
  cat /tmp/a.vrrp.pid > /sys/fs/cgroup/cold/cgroup.procs
  echo 1 > /sys/fs/cgroup/cold/cgroup.freeze; sleep 8; echo 0 > /sys/fs/cgroup/cold/cgroup.freeze
  wait $recorder
}
absent_are() {  # SOURCE...: /tmp/verdicts has these as absent, each with its reason, and no other
  grep -B1 -A1 '"lost": 0' /tmp/verdicts | grep '"source"\|"why"' | sort -u
  [ "$(grep -B1 '"lost": 0' /tmp/verdicts | sed -n 's/.*"source": "\(.*\)".*/\1/p' | sort -u |
    tr '\n' ' ')" = "$* " ]
}
without_btf() {
  mkdir -p /tmp/empty
  mount --bind /tmp/empty /sys/kernel/btf
  alibi record --quiet --tap A=v0@a:a --for 2 --json > /tmp/verdicts &&
    absent_are block drops memory pressure process sched signal &&
    said CONFIG_DEBUG_INFO_BTF
  passed=$?
  umount /sys/kernel/btf
  return $passed
}
without_rights() {  # it records what it may, or nothing, and says what it would need
  nobody alibi record -i lo --for 1 --json > /tmp/refused 2>&1
  cat /tmp/refused
  grep -q "CAP_" /tmp/refused
}
audit() {  # [nobody]: 3, findings, is as good as 0
  "$@" alibi doctor --sample 50 > /tmp/audit
  code=$?
  cat /tmp/audit
  [ $code -eq 0 ] || [ $code -eq 3 ]
}

keeper a v0 150 ip netns exec a
sleep 4
keeper b v0 100 ip netns exec b
sleep 4
check record story
check only_pressure_is_missing absent_are pressure
check stopped said host.process.stopped
check frozen said host.process.frozen
check without_btf without_btf
check record_unprivileged without_rights
check doctor audit
check doctor_names_the_keeper grep keeper.not_realtime /tmp/audit
check doctor_unprivileged audit nobody
