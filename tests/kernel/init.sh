#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# Process 1 of the second kernel (tests/kernel/kernel_check.py): no udev, no systemd. Plays the scene
# that the kernel's command line names. Each check prints "CHECK name ok" or "CHECK name FAILED",
# with what was seen ahead of it.
export PATH=/programs:/bin LD_LIBRARY_PATH=/lib
/bin/busybox --install -s /bin
busybox mount -t proc proc /proc
for what in sysfs:/sys devtmpfs:/dev tmpfs:/tmp tmpfs:/run tracefs:/sys/kernel/tracing; do
  mount -t "${what%%:*}" "${what%%:*}" "${what#*:}"
done
mkdir -p /run/netns /var/run /dev/pts
ln -s /proc/mounts /etc/mtab
mount -t devpts devpts /dev/pts
while read -r module; do
  insmod "/modules/$module.ko" || echo "no module $module"
done < /modules/order
ip link set lo up
echo "kernel $(uname -r), $(nproc) CPUs, clock" \
  "$(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)"

check() {  # NAME COMMAND...: the command's exit code decides
  name=$1; shift
  if "$@" 2>&1; then echo "CHECK $name ok"; else echo "CHECK $name FAILED"; fi
}

keeper() {  # NAME INTERFACE PRIORITY [COMMAND...]: a keepalived, by COMMAND where there is one
  name=$1 interface=$2 priority=$3; shift 3
  cat > "/tmp/$name.conf" <<CONF
vrrp_instance V1 {
  interface $interface
  virtual_router_id 51
  priority $priority
  advert_int 1
  virtual_ipaddress { 10.1.0.100 }
}
CONF
  "$@" keepalived -n -P -f "/tmp/$name.conf" -p "/tmp/$name.pid" -r "/tmp/$name.vrrp.pid" &
}

said() { grep -q "$1" /tmp/verdicts || { echo "no $1 in the verdicts"; false; }; }

nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }

. "/scenes/scene_$scene.sh"
echo "CHECKS DONE"
poweroff -f
