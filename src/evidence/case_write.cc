// SPDX-License-Identifier: Apache-2.0
// Writes a recording into a new SQLite file beside the wanted one, then renames it.
#include <filesystem>
#include <cstdio>
#include <map>
#include <utility>

#include "evidence/case_file.h"
#include "evidence/case_rows.h"
#include "evidence/cell.h"
#include "evidence/sqlite.h"

namespace alibi::evidence {
namespace {

Result<void> create_tables(Database& db) {
  std::string sql = "PRAGMA application_id=" + std::to_string(kCaseApplicationId) +
                    ";PRAGMA user_version=" + std::to_string(kCaseVersion) + ";";
  for_each_table([&sql](const char* table, const auto& row) {
    sql += "CREATE TABLE \"" + std::string(table) + "\"(id INTEGER PRIMARY KEY";
    auto column = [&sql](const char* name, const auto& value) {
      using T = std::remove_cvref_t<decltype(value)>;
      sql +=
          ",\"" + std::string(name) + (kIsIntegerCell<T> ? "\" INTEGER" : "\" TEXT") + " NOT NULL";
    };
    fields(column, row);
    sql += ") STRICT;";
  });
  return db.run(sql);
}

// Inserts row after row into one table; ids count from 0.
class Inserter {
 public:
  template <typename Row>
  static Result<Inserter> prepare(Database& db, const char* table) {
    std::string places = "?";
    auto place = [&places](const char*, const auto&) { places += ",?"; };
    const Row row{};
    fields(place, row);
    auto statement =
        db.prepare("INSERT INTO \"" + std::string(table) + "\" VALUES(" + places + ")");
    if (!statement) return tl::unexpected(statement.error());
    return Inserter(std::move(*statement));
  }
  template <typename Row>
  Result<void> insert(const Row& row) {
    statement_.bind(0, next_id_++);
    int index = 0;
    auto bind = [&](const char*, const auto& value) { statement_.bind(++index, to_cell(value)); };
    fields(bind, row);
    auto done = statement_.step();
    if (!done) return tl::unexpected(done.error());
    statement_.reset();
    return {};
  }

 private:
  explicit Inserter(Statement statement) : statement_(std::move(statement)) {}
  Statement statement_;
  std::int64_t next_id_ = 0;
};

// `row_of` makes a row out of an item; called in order, once each.
template <typename Items, typename RowOf>
Result<void> insert_all(Database& db, const char* table, const Items& items, RowOf row_of) {
  using Row = std::remove_cvref_t<decltype(row_of(*items.begin()))>;
  auto inserter = Inserter::prepare<Row>(db, table);
  if (!inserter) return tl::unexpected(inserter.error());
  for (const auto& item : items) {
    if (auto inserted = inserter->insert(row_of(item)); !inserted) return inserted;
  }
  return {};
}

// Numbers the distinct values of authentication data from 1 in order of appearance; all zero is 0.
class AuthNumbers {
 public:
  std::uint32_t of(const std::array<std::uint8_t, 8>& data) {
    if (data == std::array<std::uint8_t, 8>{}) return 0;
    return numbers_.emplace(data, static_cast<std::uint32_t>(numbers_.size() + 1)).first->second;
  }

 private:
  std::map<std::array<std::uint8_t, 8>, std::uint32_t> numbers_;
};

Result<void> insert_recording(Database& db, const Recording& recording) {
  const auto same = [](const auto& item) -> const auto& { return item; };
  AuthNumbers auth;
  const auto heartbeat_row = [&auth](const Heartbeat& h) {
    return HeartbeatRow{h, auth.of(h.packet.decoded.advertisement.auth_data)};
  };
  const auto event_row = [](const Event& event) {
    return EventRow{event.at, std::string(kind_name(event.fact)), fact_json(event.fact)};
  };
  const std::array meta{MetaRow{recording.begin, recording.end, recording.has_host_evidence}};
  Result<void> done = insert_all(db, "meta", meta, same);
  if (done) done = insert_all(db, "tap", recording.taps, same);
  if (done) done = insert_all(db, "heartbeat", recording.heartbeats, heartbeat_row);
  if (done) done = insert_all(db, "arp", recording.arps, same);
  if (done) done = insert_all(db, "event", recording.events, event_row);
  if (done) done = insert_all(db, "clock", recording.clock, same);
  if (done) done = insert_all(db, "loss", recording.losses, same);
  if (done) done = insert_all(db, "source", recording.sources, same);
  return done;
}

// The file is new and private until the rename, so it needs no journal; the commit still reaches
// the disk before it.
Result<void> write_database(const Recording& recording, const std::string& path) {
  auto db = Database::create(path);
  if (!db) return tl::unexpected(db.error());
  Result<void> done = db->run("PRAGMA journal_mode=OFF;PRAGMA synchronous=FULL;BEGIN");
  if (done) done = create_tables(*db);
  if (done) done = insert_recording(*db, recording);
  if (done) done = db->run("COMMIT");
  if (done) done = db->close();
  return done;
}

}  // namespace

Result<void> write_case(const Recording& recording, const std::string& path) {
  // The rename below would put the case in the place of a device or a pipe.
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored))
    return fail(path + ": not a regular file; a case replaces what is there");
  const std::string partial = path + ".tmp";
  std::remove(partial.c_str());
  if (auto written = write_database(recording, partial); !written) {
    std::remove(partial.c_str());
    return fail("cannot write " + path + ": " + written.error().message, written.error().os_errno);
  }
  if (std::rename(partial.c_str(), path.c_str()) != 0) {
    auto error = fail_errno("cannot write " + path);
    std::remove(partial.c_str());
    return error;
  }
  return {};
}

}  // namespace alibi::evidence
