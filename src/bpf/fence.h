// SPDX-License-Identifier: Apache-2.0
// Loads the fence's programs and maps, hangs the programs on interfaces, and hands out the records
// that keeper and programs share. What closes and opens is in abi_fence.h and the programs.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "base/result.h"
#include "base/strong.h"
#include "bpf/abi_fence.h"
#include "os/fd.h"
#include "wire/address.h"

namespace alibi::bpf {

/// Made once, before the processes that use it are forked: maps, programs and the mapped records
/// are inherited by each. Destroying it takes nothing off the interfaces: a fence outlives its
/// keepers, and an orderly end calls detach_all().
class Fence {
 public:
  /// `records`: instances; `addresses`: pairs of an address and an interface; `handle`: of the
  /// programs on each interface, where others of another handle may be beside them. Error: why not.
  static Result<std::unique_ptr<Fence>> load(std::uint32_t records, std::uint32_t addresses,
                                             std::uint32_t handle);
  /// That of the program before this one, of what its maps() gave: records and keys as they are,
  /// programs only where they are already.
  static Result<std::unique_ptr<Fence>> adopt(std::vector<os::Fd> maps, std::uint32_t records,
                                              std::uint32_t handle);
  ~Fence();
  Fence(const Fence&) = delete;
  Fence& operator=(const Fence&) = delete;

  /// Descriptors: what gets over exec.
  std::vector<int> maps() const;
  static constexpr std::size_t kMaps = 3;

  std::uint32_t size() const { return records_; }
  alibi_fence& record(std::size_t index) const { return mapping_[index]; }

  /// Both programs on an interface of this network namespace, in the place of what an earlier run
  /// may have left there. Again is no harm.
  Result<void> attach(IfIndex index);
  void detach(IfIndex index) const;
  /// The interfaces that the maps name, whichever process put the programs there.
  std::set<std::uint32_t> interfaces() const;
  /// From all of those that `staying` does not name; null: from all.
  void detach_but(const Fence* staying);
  void detach_all() { detach_but(nullptr); }

  Result<void> add(const alibi_fence_router_key& key, const alibi_fence_router& router);
  void remove(const alibi_fence_router_key& key);
  Result<void> add(const alibi_fence_address_key& key, std::uint32_t record);
  void remove(const alibi_fence_address_key& key);

  /// Descriptor of a loaded program, for BPF_PROG_TEST_RUN.
  int program(alibi_fence_way way) const;

 private:
  struct Loaded;
  static Result<std::unique_ptr<Fence>> map(std::unique_ptr<Loaded> loaded, std::uint32_t records,
                                            std::uint32_t handle);
  Fence(std::unique_ptr<Loaded> loaded, std::uint32_t records, std::uint32_t handle,
        alibi_fence* mapping);

  std::unique_ptr<Loaded> loaded_;
  std::uint32_t records_ = 0;
  std::uint32_t handle_ = 0;
  alibi_fence* mapping_ = nullptr;
};

alibi_fence_address_key address_key(IfIndex index, const wire::IpAddress& address);

}  // namespace alibi::bpf
