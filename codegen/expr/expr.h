// Front door of codegen/expr: bound scalar expressions as plain data. The binder makes them,
// optimizer rules rewrite them, the code generator emits them, and the plain evaluator (evaluate.h)
// runs them where no code is generated.
//
// Columns are named by ColumnId, never by position: an id is given out once per query and means the
// same value everywhere.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/func/cast.h"
#include "runtime/func/function.h"
#include "runtime/types/value.h"

namespace lathe::logical {
struct Node;
}

namespace lathe::expr {

/// A column of some operator's output, unique in the query, from 1.
using ColumnId = StrongId<struct QueryColumnTag, uint32_t>;

enum class Kind : uint8_t {
  kConst,   // value
  kParam,   // param: $1 is 0; lifted literals are parameters too
  kColumn,  // column
  kCall,    // function over children
  kCast,    // cast over children[0], to type
  kAnd,
  kOr,   // children: two or more, three-valued
  kNot,  // children[0]
  kIsNull,
  kIsNotNull,  // children[0]
  kIsTrue,
  kIsFalse,     // children[0]; never NULL (IS NOT TRUE is kNot of it; IS UNKNOWN is kIsNull)
  kIsDistinct,  // function (the = operator) over children[0], children[1]; never NULL
  kCase,        // children: when1, then1, when2, then2, ..., else (always there); searched form
  kCoalesce,    // children
  kGreatest,
  kLeast,     // function (the > or < operator) over children, NULLs ignored
  kInList,    // children[0] = ANY of children[1..], all of one type, function is the = operator;
              // items without columns
  kAnyArray,  // children[0] op ANY (children[1], an array) by function; subquery_kind kAll: op ALL
  kSubquery,  // subquery; gone after the unnesting rule
};

enum class SubqueryKind : uint8_t {
  kScalar,  // its one column; NULL when no row, 21000 when more than one
  kExists,  // never NULL
  kAny,     // children[0] op ANY (subquery): function is the comparison; children are the left-hand
            // values
  kAll,
  kArray,  // ARRAY(subquery): its one column as an array in the order of its rows; empty for none
};

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

/// One node of an expression tree. Which members are meaningful depends on kind (see Kind). `type`
/// always is.
struct Expr {
  Kind kind;
  types::Type type;
  int32_t location = -1;  // byte offset in the statement's text, for error positions; -1 = none
  std::vector<ExprPtr> children;

  types::Value value;  // kConst
  uint32_t param = 0;  // kParam
  ColumnId column;     // kColumn
  const func::Function* function =
      nullptr;  // kCall, kIsDistinct, kGreatest, kLeast, kInList, kSubquery (any/all)
  const func::Cast* cast = nullptr;  // kCast
  bool explicit_cast = false;  // kCast: written by the user (silent truncation to char(n), ...)
  SubqueryKind subquery_kind = SubqueryKind::kScalar;
  std::shared_ptr<logical::Node> subquery;  // kSubquery; its outputs[0..] are the compared columns

  Expr(Kind k, types::Type t) : kind(k), type(t) {}
  /// A deep copy (a subquery is shared, not copied).
  ExprPtr Clone() const;
};

ExprPtr MakeConst(types::Value value);
ExprPtr MakeBool(bool value);
ExprPtr MakeColumn(ColumnId id, types::Type type);
ExprPtr MakeCall(const func::Function* function, types::Type type, std::vector<ExprPtr> args);
/// AND of the conjuncts, flattened; TRUE for none, the conjunct itself for one.
ExprPtr MakeAnd(std::vector<ExprPtr> conjuncts);
ExprPtr MakeNot(ExprPtr operand);

/// Takes a predicate apart into its conjuncts (nested ANDs flattened).
std::vector<ExprPtr> SplitConjuncts(ExprPtr predicate);

/// Adds every column that the expression (not its subqueries) reads.
void CollectColumns(const Expr& e, std::set<ColumnId>* columns);
/// Calls visit for every node, parents first.
void Visit(const Expr& e, const std::function<void(const Expr&)>& visit);
/// Replaces nodes bottom-up: what rewrite returns (never null) takes the node's place.
ExprPtr Rewrite(ExprPtr e, const std::function<ExprPtr(ExprPtr)>& rewrite);

/// No columns, no subqueries, nothing volatile: has one value during an execution (parameters
/// allowed).
bool IsRuntimeConstant(const Expr& e);
/// Evaluating it may raise an error (so it must not run for rows or branches that PostgreSQL would
/// not run it for).
bool CanFail(const Expr& e);
/// May be NULL, given the columns that are known never to be.
bool MayBeNull(const Expr& e, const std::function<bool(ColumnId)>& column_may_be_null);
/// Structural equality (locations aside).
bool Equal(const Expr& a, const Expr& b);

/// One line, as in plans: "(l_quantity#7 < $2)". name_of may be empty: then "#7".
std::string Print(const Expr& e, const std::function<std::string(ColumnId)>& name_of = {});

}  // namespace lathe::expr
