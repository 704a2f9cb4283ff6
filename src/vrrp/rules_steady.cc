// SPDX-License-Identifier: Apache-2.0
// Actions of the transition table that leave the state as it is: timers, adverts, book-keeping.
#include "vrrp/rules.h"

namespace alibi::vrrp {
namespace {

constexpr std::uint32_t bit(ReasonCode code) { return 1U << static_cast<unsigned>(code); }

const AdvertReceived& advert(const Step& s) { return std::get<AdvertReceived>(s.input); }
std::string number(Priority p) { return std::to_string(p.value); }

void note(const Step& s, std::string text, bool verbose = false) {
  s.out.emplace_back(Note{std::move(text), verbose});
}

}  // namespace

// ---- faults, source, priority ----

void Rules::raise_fault(Instance& i, ReasonCode code, std::string_view because) {
  if (i.faults_ == 0) i.fault_detail_ = because;
  i.faults_ |= bit(code);
}

void Rules::clear_fault(Instance& i, const Input& input) {
  if (const auto* cleared = std::get_if<FaultCleared>(&input)) {
    i.faults_ = cleared->code ? i.faults_ & ~bit(*cleared->code) : 0;
  }
}

void Rules::note_fault(const Step& s) {
  const auto& raised = std::get<FaultRaised>(s.input);
  raise_fault(s.instance, raised.code, raised.because);
}

void Rules::note_fault_cleared(const Step& s) { clear_fault(s.instance, s.input); }

void Rules::note_source(const Step& s) {
  s.instance.source_ = std::get<SourceAddress>(s.input).address;
}

void Rules::note_priority(const Step& s) {
  Instance& i = s.instance;
  const auto& changed = std::get<PriorityChanged>(s.input);
  if (priority_unchanged(s)) return;
  note(s, "Changing effective priority from " + number(i.effective_) + " to " +
              number(changed.effective));
  i.effective_ = changed.effective;
  i.priority_reason_ = changed.because;
}

/// The time already waited stays: the timer moves by the difference of the two intervals.
void Rules::shift_down_timer(const Step& s) {
  Instance& i = s.instance;
  const Duration before = i.master_down_interval();
  note_priority(s);
  if (i.down_timer_ != kNever) i.down_timer_ = i.down_timer_ + (i.master_down_interval() - before);
}

// ---- adverts heard as backup ----

void Rules::arm_down_timer(const Step& s, Instance::Waiting waiting, Duration duration) {
  s.instance.waiting_ = waiting;
  s.instance.down_timer_ = s.now + duration;
  s.instance.lower_heard_ = kNever;
}

/// RFC 9568 6.4.2 (450): v3 takes the master's interval over; in v2 acceptance has compared it.
void Rules::learn_master(const Step& s) {
  Instance& i = s.instance;
  const AdvertReceived& packet = advert(s);
  if (packet.advert.interval != i.master_interval_) {
    note(s, "advertisement interval changed: mine=" + seconds_text(i.master_interval_, 2) +
                ", rx'd=" + seconds_text(packet.advert.interval, 2) + " from " +
                packet.source.text());
    i.master_interval_ = packet.advert.interval;
  }
  if (i.master_ != packet.source) i.rejected_seen_ = 0;  // a new master's defects are news
  i.master_ = packet.source;
  i.master_priority_ = packet.advert.priority;
  i.master_heard_ = s.now;
}

void Rules::shorten_to_skew(const Step& s) {
  Instance& i = s.instance;
  note(s, "Backup received priority 0 advertisement from " + advert(s).source.text(), true);
  i.master_ = advert(s).source;
  i.master_heard_ = s.now;
  arm_down_timer(s, Instance::Waiting::Resigned, i.skew_time());
}

void Rules::accept_master(const Step& s) {
  Instance& i = s.instance;
  const bool lower = !at_least_ours(advert(s).advert.priority, i.effective_);
  if (!lower && i.preempt_until_ != kNever) {
    note(s, "stop preempt delay");
    i.preempt_until_ = kNever;
  } else if (lower && i.parameters_.preempt && i.preempt_until_ == kNever) {
    note(s, "start preempt delay (" + seconds_text(i.parameters_.preempt_delay, 6) + ")");
    i.preempt_until_ = s.now + i.parameters_.preempt_delay;
  }
  learn_master(s);
  arm_down_timer(s, Instance::Waiting::Silence, i.master_down_interval());
}

void Rules::discard_lower(const Step& s) {
  Instance& i = s.instance;
  const AdvertReceived& packet = advert(s);
  note(s, "received lower priority (" + number(packet.advert.priority) + ") advert from " +
              packet.source.text() + " - discarding");
  i.lower_ = packet.source;
  i.lower_priority_ = packet.advert.priority;
  i.lower_heard_ = s.now;
}

// ---- adverts and timers as master ----

void Rules::send_gratuitous(const Step& s) {
  Instance& i = s.instance;
  const Parameters& p = i.parameters_;
  if (p.garp_master_repeat > 0) s.out.emplace_back(SendGratuitous{p.garp_master_repeat});
  i.garp_timer_ = p.garp_master_delay > Duration(0) ? s.now + p.garp_master_delay : kNever;
  i.refresh_timer_ = p.garp_master_refresh > Duration(0) ? s.now + p.garp_master_refresh : kNever;
}

/// Everybody must learn at once who is left.
void Rules::answer_resignation(const Step& s) {
  Instance& i = s.instance;
  note(s, "Master received priority 0 advertisement from " + advert(s).source.text(), true);
  s.out.emplace_back(SendAdvert{i.effective_});
  i.advert_timer_ = s.now + i.parameters_.advert_interval;
}

/// RFC 5798 had the lower advert ignored; RFC 9568 and keepalived answer it, which ends two masters
/// within one packet, and repeat the gratuitous ARP because the other's may have been the last.
void Rules::force_election(const Step& s) {
  Instance& i = s.instance;
  const AdvertReceived& packet = advert(s);
  const bool answer = !i.parameters_.lower_prio_no_advert;
  note(s, "Received advert from " + packet.source.text() + " with lower priority " +
              number(packet.advert.priority) + ", ours " + number(i.effective_) +
              (answer ? ", forcing new election" : ""));
  if (answer) {
    s.out.emplace_back(SendAdvert{i.effective_});
    i.advert_timer_ = s.now + i.parameters_.advert_interval;
  }
  send_gratuitous(s);
}

/// A late timer is made up for once, not once for each interval missed.
void Rules::run_master_timers(const Step& s) {
  Instance& i = s.instance;
  const Parameters& p = i.parameters_;
  if (i.advert_timer_ <= s.now) {
    s.out.emplace_back(SendAdvert{i.effective_});
    i.advert_timer_ = s.now + p.advert_interval;
  }
  if (i.garp_timer_ <= s.now) {
    s.out.emplace_back(SendGratuitous{p.garp_master_repeat});
    i.garp_timer_ = kNever;
  }
  if (i.refresh_timer_ <= s.now) {
    s.out.emplace_back(SendGratuitous{p.garp_master_refresh_repeat});
    i.refresh_timer_ = s.now + p.garp_master_refresh;
  }
}

}  // namespace alibi::vrrp
