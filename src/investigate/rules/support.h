// SPDX-License-Identifier: Apache-2.0
// What several rules ask of a scene: the share of a state, names of processes, who sent a signal.
#pragma once

#include <optional>
#include <string>

#include "investigate/scene.h"

namespace alibi::investigate::rules {

/// Half of the overdue time or more: then the state explains why the advert was not sent.
bool dominates(const Scene& scene, Doing doing);

/// "2.612 s of the 2.633 s overdue", or "... in which adverts waited for it".
std::string share_text(const Scene& scene, Doing doing);

/// Did adverts leave the sender's socket in a gap that began there, and were dropped by its kernel?
/// Then it did not keep them back itself.
bool sent_and_lost(const Scene& scene);

/// The sender as "keepalived (pid 123) on loadbalancer01".
std::string sender_text(const Scene& scene);

/// The last signal `signal` for process `pid` within [a, b]; nullptr if none was seen.
const evidence::SignalSent* signal_for(const evidence::Recording& recording, std::int32_t pid,
                                       int signal, Instant a, Instant b);

/// The same as the event that says when it was sent.
const evidence::Event* signal_event(const evidence::Recording& recording, std::int32_t pid,
                                    int signal, Instant a, Instant b);

/// Were the signals of [a, b] recorded, and none of them lost?
bool signals_seen(const evidence::Recording& recording, Instant a, Instant b);

/// "bash (pid 77, child of sshd)" or "the kernel".
std::string signal_source(const evidence::SignalSent& sent);

/// Adds a line for each memory cgroup of the sender that met its limit in the gap; was there any?
bool limits_met(const Scene& scene, Finding& finding);

/// "12:00:01.250".
std::string clock_text(const evidence::Recording& recording, Instant at);

}  // namespace alibi::investigate::rules
