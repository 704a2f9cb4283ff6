// SPDX-License-Identifier: Apache-2.0
// Fixed texts, log lines from messages, the shared page.
#include "daemon/messages.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "daemon/shared_page.h"
#include "daemon/teller.h"
#include "daemon/testing.h"

namespace alibi::daemon {
namespace {

TEST(FixedText, KeepsWhatFitsAndMarksWhatDoesNot) {
  EXPECT_EQ(FixedText(std::string_view("short")).view(), "short");
  const std::string full(FixedText::kCapacity, 'x');
  EXPECT_EQ(FixedText(full).view(), full);
  const auto cut = FixedText(full + "y");
  EXPECT_EQ(cut.view(), std::string(FixedText::kCapacity - 3, 'x') + "...");
}

TEST(FixedText, DoesNotCutThroughACharacter) {
  std::string text(FixedText::kCapacity - 4, 'x');
  text += "\xc3\xa4\xc3\xa4\xc3\xa4";
  EXPECT_EQ(FixedText(text).view(), std::string(FixedText::kCapacity - 4, 'x') + "...");
}

TEST(LogText, TransitionInKeepalivedsWordsWithTheReason) {
  const std::string line = log_text(story_settings(), master_tell(), false);
  EXPECT_EQ(line.find("(loadbalancer) Entering MASTER STATE"), 0U) << line;
  EXPECT_NE(line.find("no advert from 192.168.205.3 for 3.612 s"), std::string::npos) << line;
  EXPECT_NE(line.find("master_silent"), std::string::npos) << line;
}

Tell result(int status, bool timed_out, bool changed) {
  Tell tell;
  tell.kind = Tell::Kind::ScriptResult;
  tell.script = 0;
  tell.status = status;
  tell.timed_out = timed_out ? 1 : 0;
  tell.changed = changed ? 1 : 0;
  tell.took_ns = 2'000'000'000;
  return tell;
}

TEST(LogText, ScriptResults) {
  const auto settings = story_settings();
  EXPECT_EQ(log_text(settings, result(1 << 8, false, false), false),
            "Script `chk_haproxy` now returning 1");
  EXPECT_EQ(log_text(settings, result(1 << 8, false, true), false),
            "VRRP_Script(chk_haproxy) failed (exited with status 1)");
  EXPECT_EQ(log_text(settings, result(15, false, true), false),
            "VRRP_Script(chk_haproxy) failed (killed by signal 15 (Terminated))");
  EXPECT_EQ(log_text(settings, result(0, false, true), false),
            "VRRP_Script(chk_haproxy) succeeded");
  EXPECT_EQ(log_text(settings, result(0, true, true), false),
            "VRRP_Script(chk_haproxy) timed_out after 2.000 s");
}

TEST(LogText, VerboseNotesWithDetailOnly) {
  Tell note;
  note.kind = Tell::Kind::Note;
  note.verbose = 1;
  note.text = std::string("(loadbalancer) setting VIPs.");
  EXPECT_EQ(log_text(story_settings(), note, false), "");
  EXPECT_EQ(log_text(story_settings(), note, true), "(loadbalancer) setting VIPs.");
}

TEST(LogText, IndexesOutOfRangeAreNoLine) {
  Tell tell = master_tell();
  tell.instance = 9;
  EXPECT_EQ(log_text(story_settings(), tell, true), "");
  tell = result(0, false, true);
  tell.script = -1;
  EXPECT_EQ(log_text(story_settings(), tell, true), "");
}

TEST(SharedPage, SourceOfADeadWriterIsUnspecified) {
  auto page = SharedPage::create(2, 1);
  ASSERT_TRUE(page);
  const auto address = *wire::IpAddress::parse("10.0.0.1");
  page->set_source(1, address);
  EXPECT_EQ(page->source(1), address);
  page->instance(1).source_version.fetch_add(1);  // a writer died here
  EXPECT_TRUE(page->source(1).is_unspecified());
  page->set_source(1, address);
  EXPECT_EQ(page->source(1), address);
}

TEST(SharedPage, TrackedObjectSurvivesAWriterThatDied) {
  auto page = SharedPage::create(1, 2);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->tracked(1).health, TrackHealth::Unknown);
  TrackState state;
  state.health = TrackHealth::Down;
  state.value = 7;
  state.why = std::string("file f is 7");
  page->set_tracked(1, state);
  state.value = 8;
  page->set_tracked(1, state);
  EXPECT_EQ(page->tracked(1).value, 8);
  EXPECT_EQ(page->tracked(1).why.view(), "file f is 7");
  EXPECT_EQ(page->tracked(0).health, TrackHealth::Unknown);
}

TEST(SharedPage, IsTheSameMemoryForWhoeverAdoptsIt) {
  auto page = SharedPage::create(2, 1);
  ASSERT_TRUE(page);
  page->instance(1).has_addresses.store(1);
  auto adopted = SharedPage::adopt(os::Fd(::dup(page->fd())), 2, 1);
  ASSERT_TRUE(adopted);
  EXPECT_EQ(adopted->instance(1).has_addresses.load(), 1);
  adopted->instance(0).state.store(2);
  EXPECT_EQ(page->instance(0).state.load(), 2);
}

TEST(SharedPage, MemoryOfAnotherSizeIsRefused) {
  auto page = SharedPage::create(2, 1);
  ASSERT_TRUE(page);
  EXPECT_FALSE(SharedPage::adopt(os::Fd(::dup(page->fd())), 2000, 1));
}

}  // namespace
}  // namespace alibi::daemon
