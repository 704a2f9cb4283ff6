// SPDX-License-Identifier: Apache-2.0
// Lanes in letters; a column stands for the state that fills most of its time.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "investigate/lanes.h"
#include "report/account.h"

namespace alibi::report {

using investigate::Account;
using investigate::Doing;
using investigate::Lane;
using investigate::Segment;

char letter(Doing doing) {
  switch (doing) {
    case Doing::Unobserved:
      return '?';
    case Doing::Running:
      return 'R';
    case Doing::Spinning:
      return 'k';
    case Doing::Idle:
      return '.';
    case Doing::Runnable:
      return 'w';
    case Doing::Throttled:
      return 'Q';
    case Doing::Stopped:
      return 'T';
    case Doing::Frozen:
      return 'F';
    case Doing::DiskWait:
      return 'D';
    case Doing::FilesystemWait:
      return 'f';
    case Doing::LogWait:
      return 'L';
    case Doing::OtherWait:
      return 'o';
    case Doing::Reclaiming:
      return 'm';
    case Doing::SwapIn:
      return 'S';
    case Doing::PageIn:
      return 'P';
    case Doing::Gone:
      return 'x';
    case Doing::Paused:
      return 'H';
    case Doing::Stolen:
      return 's';
    case Doing::Silent:
      return 'i';
  }
  return '?';
}

std::vector<StateTime> state_times(const Account& account) {
  std::map<Doing, StateTime> sums;
  sums[Doing::Unobserved];
  for (const Segment& segment : account.segments) {
    StateTime& sum = sums[segment.doing];
    sum.time += segment.length();
    ++sum.pieces;
    if (sum.longest == nullptr || segment.length() > sum.longest->length()) sum.longest = &segment;
  }
  std::vector<StateTime> times;
  for (auto& [doing, sum] : sums) {
    sum.doing = doing;
    times.push_back(sum);
  }
  std::sort(times.begin(), times.end(), [](const StateTime& a, const StateTime& b) {
    if ((a.doing == Doing::Unobserved) != (b.doing == Doing::Unobserved)) {
      return b.doing == Doing::Unobserved;
    }
    return a.time > b.time;
  });
  return times;
}

Doing doing_in(const std::vector<Segment>& segments, Instant begin, Instant end) {
  std::map<Doing, Duration> sums;
  for (const Segment& segment : segments) {
    if (segment.begin >= end) break;
    if (segment.end <= begin) continue;
    sums[segment.doing] += std::min(segment.end, end) - std::max(segment.begin, begin);
  }
  Doing most = Doing::Unobserved;
  Duration longest{0};
  for (const auto& [doing, time] : sums) {
    if (time <= longest) continue;
    most = doing;
    longest = time;
  }
  return most;
}

namespace {

constexpr int kColumns = 60;
constexpr std::size_t kName = 26;

class Lanes {
 public:
  Lanes(const Account& account, std::string& out) : account_(account), out_(out) {}

  void axis(const std::string& name) {
    std::string ticks(kColumns + 1, '-');
    std::string labels(kColumns + 8, ' ');
    constexpr int kStep = 10;
    for (int column = 0; column <= kColumns; column += kStep) {
      ticks[static_cast<std::size_t>(column)] = '+';
      const std::string label = fmt::format(
          "{:.3f}", static_cast<double>((start(column) - account_.begin).count()) / 1e9);
      labels.replace(static_cast<std::size_t>(column), label.size(), label);
    }
    labels.erase(labels.find_last_not_of(' ') + 1);
    line(name, labels);
    line("", ticks);
  }

  void adverts(const std::vector<Instant>& adverts) {
    std::string marks(kColumns + 1, ' ');
    for (const Instant at : adverts) mark(marks, at, '*');
    line("adverts sent", marks);
  }

  void moments() {
    std::string marks(kColumns + 1, ' ');
    mark(marks, account_.decided, '!');
    mark(marks, account_.due, '^');
    line("due ^, taken over !", marks);
  }

  void lane(const Lane& lane) {
    std::string states;
    for (int column = 0; column < kColumns; ++column) {
      const Doing doing = doing_in(lane.segments, start(column), start(column + 1));
      seen_.insert(doing);
      states += letter(doing);
    }
    line(fmt::format("{} {}, {}", shortened(lane.name), lane.tid, lane.part), states);
  }

  void legend() {
    std::string text;
    for (const Doing doing : seen_) {
      text += fmt::format("{}{} {}", text.empty() ? "" : "   ", letter(doing),
                          investigate::text(doing));
    }
    out_ += fmt::format("  {}\n", text);
  }

 private:
  Instant start(int column) const {
    return account_.begin + (account_.end - account_.begin) / kColumns * column;
  }

  void mark(std::string& marks, Instant at, char sign) const {
    const auto span = static_cast<double>((account_.end - account_.begin).count());
    const double part = span > 0 ? static_cast<double>((at - account_.begin).count()) / span : 0;
    marks[static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * kColumns)] = sign;
  }

  static std::string shortened(const std::string& name) {
    constexpr std::size_t kMost = 15;  // as long as a thread's name may be
    return name.size() > kMost ? name.substr(0, kMost) : name;
  }

  void line(const std::string& name, std::string text) {
    text.erase(text.find_last_not_of(' ') + 1);
    // A name that is longer has its lane below, not beside.
    if (name.size() > kName) out_ += fmt::format("  {}\n", name);
    out_ += fmt::format("  {:<{}}  {}\n", name.size() > kName ? "" : name, kName, text);
  }

  const Account& account_;
  std::string& out_;
  std::set<Doing> seen_;
};

std::string exact(Duration time) {
  return fmt::format("{}.{:09}", time.count() / 1'000'000'000, time.count() % 1'000'000'000);
}

/// `whole`: what the times sum to.
void table(std::string& out, const Account& account, std::string_view whole) {
  out += fmt::format("\n  {:>14} s      {}\n", "time", "state");
  for (const StateTime& state : state_times(account)) {
    const bool rest = state.doing == Doing::Unobserved;
    out += fmt::format("  {:>14} s  {}  {}{}\n", exact(state.time), letter(state.doing),
                       investigate::text(state.doing),
                       state.pieces > 1 ? fmt::format(", {} pieces", state.pieces) : "");
    if (state.longest == nullptr || (rest && state.longest->detail.empty())) continue;
    const Segment& longest = *state.longest;
    const std::string from = exact(longest.begin - account.begin);
    out += fmt::format("{:>23}longest: {} s from {}{}{}\n", "", exact(longest.length()), from,
                       longest.detail.empty() ? "" : ", ", longest.detail);
    const std::string evidence = investigate::evidence_text(longest);
    if (!evidence.empty()) out += fmt::format("{:>23}evidence: {}\n", "", evidence);
  }
  out += fmt::format("  {:>14} s  =  {}\n", exact(account.end - account.begin), whole);
}

}  // namespace

std::string account_text(const evidence::Recording& recording, const investigate::Verdict& verdict,
                         std::size_t number) {
  if (!verdict.account) {
    return fmt::format("account of incident {}: none; no thread was watched that it could be of\n",
                       number);
  }
  const Account& account = *verdict.account;
  std::string out = fmt::format("account of incident {}: {} from {}\n\n", number,
                                seconds_text(account.end - account.begin),
                                time_of_day_text(recording.unix_ns(account.begin)));
  Lanes lanes(account, out);
  lanes.axis("seconds of the gap");
  lanes.adverts(investigate::adverts_in(recording, verdict));
  for (const Lane& lane : investigate::lanes_of(recording, account)) lanes.lane(lane);
  lanes.moments();
  lanes.legend();
  table(out, account, "the gap");
  return out;
}

std::string thread_title(const evidence::Recording& recording,
                         const investigate::ThreadAccount& thread) {
  const investigate::WatchedThread& who = thread.thread;
  const Account& account = thread.account;
  return fmt::format("{} (pid {}, {}){}: {} from {}", who.comm.empty() ? "?" : who.comm, who.pid,
                     who.tid == who.pid ? "main thread" : fmt::format("thread {}", who.tid),
                     who.host.empty() ? "" : " of " + who.host,
                     seconds_text(account.end - account.begin),
                     time_of_day_text(recording.unix_ns(account.begin)));
}

std::string thread_text(const evidence::Recording& recording,
                        const investigate::ThreadAccount& thread, bool with_lanes) {
  std::string out = "account of " + thread_title(recording, thread) + "\n";
  if (with_lanes) {
    out += "\n";
    Lanes lanes(thread.account, out);
    lanes.axis("seconds");
    for (const Lane& lane : investigate::lanes_of(recording, thread)) lanes.lane(lane);
    lanes.legend();
  }
  table(out, thread.account, "the whole time");
  return out;
}

}  // namespace alibi::report
