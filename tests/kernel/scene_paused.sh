# SPDX-License-Identifier: Apache-2.0
# Its hypervisor gives the whole machine no time; its clocks go on.
. /scenes/ordeals.sh
keeper a eth0 150
sleep 6
ordeal paused
