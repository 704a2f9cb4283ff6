// SPDX-License-Identifier: Apache-2.0
// The shared maps are made once; each group's skeleton is opened, given those maps, loaded and
// attached by itself, so that a group this kernel refuses takes nothing else with it.
#include "bpf/loader.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <numeric>
#include <string>

#include "bpf/block.skel.h"
#include "bpf/complaint.h"
#include "bpf/drops.skel.h"
#include "bpf/memory.skel.h"
#include "bpf/process.skel.h"
#include "bpf/sched.skel.h"
#include "bpf/signal.skel.h"
#include "bpf/silences.skel.h"
#include "bpf/ticks.h"
#include "bpf/ticks.skel.h"
#include "os/fd.h"

namespace alibi::bpf {
namespace {

constexpr std::size_t kRingBytes = 2U * 1024 * 1024;
constexpr std::uint32_t kWatchedMax = 4096;
constexpr std::array<const char*, ALIBI_SOURCES> kSourceNames = {
    "sched", "signal", "process", "memory", "block", "drops", "ticks"};

}  // namespace

struct Probes::State {
  os::Fd watched, events, lost, sent, cpus;
  sched_bpf* sched = nullptr;
  signal_bpf* signal = nullptr;
  process_bpf* process = nullptr;
  memory_bpf* memory = nullptr;
  block_bpf* block = nullptr;
  drops_bpf* drops = nullptr;
  ticks_bpf* ticks = nullptr;
  silences_bpf* silences = nullptr;  ///< in the place of `ticks`
  std::vector<bpf_link*> tick_links;
  ring_buffer* ring = nullptr;
  const std::function<void(std::span<const std::uint8_t>)>* each = nullptr;
  std::array<std::string, ALIBI_SOURCES> absent;  ///< why; empty: attached

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    ring_buffer__free(ring);
    sched_bpf::destroy(sched);
    signal_bpf::destroy(signal);
    process_bpf::destroy(process);
    memory_bpf::destroy(memory);
    block_bpf::destroy(block);
    drops_bpf::destroy(drops);
    for (bpf_link* link : tick_links) bpf_link__destroy(link);
    ticks_bpf::destroy(ticks);
    silences_bpf::destroy(silences);
  }
};

namespace {

int hand_over(void* context, void* data, std::size_t size) {
  auto* state = static_cast<Probes::State*>(context);
  (*state->each)({static_cast<const std::uint8_t*>(data), size});
  return 0;
}

/// Leaves out a program whose tracepoint this kernel lacks; false when it has it.
bool leave_out_absent(bpf_program* program, const char* tracepoint) {
  const bool absent = libbpf_find_vmlinux_btf_id(tracepoint, BPF_TRACE_RAW_TP) < 0;
  if (absent) bpf_program__set_autoload(program, false);
  return absent;
}

/// What a group can do without. Linux 5.17 has mm_vmscan_throttled, 6.5 block_io_start.
void choose_programs(memory_bpf& memory) {
  leave_out_absent(memory.progs.on_throttled, "mm_vmscan_throttled");
}
void choose_programs(block_bpf& block) {
  if (!leave_out_absent(block.progs.on_io_start, "block_io_start"))
    bpf_program__set_autoload(block.progs.on_issue, false);
}
void choose_programs(ticks_bpf& ticks) {
  ticks.rodata->silence_ns = static_cast<std::uint64_t>(kSilence.count());
}
void choose_programs(silences_bpf& silences) {
  silences.rodata->silence_ns = static_cast<std::uint64_t>(kSilence.count());
}
template <typename Skeleton>
void choose_programs(Skeleton&) {}

/// Opens one group's skeleton, gives it the shared maps, loads and attaches it. The reason why it
/// is absent, or an empty string.
template <typename Skeleton>
std::string attach_group(const Probes::State& state, Skeleton*& skeleton) {
  listen_to_libbpf();
  skeleton = Skeleton::open();
  if (skeleton == nullptr) return reason(errno);
  int error = 0;
  if (skeleton->rodata->abi_version != ALIBI_ABI_VERSION) {
    error = EPROTO;
  } else {
    error = -bpf_map__reuse_fd(skeleton->maps.watched, state.watched.get());
    if (error == 0) error = -bpf_map__reuse_fd(skeleton->maps.events, state.events.get());
    if (error == 0) error = -bpf_map__reuse_fd(skeleton->maps.lost, state.lost.get());
    if (error == 0) error = -bpf_map__reuse_fd(skeleton->maps.sent, state.sent.get());
    if constexpr (requires { skeleton->maps.cpus; }) {
      if (error == 0) error = -bpf_map__reuse_fd(skeleton->maps.cpus, state.cpus.get());
    }
    choose_programs(*skeleton);
    if (error == 0) error = -Skeleton::load(skeleton);
    if (error == 0) error = -Skeleton::attach(skeleton);
  }
  if (error == 0) return {};
  const std::string why = reason(error);
  Skeleton::destroy(skeleton);
  skeleton = nullptr;
  return why;
}

/// The ticks' program hangs on an event of each CPU, which libbpf does not open. Without BTF it is
/// one that tells silences alone.
std::string start_ticks(Probes::State& state) {
  if (!attach_group(state, state.ticks).empty()) {
    std::string absent = attach_group(state, state.silences);
    if (!absent.empty()) return absent;
  }
  auto links = attach_ticks(state.ticks != nullptr ? state.ticks->progs.on_tick
                                                   : state.silences->progs.on_tick);
  if (!links) return links.error().message;
  state.tick_links = std::move(*links);
  return {};
}

os::Fd make_map(enum bpf_map_type type, const char* name, std::uint32_t key, std::uint32_t value,
                std::uint32_t entries) {
  return os::Fd(bpf_map_create(type, name, key, value, entries, nullptr));
}

}  // namespace

Probes::Probes(std::unique_ptr<State> state) : state_(std::move(state)) {}
Probes::Probes(Probes&&) noexcept = default;
Probes& Probes::operator=(Probes&&) noexcept = default;
Probes::~Probes() = default;

Probes Probes::load() {
  listen_to_libbpf();
  auto state = std::make_unique<State>();
  state->watched = make_map(BPF_MAP_TYPE_HASH, "alibi_watched", 4, 4, kWatchedMax);
  state->events = make_map(BPF_MAP_TYPE_RINGBUF, "alibi_events", 0, 0, kRingBytes);
  state->lost = make_map(BPF_MAP_TYPE_PERCPU_ARRAY, "alibi_lost", 4, 8, ALIBI_SOURCES);
  state->sent = make_map(BPF_MAP_TYPE_PERCPU_ARRAY, "alibi_sent", 4, 8, ALIBI_SOURCES);
  state->cpus = make_map(BPF_MAP_TYPE_ARRAY, "alibi_cpus", 4, sizeof(alibi_cpu), ALIBI_CPUS);
  if (!state->watched.valid() || !state->events.valid() || !state->lost.valid() ||
      !state->sent.valid() || !state->cpus.valid()) {
    state->absent.fill(reason(errno));
    return Probes(std::move(state));
  }
  state->ring = ring_buffer__new(state->events.get(), hand_over, state.get(), nullptr);
  if (state->ring == nullptr) {
    state->absent.fill(reason(errno));
    return Probes(std::move(state));
  }
  // Processes before scheduling: a child that is not followed would be seen nowhere.
  state->absent[ALIBI_SOURCE_PROCESS] = attach_group(*state, state->process);
  state->absent[ALIBI_SOURCE_SIGNAL] = attach_group(*state, state->signal);
  state->absent[ALIBI_SOURCE_SCHED] = attach_group(*state, state->sched);
  state->absent[ALIBI_SOURCE_MEMORY] = attach_group(*state, state->memory);
  state->absent[ALIBI_SOURCE_BLOCK] = attach_group(*state, state->block);
  state->absent[ALIBI_SOURCE_DROPS] = attach_group(*state, state->drops);
  state->absent[ALIBI_SOURCE_TICKS] = start_ticks(*state);
  return Probes(std::move(state));
}

bool Probes::has(alibi_source source) const { return state_->absent[source].empty(); }

bool Probes::has_any() const {
  return std::any_of(state_->absent.begin(), state_->absent.end(),
                     [](const std::string& why) { return why.empty(); });
}

int Probes::fd() const {
  return state_->ring == nullptr ? -1 : ring_buffer__epoll_fd(state_->ring);
}

void Probes::drain(const std::function<void(std::span<const std::uint8_t>)>& each) {
  if (state_->ring == nullptr) return;
  state_->each = &each;
  ring_buffer__consume(state_->ring);
  state_->each = nullptr;
}

void Probes::watch(std::int32_t pid, alibi_role role) {
  if (!state_->watched.valid()) return;
  const std::uint32_t value = role;
  bpf_map_update_elem(state_->watched.get(), &pid, &value, BPF_ANY);
}

void Probes::forget(std::int32_t pid) {
  if (state_->watched.valid()) bpf_map_delete_elem(state_->watched.get(), &pid);
}

void Probes::watch_name(std::string_view comm) {
  if (!has(ALIBI_SOURCE_PROCESS)) return;
  std::array<char, ALIBI_COMM> key{};
  comm.copy(key.data(), key.size() - 1);
  const std::uint32_t value = ALIBI_ROLE_WATCHED;
  bpf_map__update_elem(state_->process->maps.names, key.data(), key.size(), &value, sizeof value,
                       BPF_ANY);
}

namespace {

void clear_map(const bpf_map* map, std::size_t key_bytes) {
  std::vector<std::uint8_t> key(key_bytes);
  while (bpf_map__get_next_key(map, nullptr, key.data(), key.size()) == 0 &&
         bpf_map__delete_elem(map, key.data(), key.size(), 0) == 0) {
  }
}

}  // namespace

void Probes::count_disk_users(bool on) {
  if (!has(ALIBI_SOURCE_BLOCK)) return;
  block_bpf& block = *state_->block;
  block.bss->armed = 0;
  clear_map(block.maps.requests, sizeof(std::uint64_t));
  clear_map(block.maps.uses, sizeof(alibi_use_key));
  block.bss->armed = on ? 1 : 0;
}

std::vector<std::pair<alibi_use_key, alibi_use>> Probes::disk_users() const {
  std::vector<std::pair<alibi_use_key, alibi_use>> users;
  if (!has(ALIBI_SOURCE_BLOCK)) return users;
  const bpf_map* map = state_->block->maps.uses;
  alibi_use_key key{};
  const alibi_use_key* last = nullptr;
  while (users.size() < bpf_map__max_entries(map) &&
         bpf_map__get_next_key(map, last, &key, sizeof key) == 0) {
    alibi_use use{};
    if (bpf_map__lookup_elem(map, &key, sizeof key, &use, sizeof use, 0) == 0)
      users.emplace_back(key, use);
    last = &key;
  }
  return users;
}

namespace {

/// The sum over all CPUs.
std::uint64_t count_in(const os::Fd& map, std::uint32_t key) {
  const int cpus = libbpf_num_possible_cpus();
  std::vector<std::uint64_t> counts(cpus > 0 ? static_cast<std::size_t>(cpus) : 1);
  if (bpf_map_lookup_elem(map.get(), &key, counts.data()) != 0) return 0;
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

}  // namespace

std::uint64_t Probes::lost(alibi_source source) const {
  return has(source) ? count_in(state_->lost, source) : 0;
}

std::uint64_t Probes::sent(alibi_source source) const {
  return has(source) ? count_in(state_->sent, source) : 0;
}

void Probes::stop() {
  if (state_->process != nullptr) process_bpf::detach(state_->process);
  if (state_->signal != nullptr) signal_bpf::detach(state_->signal);
  if (state_->sched != nullptr) sched_bpf::detach(state_->sched);
  if (state_->memory != nullptr) memory_bpf::detach(state_->memory);
  if (state_->block != nullptr) block_bpf::detach(state_->block);
  if (state_->drops != nullptr) drops_bpf::detach(state_->drops);
  for (bpf_link* link : state_->tick_links) bpf_link__destroy(link);
  state_->tick_links.clear();
}

const char* Probes::name(alibi_source source) { return kSourceNames[source]; }

std::vector<evidence::SourceLoss> Probes::losses() const {
  std::vector<evidence::SourceLoss> losses;
  for (std::uint32_t source = 0; source < ALIBI_SOURCES; ++source) {
    if (!state_->absent[source].empty()) {
      losses.push_back({kSourceNames[source], 0, state_->absent[source]});
      continue;
    }
    const std::uint64_t sum = lost(static_cast<alibi_source>(source));
    if (sum > 0)
      losses.push_back({kSourceNames[source], sum,
                        "the event ring or the watched set was full: the recorder did not read "
                        "in time"});
  }
  return losses;
}

}  // namespace alibi::bpf
