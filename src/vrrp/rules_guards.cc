// SPDX-License-Identifier: Apache-2.0
// Guards of the transition table: questions about an instance and an input, without effect.
#include "vrrp/rules.h"

namespace alibi::vrrp {
namespace {

constexpr std::uint32_t bit(ReasonCode code) { return 1U << static_cast<unsigned>(code); }

const AdvertReceived& advert(const Step& s) { return std::get<AdvertReceived>(s.input); }

}  // namespace

Candidate Rules::us(const Instance& i) { return {i.memory_.effective, i.memory_.source}; }

Standing Rules::sender(const Step& s) {
  return standing({advert(s).advert.priority, advert(s).source}, us(s.instance));
}

/// The faults that remain when the input has taken effect.
std::uint32_t Rules::faults_after(const Step& s) {
  std::uint32_t faults = s.instance.memory_.faults;
  bool source_known = !s.instance.memory_.source.is_unspecified();
  if (const auto* cleared = std::get_if<FaultCleared>(&s.input)) {
    faults = cleared->code ? faults & ~bit(*cleared->code) : 0;
  }
  if (const auto* source = std::get_if<SourceAddress>(&s.input)) {
    source_known = !source->address.is_unspecified();
  }
  const std::uint32_t no_source = bit(ReasonCode::NoSourceAddress);
  return source_known ? faults & ~no_source : faults | no_source;
}

bool Rules::faulted(const Step& s) { return faults_after(s) != 0; }
bool Rules::still_faulted(const Step& s) { return faults_after(s) != 0; }
bool Rules::owner(const Step& s) { return s.instance.parameters_.base_priority.value == 255; }
bool Rules::resigns(const Step& s) { return sender(s) == Standing::Resigns; }
bool Rules::ranks_higher(const Step& s) { return sender(s) == Standing::Higher; }
bool Rules::tie_higher(const Step& s) { return sender(s) == Standing::TieHigher; }

/// Preempt_Mode with a master of lower priority: its adverts do not restart the down timer, so we
/// take over when that runs out. While preempt_delay runs, the lower master is left in office.
bool Rules::discarded_for_preemption(const Step& s) {
  const Instance& i = s.instance;
  if (!i.parameters_.preempt) return false;
  if (at_least_ours(advert(s).advert.priority, i.memory_.effective)) return false;
  if (i.parameters_.preempt_delay <= Duration(0)) return true;
  return i.memory_.preempt_until != kNever && i.memory_.preempt_until <= s.now;
}

bool Rules::down_timer_due(const Step& s) { return s.instance.memory_.down_timer <= s.now; }

bool Rules::source_gone(const Step& s) {
  return std::get<SourceAddress>(s.input).address.is_unspecified();
}

bool Rules::priority_unchanged(const Step& s) {
  return owner(s) || std::get<PriorityChanged>(s.input).effective == s.instance.memory_.effective;
}

}  // namespace alibi::vrrp
