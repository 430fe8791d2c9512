// Queries: SELECT, VALUES, TABLE and set operations, their FROM items, WITH, GROUP BY, locking.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "frontend/ast/expr.h"

namespace lathe::ast {

/// Any statement; told apart by kind. See statement.h and ddl.h for the others.
struct Statement {
  enum class Kind : uint8_t {
    kSelect,
    kInsert,
    kUpdate,
    kDelete,
    kMerge,
    kCopy,
    kTruncate,
    kCreateTable,
    kCreateTableAs,
    kCreateIndex,
    kCreateView,
    kCreateSchema,
    kCreateSequence,
    kCreateType,
    kCreateDomain,
    kCreateDatabase,
    kCreateRole,
    kDrop,
    kAlterTable,
    kAlter,
    kRename,
    kTransaction,
    kSet,
    kShow,
    kExplain,
    kPrepare,
    kExecute,
    kDeallocate,
    kDeclareCursor,
    kFetch,
    kClose,
    kVacuum,
    kCheckpoint,
    kCluster,
    kReindex,
    kLock,
    kDiscard,
    kNotify,
    kGrant,
    kComment,
    kDo,
    kCall,
    kUnsupported,
  };

  virtual ~Statement() = default;

  template <class T>
  T& As() {
    return static_cast<T&>(*this);
  }
  template <class T>
  const T& As() const {
    return static_cast<const T&>(*this);
  }

  const Kind kind;
  int32_t location = -1;  // its first token

 protected:
  explicit Statement(Kind k) : kind(k) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
};
using StatementPtr = std::unique_ptr<Statement>;

/// AS t (a, b)
struct Alias {
  std::string name;  // empty = none
  std::vector<std::string> columns;
};

/// One `name type` of a column definition list: FROM f() AS t(a int, b text).
struct ColumnDefinitionItem {
  std::string name;
  TypeName type;
  int32_t location = -1;
};

/// One output expression of SELECT, RETURNING.
struct Target {
  ExprPtr expr;      // a ColumnRef with star for * and t.*
  std::string name;  // AS name; empty = none written
  int32_t location = -1;
};
using TargetList = std::vector<Target>;

/// A FROM item.
struct TableRef {
  enum class Kind : uint8_t { kRelation, kSubquery, kFunction, kJoin };
  virtual ~TableRef() = default;
  template <class T>
  T& As() {
    return static_cast<T&>(*this);
  }
  template <class T>
  const T& As() const {
    return static_cast<const T&>(*this);
  }

  const Kind kind;
  int32_t location = -1;
  int32_t depth = 1;
  Alias alias;

 protected:
  explicit TableRef(Kind k) : kind(k) {}
};
using TableRefPtr = std::unique_ptr<TableRef>;

/// TABLESAMPLE method (args) REPEATABLE (seed)
struct TableSample {
  QualifiedName method;
  ExprList args;
  ExprPtr repeatable;
  int32_t location = -1;
};

/// A table, view or CTE by name.
struct RelationRef : TableRef {
  RelationRef() : TableRef(Kind::kRelation) {}
  QualifiedName name;
  bool only = false;  // FROM ONLY t
  std::unique_ptr<TableSample> sample;
};

/// (SELECT ...) AS t
struct SubqueryRef : TableRef {
  SubqueryRef();
  ~SubqueryRef() override;
  std::unique_ptr<SelectStatement> query;
  bool lateral = false;
};

/// f(...) AS t, ROWS FROM (f(...), g(...)), WITH ORDINALITY
struct FunctionRef : TableRef {
  struct Function {
    ExprPtr
        call;  // usually a FunctionCall; SpecialValue, Cast, Coalesce are allowed by the grammar
    std::vector<ColumnDefinitionItem> columns;
  };
  FunctionRef() : TableRef(Kind::kFunction) {}
  std::vector<Function> functions;  // one unless rows_from
  std::vector<ColumnDefinitionItem> columns;
  bool rows_from = false;
  bool ordinality = false;
  bool lateral = false;
};

struct Join : TableRef {
  enum class Type : uint8_t { kInner, kLeft, kRight, kFull, kCross };
  Join() : TableRef(Kind::kJoin) {}
  Type type = Type::kInner;
  bool natural = false;
  TableRefPtr left;
  TableRefPtr right;
  ExprPtr on;                              // ON condition, or
  std::vector<std::string> using_columns;  // USING (a, b)
  std::string using_alias;                 // USING (a) AS x
};

/// One item of GROUP BY.
struct GroupItem {
  enum class Type : uint8_t {
    kExpr,   // `expr`; a Row without ROW is a list of several
    kEmpty,  // ()
    kRollup,
    kCube,
    kSets,  // GROUPING SETS
  };
  Type type = Type::kExpr;
  ExprPtr expr;
  std::vector<GroupItem> items;  // of kRollup, kCube, kSets
  int32_t location = -1;
};

/// WITH name (columns) AS [NOT] MATERIALIZED (statement)
struct CommonTableExpr {
  enum class Materialized : uint8_t { kDefault, kAlways, kNever };
  std::string name;
  std::vector<std::string> columns;
  Materialized materialized = Materialized::kDefault;
  StatementPtr query;            // SELECT, INSERT, UPDATE, DELETE
  /// SEARCH DEPTH FIRST BY columns SET sequence
  struct Search {
    bool breadth = false;
    std::vector<std::string> columns;
    std::string sequence;
    int32_t location = -1;
  };
  /// CYCLE columns SET mark TO value DEFAULT otherwise USING path; without TO true and false.
  struct Cycle {
    std::vector<std::string> columns;
    std::string mark;
    ExprPtr value, otherwise;
    std::string path;
    int32_t location = -1;
  };
  std::unique_ptr<Search> search;
  std::unique_ptr<Cycle> cycle;
  int32_t location = -1;
};

struct WithClause {
  bool recursive = false;
  std::vector<CommonTableExpr> items;
  int32_t location = -1;
};

/// FOR UPDATE OF t NOWAIT
struct LockingClause {
  enum class Strength : uint8_t { kKeyShare, kShare, kNoKeyUpdate, kUpdate };
  enum class Wait : uint8_t { kBlock, kSkipLocked, kNowait };
  Strength strength = Strength::kUpdate;
  Wait wait = Wait::kBlock;
  std::vector<QualifiedName> relations;  // OF ...; empty = all
  int32_t location = -1;
};

/// TEMP / UNLOGGED of a created or SELECT INTO table.
enum class Persistence : uint8_t { kPermanent, kTemporary, kUnlogged };

/// SELECT ... INTO table
struct IntoClause {
  QualifiedName table;
  Persistence persistence = Persistence::kPermanent;
};

struct SelectStatement : Statement {
  enum class Form : uint8_t { kSelect, kValues, kSetOperation };
  enum class Distinct : uint8_t { kNone, kDistinct, kDistinctOn };
  enum class SetOperation : uint8_t { kUnion, kIntersect, kExcept };
  SelectStatement() : Statement(Kind::kSelect) {}

  Form form = Form::kSelect;
  int32_t depth = 1;
  std::unique_ptr<WithClause> with;

  // kSelect; TABLE t is SELECT * FROM t
  Distinct distinct = Distinct::kNone;
  ExprList distinct_on;
  TargetList targets;  // may be empty
  std::unique_ptr<IntoClause> into;
  std::vector<TableRefPtr> from;
  ExprPtr where;
  bool group_distinct = false;
  std::vector<GroupItem> group_by;
  ExprPtr having;
  std::vector<WindowDefinition> windows;

  // kValues
  std::vector<ExprList> rows;  // the parser does not check that they are equally long

  // kSetOperation
  SetOperation operation = SetOperation::kUnion;
  bool all = false;
  std::unique_ptr<SelectStatement> left;
  std::unique_ptr<SelectStatement> right;

  // all forms
  SortList order_by;
  ExprPtr limit;  // null = none, also for LIMIT ALL
  ExprPtr offset;
  bool with_ties = false;  // FETCH FIRST ... WITH TIES
  std::vector<LockingClause> locking;
};

}  // namespace lathe::ast
