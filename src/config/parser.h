// SPDX-License-Identifier: Apache-2.0
// Walks the pieces by the grammar table and calls each keyword's function. An unknown block is
// skipped whole, so that one wrong word gives one diagnostic.
#pragma once

#include <cstddef>
#include <vector>

#include "config/grammar.h"

namespace alibi::config {

class Parser {
 public:
  Parser(std::vector<Piece> pieces, Context& context);

  void run();

 private:
  bool at_end() const { return next_ >= pieces_.size(); }
  bool next_is(Piece::Kind kind) const { return !at_end() && pieces_[next_].kind == kind; }

  void block(Block block, const Piece& opened, bool served);
  void statement(Block block, const Piece& head, bool served);
  void unknown(Block block, const Piece& head);
  bool not_served(const Keyword& keyword, Block block, const Piece& head);
  bool enough_words(const Keyword& keyword, const Piece& head);
  void value_block(const Keyword& keyword, Block block, const Piece& head, bool active);
  bool leaves_values(Block block, bool opened) const;
  void section(const Keyword& keyword, Block block_around, const Piece& head, bool active);
  void skip_block();
  bool begins_elsewhere(Block block) const;
  bool belongs_around(Block block) const;
  void missing_close(const Piece& opened);

  std::vector<Piece> pieces_;
  Context& context_;
  std::size_t next_ = 0;
  std::vector<Block> around_;  // the blocks we are in, Root first
  bool told_ = false;          // the block we are in was named as not served: its words need not be
  int missing_ = 0;            // '}' that the whole file lacks, less those found to be missing
};

}  // namespace alibi::config
