// SPDX-License-Identifier: Apache-2.0
// madvise(2) over the segments that nobody writes, as dl_iterate_phdr(3) lists them. Segments that
// were relocated are writable ones in the file, and stay.
#include "os/program_pages.h"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace alibi::os {
namespace {

int release(dl_phdr_info* object, std::size_t, void*) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    const std::uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
    // Refused (memory that is locked, the vdso): it stays, and nothing is lost.
    static_cast<void>(::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED));
  }
  return 0;
}

}  // namespace

void release_program_pages() { ::dl_iterate_phdr(release, nullptr); }

}  // namespace alibi::os
