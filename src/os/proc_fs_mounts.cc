// SPDX-License-Identifier: Apache-2.0
// mountinfo escapes blanks as \040 and the like.
#include "os/proc_fs_mounts.h"

#include <unistd.h>

#include "os/proc_fs.h"

namespace alibi::os {
namespace {

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 3 >= text.size() || text[i + 1] < '0' || text[i + 1] > '3') {
      out.push_back(text[i]);
      continue;
    }
    out.push_back(static_cast<char>(to_number(text.substr(i + 1, 3), 8)));
    i += 3;
  }
  return out;
}

bool is_below(std::string_view path, std::string_view directory) {
  if (directory == "/") return path.starts_with("/");
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

}  // namespace

std::vector<Mount> parse_mounts(std::string_view text) {
  std::vector<Mount> mounts;
  for (const std::string_view line : split_words(text, "\n")) {
    const auto words = split_words(line);
    std::size_t dash = 6;
    while (dash < words.size() && words[dash] != "-") ++dash;
    if (dash + 3 >= words.size()) continue;
    Mount mount;
    mount.id = to_number(words[0]);
    mount.device_number = words[2];
    mount.root = unescape(words[3]);
    mount.mount_point = unescape(words[4]);
    mount.type = words[dash + 1];
    mount.source = unescape(words[dash + 2]);
    mount.super_options = words[dash + 3];
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

std::vector<Mount> mounts_of(std::int32_t pid) {
  return parse_mounts(read_text("/proc/" + std::to_string(pid) + "/mountinfo"));
}

const Mount* mount_holding(const std::vector<Mount>& mounts, std::string_view path) {
  const Mount* best = nullptr;
  for (const Mount& mount : mounts)
    if (is_below(path, mount.mount_point) &&
        (best == nullptr || mount.mount_point.size() >= best->mount_point.size()))
      best = &mount;
  return best;
}

FilePlace place_of(const Mount& mount) {
  FilePlace place;
  place.filesystem = mount.type;
  place.mount_point = mount.mount_point;
  place.device = block_device_name(mount.device_number);
  if (place.device.empty()) place.device = mount.source;
  return place;
}

FilePlace place_of_descriptor(std::int32_t pid, std::int32_t fd) {
  const std::string info = read_text("/proc/" + std::to_string(pid) + "/fdinfo/" +
                                     std::to_string(fd));
  const std::size_t at = info.find("mnt_id:");
  if (at == std::string::npos) return {};
  const auto words = split_words(std::string_view(info).substr(at + 7), " \t\n");
  if (words.empty()) return {};
  const std::uint64_t id = to_number(words[0]);
  for (const Mount& mount : mounts_of(pid))
    if (mount.id == id) return place_of(mount);
  return {};
}

std::string block_device_name(const std::string& device_number) {
  // Network and memory file systems have major number 0.
  if (device_number.empty() || device_number.starts_with("0:")) return {};
  const std::string link = link_text("/sys/dev/block/" + device_number);
  const std::size_t slash = link.rfind('/');
  return slash == std::string::npos ? std::string() : link.substr(slash + 1);
}

std::vector<DiskStats> parse_disk_stats(std::string_view text) {
  std::vector<DiskStats> disks;
  for (const std::string_view line : split_words(text, "\n")) {
    const auto words = split_words(line);
    if (words.size() < 14) continue;
    DiskStats disk;
    disk.device = words[2];
    disk.reads = to_number(words[3]);
    disk.writes = to_number(words[7]);
    disk.in_flight = static_cast<std::uint32_t>(to_number(words[11]));
    disk.io_ticks_ms = to_number(words[12]);
    disk.read_sectors = to_number(words[5]);
    disk.read_ms = to_number(words[6]);
    disk.write_sectors = to_number(words[9]);
    disk.write_ms = to_number(words[10]);
    disk.queue_ms = to_number(words[13]);
    disks.push_back(std::move(disk));
  }
  return disks;
}

std::string loop_backing(const std::string& device) {
  std::string file = read_text("/sys/block/" + device + "/loop/backing_file");
  while (!file.empty() && file.back() == '\n') file.pop_back();
  if (file.empty()) return {};
  const auto mounts = mounts_of(getpid());
  const Mount* mount = mount_holding(mounts, file);
  return mount == nullptr ? file : file + " on " + place_of(*mount).device;
}

}  // namespace alibi::os
