// SPDX-License-Identifier: Apache-2.0
// Which received advertisements count, and which rule the others broke. Checks come in keepalived's
// order (vrrp_check_packet), so that one packet is counted under the same reason by both.
#pragma once

#include <optional>
#include <string>

#include "vrrp/instance.h"

namespace alibi::vrrp {

/// The first rule that `packet` breaks; none: it counts. `source` is our own primary address.
/// The address list is not looked at here: see address_list_matches().
std::optional<RejectCode> broken_rule(const Parameters& ours, const wire::IpAddress& source,
                                      const AdvertReceived& packet);

/// Whether both lists hold the same addresses, in any order.
bool address_list_matches(const Parameters& ours, const wire::Advertisement& advert);

/// keepalived's words for a broken rule, with both sides' figures.
std::string rejection_text(RejectCode code, const Parameters& ours, const AdvertReceived& packet);

}  // namespace alibi::vrrp
