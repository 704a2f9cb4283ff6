# SPDX-License-Identifier: Apache-2.0
# CPUs of the machine are taken from it, the sender's (1), the other or both. The emulator does not
# count that: an agent adds what the host's scheduler counts to the stolen time of /proc/stat.
. /scenes/ordeals.sh
keeper a eth0 150 taskset 2
echo HOST thefts
steal_agent /dev/ttyS1 /proc/stat /run/stat &
sleep 6
mount --bind /run/stat /proc/stat
ordeal stolen_both
ordeal stolen_one
ordeal stolen_other
ordeal sliced_both
umount /proc/stat
ordeal uncounted_both
ordeal uncounted_one
