// SPDX-License-Identifier: Apache-2.0
// Loads and attaches the BPF program groups, keeps the watched set, and hands out the raw records.
// What cannot be loaded (no root, no BTF, another kernel) is a named loss, never an error.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "bpf/abi_memory_io.h"
#include "evidence/recording.h"

namespace alibi::bpf {

/// One set of programs and its event ring; one thread. Detaches everything when destroyed.
class Probes {
 public:
  static Probes load();
  Probes(Probes&&) noexcept;
  Probes& operator=(Probes&&) noexcept;
  ~Probes();

  /// True when the group of that source is attached.
  bool has(alibi_source source) const;
  bool has_any() const;
  /// Readable when records wait; -1 without BPF.
  int fd() const;

  /// Calls `each` with every waiting record (an alibi_header and what its kind says).
  /// The bytes are valid during the call only.
  void drain(const std::function<void(std::span<const std::uint8_t>)>& each);

  void watch(std::int32_t pid, alibi_role role);
  void forget(std::int32_t pid);
  /// Processes that take this command name (its first 15 letters) by an exec are watched from then
  /// on in the role ALIBI_ROLE_WATCHED, and told by the record of that exec.
  void watch_name(std::string_view comm);

  /// Begins (anew) or ends the counting of who uses which disk.
  void count_disk_users(bool on);
  /// The counts so far; empty when they are not kept.
  std::vector<std::pair<alibi_use_key, alibi_use>> disk_users() const;

  /// How many events of that source had no room so far.
  std::uint64_t lost(alibi_source source) const;
  /// How many the kernel's side says it handed over so far; of ALIBI_SOURCE_BLOCK, requests that it
  /// booked (see disk_users()).
  std::uint64_t sent(alibi_source source) const;
  /// Detaches all programs: nothing more comes, the counts are final.
  void stop();
  /// The source's name in losses.
  static const char* name(alibi_source source);

  /// Absent groups, and what the ring had no room for so far.
  std::vector<evidence::SourceLoss> losses() const;

  struct State;

 private:
  explicit Probes(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace alibi::bpf
