// SPDX-License-Identifier: Apache-2.0
// libpcap, and setuid(2).
#include "os/capture_devices.h"

#include <fmt/format.h>
#include <grp.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <pwd.h>
#include <unistd.h>

#include <vector>

namespace alibi::os {
namespace {

constexpr int kSnapLength = 262144;
constexpr int kLinktypeRaw = 101;

std::string flags_text(bpf_u_int32 flags) {
  std::vector<std::string> names;
  if ((flags & PCAP_IF_UP) != 0) names.emplace_back("Up");
  if ((flags & PCAP_IF_RUNNING) != 0) names.emplace_back("Running");
  if ((flags & PCAP_IF_LOOPBACK) != 0) names.emplace_back("Loopback");
  const bool wireless = (flags & PCAP_IF_WIRELESS) != 0;
  if (wireless) names.emplace_back("Wireless");
  switch (flags & PCAP_IF_CONNECTION_STATUS) {
    case PCAP_IF_CONNECTION_STATUS_CONNECTED:
      names.emplace_back(wireless ? "Associated" : "Connected");
      break;
    case PCAP_IF_CONNECTION_STATUS_DISCONNECTED:
      names.emplace_back(wireless ? "Not associated" : "Disconnected");
      break;
    case PCAP_IF_CONNECTION_STATUS_UNKNOWN:
      if (!wireless) names.emplace_back("Connection status unknown");
      break;
    default:
      break;
  }
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Result<std::string> capture_devices_text() {
  char error[PCAP_ERRBUF_SIZE] = {};
  pcap_if_t* all = nullptr;
  if (pcap_findalldevs(&all, error) != 0) return fail(error);
  std::string out;
  int number = 0;
  for (const pcap_if_t* one = all; one != nullptr; one = one->next) {
    out += fmt::format("{}.{}", ++number, one->name);
    if (one->description != nullptr) out += fmt::format(" ({})", one->description);
    out += fmt::format(" [{}]\n", flags_text(one->flags));
  }
  if (all != nullptr) pcap_freealldevs(all);
  return out;
}

Result<std::string> first_capture_device() {
  char error[PCAP_ERRBUF_SIZE] = {};
  pcap_if_t* all = nullptr;
  if (pcap_findalldevs(&all, error) != 0) return fail(error);
  const std::string name = all == nullptr ? "" : all->name;
  if (all != nullptr) pcap_freealldevs(all);
  if (name.empty()) return fail("no interfaces available for capture");
  return name;
}

Result<std::string> capture_device_named(const std::string& text) {
  constexpr std::size_t kMostDigits = 6;
  const bool number = !text.empty() && text.size() <= kMostDigits &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  if (!number || if_nametoindex(text.c_str()) != 0) return text;
  char error[PCAP_ERRBUF_SIZE] = {};
  pcap_if_t* all = nullptr;
  if (pcap_findalldevs(&all, error) != 0) return fail(error);
  const pcap_if_t* one = all;
  for (int left = std::stoi(text); one != nullptr && left != 1; --left) one = one->next;
  const std::string name = one == nullptr ? "" : one->name;
  if (all != nullptr) pcap_freealldevs(all);
  if (name.empty()) return fail("Invalid adapter index");
  return name;
}

std::string capture_library_version() { return pcap_lib_version(); }

Result<int> link_type_named(const std::string& name) {
  const int dlt = pcap_datalink_name_to_val(name.c_str());
  if (dlt < 0) return fail("invalid data link type " + name);
  return dlt;
}

std::string link_type_text(int dlt) {
  const char* name = pcap_datalink_val_to_name(dlt);
  if (name == nullptr) return std::to_string(dlt);
  return fmt::format("{} ({})", name, pcap_datalink_val_to_description_or_dlt(dlt));
}

int linktype_of_dlt(int dlt) { return dlt == DLT_RAW ? kLinktypeRaw : dlt; }
int dlt_of_linktype(int linktype) { return linktype == kLinktypeRaw ? DLT_RAW : linktype; }

struct OfflineFilter::Program {
  bpf_program code{};
  ~Program() { pcap_freecode(&code); }
};

OfflineFilter::OfflineFilter(std::unique_ptr<Program> program) : program_(std::move(program)) {}
OfflineFilter::OfflineFilter(OfflineFilter&&) noexcept = default;
OfflineFilter& OfflineFilter::operator=(OfflineFilter&&) noexcept = default;
OfflineFilter::~OfflineFilter() = default;

Result<OfflineFilter> OfflineFilter::compile(const std::string& expression, int linktype,
                                             bool optimize) {
  const std::unique_ptr<pcap_t, void (*)(pcap_t*)> handle(
      pcap_open_dead(dlt_of_linktype(linktype), kSnapLength), pcap_close);
  auto program = std::make_unique<Program>();
  if (!handle) return fail("libpcap: out of memory");
  if (pcap_compile(handle.get(), &program->code, expression.c_str(), optimize ? 1 : 0,
                   PCAP_NETMASK_UNKNOWN) != 0)
    return fail(pcap_geterr(handle.get()));
  return OfflineFilter(std::move(program));
}

bool OfflineFilter::passes(std::span<const std::uint8_t> bytes,
                           std::uint32_t original_length) const {
  return bpf_filter(program_->code.bf_insns, bytes.data(), original_length,
                    static_cast<unsigned>(bytes.size())) != 0;
}

void OfflineFilter::dump(int level) const { bpf_dump(&program_->code, level); }

int snapshot_length_of(const std::string& path) {
  if (path == "-") return 0;
  char error[PCAP_ERRBUF_SIZE] = {};
  pcap_t* handle = pcap_open_offline(path.c_str(), error);
  if (handle == nullptr) return 0;
  const int length = pcap_snapshot(handle);
  pcap_close(handle);
  return length;
}

Result<void> give_file(const std::string& path, const std::string& name) {
  const passwd* user = getpwnam(name.c_str());
  if (user == nullptr) return fail("Couldn't find user '" + name + "'");
  if (::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0)
    return fail_errno("cannot give " + path + " to " + name);
  return {};
}

Result<void> become_user(const std::string& name) {
  const passwd* user = getpwnam(name.c_str());
  if (user == nullptr) return fail("Couldn't find user '" + name + "'");
  if (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
      setuid(user->pw_uid) != 0)
    return fail_errno("Couldn't change to '" + name + "'");
  return {};
}

}  // namespace alibi::os
