// SPDX-License-Identifier: Apache-2.0
// The octets of a generation, and its descriptors over exec.
#include "daemon/resume.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "daemon/blob.h"
#include "daemon/handover.h"
#include "track/bfd_session.h"

namespace alibi::daemon {
namespace {

constexpr std::uint32_t kMagic = 0x616c7273;
constexpr off_t kLargest = 64 << 20;
constexpr std::size_t kLeastText = 4;

/// The layout of what is shared and sent, as far as sizes tell it; kHandoverVersion tells the rest.
std::uint32_t layout() {
  std::uint32_t mixed = 2166136261U;
  for (const std::size_t size :
       {sizeof(Tell), sizeof(TrackState), sizeof(InstanceState), sizeof(RareInstanceState),
        sizeof(TrackRecord), sizeof(Household), kSenders, std::size_t{kChildren},
        sizeof(HandoverMessage), sizeof(track::BfdSnapshot), sizeof(alibi_fence),
        std::size_t{ALIBI_FENCE_ABI_VERSION}}) {
    mixed = (mixed ^ static_cast<std::uint32_t>(size)) * 16777619U;
  }
  return mixed;
}

void put(BlobWriter& out, const NetworkSetup::Memory& memory) {
  out.put(static_cast<std::uint32_t>(memory.settings.size()));
  for (const auto& changed : memory.settings) {
    out.text(changed.interface);
    out.put(static_cast<std::uint32_t>(changed.setting));
    out.put(changed.before);
  }
  out.put(static_cast<std::uint32_t>(memory.files.size()));
  for (const auto& file : memory.files) {
    out.text(file.path);
    out.text(file.before);
  }
}

NetworkSetup::Memory get_network(BlobReader& in) {
  NetworkSetup::Memory memory;
  for (std::size_t left = in.count(3 * kLeastText); left > 0; --left) {
    std::string interface = in.text();
    const auto setting = static_cast<os::Ipv4Setting>(in.get<std::uint32_t>());
    memory.settings.push_back({std::move(interface), setting, in.get<std::uint32_t>()});
  }
  for (std::size_t left = in.count(2 * kLeastText); left > 0; --left) {
    std::string path = in.text();
    memory.files.push_back({std::move(path), in.text()});
  }
  return memory;
}

void keep_over_exec(int fd, bool keep) {
  const int flags = ::fcntl(fd, F_GETFD);
  if (flags >= 0) ::fcntl(fd, F_SETFD, keep ? flags & ~FD_CLOEXEC : flags | FD_CLOEXEC);
}

Result<std::vector<std::byte>> read_all(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return fail_errno("cannot read what the old program left");
  if (status.st_size > kLargest) return fail("what the old program left is too large");
  std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
  std::size_t read = 0;
  while (read < bytes.size()) {
    const ssize_t got =
        ::pread(fd, bytes.data() + read, bytes.size() - read, static_cast<off_t>(read));
    if (got <= 0) return fail_errno("cannot read what the old program left");
    read += static_cast<std::size_t>(got);
  }
  return bytes;
}

struct Left {
  config::Sources sources;
  std::vector<os::Fd> descriptors;
  std::array<Child, kChildren> children;
  NetworkSetup::Memory network;
};

Result<Left> decode(std::span<const std::byte> bytes) {
  BlobReader in(bytes);
  if (in.get<std::uint32_t>() != kMagic || in.get<std::uint32_t>() != kHandoverVersion ||
      in.get<std::uint32_t>() != layout()) {
    return fail("the old program is of a version that this one cannot go on from");
  }
  Left left;
  left.sources = read_sources(in);
  for (std::size_t count = in.count(sizeof(int)); count > 0; --count) {
    left.descriptors.emplace_back(in.get<int>());
  }
  for (Child& child : left.children) {
    child.pid = in.get<pid_t>();
    child.started = Instant{in.get<std::int64_t>()};
    child.back_off = Duration(in.get<std::int64_t>());
  }
  left.network = get_network(in);
  if (!in.complete()) return fail("what the old program left is damaged");
  return left;
}

}  // namespace

int upgrade_signal() { return SIGRTMIN + 4; }

std::string handshake_text() {
  return fmt::format("alibi handover {} {:08x}\n", kHandoverVersion, layout());
}

std::string program_path(const std::vector<std::string>& arguments) {
  std::error_code error;
  const std::string name = arguments.empty() ? "" : arguments.front();
  if (name.find('/') != std::string::npos) return std::filesystem::absolute(name, error).string();
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; !name.empty() && std::getline(folders, folder, ':');) {
    const std::string candidate = folder + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

Result<os::Fd> leave_generation(const Generation& generation) {
  BlobWriter out;
  for (const std::uint32_t number : {kMagic, kHandoverVersion, layout()}) out.put(number);
  write(out, generation.sources.get());
  const auto descriptors = generation.channels.descriptors();
  out.put(static_cast<std::uint32_t>(descriptors.size()));
  for (const int fd : descriptors) out.put(fd);
  for (const Child& child : generation.children) {
    out.put(child.pid);
    out.put(child.started.ns);
    out.put(std::int64_t{child.back_off.count()});
  }
  put(out, generation.network ? generation.network->memory() : NetworkSetup::Memory{});
  os::Fd memory(::memfd_create("alibi-resume", 0));
  if (!memory.valid()) return fail_errno("cannot create memory for the new program");
  const auto& bytes = out.bytes();
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t now = ::write(memory.get(), bytes.data() + written, bytes.size() - written);
    if (now <= 0) return fail_errno("cannot write to memory for the new program");
    written += static_cast<std::size_t>(now);
  }
  for (const int fd : descriptors) keep_over_exec(fd, true);
  return memory;
}

void unleave_generation(const Generation& generation) {
  for (const int fd : generation.channels.descriptors()) keep_over_exec(fd, false);
}

Result<std::unique_ptr<Generation>> resume_generation(os::Fd memory, const RunOptions& options) {
  const auto bytes = read_all(memory.get());
  if (!bytes) return tl::unexpected(bytes.error());
  auto left = decode(*bytes);
  if (!left) return tl::unexpected(left.error());
  for (const os::Fd& fd : left->descriptors) {
    if (::fcntl(fd.get(), F_GETFD) < 0) return fail_errno("a descriptor did not come over");
    keep_over_exec(fd.get(), false);
  }
  auto parsed = config::load_again(left->sources);
  if (!parsed.runnable()) return fail("this program cannot run the configuration in force");
  auto channels = Channels::adopt(parsed.settings, options, std::move(left->descriptors));
  if (!channels) return tl::unexpected(channels.error());
  auto generation = assemble_generation({std::move(left->sources), std::move(parsed)},
                                        std::move(*channels), options);
  auto network = NetworkSetup::resume(generation->settings, std::move(left->network));
  if (!network) return tl::unexpected(network.error());
  generation->network.emplace(std::move(*network));
  for (std::size_t i = 0; i < kChildren; ++i) {
    generation->children[i].pid = left->children[i].pid;
    generation->children[i].started = left->children[i].started;
    generation->children[i].back_off = left->children[i].back_off;
    const bool lacks = generation->children[i].wanted && generation->children[i].pid == 0;
    if (lacks) generation->children[i].start_at = Instant{};  // it died just before
  }
  generation->resumed = true;
  return generation;
}

}  // namespace alibi::daemon
