// SPDX-License-Identifier: Apache-2.0
// keepalived 2.2.7's wording, with the reason behind it where keepalived gives none.
#include "vrrp/log_text.h"

namespace alibi::vrrp {
namespace {

struct Line {
  std::string operator()(const SendAdvert& o) const {
    return o.priority.value == 0 ? "sent 0 priority" : "";
  }
  std::string operator()(const AddAddresses&) const { return "setting VIPs."; }
  std::string operator()(const RemoveAddresses&) const { return "removing VIPs."; }
  std::string operator()(const SendGratuitous&) const { return ""; }
  std::string operator()(const Transition& o) const {
    std::string line = "Stopped";
    if (o.to != State::Init) line = "Entering " + std::string(text(o.to)) + " STATE";
    if (o.from == State::Init) line += " (init)";
    if (!o.reason.detail.empty()) line += ": " + o.reason.detail;
    return line + " [" + std::string(text(o.reason.code)) + "]";
  }
  std::string operator()(const Rejected& o) const {
    if (!o.first) return "";
    return o.detail + (o.accepted ? " (counted, taken all the same)" : " (packet dropped)") + " [" +
           std::string(text(o.code)) + "]";
  }
  std::string operator()(const Note& o) const { return o.text; }
};

}  // namespace

std::string log_line(const Parameters& parameters, const Output& output) {
  const std::string line = std::visit(Line{}, output);
  return line.empty() ? line : "(" + parameters.name + ") " + line;
}

bool verbose_only(const Output& output) {
  if (const auto* note = std::get_if<Note>(&output)) return note->verbose;
  return !std::holds_alternative<Transition>(output) && !std::holds_alternative<Rejected>(output);
}

}  // namespace alibi::vrrp
