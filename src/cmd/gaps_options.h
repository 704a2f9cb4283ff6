// SPDX-License-Identifier: Apache-2.0
// What the options of alibi gaps say.
#pragma once

#include <string>
#include <vector>

#include "investigate/capture_survey.h"

namespace alibi::cmd {

struct GapsOptions {
  std::vector<std::string> files;
  std::vector<unsigned> vrids;
  std::string longer_than, since, until, filter, interval, plot;
  bool json = false;
  bool csv = false;
  std::vector<std::string> interfaces;  // -i: live
  std::string write_file;               // -w
  unsigned buffer_kib = 0;              // -B
  bool not_promiscuous = false;         // -p
};

/// -i: until SIGINT or SIGTERM. Exit code.
int gaps_live(const GapsOptions& options, const investigate::SurveyRequest& request);

/// Draws the report into FILE of --plot, if there is one.
Result<void> plot_gaps(const investigate::GapReport& report, const std::string& path);

}  // namespace alibi::cmd
