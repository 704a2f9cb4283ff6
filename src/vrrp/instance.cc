// SPDX-License-Identifier: Apache-2.0
// One virtual router: acceptance first, then one row of the transition table.
#include "vrrp/instance.h"

#include <algorithm>

#include "vrrp/acceptance.h"
#include "vrrp/timers.h"
#include "vrrp/transitions.h"

namespace alibi::vrrp {

Instance::Instance(Parameters parameters)
    : Instance(std::make_shared<const Parameters>(std::move(parameters))) {}

Instance::Instance(std::shared_ptr<const Parameters> parameters)
    : parameters_(std::move(parameters)) {
  memory_.effective = parameters_->base_priority;
  memory_.source.family = parameters_->family;
  memory_.master.family = parameters_->family;
  memory_.lower.family = parameters_->family;
  memory_.master_interval = parameters_->advert_interval;
}

void Instance::handle(const Input& input, Instant now, Outbox& out) {
  if (const auto* packet = std::get_if<AdvertReceived>(&input)) {
    const bool listening = memory_.state == State::Backup || memory_.state == State::Master;
    if (listening && !accept(*packet, out)) return;
  }
  const Step step{*this, input, now, out};
  const Row& row = matching_row(step);
  if (row.action != nullptr) row.action(step);
  memory_.state = row.next;
}

bool Instance::accept(const AdvertReceived& packet, Outbox& out) {
  if (const auto code = broken_rule(*parameters_, memory_.source, packet)) {
    reject(*code, packet, false, out);
    return false;
  }
  const bool compare = !parameters_->skip_check_adv_addr || packet.source != memory_.master;
  if (compare && !address_list_matches(*parameters_, packet.advert)) {
    reject(RejectCode::AddressList, packet, true, out);
  }
  return true;
}

void Instance::reject(RejectCode code, const AdvertReceived& packet, bool accepted, Outbox& out) {
  const std::uint32_t bit = 1U << static_cast<unsigned>(code);
  const bool first = (memory_.rejected_seen & bit) == 0;
  memory_.rejected_seen |= bit;
  std::string detail = first ? rejection_text(code, *parameters_, packet) : std::string();
  out.emplace_back(Rejected{code, packet.source, std::move(detail), first, accepted});
}

Instant Instance::next_timer() const {
  return std::min(
      {memory_.down_timer, memory_.advert_timer, memory_.garp_timer, memory_.refresh_timer});
}

bool Instance::at_fault() const { return memory_.source.is_unspecified() || !own_fault().empty(); }

bool Instance::held_by_group() const {
  return std::any_of(memory_.faults.begin(), memory_.faults.end(),
                     [](const Reason& fault) { return fault.code == ReasonCode::SyncGroup; });
}

std::string_view Instance::own_fault() const {
  for (const Reason& fault : memory_.faults) {
    if (fault.code != ReasonCode::SyncGroup) return fault.detail;
  }
  return {};
}

bool Instance::master_resigned() const {
  return memory_.state == State::Backup && memory_.waiting == Waiting::Resigned;
}

Instant Instance::master_alive_until() const {
  if (memory_.state != State::Backup || memory_.waiting != Waiting::Silence) return kNever;
  return memory_.master_heard + 2 * memory_.master_interval;
}

Duration Instance::skew_time() const {
  return vrrp::skew_time(parameters_->version, memory_.effective, memory_.master_interval);
}

Duration Instance::master_down_interval() const {
  return vrrp::master_down_interval(parameters_->version, memory_.effective,
                                    memory_.master_interval, parameters_->down_timer_adverts);
}

}  // namespace alibi::vrrp
