// SPDX-License-Identifier: Apache-2.0
#include "os/ruleset_list.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "os/pipe.h"
#include "os/process.h"

namespace alibi::os {
namespace {

constexpr std::size_t kRulesetLimit = 16U << 20;
constexpr int kNftWaitMs = 5000;

}  // namespace

Result<std::string> list_ruleset() {
  auto pipe = OutputPipe::create();
  if (!pipe) return tl::unexpected(pipe.error());
  const bool sbin = ::access("/usr/sbin/nft", X_OK) == 0;
  Program nft{{sbin ? "/usr/sbin/nft" : "nft", "-j", "list", "ruleset"}, current_identity(), {}};
  nft.output = pipe->write_fd();
  const auto pid = spawn(nft);
  if (!pid) return tl::unexpected(pid.error());
  const Fd ended = watch_process(*pid);
  std::string text;
  for (int waited = 0; !has_ended(ended); waited += 100) {
    if (waited >= kNftWaitMs) ::kill(*pid, SIGKILL);
    std::array<pollfd, 2> wait = {{{pipe->read_fd(), POLLIN, 0}, {ended.get(), POLLIN, 0}}};
    ::poll(wait.data(), wait.size(), 100);
    pipe->drain(text, kRulesetLimit);
  }
  int status = 0;
  ::waitpid(*pid, &status, 0);
  pipe->drain(text, kRulesetLimit);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return text;
  return fail("nft -j list ruleset: " + exit_text(status) + " (" + text.substr(0, text.find('\n')) +
              ")");
}

}  // namespace alibi::os
