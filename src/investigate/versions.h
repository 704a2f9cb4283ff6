// SPDX-License-Identifier: Apache-2.0
// Routers of one number and different versions do not hear each other (RFC 9568, 7.1: the version
// must be 3; RFC 3768, 7.1: 2), so that both are master of what they share. Each version by itself
// shows nothing wrong.
#pragma once

#include <map>
#include <vector>

#include "investigate/stream.h"
#include "investigate/verdict.h"

namespace alibi::investigate {

/// For each router that began to advertise, in one version, an address that another one advertised
/// in the other where it listens, and that went on. The verdict names config.mismatch.
std::vector<Verdict> version_mismatches(const evidence::Recording& recording,
                                        const std::map<RouterKey, std::vector<Stream>>& streams);

}  // namespace alibi::investigate
