// SPDX-License-Identifier: Apache-2.0
// alibi lab: crime scenes with real programs in namespaces of this machine.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/command.h"
#include "lab/client_probe.h"
#include "lab/command.h"
#include "lab/faults.h"
#include "lab/host.h"
#include "lab/lab.h"
#include "lab/programs.h"
#include "lab/scenario.h"
#include "lab/topology.h"

namespace alibi::cmd {
namespace {

int complain(const Error& error) {
  fmt::print(stderr, "alibi lab: {}\n", error.message);
  return 1;
}

struct UpWords {
  lab::UpOptions options;
  std::string keeper = "keepalived", log = "syslog";
};

int run_up(UpWords words) {
  lab::catch_interrupts();
  auto keeper = lab::keeper_named(words.keeper);
  if (!keeper) return complain(keeper.error());
  auto log = lab::log_mode_named(words.log);
  if (!log) return complain(log.error());
  words.options.keeper = *keeper;
  words.options.log = *log;
  auto built = lab::up(words.options);
  if (!built) return complain(built.error());
  fmt::print("lab {} is up: {} hosts, keeper {}, files in {}\n", built->name, built->hosts.size(),
             words.keeper, built->dir);
  return 0;
}

void add_up(CLI::App& lab_app, Run& run) {
  auto words = std::make_shared<UpWords>();
  auto* sub = lab_app.add_subcommand("up", "build a lab; returns when it is healthy");
  sub->add_option("TOPOLOGY", words->options.topology, "what to build")->capture_default_str();
  sub->add_option("--name", words->options.name, "several labs may stand side by side")
      ->capture_default_str();
  sub->add_option("--keeper", words->keeper, "keepalived or alibi")->capture_default_str();
  sub->add_option("--log", words->log, "where the keeper logs: syslog, file or pipe")
      ->capture_default_str();
  sub->add_option("--dir", words->options.dir, "for disks and logs; default /var/lib/alibi-lab");
  sub->add_flag("--keep", words->options.keep, "leave a lab that fails to come up standing");
  sub->add_option("--vm-cpu", words->options.vm_cpu, "the CPU of loadbalancer01")
      ->capture_default_str();
  sub->callback([&run, words] { run = [words] { return run_up(*words); }; });
}

int run_down(const std::string& name, bool all) {
  const auto names = all ? lab::traces_of_labs() : std::vector<std::string>{name};
  int code = 0;
  for (const auto& each : names) {
    if (auto gone = lab::down(each); !gone) code = complain(gone.error());
  }
  return code;
}

void add_down(CLI::App& lab_app, Run& run) {
  auto name = std::make_shared<std::string>("story");
  auto all = std::make_shared<bool>(false);
  auto* sub = lab_app.add_subcommand("down", "take a lab down, also what a killed one left");
  sub->add_option("--name", *name)->capture_default_str();
  sub->add_flag("--all", *all, "every lab of which there is any trace");
  sub->callback([&run, name, all] { run = [name, all] { return run_down(*name, *all); }; });
}

nlohmann::json status_json(const std::string& name) {
  auto state = lab::load(name);
  if (!state) return {{"name", name}, {"left_over", true}};
  const auto h = lab::health(*state);
  nlohmann::json programs = nlohmann::json::array();
  for (const auto& p : state->programs) {
    programs.push_back({{"host", p.host}, {"name", p.name}, {"pid", p.process.pid},
                        {"running", p.process.alive()}});
  }
  return {{"name", name},
          {"left_over", false},
          {"healthy", h.healthy()},
          {"keeper", lab::name_of(state->keeper)},
          {"log", lab::name_of(state->log)},
          {"dir", state->dir},
          {"address_on_01", h.address_on_01},
          {"address_on_02", h.address_on_02},
          {"page", h.page},
          {"fault", state->fault},
          {"programs", programs}};
}

int run_status(bool json) {
  auto all = nlohmann::json::array();
  for (const auto& name : lab::traces_of_labs()) all.push_back(status_json(name));
  if (json) {
    fmt::print("{}\n", all.dump(1));
    return 0;
  }
  for (const auto& j : all) {
    const auto name = j["name"].get<std::string>();
    if (j["left_over"]) {
      fmt::print("{0}: left over; 'alibi lab down --name {0}' removes it\n", name);
      continue;
    }
    const auto fault = j["fault"].get<std::string>();
    fmt::print("{}: {}, keeper {}, log {}, address on {}{}, page {}, fault {}\n", name,
               j["healthy"] ? "healthy" : "NOT healthy", j["keeper"].get<std::string>(),
               j["log"].get<std::string>(), j["address_on_01"] ? "loadbalancer01 " : "",
               j["address_on_02"] ? "loadbalancer02" : "", j["page"] ? "comes" : "does not come",
               fault.empty() ? "none" : fault);
    for (const auto& p : j["programs"]) {
      fmt::print("  {:15} {:9} pid {} {}\n", p["host"].get<std::string>(),
                 p["name"].get<std::string>(), p["pid"].get<int>(),
                 p["running"] ? "running" : "gone");
    }
  }
  return 0;
}

void add_lab_status(CLI::App& lab_app, Run& run) {
  auto json = std::make_shared<bool>(false);
  auto* sub = lab_app.add_subcommand("status", "labs, their health and programs");
  sub->add_flag("--json", *json);
  sub->callback([&run, json] { run = [json] { return run_status(*json); }; });
}

void add_taps(CLI::App& lab_app, Run& run) {
  auto name = std::make_shared<std::string>("story");
  auto* sub = lab_app.add_subcommand("taps", "the taps A to Q, as 'alibi record --tap' takes them");
  sub->add_option("--name", *name)->capture_default_str();
  sub->callback([&run, name] {
    run = [name] {
      auto state = lab::load(*name);
      if (!state) return complain(state.error());
      for (const auto& tap : lab::taps(*state)) {
        fmt::print("{}\n", lab::tap_argument(*state, tap));
      }
      return 0;
    };
  });
}

// Files of one host of a lab, in order of name (a mail's name begins with its time).
int print_files(const std::string& name, const std::string& host, const std::string& folder,
                const std::string& ending) {
  auto state = lab::load(name);
  if (!state) return complain(state.error());
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(state->host_dir(host) + folder, error)) {
    if (entry.path().native().ends_with(ending)) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  for (const auto& file : files) fmt::print("{}\n", lab::read_small_file(file));
  return 0;
}

void add_mails(CLI::App& lab_app, Run& run) {
  auto name = std::make_shared<std::string>("story");
  auto* sub = lab_app.add_subcommand("mails", "the mails that the lab's mail server keeps");
  sub->add_option("--name", *name)->capture_default_str();
  sub->callback([&run, name] {
    run = [name] { return print_files(*name, "mail", "/maildir/new", ""); };
  });
}

void add_interruptions(CLI::App& lab_app, Run& run) {
  auto name = std::make_shared<std::string>("story");
  auto* sub = lab_app.add_subcommand(
      "interruptions", "what the client missed, as JSON lines, and its totals");
  sub->add_option("--name", *name)->capture_default_str();
  sub->callback([&run, name] {
    run = [name] {
      if (const int code = print_files(*name, "client", "", ".jsonl"); code != 0) return code;
      return print_files(*name, "client", "", ".totals");
    };
  });
}

struct ExecWords {
  std::string name = "story", host;
  std::vector<std::string> words;
};

void add_exec(CLI::App& lab_app, Run& run) {
  auto w = std::make_shared<ExecWords>();
  auto* sub = lab_app.add_subcommand("exec", "run a command inside a host");
  sub->add_option("--name", w->name)->capture_default_str();
  sub->add_option("HOST", w->host)->required();
  sub->add_option("CMD", w->words, "after --")->required();
  sub->prefix_command(false);
  sub->footer("Example: alibi lab exec loadbalancer01 -- tail /var/log/messages");
  sub->callback([&run, w] {
    run = [w] {
      auto state = lab::load(w->name);
      if (!state) return complain(state.error());
      std::vector<char*> argv;
      for (auto& word : w->words) argv.push_back(word.data());
      argv.push_back(nullptr);
      auto code = lab::enter(*state, w->host, [&] {
        ::execvp(argv[0], argv.data());
        fmt::print(stderr, "alibi lab: cannot run {}\n", argv[0]);
        return 127;
      });
      return code ? *code : complain(code.error());
    };
  });
}

struct FaultWords {
  std::string name = "story", fault, on = "loadbalancer01";
  double seconds = 0;
  std::uint64_t seed = 1;
};

int run_fault(const FaultWords& words) {
  lab::catch_interrupts();
  auto state = lab::load(words.name);
  if (!state) return complain(state.error());
  const lab::Fault* fault = lab::find_fault(words.fault);
  if (fault == nullptr) {
    return complain({"unknown fault '" + words.fault + "': 'alibi lab list' names them"});
  }
  if (fault->log != state->log) {
    fmt::print(stderr, "alibi lab: {} is meant for a keeper that logs to {} (lab up --log {})\n",
               fault->name, lab::name_of(fault->log), lab::name_of(fault->log));
  }
  lab::Draw draw(words.seed);
  const Duration time = words.seconds > 0
                            ? Duration(static_cast<std::int64_t>(words.seconds * 1e9))
                            : draw.between(fault->shortest, fault->longest);
  state->fault = fault->name;
  if (auto saved = lab::save(*state); !saved) return complain(saved.error());
  auto done = fault->inject(*state, words.on, draw);
  if (done) fmt::print("{}: {}, for {}\n", fault->name, done->detail, seconds_text(time));
  std::fflush(stdout);
  if (done) lab::hold(time);
  if (auto healed = lab::heal(*state); !healed) return complain(healed.error());
  if (!done) return complain(done.error());
  if (auto healthy = lab::await_healthy(*state, 15s); !healthy) return complain(healthy.error());
  fmt::print("undone, the lab is healthy again\n");
  return 0;
}

void add_fault(CLI::App& lab_app, Run& run) {
  auto w = std::make_shared<FaultWords>();
  auto* sub = lab_app.add_subcommand("fault", "do a fault, hold it, undo it, await health");
  sub->add_option("FAULT", w->fault, "see 'alibi lab list'")->required();
  sub->add_option("--name", w->name)->capture_default_str();
  sub->add_option("--for", w->seconds, "seconds to hold it; default: drawn from its range");
  sub->add_option("--on", w->on, "the host it happens to")->capture_default_str();
  sub->add_option("--seed", w->seed, "of what is drawn")->capture_default_str();
  sub->callback([&run, w] { run = [w] { return run_fault(*w); }; });
}

void add_list(CLI::App& lab_app, Run& run) {
  auto* sub = lab_app.add_subcommand("list", "topologies and faults, a line each");
  sub->callback([&run] {
    run = [] {
      fmt::print("topologies\n");
      for (const auto& t : lab::topologies()) fmt::print("  {:18} {}\n", t.name, t.summary);
      fmt::print("faults, each also a scenario for 'alibi lab run' (cause that is the truth)\n");
      for (const auto& f : lab::faults()) {
        fmt::print("  {:18} {} ({})\n", f.name, f.summary,
                   f.causes.empty() ? "no incident" : f.causes.front());
      }
      return 0;
    };
  });
}

struct RunWords {
  lab::RunOptions options;
  std::string keeper = "keepalived";
  bool json = false;
};

int run_run(RunWords words) {
  lab::catch_interrupts();
  auto keeper = lab::keeper_named(words.keeper);
  if (!keeper) return complain(keeper.error());
  words.options.keeper = *keeper;
  auto results = lab::run_scenarios(words.options, [](const std::string& line) {
    fmt::print(stderr, "{}\n", line);
  });
  if (!results) return complain(results.error());
  fmt::print("{}", words.json ? lab::matrix_json(*results) : lab::matrix_text(*results));
  return lab::exit_code(*results);
}

void add_run_scenarios(CLI::App& lab_app, Run& run) {
  auto w = std::make_shared<RunWords>();
  auto* sub = lab_app.add_subcommand(
      "run", "scenarios: fault, recorder, verdict against the truth; prints the matrix");
  sub->add_option("SCENARIO", w->options.scenarios, "names from 'alibi lab list', or all")
      ->required();
  sub->add_option("--times", w->options.times, "runs of each")->capture_default_str();
  sub->add_option("--seed", w->options.seed, "of the first run; the next runs count up")
      ->capture_default_str();
  sub->add_option("--keeper", w->keeper, "keepalived or alibi")->capture_default_str();
  sub->add_option("--name", w->options.name, "of the lab it builds; default run-PID");
  sub->add_option("--out", w->options.out, "append each result as a JSON line to this file");
  sub->add_option("--cases", w->options.cases, "keep the case of every run in this folder");
  sub->add_option("--vm-cpu", w->options.vm_cpu, "the CPU of loadbalancer01")
      ->capture_default_str();
  sub->add_flag("--json", w->json, "the matrix as JSON");
  sub->footer("Exit codes: 0 all right, 1 a wrong name or a run not done, 3 some unknown or "
              "missed.\nExample: alibi lab run all --times 5");
  sub->callback([&run, w] { run = [w] { return run_run(*w); }; });
}

// Subcommands that the lab starts itself, inside hosts.
void add_hidden(CLI::App& lab_app, Run& run) {
  auto init = std::make_shared<lab::InitOptions>();
  auto* sub = lab_app.add_subcommand("host-init", "")->group("");
  sub->add_option("--lab", init->lab);
  sub->add_option("--host", init->host);
  sub->add_option("--dir", init->dir);
  sub->add_option("--storage", init->storage);
  sub->add_option("--disk", init->disk);
  sub->add_flag("--foreground", init->foreground);
  sub->callback([&run, init] { run = [init] { return lab::host_init(*init); }; });

  auto cpu = std::make_shared<int>(0);
  auto owner = std::make_shared<int>(0);
  auto* hog = lab_app.add_subcommand("hog", "")->group("");
  hog->add_option("--cpu", *cpu);
  hog->add_option("--owner", *owner);
  hog->callback([&run, cpu, owner] {
    run = [cpu, owner] { return lab::burn_cpu(*cpu, *owner); };
  });

  auto file = std::make_shared<std::string>();
  auto readers = std::make_shared<int>(1);
  auto* disk = lab_app.add_subcommand("disk-hog", "")->group("");
  disk->add_option("--file", *file);
  disk->add_option("--readers", *readers);
  disk->add_option("--owner", *owner);
  disk->callback([&run, file, readers, owner] {
    run = [file, readers, owner] { return lab::read_disk(*file, *readers, *owner); };
  });

  auto device = std::make_shared<std::string>();
  auto mib = std::make_shared<int>(1);
  auto* memory = lab_app.add_subcommand("memory-hog", "")->group("");
  memory->add_option("--device", *device);
  memory->add_option("--mib", *mib);
  memory->add_option("--owner", *owner);
  memory->callback([&run, device, mib, owner] {
    run = [device, mib, owner] { return lab::fill_memory(*device, *mib, *owner); };
  });

  auto probe = std::make_shared<lab::ProbeOptions>();
  auto* client = lab_app.add_subcommand("client-probe", "")->group("");
  client->add_option("--address", probe->address);
  client->add_option("--log", probe->log);
  client->callback([&run, probe] { run = [probe] { return lab::client_probe(*probe); }; });
}

}  // namespace

void add_lab(CLI::App& app, Run& run) {
  auto* sub = app.add_subcommand(
      "lab", "crime scenes with real programs in network namespaces (needs root)");
  sub->require_subcommand(1);
  add_up(*sub, run);
  add_down(*sub, run);
  add_fault(*sub, run);
  add_list(*sub, run);
  add_run_scenarios(*sub, run);
  add_lab_status(*sub, run);
  add_taps(*sub, run);
  add_mails(*sub, run);
  add_interruptions(*sub, run);
  add_exec(*sub, run);
  add_hidden(*sub, run);
  sub->footer("Example: alibi lab up && alibi lab status && alibi lab down");
}

}  // namespace alibi::cmd
