// SPDX-License-Identifier: Apache-2.0
// A case in the forms that other tools read (docs/formats/exports.md).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "investigate/verdict.h"

namespace alibi::report {

/// All taps' adverts as pcapng, rebuilt from what the case holds: the same packet has the same
/// epb_packetid at every tap; the packet that ends a gap, and the successor's first, carry the
/// verdict as a comment. `path` "-" is standard output.
Result<void> write_case_pcapng(const evidence::Recording& recording,
                               const std::vector<investigate::Verdict>& verdicts,
                               const std::string& path);

/// The packet id of each heartbeat, from 1: adverts of one stream with one IP id and priority, seen
/// at different taps less than half an interval apart, are one packet.
std::vector<std::uint64_t> packet_ids(const std::vector<evidence::Heartbeat>& heartbeats);

/// RFC 4180, a row an advert or event in order of time: time_ns, unix_ns, kind, pid, tid, fact. The
/// fact is the JSON of docs/formats/case.md; pid and tid are empty where it has none.
std::string events_csv(const evidence::Recording& recording);

/// A Perfetto trace (protobuf): a track a thread and a tap, incidents as spans, samples as
/// counters, all other events as instants with their fields.
std::string perfetto_trace(const evidence::Recording& recording,
                           const std::vector<investigate::Verdict>& verdicts);

/// A page of HTML for people: the verdicts, the accounts drawn, the machine, what each source
/// counted. It holds no script and loads nothing.
std::string case_page(const evidence::Recording& recording,
                      const std::vector<investigate::Verdict>& verdicts);

}  // namespace alibi::report
