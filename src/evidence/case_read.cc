// SPDX-License-Identifier: Apache-2.0
// Reads a case file that may come from anywhere: every value is checked against its column's type
// and range, and the first one that is wrong is named with its table, row and column.
#include <algorithm>
#include <utility>

#include "evidence/case_file.h"
#include "evidence/case_rows.h"
#include "evidence/cell.h"
#include "evidence/sqlite.h"

namespace alibi::evidence {
namespace {

// The columns of one row, in the order of its field list; stops at the first bad one.
class RowReader {
 public:
  explicit RowReader(const Statement& statement) : statement_(statement) {}

  template <typename T>
  void operator()(const char* column, T& out) {
    ++index_;
    if (bad_column_ != nullptr) return;
    bool good = false;
    if constexpr (kIsIntegerCell<T>) {
      const auto cell = statement_.integer(index_);
      good = cell && from_cell(*cell, out);
    } else {
      const auto cell = statement_.text(index_);
      good = cell && from_cell(*cell, out);
    }
    if (!good) bad_column_ = column;
  }
  const char* bad_column() const { return bad_column_; }

 private:
  const Statement& statement_;
  int index_ = 0;  // column 0 is the id
  const char* bad_column_ = nullptr;
};

tl::unexpected<Error> fail_row(const char* table, std::int64_t id, const std::string& why) {
  return fail("table " + std::string(table) + ", row " + std::to_string(id) + ": " + why);
}

// Calls take(row) for each row; take returns what is wrong with it, or an empty text.
template <typename Row, typename Take>
Result<void> read_table(Database& db, const char* table, Take take) {
  // A view or a virtual table of this name would run code of the file's author.
  auto plain = db.number("SELECT count(*) FROM sqlite_schema WHERE type='table' AND name='" +
                         std::string(table) + "' AND sql LIKE 'CREATE TABLE %'");
  if (!plain) return tl::unexpected(plain.error());
  if (*plain != 1) return fail("table " + std::string(table) + " is missing");
  std::string columns = "id";
  auto name_column = [&columns](const char* name, const auto&) {
    columns += ",\"" + std::string(name) + "\"";
  };
  const Row empty{};
  fields(name_column, empty);
  auto statement =
      db.prepare("SELECT " + columns + " FROM \"" + std::string(table) + "\" ORDER BY id");
  if (!statement) return tl::unexpected(statement.error());
  for (std::int64_t expected = 0;; ++expected) {
    auto more = statement->step();
    if (!more) return fail_row(table, expected, more.error().message);
    if (!*more) return {};
    if (statement->integer(0) != expected) return fail_row(table, expected, "is missing");
    Row row{};
    RowReader reader(*statement);
    fields(reader, row);
    if (reader.bad_column() != nullptr) {
      return fail_row(table, expected,
                      "column " + std::string(reader.bad_column()) + " has a wrong value");
    }
    if (const std::string why = take(std::move(row)); !why.empty()) {
      return fail_row(table, expected, why);
    }
  }
}

template <typename Row>
Result<void> read_rows(Database& db, const char* table, std::vector<Row>& out) {
  return read_table<Row>(db, table, [&out](Row&& row) {
    out.push_back(std::move(row));
    return std::string();
  });
}

// Rows that belong to a tap.
std::string tap_defect(const Recording& recording, TapId tap) {
  return tap < recording.taps.size() ? "" : "there is no tap " + std::to_string(tap);
}

Result<void> read_heartbeats(Database& db, Recording& out) {
  return read_table<HeartbeatRow>(db, "heartbeat", [&out](HeartbeatRow&& row) {
    // Equal numbers become equal octets: who shares a password with whom survives.
    auto& data = row.heartbeat.packet.decoded.advertisement.auth_data;
    for (unsigned i = 0; i < 4; ++i) {
      data[i] = static_cast<std::uint8_t>(row.auth_number >> (8 * i) & 0xffU);
    }
    out.heartbeats.push_back(std::move(row.heartbeat));
    return tap_defect(out, out.heartbeats.back().tap);
  });
}

Result<void> read_events(Database& db, Recording& out) {
  return read_table<EventRow>(db, "event", [&out](const EventRow& row) {
    auto fact = parse_fact(row.kind, row.fact);
    if (!fact) return fact.error().message;
    out.events.push_back({row.at, std::move(*fact)});
    const auto* counters = std::get_if<InterfaceCounters>(&out.events.back().fact);
    return counters == nullptr ? std::string() : tap_defect(out, counters->tap);
  });
}

Result<void> read_meta(Database& db, Recording& out) {
  std::vector<MetaRow> rows;
  if (auto read = read_rows(db, "meta", rows); !read) return read;
  if (rows.size() != 1)
    return fail("table meta has " + std::to_string(rows.size()) + " rows, not 1");
  out.begin = rows[0].begin;
  out.end = rows[0].end;
  out.has_host_evidence = rows[0].has_host_evidence;
  return {};
}

Result<void> read_arps(Database& db, Recording& out) {
  return read_table<ArpSeen>(db, "arp", [&out](ArpSeen&& row) {
    out.arps.push_back(std::move(row));
    return tap_defect(out, out.arps.back().tap);
  });
}

/// Cases of version 3 had no such table at first: none is as good as an empty one.
Result<void> read_sources(Database& db, Recording& out) {
  auto any = db.number("SELECT count(*) FROM sqlite_schema WHERE name='source'");
  if (!any) return tl::unexpected(any.error());
  return *any == 0 ? Result<void>() : read_rows(db, "source", out.sources);
}

Result<void> check_version(Database& db) {
  auto application = db.number("PRAGMA application_id");
  if (!application) return tl::unexpected(application.error());
  if (*application != kCaseApplicationId) return fail("an SQLite file, but not an alibi case");
  auto version = db.number("PRAGMA user_version");
  if (!version) return tl::unexpected(version.error());
  if (*version != kCaseVersion) {
    return fail("a case of version " + std::to_string(*version) + "; this alibi reads version " +
                std::to_string(kCaseVersion) + ", use the alibi that wrote it");
  }
  return {};
}

Result<Recording> read_database(Database& db) {
  Recording out;
  Result<void> done = check_version(db);
  if (done) done = read_meta(db, out);
  if (done) done = read_rows(db, "tap", out.taps);
  if (done && out.taps.size() > UINT16_MAX) done = fail("more than 65535 taps");
  if (done) done = read_heartbeats(db, out);
  if (done) done = read_arps(db, out);
  if (done) done = read_events(db, out);
  if (done) done = read_rows(db, "clock", out.clock);
  if (done) done = read_rows(db, "loss", out.losses);
  if (done) done = read_sources(db, out);
  if (!done) return tl::unexpected(done.error());
  // Ordered by time is what a recording promises; a file cannot be trusted to be.
  const auto earlier = [](const auto& a, const auto& b) { return a.at < b.at; };
  std::stable_sort(out.heartbeats.begin(), out.heartbeats.end(), earlier);
  std::stable_sort(out.arps.begin(), out.arps.end(), earlier);
  std::stable_sort(out.events.begin(), out.events.end(), earlier);
  std::stable_sort(out.clock.begin(), out.clock.end(), earlier);
  return out;
}

}  // namespace

Result<Recording> read_case(const std::string& path) {
  auto db = Database::open(path);
  if (!db) return fail("cannot read " + path + ": " + db.error().message, db.error().os_errno);
  auto recording = read_database(*db);
  if (!recording) return fail(path + ": " + recording.error().message);
  return recording;
}

}  // namespace alibi::evidence
