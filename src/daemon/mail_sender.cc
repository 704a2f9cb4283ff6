// SPDX-License-Identifier: Apache-2.0
// libcurl's SMTP client in a worker thread.
#include "daemon/mail_sender.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <sched.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace alibi::daemon {
namespace {

constexpr auto kPauseBetweenAttempts = std::chrono::seconds(10);

// libcurl is loaded by whoever has mail to send and by nobody else: with the thirty libraries below
// it (TLS, LDAP, Kerberos, SSH) it is memory in every process forked from one that has mapped it.

/// The functions that we call, by libcurl's names.
struct Curl {
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_perform) easy_perform = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;
};

// The ABI of the header that this was compiled with; the GnuTLS build has a name of its own.
constexpr const char* kNames[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};

std::string last_error() {
  const char* text = ::dlerror();
  return text == nullptr ? "unknown error" : text;
}

template <typename Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

Result<Curl> load() {
  std::string why;
  for (const char* name : kNames) {
    void* library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      why += (why.empty() ? "" : "; ") + last_error();
      continue;
    }
    Curl curl;
    if (find(library, "curl_easy_init", curl.easy_init) &&
        find(library, "curl_easy_cleanup", curl.easy_cleanup) &&
        find(library, "curl_easy_setopt", curl.easy_setopt) &&
        find(library, "curl_easy_perform", curl.easy_perform) &&
        find(library, "curl_easy_strerror", curl.easy_strerror) &&
        find(library, "curl_slist_append", curl.slist_append) &&
        find(library, "curl_slist_free_all", curl.slist_free_all)) {
      return curl;
    }
    return fail(std::string(name) + " cannot be used: " + last_error());
  }
  return fail("libcurl cannot be loaded, and mail needs it: " + why);
}

/// Loads it the first time, which reads files; it stays. Not there, or of another version, is the
/// error.
const Result<Curl>& load_curl() {
  static const Result<Curl> loaded = load();
  return loaded;
}

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

using FreeList = decltype(&::curl_slist_free_all);
using CloseHandle = decltype(&::curl_easy_cleanup);

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

void MailSender::hurry() {
  {
    const std::lock_guard lock(mutex_);
    hurried_ = true;
  }
  wake_.notify_all();
}

std::vector<MailSender::Outcome> MailSender::outcomes() {
  std::uint64_t count = 0;
  static_cast<void>(::read(news_.get(), &count, sizeof count));
  const std::lock_guard lock(mutex_);
  return std::exchange(outcomes_, {});
}

std::size_t MailSender::left() {
  const std::lock_guard lock(mutex_);
  return queue_.size() + (busy_ ? 1 : 0);
}

/// With the lock held.
void MailSender::publish(Outcome outcome) {
  busy_ = busy_ && !outcome.final;
  outcomes_.push_back(std::move(outcome));
  const std::uint64_t one = 1;
  static_cast<void>(::write(news_.get(), &one, sizeof one));
}

void MailSender::work() {
  // Only this thread changes over; a failure shows as a mail that cannot be delivered.
  if (netns_.valid()) static_cast<void>(::setns(netns_.get(), CLONE_NEWNET));
  const bool wanted = !mail_.to.empty();
  if (wanted) static_cast<void>(load_curl());  // now, not with an incident on hand
  std::unique_lock lock(mutex_);
  if (wanted && !load_curl()) publish({"those to come", load_curl().error().message, false});
  for (;;) {
    wake_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const MailMessage message = std::move(queue_.front());
    queue_.pop_front();
    busy_ = true;
    for (int attempt = 1; busy_ && !stopping_; ++attempt) {
      lock.unlock();
      const std::string error = deliver(message);
      lock.lock();
      const bool final = error.empty() || attempt == kAttempts || hurried_;
      publish({message.subject, error, final});
      if (!final) {
        wake_.wait_for(lock, kPauseBetweenAttempts, [&] { return stopping_ || hurried_; });
      }
    }
  }
}

std::string MailSender::deliver(const MailMessage& message) {
  const auto& loaded = load_curl();
  if (!loaded) return loaded.error().message;
  const Curl& lib = *loaded;
  const std::unique_ptr<CURL, CloseHandle> handle(lib.easy_init(), lib.easy_cleanup);
  if (!handle) return "libcurl cannot be initialised";
  CURL* curl = handle.get();
  curl_slist* list = nullptr;
  for (const auto& to : message.to) list = lib.slist_append(list, ("<" + to + ">").c_str());
  const std::unique_ptr<curl_slist, FreeList> recipients(list, lib.slist_free_all);
  const std::string from = "<" + message.from + ">";
  const std::string server = url(mail_);
  const long limit_ms = std::max<long>(
      1000, std::chrono::duration_cast<std::chrono::milliseconds>(mail_.connect_timeout).count());
  char reason[CURL_ERROR_SIZE] = "";
  Upload upload{message.data};
  lib.easy_setopt(curl, CURLOPT_URL, server.c_str());
  lib.easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp");
  lib.easy_setopt(curl, CURLOPT_NOPROXY, "*");
  lib.easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  lib.easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, limit_ms);
  lib.easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, (limit_ms + 999) / 1000);
  lib.easy_setopt(curl, CURLOPT_TIMEOUT_MS, 4 * limit_ms);
  lib.easy_setopt(curl, CURLOPT_MAIL_FROM, from.c_str());
  lib.easy_setopt(curl, CURLOPT_MAIL_RCPT, list);
  lib.easy_setopt(curl, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
  lib.easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  lib.easy_setopt(curl, CURLOPT_READFUNCTION, give);
  lib.easy_setopt(curl, CURLOPT_READDATA, &upload);
  lib.easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
  lib.easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  lib.easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, abort_when_stopping);
  lib.easy_setopt(curl, CURLOPT_XFERINFODATA, &stopping_);
  const CURLcode code = lib.easy_perform(curl);
  if (code == CURLE_OK) return "";
  return server + ": " + (reason[0] != '\0' ? reason : lib.easy_strerror(code));
}

}  // namespace alibi::daemon
