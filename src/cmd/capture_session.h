// SPDX-License-Identifier: Apache-2.0
// A live capture: taps in, lines and files out, the counts at the end.
#pragma once

#include "cmd/capture_options.h"
#include "cmd/capture_view.h"

namespace alibi::cmd {

/// Until -c, a signal, or the last file of -W. Exit code.
int capture_live(const CaptureOptions& options);
/// The same with another look at the frames than lines.
int capture_live(const CaptureOptions& options, CaptureView& view);
/// -r: the same out of a file.
int capture_read(const CaptureOptions& options);

/// -w names pcapng with its ending (also in front of .gz and .zst), or --format does.
bool writes_pcapng(const CaptureOptions& options);
/// "1 packet captured", "2 packets captured".
std::string packets_text(std::uint64_t count, const char* what);
int capture_error(const std::string& message);
/// "reading from file a.pcap, link-type EN10MB (Ethernet), snapshot length 262144".
void announce_file(const std::string& file, int link_type);

}  // namespace alibi::cmd
