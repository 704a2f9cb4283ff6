// SPDX-License-Identifier: Apache-2.0
// Building a lab.
#include "lab/lab.h"

#include <unistd.h>

#include <filesystem>

#include "lab/command.h"
#include "lab/host.h"
#include "lab/programs.h"
#include "lab/topology.h"

namespace alibi::lab {
namespace {

constexpr Duration kHealthyWithin = 15s;

Result<void> build(Lab& lab, const Topology& topology) {
  for (const auto& spec : topology.hosts) {
    if (interrupted()) return fail("interrupted");
    if (auto started = start_host(lab, spec); !started) return started;
  }
  if (auto built = build_network(lab); !built) return built;
  if (auto started = start_programs(lab); !started) return started;
  return await_healthy(lab, kHealthyWithin);
}

}  // namespace

Result<Lab> up(const UpOptions& options) {
  if (auto fits = check_lab_name(options.name); !fits) return tl::unexpected(fits.error());
  if (::geteuid() != 0) return fail("a lab needs root: it makes namespaces and mounts");
  const Topology* topology = find_topology(options.topology);
  if (topology == nullptr) {
    return fail("unknown topology '" + options.topology + "': 'alibi lab list' names them");
  }
  if (load(options.name)) {
    return fail("lab '" + options.name + "' exists: take it down first ('alibi lab down --name " +
                options.name + "') or give another --name");
  }
  Lab lab;
  lab.name = options.name;
  lab.topology = options.topology;
  lab.keeper = options.keeper;
  lab.log = options.log;
  lab.vm_cpu = options.vm_cpu;
  lab.foreground = options.foreground;
  const std::string base = options.dir.empty() ? "/var/lib/alibi-lab" : options.dir;
  std::error_code error;
  lab.dir = std::filesystem::weakly_canonical(base, error).string() + "/lab-" + lab.name;
  if (error) return fail("cannot find " + base + ": " + error.message());
  if (auto saved = save(lab); !saved) return tl::unexpected(saved.error());
  if (auto made = make_directories(lab.dir); !made) {
    forget(lab.name);
    return tl::unexpected(made.error());
  }
  if (auto built = build(lab, *topology); !built) {
    if (options.keep) return tl::unexpected(built.error());
    auto gone = down(lab.name);
    return fail(built.error().message + (gone ? "" : "; and " + gone.error().message));
  }
  return lab;
}

}  // namespace alibi::lab
