// SPDX-License-Identifier: Apache-2.0
// The catalogue of what `alibi doctor` knows to look for, and one finding. docs/doctor.md is
// generated from it (alibi doctor --findings). Ids are stable: scripts and people quote them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace alibi::doctor {

enum class Severity : std::uint8_t { Note, Warning };
enum class Sure : std::uint8_t { Possible, Likely, Certain };

std::string_view name(Severity severity);
std::string_view name(Sure sure);

struct Entry {
  std::string_view id;
  Severity severity = Severity::Note;
  std::string_view title;
  std::string_view seen_in;  ///< where the fact comes from
  std::string_view why;      ///< the mechanism by which it makes an address move
  std::string_view fix;
};

std::span<const Entry> catalogue();
/// CHECKed to exist: ids are written in this folder only.
const Entry& entry(std::string_view id);
/// docs/doctor.md, from its list of findings on.
std::string catalogue_markdown();

struct Finding {
  std::string_view id;
  Sure sure = Sure::Possible;
  std::string where;  ///< "tap01", "keepalived (pid 7)"; empty: the host
  std::string seen;   ///< the value, with the file it stands in
  std::string fix;    ///< a command for this very place; the catalogue's when empty
};

}  // namespace alibi::doctor
