// What a SQL function may use besides its arguments: an arena for its result, the session's time
// zone and clock readings, facts of the session and the catalog, and a place for its error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/arena.h"
#include "runtime/base/result.h"
#include "runtime/func/function.h"
#include "runtime/types/codec.h"

namespace lathe::func {

/// What functions may ask of the session and its catalog. Implemented by frontend/session; safe
/// from all workers of a statement.
class SessionFacts {
 public:
  virtual ~SessionFacts() = default;
  virtual std::string CurrentDatabase() = 0;
  virtual std::string CurrentUser() = 0;
  virtual std::string SessionUser() = 0;
  /// First schema of the search path that exists; empty = none.
  virtual std::string CurrentSchema() = 0;
  /// Schemas of the search path that exist; pg_catalog first if implicit ones are wanted.
  virtual std::vector<std::string> CurrentSchemas(bool include_implicit) = 0;
  virtual int32_t BackendPid() = 0;
  virtual std::string Version() = 0;
  /// 42704 when there is none.
  virtual Result<std::string> CurrentSetting(std::string_view name) = 0;

  // The catalog. Names are quoted and qualified as PostgreSQL's output functions do; nullopt = no
  // such object.
  virtual std::optional<std::string> RelationName(Oid relation) = 0;  // regclass output
  virtual Result<Oid> RelationOid(std::string_view name) = 0;         // regclass input; 42P01
  virtual std::optional<std::string> SchemaName(Oid schema) = 0;      // regnamespace output
  virtual Result<Oid> SchemaOid(std::string_view name) = 0;           // 3F000
  virtual Result<Oid> TypeOid(std::string_view name) = 0;             // regtype input; 42704
  /// pg_get_viewdef.
  virtual std::optional<std::string> ViewDefinition(Oid view) {
    static_cast<void>(view);
    return std::nullopt;
  }
  /// regtype output of a type that the user has made; empty = no such type.
  virtual std::string UserTypeName(Oid type) {
    static_cast<void>(type);
    return "";
  }
  virtual bool TableIsVisible(Oid relation) = 0;
  /// pretty: without needless parentheses.
  virtual std::optional<std::string> ConstraintDefinition(Oid constraint, bool pretty) = 0;
  virtual std::optional<std::string> IndexDefinition(Oid index, int column, bool pretty) = 0;
  virtual std::optional<std::string> RoleName(Oid role) = 0;
  /// Bytes of a relation's rows on disk, estimated; nullopt = no such relation.
  virtual std::optional<int64_t> RelationBytes(Oid relation) = 0;
  /// The same of all relations of the database.
  virtual int64_t DatabaseBytes() = 0;

  /// set_config: SET (no value: RESET), local to the transaction or not; gives the value as shown.
  /// 42704, 22023, 55P02, 0A000.
  virtual Result<std::string> SetConfig(std::string_view name,
                                        std::optional<std::string_view> value, bool local) {
    static_cast<void>(value);
    static_cast<void>(local);
    return NotSupported("setting \"" + std::string(name) + "\" here");
  }
  // Sequences. 2200H, 55000, 42809.
  virtual Result<int64_t> NextValue(Oid sequence) {
    static_cast<void>(sequence);
    return NotSupported("nextval here");
  }
  virtual Result<int64_t> CurrentValue(Oid sequence) {
    static_cast<void>(sequence);
    return NotSupported("currval here");
  }
  virtual Result<int64_t> LastValue() { return NotSupported("lastval here"); }
  virtual Result<int64_t> SetValue(Oid sequence, int64_t value, bool is_called) {
    static_cast<void>(sequence);
    static_cast<void>(value);
    static_cast<void>(is_called);
    return NotSupported("setval here");
  }
  /// pg_get_serial_sequence: the sequence that a column owns. 42P01, 42703.
  virtual Result<std::optional<std::string>> SerialSequence(std::string_view table,
                                                            std::string_view column) {
    static_cast<void>(table);
    static_cast<void>(column);
    return std::optional<std::string>();
  }
  /// pg_get_partkeydef: "RANGE (a)"; nothing for a table that is not partitioned.
  virtual std::optional<std::string> PartitionKey(Oid table) {
    static_cast<void>(table);
    return std::nullopt;
  }
  /// pg_get_partition_constraintdef: what the rows of a partition hold to. 0A000 for bounds whose
  /// condition it cannot write.
  virtual Result<std::optional<std::string>> PartitionConstraint(Oid table) {
    static_cast<void>(table);
    return std::optional<std::string>();
  }
  /// A row of pg_partition_tree; parent 0 = none.
  struct PartitionNode {
    Oid table, parent;
    bool leaf = false;
    int32_t level = 0;
  };
  /// A partition or partitioned table and those above it, nearest first; nothing for others.
  virtual std::vector<Oid> PartitionAncestors(Oid table) {
    static_cast<void>(table);
    return {};
  }
  /// The same and those below it, breadth first.
  virtual std::vector<PartitionNode> PartitionTree(Oid table) {
    static_cast<void>(table);
    return {};
  }
  /// What COMMENT ON has said of an object (column != 0: of its column).
  virtual std::optional<std::string> Comment(Oid object, int column) {
    static_cast<void>(object);
    static_cast<void>(column);
    return std::nullopt;
  }
  /// A stored expression of a relation as pg_get_expr shows it.
  virtual std::string ShownExpression(std::string_view sql, Oid relation, bool pretty) {
    static_cast<void>(relation);
    static_cast<void>(pretty);
    return std::string(sql);
  }
  /// An advisory lock: of one number (two_numbers: of two, the first in the upper half).
  /// transaction: it ends with the transaction; else with the session, counted. wait: else false
  /// when it is not to be had at once.
  virtual Result<bool> TakeAdvisory(uint64_t key, bool two_numbers, bool shared, bool transaction,
                                    bool wait) {
    static_cast<void>(key);
    static_cast<void>(two_numbers);
    static_cast<void>(shared);
    static_cast<void>(transaction);
    static_cast<void>(wait);
    return NotSupported("advisory locks here");
  }
  /// False: the session does not hold it.
  virtual Result<bool> GiveAdvisory(uint64_t key, bool two_numbers, bool shared) {
    static_cast<void>(key);
    static_cast<void>(two_numbers);
    static_cast<void>(shared);
    return NotSupported("advisory locks here");
  }
  virtual void GiveAllAdvisory() {}
  /// Waits, no longer than until the statement is cancelled (57014).
  virtual Status Sleep(double seconds) {
    static_cast<void>(seconds);
    return NotSupported("pg_sleep here");
  }
};

/// The types of a call of a polymorphic function, for those that ask (Function::wants_types).
struct CallTypes {
  std::span<const types::Type> args;  // of the actual arguments
  types::Type result;
  /// How the rows of a WITHIN GROUP aggregate are sorted, by sort key; empty = all ascending, NULLs
  /// last.
  struct SortedBy {
    bool descending = false;
    bool nulls_first = false;
  };
  std::span<const SortedBy> order = {};
};

/// One per worker and execution; copied for each worker, which gives the copy an arena of its own.
/// Not shared between threads.
class FunctionContext {
 public:
  base::Arena* arena = nullptr;  // of results; reset between morsels by its owner
  const types::FormatContext* format =
      nullptr;                        // time zone and text forms; null = UTC and defaults
  int64_t transaction_timestamp = 0;  // unix microseconds
  int64_t statement_timestamp = 0;
  const CallTypes* call = nullptr;  // of the call under way; only for functions with wants_types
  SessionFacts* facts = nullptr;    // null in tests: such functions then fail with 0A000
  std::optional<Error> error;       // of the last call that returned kError

  /// Keeps the error: `return context->Fail(...)`.
  CallStatus Fail(SqlState state, std::string message) {
    error = MakeError(state, std::move(message));
    return CallStatus::kError;
  }
  CallStatus Fail(Error e) {
    error = std::move(e);
    return CallStatus::kError;
  }
  const types::FormatContext& format_or_default() const {
    static const types::FormatContext kDefault;
    return format != nullptr ? *format : kDefault;
  }
  /// A copy of the text in the arena.
  types::StringRef Keep(std::string_view text) {
    std::string_view kept = arena->Copy(text);
    return {kept.data(), kept.size()};
  }
};

}  // namespace lathe::func
