// SPDX-License-Identifier: Apache-2.0
// What a rule may look at: one incident with everything already worked out about it.
#pragma once

#include <optional>
#include <vector>

#include "investigate/account.h"
#include "investigate/cause.h"
#include "investigate/incident.h"
#include "investigate/path.h"
#include "investigate/receiver.h"
#include "investigate/scripts.h"

namespace alibi::investigate {

struct Scene {
  const evidence::Recording& recording;
  const Incident& incident;
  const Stream& from;
  const Stream& to;
  const Where& where;
  const std::optional<Sender>& sender;
  const std::optional<Account>& account;  ///< only when the gap began at the sender
  /// Only when the adverts arrived where `to` listens and it did not act on them.
  const std::optional<Receiver>& receiver;

  /// Does the fault lie with the sender: it fell silent or resigned at its own first tap?
  bool at_sender() const {
    return where.origin == Origin::Sender || incident.kind == Kind::Resignation ||
           incident.kind == Kind::Preemption;
  }
};

/// A rule looks at a scene and names its cause, or holds its peace.
using Rule = std::optional<Finding> (*)(const Scene&);

}  // namespace alibi::investigate
