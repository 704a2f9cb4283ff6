// SPDX-License-Identifier: Apache-2.0
// What `alibi doctor` judges, read from this host; changes nothing. What may not be read, or is not
// there, is in Facts::unread or a field without value.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "doctor/facts.h"

namespace alibi::os {

/// Takes about `sample` longer than its reading: disks and stolen time are seen over that time. An
/// error only when not even the interfaces of the own namespace can be read.
Result<doctor::Facts> doctor_facts(const std::string& host_name, std::chrono::milliseconds sample);

}  // namespace alibi::os
