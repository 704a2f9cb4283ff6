// SPDX-License-Identifier: Apache-2.0
// A file below /proc/thread-self/net belongs to the namespace in which it was opened.
#include "os/proc_fs_net.h"

#include <fcntl.h>

#include <array>

#include "os/namespaces.h"
#include "os/proc_fs.h"

namespace alibi::os {
namespace {

std::string reread(const Fd& fd) {
  std::string text;
  if (!fd.valid() || lseek(fd.get(), 0, SEEK_SET) != 0) return text;
  std::array<char, 8192> buffer;
  while (true) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

Fd open_table(const char* name) {
  return Fd(::open((std::string("/proc/thread-self/net/") + name).c_str(), O_RDONLY | O_CLOEXEC));
}

}  // namespace

std::vector<RawSocket> parse_raw_sockets(std::string_view text) {
  // sl local rem st tx:rx tr:tm->when retrnsmt uid timeout inode ref pointer drops
  std::vector<RawSocket> sockets;
  for (const std::string_view line : split_words(text, "\n")) {
    const auto words = split_words(line);
    if (words.size() < 13 || words[1].find(':') == std::string_view::npos) continue;
    RawSocket socket;
    socket.protocol = static_cast<std::uint32_t>(
        to_number(words[1].substr(words[1].find(':') + 1), 16));
    socket.inode = to_number(words[9]);
    socket.drops = to_number(words[12]);
    if (socket.inode != 0) sockets.push_back(socket);
  }
  return sockets;
}

std::vector<InterfaceLine> parse_interfaces(std::string_view text) {
  // name: rx bytes packets errs drop fifo frame compressed multicast | tx bytes packets errs drop
  std::vector<InterfaceLine> interfaces;
  for (const std::string_view line : split_words(text, "\n")) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const auto names = split_words(line.substr(0, colon));
    const auto words = split_words(line.substr(colon + 1));
    if (names.size() != 1 || words.size() < 16) continue;
    interfaces.push_back({std::string(names[0]), to_number(words[1]), to_number(words[3]),
                          to_number(words[9]), to_number(words[11])});
  }
  return interfaces;
}

std::vector<UnixSocketPath> parse_unix_sockets(std::string_view text) {
  // Num: RefCount Protocol Flags Type St Inode Path
  std::vector<UnixSocketPath> sockets;
  for (const std::string_view line : split_words(text, "\n")) {
    const auto words = split_words(line);
    if (words.size() < 8 || words[0].find(':') == std::string_view::npos) continue;
    const auto at = static_cast<std::size_t>(words[7].data() - line.data());
    sockets.push_back({to_number(words[6]), std::string(line.substr(at))});
  }
  return sockets;
}

Result<NetTables> NetTables::open(const Fd& netns) {
  NetTables tables;
  const auto opened = inside_network_namespace(netns, [&tables]() -> Result<void> {
    tables.raw_ = open_table("raw");
    tables.raw6_ = open_table("raw6");
    tables.dev_ = open_table("dev");
    tables.unix_ = open_table("unix");
    if (!tables.raw_.valid()) return fail_errno("cannot open /proc/thread-self/net/raw");
    return {};
  });
  if (!opened) return tl::unexpected(opened.error());
  return tables;
}

std::vector<RawSocket> NetTables::raw_sockets() const {
  auto sockets = parse_raw_sockets(reread(raw_));
  const auto six = parse_raw_sockets(reread(raw6_));
  sockets.insert(sockets.end(), six.begin(), six.end());
  return sockets;
}

std::vector<InterfaceLine> NetTables::interfaces() const { return parse_interfaces(reread(dev_)); }

std::vector<UnixSocketPath> NetTables::unix_sockets() const {
  return parse_unix_sockets(reread(unix_));
}

}  // namespace alibi::os
