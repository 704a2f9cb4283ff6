// SPDX-License-Identifier: Apache-2.0
// Files and processes of this test as the tracker's threads see them, and whose scripts root runs.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "daemon/file_tracker.h"
#include "daemon/process_tracker.h"
#include "daemon/script_security.h"
#include "daemon/testing.h"
#include "daemon/track_thread.h"
#include "os/process.h"

namespace alibi::daemon {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string pattern = fs::temp_directory_path() / "alibi-trackers-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// A source in its thread, and the states that it sends.
class Running {
 public:
  template <typename Source, typename... More>
  static Running with(const config::Settings& settings, More... more) {
    Running out(settings);
    out.start(std::make_unique<Source>(*out.board_, more...));
    return out;
  }
  ~Running() {
    if (thread_) thread_->ask_to_end();
  }
  Running(Running&&) = default;

  /// The next state that is sent; fails the test when there is none for a long time.
  TrackState next() {
    TrackState state;
    pollfd waiting{channels_->tracker_to_keeper.bell(), POLLIN, 0};
    while (::poll(&waiting, 1, 20'000) == 1) {
      if (channels_->tracker_to_keeper.receive_struct(state)) return state;
    }
    ADD_FAILURE() << "no news";
    return state;
  }

 private:
  explicit Running(const config::Settings& settings)
      : channels_(std::make_unique<Channels>(std::move(*Channels::create(settings)))),
        board_(std::make_unique<TrackBoard>(settings, *channels_)) {}
  void start(std::unique_ptr<TrackSource> source) {
    thread_ = std::make_unique<TrackThread>(*board_, std::move(source));
    thread_->start();
  }

  std::unique_ptr<Channels> channels_;
  std::unique_ptr<TrackBoard> board_;
  std::unique_ptr<TrackThread> thread_;
};

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

config::Track line(const std::string& name) {
  config::Track track;
  track.name = name;
  return track;
}

TEST(FileTracker, FollowsAFileThroughEveryKindOfChange) {
  const Folder folder;
  auto settings = story_settings();
  config::TrackedFile file;
  file.name = "f";
  file.path = folder / "sub/f";
  settings.files = {file};
  settings.instances[0].tracks.edit().files = {line("f")};
  auto running = Running::with<FileTracker>(settings);
  EXPECT_EQ(running.next().why.view(), "file f is missing and counts as 0");
  fs::create_directory(folder / "sub");
  write(folder / "sub/f", "7\n");
  EXPECT_EQ(running.next().value, 7);
  write(folder / "sub/new", "8\n");
  fs::rename(folder / "sub/new", folder / "sub/f");
  EXPECT_EQ(running.next().value, 8);
  std::FILE* open = std::fopen((folder / "sub/f").c_str(), "w");
  std::fputs("9", open);
  std::fflush(open);
  EXPECT_EQ(running.next().value, 9);
  std::fclose(open);
  fs::remove_all(folder / "sub");
  EXPECT_EQ(running.next().value, 0);
  fs::create_directory(folder / "sub");
  write(folder / "data1", "11");
  fs::create_symlink(folder / "data1", folder / "sub/f");  // as Kubernetes mounts them
  EXPECT_EQ(running.next().value, 11);
  write(folder / "data2", "12");
  fs::create_symlink(folder / "data2", folder / "sub/g");
  fs::rename(folder / "sub/g", folder / "sub/f");
  EXPECT_EQ(running.next().value, 12);
  write(folder / "data2", "words");
  EXPECT_EQ(running.next().why.view(), "file f holds more than a number, or none and counts as 0");
}

TEST(FileTracker, IsNotHeldByWhatIsNoFile) {
  const Folder folder;
  auto settings = story_settings();
  config::TrackedFile fifo;
  fifo.name = "fifo";
  fifo.path = folder / "fifo";
  fifo.make = fifo.overwrite = true;
  config::TrackedFile other;
  other.name = "f";
  other.path = folder / "f";
  settings.files = {fifo, other};
  settings.instances[0].tracks.edit().files = {line("fifo"), line("f")};
  ASSERT_EQ(::mkfifo(fifo.path.c_str(), 0600), 0);
  write(folder / "f", std::string(1000, '0') + "99999999999999999999\n");
  auto running = Running::with<FileTracker>(settings);
  EXPECT_EQ(running.next().why.view(), "file fifo is no regular file and counts as 0");
  // More digits than are read: what there is of the number, and the word that it is no clean one.
  EXPECT_EQ(running.next().value, 0);
  write(folder / "f", "-99999999999999999999\n");
  EXPECT_EQ(running.next().value, -INT32_MAX);
}

class ProcessTrackerWith : public testing::TestWithParam<bool> {};

TEST_P(ProcessTrackerWith, CountsWhatRuns) {
  if (GetParam() && !os::ProcConnector::open()) GTEST_SKIP() << "no proc connector here";
  const Folder folder;
  const std::string program = folder / "alibi-sleeper";
  fs::copy_file("/bin/sleep", program);
  auto settings = story_settings();
  config::TrackedProcess process;
  process.name = "p";
  process.process = program;
  process.parameters = {"600"};
  process.quorum = 2;
  settings.processes = {process};
  settings.instances[0].tracks.edit().processes = {line("p")};
  auto running = Running::with<ProcessTracker>(settings, GetParam());
  TrackState state = running.next();
  EXPECT_EQ(state.health, TrackHealth::Down);
  EXPECT_EQ(state.why.view(), "process p: 0 running, 2 needed");
  std::vector<pid_t> pids;
  const auto run = [&](const char* seconds) {
    auto pid = os::spawn({{program, seconds}, os::current_identity(), {}});
    ASSERT_TRUE(pid);
    pids.push_back(*pid);
  };
  run("601");  // another parameter: not counted
  run("600");
  EXPECT_EQ(running.next().value, 1);
  run("600");
  state = running.next();
  EXPECT_EQ(state.value, 2);
  EXPECT_EQ(state.health, TrackHealth::Up);
  ::kill(pids[1], SIGKILL);  // a zombie until the end of the test: it does not count
  state = running.next();
  EXPECT_EQ(state.value, 1);
  EXPECT_EQ(state.health, TrackHealth::Down);
  for (const pid_t pid : pids) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Both, ProcessTrackerWith, testing::Bool(),
                         [](const auto& with) { return with.param ? "Events" : "Looking"; });

TEST(ScriptSecurity, NamesWhatOthersMayWrite) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const Folder folder;
  fs::create_directory(folder / "bin");
  const std::string script = folder / "bin/check";
  write(script, "#!/bin/sh\n");
  ::chmod(script.c_str(), 0755);
  EXPECT_TRUE(check_script_security(script)) << check_script_security(script).error().message;
  EXPECT_TRUE(check_script_security("sh"));
  ::chmod(script.c_str(), 0757);
  EXPECT_NE(check_script_security(script).error().message.find("check may be written by everybody"),
            std::string::npos);
  ::chmod(script.c_str(), 0755);
  ::chmod((folder / "bin").c_str(), 0775);
  EXPECT_TRUE(check_script_security(script));  // the group is root's
  ASSERT_EQ(::chown((folder / "bin").c_str(), 0, 65534), 0);
  EXPECT_NE(check_script_security(script).error().message.find("bin may be written by group 65534"),
            std::string::npos);
  ASSERT_EQ(::chown((folder / "bin").c_str(), 65534, 0), 0);
  EXPECT_NE(check_script_security(script).error().message.find("bin belongs to user 65534"),
            std::string::npos);
  // The same through a link from a folder that is safe.
  fs::create_symlink(script, folder / "link");
  EXPECT_FALSE(check_script_security(folder / "link"));
  EXPECT_FALSE(check_script_security("relative/check"));
}

TEST(ScriptSecurity, FollowsEveryLinkAndThinksOfWhatIsMissing) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const Folder folder;
  const auto why = [&](const std::string& name) {
    const auto checked = check_script_security(folder / name);
    return checked ? std::string() : checked.error().message;
  };
  fs::create_directory(folder / "safe");
  fs::create_directory(folder / "open");
  ::chmod((folder / "open").c_str(), 0777);
  // From a safe place to a safe place, by way of a link that everybody may turn elsewhere.
  fs::create_symlink("/bin/true", folder / "open/middle");
  fs::create_symlink("../open/middle", folder / "safe/check");
  EXPECT_NE(why("safe/check").find("open may be written by everybody"), std::string::npos);
  EXPECT_NE(why("safe/../open/../open/middle").find("open may be"), std::string::npos);
  // In a sticky folder what is root's stays root's, but what is not there anybody may make.
  ::chmod((folder / "open").c_str(), 01777);
  EXPECT_EQ(why("safe/check"), "");
  EXPECT_NE(why("open/later").find("open/later is missing and may be made by everybody"),
            std::string::npos);
  EXPECT_NE(why("open/later/check").find("is missing"), std::string::npos);
  EXPECT_EQ(why("safe/later"), "");
  ASSERT_EQ(::lchown((folder / "open/middle").c_str(), 65534, 0), 0);
  EXPECT_NE(why("safe/check").find("middle belongs to user 65534"), std::string::npos);
  fs::create_symlink("ring", folder / "safe/ring");
  EXPECT_EQ(why("safe/ring"), "");  // leads nowhere
}

}  // namespace
}  // namespace alibi::daemon
