// SPDX-License-Identifier: Apache-2.0
// From a draft to Settings: defaults, and the checks that need more than one line.
#pragma once

#include "config/draft.h"

namespace alibi::config {

Settings complete(Context& context);

// The checks of one instance (complete_instance.cc).
/// Fills instance.vrrp from the draft; says what keepalived changes or refuses.
void complete_instance(Context& context, InstanceDraft& draft);

}  // namespace alibi::config
