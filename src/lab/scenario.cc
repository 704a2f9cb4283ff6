// SPDX-License-Identifier: Apache-2.0
// One run: record, inject, undo, await recovery, explain, judge.
#include "lab/scenario.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "lab/command.h"
#include "lab/faults.h"
#include "lab/lab.h"
#include "lab/programs.h"
#include "lab/topology.h"
#include "os/event_loop.h"
#include "os/process.h"
#include "os/signals.h"

namespace alibi::lab {
namespace {

namespace fs = std::filesystem;

// `alibi record` at every tap, as a child that does not outlive the lab.
class RecorderProcess {
 public:
  static Result<RecorderProcess> start(const Lab& lab, const std::string& case_file) {
    std::vector<std::string> words{"alibi", "record", "-w", case_file};
    for (const auto& tap : taps(lab)) {
      words.emplace_back("--tap");
      words.push_back(tap_argument(lab, tap));
    }
    RecorderProcess recorder;
    recorder.log_ = case_file + ".log";
    recorder.pid_ = fork_recorder(words, recorder.log_);
    if (recorder.pid_ < 0) return fail_errno("cannot fork the recorder");
    const bool ready = await(20s, [&] {
      return recorder.ended() ||
             read_small_file(recorder.log_).find("recording ") != std::string::npos;
    });
    if (!ready || recorder.ended()) {
      return fail("the recorder does not start: " + read_small_file(recorder.log_));
    }
    return recorder;
  }
  RecorderProcess(RecorderProcess&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), status_(other.status_), log_(std::move(other.log_)) {}
  RecorderProcess& operator=(RecorderProcess&&) = delete;
  ~RecorderProcess() {
    if (pid_ > 0) ::kill(pid_, SIGKILL), (void)::waitpid(pid_, nullptr, 0);
  }

  /// Tells it to write the case, and waits for that.
  Result<void> finish() {
    ::kill(pid_, SIGINT);
    if (!await(20s, [&] { return ended(); })) return fail("the recorder does not end");
    if (status_ == 0) return {};
    return fail("the recorder " + os::exit_text(status_) + ": " + read_small_file(log_));
  }

 private:
  RecorderProcess() = default;

  static pid_t fork_recorder(const std::vector<std::string>& words, const std::string& log) {
    std::vector<char*> argv;
    for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::setpgid(0, 0);  // a Ctrl-C is for the lab, which then ends the recorder itself
    os::restore_default_signals();
    const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    ::dup2(fd, 1);
    ::dup2(fd, 2);
    ::execv("/proc/self/exe", argv.data());
    ::_exit(127);
  }

  bool ended() {
    if (pid_ <= 0) return true;
    if (::waitpid(pid_, &status_, WNOHANG) != pid_) return false;
    pid_ = -1;
    return true;
  }

  pid_t pid_ = -1;
  int status_ = 0;
  std::string log_;
};

struct OneRun {
  const Fault* fault = nullptr;
  std::uint64_t seed = 0;
  std::string case_file;
};

std::uint64_t unix_now() { return static_cast<std::uint64_t>(os::realtime_now_ns()); }

// Every scenario draws its own lengths and moments from one seed: FNV-1a over its name.
std::uint64_t seed_of(const std::string& scenario, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325ULL ^ seed;
  for (const char c : scenario) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

// Injects, holds and undoes; fills the truth.
Result<void> commit_fault(Lab& lab, const OneRun& run, Draw& draw, Duration time, Truth& truth,
                          RunResult& result) {
  lab.fault = run.fault->name;
  if (auto saved = save(lab); !saved) return saved;
  truth.from_unix_ns = static_cast<std::int64_t>(unix_now());
  auto injected = run.fault->inject(lab, run.fault->host, draw);
  if (injected) hold(time);
  auto healed = heal(lab);
  truth.to_unix_ns = static_cast<std::int64_t>(unix_now());
  if (!injected) return tl::unexpected(injected.error());
  result.detail = injected->detail;
  truth.segment = injected->segment;
  if (!healed) return healed;
  if (interrupted()) return fail("interrupted");
  return await_healthy(lab, 20s);
}

// A keeper that does not log itself withstands whatever its log does, one that is locked in memory
// and starts no scripts itself may do without more of it. One that first reads what arrived while
// it was away takes over from nobody who lives: alibi and keepalived 2.2 do.
bool may_withstand(const Lab& lab, const Fault& fault) {
  return std::ranges::any_of(fault.causes, [&](const auto& c) {
    const bool apart = c.starts_with("host.io.") || c.starts_with("host.memory.");
    return (lab.keeper == Keeper::Alibi && apart) || c == "peer.stopped" || c == "peer.frozen";
  });
}

Result<Judgement> perform(Lab& lab, const OneRun& run, RunResult& result) {
  Draw draw(seed_of(run.fault->name, run.seed));
  const Duration time = draw.between(run.fault->shortest, run.fault->longest);
  const Duration before = draw.between(2200ms, 3200ms);  // two adverts at least, any phase
  result.held_s = std::chrono::duration<double>(time).count();
  if (auto healthy = await_healthy(lab, 20s); !healthy) return tl::unexpected(healthy.error());
  auto recorder = RecorderProcess::start(lab, run.case_file);
  if (!recorder) return tl::unexpected(recorder.error());
  hold(before);
  Truth truth;
  truth.causes = run.fault->causes;
  truth.state = state_of(*run.fault);
  truth.may_be_nothing = may_withstand(lab, *run.fault);
  auto committed = commit_fault(lab, run, draw, time, truth, result);
  if (!committed) return tl::unexpected(committed.error());
  hold(1500ms);
  if (auto finished = recorder->finish(); !finished) return tl::unexpected(finished.error());
  auto explained = run_command({"/proc/self/exe", "explain", "--json", run.case_file});
  if (!explained) return tl::unexpected(explained.error());
  return judge(*explained, truth);
}

class Bench {
 public:
  Bench(const RunOptions& options, const std::function<void(const std::string&)>& tell)
      : options_(options), tell_(tell) {}

  /// All scenarios of one log mode in one lab.
  Result<void> run_mode(LogMode mode) {
    std::vector<const Fault*> chosen;
    for (const auto& name : options_.scenarios) {
      const Fault* fault = find_fault(name);
      if (fault != nullptr && fault->log == mode) chosen.push_back(fault);
    }
    if (chosen.empty() || interrupted()) return {};
    UpOptions up_options;
    up_options.name = options_.name;
    up_options.keeper = options_.keeper;
    up_options.log = mode;
    up_options.vm_cpu = options_.vm_cpu;
    up_options.foreground = true;
    auto lab = up(up_options);
    if (!lab) return tl::unexpected(lab.error());
    for (int i = 0; i < options_.times && !interrupted(); ++i) {
      for (const Fault* fault : chosen) {
        if (!interrupted()) run_one(*lab, *fault, i);
      }
    }
    return down(options_.name);
  }

  std::vector<RunResult> results;

 private:
  void run_one(Lab& lab, const Fault& fault, int round) {
    OneRun run;
    run.fault = &fault;
    run.seed = options_.seed + static_cast<std::uint64_t>(round);
    const std::string folder = options_.cases.empty() ? lab.dir : options_.cases;
    run.case_file = fmt::format("{}/{}-{}.case", folder, fault.name, run.seed);
    RunResult result;
    result.scenario = fault.name;
    result.truth = fault.causes.empty() ? "no incident" : fault.causes.front();
    result.seed = run.seed;
    tell_(fmt::format("{} seed {} ...", fault.name, run.seed));
    auto judgement = perform(lab, run, result);
    if (judgement) {
      result.judgement = *judgement;
      tell_(fmt::format("  {} for {:.1f} s: {}, named {} {}", result.detail, result.held_s,
                        name_of(judgement->outcome), judgement->named, judgement->segment));
    } else {
      result.error = judgement.error().message;
      tell_("  not done: " + result.error);
    }
    if (options_.cases.empty()) {
      std::error_code error;
      fs::remove(run.case_file, error);
    }
    if (!options_.out.empty()) {
      std::ofstream(options_.out, std::ios::app) << result_json(result) << "\n";
    }
    results.push_back(std::move(result));
  }

  const RunOptions& options_;
  const std::function<void(const std::string&)>& tell_;
};

}  // namespace

Result<std::vector<RunResult>> run_scenarios(const RunOptions& given,
                                             const std::function<void(const std::string&)>& tell) {
  RunOptions options = given;
  if (options.name.empty()) options.name = "run-" + std::to_string(::getpid());
  if (options.scenarios == std::vector<std::string>{"all"}) {
    options.scenarios.clear();
    for (const auto& fault : faults()) options.scenarios.push_back(fault.name);
  }
  for (const auto& name : options.scenarios) {
    if (find_fault(name) == nullptr) {
      return fail("unknown scenario '" + name + "': 'alibi lab list' names them");
    }
  }
  std::error_code error;
  if (!options.cases.empty()) fs::create_directories(options.cases, error);
  if (error) return fail("cannot make " + options.cases + ": " + error.message());
  Bench bench(options, tell);
  for (const auto mode : {LogMode::Syslog, LogMode::File, LogMode::Pipe}) {
    if (auto done = bench.run_mode(mode); !done) {
      (void)down(options.name);
      return tl::unexpected(done.error());
    }
  }
  if (interrupted()) {
    (void)down(options.name);
    return fail("interrupted; the lab is taken down");
  }
  return bench.results;
}

}  // namespace alibi::lab
