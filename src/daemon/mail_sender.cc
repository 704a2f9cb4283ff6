// SPDX-License-Identifier: Apache-2.0
// libcurl's SMTP client in a worker thread.
#include "daemon/mail_sender.h"

#include <curl/curl.h>
#include <sched.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace alibi::daemon {
namespace {

constexpr auto kPauseBetweenAttempts = std::chrono::seconds(10);

struct Upload {
  const std::string& data;
  std::size_t sent = 0;
};

std::size_t give(char* buffer, std::size_t size, std::size_t count, void* user) {
  auto& upload = *static_cast<Upload*>(user);
  const std::size_t now = std::min(size * count, upload.data.size() - upload.sent);
  std::memcpy(buffer, upload.data.data() + upload.sent, now);
  upload.sent += now;
  return now;
}

int abort_when_stopping(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<std::atomic<bool>*>(user)->load() ? 1 : 0;
}

std::string url(const config::Mail& mail) {
  const bool v6 = mail.server_host.find(':') != std::string::npos;
  std::string url = "smtp://" + (v6 ? "[" + mail.server_host + "]" : mail.server_host) + ":" +
                    std::to_string(mail.server_port);
  if (!mail.helo_name.empty()) url += "/" + mail.helo_name;
  return url;
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct CloseHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

}  // namespace

MailSender::MailSender(const config::Mail& mail, os::Fd netns)
    : mail_(mail),
      netns_(std::move(netns)),
      news_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      thread_([this] { work(); }) {}

MailSender::~MailSender() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

bool MailSender::submit(MailMessage message) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= kQueue) return false;
    queue_.push_back(std::move(message));
  }
  wake_.notify_all();
  return true;
}

std::vector<MailSender::Outcome> MailSender::outcomes() {
  std::uint64_t count = 0;
  static_cast<void>(::read(news_.get(), &count, sizeof count));
  const std::lock_guard lock(mutex_);
  return std::exchange(outcomes_, {});
}

bool MailSender::idle() {
  const std::lock_guard lock(mutex_);
  return queue_.empty() && !busy_;
}

void MailSender::publish(Outcome outcome) {
  {
    const std::lock_guard lock(mutex_);
    busy_ = busy_ && !outcome.final;
    outcomes_.push_back(std::move(outcome));
  }
  const std::uint64_t one = 1;
  static_cast<void>(::write(news_.get(), &one, sizeof one));
}

void MailSender::work() {
  // Only this thread changes over; a failure shows as a mail that cannot be delivered.
  if (netns_.valid()) static_cast<void>(::setns(netns_.get(), CLONE_NEWNET));
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const MailMessage message = std::move(queue_.front());
    queue_.pop_front();
    busy_ = true;
    for (int attempt = 1; busy_ && !stopping_; ++attempt) {
      lock.unlock();
      const std::string error = deliver(message);
      publish({message.subject, error, error.empty() || attempt == kAttempts});
      lock.lock();
      if (busy_) wake_.wait_for(lock, kPauseBetweenAttempts, [&] { return stopping_.load(); });
    }
  }
}

std::string MailSender::deliver(const MailMessage& message) {
  const std::unique_ptr<CURL, CloseHandle> handle(curl_easy_init());
  if (!handle) return "libcurl cannot be initialised";
  CURL* curl = handle.get();
  curl_slist* list = nullptr;
  for (const auto& to : message.to) list = curl_slist_append(list, ("<" + to + ">").c_str());
  const std::unique_ptr<curl_slist, FreeList> recipients(list);
  const std::string from = "<" + message.from + ">";
  const std::string server = url(mail_);
  const long limit_ms = std::max<long>(
      1000, std::chrono::duration_cast<std::chrono::milliseconds>(mail_.connect_timeout).count());
  char reason[CURL_ERROR_SIZE] = "";
  Upload upload{message.data};
  curl_easy_setopt(curl, CURLOPT_URL, server.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp");
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, limit_ms);
  curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, (limit_ms + 999) / 1000);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 4 * limit_ms);
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, list);
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
  curl_easy_setopt(curl, CURLOPT_READDATA, &upload);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, abort_when_stopping);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &stopping_);
  const CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_OK) return "";
  return server + ": " + (reason[0] != '\0' ? reason : curl_easy_strerror(code));
}

}  // namespace alibi::daemon
