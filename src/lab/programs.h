// SPDX-License-Identifier: Apache-2.0
// The real programs of the lab: which run where, and when they are up.
#pragma once

#include <string>

#include "base/instant.h"
#include "base/result.h"
#include "lab/host.h"
#include "lab/state.h"

namespace alibi::lab {

/// Starts every program that is not running, in an order that makes loadbalancer01 master.
Result<void> start_programs(Lab& lab);

/// What a healthy lab shows: the virtual address on loadbalancer01 only, a page through it.
struct Health {
  bool address_on_01 = false;
  bool address_on_02 = false;
  bool page = false;
  bool healthy() const { return address_on_01 && !address_on_02 && page; }
};
Health health(const Lab& lab);
/// Waits until health() is healthy and has stayed so for two advertisement intervals.
Result<void> await_healthy(const Lab& lab, Duration limit);

/// True while the host holds the virtual address on an interface.
bool has_virtual_address(const Lab& lab, const std::string& host);

/// The VRRP process of a host's keeper: keepalived's child, or the keeper process of alibi.
Result<ProcessRef> vrrp_process(Lab& lab, const std::string& host);

}  // namespace alibi::lab
