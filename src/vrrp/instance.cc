// SPDX-License-Identifier: Apache-2.0
// One virtual router: acceptance first, then one row of the transition table.
#include "vrrp/instance.h"

#include <algorithm>

#include "vrrp/acceptance.h"
#include "vrrp/timers.h"
#include "vrrp/transitions.h"

namespace alibi::vrrp {

Instance::Instance(Parameters parameters)
    : parameters_(std::move(parameters)),
      effective_(parameters_.base_priority),
      source_{parameters_.family, {}},
      master_{parameters_.family, {}},
      master_interval_(parameters_.advert_interval),
      lower_{parameters_.family, {}} {}

void Instance::handle(const Input& input, Instant now, Outbox& out) {
  if (const auto* packet = std::get_if<AdvertReceived>(&input)) {
    const bool listening = state_ == State::Backup || state_ == State::Master;
    if (listening && !accept(*packet, out)) return;
  }
  const Step step{*this, input, now, out};
  const Row& row = matching_row(step);
  if (row.action != nullptr) row.action(step);
  state_ = row.next;
}

bool Instance::accept(const AdvertReceived& packet, Outbox& out) {
  if (const auto code = broken_rule(parameters_, source_, packet)) {
    reject(*code, packet, false, out);
    return false;
  }
  const bool compare = !parameters_.skip_check_adv_addr || packet.source != master_;
  if (compare && !address_list_matches(parameters_, packet.advert)) {
    reject(RejectCode::AddressList, packet, true, out);
  }
  return true;
}

void Instance::reject(RejectCode code, const AdvertReceived& packet, bool accepted, Outbox& out) {
  const std::uint32_t bit = 1U << static_cast<unsigned>(code);
  const bool first = (rejected_seen_ & bit) == 0;
  rejected_seen_ |= bit;
  std::string detail = first ? rejection_text(code, parameters_, packet) : std::string();
  out.emplace_back(Rejected{code, packet.source, std::move(detail), first, accepted});
}

Instant Instance::next_timer() const {
  return std::min({down_timer_, advert_timer_, garp_timer_, refresh_timer_});
}

Duration Instance::skew_time() const {
  return vrrp::skew_time(parameters_.version, effective_, master_interval_);
}

Duration Instance::master_down_interval() const {
  return vrrp::master_down_interval(parameters_.version, effective_, master_interval_,
                                    parameters_.down_timer_adverts);
}

}  // namespace alibi::vrrp
