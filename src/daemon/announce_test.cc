// SPDX-License-Identifier: Apache-2.0
// Announcements: keepalived's words, groups that move as one, FIFO lines, notify commands.
#include "daemon/announce.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/testing.h"

namespace alibi::daemon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using vrrp::State;

config::Settings group_of_two() {
  config::Settings settings = story_settings();
  settings.instances.push_back(settings.instances[0]);
  settings.instances[0].vrrp.name = "VI_1";
  settings.instances[1].vrrp.name = "VI_2";
  config::SyncGroup group;
  group.name = "G1";
  group.members = {0, 1};
  settings.groups = {group};
  return settings;
}

Tell moved(std::int32_t instance, State to, vrrp::ReasonCode reason) {
  Tell tell = master_tell();
  tell.instance = instance;
  tell.to = to;
  tell.reason = reason;
  return tell;
}

std::vector<std::string> lines(const std::vector<Announcement>& all, bool reasons = false) {
  std::vector<std::string> out;
  for (const auto& a : all) out.push_back(fifo_line(a, reasons));
  return out;
}

TEST(Announcer, InstanceInKeepalivedsWords) {
  const auto settings = story_settings();
  Announcer announcer(settings);
  EXPECT_THAT(lines(announcer.take(master_tell())),
              ElementsAre("INSTANCE \"loadbalancer\" MASTER 103\n"));
  EXPECT_THAT(lines(announcer.take(moved(0, State::Init, vrrp::ReasonCode::ShutDown)), true),
              ElementsAre("INSTANCE \"loadbalancer\" STOP 103 shut_down\n"));
  Tell tell = master_tell();
  tell.kind = Tell::Kind::LowerHeard;
  EXPECT_THAT(lines(announcer.take(tell), true),
              ElementsAre("INSTANCE \"loadbalancer\" MASTER_RX_LOWER_PRI 103\n"));
  tell.kind = Tell::Kind::PriorityMoved;
  EXPECT_THAT(lines(announcer.take(tell)),
              ElementsAre("INSTANCE \"loadbalancer\" MASTER_PRIORITY 103\n"));
  tell.to = State::Backup;
  EXPECT_THAT(lines(announcer.take(tell)),
              ElementsAre("INSTANCE \"loadbalancer\" BACKUP_PRIORITY 103\n"));
  tell.to = State::Fault;  // as keepalived: whoever is not master
  EXPECT_THAT(lines(announcer.take(tell)),
              ElementsAre("INSTANCE \"loadbalancer\" BACKUP_PRIORITY 103\n"));
  tell.kind = Tell::Kind::Deleted;
  EXPECT_THAT(lines(announcer.take(tell)), ElementsAre("INSTANCE \"loadbalancer\" FAULT 103\n"));
  tell.kind = Tell::Kind::Note;
  EXPECT_THAT(announcer.take(tell), IsEmpty());
  tell = master_tell();
  tell.instance = 7;
  EXPECT_THAT(announcer.take(tell), IsEmpty());
}

// The order of keepalived 2.2.7, which was asked: members first, the group when all have moved.
TEST(Announcer, GroupMovesWhenItsLastMemberDoes) {
  const auto settings = group_of_two();
  Announcer announcer(settings);
  EXPECT_THAT(lines(announcer.take(moved(0, State::Backup, vrrp::ReasonCode::StartUp))),
              ElementsAre("INSTANCE \"VI_1\" BACKUP 103\n"));
  EXPECT_THAT(lines(announcer.take(moved(1, State::Backup, vrrp::ReasonCode::StartUp))),
              ElementsAre("INSTANCE \"VI_2\" BACKUP 103\n", "GROUP \"G1\" BACKUP 0\n"));
  announcer.take(moved(1, State::Fault, vrrp::ReasonCode::LinkDown));
  // The group's reason is that of the member that moved first.
  EXPECT_THAT(lines(announcer.take(moved(0, State::Fault, vrrp::ReasonCode::TrackFailed)), true),
              ElementsAre("INSTANCE \"VI_1\" FAULT 103 track_failed\n",
                          "GROUP \"G1\" FAULT 0 link_down\n"));
  announcer.take(moved(0, State::Init, vrrp::ReasonCode::ShutDown));
  EXPECT_THAT(lines(announcer.take(moved(1, State::Init, vrrp::ReasonCode::ShutDown))),
              ElementsAre("INSTANCE \"VI_2\" STOP 103\n", "GROUP \"G1\" STOP 0\n"));
}

TEST(Announcer, FaultBeforeTheOthersHaveBegunIsTheGroups) {
  const auto settings = group_of_two();
  Announcer announcer(settings);
  EXPECT_THAT(lines(announcer.take(moved(0, State::Fault, vrrp::ReasonCode::TrackFailed))),
              ElementsAre("INSTANCE \"VI_1\" FAULT 103\n", "GROUP \"G1\" FAULT 0\n"));
}

TEST(Announcer, OneThatIsStartedAgainDoesNotRepeatTheGroup) {
  const auto settings = group_of_two();
  Announcer announcer(settings);
  announcer.begin(0, State::Master);
  announcer.begin(1, State::Master);
  EXPECT_THAT(lines(announcer.all()),
              ElementsAre("INSTANCE \"VI_1\" MASTER 101\n", "INSTANCE \"VI_2\" MASTER 101\n",
                          "GROUP \"G1\" MASTER 0\n"));
  announcer.take(moved(0, State::Backup, vrrp::ReasonCode::HigherPriorityHeard));
  EXPECT_THAT(lines(announcer.take(moved(0, State::Master, vrrp::ReasonCode::MasterSilent))),
              ElementsAre("INSTANCE \"VI_1\" MASTER 103\n"));
}

TEST(Announcer, OneThatMovedBeforeWeLookedMovesItsGroupOnce) {
  const auto settings = group_of_two();
  Announcer announcer(settings);
  for (const std::size_t i : {0U, 1U}) announcer.begin(i, State::Fault);
  std::vector<std::string> said;
  for (const std::int32_t i : {0, 1}) {
    Tell tell = moved(i, State::Fault, vrrp::ReasonCode::LinkDown);
    tell.from = State::Master;
    EXPECT_EQ(announcer.ahead_of(tell), i == 0);
    if (i == 0) announcer.set_back(0, State::Master);
    for (auto& line : lines(announcer.take(tell))) said.push_back(line);
  }
  EXPECT_THAT(said, ElementsAre("INSTANCE \"VI_1\" FAULT 103\n", "INSTANCE \"VI_2\" FAULT 103\n",
                                "GROUP \"G1\" FAULT 0\n"));
}

std::vector<std::vector<std::string>> argvs(const config::Settings& settings,
                                            const std::vector<Announcement>& all) {
  std::vector<std::vector<std::string>> out;
  for (const auto& a : all) {
    for (const auto& c : notify_commands(settings, a)) out.push_back(c.command.words);
  }
  return out;
}

TEST(NotifyCommands, StateScriptThenGeneralOneWithArguments) {
  auto settings = story_settings();
  settings.instances[0].notify_master = config::Command{{"/bin/m", "one"}, "", "nobody", ""};
  settings.instances[0].notify_stop = config::Command{{"/bin/s"}, "", "", ""};
  settings.instances[0].notify = config::Command{{"/bin/n"}, "", "", ""};
  settings.instances[0].notify_master_rx_lower = config::Command{{"/bin/lower"}, "", "", ""};
  Announcer announcer(settings);
  using Words = std::vector<std::string>;
  const auto announced = announcer.take(master_tell());
  EXPECT_THAT(argvs(settings, announced),
              ElementsAre(Words{"/bin/m", "one"},
                          Words{"/bin/n", "INSTANCE", "loadbalancer", "MASTER", "103"}));
  const auto commands = notify_commands(settings, announced.at(0));
  EXPECT_EQ(commands.at(0).command.user, "nobody");
  EXPECT_THAT(commands.at(0).environment,
              ElementsAre("ALIBI_REASON=master_silent",
                          "ALIBI_REASON_DETAIL=no advert from 192.168.205.3 for 3.612 s"));
  EXPECT_THAT(
      argvs(settings, announcer.take(moved(0, State::Init, vrrp::ReasonCode::ShutDown))),
      ElementsAre(Words{"/bin/s"}, Words{"/bin/n", "INSTANCE", "loadbalancer", "STOP", "103"}));
  Tell tell = master_tell();
  tell.kind = Tell::Kind::LowerHeard;
  EXPECT_THAT(argvs(settings, announcer.take(tell)), ElementsAre(Words{"/bin/lower"}));
  tell.kind = Tell::Kind::PriorityMoved;
  EXPECT_THAT(argvs(settings, announcer.take(tell)), IsEmpty());
  tell.kind = Tell::Kind::Deleted;
  settings.instances[0].notify_fault = config::Command{{"/bin/f"}, "", "", ""};
  EXPECT_THAT(argvs(settings, announcer.take(tell)),
              ElementsAre(Words{"/bin/n", "INSTANCE", "loadbalancer", "FAULT", "103"}));
  settings.instances[0].notify_deleted = true;
  EXPECT_THAT(argvs(settings, announcer.take(tell)),
              ElementsAre(Words{"/bin/n", "INSTANCE", "loadbalancer", "DELETED", "103"}));
}

TEST(NotifyCommands, OfAGroup) {
  auto settings = group_of_two();
  settings.groups[0].notify_fault = config::Command{{"/bin/f"}, "", "", ""};
  settings.groups[0].notify = config::Command{{"/bin/g"}, "", "", ""};
  Announcer announcer(settings);
  using Words = std::vector<std::string>;
  EXPECT_THAT(argvs(settings, announcer.take(moved(1, State::Fault, vrrp::ReasonCode::LinkDown))),
              ElementsAre(Words{"/bin/f"}, Words{"/bin/g", "GROUP", "G1", "FAULT", "0"}));
}

}  // namespace
}  // namespace alibi::daemon
