// SPDX-License-Identifier: Apache-2.0
// Captures read one after the other, in one pass each: every interface of every file is a tap, but
// for files that are pieces of one capture. A cooked capture that tells the interface of each
// packet (LINUX_SLL2) has a tap for each that saw something of interest, and one for all else.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "evidence/capture_file.h"
#include "evidence/capture_pieces.h"
#include "evidence/time_order.h"

namespace alibi::evidence {

/// A frame of interest that has a time, and where it was captured.
struct TapFrame {
  TapId tap = 0;
  Instant at;  ///< on one clock, also where the capture's was set meanwhile
  Direction direction = Direction::Unknown;  ///< also from the cooked headers of the `any` device
  const CapturedFrame& frame;
};

/// A tap as it was read, beside Tap's counters.
struct TapSpan {
  bool timed = false;   ///< it holds packets with a time
  Instant first, last;  ///< earliest and latest packet of any kind
  Instant final;        ///< the one that stands last in the capture
};

/// The span where stamps behind a step of the clock are to be taken `shift` later; `newest`: the
/// latest heartbeat, as it was placed.
TapSpan corrected(const TapSpan& span, Duration shift, const Disorder& disorder, Instant newest);

/// One thread. Holds names and counters, no packets.
class CaptureScan {
 public:
  using Sink = std::function<void(const TapFrame&)>;

  /// Reads the files, "-" being standard input, in the order of their first packets where several
  /// are given, so that pieces of one capture (capture_pieces.h) follow each other whatever the
  /// order of the arguments. A defect after the first packet is a warning.
  Result<void> read(std::span<const std::string> paths, wire::Interest interest, const Sink& sink);

  /// After all was read: puts taps and spans into the order in which the files were given. What was
  /// tap i is then tap result[i].
  std::vector<TapId> arrange();

  /// One more tap, for a part of what `whole` holds; name_parts() and move() complete it.
  TapId split(TapId whole);
  static constexpr std::size_t kMostTaps = 60'000;  ///< after which nothing is split any more
  /// A heartbeat is of tap `part`, which was split off.
  void move(TapId part, Instant at);
  /// Names the parts of a tap (the first is the tap itself) after it, and says in `warnings` what
  /// did not stand in order of time there.
  void name_parts(std::span<const TapId> parts, const Disorder& disorder);

  /// The name of the interface with that index, where the given tap (of begin()) captures; "":
  /// gone.
  using PortName = std::function<std::string(TapId, std::uint32_t)>;
  /// Live: the taps, before their first frame.
  void begin(std::vector<Tap> live, PortName name);
  /// Live: a frame, handed on and counted.
  void feed(const CapturedFrame& frame, const Sink& sink);
  /// The tap that captures for this one: another for an interface behind the `any` device.
  TapId whole_of(TapId tap) const { return chains_[homes_[tap].chain].taps[homes_[tap].interface]; }
  /// What its capture lost since something of it was taken, where `tap` is one interface of
  /// several.
  std::uint64_t lost_since(TapId tap) const;
  /// Live, after all was fed: an interface behind `any` was listened to as long as that was.
  void close_ports();

  /// Tap::undecoded counts what was passed over; the sink adds what it could not use.
  std::vector<Tap> taps;
  std::vector<TapSpan> spans;  ///< beside `taps`
  std::vector<std::string> warnings;

 private:
  /// What a cooked capture lost so far, which may have been of any of its interfaces.
  struct Losses {
    std::uint64_t frames = 0, absences = 0;
  };
  struct Port {
    TapId tap = 0;
    Losses heard;  // when something of it was taken last
  };
  static constexpr std::size_t kMostPorts = 4096;  // of one capture; more are not told apart
  /// What is read as one capture: one file, or pieces.
  struct Chain {
    PieceChain pieces;
    std::vector<TapId> taps;  // by interface
    std::vector<std::string> files;
    std::vector<std::uint64_t> before;  // beside `files`: packets in those before
    /// By interface: what the statistics of the piece before said.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> statistics;
    std::size_t given = 0;          // the first of its files on the command line
    std::uint64_t packets = 0;      // in the pieces before
    std::int64_t clock_set_ns = 0;  // of the piece that is read, against the first
    bool unseen_before = false;     // it may have stood still before the piece that is read
    std::vector<bool> begun;        // by interface: something of this piece was taken
    std::map<std::pair<std::uint32_t, std::uint32_t>, Port> ports;  // by interface and ifindex
    std::vector<Losses> losses;                                     // by interface
  };
  Result<void> add(const std::string& path, std::optional<CaptureHead> head, std::size_t given,
                   wire::Interest interest, const Sink& sink);
  std::size_t chain_of(const std::string& path, std::optional<CaptureHead>& head,
                       std::size_t given);
  TapId tap_of(std::size_t chain, std::uint32_t interface);
  void take(std::size_t chain, const CapturedFrame& frame, const Sink& sink);
  void count_taps(std::size_t chain, const std::string& file, const CaptureSummary& summary);
  void count_losses(Chain& chain, std::size_t i, const CaptureInterface& interface, Tap& tap);
  void close_piece(Chain& chain, const CaptureSummary& summary);
  void take_cooked(std::size_t chain, std::uint32_t port, Instant at, CapturedFrame frame,
                   const Sink& sink);
  void name_taps();
  void name_port(TapId tap, TapId whole, std::uint32_t port);
  void name_ports(const Chain& chain);
  void say_pieces(const Chain& chain);

  std::vector<Chain> chains_;
  PortName port_name_;  // live
  struct Home {
    std::size_t chain = 0;
    std::uint32_t interface = 0;
    std::uint32_t port = 0;  // ifindex of a cooked capture
    std::uint32_t part = 0;
  };
  std::vector<Home> homes_;                  // beside `taps`
  std::vector<std::uint64_t> without_time_;  // the same
};

}  // namespace alibi::evidence
