// SPDX-License-Identifier: Apache-2.0
#include "doctor/diagnose.h"

#include <algorithm>

#include "doctor/checks.h"

namespace alibi::doctor {

std::vector<Finding> diagnose(const Facts& facts) {
  Findings found;
  check_guests(facts, found);
  check_bridges(facts, found);
  check_addresses(facts, found);
  check_firewall(facts, found);
  check_keepers(facts, found);
  check_log(facts, found);
  check_links(facts, found);
  check_mtu(facts, found);
  check_machine(facts, found);
  std::stable_sort(found.begin(), found.end(), [](const Finding& a, const Finding& b) {
    const Severity left = entry(a.id).severity;
    const Severity right = entry(b.id).severity;
    return left != right ? left > right : a.sure > b.sure;
  });
  return found;
}

}  // namespace alibi::doctor
