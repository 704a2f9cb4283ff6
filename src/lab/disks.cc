// SPDX-License-Identifier: Apache-2.0
// Loop devices by ioctl, mkfs.ext4, FIFREEZE.
#include "lab/disks.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "lab/command.h"

namespace alibi::lab {
namespace {

constexpr const char* kTag = "alibi-lab/";

std::string tag_of(const std::string& device) {
  const os::Fd fd(::open(device.c_str(), O_RDONLY | O_CLOEXEC));
  loop_info64 info{};
  if (!fd.valid() || ::ioctl(fd.get(), LOOP_GET_STATUS64, &info) != 0) return "";
  const auto* name = reinterpret_cast<const char*>(info.lo_file_name);
  return {name, ::strnlen(name, LO_NAME_SIZE)};
}

}  // namespace

Result<void> make_ext4(const std::string& path, std::uint64_t bytes) {
  const os::Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd.valid()) return fail_errno("cannot create the disk " + path);
  if (::ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0) {
    return fail_errno("cannot size the disk " + path);
  }
  auto made = run_command({"mkfs.ext4", "-q", "-F", "-E", "nodiscard", path});
  if (!made) return tl::unexpected(made.error());
  return {};
}

Result<Loop> attach_loop(const std::string& path, const std::string& tag) {
  const os::Fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file.valid()) return fail_errno("cannot open the disk " + path);
  const os::Fd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  if (!control.valid()) return fail_errno("cannot open /dev/loop-control: is loop in the kernel?");
  // Another program may take the free device between the two calls: try the next one.
  for (int attempt = 0; attempt < 64; ++attempt) {
    const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) return fail_errno("no free loop device");
    Loop loop{"/dev/loop" + std::to_string(number), os::Fd()};
    loop.hold = os::Fd(::open(loop.device.c_str(), O_RDWR | O_CLOEXEC));
    if (!loop.hold.valid()) continue;
    loop_config config{};
    config.fd = static_cast<__u32>(file.get());
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    std::strncpy(reinterpret_cast<char*>(config.info.lo_file_name), tag.c_str(), LO_NAME_SIZE - 1);
    if (::ioctl(loop.hold.get(), LOOP_CONFIGURE, &config) == 0) return loop;
    if (errno != EBUSY) return fail_errno("cannot attach " + path + " to " + loop.device);
  }
  return fail("no loop device stays free long enough: too many programs take them", EBUSY);
}

std::vector<AttachedLoop> loops_of(const std::string& lab_name) {
  std::vector<AttachedLoop> found;
  const std::string prefix = kTag + lab_name + "/";
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/block", error)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with("loop")) continue;
    if (!std::filesystem::exists(entry.path() / "loop", error)) continue;  // not attached
    const std::string tag = tag_of("/dev/" + name);
    if (tag.starts_with(prefix)) found.push_back({"/dev/" + name, tag.substr(prefix.size())});
  }
  return found;
}

Result<void> pass_page_cache(const std::string& device, bool on) {
  const os::Fd fd(::open(device.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return fail_errno("cannot open the disk " + device);
  if (::ioctl(fd.get(), LOOP_SET_DIRECT_IO, on ? 1UL : 0UL) != 0) {
    return fail_errno("cannot switch direct I/O of " + device);
  }
  return {};
}

void detach_loop(const std::string& device) {
  const os::Fd fd(::open(device.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.valid()) ::ioctl(fd.get(), LOOP_CLR_FD, 0);
}

Result<void> freeze(const std::string& path) {
  const os::Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return fail_errno("cannot open " + path);
  if (::ioctl(fd.get(), FIFREEZE, 0) != 0) return fail_errno("cannot freeze " + path);
  return {};
}

Result<void> thaw(const std::string& path) {
  const os::Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return fail_errno("cannot open " + path);
  if (::ioctl(fd.get(), FITHAW, 0) != 0 && errno != EINVAL) {
    return fail_errno("cannot thaw " + path);
  }
  return {};
}

namespace {

[[noreturn]] void mount_and_thaw(const std::string& device) {
  // A mount namespace of its own: the mount is gone with this child.
  if (::unshare(CLONE_NEWNS) != 0) ::_exit(1);
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) ::_exit(1);
  if (::mount(device.c_str(), "/mnt", "ext4", 0, "") != 0) ::_exit(1);
  ::_exit(thaw("/mnt") ? 0 : 1);
}

}  // namespace

// All at once: mounting a VM's disk may itself wait for the node's storage to be thawed.
void thaw_devices(const std::vector<std::string>& devices) {
  std::vector<pid_t> children;
  for (const auto& device : devices) {
    const pid_t pid = ::fork();
    if (pid == 0) mount_and_thaw(device);
    if (pid > 0) children.push_back(pid);
  }
  await_regardless(5s, [&] {
    std::erase_if(children, [](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) == pid; });
    return children.empty();
  });
}

}  // namespace alibi::lab
