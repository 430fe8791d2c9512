// What the rules need to walk and change plans: expressions of operators, columns that they read
// and produce.
#pragma once

#include <unordered_map>

#include "codegen/logical/logical.h"
#include "codegen/optimize/column_set.h"

namespace lathe::optimize {

using expr::ColumnId;
using expr::Expr;
using expr::ExprPtr;
using logical::Node;
using logical::NodePtr;
using logical::OutputColumn;

/// Calls f(ExprPtr&) for every expression that the operator itself holds (null ones left out).
template <class F>
void ForEachExpr(Node& node, F&& f) {
  auto one = [&f](ExprPtr& e) {
    if (e) f(e);
  };
  switch (node.kind) {
    case logical::Kind::kValues:
      for (auto& row : node.As<logical::Values>().rows) {
        for (ExprPtr& e : row) one(e);
      }
      break;
    case logical::Kind::kFilter:
      one(node.As<logical::Filter>().predicate);
      break;
    case logical::Kind::kProject:
      for (ExprPtr& e : node.As<logical::Project>().expressions) one(e);
      break;
    case logical::Kind::kJoin:
      one(node.As<logical::Join>().predicate);
      break;
    case logical::Kind::kAggregate:
      for (ExprPtr& e : node.As<logical::Aggregate>().groups) one(e);
      for (logical::AggregateCall& call : node.As<logical::Aggregate>().calls) {
        for (ExprPtr& e : call.args) one(e);
        one(call.filter);
      }
      break;
    case logical::Kind::kSort:
      for (logical::SortKey& key : node.As<logical::Sort>().keys) one(key.expression);
      break;
    case logical::Kind::kLimit:
      one(node.As<logical::Limit>().limit);
      one(node.As<logical::Limit>().offset);
      break;
    case logical::Kind::kScan:
    case logical::Kind::kSetOperation:
    case logical::Kind::kWith:
    case logical::Kind::kCteScan:
    case logical::Kind::kModify:
      break;
  }
}

/// Calls f(Node&) for the node and everything below it, parents first; not for subqueries of
/// expressions.
template <class F>
void ForEachNode(Node& node, F&& f) {
  f(node);
  for (NodePtr& child : node.children) ForEachNode(*child, f);
}

/// Adds the columns that the expression reads, those that its subqueries take from outside
/// included.
void AddColumns(const Expr& e, ColumnSet* columns);
ColumnSet ColumnsOf(const Expr& e);
/// The outputs as a set.
ColumnSet OutputSet(const Node& node);
/// Adds every column that some operator of the subtree reads and none of it produces: what it takes
/// from an outer query.
void AddFreeColumns(const Node& node, ColumnSet* columns);
ColumnSet FreeColumns(const Node& node);

/// Sets the outputs of a Filter, Sort, Limit, Join or With from its children's. Others are left
/// alone.
void RefreshOutputs(Node* node);

/// What columns are to be replaced by.
using Substitution = std::unordered_map<uint32_t, const Expr*>;
/// Replaces columns of the expression, and those that its subqueries take from outside, by clones
/// of what the map holds.
void Substitute(ExprPtr* e, const Substitution& map);
void SubstituteInTree(Node* node, const Substitution& map);

/// A deep copy with the same column ids (subqueries too).
NodePtr CloneTree(const Node& node);

// Makers. Outputs are set from the children.
NodePtr MakeFilter(NodePtr child,
                   std::vector<ExprPtr> conjuncts);  // the child itself when there are none
NodePtr MakeJoin(logical::JoinKind kind, NodePtr left, NodePtr right, ExprPtr predicate);
/// Passes through these columns of the child, in this order.
NodePtr MakePassingProject(NodePtr child, const std::vector<OutputColumn>& columns);
/// It only passes columns of its child, under their ids.
bool PassesColumns(const logical::Project& project);
/// No rows with these columns.
NodePtr MakeEmpty(const std::vector<OutputColumn>& columns);
ExprPtr ColumnRef(const OutputColumn& column);

/// Evaluating it for a row may raise an error that depends on the row: parts that are constant at
/// run time do not count, nor do casts that only widen.
bool FailsOnRows(const Expr& e);
/// It calls a volatile function somewhere.
bool IsVolatile(const Expr& e);
/// It holds a subquery somewhere.
bool HasSubquery(const Expr& e);
/// Same type as far as values go: id, element, precision and scale.
bool SameValues(const types::Type& a, const types::Type& b);
bool IsConstBool(const Expr& e, bool value);
/// A constant FALSE or NULL: as a predicate, no row passes.
bool IsConstNotTrue(const Expr& e);

/// A call of the operator with this symbol over two operands that gives a boolean.
bool IsComparison(const Expr& e, std::string_view op);
/// The comparison with the opposite answer ("<" for ">="), or NOT of it where there is none. NULL
/// stays NULL.
ExprPtr Negate(ExprPtr e);
/// a = b for two expressions of one type; null when the type has no equality.
ExprPtr MakeEqual(ExprPtr a, ExprPtr b);
/// a IS NOT DISTINCT FROM b, likewise.
ExprPtr MakeNotDistinct(ExprPtr a, ExprPtr b);
/// e over a cast to this type (e itself when it has it); null when there is no such cast.
ExprPtr MakeCast(ExprPtr e, const types::Type& type);
ExprPtr MakeUnary(expr::Kind kind, ExprPtr operand);  // IS NULL, IS TRUE, ...

}  // namespace lathe::optimize
