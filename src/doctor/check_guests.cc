// SPDX-License-Identifier: Apache-2.0
// Who serves the network of each guest: the kernel (vhost_net) or QEMU's main loop.
#include <fmt/format.h>

#include "doctor/checks.h"

namespace alibi::doctor {
namespace {

std::string guest_name(const Guest& guest) {
  const std::string process = process_name(guest.comm, guest.pid);
  return guest.name.empty() ? process : guest.name + ", " + process;
}

/// With its descriptors read, QEMU either holds one of /dev/vhost-net for each queue or does not.
void check_descriptors(const Guest& guest, Findings& out) {
  const std::int64_t taps = *guest.taps;
  const std::int64_t vhost = guest.vhost_net.value_or(0);
  if (taps == 0 || vhost >= taps) return;
  const bool mixed = vhost != 0;  // one of its network cards may be no virtio at all
  out.push_back(
      {"guest.no_vhost", mixed ? Sure::Likely : Sure::Certain, guest_name(guest),
       fmt::format("/proc/{}/fd: {} of /dev/net/tun, {} of /dev/vhost-net", guest.pid, taps, vhost),
       ""});
}

/// Without them: what it was started with, and the threads that vhost would have.
void check_command_line(const Guest& guest, Findings& out) {
  if (!guest.asks_tap || guest.asks_vhost || !guest.threads || *guest.threads != 0) return;
  out.push_back({"guest.no_vhost", Sure::Likely, guest_name(guest),
                 fmt::format("its command line has a tap without vhost, and there is no thread "
                             "vhost-{}",
                             guest.pid),
                 ""});
}

}  // namespace

void check_guests(const Facts& facts, Findings& out) {
  bool with_tap = false;
  for (const Guest& guest : facts.guests) {
    with_tap = with_tap || guest.taps.value_or(0) > 0 || guest.asks_tap;
    if (guest.taps) {
      check_descriptors(guest, out);
    } else {
      check_command_line(guest, out);
    }
  }
  if (!with_tap || !facts.vhost_net_device || !facts.vhost_net_loaded) return;
  const bool device = *facts.vhost_net_device != 0;
  if (device) return;
  out.push_back({"host.no_vhost_net", Sure::Certain, "",
                 fmt::format("/dev/vhost-net is not there; the module is {}loaded",
                             *facts.vhost_net_loaded != 0 ? "" : "not "),
                 ""});
}

}  // namespace alibi::doctor
