// SPDX-License-Identifier: Apache-2.0
// host.io.disk, host.io.filesystem, host.io.log: the thread waits in a system call. State D alone
// proves no disk (freezers, mutexes and NFS are D too): the kernel function tells which.
#include <fmt/format.h>

#include <algorithm>

#include "investigate/disk_users.h"
#include "investigate/rules/rules.h"
#include "investigate/rules/support.h"

namespace alibi::investigate::rules {
namespace {

std::string file_text(const evidence::WaitTarget& target) {
  std::string text = target.fd_target.empty() ? std::string("a file") : target.fd_target;
  if (!target.filesystem.empty() || !target.device.empty()) {
    text += fmt::format(" ({}{}{})", target.filesystem,
                        target.filesystem.empty() || target.device.empty() ? "" : " on ",
                        target.device);
  }
  return text;
}

/// The figures of iostat -x over `time`.
std::string iostat_text(const evidence::BlockDevice& first, const evidence::BlockDevice& last,
                        Duration time) {
  const auto ms = static_cast<double>(time.count()) / 1e6;
  const auto grown = [](std::uint64_t a, std::uint64_t b) {
    return static_cast<double>(b - std::min(a, b));
  };
  const double done = grown(first.reads + first.writes, last.reads + last.writes);
  const double waited = grown(first.read_ms + first.write_ms, last.read_ms + last.write_ms);
  const std::string await = done > 0 ? fmt::format("{:.2f} ms", waited / done) : "none completed";
  return fmt::format("{} as iostat -x shows it: await {}, aqu-sz {:.2f}, %util {:.1f}", last.device,
                     await, grown(first.queue_ms, last.queue_ms) / ms,
                     std::min(100.0, grown(first.io_ticks_ms, last.io_ticks_ms) / ms * 100));
}

/// The last state of `device` before and within the wait: requests issued and not completed.
void device_evidence(const Scene& scene, const Segment& segment, const std::string& device,
                     Finding& finding) {
  const evidence::BlockDevice* first = nullptr;
  const evidence::BlockDevice* last = nullptr;
  Instant first_at, last_at;
  std::uint32_t most = 0;
  for (const evidence::Event& event : scene.recording.events) {
    const auto* sample = std::get_if<evidence::BlockDevice>(&event.fact);
    if (sample == nullptr || sample->device != device) continue;
    if (event.at < segment.begin || event.at > segment.end) continue;
    if (first == nullptr) {
      first = sample;
      first_at = event.at;
    }
    last = sample;
    last_at = event.at;
    most = std::max(most, sample->in_flight);
  }
  if (first == nullptr) return;
  finding.evidence.push_back(
      fmt::format("{}: up to {} requests in flight, {} completed while it waited{}", device, most,
                  (last->reads + last->writes) - (first->reads + first->writes),
                  last->backing.empty() ? "" : "; it is backed by " + last->backing));
  if (first_at < last_at) {
    finding.evidence.push_back(iostat_text(*first, *last, last_at - first_at));
  }
}

/// Who else used the device while the sender waited; the one that had most of it.
std::optional<DiskUser> users_evidence(const Scene& scene, const Segment& segment,
                                       const std::string& device, Finding& finding) {
  const Instant until = std::min(segment.end, scene.account->decided);
  const auto users = disk_users(scene.recording, device, segment.begin, until);
  for (std::size_t i = 0; i < std::min<std::size_t>(users.size(), 3); ++i) {
    finding.evidence.push_back(fmt::format("on {} meanwhile: {}", device, user_text(users[i])));
  }
  const DiskUser* first = main_user(users, scene.sender->pid);
  return first == nullptr ? std::nullopt : std::optional<DiskUser>(*first);
}

/// Was the wait for a page of a mapped file (mm/filemap.c)?
bool reads_mapped_page(const Segment& segment) {
  return segment.off != nullptr &&
         std::any_of(segment.off->stack.begin(), segment.off->stack.end(),
                     [](const std::string& frame) { return frame.starts_with("filemap_fault"); });
}

std::string stack_text(const Segment& segment) {
  std::string text;
  if (segment.off == nullptr) return text;
  for (const std::string& frame : segment.off->stack) {
    if (text.size() > 120) return text + " ...";
    text += (text.empty() ? "" : " < ") + frame;
  }
  return text;
}

Finding waiting(const Scene& scene, Doing doing, std::string code, std::string headline) {
  Finding finding{std::move(code), std::move(headline), {}, {}};
  const Segment* segment = scene.account->longest(doing);
  finding.evidence.push_back(fmt::format(
      "{}: went to wait, {}", clock_text(scene.recording, segment->begin), segment->detail));
  finding.evidence.push_back("waited for " + share_text(scene, doing));
  if (const std::string stack = stack_text(*segment); !stack.empty()) {
    finding.evidence.push_back("kernel stack: " + stack);
  }
  return finding;
}

}  // namespace

std::optional<Finding> io_disk(const Scene& scene) {
  if (!dominates(scene, Doing::DiskWait)) return std::nullopt;
  const Segment* segment = scene.account->longest(Doing::DiskWait);
  const evidence::WaitTarget* target = segment->target;
  Finding finding =
      waiting(scene, Doing::DiskWait, "host.io.disk",
              fmt::format("{} waited for the disk{}", sender_text(scene),
                          target != nullptr ? ": " + file_text(*target) : std::string()));
  if (target != nullptr && !target->device.empty()) {
    device_evidence(scene, *segment, target->device, finding);
    if (const auto user = users_evidence(scene, *segment, target->device, finding))
      finding.headline += ", behind " + user_text(*user);
  }
  // Of a page that came back and was taken again before it was in use twice the kernel says nothing
  // (mm/workingset.c): this may have been one.
  if (reads_mapped_page(*segment) && limits_met(scene, finding)) {
    finding.evidence.push_back(
        "so that the page may have been in memory before; the kernel does not count this wait as "
        "a memory stall");
  }
  return finding;
}

std::optional<Finding> io_filesystem(const Scene& scene) {
  if (!dominates(scene, Doing::FilesystemWait)) return std::nullopt;
  const evidence::WaitTarget* target = scene.account->longest(Doing::FilesystemWait)->target;
  return waiting(
      scene, Doing::FilesystemWait, "host.io.filesystem",
      fmt::format("{} waited for a file system that does not take writes{}", sender_text(scene),
                  target != nullptr ? ": " + file_text(*target) : std::string()));
}

std::optional<Finding> io_log(const Scene& scene) {
  if (!dominates(scene, Doing::LogWait)) return std::nullopt;
  const ReaderLooks looks = looks_at_reader(*scene.account);
  // A reader that is runnable may want a CPU itself: that it does not read is not its doing.
  if (!looks.stands_still()) return std::nullopt;
  const evidence::WaitTarget* target = looks.standing;
  const std::string log = target->peer_path.empty() ? target->fd_target : target->peer_path;
  Finding finding =
      waiting(scene, Doing::LogWait, "host.io.log",
              fmt::format("{} was blocked writing its log to {}: {} (pid {}) does not read it",
                          sender_text(scene), log, target->reader_comm, target->reader_pid));
  std::string doing = fmt::format("the reader {} (pid {}) is in state {}", target->reader_comm,
                                  target->reader_pid, target->reader_state);
  if (!target->reader_syscall.empty()) doing += ", in " + target->reader_syscall + "(2)";
  if (!target->reader_fd_target.empty()) doing += " of " + target->reader_fd_target;
  if (!target->reader_wchan.empty()) doing += ", function " + target->reader_wchan;
  if (!target->reader_device.empty()) {
    doing += fmt::format(" ({} on {})", target->reader_filesystem, target->reader_device);
  }
  doing +=
      fmt::format("; not runnable in {} of {} looks", looks.known - looks.runnable, looks.known);
  finding.evidence.push_back(doing);
  if (!target->reader_device.empty()) {
    device_evidence(scene, *scene.account->longest(Doing::LogWait), target->reader_device, finding);
  }
  return finding;
}

}  // namespace alibi::investigate::rules
