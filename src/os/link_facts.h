// SPDX-License-Identifier: Apache-2.0
// Every interface of this host, in every network namespace that can be entered, and what joins
// them.
#pragma once

#include "base/result.h"
#include "hops/links.h"

namespace alibi::os {

/// Named namespaces, those of processes, and the caller's own. What cannot be entered or read (the
/// caller may not be root) is in `unseen`; an error only when not even the own one can be read.
/// `ovsdb`: socket of Open vSwitch's database, asked where it is there.
Result<hops::Host> link_facts(const std::string& host_name, const std::string& ovsdb);

}  // namespace alibi::os
