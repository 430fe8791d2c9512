// Statements that change rows or drive the session: INSERT, UPDATE, DELETE, MERGE, COPY, TRUNCATE,
// transactions, settings, EXPLAIN, prepared statements, cursors, maintenance. Queries are in
// select.h, definitions in ddl.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "frontend/ast/select.h"

namespace lathe::ast {

/// `column`, `column[1]`, `column.field` of an INSERT column list or a SET clause.
struct ColumnTarget {
  std::string name;
  ExprPtr indirection;  // null, or Subscript / FieldSelect chain over a ColumnRef of the name
  int32_t location = -1;
};

/// SET a = e; SET (a, b) = ROW(...) or (SELECT ...).
struct Assignment {
  std::vector<ColumnTarget> columns;
  bool multiple = false;  // written with parentheses
  ExprPtr value;          // multiple: a Row, a scalar Subquery or another expression
};

/// ON CONFLICT
struct OnConflict {
  bool update = false;     // DO UPDATE, else DO NOTHING
  std::string constraint;  // ON CONSTRAINT name
  struct Element {
    ExprPtr expr;
    QualifiedName collation, opclass;
  };
  std::vector<Element> target;  // (a, b)
  ExprPtr target_where;
  std::vector<Assignment> assignments;
  ExprPtr where;
  int32_t location = -1;
};

struct InsertStatement : Statement {
  enum class Overriding : uint8_t { kNone, kUser, kSystem };
  InsertStatement() : Statement(Kind::kInsert) {}
  std::unique_ptr<WithClause> with;
  QualifiedName table;
  std::string alias;
  std::vector<ColumnTarget> columns;  // empty = not written
  Overriding overriding = Overriding::kNone;
  std::unique_ptr<SelectStatement> source;  // null = DEFAULT VALUES
  std::unique_ptr<OnConflict> on_conflict;
  TargetList returning;
};

struct UpdateStatement : Statement {
  UpdateStatement() : Statement(Kind::kUpdate) {}
  std::unique_ptr<WithClause> with;
  std::unique_ptr<RelationRef> table;
  std::vector<Assignment> assignments;
  std::vector<TableRefPtr> from;
  ExprPtr where;
  TargetList returning;
};

struct DeleteStatement : Statement {
  DeleteStatement() : Statement(Kind::kDelete) {}
  std::unique_ptr<WithClause> with;
  std::unique_ptr<RelationRef> table;
  std::vector<TableRefPtr> using_list;
  ExprPtr where;
  TargetList returning;
};

struct MergeStatement : Statement {
  struct When {
    enum class Action : uint8_t { kUpdate, kDelete, kInsert, kDoNothing };
    bool matched = true;
    ExprPtr condition;
    Action action = Action::kDoNothing;
    std::vector<Assignment> assignments;
    std::vector<ColumnTarget> columns;
    InsertStatement::Overriding overriding = InsertStatement::Overriding::kNone;
    ExprList values;
    bool default_values = false;
    int32_t location = -1;
  };
  MergeStatement() : Statement(Kind::kMerge) {}
  std::unique_ptr<WithClause> with;
  std::unique_ptr<RelationRef> table;
  TableRefPtr source;
  ExprPtr on;
  std::vector<When> whens;
};

/// COPY. The old option syntax (COPY t FROM STDIN DELIMITER ',' CSV HEADER) arrives as the same
/// options as the new one: format, freeze, delimiter, null, header, quote, escape, force_quote,
/// force_not_null, force_null, encoding.
struct CopyStatement : Statement {
  enum class Endpoint : uint8_t { kStream, kFile, kProgram };  // kStream: STDIN or STDOUT
  CopyStatement() : Statement(Kind::kCopy) {}
  QualifiedName table;               // unless query
  std::vector<std::string> columns;  // empty = not written
  StatementPtr query;                // COPY (query) TO
  bool from = false;
  Endpoint endpoint = Endpoint::kStream;
  std::string file;  // or the program
  OptionList options;
  ExprPtr where;
};

struct TruncateStatement : Statement {
  TruncateStatement() : Statement(Kind::kTruncate) {}
  std::vector<std::unique_ptr<RelationRef>> tables;
  bool restart_identity = false;
  bool cascade = false;
};

/// BEGIN READ ONLY, SET TRANSACTION ISOLATION LEVEL ...: what was written.
struct TransactionModes {
  enum class Isolation : uint8_t {
    kDefault,
    kReadUncommitted,
    kReadCommitted,
    kRepeatableRead,
    kSerializable
  };
  enum class Access : uint8_t { kDefault, kReadOnly, kReadWrite };
  enum class Deferrable : uint8_t { kDefault, kDeferrable, kNotDeferrable };
  Isolation isolation = Isolation::kDefault;
  Access access = Access::kDefault;
  Deferrable deferrable = Deferrable::kDefault;
};

struct TransactionStatement : Statement {
  enum class Action : uint8_t {
    kBegin,
    kCommit,
    kRollback,
    kSavepoint,
    kRelease,
    kRollbackTo,
    kPrepare,
    kCommitPrepared,
    kRollbackPrepared,
  };
  TransactionStatement() : Statement(Kind::kTransaction) {}
  Action action = Action::kBegin;
  bool start = false;      // START TRANSACTION (its command tag differs from BEGIN's)
  TransactionModes modes;  // kBegin
  bool chain = false;      // COMMIT/ROLLBACK AND CHAIN
  std::string name;        // savepoint or prepared transaction
};

/// SET, RESET. SET TIME ZONE is name "timezone", SET NAMES "client_encoding", SET SCHEMA
/// "search_path", SET ROLE "role", SET SESSION AUTHORIZATION "session_authorization", SET XML
/// OPTION "xmloption".
struct SetStatement : Statement {
  enum class Action : uint8_t {
    kValue,            // SET name = values
    kDefault,          // SET name = DEFAULT, RESET name
    kCurrent,          // SET name FROM CURRENT
    kResetAll,         // RESET ALL
    kTransaction,      // SET TRANSACTION modes
    kCharacteristics,  // SET SESSION CHARACTERISTICS AS TRANSACTION modes
    kSnapshot,         // SET TRANSACTION SNAPSHOT 'id': in values
    kConstraints,      // SET CONSTRAINTS names (values; empty = ALL) DEFERRED / IMMEDIATE
  };
  struct Value {
    enum class Type : uint8_t {
      kName,
      kString,
      kNumber,
      kInterval
    };  // kInterval: of SET TIME ZONE
    Type type = Type::kName;
    std::string text;  // numbers with their sign; booleans as written ("on", "true")
    IntervalFields interval_fields = IntervalFields::kAll;
    int32_t location = -1;
  };
  SetStatement() : Statement(Kind::kSet) {}
  Action action = Action::kValue;
  bool local = false;  // SET LOCAL
  bool reset = false;  // written as RESET (its command tag)
  std::string name;    // with its dots: "lathe.x"; lower case unless quoted
  std::vector<Value> values;
  TransactionModes modes;
  bool deferred = false;  // kConstraints
};

struct ShowStatement : Statement {
  ShowStatement() : Statement(Kind::kShow) {}
  std::string name;  // "all" for SHOW ALL
};

/// EXPLAIN ANALYZE VERBOSE q arrives as the options analyze, verbose.
struct ExplainStatement : Statement {
  ExplainStatement() : Statement(Kind::kExplain) {}
  OptionList options;
  StatementPtr query;
};

struct PrepareStatement : Statement {
  PrepareStatement() : Statement(Kind::kPrepare) {}
  std::string name;
  std::vector<TypeName> types;
  StatementPtr query;
  int32_t query_begin = -1;  // byte offset of the query's text within the statement text
};

struct ExecuteStatement : Statement {
  ExecuteStatement() : Statement(Kind::kExecute) {}
  std::string name;
  ExprList args;
};

struct DeallocateStatement : Statement {
  DeallocateStatement() : Statement(Kind::kDeallocate) {}
  std::string name;  // empty = ALL
};

struct DeclareCursorStatement : Statement {
  enum class Sensitivity : uint8_t { kDefault, kInsensitive, kAsensitive };
  enum class Scroll : uint8_t { kDefault, kScroll, kNoScroll };
  DeclareCursorStatement() : Statement(Kind::kDeclareCursor) {}
  std::string name;
  bool binary = false;
  Sensitivity sensitivity = Sensitivity::kDefault;
  Scroll scroll = Scroll::kDefault;
  bool hold = false;
  std::unique_ptr<SelectStatement> query;
};

/// FETCH, MOVE.
struct FetchStatement : Statement {
  enum class Direction : uint8_t { kForward, kBackward, kAbsolute, kRelative };
  FetchStatement() : Statement(Kind::kFetch) {}
  bool move = false;
  Direction direction = Direction::kForward;  // NEXT = forward 1, PRIOR = backward 1, FIRST =
                                              // absolute 1, LAST = absolute -1
  int64_t count = 1;
  bool all = false;  // FORWARD ALL, BACKWARD ALL
  std::string cursor;
};

struct CloseStatement : Statement {
  CloseStatement() : Statement(Kind::kClose) {}
  std::string cursor;  // empty = ALL
};

/// VACUUM, ANALYZE. The old syntax arrives as the options full, freeze, verbose, analyze.
struct VacuumStatement : Statement {
  struct Relation {
    QualifiedName name;
    std::vector<std::string> columns;
  };
  VacuumStatement() : Statement(Kind::kVacuum) {}
  bool vacuum = true;  // false: ANALYZE
  OptionList options;
  std::vector<Relation> relations;  // empty = all
};

struct CheckpointStatement : Statement {
  CheckpointStatement() : Statement(Kind::kCheckpoint) {}
};

struct ClusterStatement : Statement {
  ClusterStatement() : Statement(Kind::kCluster) {}
  OptionList options;
  QualifiedName table;  // empty name = all
  std::string index;
};

struct ReindexStatement : Statement {
  enum class Target : uint8_t { kIndex, kTable, kSchema, kDatabase, kSystem };
  ReindexStatement() : Statement(Kind::kReindex) {}
  Target target = Target::kTable;
  QualifiedName name;
  bool concurrently = false;
  OptionList options;
};

struct LockStatement : Statement {
  enum class Mode : uint8_t {
    kAccessShare,
    kRowShare,
    kRowExclusive,
    kShareUpdateExclusive,
    kShare,
    kShareRowExclusive,
    kExclusive,
    kAccessExclusive,
  };
  LockStatement() : Statement(Kind::kLock) {}
  std::vector<std::unique_ptr<RelationRef>> tables;
  Mode mode = Mode::kAccessExclusive;
  bool nowait = false;
};

struct DiscardStatement : Statement {
  enum class Target : uint8_t { kAll, kTemp, kPlans, kSequences };
  DiscardStatement() : Statement(Kind::kDiscard) {}
  Target target = Target::kAll;
};

/// LISTEN, NOTIFY, UNLISTEN.
struct NotifyStatement : Statement {
  enum class Action : uint8_t { kListen, kNotify, kUnlisten };
  NotifyStatement() : Statement(Kind::kNotify) {}
  Action action = Action::kListen;
  std::string channel;  // empty = UNLISTEN *
  std::string payload;
};

struct DoStatement : Statement {
  DoStatement() : Statement(Kind::kDo) {}
  std::string language;  // empty = not written
  std::string body;
};

struct CallStatement : Statement {
  CallStatement() : Statement(Kind::kCall) {}
  ExprPtr call;  // a FunctionCall
};

/// A statement of PostgreSQL that is recognised by its first words but has no representation:
/// 0A000.
struct UnsupportedStatement : Statement {
  UnsupportedStatement() : Statement(Kind::kUnsupported) {}
  std::string what;  // "CREATE TRIGGER"
};

/// One statement of a text, with the bytes it covers there (without the semicolon, surrounding
/// blanks and comments). All locations in it are relative to the whole text, as PostgreSQL's are.
struct ParsedStatement {
  StatementPtr statement;
  int32_t begin = 0;
  int32_t end = 0;
};

}  // namespace lathe::ast
