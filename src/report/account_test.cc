// SPDX-License-Identifier: Apache-2.0
// Lanes of a sender that waited for the reader of its log: sums, marks, names that are hostile.
#include "report/account.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "investigate/lanes.h"
#include "investigate/scene_builder.h"

namespace alibi::report {
namespace {

using investigate::Doing;
using investigate::SceneBuilder;
using investigate::Verdict;
using testing::HasSubstr;

/// Its last advert at 10 s, 4 s in sendto(2) to a log whose reader waits for the disk.
SceneBuilder stuck_log(const std::string& reader) {
  SceneBuilder b(3);
  b.keepalived();
  b.adverts(1, 1000, 10'001, 110);
  b.beats(1000, 10'001);
  b.advert(2, 13'609, 100);
  b.adverts(1, 15'000, 19'000, 110);
  b.event(10'999, evidence::ThreadOn{10, 10, 1, {}});
  b.event(11'000, SceneBuilder::off('S', "sendto", {"unix_wait_for_peer", "unix_dgram_sendmsg"}));
  for (std::int64_t t = 11'200; t < 14'900; t += 100) {
    evidence::WaitTarget target;
    target.tid = target.pid = 10;
    target.state = 'S';
    target.wchan = "unix_wait_for_peer";
    target.syscall_name = "sendto";
    target.fd = 3;
    target.kind = evidence::WaitTarget::Kind::UnixSocket;
    target.is_log = true;
    target.peer_path = "/dev/log";
    target.reader_pid = 44;
    target.reader_comm = reader;
    target.reader_state = 'D';
    b.event(t, target);
  }
  b.event(9'000, evidence::ThreadOn{44, 44, 0, {}});
  evidence::ThreadOff off = SceneBuilder::off('D', "write", {"io_schedule", "blk_mq_get_tag"});
  off.tid = off.pid = 44;
  b.event(10'500, off);
  b.event(14'998, evidence::ThreadOn{44, 44, 0, {}});
  b.event(14'999, evidence::ThreadOn{10, 10, 1, {}});
  b.finish(20'000);
  return b;
}

const Verdict& with_account(const std::vector<Verdict>& verdicts) {
  for (const Verdict& verdict : verdicts) {
    if (verdict.account) return verdict;
  }
  ADD_FAILURE() << "no verdict has an account";
  return verdicts.front();
}

TEST(Account, StatesSumToTheGapAndTheRestHasItsLine) {
  const SceneBuilder b = stuck_log("syslogd");
  const auto verdicts = investigate::investigate(b.recording);
  const Verdict& verdict = with_account(verdicts);
  Duration sum{0};
  const auto times = state_times(*verdict.account);
  for (const StateTime& state : times) sum += state.time;
  EXPECT_EQ(sum, verdict.account->end - verdict.account->begin);
  EXPECT_EQ(times.back().doing, Doing::Unobserved);
  EXPECT_EQ(times.front().doing, Doing::LogWait);
}

TEST(Account, TextShowsALaneForTheReaderOfTheLog) {
  const SceneBuilder b = stuck_log("syslogd");
  const auto verdicts = investigate::investigate(b.recording);
  const std::string text = account_text(b.recording, with_account(verdicts), 1);
  EXPECT_THAT(text, HasSubstr("keepalived 10, sender"));
  EXPECT_THAT(text, HasSubstr("syslogd 44, reads its log"));
  EXPECT_THAT(text, HasSubstr("LLLLLLLLLL"));
  EXPECT_THAT(text, HasSubstr("DDDDDDDDDD"));
  EXPECT_THAT(text, HasSubstr("read by syslogd (44) in state D"));
  EXPECT_THAT(text, HasSubstr("?  unobserved"));
  EXPECT_THAT(text, HasSubstr("=  the gap"));
}

TEST(Account, SvgEscapesAndShortensNames) {
  const SceneBuilder b = stuck_log("<log&er> of a name that no thread could have, höchst lang");
  const auto verdicts = investigate::investigate(b.recording);
  const std::string svg = accounts_svg(b.recording, verdicts);
  if (const char* path = std::getenv("ACCOUNT_SVG"); path != nullptr) std::ofstream(path) << svg;
  EXPECT_THAT(svg, HasSubstr("&lt;log&amp;er&gt; of a name that no thre"));
  EXPECT_THAT(svg, Not(HasSubstr("<log")));
  EXPECT_THAT(svg, HasSubstr("taken over 3.60"));
}

TEST(Account, OfAThreadSumsToTheTimeInEveryForm) {
  const SceneBuilder b = stuck_log("syslogd");
  std::vector<investigate::ThreadAccount> threads;
  for (const auto& thread : investigate::watched_threads(b.recording)) {
    if (!investigate::is_named(thread, "keepalived")) continue;
    threads.push_back(account_of_thread(b.recording, thread, b.recording.begin, b.recording.end));
  }
  ASSERT_EQ(threads.size(), 2U);  // the parent and the sender
  const std::string text = thread_text(b.recording, threads[1], true);
  EXPECT_THAT(text, HasSubstr("account of keepalived (pid 10, main thread) of host0: 20.000 s"));
  EXPECT_THAT(text, HasSubstr("syslogd 44, reads its log"));
  EXPECT_THAT(text, HasSubstr("LLLLLLLLLL"));
  EXPECT_THAT(text, HasSubstr("20.000000000 s  =  the whole time"));
  EXPECT_THAT(thread_text(b.recording, threads[1], false), Not(HasSubstr("LLLLL")));
  const std::string svg = threads_svg(b.recording, threads);
  EXPECT_THAT(svg, HasSubstr("keepalived 10, main thread"));
  EXPECT_THAT(svg, HasSubstr("syslogd 44, reads its log"));
  const auto json = nlohmann::json::parse(threads_json(b.recording, threads));
  for (const auto& thread : json["threads"]) {
    for (const char* parts : {"states", "lines"}) {
      std::int64_t sum = 0;
      for (const auto& part : thread[parts]) sum += part["time_ns"].get<std::int64_t>();
      EXPECT_EQ(sum, thread["time_ns"].get<std::int64_t>());
    }
    EXPECT_EQ(thread["states"].back()["state"], "unobserved");
  }
  EXPECT_THAT(threads_svg(b.recording, {}), HasSubstr("No thread has an account"));
}

TEST(Account, NoAccountIsSaid) {
  EXPECT_THAT(account_text({}, {}, 3), HasSubstr("account of incident 3: none"));
  EXPECT_THAT(accounts_svg({}, {}), HasSubstr("No incident has an account"));
}

}  // namespace
}  // namespace alibi::report
