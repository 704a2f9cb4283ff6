// SPDX-License-Identifier: Apache-2.0
// Which program manages an interface, from the state files that networkd and NetworkManager keep
// for everybody to read.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "os/doctor_read.h"

namespace alibi::os {
namespace {

/// The value of the last "KEY=" line; empty: none.
std::string value_of(const std::string& file, const std::string& key) {
  std::ifstream in(file);
  std::string line, value;
  while (std::getline(in, line)) {
    if (line.starts_with(key + "=")) value = line.substr(key.size() + 1);
  }
  return value.substr(0, value.find_last_not_of(" \t\r") + 1);
}

/// The file and its drop-ins, as systemd.network(5) orders them: by name, whatever the directory.
std::string keep_configuration(const std::string& root, const std::string& file) {
  std::string value = value_of(root + file, "KeepConfiguration");
  const std::string base = std::filesystem::path(file).filename().string() + ".d";
  std::vector<std::filesystem::path> drop_ins;
  for (const char* directory :
       {"/usr/lib/systemd/network/", "/run/systemd/network/", "/etc/systemd/network/"}) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(root + directory + base, error)) {
      if (entry.path().extension() == ".conf") drop_ins.push_back(entry.path());
    }
  }
  std::stable_sort(drop_ins.begin(), drop_ins.end(),
                   [](const auto& a, const auto& b) { return a.filename() < b.filename(); });
  for (const auto& drop_in : drop_ins) {
    const std::string more = value_of(drop_in, "KeepConfiguration");
    if (!more.empty()) value = more;
  }
  return value;
}

}  // namespace

void read_manager(const std::string& root, bool networkd, bool network_manager,
                  doctor::LinkSettings& settings) {
  const std::string index = std::to_string(settings.index);
  if (networkd) {
    const std::string state = root + "/run/systemd/netif/links/" + index;
    const std::string file = value_of(state, "NETWORK_FILE");
    const std::string admin = value_of(state, "ADMIN_STATE");
    if (!file.empty() && admin != "unmanaged") {
      settings.managed_by = "systemd-networkd";
      settings.manager_file = file;
      settings.keep_configuration = keep_configuration(root, file);
      return;
    }
  }
  const std::string device = root + "/run/NetworkManager/devices/" + index;
  if (network_manager && value_of(device, "managed") == "true") {
    settings.managed_by = "NetworkManager";
  }
}

}  // namespace alibi::os
