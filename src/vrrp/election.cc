// SPDX-License-Identifier: Apache-2.0
// Election rules; see the header for clauses.
#include "vrrp/election.h"

namespace alibi::vrrp {

Standing standing(const Candidate& sender, const Candidate& us) {
  if (sender.priority.value == 0) return Standing::Resigns;
  if (sender.priority > us.priority) return Standing::Higher;
  if (sender.priority < us.priority) return Standing::Lower;
  return wire::higher(sender.address, us.address) ? Standing::TieHigher : Standing::Lower;
}

bool at_least_ours(Priority sender, Priority ours) { return sender >= ours; }

}  // namespace alibi::vrrp
