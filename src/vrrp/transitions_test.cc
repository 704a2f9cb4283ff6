// SPDX-License-Identifier: Apache-2.0
// The transition table as a whole: complete, unambiguous, and right about where it leads.
#include "vrrp/transitions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "vrrp/instance.h"

namespace alibi::vrrp {
namespace {

constexpr State kStates[] = {State::Init, State::Backup, State::Master, State::Fault};

wire::IpAddress ip(std::uint8_t last) { return wire::IpAddress::v4(0x0A000000U + last); }

Parameters parameters() {
  Parameters p;
  p.name = "VI_1";
  p.vrid = Vrid{51};
  p.addresses = {ip(100)};
  return p;
}

AdvertReceived advert(std::uint8_t priority, std::uint8_t from = 2) {
  AdvertReceived packet;
  packet.advert = {2, Vrid{51}, Priority{priority}, 1s, wire::AuthType::None, {}, {ip(100)}};
  packet.source = ip(from);
  return packet;
}

constexpr Instant at(Duration d) { return Instant{1'000'000'000'000} + d; }

/// An instance with source 10.0.0.1 and priority 100 brought to `state`.
Instance instance_in(State state) {
  Instance instance(parameters());
  Outbox out;
  instance.handle(SourceAddress{ip(1)}, at(0s), out);
  if (state != State::Init) instance.handle(Start{}, at(0s), out);
  if (state == State::Master) instance.handle(TimerExpired{}, instance.next_timer(), out);
  if (state == State::Fault) instance.handle(FaultRaised{ReasonCode::LinkDown, "x"}, at(1s), out);
  EXPECT_EQ(instance.state(), state);
  return instance;
}

/// At least one input of each kind, with variants that take different rows.
std::vector<Input> inputs() {
  return {Start{},
          Stop{},
          advert(0),
          advert(50),
          advert(100, 2),
          advert(150),
          TimerExpired{},
          PriorityChanged{Priority{100}, ""},
          PriorityChanged{Priority{90}, "x"},
          FaultRaised{ReasonCode::TrackFailed, "x"},
          FaultRaised{ReasonCode::LinkDown, "x"},
          FaultCleared{},
          FaultCleared{ReasonCode::TrackFailed},
          SourceAddress{ip(3)},
          SourceAddress{wire::IpAddress{}},
          AddressLost{ip(100)},
          GroupCalls{GroupCalls::What::Master, {}, "x"},
          GroupCalls{GroupCalls::What::Backup, {}, "x"},
          GroupCalls{GroupCalls::What::Wait, 1s, "x"}};
}

TEST(Table, EveryStateAndInputEndsInARowWithoutGuard) {
  std::map<std::pair<State, InputKind>, int> open;
  for (const Row& row : transition_table()) {
    const std::pair key(row.state, row.input);
    EXPECT_EQ(open[key], 0) << row.name << " can never match: a row without guard is above it";
    if (row.guard == nullptr) ++open[key];
  }
  for (const State state : kStates) {
    for (std::size_t kind = 0; kind < kInputKinds; ++kind) {
      EXPECT_EQ((open[{state, static_cast<InputKind>(kind)}]), 1) << text(state) << " " << kind;
    }
  }
}

TEST(Table, RowsHaveUniqueNamesAndAClause) {
  std::set<std::string_view> names;
  for (const Row& row : transition_table()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name << " twice";
    EXPECT_FALSE(row.clause.empty()) << row.name;
  }
}

/// What must hold after any input in any state, whatever the row.
void check_invariants(const Instance& i, const Outbox& out, State before, Instant now) {
  const bool running = i.state() == State::Backup || i.state() == State::Master;
  EXPECT_EQ(i.next_timer() != kNever, running) << "a timer runs exactly while the instance does";
  int transitions = 0;
  for (const Output& output : out) {
    const auto* t = std::get_if<Transition>(&output);
    if (t == nullptr) continue;
    ++transitions;
    EXPECT_EQ(t->from, before);
    EXPECT_EQ(t->to, i.state());
    EXPECT_FALSE(t->reason.detail.empty());
  }
  EXPECT_EQ(transitions, before == i.state() ? 0 : 1);
  const auto has = [&](auto kind) {
    return std::any_of(out.begin(), out.end(), [&](const Output& o) {
      return std::holds_alternative<decltype(kind)>(o);
    });
  };
  EXPECT_EQ(has(AddAddresses{}), before != State::Master && i.state() == State::Master);
  EXPECT_EQ(has(RemoveAddresses{}), before == State::Master && i.state() != State::Master);
  if (before != State::Backup && i.state() == State::Backup) {
    EXPECT_GT(i.next_timer(), now) << "a new backup waits";
  }
}

TEST(Table, EveryStateTimesEveryInputKeepsTheInvariants) {
  for (const State state : kStates) {
    for (const Input& input : inputs()) {
      for (const Duration later : {Duration(0), Duration(500ms), Duration(10s)}) {
        Instance instance = instance_in(state);
        const Instant now = at(4s) + later;
        SCOPED_TRACE(std::string(text(state)) + " input " + std::to_string(input.index()) + " +" +
                     seconds_text(later));
        Outbox out;
        instance.handle(input, now, out);
        check_invariants(instance, out, state, now);
      }
    }
  }
}

TEST(Table, EveryRowIsTakenBySomeInput) {
  std::set<std::string_view> taken;
  const auto take = [&](Instance& i, const Input& input, Instant now) {
    Outbox out;
    taken.insert(matching_row(Step{i, input, now, out}).name);
  };
  for (const State state : kStates) {
    for (const Input& input : inputs()) {
      Instance instance = instance_in(state);
      take(instance, input, at(0s));
      take(instance, input, at(60s));
    }
  }
  Parameters owner = parameters();
  owner.base_priority = Priority{255};
  Outbox out;
  Instance without_source(owner);
  take(without_source, Start{}, at(0s));
  without_source.handle(Start{}, at(0s), out);
  take(without_source, SourceAddress{ip(1)}, at(0s));
  Instance started(owner);
  started.handle(SourceAddress{ip(1)}, at(0s), out);
  take(started, Start{}, at(0s));
  started.handle(Start{}, at(0s), out);
  started.handle(FaultRaised{ReasonCode::TrackFailed, "x"}, at(1s), out);
  take(started, FaultCleared{}, at(2s));
  owner.owner_ignores_adverts = true;
  Instance deaf(owner);
  deaf.handle(SourceAddress{ip(1)}, at(0s), out);
  deaf.handle(Start{}, at(0s), out);
  take(deaf, advert(255, 2), at(1s));
  owner.owner_ignores_adverts = false;
  Instance low(owner);
  low.handle(SourceAddress{ip(1)}, at(0s), out);
  low.handle(Start{}, at(0s), out);
  take(low, advert(255, 2), at(1s));
  Instance high(owner);
  high.handle(SourceAddress{ip(3)}, at(0s), out);
  high.handle(Start{}, at(0s), out);
  for (int n = 0; n < 2; ++n) high.handle(advert(255, 2), at(1s), out);
  take(high, advert(255, 2), at(1s));
  Parameters steps_down = parameters();
  steps_down.preempt = false;
  steps_down.timer_expired_backup = true;
  Instance late(steps_down);
  late.handle(SourceAddress{ip(1)}, at(0s), out);
  late.handle(Start{}, at(0s), out);
  late.handle(TimerExpired{}, late.next_timer(), out);
  take(late, TimerExpired{}, at(9s));
  take(late, advert(50), at(9s));
  Instance sourceless(parameters());
  sourceless.handle(Start{}, at(0s), out);
  take(sourceless, SourceAddress{ip(1)}, at(0s));
  for (const Row& row : transition_table()) {
    EXPECT_TRUE(taken.contains(row.name)) << "no input takes the row '" << row.name << "'";
  }
}

}  // namespace
}  // namespace alibi::vrrp
