// SPDX-License-Identifier: Apache-2.0
// The texts that a configuration was read from, kept: a daemon that goes on in a new program reads
// what it runs with once more, whatever the files say by then.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/settings.h"
#include "config/source.h"

namespace alibi::config {

struct Sources {
  struct Include {
    std::string pattern;
    std::string from;  ///< the file that names it
    std::vector<File> files;
    std::vector<std::string> unreadable;  ///< as in Included
    std::vector<std::string> unmatched;
  };
  std::string config_id;  ///< never empty
  File file;
  std::vector<Include> includes;
  std::uint64_t seed = 0;                          ///< of ${_RANDOM}
  std::map<std::string, std::string> environment;  ///< what ${_ENV} was answered
};

/// load() that keeps what it reads in `read`.
Parsed load(const std::string& path, const std::string& config_id, Sources& read);
/// The same again from the texts alone; no file is opened.
Parsed load_again(const Sources& sources);

}  // namespace alibi::config
