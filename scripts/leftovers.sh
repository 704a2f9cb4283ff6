#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Lists what a test or a lab could leave on this machine: namespaces, loop devices, mounts,
# cgroups, processes of our kind. Two listings are compared by scripts/check.sh.
set -u
echo "namespaces:"; ls /run/netns 2>/dev/null | sort
echo "loop devices:"; losetup -l -n -O NAME,BACK-FILE 2>/dev/null | grep -i alibi | sort
echo "mounts:"; grep -i alibi /proc/self/mounts | cut -d' ' -f2 | sort
# The parent group that all labs share holds nothing by itself.
echo "cgroups:"
find /sys/fs/cgroup -maxdepth 3 -type d \( -name '*alibi*' -o -path '*/alibi-lab/*' \) \
  ! -name alibi-lab 2>/dev/null | sort
echo "processes:"
ps -eo pid=,comm= | grep -E ' (alibi.*|keepalived|haproxy|vrrpd|zebra|syslogd|tcpdump)$' | sort
echo "state:"; ls /run/alibi-lab 2>/dev/null | sort
exit 0
