// SPDX-License-Identifier: Apache-2.0
// The causes on the receiving side: adverts reached the successor's own tap in time, and it took
// over all the same. The rules are the sender's, asked about the thread that should have read them;
// each advert must have met it held.
#include <fmt/format.h>

#include <array>
#include <string_view>

#include "investigate/rules/rules.h"
#include "investigate/rules/support.h"

namespace alibi::investigate::rules {
namespace {

struct Held {
  Rule rule;
  Doing doing;
  std::string_view code;
};

constexpr std::array<Held, 7> kHeld = {{
    {process_stopped, Doing::Stopped, "peer.stopped"},
    {process_frozen, Doing::Frozen, "peer.frozen"},
    {cpu_throttled, Doing::Throttled, "peer.throttled"},
    {cpu_starved, Doing::Runnable, "peer.starved"},
    {io_log, Doing::LogWait, "peer.io.log"},
    {io_filesystem, Doing::FilesystemWait, "peer.io.filesystem"},
    {io_disk, Doing::DiskWait, "peer.io.disk"},
}};

/// The last count of drops of the receiver's socket told while its adverts waited, or just after
/// (it is read once a second); 0: it did not move.
std::uint64_t socket_drops(const Scene& scene) {
  const Receiver& receiver = *scene.receiver;
  const Instant a = receiver.unheeded.arrived.front();
  const Instant b = scene.incident.at + 1200ms;
  std::uint64_t drops = 0;
  for (const evidence::Event& event : scene.recording.events) {
    const auto* told = std::get_if<evidence::SocketDrops>(&event.fact);
    if (told == nullptr || event.at < a || event.at > b) continue;
    if (told->pid == receiver.process->pid && told->netns == receiver.process->netns) {
      drops = told->drops;
    }
  }
  return drops;
}

std::string arrivals(const Scene& scene) {
  const Unheeded& unheeded = scene.receiver->unheeded;
  return fmt::format("{} adverts arrived at its own tap {} from {} to {}, none late",
                     unheeded.arrived.size(), scene.recording.taps[unheeded.tap].label,
                     clock_text(scene.recording, unheeded.arrived.front()),
                     clock_text(scene.recording, unheeded.arrived.back()));
}

Scene seen_from_receiver(const Scene& scene) {
  return {scene.recording,         scene.incident,          scene.to,      scene.from, scene.where,
          scene.receiver->process, scene.receiver->account, scene.receiver};
}

bool watched(const Scene& scene) {
  return scene.where.origin == Origin::Nowhere && scene.receiver && scene.receiver->account;
}

}  // namespace

std::optional<Finding> peer_held(const Scene& scene) {
  // An advert that met it waiting for one was read, or something behind the tap kept it away.
  if (!watched(scene) || scene.receiver->met(Doing::Idle) > 0) return std::nullopt;
  const Scene theirs = seen_from_receiver(scene);
  for (const Held& held : kHeld) {
    if (scene.receiver->met(held.doing) * 2 < scene.receiver->unheeded.arrived.size()) continue;
    auto finding = held.rule(theirs);
    if (!finding) continue;
    finding->code = held.code;
    finding->evidence.insert(finding->evidence.begin(), arrivals(scene));
    if (const std::uint64_t drops = socket_drops(scene); drops > 0) {
      finding->evidence.push_back(
          fmt::format("its socket overflowed meanwhile: {} drops by then", drops));
    }
    return finding;
  }
  return std::nullopt;
}

std::optional<Finding> peer_overflow(const Scene& scene) {
  if (!watched(scene) || scene.receiver->met(Doing::Idle) > 0) return std::nullopt;
  const Scene theirs = seen_from_receiver(scene);
  const std::uint64_t drops = socket_drops(scene);
  // A thread that is held lets its socket overflow as well; then that is no more than a symptom.
  if (drops == 0 || !dominates(theirs, Doing::Running)) return std::nullopt;
  return Finding{
      "peer.socket_overflow",
      fmt::format("the socket of {} was full: adverts were thrown away before they could "
                  "be read",
                  sender_text(theirs)),
      {arrivals(scene), fmt::format("/proc/net/raw: {} drops by then", drops),
       "it was running for " + share_text(theirs, Doing::Running)},
      {}};
}

std::optional<Finding> peer_busy(const Scene& scene) {
  if (!watched(scene) || scene.receiver->met(Doing::Idle) > 0) return std::nullopt;
  auto finding = process_busy(seen_from_receiver(scene));
  if (!finding) return std::nullopt;
  finding->code = "peer.busy";
  finding->evidence.insert(finding->evidence.begin(), arrivals(scene));
  return finding;
}

}  // namespace alibi::investigate::rules
