// SPDX-License-Identifier: Apache-2.0
// The shared mapping and its layout.
#include "daemon/shared_page.h"

#include <sys/mman.h>

#include <memory>
#include <utility>

namespace alibi::daemon {
namespace {

constexpr std::size_t aligned(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

template <typename T>
T* place(std::byte*& cursor, std::size_t count) {
  auto* first = reinterpret_cast<T*>(cursor);
  std::uninitialized_default_construct_n(first, count);
  cursor += aligned(sizeof(T) * count);
  return first;
}

}  // namespace

Result<SharedPage> SharedPage::create(std::size_t instances, std::size_t scripts) {
  SharedPage page;
  page.bytes_ = aligned(sizeof(Dropped)) + aligned(sizeof(InstanceState) * instances) +
                aligned(sizeof(ScriptRecord) * scripts);
  void* memory =
      ::mmap(nullptr, page.bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return fail_errno("cannot map memory shared between processes");
  page.mapping_ = memory;
  auto* cursor = static_cast<std::byte*>(memory);
  page.dropped_ = place<Dropped>(cursor, 1);
  page.instances_ = place<InstanceState>(cursor, instances);
  page.scripts_ = place<ScriptRecord>(cursor, scripts);
  return page;
}

SharedPage::SharedPage(SharedPage&& other) noexcept
    : mapping_(std::exchange(other.mapping_, nullptr)),
      bytes_(other.bytes_),
      dropped_(other.dropped_),
      instances_(other.instances_),
      scripts_(other.scripts_) {}

SharedPage::~SharedPage() {
  if (mapping_ != nullptr) ::munmap(mapping_, bytes_);
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

}  // namespace alibi::daemon
