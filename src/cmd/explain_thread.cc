// SPDX-License-Identifier: Apache-2.0
#include "cmd/explain_thread.h"

#include <fmt/format.h>

#include <cstdio>
#include <vector>

#include "cmd/text_file.h"
#include "investigate/threads.h"
#include "report/account.h"

namespace alibi::cmd {
namespace {

using investigate::WatchedThread;

/// A line a process.
std::string list_text(const std::vector<WatchedThread>& threads) {
  constexpr std::size_t kMost = 40;
  constexpr std::size_t kMostThreads = 16;
  std::string text;
  std::size_t processes = 0;
  for (std::size_t i = 0; i < threads.size();) {
    const WatchedThread& first = threads[i];
    std::string line =
        fmt::format("\n  {:<15} pid {}", first.comm.empty() ? "?" : first.comm, first.pid);
    std::size_t count = 0;
    for (; i < threads.size() && threads[i].pid == first.pid; ++i) {
      if (threads[i].tid == first.pid || ++count > kMostThreads) continue;
      line += fmt::format("{} {}", count == 1 ? ", threads" : ",", threads[i].tid);
    }
    if (count > kMostThreads) line += fmt::format(" and {} more", count - kMostThreads);
    if (!first.incomplete.empty()) line += "; " + first.incomplete;
    if (++processes <= kMost) text += line;
  }
  if (processes > kMost) text += fmt::format("\n  and {} processes more", processes - kMost);
  return text;
}

Result<std::vector<WatchedThread>> threads_named(const evidence::Recording& recording,
                                                 const Span& span, const std::string& word) {
  if (!recording.has_host_evidence)
    return fail("captures hold packets alone: what threads did is in a case of `alibi record`");
  std::vector<WatchedThread> all = investigate::watched_threads(recording);
  std::vector<WatchedThread> named;
  std::size_t at_other_times = 0;
  for (const WatchedThread& thread : all) {
    if (!investigate::is_named(thread, word)) continue;
    if (investigate::lived_in(thread, span.begin, span.end))
      named.push_back(thread);
    else
      ++at_other_times;
  }
  if (!named.empty()) return named;
  if (at_other_times != 0) {
    return fail(fmt::format("--thread {}: {} of it, none at that time", word,
                            at_other_times == 1 ? std::string("one thread")
                                                : fmt::format("{} threads", at_other_times)));
  }
  if (all.empty()) return fail("--thread " + word + ": no thread was watched");
  return fail(fmt::format("--thread {}: no such thread was watched, but{}", word, list_text(all)));
}

}  // namespace

Result<void> explain_threads(const evidence::Recording& recording, const Span& span,
                             const ThreadRequest& request) {
  const auto named = threads_named(recording, span, request.word);
  if (!named) return tl::unexpected(named.error());
  std::vector<investigate::ThreadAccount> accounts;
  for (const WatchedThread& thread : *named)
    accounts.push_back(investigate::account_of_thread(recording, thread, span.begin, span.end));
  if (!request.svg.empty()) {
    const auto written = write_text_file(request.svg, report::threads_svg(recording, accounts));
    if (!written || request.svg == "-") return written;
  }
  if (request.json) {
    fmt::print("{}", report::threads_json(recording, accounts));
    return {};
  }
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    fmt::print("{}{}", i == 0 ? "" : "\n",
               report::thread_text(recording, accounts[i], request.lanes));
  }
  return {};
}

}  // namespace alibi::cmd
