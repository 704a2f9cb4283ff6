// SPDX-License-Identifier: Apache-2.0
// mkfifo(3), writes that do not wait, and the script at the other end.
#include "daemon/fifo.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "daemon/script_user.h"

namespace alibi::daemon {
namespace {

constexpr Duration kLongestBackOff = 60s;

}  // namespace

Result<Fifo> Fifo::open(const config::Settings& settings, const config::Fifo& fifo) {
  Fifo opened(settings, fifo);
  opened.made_ = ::mkfifo(fifo.path.c_str(), 0600) == 0;
  if (!opened.made_ && errno != EEXIST) return fail_errno("cannot make notify FIFO " + fifo.path);
  opened.fd_ = os::Fd(::open(fifo.path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
  if (!opened.fd_.valid()) return fail_errno("cannot open notify FIFO " + fifo.path);
  struct stat about {};
  if (::fstat(opened.fd_.get(), &about) != 0 || !S_ISFIFO(about.st_mode)) {
    return fail("notify FIFO " + fifo.path + " exists and is no FIFO: remove it, or name another");
  }
  if (opened.made_ && !fifo.user.empty()) {
    const auto owner = os::find_identity(fifo.user, fifo.group);
    if (!owner) return fail("notify FIFO " + fifo.path + ": " + owner.error().message);
    if (::fchown(opened.fd_.get(), owner->uid, owner->gid) != 0) {
      return fail_errno("cannot give notify FIFO " + fifo.path + " to " + owner->name);
    }
  }
  return opened;
}

bool Fifo::write(const std::string& line) {
  // Lines are shorter than PIPE_BUF, so one is written whole or not at all.
  const auto size = static_cast<ssize_t>(line.size());
  const bool done = fd_.valid() && ::write(fd_.get(), line.data(), line.size()) == size;
  ++(done ? written_ : dropped_);
  return done;
}

int Fifo::unread() const {
  int octets = 0;
  return fd_.valid() && ::ioctl(fd_.get(), FIONREAD, &octets) == 0 ? octets : 0;
}

std::string Fifo::start_script(Instant now) {
  if (fifo_->script.empty() || script_pid_ != 0 || now < script_due_) return "";
  const auto& script = fifo_->script;
  auto user = runner_of(*settings_, script);
  const auto pid = user ? os::spawn({script.words, std::move(user->identity), {fifo_->path}})
                        : Result<pid_t>(tl::unexpected(user.error()));
  if (pid) {
    script_pid_ = *pid;
    script_due_ = kNever;
    return "";
  }
  script_due_ = now + kLongestBackOff;
  return "script of notify FIFO " + fifo_->path + " not run: " + pid.error().message;
}

bool Fifo::ended(const os::Exited& exited, Instant now) {
  if (script_pid_ == 0 || exited.pid != script_pid_) return false;
  script_pid_ = 0;
  script_due_ = now + back_off_;
  back_off_ = std::min(back_off_ * 2, kLongestBackOff);
  return true;
}

void Fifo::remove() const { ::unlink(fifo_->path.c_str()); }

}  // namespace alibi::daemon
