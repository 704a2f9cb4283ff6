// SPDX-License-Identifier: Apache-2.0
// Delivers mails over SMTP (libcurl) from a thread of its own, so that a dead server holds up
// nothing but mails.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "config/settings.h"
#include "daemon/mail.h"
#include "os/fd.h"

namespace alibi::daemon {

/// Used from one thread; news_fd() tells it when there are outcomes to take.
class MailSender {
 public:
  static constexpr std::size_t kQueue = 64;
  static constexpr int kAttempts = 3;

  struct Outcome {
    std::string subject;
    std::string error;      ///< empty: delivered
    bool final = true;      ///< false: will be tried again
  };

  /// `netns`: a descriptor of the network namespace to send from, owned from now on; invalid: here.
  explicit MailSender(const config::Mail& mail, os::Fd netns = {});
  ~MailSender();
  MailSender(const MailSender&) = delete;
  MailSender& operator=(const MailSender&) = delete;

  /// False: the queue is full and the mail was dropped; count it.
  bool submit(MailMessage message);
  /// From now on each mail is tried once at most: the program wants to end.
  void hurry();
  int news_fd() const { return news_.get(); }
  std::vector<Outcome> outcomes();
  /// How many of those submitted have been neither delivered nor given up.
  std::size_t left();

 private:
  void work();
  std::string deliver(const MailMessage& message);
  void publish(Outcome outcome);

  config::Mail mail_;
  os::Fd netns_;
  os::Fd news_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<MailMessage> queue_;
  std::vector<Outcome> outcomes_;
  bool busy_ = false;
  bool hurried_ = false;
  std::atomic<bool> stopping_{false};
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace alibi::daemon
