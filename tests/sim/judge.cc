// SPDX-License-Identifier: Apache-2.0
// The invariants of the simulation, safety first, then healing and liveness.
#include "sim/judge.h"

#include <algorithm>

namespace alibi::sim {

using vrrp::State;

Judge::Judge(const Draw& d)
    : draw_(d),
      nodes_(d.nodes.size()),
      disturbed_(d.nodes.size() * d.nodes.size(), kBegin),
      woke_(d.nodes.size(), kNever) {
  for (std::size_t n = 0; n < nodes_.size(); ++n) nodes_[n].priority = d.nodes[n].base_priority;
}

void Judge::complain(Instant now, std::string text) {
  if (!complaint_) complaint_ = "at " + seconds_text(now - kBegin, 6) + ": " + std::move(text);
}

Instant& Judge::pair(std::size_t a, std::size_t b) {
  return disturbed_[std::min(a, b) * nodes_.size() + std::max(a, b)];
}

void Judge::restarted(std::size_t node, Instant now) {
  const Priority priority = nodes_[node].priority;
  nodes_[node] = Node{};
  nodes_[node].last_heard = now;
  nodes_[node].priority = priority;
}

void Judge::disturbed(std::size_t a, std::size_t b, Instant now) { pair(a, b) = now; }

void Judge::disturbed(std::size_t node, Instant now) {
  for (std::size_t n = 0; n < nodes_.size(); ++n) pair(node, n) = now;
}

void Judge::woke(std::size_t node, Instant now) {
  woke_[node] = now;
  nodes_[node].higher_heard_at_wake = {};
}

void Judge::heard(std::size_t node, const vrrp::AdvertReceived& packet, Instant now) {
  Node& n = nodes_[node];
  const Priority theirs = packet.advert.priority;
  if (theirs.value == 0) n.resigned = now;
  const bool preempting = draw_.nodes[node].preempt;
  if (theirs.value != 0 && (theirs >= n.priority || !preempting)) {
    n.last_heard = now;
    n.resigned = kNever;
  }
  if (woke_[node] == now && theirs > n.priority) n.higher_heard_at_wake = now;
}

void Judge::on_send(std::size_t node, Priority priority, Instant now) {
  const Node& n = nodes_[node];
  if (priority.value == 0 && !n.master) complain(now, draw_.nodes[node].name + " resigned an "
                                                      "office it did not hold");
  // Whoever slept and finds a better master's advert waiting must not advertise itself first.
  if (priority.value != 0 && n.higher_heard_at_wake == now &&
      !draw_.nodes[node].higher_prio_send_advert) {
    complain(now, draw_.nodes[node].name + " spoke although a better master was heard on waking");
  }
}

/// An instance may take over after silence of at least down_timer_adverts intervals (its own, or in
/// v3 a master's, so the shortest of all), or after a resignation or a lost address.
void Judge::check_take_over(std::size_t node, const vrrp::Transition& t, Instant now) {
  const Node& n = nodes_[node];
  Duration shortest = draw_.longest_interval;
  for (const auto& p : draw_.nodes) shortest = std::min(shortest, p.advert_interval);
  const Duration silence = now - n.last_heard;
  const std::string who = draw_.nodes[node].name;
  const bool silent = silence >= 3 * shortest;
  if (t.from == State::Backup && !silent && n.resigned == kNever) {
    complain(now, who + " took over " + seconds_text(silence) + " after an advert of a master");
  }
  if (t.reason.code == vrrp::ReasonCode::MasterSilent && !silent) {
    complain(now, who + " calls a master silent that was heard " + seconds_text(silence) + " ago");
  }
  if (t.reason.code == vrrp::ReasonCode::MasterResigned && n.resigned == kNever) {
    complain(now, who + " reports a resignation that nobody sent");
  }
}

void Judge::output(std::size_t node, const vrrp::Output& output, Instant now) {
  Node& n = nodes_[node];
  const std::string who = draw_.nodes[node].name;
  if (const auto* send = std::get_if<vrrp::SendAdvert>(&output)) on_send(node, send->priority, now);
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
    check_take_over(node, *t, now);
  }
  if (t->to == State::Backup && t->from != State::Master) n.last_heard = now;
  if (n.master != n.holds) complain(now, who + " holds addresses in " + std::string(text(t->to)));
}

void Judge::look(const std::vector<State>& state, const std::vector<bool>& running, Instant now) {
  // The better of two masters advertises within its interval; the other hears it a delay later.
  const Duration window = draw_.longest_interval + 2 * draw_.longest_delay + 1ms;
  for (std::size_t a = 0; a < nodes_.size(); ++a) {
    for (std::size_t b = a + 1; b < nodes_.size(); ++b) {
      if (state[a] != State::Master || state[b] != State::Master) continue;
      if (!running[a] || !running[b]) continue;
      const Instant since =
          std::max({nodes_[a].master_since, nodes_[b].master_since, pair(a, b)});
      if (now - since > window) {
        complain(now, draw_.nodes[a].name + " and " + draw_.nodes[b].name + " both master for " +
                          seconds_text(now - since) + " although they hear each other");
      }
    }
  }
}

void Judge::conclude(const std::vector<State>& state) {
  const Instant end = draw_.healed + draw_.bound;
  const auto masters = std::count(state.begin(), state.end(), State::Master);
  if (masters != 1) {
    complain(end, std::to_string(masters) + " masters after healing");
    return;
  }
  const auto master = static_cast<std::size_t>(
      std::find(state.begin(), state.end(), State::Master) - state.begin());
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    if (draw_.nodes[n].preempt && nodes_[n].priority > nodes_[master].priority) {
      complain(end, draw_.nodes[n].name + " should have preempted " + draw_.nodes[master].name);
    }
  }
}

}  // namespace alibi::sim
