// SPDX-License-Identifier: Apache-2.0
// The walk. Recursion is as deep as the grammar table nests, whatever the input.
#include "config/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace alibi::config {
namespace {

constexpr std::array kSearched = {Block::Root,         Block::GlobalDefs,     Block::VrrpScript,
                                  Block::VrrpInstance, Block::Authentication, Block::SyncGroup,
                                  Block::TrackFile,    Block::TrackProcess,   Block::GarpGroup,
                                  Block::Bfd,          Block::VirtualServer,  Block::RealServer,
                                  Block::Checker};

std::string suggestion_for(Block block, std::string_view word) {
  std::vector<std::string_view> names;
  for (const Keyword& keyword : keywords_of(block)) names.push_back(keyword.name);
  return nearest(word, names);
}

}  // namespace

Parser::Parser(std::vector<Piece> pieces, Context& context)
    : pieces_(std::move(pieces)), context_(context) {
  for (const Piece& piece : pieces_) {
    if (piece.kind != Piece::Kind::Words) missing_ += piece.kind == Piece::Kind::Open ? 1 : -1;
  }
}

void Parser::run() {
  while (!at_end()) {
    const Piece& piece = pieces_[next_++];
    if (piece.kind == Piece::Kind::Words) {
      statement(Block::Root, piece, true);
    } else if (piece.kind == Piece::Kind::Close) {
      context_.warn(piece.at, "this '}' closes nothing; take it out, or look for a missing '{'");
    } else {
      context_.warn(piece.at, "a '{' without a keyword; the block is ignored");
      --next_;
      skip_block();
    }
  }
}

// A keyword of the root level that opens a block, met inside another block: its '}' is missing.
bool Parser::begins_elsewhere(Block block) const {
  const Piece& piece = pieces_[next_];
  if (piece.kind != Piece::Kind::Words || block == Block::Root) return false;
  const std::string& word = piece.words.front().text;
  if (find_keyword(block, word) != nullptr) return false;
  const Keyword* keyword = find_keyword(Block::Root, word);
  return keyword != nullptr && keyword->form >= Form::Lines && next_ + 1 < pieces_.size() &&
         pieces_[next_ + 1].kind == Piece::Kind::Open;
}

// In a file that lacks a '}': a word of a block around this one, but not of this one.
bool Parser::belongs_around(Block block) const {
  const Piece& piece = pieces_[next_];
  if (missing_ <= 0 || piece.kind != Piece::Kind::Words) return false;
  const std::string& word = piece.words.front().text;
  if (find_keyword(block, word) != nullptr) return false;
  return std::any_of(around_.begin(), around_.end(),
                     [&](Block b) { return find_keyword(b, word) != nullptr; });
}

void Parser::missing_close(const Piece& opened) {
  --missing_;
  context_.warn(opened.at, fmt::format("the block of {} is not closed: a '}}' is missing",
                                       opened.words.front().text));
}

void Parser::block(Block block, const Piece& opened, bool served) {
  while (!at_end()) {
    if (begins_elsewhere(block) || belongs_around(block)) return missing_close(opened);
    const Piece& piece = pieces_[next_++];
    if (piece.kind == Piece::Kind::Close) return;
    if (piece.kind == Piece::Kind::Words) {
      statement(block, piece, served);
    } else {
      context_.warn(piece.at, "a '{' without a keyword; the block is ignored");
      --next_;
      skip_block();
    }
  }
  missing_close(opened);
}

void Parser::skip_block() {
  if (!next_is(Piece::Kind::Open)) return;
  const Piece& opened = pieces_[next_];
  std::size_t depth = 0;
  while (!at_end()) {
    const auto kind = pieces_[next_++].kind;
    if (kind == Piece::Kind::Open) ++depth;
    if (kind == Piece::Kind::Close && --depth == 0) return;
  }
  context_.warn(opened.at, "this '{' is never closed");
}

void Parser::unknown(Block block, const Piece& head) {
  const std::string& word = head.words.front().text;
  const std::string_view inside = block_name(block);
  std::string message = fmt::format("unknown keyword '{}'", word);
  if (!inside.empty()) message += fmt::format(" in {}", inside);
  const bool opens = next_is(Piece::Kind::Open);
  message += opens ? "; the block is ignored" : "; the line is ignored";
  std::string meant = context_.crowded() ? "" : suggestion_for(block, word);
  if (meant.empty() && !context_.crowded()) {
    const auto* home = std::find_if(kSearched.begin(), kSearched.end(), [&](Block other) {
      return other != block && find_keyword(other, word) != nullptr;
    });
    if (home != kSearched.end()) {
      message += *home == Block::Root ? fmt::format(" ({} stands outside of blocks)", word)
                                      : fmt::format(" ({} belongs in {})", word, block_name(*home));
    }
  }
  context_.say(Severity::Warning, head.at, std::move(message), std::move(meant));
  skip_block();
}

// Names a known keyword that has no effect; true when running without it is out of the question.
bool Parser::not_served(const Keyword& keyword, Block block, const Piece& head) {
  if (keyword.status == Status::Served) return false;
  std::string message = fmt::format("{} is not served by alibi yet", keyword.name);
  if (!keyword.note.empty()) message += fmt::format(": {}", keyword.note);
  if (keyword.status == Status::Refused) {
    context_.fatal(head.at, std::move(message));
    return true;
  }
  const bool lvs = keyword.note == kNoLvs;  // one notice for the whole half
  context_.notice_once(lvs ? "lvs" : fmt::format("{}/{}", block_name(block), keyword.name), head.at,
                       std::move(message));
  return false;
}

bool Parser::enough_words(const Keyword& keyword, const Piece& head) {
  if (head.words.size() > 1) return true;
  if (keyword.form == Form::Text) {
    context_.warn(head.at, fmt::format("{} needs a value; the line is ignored", keyword.name));
    return false;
  }
  if (keyword.form == Form::One) {
    context_.fatal(head.at, fmt::format("{} needs a value", keyword.name));
    return false;
  }
  if (keyword.form == Form::Named && keyword.opens != Block::VrrpInstance) {
    context_.fatal(head.at,
                   fmt::format("{} needs a name, as in '{} NAME {{'", keyword.name, keyword.name));
    return false;
  }
  return true;
}

void Parser::statement(Block block, const Piece& head, bool served) {
  const Keyword* keyword = find_keyword(block, head.words.front().text);
  if (keyword == nullptr) return unknown(block, head);
  if (served && !told_) not_served(*keyword, block, head);
  const bool active = served && keyword->access.read != nullptr;
  switch (keyword->form) {
    case Form::Lines:
    case Form::NamedLines:
      return value_block(*keyword, block, head, active);
    case Form::Section:
    case Form::Named:
      return section(*keyword, block, head, active);
    default:
      break;
  }
  if (active && enough_words(*keyword, head)) {
    keyword->access.read(context_, Statement{head, {}});
  }
  if (next_is(Piece::Kind::Open)) {
    context_.warn(
        pieces_[next_].at,
        fmt::format("{} takes no block; the '{{' and what is in it are ignored", keyword->name));
    skip_block();
  }
}

// Inside the lines of a value block: a statement of the surrounding block, so that the '}' of the
// value block must be missing. A tracked script may be called like a keyword, so its form counts.
bool Parser::leaves_values(Block block, bool opened) const {
  const Piece& piece = pieces_[next_];
  if (piece.kind != Piece::Kind::Words) return false;
  if (begins_elsewhere(Block::None)) return true;
  const Keyword* keyword = find_keyword(block, piece.words.front().text);
  if (keyword == nullptr) return false;
  if (!opened) return true;
  if (keyword->form >= Form::Lines) {
    return next_ + 1 < pieces_.size() && pieces_[next_ + 1].kind == Piece::Kind::Open;
  }
  return keyword->form == Form::One && piece.words.size() == 2;
}

void Parser::value_block(const Keyword& keyword, Block block, const Piece& head, bool active) {
  const bool opened = next_is(Piece::Kind::Open);
  if (opened) {
    ++next_;
  } else {
    context_.warn(head.at, fmt::format("a '{{' is missing after {}", keyword.name));
  }
  if (head.words.size() > 1 && active && keyword.form == Form::Lines) {
    context_.warn({head.at.line, head.words[1].column},
                  fmt::format("'{}' is ignored: values of {} stand between the braces",
                              head.words[1].text, keyword.name));
  }
  std::vector<Piece> lines;
  bool closed = false;
  while (!at_end() && !closed && !leaves_values(block, opened)) {
    Piece& piece = pieces_[next_];
    if (piece.kind == Piece::Kind::Open) {
      context_.warn(piece.at, fmt::format("a block inside {} is ignored", keyword.name));
      skip_block();
      continue;
    }
    ++next_;
    closed = piece.kind == Piece::Kind::Close;
    if (!closed) lines.push_back(std::move(piece));
  }
  if (opened && !closed) missing_close(head);
  if (active) keyword.access.read(context_, Statement{head, lines});
}

void Parser::section(const Keyword& keyword, Block block_around, const Piece& head, bool active) {
  const bool go_in =
      active && enough_words(keyword, head) && keyword.access.read(context_, Statement{head, {}});
  if (active && !go_in) return skip_block();
  if (next_is(Piece::Kind::Open)) {
    ++next_;
  } else {
    context_.warn(head.at, fmt::format("a '{{' is missing after {}", keyword.name));
  }
  around_.push_back(block_around);
  const bool told = std::exchange(told_, told_ || keyword.status != Status::Served);
  block(keyword.opens, head, active);
  told_ = told;
  around_.pop_back();
  if (block_around == Block::Root) context_.leave_block();
}

}  // namespace alibi::config
