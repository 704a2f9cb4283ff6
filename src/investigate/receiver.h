// SPDX-License-Identifier: Apache-2.0
// The receiving side: adverts that arrived where the successor listens, and what the thread that
// should have read them did until it took over all the same.
#pragma once

#include <optional>
#include <vector>

#include "investigate/account.h"
#include "investigate/incident.h"

namespace alibi::investigate {

/// Adverts that arrived in time at the successor's own tap and that it did not act on. Each of them
/// would have put its take-over off by a master-down interval (RFC 3768 section 6.4.2, RFC 9568
/// section 6.4.2), so packets alone prove it.
struct Unheeded {
  evidence::TapId tap = 0;
  std::vector<Instant> arrived;  ///< never empty, in order
};

/// nullopt: the adverts did not arrive in an unbroken row over the whole master-down interval
/// before the take-over, or nobody watched where they should have.
std::optional<Unheeded> unheeded_adverts(const evidence::Recording& recording, const Stream& from,
                                         const Stream& to, const Incident& incident);

struct Receiver {
  Unheeded unheeded;
  std::optional<Sender> process;   ///< who should have read them; nullopt: not found
  std::optional<Account> account;  ///< from the first arrival to the take-over

  /// How many of the adverts met the thread in this state 10 ms after they had arrived: time enough
  /// for one that waits for them to be woken and to have read them.
  std::size_t met(Doing doing) const;
};

std::optional<Receiver> receiver_of(const evidence::Recording& recording, const Stream& from,
                                    const Stream& to, const Incident& incident);

}  // namespace alibi::investigate
