// SPDX-License-Identifier: Apache-2.0
// The nearest word, the rendering, the bound on diagnostics.
#include "config/report.h"

#include <gtest/gtest.h>

#include <array>

#include "config/grammar.h"

namespace alibi::config {
namespace {

constexpr std::array<std::string_view, 4> kWords = {"priority", "preempt", "interface", "state"};

TEST(Nearest, FindsWhatWasMeant) {
  EXPECT_EQ(nearest("priorty", kWords), "priority");
  EXPECT_EQ(nearest("priortiy", kWords), "priority");  // a swap counts one
  EXPECT_EQ(nearest("intrface", kWords), "interface");
  EXPECT_EQ(nearest("stat", kWords), "state");
  EXPECT_EQ(nearest("wibble", kWords), "");
  EXPECT_EQ(nearest("x", kWords), "");
  EXPECT_EQ(nearest(std::string(5000, 'p'), kWords), "");
}

TEST(Render, ShowsTheLineACaretAndTheSuggestion) {
  Diagnostic d;
  d.severity = Severity::Warning;
  d.place = Place{"a.conf", 3, 2};
  d.message = "unknown keyword 'priorty'";
  d.source_line = "\tpriorty 5";
  d.suggestion = "priority";
  EXPECT_EQ(render(d),
            "a.conf:3:2: warning: unknown keyword 'priorty'; did you mean 'priority'?\n"
            "  \tpriorty 5\n"
            "  \t^");
  d.source_line = "\xc3\xa4 x";  // one letter, two octets
  d.place.column = 4;
  d.suggestion.clear();
  EXPECT_EQ(render(d), "a.conf:3:4: warning: unknown keyword 'priorty'\n  \xc3\xa4 x\n    ^");
}

TEST(Render, LetsNoControlCharactersThrough) {
  const Diagnostic d{Severity::Error, {"a\x1b[2J", 0, 0}, "bad\x07", "", "", true};
  EXPECT_EQ(render(d), "a?[2J: error: bad?");
}

TEST(Reporter, SortsByPlaceAndCountsWhatIsTooMuch) {
  Reporter report;
  for (int i = 0; i < static_cast<int>(kMaxDiagnostics) + 7; ++i) {
    report.add({Severity::Notice, {"f", 1000 - i, 1}, "m", "", "", false});
  }
  report.add({Severity::Error, {"f", 1, 1}, "fatal", "", "", true});
  const auto all = std::move(report).finish();
  ASSERT_EQ(all.size(), kMaxDiagnostics + 1);
  EXPECT_LT(all[0].place.line, all[1].place.line);
  EXPECT_EQ(all.back().message, "and 8 more; correct the first ones and check again");
  EXPECT_EQ(all.back().severity, Severity::Error);
  EXPECT_TRUE(all.back().fatal);  // what was not kept still forbids to start
}

TEST(Reporter, CountsPlacesOfTheSameNotice) {
  Reporter report;
  for (int line : {4, 9, 2})
    report.add_once("k", {Severity::Notice, {"f", line, 1}, "m", "", "", false});
  const auto all = std::move(report).finish();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].message, "m (3 places)");
  EXPECT_EQ(all[0].place.line, 4);
}

TEST(Grammar, EveryServedKeywordHasAFunctionAndEveryNameIsOnceInItsBlock) {
  for (int i = 0; i < static_cast<int>(Block::None); ++i) {
    const auto block = static_cast<Block>(i);
    ASSERT_FALSE(keywords_of(block).empty()) << block_name(block);
    for (const Keyword& k : keywords_of(block)) {
      EXPECT_EQ(find_keyword(block, k.name), &k) << k.name << " twice in " << block_name(block);
      if (k.status == Status::Served || k.status == Status::Parsed) {
        EXPECT_NE(k.access.read, nullptr) << k.name;
      }
      const bool section = k.form == Form::Section || k.form == Form::Named;
      EXPECT_EQ(section, k.opens != Block::None) << k.name;
    }
  }
}

}  // namespace
}  // namespace alibi::config
