// SPDX-License-Identifier: Apache-2.0
#include "daemon/resume.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <random>

namespace alibi::daemon {
namespace {

ReadConfig sample() {
  ReadConfig config;
  config.sources = {"me",
                    {"main.conf", "include more.conf\nvrrp_instance A {\n interface eth0\n"
                                  " virtual_router_id 7\n virtual_ipaddress {\n 10.0.0.1\n }\n}\n"},
                    {{"more.conf",
                      "main.conf",
                      {{"more.conf", "vrrp_instance B {\n interface eth0\n virtual_router_id 8\n"
                                     " virtual_ipaddress {\n 10.0.0.2\n }\n}\n"}},
                      {"gone.conf"},
                      {"*.none"}}},
                    77,
                    {{"HOME", "/root"}}};
  config.parsed = config::load_again(config.sources);
  return config;
}

/// In a process of its own, as after exec: descriptors that are adopted have one owner there.
int in_a_child(const std::function<int()>& body) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(body());
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

TEST(Resume, GenerationComesBackWithItsMemoryAndChildren) {
  const RunOptions options;
  auto generation = make_generation(sample(), options);
  ASSERT_TRUE(generation);
  Generation& before = **generation;
  ASSERT_EQ(before.settings.instances.size(), 2U);
  before.channels.page.instance(1).has_addresses.store(1);
  before.channels.supervisor_to_teller.send_struct(42);
  for (std::size_t i = 0; i < kChildren; ++i) before.children[i].pid = static_cast<pid_t>(100 + i);
  auto memory = leave_generation(before);
  ASSERT_TRUE(memory);
  for (const int fd : before.channels.descriptors()) {
    EXPECT_EQ(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  }
  const int code = in_a_child([&] {
    auto resumed = resume_generation(std::move(*memory), options);
    if (!resumed) return 1;
    Generation& after = **resumed;
    if (!after.resumed || after.settings.instances.size() != 2) return 2;
    if (after.settings.instances[0].vrrp.name != "B") return 3;
    if (after.channels.page.instance(1).has_addresses.load() != 1) return 4;
    int heard = 0;
    if (!after.channels.supervisor_to_teller.receive_struct(heard) || heard != 42) return 5;
    for (std::size_t i = 0; i < kChildren; ++i) {
      if (after.children[i].pid != static_cast<pid_t>(100 + i)) return 6;
    }
    return 0;
  });
  EXPECT_EQ(code, 0);
  unleave_generation(before);
  for (const int fd : before.channels.descriptors()) {
    EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  }
}

TEST(Resume, DamagedMemoryIsRefusedOrHarmless) {
  const RunOptions options;
  auto generation = make_generation(sample(), options);
  ASSERT_TRUE(generation);
  auto memory = leave_generation(**generation);
  ASSERT_TRUE(memory);
  std::mt19937 random(3);
  for (int round = 0; round < 30; ++round) {
    const std::uint32_t wrong = static_cast<std::uint32_t>(random());
    const auto at = static_cast<off_t>(round == 0 ? 4 : 12 + random() % 200);
    std::uint32_t right = 0;
    ASSERT_EQ(::pread(memory->get(), &right, sizeof right, at), 4);
    ASSERT_EQ(::pwrite(memory->get(), &wrong, sizeof wrong, at), 4);
    const int code = in_a_child([&] {
      static_cast<void>(resume_generation(os::Fd(::dup(memory->get())), options));
      return 0;
    });
    EXPECT_EQ(code, 0) << "at " << at;
    ASSERT_EQ(::pwrite(memory->get(), &right, sizeof right, at), 4);
  }
}

TEST(Resume, PathKeepsItsLinks) {
  EXPECT_EQ(program_path({"/usr/sbin/../sbin/alibi", "run"}), "/usr/sbin/../sbin/alibi");
  EXPECT_EQ(program_path({"./alibi"}), std::filesystem::current_path() / "./alibi");
  EXPECT_NE(program_path({"sh"}).find("/sh"), std::string::npos);
}

}  // namespace
}  // namespace alibi::daemon
