// SPDX-License-Identifier: Apache-2.0
// A heartbeat process that is stuck on a frozen file system: file, file system and device named,
// and the recorder itself not stuck with it.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recorder/watching.h"

namespace alibi::testing {
namespace {

/// An ext4 file system on a loop device, mounted in the test; thawed and removed in the end.
class LoopDisk {
 public:
  LoopDisk() : directory_("/tmp/alibi-disk-" + std::to_string(getpid())) {
    mkdir(directory_.c_str(), 0700);
    mkdir(mount_point().c_str(), 0700);
    const std::string image = directory_ + "/image";
    ready_ = run_program({"truncate", "-s", "16M", image}) &&
             run_program({"mkfs.ext4", "-q", "-F", image}) &&
             run_program({"mount", "-o", "loop", image, mount_point()});
  }
  ~LoopDisk() {
    freeze(false);
    if (ready_) run_program({"umount", "-l", mount_point()});
    run_program({"rm", "-rf", "--one-file-system", directory_});
  }
  bool ready() const { return ready_; }
  std::string mount_point() const { return directory_ + "/mnt"; }
  bool freeze(bool on) {
    if (on == frozen_) return true;
    const int fd = open(mount_point().c_str(), O_RDONLY | O_DIRECTORY);
    if (fd < 0) return false;
    const bool done = ioctl(fd, on ? FIFREEZE : FITHAW, 0) == 0;
    close(fd);
    if (done) frozen_ = on;
    return done;
  }

 private:
  std::string directory_;
  bool ready_ = false;
  bool frozen_ = false;
};

class RecorderDisk : public Watching {};

TEST_F(RecorderDisk, FrozenFileSystemIsNamed) {
  LoopDisk disk;
  if (!disk.ready()) GTEST_SKIP() << "no loop device or no mkfs.ext4 here";
  const std::string path = disk.mount_point() + "/keepalived.log";
  Subject subject = Subject::start_heartbeat(network_->pid(), [&path] {
    const int fd = open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    while (write(fd, "line\n", 5) == 5) usleep(10'000);
  });
  start_recorder();
  if (IsSkipped()) return;
  ASSERT_TRUE(await_found(subject.pid(), evidence::ProcessFound::Role::Heartbeat));
  ASSERT_TRUE(disk.freeze(true));
  const auto* target = await<evidence::WaitTarget>([&](const evidence::WaitTarget& fact) {
    return fact.pid == subject.pid() && fact.kind == evidence::WaitTarget::Kind::File;
  });
  const evidence::WaitTarget seen = target != nullptr ? *target : evidence::WaitTarget{};
  const auto* off = await<evidence::ThreadOff>([&](const evidence::ThreadOff& fact) {
    return fact.pid == subject.pid() && fact.state == 'D';
  });
  EXPECT_NE(off, nullptr);
  if (off != nullptr) {
    EXPECT_EQ(off->syscall_name, "write");
    EXPECT_FALSE(off->stack.empty());
  }
  EXPECT_TRUE(disk.freeze(false));
  subject.end();
  ASSERT_NE(target, nullptr);
  EXPECT_EQ(seen.state, 'D');
  EXPECT_EQ(seen.fd_target, path);
  EXPECT_EQ(seen.filesystem, "ext4");
  EXPECT_TRUE(seen.device.starts_with("loop")) << seen.device;
  EXPECT_EQ(seen.mount_point, disk.mount_point());
}

}  // namespace
}  // namespace alibi::testing
