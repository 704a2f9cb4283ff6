// SPDX-License-Identifier: Apache-2.0
// Names and counts taps while their files are read.
#include "evidence/capture_scan.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

#include "evidence/ticks.h"

namespace alibi::evidence {
namespace {

std::string base_name(const std::string& path) {
  if (path == "-") return "stdin";
  return path.substr(path.find_last_of('/') + 1);
}

std::string tap_name(const std::string& file, const std::string& interface, std::size_t i,
                     std::size_t interfaces) {
  if (interfaces < 2) return file;
  return file + ":" + (interface.empty() ? "#" + std::to_string(i + 1) : interface);
}

}  // namespace

TapSpan corrected(const TapSpan& span, Duration shift, const Disorder& disorder, Instant newest) {
  TapSpan out = span;
  out.final = span.final + shift;
  if (disorder.was_ahead) {
    out.last = std::max(newest, out.final);
  } else if (shift != Duration{0}) {
    out.last = std::max(out.last, out.final);
  }
  return out;
}

void CaptureScan::name_parts(std::span<const TapId> parts, const Disorder& disorder) {
  if (parts.empty()) return;
  const std::string label = taps[parts.front()].label;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (parts[i] == parts[i - 1]) continue;
    Tap& part = taps[parts[i]];
    part.interface = taps[parts.front()].interface;
    part.unplaced = taps[parts.front()].unplaced;
    part.received = part.written;
    taps[parts.front()].written -= part.written;
    taps[parts.front()].received -= part.written;
    part.label = label + " (part " + std::to_string(i + 1) + ")";
  }
  for (const StepBack& step : disorder.steps) {
    warnings.push_back(label + text(step));
  }
  if (disorder.steps_left_out != 0) {
    warnings.push_back(label + ": and " + std::to_string(disorder.steps_left_out) + " times more");
  }
  if (disorder.reordered != 0) {
    warnings.push_back(label + ": " + std::to_string(disorder.reordered) +
                       " heartbeats stood behind later ones and were put in order");
  }
}

void CaptureScan::move(TapId part, Instant at) {
  ++taps[part].written;
  TapSpan& span = spans[part];
  if (!span.timed) span = {true, at, at, at};
  span.first = std::min(span.first, at);
  span.last = span.final = std::max(span.last, at);
}

TapId CaptureScan::split(TapId whole) {
  taps.emplace_back();
  spans.emplace_back();
  without_time_.emplace_back();
  homes_.push_back(homes_[whole]);
  ++homes_.back().part;
  return static_cast<TapId>(taps.size() - 1);
}

TapId CaptureScan::tap_of(std::size_t chain, std::uint32_t interface) {
  std::vector<TapId>& of_file = chains_[chain].taps;
  while (of_file.size() <= interface) {
    homes_.push_back({chain, static_cast<std::uint32_t>(of_file.size()), 0, 0});
    of_file.push_back(static_cast<TapId>(taps.size()));
    taps.emplace_back();
    spans.emplace_back();
    without_time_.emplace_back();
  }
  return of_file[interface];
}

void CaptureScan::take(std::size_t number, const CapturedFrame& frame, const Sink& sink) {
  const TapId tap = tap_of(number, frame.interface);
  if (!frame.timed) {
    ++without_time_[tap];
    ++taps[tap].undecoded;
    return;
  }
  Chain& chain = chains_[number];
  const Instant at{minus(frame.unix_ns, frame.clock_set_ns + chain.clock_set_ns)};
  const std::uint32_t port = port_of(frame);
  if (chain.files.size() == 1 && port == 0) return sink({tap, at, direction_of(frame), frame});
  CapturedFrame piece = frame;
  piece.number += chain.packets;
  chain.begun.resize(std::max<std::size_t>(chain.begun.size(), frame.interface + std::size_t{1}));
  if (!chain.begun[frame.interface] && chain.unseen_before) piece.absent_before = true;
  chain.begun[frame.interface] = true;
  if (port != 0) return take_cooked(number, port, at, piece, sink);
  sink({tap, at, direction_of(frame), piece});
}

void CaptureScan::take_cooked(std::size_t number, std::uint32_t port, Instant at,
                              CapturedFrame frame, const Sink& sink) {
  Chain& chain = chains_[number];
  chain.losses.resize(std::max<std::size_t>(chain.losses.size(), frame.interface + std::size_t{1}));
  Losses& losses = chain.losses[frame.interface];
  losses.frames += frame.dropped_before;
  losses.absences += frame.absent_before ? 1U : 0U;
  const TapId whole = chain.taps[frame.interface];
  const auto place = std::pair(frame.interface, port);
  auto known = chain.ports.find(place);
  if (known == chain.ports.end()) {
    if (chain.ports.size() == kMostPorts || taps.size() >= kMostTaps) {
      return sink({whole, at, direction_of(frame), frame});
    }
    const TapId tap = split(whole);
    homes_[tap].part = 0;
    homes_[tap].port = port;
    if (port_name_) name_port(tap, whole, port);
    known = chain.ports.emplace(place, Port{tap, losses}).first;
  }
  Port& here = known->second;
  frame.dropped_before = losses.frames - here.heard.frames;
  frame.absent_before = losses.absences != here.heard.absences;
  here.heard = losses;
  move(here.tap, at);
  sink({here.tap, at, direction_of(frame), frame});
}

/// A cooked capture's taps after the one of all interfaces, which keeps what was of no interest.
void CaptureScan::name_ports(const Chain& chain) {
  for (const auto& [place, port] : chain.ports) {
    Tap& whole = taps[chain.taps[place.first]];
    Tap& tap = taps[port.tap];
    tap.label = whole.label + ":if " + std::to_string(place.second);
    tap.interface = whole.interface;
    tap.ifindex = static_cast<int>(place.second & INT32_MAX);
    tap.received = tap.written;
    tap.unplaced = whole.unplaced;
    tap.lost_at_end = whole.lost_at_end;
    whole.written -= tap.written;
    whole.received -= tap.written;
    spans[port.tap] = spans[chain.taps[place.first]];
  }
}

void CaptureScan::say_pieces(const Chain& chain) {
  constexpr std::size_t kMostNamed = 20;
  if (chain.files.size() == 1) return;
  std::string out = "one capture in " + std::to_string(chain.files.size()) + " pieces: ";
  for (std::size_t i = 0; i < std::min(chain.files.size(), kMostNamed); ++i) {
    if (i != 0) out += ", ";
    out += base_name(chain.files[i]);
    if (i != 0) out += " from packet " + std::to_string(chain.before[i] + 1) + " on";
  }
  if (chain.files.size() > kMostNamed) out += ", and so on";
  warnings.push_back(out);
}

void CaptureScan::name_taps() {
  for (const Chain& chain : chains_) say_pieces(chain);
  std::map<std::string, unsigned> used;
  for (std::size_t i = 0; i < taps.size(); ++i) {
    if (homes_[i].part != 0 || homes_[i].port != 0) continue;
    const Chain& chain = chains_[homes_[i].chain];
    Tap& tap = taps[i];
    std::string files = base_name(chain.files.front());
    if (chain.files.size() > 1) files += " to " + base_name(chain.files.back());
    tap.label = tap_name(files, tap.interface, homes_[i].interface, chain.taps.size());
    // Sections that were joined into one file may each have an interface of the same name.
    const unsigned again = ++used[std::to_string(homes_[i].chain) + " " + tap.label];
    if (again > 1) tap.label += " (" + std::to_string(again) + ")";
  }
  for (const Chain& chain : chains_) name_ports(chain);
}

/// Statistics count since the capture began, also over pieces: then only what is new is of this
/// one. alibi capture places all losses but those behind the last frame (docs/formats/capture.md).
void CaptureScan::count_losses(Chain& chain, std::size_t i, const CaptureInterface& interface,
                               Tap& tap) {
  if (chain.statistics.size() <= i) chain.statistics.resize(i + 1);
  auto& [received, dropped] = chain.statistics[i];
  const bool goes_on = received != 0 && interface.received >= received + interface.frames &&
                       interface.dropped >= dropped;
  const std::uint64_t fresh = goes_on ? interface.dropped - dropped : interface.dropped;
  received = interface.received;
  dropped = interface.dropped;
  tap.dropped += std::max(fresh, interface.lost);
  if (fresh <= interface.lost) return;
  (interface.clock_offset ? tap.lost_at_end : tap.unplaced) += fresh - interface.lost;
}

void CaptureScan::count_taps(std::size_t chain, const std::string& file,
                             const CaptureSummary& summary) {
  const auto warn = [&](std::uint64_t frames, const std::string& what) {
    if (frames != 0) warnings.push_back(file + ": " + std::to_string(frames) + " frames " + what);
  };
  for (std::size_t i = 0; i < summary.interfaces.size(); ++i) {
    const CaptureInterface& interface = summary.interfaces[i];
    const TapId id = tap_of(chain, static_cast<std::uint32_t>(i));
    Tap& tap = taps[id];
    tap.interface = interface.name;
    tap.written += interface.frames;
    tap.undecoded += interface.passed_over;
    count_losses(chains_[chain], i, interface, tap);
    tap.received = tap.written + tap.dropped;
    const auto at = [&](std::int64_t ns) {
      return Instant{minus(ns, chains_[chain].clock_set_ns)};
    };
    TapSpan& span = spans[id];
    if (interface.timed) {
      span.first =
          span.timed ? std::min(span.first, at(interface.first_ns)) : at(interface.first_ns);
      span.last = span.timed ? std::max(span.last, at(interface.last_ns)) : at(interface.last_ns);
      span.final = at(interface.final_ns);
      span.timed = true;
    }
    if (interface.clock_steps != 0) {
      warnings.push_back(tap_name(file, interface.name, i, summary.interfaces.size()) +
                         ": the clock was set " + std::to_string(interface.clock_steps) +
                         " times while this was captured, by " +
                         seconds_text(Duration(interface.clock_set_ns)) +
                         " in all; times are by the clock as it was before");
    }
    tap.mixed = interface.link_type == wire::LinkType::LinuxSll;
    if (interface.frames > interface.passed_over && tap.mixed) {
      warnings.push_back(tap_name(file, interface.name, i, summary.interfaces.size()) +
                         ": what it saw may be of several interfaces, and it does not say of which "
                         "(LINUX_SLL; tcpdump -y LINUX_SLL2 does): routers are told apart by their "
                         "virtual addresses, and what passes two interfaces is seen twice");
    }
    warn(std::exchange(without_time_[id], 0), "without a time stamp were left out");
    warn(wire::is_known(interface.link_type) ? 0 : interface.frames,
         "of link type " + std::to_string(static_cast<unsigned>(interface.link_type)) +
             " were left out: this link type is not known");
  }
}

/// The chain that the file goes on with, or a new one.
std::size_t CaptureScan::chain_of(const std::string& path, std::optional<CaptureHead>& head,
                                  std::size_t given) {
  std::vector<PieceChain> open;
  for (const Chain& chain : chains_) open.push_back(chain.pieces);
  const Continuation found = head ? find_chain(open, *head) : Continuation{};
  if (!found.rivals.empty()) {
    warnings.push_back(base_name(path) + ": it may go on with what " +
                       base_name(open[found.rivals[0]].all.path) + " or " +
                       base_name(open[found.rivals[1]].all.path) +
                       " holds; nothing shows which, and it is taken for a tap of its own");
  }
  if (!found.chain) {
    Chain& chain = chains_.emplace_back();
    if (head) chain.pieces.all = std::move(*head);
    chain.given = given;
    chain.files = {path};
    chain.before = {0};
    return chains_.size() - 1;
  }
  Chain& chain = chains_[*found.chain];
  chain.clock_set_ns = found.clock_set_ns;
  chain.unseen_before = found.unseen_between;
  chain.begun.clear();
  if (found.unseen_between) {
    warnings.push_back("between " + base_name(chain.files.back()) + " and " + base_name(path) +
                       " lie " + seconds_text(Duration(found.between_ns)) +
                       ": whether the capture ran is not known");
  }
  chain.given = std::min(chain.given, given);
  chain.files.push_back(path);
  chain.before.push_back(chain.packets);
  chain.pieces.all.routers.merge(head->routers);
  chain.pieces.all.ways.merge(head->ways);
  chain.pieces.all.path = path;
  return *found.chain;
}

void CaptureScan::close_piece(Chain& chain, const CaptureSummary& summary) {
  chain.packets += summary.frames;
  PieceChain& pieces = chain.pieces;
  pieces.frames = summary.frames;
  bool timed = false;
  pieces.all.interfaces.clear();
  for (const CaptureInterface& interface : summary.interfaces) {
    pieces.all.interfaces.push_back({interface.name, interface.link_type});
    if (!interface.timed) continue;
    const std::int64_t first = minus(interface.first_ns, chain.clock_set_ns);
    const std::int64_t last = minus(interface.last_ns, chain.clock_set_ns);
    pieces.first_ns = timed ? std::min(pieces.first_ns, first) : first;
    pieces.last_ns = timed ? std::max(pieces.last_ns, last) : last;
    timed = true;
  }
}

Result<void> CaptureScan::add(const std::string& path, std::optional<CaptureHead> head,
                              std::size_t given, wire::Interest interest, const Sink& sink) {
  const std::string file = base_name(path);
  const std::size_t chain = chain_of(path, head, given);
  const bool pieces = !chains_[chain].pieces.all.interfaces.empty();
  auto summary =
      read_capture(path, interest, [&](const CapturedFrame& frame) { take(chain, frame, sink); });
  if (!summary) return tl::unexpected(summary.error());
  if (taps.size() + summary->interfaces.size() > UINT16_MAX) {
    return fail(path + ": more than 65535 interfaces in all; give fewer files at once");
  }
  count_taps(chain, file, *summary);
  if (pieces) close_piece(chains_[chain], *summary);
  // Damaged before anything could be read: that is no capture in which nothing happened.
  if (!summary->damage.empty() && summary->frames == 0) {
    return fail(path + ": " + summary->damage + "; nothing of it can be read");
  }
  if (!summary->damage.empty()) {
    warnings.push_back(file + ": " + summary->damage + "; the " + std::to_string(summary->frames) +
                       " packets before it were read");
  }
  return {};
}

Result<void> CaptureScan::read(std::span<const std::string> paths, wire::Interest interest,
                               const Sink& sink) {
  struct Given {
    std::size_t index;
    std::optional<CaptureHead> head;
  };
  std::vector<Given> files;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    files.push_back({i, paths.size() > 1 ? read_head(paths[i]) : std::nullopt});
  }
  const auto first = [](const Given& file) {
    return file.head && file.head->first_ns ? *file.head->first_ns : INT64_MAX;
  };
  std::stable_sort(files.begin(), files.end(),
                   [&](const Given& a, const Given& b) { return first(a) < first(b); });
  for (Given& file : files) {
    auto added = add(paths[file.index], std::move(file.head), file.index, interest, sink);
    if (!added) return added;
  }
  name_taps();
  return {};
}

std::vector<TapId> CaptureScan::arrange() {
  std::vector<std::size_t> order(taps.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto key = [&](std::size_t i) {
    const Home& home = homes_[i];
    return std::tuple(chains_[home.chain].given, home.interface, home.port, home.part, i);
  };
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  std::vector<TapId> to(taps.size());
  std::vector<Tap> arranged;
  std::vector<TapSpan> arranged_spans;
  for (const std::size_t i : order) {
    to[i] = static_cast<TapId>(arranged.size());
    arranged.push_back(std::move(taps[i]));
    arranged_spans.push_back(spans[i]);
  }
  taps = std::move(arranged);
  spans = std::move(arranged_spans);
  return to;
}

}  // namespace alibi::evidence
