// SPDX-License-Identifier: Apache-2.0
// Counts are cumulative since counting began; what they were before the span is taken off.
#include "investigate/disk_users.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

namespace alibi::investigate {
namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

/// The counts of one user, as they stood before the span and last in it.
struct Span {
  const evidence::DeviceUse* before = nullptr;
  const evidence::DeviceUse* last = nullptr;
  Instant last_at;
};

bool is_writeback(const DiskUser& user) {
  return user.kernel_thread && user.comm.find("flush") != std::string::npos;
}

std::string size_text(std::uint64_t bytes) {
  if (bytes >= 1'000'000'000) return fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
  if (bytes >= 1'000'000) return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
  return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
}

DiskUser user_of(const Span& span, Instant a, Instant b) {
  const evidence::DeviceUse& last = *span.last;
  const evidence::DeviceUse none;
  const evidence::DeviceUse& before = span.before != nullptr ? *span.before : none;
  DiskUser user{last.pid, last.comm, last.group, last.kernel_thread, 0, 0, 0, Duration{0}};
  user.requests = last.requests - std::min(before.requests, last.requests);
  user.bytes = last.bytes - std::min(before.bytes, last.bytes);
  user.in_flight = last.in_flight;
  user.occupied = Duration(
      static_cast<std::int64_t>(last.flight_ns - std::min(before.flight_ns, last.flight_ns)));
  const Instant since = std::max(a, Instant{last.since_ns});
  // Told when it moves only: what was in flight then still is at the end.
  if (since < b) user.occupied += static_cast<std::int64_t>(last.in_flight) * (b - since);
  return user;
}

}  // namespace

bool is_on_disk(std::string_view device, std::string_view disk) {
  if (disk.empty() || !device.starts_with(disk)) return false;
  std::string_view part = device.substr(disk.size());
  if (part.empty()) return true;
  // A disk whose name ends in a digit has a "p" before the number of the partition.
  if (is_digit(disk.back())) {
    if (part.front() != 'p') return false;
    part.remove_prefix(1);
  }
  return !part.empty() && std::all_of(part.begin(), part.end(), is_digit);
}

std::vector<DiskUser> disk_users(const evidence::Recording& recording, std::string_view device,
                                 Instant a, Instant b) {
  std::map<std::pair<std::int64_t, std::int32_t>, Span> spans;
  for (const evidence::Event& event : recording.events) {
    const auto* use = std::get_if<evidence::DeviceUse>(&event.fact);
    if (use == nullptr || event.at > b || !is_on_disk(device, use->device)) continue;
    Span& span = spans[{use->since_ns, use->pid}];
    if (event.at < a) span.before = use;
    span.last = use;
    span.last_at = event.at;
  }
  std::vector<DiskUser> users;
  for (const auto& [key, span] : spans) {
    // Nothing moved in the span and nothing is in flight: no user of it.
    if (span.last_at < a && span.last->in_flight == 0) continue;
    const DiskUser user = user_of(span, a, b);
    if (user.requests > 0 || user.in_flight > 0) users.push_back(user);
  }
  std::sort(users.begin(), users.end(),
            [](const DiskUser& x, const DiskUser& y) { return x.occupied > y.occupied; });
  return users;
}

std::string user_text(const DiskUser& user) {
  std::string who = fmt::format("{} (pid {})", user.comm, user.pid);
  if (is_writeback(user)) {
    const bool known = !user.group.empty() && user.group != "/";
    who = "writeback of " +
          (known ? "cgroup " + user.group : "what others have written (" + who + ")");
  } else if (!user.group.empty() && user.group != "/") {
    who += " of cgroup " + user.group;
  }
  std::string text = fmt::format("{}: {} requests, {}", who, user.requests, size_text(user.bytes));
  if (user.in_flight > 0) text += fmt::format(", {} more in flight", user.in_flight);
  return text;
}

const DiskUser* main_user(const std::vector<DiskUser>& users, std::int32_t except) {
  Duration all{0};
  for (const DiskUser& user : users) all += user.occupied;
  if (users.empty() || users.front().occupied * 2 < all) return nullptr;
  const DiskUser& first = users.front();
  if (first.pid == except || (first.kernel_thread && !is_writeback(first))) return nullptr;
  return &first;
}

}  // namespace alibi::investigate
