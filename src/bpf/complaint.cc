// SPDX-License-Identifier: Apache-2.0
// libbpf reports through one print function a process.
#include "bpf/complaint.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstring>

namespace alibi::bpf {
namespace {

std::string& last_complaint() {
  static std::string text;
  return text;
}

/// libbpf's warnings are kept, not printed: the first one of a failing load says why.
int keep_warning(enum libbpf_print_level level, const char* format, va_list arguments) {
  if (level != LIBBPF_WARN || !last_complaint().empty()) return 0;
  std::array<char, 512> line{};
  std::vsnprintf(line.data(), line.size(), format, arguments);
  std::string text(line.data());
  while (!text.empty() && text.back() == '\n') text.pop_back();
  last_complaint() = text;
  return 0;
}

}  // namespace

void listen_to_libbpf() {
  libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
  libbpf_set_print(keep_warning);
  last_complaint().clear();
}

std::string reason(int error, bool needs_btf) {
  const std::string what = std::strerror(error);
  // EACCES beside a complaint is the verifier's: it refuses programs, not users.
  if (error == EPERM || (error == EACCES && last_complaint().empty()))
    return fmt::format("BPF is not allowed to this user ({}): run as root or with CAP_BPF and "
                       "{}", what, needs_btf ? "CAP_PERFMON" : "CAP_NET_ADMIN");
  if (needs_btf && access("/sys/kernel/btf/vmlinux", R_OK) != 0)
    return "no BTF in this kernel (/sys/kernel/btf/vmlinux): CONFIG_DEBUG_INFO_BTF is needed";
  return last_complaint().empty() ? what : fmt::format("{} ({})", what, last_complaint());
}

}  // namespace alibi::bpf
