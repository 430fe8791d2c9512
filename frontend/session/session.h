// Front door of frontend/session: one client's conversation with the database, without the wire. A
// Session parses, binds, plans and runs statements, keeps the transaction, the settings, the
// prepared statements and the portals, and hands results to a Client. frontend/pgwire and the
// embedded shell both stand on it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/exec/exec.h"
#include "runtime/row/layout.h"
#include "runtime/types/codec.h"
#include "runtime/types/type.h"

namespace lathe::session {

class Instance;

/// A column of a result set.
struct ResultColumn {
  std::string name;
  types::Type type;
  Oid table;  // the table it comes from unchanged; 0 = none
  int16_t column_number = 0;
};

/// A warning, notice, info or debug message beside the result.
struct Notice {
  std::string severity = "NOTICE";
  Error fields;
};

/// Where a statement's output goes and COPY's input comes from. Implemented by pgwire's connection
/// and by the shell. Called on the thread that runs the statement; an error from it ends the
/// statement.
class Client {
 public:
  virtual ~Client() = default;
  /// A result set begins. Not called by Execute of a portal (the description was asked for before).
  virtual void Columns(const std::vector<ResultColumn>& columns) = 0;
  /// Rows of the result set.
  virtual Status Rows(const row::Layout& layout, const exec::Segment& segment) = 0;
  /// A statement has ended: "SELECT 3", "INSERT 0 1", "BEGIN".
  virtual void Complete(std::string_view tag) = 0;
  /// The query string held no statement.
  virtual void EmptyQuery() = 0;
  virtual void SendNotice(const Notice& notice) = 0;
  /// A setting that clients track has changed.
  virtual void ParameterStatus(std::string_view name, std::string_view value) = 0;
  virtual Status BeginCopyIn(size_t column_count, bool binary) = 0;
  /// Appends the next bytes that the client sent; false at the end. CopyFail is error 57014 with
  /// the client's message.
  virtual Result<bool> ReadCopy(std::string* bytes) = 0;
  virtual Status BeginCopyOut(size_t column_count, bool binary) = 0;
  virtual Status WriteCopy(std::string_view bytes) = 0;
  virtual Status EndCopyOut() = 0;
  /// A commit is about to wait for the disk, and the session has nothing to do for this client
  /// afterwards but end its statement. Gives what is to be called with the outcome, once, on any
  /// thread (it does not block): the thread then goes on at once, as if all were well, and what the
  /// client is told from here on must not reach it before a good outcome; after a bad one it is told
  /// that error in its place. Whoever called the session calls WriteCommits when it returns. null:
  /// the session waits.
  virtual std::function<void(Status)> CommitOutcome() { return nullptr; }
};

/// A parameter value as Bind brings it.
struct BoundParam {
  bool is_null = false;
  bool binary = false;
  std::string_view bytes;
};

/// What a prepared statement takes and gives.
struct StatementDescription {
  std::vector<types::Type> params;
  std::optional<std::vector<ResultColumn>> columns;  // none: returns no rows
};

enum class ExecuteOutcome : uint8_t { kComplete, kSuspended };

/// What a client says of itself at the start.
struct SessionOptions {
  std::string user = "lathe";
  std::string database = "lathe";
  std::map<std::string, std::string> settings;  // from the startup packet and its options
};

/// One session. Used by one thread at a time, except Cancel and Terminate, which any thread may
/// call.
class Session {
 public:
  virtual ~Session() = default;

  /// Runs all statements of the text. The error is that of the first one that failed; the rest is
  /// not run.
  virtual Status SimpleQuery(std::string_view sql, Client* client) = 0;

  // The extended protocol. Names are empty for the unnamed statement and portal.
  virtual Status Parse(const std::string& name, std::string_view sql,
                       const std::vector<Oid>& param_types) = 0;
  virtual Result<StatementDescription> DescribeStatement(const std::string& name) = 0;
  /// param bytes are copied.
  virtual Status Bind(const std::string& portal, const std::string& statement,
                      const std::vector<BoundParam>& params) = 0;
  /// Columns of the portal's rows; none: returns no rows.
  virtual Result<std::optional<std::vector<ResultColumn>>> DescribePortal(
      const std::string& name) = 0;
  /// max_rows 0 = all.
  virtual Result<ExecuteOutcome> Execute(const std::string& portal, uint64_t max_rows,
                                         Client* client) = 0;
  virtual void CloseStatement(const std::string& name) = 0;
  virtual void ClosePortal(const std::string& name) = 0;
  /// Ends a batch: commits what ran outside of a transaction block. An error is that of the commit.
  virtual Status Sync(Client* client) = 0;
  /// Writes commits whose outcome a Client waits for, also of other sessions, unless another thread
  /// does. Blocks.
  virtual void WriteCommits() = 0;
  /// Tells the session that the batch failed outside of its own calls (protocol errors, a
  /// formatting error).
  virtual void Fail() = 0;

  /// 'I' idle, 'T' in a transaction block, 'E' in a failed one.
  virtual char transaction_status() const = 0;
  /// Settings that clients track, with their values, for the start of the conversation.
  virtual std::vector<std::pair<std::string, std::string>> TrackedSettings() const = 0;
  virtual SessionId id() const = 0;
  /// The secret that a cancel request must bring.
  virtual uint32_t cancel_key() const = 0;

  /// Ends the running statement with 57014. Any thread.
  virtual void Cancel() = 0;
  /// Ends the running statement with 57P01; the session takes no more. Any thread.
  virtual void Terminate() = 0;
  virtual bool terminated() const = 0;
  /// Why it has been terminated.
  virtual Error EndReason() const = 0;
  /// Called when the session is terminated, by any thread: whoever waits for the client's next
  /// message then ends the conversation. Empty = nobody.
  virtual void OnTerminate(std::function<void()> call) = 0;
  /// The error with which the running statement has to end, if somebody asked for that.
  virtual Status CheckInterrupt() = 0;
  /// The zone and style in which values are shown.
  virtual const types::FormatContext& format() const = 0;
};

}  // namespace lathe::session
