// SPDX-License-Identifier: Apache-2.0
// The grammar table walked to write settings, block by block.
#include "config/dump.h"

#include <fmt/format.h>

#include "config/grammar.h"

namespace alibi::config {
namespace {

class Dump {
 public:
  explicit Dump(const Settings& settings) : settings_(settings) {}

  std::string run() && {
    block(Block::GlobalDefs, "global_defs", Subject{settings_});
    for (const Keyword& keyword : keywords_of(Block::Root)) {
      if (keyword.access.write != nullptr) keyword.access.write({settings_}, keyword.name, text_);
    }
    named(Block::TrackGroup, "track_group", settings_.track_groups, &Subject::track_group);
    for (const GarpGroup& group : settings_.garp_groups) {
      Subject subject{settings_};
      subject.garp_group = &group;
      block(Block::GarpGroup, "garp_group", subject);
    }
    named(Block::VrrpScript, "vrrp_script", settings_.scripts, &Subject::script);
    named(Block::TrackFile, "track_file", settings_.files, &Subject::file);
    named(Block::TrackProcess, "vrrp_track_process", settings_.processes, &Subject::process);
    named(Block::Bfd, "bfd_instance", settings_.bfds, &Subject::bfd);
    for (const Instance& instance : settings_.instances) {
      Subject subject{settings_};
      subject.instance = &instance;
      block(Block::VrrpInstance, fmt::format("vrrp_instance {}", quote(instance.vrrp.name)),
            subject);
    }
    named(Block::SyncGroup, "vrrp_sync_group", settings_.groups, &Subject::group);
    return std::move(text_).take();
  }

 private:
  template <typename T>
  void named(Block which, std::string_view keyword, const std::vector<T>& objects,
             const T* Subject::*member) {
    for (const T& object : objects) {
      Subject subject{settings_};
      subject.*member = &object;
      block(which, fmt::format("{} {}", keyword, quote(object.name)), subject);
    }
  }

  void block(Block which, std::string_view head, const Subject& subject) {
    text_.open(head);
    for (const Keyword& keyword : keywords_of(which)) {
      if (keyword.access.write != nullptr) keyword.access.write(subject, keyword.name, text_);
      if (keyword.opens == Block::Authentication &&
          subject.instance->vrrp.auth_type != wire::AuthType::None) {
        block(keyword.opens, keyword.name, subject);
      }
    }
    text_.close();
  }

  const Settings& settings_;
  Text text_;
};

}  // namespace

std::string dump(const Settings& settings) { return Dump(settings).run(); }

}  // namespace alibi::config
