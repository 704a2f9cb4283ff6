// SPDX-License-Identifier: Apache-2.0
// Thin calls into SQLite.
#include "evidence/sqlite.h"

#include <sqlite3.h>

#include "base/check.h"

namespace alibi::evidence {
namespace {

constexpr int kMaxValueBytes = 64 << 20;

tl::unexpected<Error> fail_sqlite(sqlite3* db) {
  return fail(sqlite3_errmsg(db), sqlite3_system_errno(db));
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Statement::bind(int index, std::int64_t value) {
  CHECK(sqlite3_bind_int64(statement_.get(), index + 1, value) == SQLITE_OK);
}

// A copy is made (SQLITE_TRANSIENT): most texts are built for this call. One that is too long, or
// has no memory, leaves NULL, which the tables refuse in step().
void Statement::bind(int index, std::string_view value) {
  sqlite3_bind_text64(statement_.get(), index + 1, value.data() == nullptr ? "" : value.data(),
                      value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

Result<bool> Statement::step() {
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return fail_sqlite(sqlite3_db_handle(statement_.get()));
  }
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::optional<std::int64_t> Statement::integer(int column) const {
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_INTEGER) return std::nullopt;
  return sqlite3_column_int64(statement_.get(), column);
}

std::optional<std::string_view> Statement::text(int column) const {
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_TEXT) return std::nullopt;
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (text == nullptr) return std::nullopt;
  return std::string_view(text,
                          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)));
}

void Database::Close::operator()(sqlite3* db) const { sqlite3_close(db); }

Result<Database> Database::connect(const std::string& path, int flags) {
  Database out;
  sqlite3* db = nullptr;
  const int status =
      sqlite3_open_v2(path.c_str(), &db, flags | SQLITE_OPEN_NOMUTEX, /*vfs=*/nullptr);
  out.db_.reset(db);
  if (db == nullptr) return fail("out of memory");
  if (status != SQLITE_OK) return fail_sqlite(db);
  sqlite3_limit(db, SQLITE_LIMIT_LENGTH, kMaxValueBytes);
  return out;
}

Result<Database> Database::create(const std::string& path) {
  return connect(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
}

// A case may come from anywhere: no code in its schema is run, and pages are checked as they are
// read.
Result<Database> Database::open(const std::string& path) {
  auto out = connect(path, SQLITE_OPEN_READONLY);
  if (!out) return out;
  sqlite3* db = out->db_.get();
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  if (auto set = out->run("PRAGMA cell_size_check=ON"); !set) return tl::unexpected(set.error());
  return out;
}

Result<void> Database::run(const std::string& sql) {
  if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return fail_sqlite(db_.get());
  }
  return {};
}

Result<Statement> Database::prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db_.get(), sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
    return fail_sqlite(db_.get());
  }
  return Statement(statement);
}

Result<std::int64_t> Database::number(const std::string& sql) {
  auto statement = prepare(sql);
  if (!statement) return tl::unexpected(statement.error());
  auto row = statement->step();
  if (!row) return tl::unexpected(row.error());
  const auto value = *row ? statement->integer(0) : std::nullopt;
  if (!value) return fail(sql + ": no number");
  return *value;
}

Result<void> Database::close() {
  sqlite3* db = db_.release();
  if (sqlite3_close(db) != SQLITE_OK) {
    db_.reset(db);
    return fail_sqlite(db);
  }
  return {};
}

}  // namespace alibi::evidence
