// SPDX-License-Identifier: Apache-2.0
// clsact and two direct-action filters an interface, at a preference and handle of their own.
#include "bpf/fence.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "bpf/complaint.h"
#include "bpf/fence.skel.h"

namespace alibi::bpf {
namespace {

// First in line: what another program accepts ends the line, and we would not be asked.
constexpr std::uint32_t kPreference = 1;

std::size_t mapped_bytes(std::uint32_t records) { return records * sizeof(alibi_fence); }

bpf_tc_hook hook(IfIndex index, bpf_tc_attach_point point) {
  bpf_tc_hook h{};
  h.sz = sizeof h;
  h.ifindex = index.value;
  h.attach_point = point;
  return h;
}

constexpr bpf_tc_attach_point point_of(alibi_fence_way way) {
  return way == ALIBI_FENCE_IN ? BPF_TC_INGRESS : BPF_TC_EGRESS;
}

bpf_tc_opts place(std::uint32_t handle) {
  bpf_tc_opts options{};
  options.sz = sizeof options;
  options.handle = handle;
  options.priority = kPreference;
  return options;
}

/// Programs at our preference and handle, both ways.
bool attached(IfIndex index, std::uint32_t handle) {
  bool all = true;
  for (const auto way : {ALIBI_FENCE_IN, ALIBI_FENCE_OUT}) {
    const bpf_tc_hook at = hook(index, point_of(way));
    bpf_tc_opts options = place(handle);
    all = bpf_tc_query(&at, &options) == 0 && all;
  }
  return all;
}

}  // namespace

/// By a skeleton, or adopted.
struct Fence::Loaded {
  fence_bpf* skeleton = nullptr;
  std::vector<os::Fd> adopted;
  int fences = -1, routers = -1, addresses = -1;
  Loaded() = default;
  Loaded(const Loaded&) = delete;
  Loaded& operator=(const Loaded&) = delete;
  ~Loaded() {
    if (skeleton != nullptr) fence_bpf::destroy(skeleton);
  }
};

Fence::Fence(std::unique_ptr<Loaded> loaded, std::uint32_t records, std::uint32_t handle,
             alibi_fence* mapping)
    : loaded_(std::move(loaded)), records_(records), handle_(handle), mapping_(mapping) {}

Fence::~Fence() { ::munmap(mapping_, mapped_bytes(records_)); }

Result<std::unique_ptr<Fence>> Fence::load(std::uint32_t records, std::uint32_t addresses,
                                           std::uint32_t handle) {
  listen_to_libbpf();
  auto loaded = std::make_unique<Loaded>();
  fence_bpf* skeleton = loaded->skeleton = fence_bpf::open();
  if (skeleton == nullptr) return fail(reason(errno, false));
  if (skeleton->rodata->abi_version != ALIBI_FENCE_ABI_VERSION) return fail("other ABI version");
  records = std::max(records, 1U);
  // Of routers: at most one entry where it hears and one where it speaks.
  int error = -bpf_map__set_max_entries(skeleton->maps.fences, records);
  if (error == 0) error = -bpf_map__set_max_entries(skeleton->maps.routers, records * 2);
  if (error == 0) {
    error = -bpf_map__set_max_entries(skeleton->maps.addresses, std::max(addresses, 1U));
  }
  if (error == 0) error = -fence_bpf::load(skeleton);
  if (error != 0) return fail(reason(error, false));
  loaded->fences = bpf_map__fd(skeleton->maps.fences);
  loaded->routers = bpf_map__fd(skeleton->maps.routers);
  loaded->addresses = bpf_map__fd(skeleton->maps.addresses);
  return map(std::move(loaded), records, handle);
}

Result<std::unique_ptr<Fence>> Fence::adopt(std::vector<os::Fd> maps, std::uint32_t records,
                                            std::uint32_t handle) {
  if (maps.size() != kMaps) return fail("another number of maps than expected");
  records = std::max(records, 1U);
  bpf_map_info info{};
  std::uint32_t size = sizeof info;
  if (bpf_obj_get_info_by_fd(maps[0].get(), &info, &size) != 0 ||
      info.value_size != sizeof(alibi_fence) || info.max_entries != records) {
    return fail("the fence of the program before is another one");
  }
  auto loaded = std::make_unique<Loaded>();
  loaded->fences = maps[0].get();
  loaded->routers = maps[1].get();
  loaded->addresses = maps[2].get();
  loaded->adopted = std::move(maps);
  return map(std::move(loaded), records, handle);
}

Result<std::unique_ptr<Fence>> Fence::map(std::unique_ptr<Loaded> loaded, std::uint32_t records,
                                          std::uint32_t handle) {
  void* memory = ::mmap(nullptr, mapped_bytes(records), PROT_READ | PROT_WRITE, MAP_SHARED,
                        loaded->fences, 0);
  if (memory == MAP_FAILED) return fail("records cannot be mapped (" + reason(errno, false) + ")");
  return std::unique_ptr<Fence>(
      new Fence(std::move(loaded), records, handle, static_cast<alibi_fence*>(memory)));
}

std::vector<int> Fence::maps() const {
  return {loaded_->fences, loaded_->routers, loaded_->addresses};
}

int Fence::program(alibi_fence_way way) const {
  const auto& programs = loaded_->skeleton->progs;
  return bpf_program__fd(way == ALIBI_FENCE_IN ? programs.alibi_fence_in
                                               : programs.alibi_fence_out);
}

Result<void> Fence::attach(IfIndex index) {
  listen_to_libbpf();
  if (loaded_->skeleton == nullptr) {
    if (attached(index, handle_)) return {};
    return fail("the programs were those of the program before: a reload brings new ones");
  }
  bpf_tc_hook both =
      hook(index, static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS));
  const int made = -bpf_tc_hook_create(&both);
  if (made != 0 && made != EEXIST) return fail("no clsact qdisc: " + reason(made, false));
  for (const auto way : {ALIBI_FENCE_IN, ALIBI_FENCE_OUT}) {
    const bpf_tc_hook at = hook(index, point_of(way));
    bpf_tc_opts options = place(handle_);
    options.prog_fd = program(way);
    options.flags = BPF_TC_F_REPLACE;
    const int error = -bpf_tc_attach(&at, &options);
    if (error != 0) {
      detach(index);
      return fail((way == ALIBI_FENCE_IN ? "on ingress: " : "on egress: ") + reason(error, false));
    }
  }
  return {};
}

void Fence::detach(IfIndex index) const {
  for (const auto way : {ALIBI_FENCE_IN, ALIBI_FENCE_OUT}) {
    const bpf_tc_hook at = hook(index, point_of(way));
    bpf_tc_opts options = place(handle_);
    bpf_tc_detach(&at, &options);  // the interface may have gone meanwhile
  }
}

std::set<std::uint32_t> Fence::interfaces() const {
  std::set<std::uint32_t> indices;
  const int routers = loaded_->routers;
  alibi_fence_router_key router{};
  for (const void* from = nullptr; bpf_map_get_next_key(routers, from, &router) == 0;
       from = &router) {
    indices.insert(router.ifindex);
  }
  const int addresses = loaded_->addresses;
  alibi_fence_address_key address{};
  for (const void* from = nullptr; bpf_map_get_next_key(addresses, from, &address) == 0;
       from = &address) {
    indices.insert(address.ifindex);
  }
  return indices;
}

void Fence::detach_but(const Fence* staying) {
  const auto kept = staying == nullptr ? std::set<std::uint32_t>() : staying->interfaces();
  for (const auto index : interfaces()) {
    if (kept.count(index) == 0) detach(IfIndex(static_cast<int>(index)));
  }
}

Result<void> Fence::add(const alibi_fence_router_key& key, const alibi_fence_router& router) {
  if (bpf_map_update_elem(loaded_->routers, &key, &router, BPF_ANY) < 0) {
    return fail_errno("the fence has no room for another router");
  }
  return {};
}

void Fence::remove(const alibi_fence_router_key& key) {
  bpf_map_delete_elem(loaded_->routers, &key);
}

Result<void> Fence::add(const alibi_fence_address_key& key, std::uint32_t record) {
  if (bpf_map_update_elem(loaded_->addresses, &key, &record, BPF_ANY) < 0) {
    return fail_errno("the fence has no room for another address");
  }
  return {};
}

void Fence::remove(const alibi_fence_address_key& key) {
  bpf_map_delete_elem(loaded_->addresses, &key);
}

alibi_fence_address_key address_key(IfIndex index, const wire::IpAddress& address) {
  alibi_fence_address_key key{};
  key.ifindex = static_cast<std::uint32_t>(index.value);
  key.family = static_cast<std::uint32_t>(address.family);
  std::memcpy(key.address, address.bytes.data(), sizeof key.address);
  return key;
}

}  // namespace alibi::bpf
