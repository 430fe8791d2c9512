// Where the shell's SQL goes: a server (through libpq), or a data directory opened in this process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/base/result.h"

namespace lathe::shell {

/// One statement's result, as text.
struct ResultSet {
  struct Column {
    std::string name;
    Oid type;
  };
  bool has_rows = false;  // columns and rows are meaningful
  std::vector<Column> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;
  std::string tag;
};

/// What a run of SQL tells the shell, in order.
struct Listener {
  std::function<void(const ResultSet&)> result;
  std::function<void(std::string_view severity, const Error&)> notice;
  std::function<bool(std::string*)> copy_in;  // appends input for COPY FROM STDIN; false at the end
  std::function<void(std::string_view)> copy_out;  // output of COPY TO STDOUT
};

/// A connection. Used by one thread, except Cancel.
class Backend {
 public:
  virtual ~Backend() = default;
  /// Runs SQL text of one or several statements. The error is the first one's that failed.
  virtual Status Run(const std::string& sql, const Listener& listener) = 0;
  /// Cancels what runs. Safe in a signal handler's thread.
  virtual void Cancel() = 0;
  /// 'I', 'T' or 'E'.
  virtual char transaction_status() = 0;
  virtual std::string database() = 0;
};

struct ServerAddress {
  std::string host = "127.0.0.1";
  int port = 5432;
  std::string user = "lathe", database = "lathe";
};
Result<std::unique_ptr<Backend>> Connect(const ServerAddress& address);
/// Opens the directory in this process, with no server.
Result<std::unique_ptr<Backend>> OpenDirectory(const std::string& dir);

}  // namespace lathe::shell
