// SPDX-License-Identifier: Apache-2.0
// host.paused, host.cpu.stolen: the machine under the sender did not run, or not for it.
#include <fmt/format.h>

#include "investigate/rules/rules.h"
#include "investigate/rules/support.h"

namespace alibi::investigate::rules {
namespace {

std::string host_text(const Scene& scene) {
  const std::string& host = scene.recording.taps[scene.from.origin().tap].host;
  return host.empty() ? "the sender's machine" : host;
}

}  // namespace

std::optional<Finding> host_paused(const Scene& scene) {
  if (!dominates(scene, Doing::Paused)) return std::nullopt;
  const Segment* longest = scene.account->longest(Doing::Paused);
  return Finding{
      "host.paused",
      host_text(scene) + " stood still as a whole: none of its CPUs ran",
      {fmt::format("{} took no timer interrupt from {} for {}", longest->detail,
                   clock_text(scene.recording, longest->begin), seconds_text(longest->length())),
       "that is " + share_text(scene, Doing::Paused) +
           "; of no CPU does half of it count as stolen"},
      {}};
}

std::optional<Finding> cpu_stolen(const Scene& scene) {
  if (!dominates(scene, Doing::Stolen)) return std::nullopt;
  const Segment* longest = scene.account->longest(Doing::Stolen);
  return Finding{
      "host.cpu.stolen",
      fmt::format("the hypervisor of {} ran something else on its CPUs", host_text(scene)),
      {fmt::format("{}: from {} for {}, half of which or more counts as stolen", longest->detail,
                   clock_text(scene.recording, longest->begin), seconds_text(longest->length())),
       "that is " + share_text(scene, Doing::Stolen)},
      {}};
}

}  // namespace alibi::investigate::rules
