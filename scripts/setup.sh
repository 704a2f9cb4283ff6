#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs exactly the Debian packages that are missing, and nothing when none is. No service of a
# package that this script installs is started or enabled: keepalived, haproxy and frr must not
# come up on somebody's machine because of us. Services that were there before are not touched.
set -euo pipefail

build=(g++ cmake ninja-build make pkg-config ccache clang llvm bpftool libbpf-dev libelf-dev
       libpcap-dev libmnl-dev libfmt-dev libspdlog-dev libcli11-dev nlohmann-json3-dev
       libexpected-dev libsqlite3-dev zlib1g-dev libzstd-dev libcurl4-openssl-dev libgtest-dev libgmock-dev
       libbenchmark-dev libclang-rt-14-dev clang-format python3)
lab=(keepalived haproxy frr tcpdump tshark python3-aiosmtpd python3-jsonschema busybox psmisc
     procps iproute2 nftables iputils-arping iputils-ping curl sqlite3 util-linux e2fsprogs librsvg2-bin
     openvswitch-switch protobuf-compiler)
# What neither the program nor `make check` needs: setup.sh bench, setup.sh kernel.
case ${1:-} in
  bench) lab+=(stress-ng strace linux-perf bpftrace) ;;
  kernel) lab+=(qemu-system-x86 seabios) ;;
esac
# PACKAGE or PACKAGE:SERVICE; uuid-runtime comes with openvswitch-switch.
with_services=(keepalived haproxy frr openvswitch-switch uuid-runtime:uuidd)

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

missing=()
for package in "${build[@]}" "${lab[@]}"; do
  is_installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "setup: these Debian packages are missing: ${missing[*]}" >&2
  echo "setup: installing them needs root: run this as root, or install them yourself" >&2
  exit 1
fi
if ! command -v apt-get >/dev/null; then
  echo "setup: no apt-get: this script knows Debian 12; install by hand: ${missing[*]}" >&2
  exit 1
fi

echo "setup: installing ${#missing[@]} packages: ${missing[*]}"
policy=/usr/sbin/policy-rc.d
made_policy=
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod +x "$policy"
  made_policy=yes
fi
log=$(mktemp)
finish() {
  status=$?
  [ -n "$made_policy" ] && rm -f "$policy"
  [ "$status" -ne 0 ] && tail -n 30 "$log" >&2 && echo "setup: failed, see above" >&2
  rm -f "$log"
  exit "$status"
}
trap finish EXIT

# policy-rc.d keeps services from starting now; a package that was not here before is also
# disabled, so that the next boot does not start it either.
fresh=()
for service in "${with_services[@]}"; do
  is_installed "${service%:*}" || fresh+=("${service#*:}")
done
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >"$log" 2>&1
apt-get install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1
for service in "${fresh[@]}"; do
  if command -v deb-systemd-helper >/dev/null; then
    deb-systemd-helper disable "$service.service" >>"$log" 2>&1 || true
  fi
  update-rc.d "$service" disable >>"$log" 2>&1 || true
done
echo "setup: done"
