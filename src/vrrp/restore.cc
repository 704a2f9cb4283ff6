// SPDX-License-Identifier: Apache-2.0
// Snapshot and restore: how an instance outlives a reload or another process. The rule: what has
// been waited for so far counts, and nobody hears an advert that says what is no longer so.
#include <algorithm>

#include "vrrp/instance.h"
#include "vrrp/timers.h"

namespace alibi::vrrp {
namespace {

/// What the trackers had added to the base priority is kept until they say otherwise.
Priority carried_over(Priority effective, Priority old_base, Priority new_base) {
  if (new_base == old_base) return effective;
  if (new_base.value == 255) return new_base;
  if (old_base.value == 255) return new_base;
  const int moved = effective.value + new_base.value - old_base.value;
  return Priority{static_cast<std::uint8_t>(std::clamp(moved, 1, 254))};
}

}  // namespace

bool continues(const Parameters& parameters, const InstanceSnapshot& snapshot) {
  return parameters.vrid == snapshot.advert.vrid &&
         parameters.family == snapshot.memory.source.family;
}

wire::Advertisement Instance::advert(Priority priority) const {
  const Parameters& p = *parameters_;
  return {p.version, p.vrid, priority, p.advert_interval, p.auth_type, p.auth_data, p.addresses};
}

InstanceSnapshot Instance::snapshot() const {
  return {memory_, advert(memory_.effective), parameters_->base_priority,
          parameters_->down_timer_adverts, parameters_->preempt_delay};
}

/// Every timer moves by as much as its length has changed, so that the time already waited stays.
void Instance::adapt(const InstanceSnapshot& before, Instant now) {
  const Parameters& p = *parameters_;
  Memory& m = memory_;
  // v3's interval is the master's as long as one was heard; v2 knows our own only.
  const bool learned = p.version == 3 && m.state == State::Backup && !m.master.is_unspecified();
  const auto old_version = before.advert.version;
  const Duration old_down = vrrp::master_down_interval(old_version, m.effective, m.master_interval,
                                                       before.down_timer_adverts);
  m.effective = carried_over(m.effective, before.base_priority, p.base_priority);
  if (!learned && (p.advert_interval != before.advert.interval || p.version != old_version)) {
    m.master_interval = p.advert_interval;
  }
  if (m.down_timer != kNever) m.down_timer = m.down_timer + (master_down_interval() - old_down);
  const bool owner = p.base_priority.value == 255 && before.base_priority.value != 255;
  if (owner && m.state == State::Backup) m.down_timer = now;  // the address is ours from now on
  if (m.preempt_until != kNever) {
    m.preempt_until =
        p.preempt ? m.preempt_until + (p.preempt_delay - before.preempt_delay) : kNever;
  }
  if (m.state != State::Master) return;
  if (p.garp_master_delay <= Duration(0)) m.garp_timer = kNever;
  if (p.garp_master_refresh <= Duration(0)) m.refresh_timer = kNever;
  if (p.garp_master_refresh > Duration(0)) {
    m.refresh_timer = std::min(m.refresh_timer, now + p.garp_master_refresh);
  }
}

Instance Instance::restored(Parameters parameters, const InstanceSnapshot& snapshot, Instant now,
                            Outbox& out) {
  return restored(std::make_shared<const Parameters>(std::move(parameters)), snapshot, now, out);
}

Instance Instance::restored(std::shared_ptr<const Parameters> parameters,
                            const InstanceSnapshot& snapshot, Instant now, Outbox& out) {
  Instance instance(std::move(parameters));
  if (!continues(*instance.parameters_, snapshot)) return instance;
  instance.memory_ = snapshot.memory;
  Memory& m = instance.memory_;
  instance.adapt(snapshot, now);
  const wire::Advertisement advert = instance.advert(m.effective);
  if (advert == snapshot.advert) return instance;
  m.rejected_seen = 0;  // what did not fit before may fit now, and the other way round
  if (m.state != State::Master) return instance;
  out.emplace_back(SendAdvert{m.effective});
  m.advert_timer = now + instance.parameters_->advert_interval;
  if (advert.addresses != snapshot.advert.addresses &&
      instance.parameters_->garp_master_repeat > 0) {
    out.emplace_back(SendGratuitous{instance.parameters_->garp_master_repeat});
  }
  return instance;
}

}  // namespace alibi::vrrp
