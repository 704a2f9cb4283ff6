// SPDX-License-Identifier: Apache-2.0
// As much of SQLite as a case file needs, with Result for errors. Private to evidence/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace alibi::evidence {

/// A prepared statement; columns and parameters count from 0.
class Statement {
 public:
  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view value);
  /// True when there is a row to read; false at the end.
  Result<bool> step();
  /// For the next set of parameters.
  void reset();
  /// Nothing when the column holds another type.
  std::optional<std::int64_t> integer(int column) const;
  std::optional<std::string_view> text(int column) const;  ///< valid until the next step()

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// One connection, one thread.
class Database {
 public:
  static Result<Database> create(const std::string& path);
  /// Read only, and distrusting what the file says about itself.
  static Result<Database> open(const std::string& path);
  Result<void> run(const std::string& sql);
  Result<Statement> prepare(const std::string& sql);
  /// The single number that a PRAGMA or SELECT answers.
  Result<std::int64_t> number(const std::string& sql);
  /// Closes, reporting what could not be written.
  Result<void> close();

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  static Result<Database> connect(const std::string& path, int flags);
  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace alibi::evidence
