#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Boots Debian's 6.1 cloud kernel in QEMU without KVM and checks alibi there: `make kernel-check`.
# kernel-check.sh FOLDER_OF_PROGRAMS [OPTION...] [SCENE...]. Fetches the kernel's package, does not install it.
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$1
shift
package=$(apt-cache depends linux-image-cloud-amd64 | awk '$1 == "Depends:" {print $2; exit}')
if [ -z "$package" ]; then
  echo "kernel-check: apt knows no linux-image-cloud-amd64: a Debian 12 with its lists is needed" >&2
  exit 1
fi
kernel=build/kernel/$package
if [ ! -d "$kernel" ]; then
  fetched=$(mktemp -d)
  trap 'rm -rf "$fetched"' EXIT
  chmod 755 "$fetched"
  (cd "$fetched" && apt-get download -qq "$package" 2>/dev/null && dpkg-deb -x "$package"_*.deb x)
  mkdir -p build/kernel
  mv "$fetched/x" "$kernel"
fi
python3 -B tests/kernel/kernel_check.py --kernel "$kernel"/boot/vmlinuz-* \
  --modules "$kernel"/lib/modules/* --programs "$programs" "$@"
