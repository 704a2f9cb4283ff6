// SPDX-License-Identifier: Apache-2.0
// host.cpu.starved, host.cpu.throttled, host.process.busy. A runnable thread that does not run is
// starved when others hold its CPU, throttled when its own cgroup's quota is used up (then the CPU
// is idle or somebody else's, and cpu.stat has counted it).
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "investigate/rules/rules.h"
#include "investigate/rules/support.h"
#include "investigate/runs.h"

namespace alibi::investigate::rules {
namespace {

constexpr std::string_view kOthers = "others";  ///< Rival::comm where pid is -1

struct Holder {
  std::string name;
  std::string policy;
  std::int64_t ns = 0;
};

/// Who held the CPU while it was wanted, longest first; time in which nobody did apart. Rivals are
/// told with the switch-in that ends a wait, for the whole of it.
std::vector<Holder> holders(const Account& account, std::int64_t* idle_ns) {
  std::map<std::pair<std::string, std::string>, std::int64_t> by_name;
  *idle_ns = 0;
  for (const Segment& segment : account.segments) {
    const Instant a = std::max(segment.begin, account.due);
    const Instant b = std::min(segment.end, account.decided);
    if (segment.doing != Doing::Runnable || a >= b) continue;
    std::int64_t told = 0;
    for (const evidence::Rival& rival : segment.rivals) told += rival.ns;
    if (told <= 0) continue;
    // The part of it that counts here; a wait told longer than the segment began before it.
    const double part = static_cast<double>((b - a).count()) /
                        static_cast<double>(std::max(told, segment.length().count()));
    for (const evidence::Rival& rival : segment.rivals) {
      const auto ns = static_cast<std::int64_t>(static_cast<double>(rival.ns) * part);
      if (rival.pid == 0) {
        *idle_ns += ns;
      } else {
        by_name[{rival.comm, rival.policy}] += ns;
      }
    }
  }
  std::vector<Holder> result;
  for (const auto& [name, ns] : by_name) result.push_back({name.first, name.second, ns});
  std::sort(result.begin(), result.end(),
            [](const Holder& a, const Holder& b) { return a.ns > b.ns; });
  return result;
}

/// The one that had most of it. The probe keeps the names of a few and counts the rest together,
/// which is nobody's name: "python3 and others".
std::string first_holder(const std::vector<Holder>& held) {
  const auto named = [](const Holder& holder) { return holder.name != kOthers; };
  const auto first = std::find_if(held.begin(), held.end(), named);
  if (first == held.end()) return "others";
  return first == held.begin() ? first->name : first->name + " and others";
}

/// "keepalived (pid 10) wanted the CPU", or that its log's reader did.
std::string who_wanted(const Scene& scene, Doing doing, std::string_view what) {
  const Segment* segment = scene.account->longest(doing);
  if (segment == nullptr || segment->reader == nullptr) {
    return fmt::format("{} {}", sender_text(scene), what);
  }
  return fmt::format("{} waited for its log, whose reader {} (pid {}) {}", sender_text(scene),
                     segment->reader->reader_comm, segment->reader->reader_pid, what);
}

void add_places(const std::vector<Met>& met, std::string_view who, Finding& finding) {
  constexpr std::size_t kMost = 3;
  for (std::size_t i = 0; i < std::min(met.size(), kMost); ++i) {
    finding.evidence.push_back(
        fmt::format("the timer interrupt met {} {} times in {}", who, met[i].times, met[i].where));
  }
}

/// What the first rival of the longest wait did on that CPU.
void add_places_of_holder(const Scene& scene, Finding& finding) {
  const Segment* wait = scene.account->longest(Doing::Runnable);
  if (wait == nullptr || wait->rivals.empty() || wait->rivals[0].pid <= 0) return;
  const evidence::Rival& rival = wait->rivals[0];
  add_places(met_on(scene.recording, rival.pid, wait->cpu, wait->begin, wait->end), rival.comm,
             finding);
}

}  // namespace

std::optional<Finding> cpu_starved(const Scene& scene) {
  if (!dominates(scene, Doing::Runnable) || scene.account->doubtful(Doing::Runnable)) return {};
  std::int64_t idle_ns = 0;
  const std::vector<Holder> held = holders(*scene.account, &idle_ns);
  std::int64_t sum = 0;
  for (const Holder& holder : held) sum += holder.ns;
  const Duration waited = scene.account->overdue_in(Doing::Runnable);
  // Without anybody seen on the CPU, or with the CPU mostly idle, somebody else is to blame:
  // a quota, a paused machine, a hypervisor.
  if (held.empty() || Duration(sum) * 2 < waited || sum < idle_ns) return std::nullopt;
  Finding finding{
      "host.cpu.starved",
      fmt::format("{}: {} held it",
                  who_wanted(scene, Doing::Runnable, "wanted the CPU and did not get it"),
                  first_holder(held)),
      {},
      {}};
  finding.evidence.push_back("runnable for " + share_text(scene, Doing::Runnable));
  for (std::size_t i = 0; i < std::min<std::size_t>(held.size(), 3); ++i) {
    const std::string policy = held[i].name == kOthers ? "" : " (" + held[i].policy + ")";
    finding.evidence.push_back(fmt::format("{}{} held its CPU for {}", held[i].name, policy,
                                           seconds_text(Duration(held[i].ns))));
  }
  add_places_of_holder(scene, finding);
  return finding;
}

std::optional<Finding> cpu_throttled(const Scene& scene) {
  if (!dominates(scene, Doing::Throttled)) return std::nullopt;
  const Segment* segment = scene.account->longest(Doing::Throttled);
  Finding finding{
      "host.cpu.throttled",
      fmt::format("{}: {}", who_wanted(scene, Doing::Throttled, "had used up its CPU quota"),
                  segment->detail),
      {},
      {}};
  finding.evidence.push_back("runnable but throttled for " + share_text(scene, Doing::Throttled));
  for (const evidence::Event& event : scene.recording.events) {
    const auto* sample = std::get_if<evidence::CgroupThrottled>(&event.fact);
    if (sample == nullptr || event.at < segment->begin || sample->quota_us < 0) continue;
    const std::int32_t pid =
        segment->reader != nullptr ? segment->reader->reader_pid : scene.sender->pid;
    const bool ours =
        std::find(sample->pids.begin(), sample->pids.end(), pid) != sample->pids.end();
    if (!ours || sample->throttled_count == 0) continue;
    finding.evidence.push_back(fmt::format("{}: quota {} us in {} us, throttled {} times",
                                           sample->cgroup, sample->quota_us, sample->period_us,
                                           sample->throttled_count));
    break;
  }
  return finding;
}

std::optional<Finding> process_busy(const Scene& scene) {
  if (!dominates(scene, Doing::Running) || scene.account->doubtful(Doing::Running)) return {};
  Finding finding{
      "host.process.busy",
      fmt::format("{} was on the CPU all the time, with work of its own", sender_text(scene)),
      {},
      {}};
  finding.evidence.push_back("running for " + share_text(scene, Doing::Running));
  const Account& account = *scene.account;
  if (const Duration spun = account.overdue_in(Doing::Spinning); spun > 10ms) {
    finding.evidence.push_back("spinning for another CPU for " + seconds_text(spun));
  }
  add_places(met_in(scene.recording, account.sender.tid, account.due, account.decided), "it",
             finding);
  return finding;
}

}  // namespace alibi::investigate::rules
