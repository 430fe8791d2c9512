// How dependent joins go away. Two ways, tried in this order:
//   decorrelate.cc  conditions that tie the subquery to its surroundings move up into the join's
//   predicate; domain.cc       the general way (Neumann, Kemper: Unnesting Arbitrary Queries, BTW
//   2015, section 3): the set D of the outer
//                   values that occur is pushed down into the subquery until nothing depends on the
//                   outer query any more.
#pragma once

#include "codegen/optimize/rules.h"
#include "codegen/optimize/tree.h"

namespace lathe::optimize {

/// Makes the dependent join *join (its right side reads columns of its left) an independent one, in
/// place of *join. The result has at least the join's outputs. Errors: 0A000 where the right side
/// cannot be unnested.
Status EliminateDependentJoin(RuleContext* context, NodePtr* join);

/// Moves conjuncts that read columns of outer out of the plan, if that can be done everywhere; they
/// then hold over the plan's outputs (which grow as needed) and the outer columns. strict: no
/// expression that may fail is evaluated for more rows than before. On failure *plan is in pieces:
/// pass a copy.
bool PullUpCorrelation(RuleContext* context, NodePtr* plan, const ColumnSet& outer, bool strict,
                       std::vector<ExprPtr>* pulled);

/// The general way. *join is a dependent join, outer the columns of its left side that its right
/// side reads. guard: a boolean column of the left side, not NULL, or null; the right side is then
/// evaluated, and has rows, only for left rows where it is true.
Status UnnestByDomain(RuleContext* context, NodePtr* join, const ColumnSet& outer,
                      const OutputColumn* guard = nullptr);

/// Numbers the rows within each partition from 1 in the order of the keys: adds a Window to *plan.
/// The number's column.
OutputColumn NumberRows(RuleContext* context, NodePtr* plan, std::vector<ExprPtr> partition,
                        std::vector<logical::SortKey> order);
/// Keeps the rows of *plan that a limit and an offset (null = none) let through, by their number.
void LimitByNumber(NodePtr* plan, const OutputColumn& number, ExprPtr limit, ExprPtr offset);
/// Gives a plan that is to be read several times new column ids; returns a scan of it under the old
/// ones. The caller puts MakeWith(cte, ...) around the scans.
std::shared_ptr<logical::CteScan> ShareAs(RuleContext* context, const NodePtr& definition,
                                          std::string name);
/// Another scan of the same under new ids, in the same order.
std::shared_ptr<logical::CteScan> ScanAgain(RuleContext* context, const logical::CteScan& scan);
NodePtr MakeWith(uint32_t cte, std::string name, NodePtr definition, NodePtr body);

/// The order in which the plan gives its rows, as keys over its outputs, which grow as needed;
/// empty = none that a Sort says.
std::vector<logical::SortKey> OrderOf(RuleContext* context, NodePtr* plan);

/// A column of this type under a new id.
OutputColumn NewColumn(RuleContext* context, const OutputColumn& like);
/// The value of a count for no rows is 0, not NULL: the expression for a call's column that may
/// come from a missing group.
ExprPtr ValueOrEmpty(const logical::AggregateCall& call, const OutputColumn& column);
/// The plan gives exactly one row, whatever its input: a projection of an aggregate without groups.
bool IsSingleRow(const Node& plan);

}  // namespace lathe::optimize
