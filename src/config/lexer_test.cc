// SPDX-License-Identifier: Apache-2.0
// Lines, definitions, pieces and shell-like words.
#include "config/lexer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace alibi::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Pieces as text: words joined by '|', braces as themselves.
struct Read {
  std::vector<std::string> pieces;
  std::vector<Diagnostic> diagnostics;
};

Read read(const std::string& text, const ReadOptions& options = {}) {
  Reporter report;
  const Source source = read_source({"t.conf", text}, options, report);
  Read out;
  for (const Piece& piece : split(source)) {
    std::string shown = piece.kind == Piece::Kind::Open ? "{" : "";
    if (piece.kind == Piece::Kind::Close) shown = "}";
    for (const Word& word : piece.words) shown += (shown.empty() ? "" : "|") + word.text;
    out.pieces.push_back(shown);
  }
  out.diagnostics = std::move(report).finish();
  return out;
}

TEST(Lexer, BracesSplitALineWhereverTheyStand) {
  EXPECT_THAT(read("a b{c d}\n{ e").pieces, ElementsAre("a|b", "{", "c|d", "}", "{", "e"));
  EXPECT_THAT(read("a \"{ b }\" c").pieces, ElementsAre("a|{ b }|c"));
}

TEST(Lexer, CommentsEndAtTheLineAndNotInsideQuotes) {
  EXPECT_THAT(read("a # b\n! c\n  \nd \"# e\" ! f").pieces, ElementsAre("a", "d|# e"));
  EXPECT_THAT(read("a '# b").pieces, ElementsAre("a|'"));  // single quotes protect nothing
  EXPECT_THAT(read("a \\# b \\! c").pieces, ElementsAre("a|#|b|!|c"));
}

TEST(Lexer, QuotesEndWordsAndCarriageReturnsAreLineEnds) {
  EXPECT_THAT(read("a \"b c\"d\r\ne\r\n").pieces, ElementsAre("a|b c|d", "e"));
}

TEST(Lexer, ColumnsCountFromOneAndTabsAreOneOctet) {
  Reporter report;
  const Source source = read_source({"t", "\tab  cd {"}, {}, report);
  const auto pieces = split(source);
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces[0].words[0].column, 2);
  EXPECT_EQ(pieces[0].words[1].column, 6);
  EXPECT_EQ(pieces[1].at.column, 9);
}

TEST(Lexer, LinesThatKeepalivedDoesNotTakeAreNamedAndIgnored) {
  const auto got = read(std::string(1024, 'x') + "\n" + std::string("a\0b", 3) + "\nc");
  EXPECT_THAT(got.pieces, ElementsAre("c"));
  ASSERT_EQ(got.diagnostics.size(), 2U);
  EXPECT_THAT(got.diagnostics[0].message, HasSubstr("1024 octets"));
  EXPECT_THAT(got.diagnostics[1].message, HasSubstr("NUL"));
  EXPECT_EQ(got.diagnostics[1].place.line, 2);
  EXPECT_EQ(got.diagnostics[1].place.column, 2);
  EXPECT_THAT(read(std::string(1023, 'x')).diagnostics, IsEmpty());
}

TEST(Lexer, AnOpenQuotationIsFatal) {
  const auto got = read("script \"/bin/true");
  ASSERT_EQ(got.diagnostics.size(), 1U);
  EXPECT_TRUE(got.diagnostics[0].fatal);
  EXPECT_EQ(got.diagnostics[0].place.column, 8);
}

TEST(Definitions, AreExpandedAtUse) {
  EXPECT_THAT(read("$A=1\n$B = $A 2\nx $B y ${A}z $A").pieces, ElementsAre("x|1|2|y|1z|1"));
  EXPECT_THAT(read("$A=1\nx $AB $UNKNOWN $ $A-1").pieces,
              ElementsAre("x|$AB|$UNKNOWN|$|$A-1"));  // a bare name ends at a blank
  EXPECT_THAT(read("$A=1\nx $A\n$A=2\nx $A").pieces, ElementsAre("x|1", "x|2"));
}

TEST(Definitions, OfSeveralLines) {
  EXPECT_THAT(read("$V= \\\n a \\\n b {\nx $V\n}").pieces, ElementsAre("x|a", "b", "{", "}"));
  EXPECT_THAT(read("$V=a \\\n\nb").pieces, ElementsAre("b"));  // a blank line ends it
  EXPECT_THAT(read("$W=1 \\\n2\n$V=a \\\n$W\n$V").pieces, ElementsAre("a", "1", "2"));
}

TEST(Definitions, ThatNameThemselvesEnd) {
  for (const char* text :
       {"$IF=$IF\nx $IF", "$A=$B\n$B=$A\n$A", "$A=$A $A\nx $A", "$A=x \\\n$A \\\n$A\n$A"}) {
    const auto got = read(text);
    ASSERT_FALSE(got.diagnostics.empty()) << text;
    EXPECT_TRUE(got.diagnostics[0].fatal) << text;
  }
}

TEST(Definitions, PredefinedOnes) {
  EXPECT_THAT(read("a ${_HASH}b ${_BANG}c ${_INSTANCE}", {"lb01", {}}).pieces,
              ElementsAre("a|#b|!c|lb01"));
  EXPECT_THAT(read("a ${_RANDOM 1 2}").diagnostics[0].message, HasSubstr("not supported"));
}

TEST(Source, LinesForOneSystem) {
  const std::string text = "@lb01 a\n@^lb01 b\n  @lb02 c\n@^lb02 d\n@lb01\ne";
  EXPECT_THAT(read(text, {"lb01", {}}).pieces, ElementsAre("a", "d", "e"));
  EXPECT_THAT(read(text, {"lb02", {}}).pieces, ElementsAre("b", "c", "e"));
  EXPECT_THAT(read(text).pieces, ElementsAre("b", "d", "e"));
}

TEST(Source, SequencesAreRefused) {
  const auto got = read("~SEQ(X, 1, 3) a $X");
  EXPECT_THAT(got.pieces, IsEmpty());
  EXPECT_TRUE(got.diagnostics[0].fatal);
}

TEST(Source, IncludesAreBounded) {
  ReadOptions options;
  int opened = 0;
  options.include = [&](const std::string& name, const std::string&) -> Result<std::vector<File>> {
    ++opened;
    if (name == "none") return fail("no file matches none");
    return std::vector<File>{{name, name == "leaf" ? "b\n" : "include self\ninclude self\n"}};
  };
  EXPECT_THAT(read("a\ninclude leaf\nc", options).pieces, ElementsAre("a", "b", "c"));
  EXPECT_THAT(read("include none", options).diagnostics[0].message, HasSubstr("no file"));
  EXPECT_FALSE(read("include none", options).diagnostics[0].fatal);
  EXPECT_TRUE(read("includer none", options).diagnostics[0].fatal);
  EXPECT_THAT(read("included none").pieces, ElementsAre("included|none"));
  opened = 0;
  const auto got = read("include self", options);
  EXPECT_LE(opened, 2 * static_cast<int>(kMaxFiles));
  EXPECT_TRUE(got.diagnostics[0].fatal);
}

TEST(ShellWords, QuotesAndEscapes) {
  EXPECT_THAT(*shell_words("killall -0  haproxy"), ElementsAre("killall", "-0", "haproxy"));
  EXPECT_THAT(*shell_words("a 'b \"c' \"d 'e\" f\\ g"), ElementsAre("a", "b \"c", "d 'e", "f g"));
  EXPECT_THAT(*shell_words("x\\x41\\101\\cA\\t\"\""), ElementsAre("xAA\x01\t"));
  EXPECT_THAT(*shell_words("\"\""), ElementsAre(""));
  EXPECT_THAT(*shell_words("  "), IsEmpty());
  EXPECT_FALSE(shell_words("a 'b"));
  EXPECT_FALSE(shell_words("a \\"));
}

}  // namespace
}  // namespace alibi::config
