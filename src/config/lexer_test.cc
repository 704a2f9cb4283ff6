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
  EXPECT_THAT(read("a ${_HASH}b ${_BANG}c ${_INSTANCE}", {"lb01", {}, 0, {}}).pieces,
              ElementsAre("a|#b|!c|lb01"));
  ReadOptions options;
  options.environment = [](const std::string& name) { return name == "HOME" ? "/h" : ""; };
  EXPECT_THAT(read("${_ENV HOME} ${_ENV NONE}.", options).pieces, ElementsAre("/h|."));
  EXPECT_TRUE(read("${_ENV HOME}").diagnostics[0].fatal);
  EXPECT_THAT(read("${_PWD}/x").pieces, ElementsAre("./x"));
}

TEST(Definitions, RandomNumbersRepeatWithTheirSeedAndKeepTheirRange) {
  const std::string text = "random_seed 7\n${_RANDOM 5 6} ${_RANDOM 3 3} ${_RANDOM} ${_RANDOM}";
  ReadOptions other;
  other.seed = 99;
  const auto once = read(text);
  EXPECT_EQ(once.pieces, read(text, other).pieces);
  ASSERT_EQ(once.pieces.size(), 2U);
  EXPECT_THAT(once.pieces[1].substr(0, 4), ::testing::AnyOf("5|3|", "6|3|"));
  for (const char* bad :
       {"${_RANDOM 2 1}", "${_RANDOM x}", "${_RANDOM -1 2}", "${_RANDOM 1 2 3}"}) {
    const auto got = read(bad);
    ASSERT_EQ(got.diagnostics.size(), 1U) << bad;
    EXPECT_TRUE(got.diagnostics[0].fatal) << bad;
  }
}

TEST(Source, LinesForOneSystem) {
  const std::string text = "@lb01 a\n@^lb01 b\n  @lb02 c\n@^lb02 d\n@lb01\ne";
  EXPECT_THAT(read(text, {"lb01", {}, 0, {}}).pieces, ElementsAre("a", "d", "e"));
  EXPECT_THAT(read(text, {"lb02", {}, 0, {}}).pieces, ElementsAre("b", "c", "e"));
  EXPECT_THAT(read(text).pieces, ElementsAre("b", "d", "e"));
}

TEST(Loops, CountAndList) {
  EXPECT_THAT(read("~SEQ(X, 3) a$X ${X}").pieces, ElementsAre("a1|1", "a2|2", "a3|3"));
  EXPECT_THAT(read("~SEQ(X,0,2,4) ${X}").pieces, ElementsAre("0", "2", "4"));
  EXPECT_THAT(read("~SEQ(X,-2) ${X}").pieces, ElementsAre("-1", "-2"));
  EXPECT_THAT(read("~SEQx(X, 0x1e, 0x21) ${X}").pieces, ElementsAre("1e", "1f", "20", "21"));
  EXPECT_THAT(read("~SEQ(A,1,2) ~LST(B,x,y) ${A}${B}").pieces, ElementsAre("1x", "1y", "2x", "2y"));
  EXPECT_THAT(read("~LST({A, B}, {1,x}, {2,y}) ${B}.${A}").pieces, ElementsAre("x.1", "y.2"));
  EXPECT_THAT(read("$V= \\\n a${X} { \\\n b \\\n }\n~SEQ(X,2) $V").pieces,
              ElementsAre("a1", "{", "b", "}", "a2", "{", "b", "}"));
  EXPECT_THAT(read("$N=2\n~SEQ(X,$N) ${X}\n$X").pieces, ElementsAre("1", "2", "$X"));
}

TEST(Loops, ThatCannotEndOrAreTooMuchAreNamed) {
  for (const char* bad :
       {"~SEQ(X,1,0,3) a", "~SEQ(X,1,-1,3) a", "~SEQ(X) a", "~SEQ(1,2) a", "~SEQ(X,a) b",
        "~SEQ(X,1,9999999) a", "~LST(X) a", "~LST({A,B},{1}) a", "~FOO(x) a", "~SEQ(X,1,2 a",
        "~SEQ(A,100000) ~SEQ(B,100000) ~SEQ(C,100000) a"}) {
    const auto got = read(bad);
    ASSERT_FALSE(got.diagnostics.empty()) << bad;
    EXPECT_TRUE(got.diagnostics[0].fatal) << bad;
    EXPECT_EQ(got.diagnostics[0].place.line, 1);
  }
}

TEST(Source, IncludesAreBounded) {
  ReadOptions options;
  int opened = 0;
  options.include = [&](const std::string& name, const std::string&) -> Included {
    ++opened;
    if (name == "none" || name == "n*") return {{}, {}, {name}};
    if (name == "locked") return {{}, {"cannot read locked"}, {}};
    if (name == "{leaf,none}") return {{{"leaf", "b\n"}}, {}, {"none"}};
    return {{{name, name == "leaf" ? "b\n" : "include self\ninclude self\n"}}, {}, {}};
  };
  EXPECT_THAT(read("a\ninclude leaf\nc", options).pieces, ElementsAre("a", "b", "c"));
  EXPECT_THAT(read("include none", options).diagnostics[0].message, HasSubstr("no file"));
  EXPECT_THAT(read("included none").pieces, ElementsAre("included|none"));
  const auto fatal = [&](const char* text) {
    const auto got = read(text, options);
    return !got.diagnostics.empty() && got.diagnostics[0].fatal;
  };
  for (const char* text : {"include none", "includer none", "includem n*", "includer n*",
                           "include locked", "include {leaf,none}", "includem {leaf,none}",
                           "include_check match\ninclude_check -match\ninclude none"}) {
    EXPECT_FALSE(fatal(text)) << text;
  }
  for (const char* text : {"includem none", "includew n*", "includer locked", "includea locked",
                           "includeb {leaf,none}", "include_check\ninclude n*",
                           "include_check +match -readable\ninclude none"}) {
    EXPECT_TRUE(fatal(text)) << text;
  }
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
