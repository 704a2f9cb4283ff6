// SPDX-License-Identifier: Apache-2.0
// What goes to FIFOs when a teller starts with the instances, or again while they run.
#include "daemon/outlets.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <optional>

#include "daemon/testing.h"

namespace alibi::daemon {
namespace {

class OutletsTest : public testing::Test {
 protected:
  OutletsTest() : path_(testing::TempDir() + "alibi-outlets-" + std::to_string(::getpid())) {
    settings_ = story_settings();
    config::SyncGroup group;
    group.name = "G1";
    group.members = {0};
    settings_.groups = {group};
    config::Fifo fifo;
    fifo.path = path_;
    settings_.global.fifos = {fifo};
    page_.emplace(*SharedPage::create(1, 1));
    // The keeper is ahead of what it has told.
    page_->instance(0).state.store(static_cast<std::uint8_t>(vrrp::State::Master));
  }
  ~OutletsTest() override { std::filesystem::remove(path_); }

  std::string lines_of(const Tell& tell) {
    Outlets outlets(settings_, options_, *page_);
    const os::Fd reader(::open(path_.c_str(), O_RDONLY | O_NONBLOCK));
    outlets.take(tell);
    std::array<char, 4096> buffer{};
    const ssize_t got = ::read(reader.get(), buffer.data(), buffer.size());
    return {buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
  }

  std::string path_;
  config::Settings settings_;
  RunOptions options_;
  std::optional<SharedPage> page_;
};

TEST_F(OutletsTest, FirstStartAnnouncesTheGroupWhateverThePageSays) {
  EXPECT_EQ(lines_of(master_tell()),
            "INSTANCE \"loadbalancer\" MASTER 103\nGROUP \"G1\" MASTER 0\n");
}

TEST_F(OutletsTest, AnotherStartDoesNotRepeatTheGroup) {
  page_->household().processes[static_cast<std::size_t>(ProcessRole::Teller)].publish({0, 0, 0});
  EXPECT_EQ(lines_of(master_tell()), "INSTANCE \"loadbalancer\" MASTER 103\n");
}

TEST_F(OutletsTest, GroupThatAReloadTookOverIsAnnouncedWhenItMoves) {
  Tell tell = master_tell();
  tell.from = vrrp::State::Master;
  tell.to = vrrp::State::Fault;
  page_->handover().store(HandoverStage::Settled);
  const char* const expected = "INSTANCE \"loadbalancer\" FAULT 103\nGROUP \"G1\" FAULT 0\n";
  EXPECT_EQ(lines_of(tell), expected);
  // It moved before the teller came to look.
  page_->instance(0).state.store(static_cast<std::uint8_t>(vrrp::State::Fault));
  EXPECT_EQ(lines_of(tell), expected);
}

TEST_F(OutletsTest, LinesThatTheScriptOfAFifoHasNotReadAreWaitedFor) {
  settings_.global.fifos[0].script.words = {"/bin/sh", "-c", "exec sleep 9"};  // reads nothing
  Outlets outlets(settings_, options_, *page_);
  EXPECT_TRUE(outlets.idle());
  outlets.step();
  outlets.take(master_tell());
  EXPECT_FALSE(outlets.idle());
  const os::Fd reader(::open(path_.c_str(), O_RDONLY | O_NONBLOCK));
  std::array<char, 4096> buffer{};
  EXPECT_GT(::read(reader.get(), buffer.data(), buffer.size()), 0);
  while (!outlets.idle()) ::usleep(1000);
  outlets.finish();
}

}  // namespace
}  // namespace alibi::daemon
