// SPDX-License-Identifier: Apache-2.0
// From states of objects to outcomes of instances.
#include "daemon/tracking.h"

namespace alibi::daemon {
namespace {

constexpr std::size_t kMostReasons = 3;

}  // namespace

bool counts(const TrackState& state) {
  return state.health == TrackHealth::Up || state.health == TrackHealth::Down;
}

track::Tracked as_seen(const Binding& binding, const TrackedObject& object,
                       const TrackState& state) {
  track::Tracked out{binding.weight, binding.reverse, state.health == TrackHealth::Up, {}};
  if (object.kind == TrackKind::File) out.number = state.value;
  return out;
}

Tracking::Tracking(const config::Settings& settings, const SharedPage& page)
    : page_(page), objects_(settings), states_(objects_.size()) {
  for (std::size_t i = 0; i < states_.size(); ++i) states_[i].object = static_cast<int>(i);
}

void Tracking::recall() {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const auto remembered = page_.tracked(i);
    if (remembered.health != TrackHealth::Unknown) take(remembered);
  }
}

bool Tracking::take(const TrackState& news) {
  const auto object = static_cast<std::size_t>(news.object);
  if (news.object < 0 || object >= states_.size()) return false;
  TrackState& known = states_[object];
  const bool first = known.health == TrackHealth::Unknown;
  // Numbers go round; what is older is far ahead.
  if (!first && static_cast<std::int32_t>(news.sequence - known.sequence) <= 0) return false;
  const bool same = !first && known.health == news.health &&
                    (objects_[object].kind != TrackKind::File || known.value == news.value);
  known = news;
  return !same;
}

bool Tracking::take_interface(std::size_t object, bool up) {
  TrackState news = states_[object];
  ++news.sequence;
  news.health = up ? TrackHealth::Up : TrackHealth::Down;
  news.why = "interface " + objects_[object].name + (up ? " is up" : " is down");
  page_.set_tracked(object, news);
  return take(news);
}

bool Tracking::looked_up() const {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const TrackedObject& object = objects_[i];
    const bool quick = object.kind == TrackKind::File || object.kind == TrackKind::Process;
    if (quick && object.used && states_[i].health == TrackHealth::Unknown) return false;
  }
  return true;
}

bool Tracking::complete(std::size_t instance) const {
  for (const Binding& binding : objects_.bindings(instance)) {
    if (binding.weight == 0 && states_[binding.object].health == TrackHealth::Unknown) return false;
  }
  return true;
}

Tracking::Outcome Tracking::weigh(std::size_t instance, Priority base) {
  scratch_.clear();
  scratch_objects_.clear();
  for (const Binding& binding : objects_.bindings(instance)) {
    const TrackState& state = states_[binding.object];
    if (!counts(state)) continue;  // adds nothing, subtracts nothing
    scratch_.push_back(as_seen(binding, objects_[binding.object], state));
    scratch_objects_.push_back(binding.object);
  }
  const auto outcome = track::evaluate(base, scratch_);
  Outcome out{outcome.effective, outcome.fault, {}};
  if (out.fault) out.fault_because = states_[scratch_objects_[outcome.fault_at]].why.view();
  return out;
}

std::string Tracking::summary(std::size_t instance) const {
  std::string out;
  std::size_t count = 0;
  for (const Binding& binding : objects_.bindings(instance)) {
    const TrackState& state = states_[binding.object];
    if (binding.weight == 0 || !counts(state)) continue;
    const track::Tracked seen = as_seen(binding, objects_[binding.object], state);
    if (track::evaluate(Priority{100}, {&seen, 1}).effective.value == 100) continue;
    if (++count > kMostReasons) continue;
    out += (out.empty() ? "" : "; ") + std::string(state.why.view());
  }
  if (count > kMostReasons) out += "; and " + std::to_string(count - kMostReasons) + " more";
  return out;
}

}  // namespace alibi::daemon
