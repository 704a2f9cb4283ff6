// SPDX-License-Identifier: Apache-2.0
// One walk over the events: the states that a signal brings about are rare.
#include "investigate/signals.h"

#include <csignal>
#include <map>

#include "investigate/wait.h"

namespace alibi::investigate {
namespace {

constexpr Duration kSlack = 1ms;  // a signal is stamped on the CPU of who sends it

bool stops(int signal) {
  return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/// Did the thread of `segments` go to wait for work between `sent` and its segment `index`? Then it
/// had dealt with the signal before.
bool had_dealt(const std::vector<Segment>& segments, std::size_t index, Instant sent) {
  while (index-- > 0 && segments[index].begin > sent + kSlack) {
    if (segments[index].doing == Doing::Idle) return true;
  }
  return false;
}

}  // namespace

void apply_signals(const evidence::Recording& recording, std::int32_t pid,
                   std::vector<Segment>& segments) {
  const evidence::SignalSent* stop = nullptr;
  Instant stop_at;
  std::map<std::string, const evidence::SignalSent*> last;
  auto event = recording.events.begin();
  for (std::size_t i = 0; i < segments.size(); ++i) {
    Segment& segment = segments[i];
    if (segment.doing != Doing::Stopped && segment.doing != Doing::Gone) continue;
    for (; event != recording.events.end() && event->at <= segment.begin + kSlack; ++event) {
      const auto* sent = std::get_if<evidence::SignalSent>(&event->fact);
      if (sent == nullptr || sent->target_pid != pid) continue;
      last["ended by " + signal_name(sent->signal)] = sent;
      if (stops(sent->signal)) {
        stop = sent;
        stop_at = event->at;
      } else if (sent->signal == SIGCONT && event->at < segment.begin) {
        stop = nullptr;  // signal(7): what was sent before it is taken back
      }
    }
    if (segment.doing == Doing::Stopped) {
      if (stop != nullptr && !had_dealt(segments, i, stop_at)) segment.signal = stop;
    } else if (const auto ended = last.find(segment.detail); ended != last.end()) {
      segment.signal = ended->second;
    }
  }
}

}  // namespace alibi::investigate
