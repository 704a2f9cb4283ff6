// SPDX-License-Identifier: Apache-2.0
// Actions of the transition table that leave the state as it is: timers, adverts, book-keeping.
#include "vrrp/rules.h"

#include <algorithm>

namespace alibi::vrrp {
namespace {

const AdvertReceived& advert(const Step& s) { return std::get<AdvertReceived>(s.input); }
std::string number(Priority p) { return std::to_string(p.value); }

void note(const Step& s, std::string text, bool verbose = false) {
  s.out.emplace_back(Note{std::move(text), verbose});
}

}  // namespace

// ---- faults, source, priority ----

void Rules::raise_fault(Instance& i, ReasonCode code, std::string_view because) {
  for (Reason& fault : i.memory_.faults) {
    if (fault.code != code) continue;
    fault.detail = because;
    return;
  }
  i.memory_.faults.push_back({code, std::string(because)});
}

void Rules::clear_fault(Instance& i, const Input& input) {
  std::erase_if(i.memory_.faults, [&](const Reason& fault) { return clears(input, fault.code); });
}

void Rules::note_fault(const Step& s) {
  const auto& raised = std::get<FaultRaised>(s.input);
  raise_fault(s.instance, raised.code, raised.because);
}

void Rules::note_fault_cleared(const Step& s) { clear_fault(s.instance, s.input); }

void Rules::note_source(const Step& s) {
  s.instance.memory_.source = std::get<SourceAddress>(s.input).address;
}

void Rules::note_priority(const Step& s) {
  Instance& i = s.instance;
  const auto& changed = std::get<PriorityChanged>(s.input);
  if (priority_unchanged(s)) return;
  note(s, "Changing effective priority from " + number(i.memory_.effective) + " to " +
              number(changed.effective));
  i.memory_.effective = changed.effective;
  i.memory_.priority_reason = changed.because;
}

/// The time already waited stays: the timer moves by the difference of the two intervals.
void Rules::shift_down_timer(const Step& s) {
  Instance& i = s.instance;
  const Duration before = i.master_down_interval();
  note_priority(s);
  if (i.memory_.down_timer == kNever) return;
  i.memory_.down_timer = i.memory_.down_timer + (i.master_down_interval() - before);
}

// ---- adverts heard as backup ----

void Rules::arm_down_timer(const Step& s, Waiting waiting, Duration duration) {
  s.instance.memory_.waiting = waiting;
  s.instance.memory_.down_timer = s.now + duration;
  s.instance.memory_.lower_heard = kNever;
}

/// RFC 9568 6.4.2 (450): v3 takes the master's interval over; in v2 acceptance has compared it.
void Rules::learn_master(const Step& s) {
  Instance& i = s.instance;
  const AdvertReceived& packet = advert(s);
  if (packet.advert.interval != i.memory_.master_interval) {
    note(s, "advertisement interval changed: mine=" + seconds_text(i.memory_.master_interval, 2) +
                ", rx'd=" + seconds_text(packet.advert.interval, 2) + " from " +
                packet.source.text());
    i.memory_.master_interval = packet.advert.interval;
  }
  // A new master's defects are news.
  if (i.memory_.master != packet.source) i.memory_.rejected_seen = 0;
  i.memory_.master = packet.source;
  i.memory_.master_priority = packet.advert.priority;
  i.memory_.master_heard = s.now;
}

void Rules::shorten_to_skew(const Step& s) {
  Instance& i = s.instance;
  note(s, "Backup received priority 0 advertisement from " + advert(s).source.text(), true);
  i.memory_.master = advert(s).source;
  i.memory_.master_heard = s.now;
  arm_down_timer(s, Waiting::Resigned, i.skew_time());
}

void Rules::accept_master(const Step& s) {
  Instance& i = s.instance;
  const bool lower = !at_least_ours(advert(s).advert.priority, i.memory_.effective);
  if (!lower && i.memory_.preempt_until != kNever) {
    note(s, "stop preempt delay");
    i.memory_.preempt_until = kNever;
  } else if (lower && i.parameters_->preempt && i.memory_.preempt_until == kNever) {
    note(s, "start preempt delay (" + seconds_text(i.parameters_->preempt_delay, 6) + ")");
    i.memory_.preempt_until = s.now + i.parameters_->preempt_delay;
  }
  learn_master(s);
  arm_down_timer(s, Waiting::Silence, i.master_down_interval());
}

void Rules::discard_lower(const Step& s) {
  Instance& i = s.instance;
  const AdvertReceived& packet = advert(s);
  note(s, "received lower priority (" + number(packet.advert.priority) + ") advert from " +
              packet.source.text() + " - discarding");
  i.memory_.lower = packet.source;
  i.memory_.lower_priority = packet.advert.priority;
  i.memory_.lower_heard = s.now;
}

// ---- adverts and timers as master ----

/// A block now and the same once more after `delay` (0: not again).
void Rules::send_gratuitous(const Step& s, int repeat, Duration delay) {
  Instance& i = s.instance;
  const Parameters& p = *i.parameters_;
  if (repeat > 0) s.out.emplace_back(SendGratuitous{repeat});
  i.memory_.garp_repeat = repeat;
  i.memory_.garp_timer = repeat > 0 && delay > Duration(0) ? s.now + delay : kNever;
  i.memory_.refresh_timer =
      p.garp_master_refresh > Duration(0) ? s.now + p.garp_master_refresh : kNever;
}

/// Everybody must learn at once who is left.
void Rules::answer_resignation(const Step& s) {
  Instance& i = s.instance;
  note(s, "Master received priority 0 advertisement from " + advert(s).source.text(), true);
  s.out.emplace_back(SendAdvert{i.memory_.effective});
  i.memory_.advert_timer = s.now + i.parameters_->advert_interval;
}

/// RFC 5798 had the lower advert ignored; RFC 9568 and keepalived answer it, which ends two masters
/// within one packet, and repeat the gratuitous ARP because the other's may have been the last.
void Rules::force_election(const Step& s) {
  Instance& i = s.instance;
  const AdvertReceived& packet = advert(s);
  const bool answer = !i.parameters_->lower_prio_no_advert;
  note(s, "Received advert from " + packet.source.text() + " with lower priority " +
              number(packet.advert.priority) + ", ours " + number(i.memory_.effective) +
              (answer ? ", forcing new election" : ""));
  if (answer) {
    s.out.emplace_back(SendAdvert{i.memory_.effective});
    i.memory_.advert_timer = s.now + i.parameters_->advert_interval;
  }
  if (packet.advert.priority.value == 255) ++i.memory_.owner_conflicts;
  send_gratuitous(s, i.parameters_->garp_lower_repeat, i.parameters_->garp_lower_delay);
}

/// Another member hears a better master: our own down timer must not decide for the group.
void Rules::wait_with_group(const Step& s) {
  Memory& m = s.instance.memory_;
  const auto& call = std::get<GroupCalls>(s.input);
  if (!call.because.empty()) note(s, call.because, true);
  m.down_timer = std::max(m.down_timer, s.now) + call.wait;
}

/// A late timer is made up for once, not once for each interval missed.
void Rules::run_master_timers(const Step& s) {
  Instance& i = s.instance;
  const Parameters& p = *i.parameters_;
  if (i.memory_.advert_timer <= s.now) {
    s.out.emplace_back(SendAdvert{i.memory_.effective});
    i.memory_.advert_timer = s.now + p.advert_interval;
  }
  if (i.memory_.garp_timer <= s.now) {
    s.out.emplace_back(SendGratuitous{i.memory_.garp_repeat});
    i.memory_.garp_timer = kNever;
  }
  if (i.memory_.refresh_timer <= s.now) {
    s.out.emplace_back(SendGratuitous{p.garp_master_refresh_repeat});
    i.memory_.refresh_timer = s.now + p.garp_master_refresh;
  }
}

}  // namespace alibi::vrrp
