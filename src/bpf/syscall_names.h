// SPDX-License-Identifier: Apache-2.0
// System calls by number and what the recorder must know of them, for the machine it runs on.
#pragma once

#include <cstdint>
#include <string_view>

namespace alibi::bpf {

/// "write" for 1 on x86-64; empty for a number that the C library's headers do not have.
std::string_view syscall_name(std::int32_t number);

/// The first argument is a file descriptor that is being read, written or synchronised.
bool takes_descriptor(std::string_view name);

/// Data goes out through that descriptor: write, sendto, fsync...
bool writes(std::string_view name);

/// Waiting in it is what a daemon does when there is nothing to do: epoll_wait, nanosleep...
bool is_idle_wait(std::string_view name);

}  // namespace alibi::bpf
