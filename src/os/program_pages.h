// SPDX-License-Identifier: Apache-2.0
// The pages of the program and its libraries that this process has mapped.
#pragma once

namespace alibi::os {

/// Unmaps all code and constants, so that what only the start needed no longer counts as ours: the
/// rest comes back on its next use, from the page cache, or from the disk if it has left that. Not
/// for a process that locks its memory in order to wait for no page.
void release_program_pages();

}  // namespace alibi::os
