// What the rules need to walk and change plans: expressions of operators, columns that they read
// and produce.
#pragma once

#include <unordered_map>

#include "codegen/logical/walk.h"
#include "codegen/optimize/column_set.h"

namespace lathe::optimize {

using expr::ColumnId;
using expr::Expr;
using expr::ExprPtr;
using logical::Node;
using logical::NodePtr;
using logical::OutputColumn;

using logical::ForEachExpr;
using logical::ForEachNode;

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

/// Sets the outputs of an operator that passes its children's on, with what it adds, from theirs:
/// Filter, Sort, Limit, Join, With, Window, TableFunction, a Modify that is not the root. Others
/// are left alone.
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
/// Evaluating it may raise an error, be it constant or not.
bool MayFail(const Expr& e);
/// Some expression of the plan may raise an error, or a check of the number of rows.
bool PlanMayFail(const Node& plan);
/// It calls a volatile function somewhere.
bool IsVolatile(const Expr& e);
/// Some operator of the plan changes rows.
bool HasModify(const Node& node);
/// The parent relies on the order of this operator's outputs.
bool TakesChildrenByPosition(const Node& node);
/// ORDER BY inside this call decides about its result.
bool OrderMatters(const logical::AggregateCall& call);
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
/// a op b for a symbol and operands whose types the operator takes as they are; null when there is
/// none.
ExprPtr MakeOperator(std::string_view op, ExprPtr a, ExprPtr b);
/// a IS NOT DISTINCT FROM b, likewise.
ExprPtr MakeNotDistinct(ExprPtr a, ExprPtr b);
/// e over a cast to this type (e itself when it has it); null when there is no such cast.
ExprPtr MakeCast(ExprPtr e, const types::Type& type);
/// COALESCE(e, otherwise).
ExprPtr MakeCoalesce(ExprPtr e, ExprPtr otherwise);
/// CASE WHEN condition THEN e END.
ExprPtr MakeWhen(ExprPtr condition, ExprPtr e);
ExprPtr MakeUnary(expr::Kind kind, ExprPtr operand);  // IS NULL, IS TRUE, ...

}  // namespace lathe::optimize
