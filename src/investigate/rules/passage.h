// SPDX-License-Identifier: Apache-2.0
// What is known of the places that adverts had to pass: who changed a packet filter, which rule of
// it counted them, what a queue dropped, which port did not forward. Lines of evidence, no causes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "investigate/scene.h"

namespace alibi::investigate::rules {

/// Out of a host that sent them, into one that is to read them, or through a third.
enum class Way { Out, In, Through };

/// The rules that may have dropped adverts in this namespace on that way, and who changed the
/// ruleset last.
std::vector<std::string> filter_lines(const Scene& scene, std::uint64_t netns, Way way, Instant a,
                                      Instant b);

/// What the kernel dropped of the adverts that came in at one tap and did not leave at the other of
/// the same host, and by which rules.
std::vector<std::string> dropped_between(const Scene& scene, evidence::TapId in,
                                         evidence::TapId out, Instant a, Instant b);

/// What the queues of a tap dropped from `a` to `b`, as far as their counters tell.
std::vector<std::string> queue_lines(const Scene& scene, evidence::TapId tap, Instant a, Instant b);

/// That a neighbour of this namespace gave no answer, or that its MAC address changed.
std::vector<std::string> neighbour_lines(const Scene& scene, std::uint64_t netns, Instant a,
                                         Instant b);

/// Ports of bridges in this namespace that stopped to forward.
std::vector<std::string> port_lines(const Scene& scene, std::uint64_t netns, Instant a, Instant b);

}  // namespace alibi::investigate::rules
