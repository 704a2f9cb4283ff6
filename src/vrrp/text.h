// SPDX-License-Identifier: Apache-2.0
// The one text form of inputs and outputs: what scenarios, recordings and replays are written in.
//
//   start | stop | timer
//   advert from ADDR prio N [vrid N] [v 2|3] [int SECONDS] [auth none|pass:TEXT|pass:x:HEX16]
//          [vips ADDR,ADDR|none] [ttl N] [unicast|multicast]
//   priority N [because TEXT]            fault CODE [because TEXT]
//   clear [CODE]                         source ADDR|none
//   address-lost ADDR                    group master|backup|wait [SECONDS] [because TEXT]
//
//   send prio N | add-addresses | remove-addresses | garp N
//   transition FROM TO CODE [: DETAIL]
//   rejected CODE from ADDR [first] [accepted] [: DETAIL]
//   note [verbose] : TEXT
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "vrrp/instance.h"

namespace alibi::vrrp {

/// What the text leaves out of an advert is taken from `ours`, a peer configured alike.
Result<Input> parse_input(std::string_view text, const Parameters& ours);
Result<Output> parse_output(std::string_view text);

/// Complete, so that parse_input gives the same value back whatever `ours` is there.
std::string print(const Input& input);
std::string print(const Output& output);

/// One line, exact; read back by a program of the same version (a field it lacks is an error).
std::string print(const InstanceSnapshot& snapshot);
Result<InstanceSnapshot> parse_snapshot(std::string_view text);

/// "no_source_address" and so on, as text() writes them.
Result<ReasonCode> parse_reason(std::string_view text);
Result<RejectCode> parse_reject(std::string_view text);
Result<State> parse_state(std::string_view text);
/// "1", "0.25", "1.2s" or "250ms" as a duration, exact to the nanosecond; not negative.
Result<Duration> parse_duration(std::string_view text);

}  // namespace alibi::vrrp
