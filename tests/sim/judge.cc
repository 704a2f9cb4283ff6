// SPDX-License-Identifier: Apache-2.0
// The invariants of the simulation, safety first, then healing and liveness.
#include "sim/judge.h"

#include <algorithm>

namespace alibi::sim {

using vrrp::State;

Judge::Judge(const Draw& d)
    : draw_(d),
      books_(d.nodes.size() * d.segments),
      disturbed_(d.nodes.size() * d.nodes.size() * d.segments, kBegin),
      woke_(d.nodes.size(), kNever) {}

void Judge::complain(Instant now, std::string text) {
  if (!complaint_) complaint_ = "at " + seconds_text(now - kBegin, 6) + ": " + std::move(text);
}

Instant& Judge::pair(std::size_t a, std::size_t b, std::size_t segment) {
  const std::size_t nodes = draw_.nodes.size();
  return disturbed_[(segment * nodes + std::min(a, b)) * nodes + std::max(a, b)];
}

void Judge::restarted(Place at, Instant now) {
  of(at) = Books{};
  of(at).last_heard = now;
  of(at).priority = drawn(at).base_priority;
}

void Judge::disturbed(std::size_t a, std::size_t b, std::size_t segment, Instant now) {
  pair(a, b, segment) = now;
}

void Judge::disturbed(std::size_t node, Instant now) {
  for (std::size_t s = 0; s < draw_.segments; ++s) {
    for (std::size_t n = 0; n < draw_.nodes.size(); ++n) pair(node, n, s) = now;
  }
}

void Judge::woke(std::size_t node, Instant now) {
  woke_[node] = now;
  for (std::size_t s = 0; s < draw_.segments; ++s) of({node, s}).higher_heard_at_wake = {};
}

void Judge::heard(Place at, const vrrp::AdvertReceived& packet, Instant now) {
  Books& n = of(at);
  const Priority theirs = packet.advert.priority;
  if (theirs.value == 0) {
    n.resigned = now;
    for (std::size_t s = 0; s < draw_.segments; ++s) of({at.node, s}).higher_heard_at_wake = {};
  }
  if (theirs.value != 0 && (theirs >= n.priority || !drawn(at).preempt)) {
    n.last_heard = now;
    n.resigned = kNever;
  }
  if (woke_[at.node] == now && theirs > n.priority) n.higher_heard_at_wake = now;
}

void Judge::on_send(Place at, Priority priority, Instant now) {
  const Books& n = of(at);
  if (priority.value == 0 && !n.master) {
    complain(now, drawn(at).name + " resigned an office it did not hold");
  }
  // Whoever slept and finds a better master's advert waiting must not advertise itself first.
  if (priority.value != 0 && n.higher_heard_at_wake == now && !drawn(at).higher_prio_send_advert) {
    complain(now, drawn(at).name + " spoke although a better master was heard on waking");
  }
}

/// An instance may take over after silence of at least down_timer_adverts intervals (its own, or in
/// v3 a master's, so the shortest of all), after a resignation, or called by its group.
void Judge::check_take_over(Place at, const vrrp::Transition& t, Instant now) {
  const Books& n = of(at);
  const Duration silence = now - n.last_heard;
  const std::string who = drawn(at).name;
  const Duration needed = 3 * draw_.shortest_interval * 999 / 1000;  // clocks drift
  const bool silent = silence >= needed;
  const bool owner = t.reason.code == vrrp::ReasonCode::AddressOwner;
  const bool called = t.reason.code == vrrp::ReasonCode::SyncGroup;
  if (t.from == State::Backup && !silent && !called && !owner && n.resigned == kNever) {
    complain(now, who + " took over " + seconds_text(silence) + " after an advert of a master");
  }
  if (t.reason.code == vrrp::ReasonCode::MasterSilent && !silent) {
    complain(now, who + " calls a master silent that was heard " + seconds_text(silence) + " ago");
  }
  if (t.reason.code == vrrp::ReasonCode::MasterResigned && n.resigned == kNever) {
    complain(now, who + " reports a resignation that nobody sent");
  }
}

void Judge::output(Place at, const vrrp::Output& output, Instant now) {
  Books& n = of(at);
  const std::string& who = drawn(at).name;
  if (const auto* send = std::get_if<vrrp::SendAdvert>(&output)) on_send(at, send->priority, now);
  if (std::holds_alternative<vrrp::AddAddresses>(output)) {
    if (n.holds) complain(now, who + " adds addresses it has");
    n.holds = true;
  }
  if (std::holds_alternative<vrrp::RemoveAddresses>(output)) {
    if (!n.holds) complain(now, who + " removes addresses it has not");
    n.holds = false;
  }
  const auto* t = std::get_if<vrrp::Transition>(&output);
  if (t == nullptr) return;
  n.master = t->to == State::Master;
  if (n.master) {
    n.master_since = now;
    check_take_over(at, *t, now);
  }
  if (t->to == State::Backup && t->from != State::Master) n.last_heard = now;
  if (n.master != n.holds) complain(now, who + " holds addresses in " + std::string(text(t->to)));
}

/// Two answer at once for longer than it takes the better one's next advert to arrive: its
/// interval and the network's delay. A stalled node counts as well: its kernel has to keep quiet.
void Judge::compare(Place a, Place b, const std::vector<Standing>& standing, Instant now) {
  const auto answers = [&](Place at) {
    return of(at).holds && !standing[index(at)].fenced;
  };
  if (draw_.nodes[a.node].kin != draw_.nodes[b.node].kin || !answers(a) || !answers(b)) return;
  // Neither can say that it is there: what was lost before is not made up for yet.
  if (!standing[index(a)].running && !standing[index(b)].running) {
    disturbed(a.node, b.node, a.segment, now);
  }
  const Duration window = draw_.longest_interval * 1001 / 1000 + 2 * draw_.longest_delay + 1ms;
  const Instant since =
      std::max({of(a).master_since, of(b).master_since, pair(a.node, b.node, a.segment)});
  if (now - since <= window) return;
  complain(now, drawn(a).name + " and " + drawn(b).name + " both answer for " +
                    seconds_text(now - since) + " although they hear each other");
}

void Judge::look(const std::vector<Standing>& standing, Instant now) {
  for (std::size_t s = 0; s < draw_.segments; ++s) {
    for (std::size_t a = 0; a < draw_.nodes.size(); ++a) {
      const Place at{a, s};
      const bool master = standing[index(at)].state == State::Master;
      if (of(at).holds != master) {
        complain(now, drawn(at).name + " holds addresses: " + (master ? "no" : "yes") + ", in " +
                          std::string(text(standing[index(at)].state)));
      }
      if (draw_.segments > 1 && standing[index(at)].state != standing[index({a, 0})].state) {
        complain(now, drawn(at).name + " is not where its group is");
      }
      for (std::size_t b = a + 1; b < draw_.nodes.size(); ++b) compare(at, {b, s}, standing, now);
    }
  }
}

/// Whether `node` would have preempted `master` in every segment.
bool Judge::outranks(std::size_t node, std::size_t master,
                     const std::vector<Standing>& standing) const {
  for (std::size_t s = 0; s < draw_.segments; ++s) {
    if (!drawn({node, s}).preempt) return false;
    if (standing[index({node, s})].priority <= standing[index({master, s})].priority) return false;
  }
  return true;
}

void Judge::conclude_kin(int kin, const std::vector<Standing>& standing, Instant now) {
  std::vector<std::size_t> members;
  std::vector<std::size_t> masters;
  for (std::size_t n = 0; n < draw_.nodes.size(); ++n) {
    if (draw_.nodes[n].kin != kin) continue;
    members.push_back(n);
    if (standing[index({n, 0})].state == State::Master) masters.push_back(n);
  }
  if (members.empty()) return;
  if (masters.size() != 1) {
    complain(now, std::to_string(masters.size()) + " masters after healing");
    return;
  }
  for (const std::size_t n : members) {
    if (n != masters[0] && outranks(n, masters[0], standing)) {
      complain(now, drawn({n, 0}).name + " should have preempted " + drawn({masters[0], 0}).name);
    }
  }
}

void Judge::conclude(const std::vector<Standing>& standing) {
  const Instant end = draw_.healed + draw_.bound;
  for (const int kin : {0, 1}) conclude_kin(kin, standing, end);
}

}  // namespace alibi::sim
