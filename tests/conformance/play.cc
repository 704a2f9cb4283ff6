// SPDX-License-Identifier: Apache-2.0
// Playing a scenario: virtual time, one instance, and the outputs still unread.
#include <deque>
#include <optional>

#include "conformance/scenario.h"
#include "vrrp/text.h"

namespace alibi::conformance {
namespace {

using vrrp::Output;

constexpr Instant kBegin{1'000'000'000'000};
constexpr Duration kPatience = 1h;  // an expected output that has not come by then never will

std::string time_text(Instant t) { return seconds_text(t - kBegin, 6); }

class Player {
 public:
  Result<void> step(const Line& line);
  Result<void> finish();

 private:
  struct Seen {
    Instant when;
    Output output;
  };

  vrrp::Instance& instance();
  void handle(const vrrp::Input& input);
  bool fire_next(Instant limit);
  void run_to(Instant t);
  Result<Instant> time(const std::string& word);
  Result<void> at(const std::string& rest);
  Result<void> reach(const std::string& state);
  Result<void> expect(std::string rest);
  Result<void> expect_nothing(const std::string& until);
  Result<void> expect_timer(const std::string& when);
  Result<void> expect_output(std::string rest);
  std::optional<Seen> next_output(bool notes);
  void drop_notes();

  Result<void> configure(const std::string& words);
  Result<void> reload(const std::string& words);

  std::string configured_;
  Ours ours_ = *parse_ours("");
  std::optional<vrrp::Instance> instance_;
  Instant now_ = kBegin;
  std::optional<Instant> stalled_until_;
  std::deque<Seen> unread_;
  std::string last_detail_;
};

vrrp::Instance& Player::instance() {
  if (!instance_) {
    instance_.emplace(ours_.parameters);
    if (!ours_.source.is_unspecified()) handle(vrrp::SourceAddress{ours_.source});
  }
  return *instance_;
}

void Player::handle(const vrrp::Input& input) {
  vrrp::Outbox out;
  instance_->handle(input, now_, out);
  for (Output& output : out) unread_.push_back({now_, std::move(output)});
}

bool Player::fire_next(Instant limit) {
  const Instant due = instance().next_timer();
  if (due == kNever || due > limit) return false;
  now_ = std::max(now_, due);  // after a stall the timer is late
  handle(vrrp::TimerExpired{});
  return true;
}

void Player::run_to(Instant t) {
  if (stalled_until_ == t) return;  // what arrived in the stall is handed over first
  stalled_until_.reset();
  while (fire_next(t)) {
  }
  now_ = std::max(now_, t);
}

Result<Instant> Player::time(const std::string& word) {
  const auto duration = vrrp::parse_duration(word);
  if (!duration) return tl::unexpected(duration.error());
  const Instant t = kBegin + *duration;
  if (t < now_) return fail("time runs backwards: it is " + time_text(now_) + " already");
  return t;
}

Result<void> Player::at(const std::string& rest) {
  const auto space = std::min(rest.find(' '), rest.size());
  const auto when = time(rest.substr(0, space));
  if (!when) return tl::unexpected(when.error());
  const auto input = vrrp::parse_input(rest.substr(space), ours_.parameters);
  if (!input) return tl::unexpected(input.error());
  instance();
  run_to(*when);
  handle(*input);
  return {};
}

Result<void> Player::reach(const std::string& state) {
  if (state != "backup" && state != "master") return fail("'" + state + "' cannot be reached");
  instance();
  handle(vrrp::Start{});
  if (state == "master" && instance().state() != vrrp::State::Master) {
    fire_next(kBegin + kPatience);
  }
  const auto wanted = state == "master" ? vrrp::State::Master : vrrp::State::Backup;
  if (instance().state() != wanted) {
    return fail("state is " + std::string(text(instance().state())));
  }
  unread_.clear();
  return {};
}

void Player::drop_notes() {
  while (!unread_.empty() && std::holds_alternative<vrrp::Note>(unread_.front().output)) {
    unread_.pop_front();
  }
}

std::optional<Player::Seen> Player::next_output(bool notes) {
  stalled_until_.reset();
  while (true) {
    if (!notes) drop_notes();
    if (!unread_.empty()) break;
    if (!fire_next(kBegin + kPatience)) return std::nullopt;
  }
  Seen seen = std::move(unread_.front());
  unread_.pop_front();
  return seen;
}

/// The wanted text may leave the detail out; where it gives one, it must be there word for word.
bool matches(const Output& output, const Output& wanted) {
  std::string have = print(output);
  const std::string want = print(wanted);
  if (want.find(" : ") == std::string::npos) have = have.substr(0, have.find(" : "));
  return have == want;
}

Result<void> Player::expect_output(std::string rest) {
  std::optional<Instant> when;
  if (const auto place = rest.rfind(" at "); place != std::string::npos) {
    const auto duration = vrrp::parse_duration(rest.substr(place + 4));
    if (!duration) return tl::unexpected(duration.error());
    when = kBegin + *duration;
    rest.resize(place);
  }
  const auto wanted = vrrp::parse_output(rest);
  if (!wanted) return tl::unexpected(wanted.error());
  const auto seen = next_output(std::holds_alternative<vrrp::Note>(*wanted));
  if (!seen) return fail("expected '" + rest + "', but nothing comes any more");
  const std::string have = print(seen->output);
  if (!matches(seen->output, *wanted)) {
    return fail("expected '" + rest + "', got '" + have + "' at " + time_text(seen->when));
  }
  if (when && seen->when != *when) {
    return fail("'" + have + "' came at " + time_text(seen->when));
  }
  last_detail_ = have;
  return {};
}

Result<void> Player::expect_nothing(const std::string& until) {
  const auto t = time(until);
  if (!t) return tl::unexpected(t.error());
  while (true) {
    drop_notes();
    if (!unread_.empty()) {
      return fail("'" + print(unread_.front().output) + "' at " + time_text(unread_.front().when));
    }
    stalled_until_.reset();
    if (!fire_next(*t)) break;
  }
  now_ = std::max(now_, *t);
  return {};
}

Result<void> Player::expect_timer(const std::string& when) {
  const Instant due = instance().next_timer();
  const std::string have = due == kNever ? "none" : time_text(due);
  const auto duration = vrrp::parse_duration(when);
  const Instant wanted = duration ? kBegin + *duration : kNever;
  if (!duration && when != "none") return tl::unexpected(duration.error());
  if (due != wanted) return fail("the timer is due at " + have);
  return {};
}

Result<void> Player::expect(std::string rest) {
  if (rest.starts_with("nothing until ")) return expect_nothing(rest.substr(14));
  if (rest.starts_with("timer ")) return expect_timer(rest.substr(6));
  if (rest.starts_with("state ")) {
    const std::string have(text(instance().state()));
    if (have != rest.substr(6)) return fail("state is " + have);
    return {};
  }
  if (rest.starts_with("detail ")) {
    if (last_detail_.find(rest.substr(7)) == std::string::npos) {
      return fail("it says '" + last_detail_ + "'");
    }
    return {};
  }
  return expect_output(std::move(rest));
}

Result<void> Player::configure(const std::string& words) {
  const auto ours = parse_ours(words);
  if (!ours) return tl::unexpected(ours.error());
  configured_ = words;
  ours_ = *ours;
  return {};
}

Result<void> Player::reload(const std::string& words) {
  const auto snapshot = vrrp::parse_snapshot(print(instance().snapshot()));
  if (!snapshot) return tl::unexpected(snapshot.error());
  const auto configured = configure(configured_ + " " + words);
  if (!configured) return configured;
  vrrp::Outbox out;
  instance_ = vrrp::Instance::restored(ours_.parameters, *snapshot, now_, out);
  for (Output& output : out) unread_.push_back({now_, std::move(output)});
  return {};
}

Result<void> Player::step(const Line& line) {
  if (line.verb == "ours") {
    if (instance_) return fail("'ours' must come before anything happens");
    return configure(line.rest);
  }
  if (line.verb == "reload") return reload(line.rest);
  if (line.verb == "at") return at(line.rest);
  if (line.verb == "reach") return reach(line.rest);
  if (line.verb == "expect") return expect(line.rest);
  if (line.verb == "stall") {
    const auto t = time(line.rest);
    if (!t) return tl::unexpected(t.error());
    instance();
    now_ = *t;
    stalled_until_ = *t;
    return {};
  }
  return fail("'" + line.verb + "' is no step");
}

Result<void> Player::finish() {
  drop_notes();
  if (unread_.empty()) return {};
  return fail("not expected: '" + print(unread_.front().output) + "' at " +
              time_text(unread_.front().when));
}

}  // namespace

Result<void> play(const Scenario& scenario) {
  Player player;
  for (const Line& line : scenario.steps) {
    const auto done = player.step(line);
    if (!done) {
      return fail(line.place() + ": " + line.verb + " " + line.rest + ": " +
                  done.error().message);
    }
  }
  const auto done = player.finish();
  if (!done) return fail(scenario.steps.back().place() + ": at the end: " + done.error().message);
  return {};
}

}  // namespace alibi::conformance
