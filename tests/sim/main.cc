// SPDX-License-Identifier: Apache-2.0
// vrrp_sim [--seeds N] [--first S] [--trace] [--sabotage NAME]: prints the seeds first, runs them,
// and stops at the first that breaks an invariant, with everything drawn for it.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sim/world.h"

namespace {

using alibi::sim::Sabotage;

struct Options {
  std::uint64_t seeds = 2000;
  std::uint64_t first = 1;
  bool trace = false;
  Sabotage sabotage = Sabotage::None;
};

bool parse(int argc, char** argv, Options& options) {
  for (int n = 1; n < argc; ++n) {
    const char* value = n + 1 < argc ? argv[n + 1] : "";
    if (std::strcmp(argv[n], "--trace") == 0) {
      options.trace = true;
      continue;
    }
    ++n;
    if (std::strcmp(argv[n - 1], "--seeds") == 0) {
      options.seeds = std::strtoull(value, nullptr, 10);
    } else if (std::strcmp(argv[n - 1], "--first") == 0) {
      options.first = std::strtoull(value, nullptr, 10);
    } else if (std::strcmp(argv[n - 1], "--sabotage") == 0) {
      const auto sabotage = alibi::sim::parse_sabotage(value);
      if (!sabotage) return false;
      options.sabotage = *sabotage;
    } else {
      return false;
    }
  }
  return options.seeds > 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fprintf(stderr,
                 "usage: %s [--seeds N] [--first S] [--trace] [--sabotage "
                 "cut|deaf|hasty|nofence|forgetful|loud|alone]\n",
                 argv[0]);
    return 2;
  }
  std::printf("seeds %llu to %llu\n", static_cast<unsigned long long>(options.first),
              static_cast<unsigned long long>(options.first + options.seeds - 1));
  std::fflush(stdout);
  std::uint64_t steps = 0;
  for (std::uint64_t seed = options.first; seed < options.first + options.seeds; ++seed) {
    const auto draw = alibi::sim::draw(seed);
    if (options.trace) std::printf("%s", draw.text().c_str());
    alibi::sim::World world(draw, options.sabotage, options.trace);
    if (const auto complaint = world.run()) {
      if (!options.trace) std::printf("%s", draw.text().c_str());
      std::printf("BROKEN %s\nreplay: %s --first %llu --seeds 1 --trace\n", complaint->c_str(),
                  argv[0], static_cast<unsigned long long>(seed));
      return 1;
    }
    steps += world.steps();
  }
  std::printf("all hold, %llu steps\n", static_cast<unsigned long long>(steps));
  return 0;
}
