// SPDX-License-Identifier: Apache-2.0
// The grammar table as a manual page.
#include "config/manual.h"

#include <fmt/format.h>

#include "config/descriptions.h"
#include "config/keywords.h"

namespace alibi::config {
namespace {

constexpr std::string_view kHead = R"(.\" SPDX-License-Identifier: Apache-2.0
.\" Generated from the grammar table: alibi check --man
.TH ALIBI\-KEEPALIVED.CONF 5 "" "alibi" "File formats"
.SH NAME
alibi\-keepalived.conf \- the configuration that alibi run takes
.SH DESCRIPTION
A keepalived.conf as keepalived 2.2.7 reads it.
.BR "alibi check" (1)
says what is wrong with one,
.B "alibi check \-\-lint"
what will hurt,
.B "alibi check \-\-dump\-config"
what it means with every default written out.
.PP
A line is a keyword and its values.
.B {
and
.B }
enclose the lines of a block.
.B #
and
.B !
begin a comment, unless they stand between quotation marks or after a backslash.
Words between quotation marks are one word.
.SH PREPROCESSOR
.TP
.BI include " PATTERN"
The files of PATTERN, relative to the file it stands in.
.BR includer ", " includem ", " includew ", " includeb ", " includea
make it an error when a file cannot be read, nothing matches, no wildcard matches, a part in
braces does not match, or any of these.
.TP
.BI @ ID " LINE"
The line is for the host with that id
.RB ( \-i ,
by default the host name up to its first dot);
.BI @^ ID
for all others.
.TP
.BI $ NAME = VALUE
A definition, over several lines with a backslash at their ends, used as
.BI $ NAME
before a blank and as
.BI ${ NAME }
anywhere.
.BR ${_PWD} ", " ${_INSTANCE} ", " "${_RANDOM [MIN [MAX]]}" ", " "${_ENV NAME}" ", " ${_HASH}
and
.B ${_BANG}
are defined.
.TP
.BI ~SEQ( NAME ", [" START ", [" STEP ,]] " END" ) " LINE"
The line once for each number;
.B ~SEQx
writes them in hexadecimal.
.TP
.BI ~LST( NAME ", " VALUE ", ...) " LINE
The line once for each value;
.BI ~LST({ NAMES "}, {" VALUES }, ...)
for several names at once. Loops may stand one behind the other.
)";

// A '.' or an apostrophe at the beginning of a line and every backslash mean something to man.
std::string escaped(std::string_view text) {
  std::string out;
  if (!text.empty() && (text.front() == '.' || text.front() == '\'')) out = "\\&";
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string entry(const KeywordInfo& k) {
  std::string out = fmt::format(".TP\n.B {}\n", escaped(k.name));
  if (!k.form.empty())
    out = fmt::format(".TP\n.B {}\n", escaped(fmt::format("{} {}", k.name, k.form)));
  std::string text = escaped(description(k.name));
  if (!k.fallback.empty()) text += fmt::format(" (default: {})", escaped(k.fallback));
  if (k.status == "refused") {
    text += fmt::format(". Refused: {}", escaped(k.note));
  } else if (k.status != "served") {
    text += ". Without effect yet";
    if (!k.note.empty()) text += fmt::format(": {}", escaped(k.note));
  }
  return out + text + ".\n";
}

}  // namespace

std::string manual_page() {
  std::string out(kHead);
  std::string lvs;
  std::string_view block = "none yet";
  for (const KeywordInfo& k : all_keywords()) {
    if (description(k.name).empty() || k.block == "virtual_server" || k.block == "real_server" ||
        k.block.starts_with("a checker") || k.block == "url" || k.block == "host" ||
        k.block == "SSL") {
      if (lvs.find(fmt::format("\\fB{}\\fR", escaped(k.name))) == std::string::npos) {
        lvs += fmt::format("{}\\fB{}\\fR", lvs.empty() ? "" : ",\n", escaped(k.name));
      }
      continue;
    }
    if (k.block != block) {
      block = k.block;
      out += fmt::format(".SH \"{}\"\n", block.empty() ? "OUTSIDE OF BLOCKS" : block);
    }
    out += entry(k);
  }
  out += ".SH \"THE LVS HALF\"\nKnown and without effect: alibi balances no connections.\n" + lvs +
         ".\n";
  out += ".SH \"SEE ALSO\"\n.BR ip\\-route (8),\n.BR ip\\-rule (8),\n.BR ip\\-address (8)\n";
  return out;
}

}  // namespace alibi::config
