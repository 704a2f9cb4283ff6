// SPDX-License-Identifier: Apache-2.0
// The shared mapping and its layout.
#include "daemon/shared_page.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <utility>

namespace alibi::daemon {
namespace {

constexpr std::size_t aligned(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

template <typename T>
T* place(std::byte*& cursor, std::size_t count, bool fresh) {
  auto* first = reinterpret_cast<T*>(cursor);
  if (fresh) std::uninitialized_default_construct_n(first, count);
  cursor += aligned(sizeof(T) * count);
  return first;
}

}  // namespace

Result<SharedPage> SharedPage::create(std::size_t instances, std::size_t tracked) {
  os::Fd memory(::memfd_create("alibi-page", MFD_CLOEXEC));
  if (!memory.valid()) return fail_errno("cannot create memory shared between processes");
  return map(std::move(memory), instances, tracked, true);
}

Result<SharedPage> SharedPage::adopt(os::Fd memory, std::size_t instances, std::size_t tracked) {
  return map(std::move(memory), instances, tracked, false);
}

Result<SharedPage> SharedPage::map(os::Fd memory, std::size_t instances, std::size_t tracked,
                                   bool fresh) {
  SharedPage page(std::move(memory));
  page.bytes_ = aligned(sizeof(Dropped)) + aligned(sizeof(*page.handover_)) +
                aligned(sizeof(Household)) +
                aligned(sizeof(InstanceState) * instances) +
                aligned(sizeof(TrackRecord) * tracked) +
                aligned(sizeof(RareInstanceState) * instances);
  const auto size = static_cast<off_t>(page.bytes_);
  struct stat now {};
  if (fresh && ::ftruncate(page.memory_.get(), size) != 0) {
    return fail_errno("cannot size memory shared between processes");
  }
  if (::fstat(page.memory_.get(), &now) != 0 || now.st_size != size) {
    return fail("memory shared between processes has another size than expected");
  }
  void* mapping =
      ::mmap(nullptr, page.bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, page.memory_.get(), 0);
  if (mapping == MAP_FAILED) return fail_errno("cannot map memory shared between processes");
  page.mapping_ = mapping;
  auto* cursor = static_cast<std::byte*>(mapping);
  page.dropped_ = place<Dropped>(cursor, 1, fresh);
  page.handover_ = place<std::atomic<HandoverStage>>(cursor, 1, fresh);
  page.household_ = place<Household>(cursor, 1, fresh);
  page.instances_ = place<InstanceState>(cursor, instances, fresh);
  page.tracked_ = place<TrackRecord>(cursor, tracked, fresh);
  page.tracked_count_ = tracked;
  // Last, and not written even now: new memory is zero, which is what a record without one is.
  page.rare_ = place<RareInstanceState>(cursor, instances, false);
  return page;
}

SharedPage::SharedPage(SharedPage&& other) noexcept
    : memory_(std::move(other.memory_)),
      mapping_(std::exchange(other.mapping_, nullptr)),
      bytes_(other.bytes_),
      dropped_(other.dropped_),
      handover_(other.handover_),
      household_(other.household_),
      instances_(other.instances_),
      rare_(other.rare_),
      tracked_(other.tracked_),
      tracked_count_(other.tracked_count_) {}

SharedPage::~SharedPage() {
  if (mapping_ != nullptr) ::munmap(mapping_, bytes_);
}

Counters SharedPage::counters(std::size_t index) const {
  return {instance(index).traffic.read().value_or(Traffic{}),
          rare(index).refusals.read().value_or(Refusals{})};
}

void SharedPage::set_source(std::size_t index, const wire::IpAddress& source) const {
  InstanceState& record = instance(index);
  // A writer that died in the middle left it odd: this one starts over from there.
  const auto version = record.source_version.load() | 1U;
  record.source_version.store(version);
  record.source = source;
  record.source_version.store(version + 1);
}

wire::IpAddress SharedPage::source(std::size_t index) const {
  const InstanceState& record = instance(index);
  // Read after the writer's death only, or twice the same: one look is enough.
  if ((record.source_version.load() & 1U) != 0) return {};
  return record.source;
}

void SharedPage::set_tracked(std::size_t index, const TrackState& state) const {
  TrackRecord& record = tracked_[index];
  const auto version = record.version.load(std::memory_order_relaxed) + 1;
  record.copies[version & 1U] = state;
  record.version.store(version, std::memory_order_release);
}

TrackState SharedPage::tracked(std::size_t index) const {
  const TrackRecord& record = tracked_[index];
  TrackState state;
  // Another turn only when a whole write fell into the look, which two in a row do not.
  for (int turn = 0; turn < 4; ++turn) {
    const auto version = record.version.load(std::memory_order_acquire);
    state = record.copies[version & 1U];
    std::atomic_thread_fence(std::memory_order_acquire);
    if (record.version.load(std::memory_order_relaxed) == version) break;
  }
  return state;
}

}  // namespace alibi::daemon
