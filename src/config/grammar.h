// SPDX-License-Identifier: Apache-2.0
// Every keyword of keepalived.conf in one table: where it may stand, what follows it, whether alibi
// serves it, its default, and the function that takes its value. The parser, the suggestions and
// `alibi check --keywords` all read this table and nothing else.
#pragma once

#include <span>
#include <string_view>

#include "config/access.h"

namespace alibi::config {

/// The blocks that hold keywords of their own. Checker stands for all of TCP_CHECK, HTTP_GET, ...
enum class Block : std::uint8_t {
  Root,
  GlobalDefs,
  VrrpScript,
  VrrpInstance,
  Authentication,
  AuthHmac,
  SyncGroup,
  TrackFile,
  TrackProcess,
  TrackGroup,
  GarpGroup,
  Bfd,
  VirtualServer,
  RealServer,
  Checker,
  Url,
  Host,
  Ssl,
  None,
};

/// What follows a keyword.
enum class Form : std::uint8_t {
  Flag,        ///< nothing
  Bool,        ///< nothing, or on/off/true/false/yes/no
  One,         ///< at least one word; keepalived ends when it is missing
  Text,        ///< one word; without it the line is ignored
  Any,         ///< any number of words
  Lines,       ///< { lines of values }
  NamedLines,  ///< NAME { lines of values }
  Section,     ///< { keywords of `opens` }
  Named,       ///< NAME { keywords of `opens` }
};

enum class Status : std::uint8_t {
  Served,
  Parsed,   ///< read and checked, without effect yet
  Later,    ///< known by name only
  Refused,  ///< known, and running without it would break the pair: an Error
};

struct Keyword {
  std::string_view name;
  Form form;
  Status status;
  std::string_view fallback;  ///< default, for the list
  std::string_view note;      ///< consequence of not being served, for the diagnostic
  Access access{};            ///< how its value is read and written; a function alone: read
  Block opens = Block::None;
};

/// The note of everything that belongs to the LVS half.
inline constexpr std::string_view kNoLvs =
    "alibi balances no connections; keep keepalived or HAProxy for it";

std::span<const Keyword> keywords_of(Block block);
/// The word a user would call the block by, e.g. "vrrp_instance"; empty for Root.
std::string_view block_name(Block block);
const Keyword* find_keyword(Block block, std::string_view name);

// The tables, a file for each half.
std::span<const Keyword> root_keywords();
std::span<const Keyword> global_keywords();
std::span<const Keyword> instance_keywords(Block block);
std::span<const Keyword> vrrp_keywords(Block block);
std::span<const Keyword> lvs_keywords(Block block);

}  // namespace alibi::config
