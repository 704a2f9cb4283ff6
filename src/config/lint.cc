// SPDX-License-Identifier: Apache-2.0
// The catalogue of pitfalls, the text cut into blocks for them, and the way in.
#include "config/lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "base/check.h"
#include "config/complete.h"
#include "config/lint_rules.h"
#include "config/parser.h"
#include "config/read.h"

namespace alibi::config {
namespace {

using enum Finding::Level;

constexpr std::array kRules = {
    LintRule{"auth-pass-cut", Warning, "use a password of at most 8 characters on all routers"},
    LintRule{"sample-password", Warning,
             "choose a virtual_router_id and a password of your own: strangers use these"},
    LintRule{"state-master-nopreempt", Warning, "write state BACKUP on all routers with nopreempt"},
    LintRule{"preempt-delay-ignored", Warning,
             "take preempt_delay out, or nopreempt and state MASTER"},
    LintRule{"owner-by-default", Warning, "write a priority below 255"},
    LintRule{"strict-without-accept", Warning,
             "take vrrp_strict out, or use version 3 with accept"},
    LintRule{"v2-subsecond", Warning, "use version 3 on all routers, or whole seconds"},
    LintRule{"unicast-without-peer", Warning,
             "list the other routers in unicast_peer, or take the unicast keywords out"},
    LintRule{"duplicate-vrid", Warning, "give one of the two another virtual_router_id"},
    LintRule{"two-addresses-a-line", Warning, "write each address on a line of its own"},
    LintRule{"no-address", Note, "add virtual_ipaddress, or no_virtual_ipaddress if it is meant"},
    LintRule{"shell-syntax", Warning, "put it into a script file, or write bash -c '...'"},
    LintRule{"script-as-root", Warning,
             "name a script_user (or user in the script), and enable_script_security"},
    LintRule{"script-missing", Warning, "correct the path, or install the script"},
    LintRule{"script-writable", Warning,
             "let root own the script and its folders, and take the right to write from others"},
    LintRule{"timeout-over-interval", Warning, "make timeout at most interval"},
    LintRule{"interval-zero", Warning, "write an interval of at least 1"},
    LintRule{"script-unused", Note, "track it in an instance, or take it out"},
    LintRule{"weights-need-peer", Note,
             "check the peer's file as well: alibi check --lint --peer FILE"},
    LintRule{"weights-cannot-flip", Warning,
             "let a failed check bring the priority below that of the healthy peer"},
    LintRule{"weights-on-owner", Warning, "write a priority below 255, which no weight can lower"},
    LintRule{"weights-clamped", Warning, "choose priority and weights that stay within 1 to 254"},
    LintRule{"group-fault", Note, "give it a weight if its failure should not stop the group"},
    LintRule{"peer-mismatch", Warning, "make the two files agree"},
    LintRule{"priority-tie", Warning, "give one of the routers a higher priority"},
    LintRule{"smtp-alert-nowhere", Warning, "add notification_email and smtp_server"},
    LintRule{"max-auto-priority", Note,
             "for keepalived write max_auto_priority 99; alibi's keeper is real-time anyway"},
};

// Walks the braces and puts every line where it belongs.
class Blocks {
 public:
  explicit Blocks(const std::vector<Piece>& pieces) {
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const Piece& piece = pieces[i];
      if (piece.kind == Piece::Kind::Close) {
        if (!around_.empty()) around_.pop_back();
      } else if (piece.kind == Piece::Kind::Open) {
        if (!opens_) around_.push_back(nullptr);
        opens_ = false;
      } else {
        words(piece, i + 1 < pieces.size() && pieces[i + 1].kind == Piece::Kind::Open);
      }
    }
  }
  std::vector<TextBlock> take() && { return std::move(blocks_); }

 private:
  void words(const Piece& piece, bool opens) {
    const std::string& word = piece.words.front().text;
    if (around_.empty()) {
      TextBlock block;
      block.keyword = word;
      if (piece.words.size() > 1) block.name = piece.words[1].text;
      block.head = &piece;
      blocks_.push_back(std::move(block));
    } else if (!blocks_.empty()) {
      blocks_.back().statements.emplace(word, &piece);
      if (around_.size() > 1 && around_.back() != nullptr) {
        blocks_.back().values.emplace(around_.back()->words.front().text, &piece);
      }
    }
    if (opens) around_.push_back(&piece);
    opens_ = opens;
  }

  std::vector<TextBlock> blocks_;
  std::vector<const Piece*> around_;
  bool opens_ = false;
};

Linted run(const File& file, const ReadOptions& options, const Settings* peer, bool ask_files) {
  Linted out;
  Reporter report;
  const Source source = read_source(file, options, report);
  const std::vector<Piece> pieces = split(source);
  Context context(source, report);
  Parser(pieces, context).run();
  out.parsed.settings = complete(context);
  const auto blocks = Blocks(pieces).take();
  Findings findings(context);
  const LintInput input{blocks, out.parsed.settings, peer, ask_files};
  lint_globals(input, findings);
  lint_instances(input, findings);
  lint_scripts(input, findings);
  lint_weights(input, findings);
  if (peer != nullptr) lint_peer(input, findings);
  out.findings = std::move(findings).take();
  out.parsed.diagnostics = std::move(report).finish();
  return out;
}

}  // namespace

std::span<const LintRule> lint_rules() { return kRules; }

std::vector<TextBlock> text_blocks(const std::vector<Piece>& pieces) {
  return Blocks(pieces).take();
}

void Findings::add(std::string_view id, Position at, std::string reason) {
  add_at(id, context_.place(at), std::move(reason));
}

void Findings::add_at(std::string_view id, const Place& place, std::string reason) {
  const auto* rule =
      std::find_if(kRules.begin(), kRules.end(), [&](const LintRule& r) { return r.id == id; });
  CHECK(rule != kRules.end());
  all_.push_back({rule->id, rule->level, place, std::move(reason), std::string(rule->remedy)});
}

std::vector<Finding> Findings::take() && {
  std::stable_sort(all_.begin(), all_.end(), [](const Finding& a, const Finding& b) {
    return std::tuple(a.place.line, a.place.column) < std::tuple(b.place.line, b.place.column);
  });
  return std::move(all_);
}

Linted lint(const std::string& path, const std::string& config_id, const std::string& peer_path) {
  Settings peer;
  if (!peer_path.empty()) peer = load(peer_path, config_id).settings;
  const auto input = read_input(path, config_id);
  if (!input) {
    Linted out;
    out.parsed = load(path, config_id);
    return out;
  }
  return run(input->file, input->options, peer_path.empty() ? nullptr : &peer, true);
}

Linted lint_text(std::string_view text, const std::string& file_name, const Settings* peer) {
  return run({file_name, std::string(text)}, {}, peer, false);
}

std::string render(const Finding& finding) {
  const Place& place = finding.place;
  std::string out = printable(place.file);
  if (place.line > 0) out += fmt::format(":{}:{}", place.line, place.column);
  return out + fmt::format(": {}: {} [{}]\n  {}",
                           finding.level == Finding::Level::Warning ? "lint" : "lint note",
                           printable(finding.reason), finding.id, finding.remedy);
}

}  // namespace alibi::config
