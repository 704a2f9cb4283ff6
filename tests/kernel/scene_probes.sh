# SPDX-License-Identifier: Apache-2.0
# The tests of the probes, with the controllers of cgroup version 1 that some of them need.
mount -t tmpfs cgroup /sys/fs/cgroup
for controller in freezer cpu memory; do
  mkdir "/sys/fs/cgroup/$controller"
  mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller"
done
# Memory of a file system without a disk cannot be reclaimed.
truncate -s 128M /tmp/disk
mkfs.ext4 -q -F /tmp/disk
mount -o loop /tmp/disk /var/tmp

every_test() {  # PROGRAM: none fails, none is skipped: this kernel has all that they ask for
  GTEST_COLOR=no timeout 300 "$@" > /tmp/tests 2>&1
  passed=$?
  grep -v "RUN\|--------\|^\$" /tmp/tests
  [ $passed -eq 0 ] && ! grep -q "SKIPPED" /tmp/tests
}

check fence every_test fence_test
check decoding every_test bpf_test
check recorder every_test recorder_test
