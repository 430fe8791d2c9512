// The binder of one statement. One class, because names, types, aggregates and subqueries all call
// each other; its methods are grouped by file. Not part of the front door.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "frontend/bind/bind.h"
#include "frontend/bind/scope.h"

namespace lathe::bind {

using expr::ColumnId;
using expr::Expr;
using expr::ExprPtr;
using func::CastContext;
using logical::NodePtr;
using logical::OutputColumn;
using types::Type;
using types::TypeId;
using BoundExpr = Result<ExprPtr>;

/// A bound query: its plan, whose outputs are the result columns in order, named.
using BoundQuery = Result<NodePtr>;

/// An entry of a select list; hidden ones exist only to sort by.
struct TargetEntry {
  ExprPtr expr;
  std::string name;
  int32_t location = -1;
  bool hidden = false;
  ColumnId id;  // of the output, once the projection is made
};

struct SortEntry {
  size_t target = 0;
  bool descending = false;
  bool nulls_first = false;
};

/// A FROM item once bound.
struct FromItem {
  NodePtr plan;
  std::vector<NamespaceItem> items;
};

/// What one SELECT collects before its plan is put together.
struct SelectParts {
  std::vector<TargetEntry> targets;
  std::vector<SortEntry> sort;
  ExprPtr where, having;
  std::vector<ExprPtr> groups;
  bool grouped = false;  // GROUP BY was written, if only as GROUP BY ()
  ExprPtr limit, offset;
};

class Binder {
 public:
  explicit Binder(BindContext& context);
  Binder(const Binder&) = delete;
  Binder& operator=(const Binder&) = delete;

  /// BindQuery.
  Result<logical::Query> Run(const ast::Statement& statement);
  /// A DEFAULT expression for a column, as a value of its type.
  BoundExpr DefaultExpression(const ast::Expr& e, const schema::Column& column);

  // ---- binder.cc: errors, parameters, ids
  Error At(SqlState state, std::string message, int32_t location) const;
  Error NotYet(std::string_view what, int32_t location) const;
  ColumnId NewColumn(bool nullable);
  bool MayBeNull(const Expr& e) const;
  OutputColumn Output(ColumnId id, std::string name, const Type& type) const;
  /// outputs from the ids' current nullability
  void RefreshNullability(logical::Node* node) const;
  BoundExpr Parameter(const ast::Parameter& parameter);
  Status InferParameter(Expr* parameter, const Type& type);

  // ---- coerce.cc: conversions
  bool CanCoerce(const Type& from, const Type& to, CastContext context) const;
  /// Converts to the target type and its modifier. The caller has asked CanCoerce.
  BoundExpr Coerce(ExprPtr e, const Type& target, bool is_explicit);
  BoundExpr MakeCast(ExprPtr e, const Type& to, bool is_explicit) const;
  /// An unknown literal or parameter as text; others as they are.
  BoundExpr ResolveUnknown(ExprPtr e);
  /// The same where the type does not matter (IS NULL): there a parameter's type is not inferred.
  BoundExpr ResolveUnknownLiteral(ExprPtr e);
  /// The id of the type that all can take, by PostgreSQL's rule for UNION and CASE. label: "CASE",
  /// "UNION", ...
  Result<Type> CommonType(std::span<const Expr* const> list, std::string_view label) const;
  /// Brings all to their common type.
  Result<Type> Unify(std::vector<ExprPtr>& list, std::string_view label);
  /// A condition. label: "WHERE", "argument of " is added.
  BoundExpr ToBoolean(ExprPtr e, std::string_view label);
  /// For storing in a column: 42804 if there is no assignment cast.
  BoundExpr Assign(ExprPtr e, const schema::Column& column, bool is_default);

  // ---- numeric_form.cc: fixed and big numerics
  /// The numeric form that holds every value of an integer or numeric type exactly; big for others.
  static Type NumericForm(const Type& type);
  BoundExpr ToNumericForm(ExprPtr e, const Type& form) const;
  /// One form for all, with the same scale everywhere, else big.
  static Type SharedForm(std::span<const Expr* const> list);
  /// The form in which these can be compared.
  static Type ComparisonForm(std::span<const Expr* const> list);
  /// Brings the numeric arguments of a call into the forms that the function wants.
  Status FitNumericArguments(const func::Function& function, std::vector<ExprPtr>& args) const;

  // ---- resolve.cc: operators and functions
  BoundExpr MakeOperator(const ast::QualifiedName& op, ExprPtr left, ExprPtr right,
                         int32_t location);
  /// An operator of pg_catalog.
  BoundExpr MakeOperator(std::string_view op, ExprPtr left, ExprPtr right, int32_t location);
  BoundExpr MakeFunction(const ast::QualifiedName& name, std::vector<ExprPtr> args,
                         int32_t location);
  BoundExpr MakeFunction(std::string_view name, std::vector<ExprPtr> args, int32_t location);
  /// A call with arguments of types that can be converted implicitly.
  BoundExpr MakeCall(const func::Function& function, std::vector<ExprPtr> args, int32_t location);
  Result<const func::Aggregate*> ChooseAggregate(const ast::QualifiedName& name,
                                                 const std::vector<ExprPtr>& args,
                                                 int32_t location);
  /// Coerces an argument to a declared argument type ("any" and arrays of anything included).
  BoundExpr CoerceArgument(ExprPtr arg, const Type& declared);

  // ---- expression.cc
  BoundExpr Bind(const ast::Expr& e, Scope& scope);
  Result<std::vector<ExprPtr>> BindList(const ast::ExprList& list, Scope& scope);
  BoundExpr BindBoolean(const ast::Expr& e, Scope& scope, std::string_view label);
  BoundExpr BindLiteral(const ast::Literal& literal);
  BoundExpr BindUnary(const ast::Unary& unary, Scope& scope);
  BoundExpr BindLogical(const ast::Logical& logical, Scope& scope);
  BoundExpr BindCast(const ast::Cast& cast, Scope& scope);
  BoundExpr BindCollate(const ast::Collate& collate, Scope& scope);
  BoundExpr BindCase(const ast::Case& e, Scope& scope);
  BoundExpr BindCoalesce(const ast::Coalesce& e, Scope& scope);
  BoundExpr BindGreatestLeast(const ast::GreatestLeast& e, Scope& scope);
  BoundExpr BindNullIf(const ast::NullIf& e, Scope& scope);

  // ---- predicate.cc
  BoundExpr BindBinary(const ast::Binary& e, Scope& scope);
  BoundExpr BindComparison(const ast::QualifiedName& op, const ast::Expr& left,
                           const ast::Expr& right, int32_t location, Scope& scope);
  BoundExpr BindRowComparison(std::string_view op, const ast::Row& left, const ast::Row& right,
                              int32_t location, Scope& scope);
  BoundExpr BindBetween(const ast::Between& e, Scope& scope);
  BoundExpr BindInList(const ast::InList& e, Scope& scope);
  BoundExpr MakeInList(ExprPtr operand, std::vector<ExprPtr> items, int32_t location);
  BoundExpr BindLike(const ast::Like& e, Scope& scope);
  BoundExpr BindIsNull(const ast::IsNull& e, Scope& scope);
  BoundExpr BindIsBoolean(const ast::IsBoolean& e, Scope& scope);
  BoundExpr BindIsDistinct(const ast::IsDistinct& e, Scope& scope);
  BoundExpr BindQuantifiedArray(const ast::QuantifiedArray& e, Scope& scope);

  // ---- call.cc
  BoundExpr BindCall(const ast::FunctionCall& call, Scope& scope);
  BoundExpr BindSpecialValue(const ast::SpecialValue& e);

  // ---- aggregate.cc
  BoundExpr BindAggregate(const ast::FunctionCall& call, Scope& scope);
  Status GroupPlan(SelectParts& parts, Scope& scope, NodePtr* plan);

  // ---- subquery.cc
  BoundExpr BindSubquery(const ast::Subquery& e, Scope& scope);
  BoundExpr BindQuantified(const ast::Expr& operand, std::string_view op, expr::SubqueryKind kind,
                           NodePtr query, int32_t location, Scope& scope);

  // ---- column.cc: looking names up in scopes
  BoundExpr BindColumn(const ast::ColumnRef& ref, Scope& scope);
  /// Null = no such column.
  BoundExpr FindColumn(std::string_view name, Scope& scope, int32_t location, bool local_only);
  Result<std::shared_ptr<RangeTable>> FindRangeTable(const ast::ColumnRef& ref, size_t parts,
                                                     Scope& scope);
  Status ExpandStar(const ast::ColumnRef& ref, Scope& scope, std::vector<TargetEntry>* targets);
  /// "t.x" as the level calls it, for errors.
  std::string ColumnName(ColumnId id, const Scope& scope) const;

  // ---- from.cc
  Result<FromItem> BindFromItem(const ast::TableRef& ref, Scope& scope);
  Result<FromItem> BindRelation(const ast::RelationRef& ref, Scope& scope);
  Result<FromItem> BindDerived(const ast::SubqueryRef& ref, Scope& scope);
  /// A function in a catalog query's FROM, refused when it comes to be called (later.h).
  Result<FromItem> BindCatalogFunction(const ast::FunctionRef& ref, Scope& scope);
  Result<FromItem> BindJoin(const ast::Join& ref, Scope& scope);
  Result<NodePtr> BindFrom(const std::vector<ast::TableRefPtr>& from, Scope& scope);
  /// A table's rows as a FROM item, all columns; with_row_id adds the hidden row id to the plan
  /// only.
  FromItem MakeScan(const schema::RelationPtr& relation, const std::string& alias, bool with_row_id,
                    Scope& scope);
  Result<FromItem> MakeDerived(NodePtr plan, const std::vector<std::string>& names,
                               const ast::Alias& alias, Scope& scope);
  Status AddToNamespace(std::vector<NamespaceItem>* items, std::vector<NamespaceItem> more) const;
  Status RenameColumns(RangeTable* table, const ast::Alias& alias) const;

  // ---- join.cc
  Result<FromItem> FinishJoin(const ast::Join& ref, FromItem left, FromItem right, Scope& scope);
  Status MergeColumns(const ast::Join& ref, const std::vector<std::string>& names, RangeTable* left,
                      RangeTable* right, RangeTable* joined, std::vector<ExprPtr>* conditions);
  NodePtr MakeJoin(logical::JoinKind kind, NodePtr left, NodePtr right, ExprPtr predicate);

  // ---- with.cc
  Status BindWith(const ast::WithClause& with, Scope& scope);
  std::shared_ptr<Cte> FindCte(std::string_view name, Scope& scope) const;
  NodePtr ReferCte(const std::shared_ptr<Cte>& cte);
  /// Puts the definitions of the scope's WITH names around the plan.
  NodePtr WrapWith(Scope& scope, NodePtr plan);

  // ---- select.cc
  /// resolve_unknown: literals of unknown type in the select list become text (not so where the
  /// context gives them a type).
  BoundQuery BindSelect(const ast::SelectStatement& select, Scope* outer, bool resolve_unknown,
                        bool lateral = false);
  BoundQuery BindSelectForm(const ast::SelectStatement& select, Scope& scope, bool resolve_unknown);
  BoundQuery BindValues(const ast::SelectStatement& select, Scope& scope);
  BoundQuery BindSetOperation(const ast::SelectStatement& select, Scope& scope);
  Status BindTargets(const ast::TargetList& list, Scope& scope, std::vector<TargetEntry>* targets);
  Status BindLimit(const ast::SelectStatement& select, Scope& scope, SelectParts* parts);
  NodePtr MakeProject(NodePtr child, std::vector<TargetEntry>& targets);
  NodePtr MakeDistinct(NodePtr child);
  /// Sort, limit and the removal of hidden columns over a projection of parts.targets.
  NodePtr Finish(SelectParts& parts, NodePtr plan);
  Status CheckUnsupported(const ast::SelectStatement& select) const;

  // ---- order.cc
  Status BindOrderBy(const ast::SortList& list, Scope& scope, SelectParts* parts, bool distinct);
  Result<size_t> FindOrAddTarget(const ast::Expr& e, Scope& scope, SelectParts* parts);
  Status BindGroupBy(const std::vector<ast::GroupItem>& items, Scope& scope, SelectParts* parts);
  Result<std::optional<size_t>> FindTargetByName(const ast::Expr& e, std::string_view clause,
                                                 const std::vector<TargetEntry>& targets) const;
  Result<std::optional<size_t>> FindTargetByOrdinal(const ast::Expr& e, std::string_view clause,
                                                    const std::vector<TargetEntry>& targets) const;

  // ---- set_operation.cc
  /// Converts the outputs of a query (casts in its projection, or one on top).
  Result<NodePtr> CoerceOutputs(NodePtr plan, const std::vector<Type>& types);
  /// Converts output i, giving access to a literal of unknown type below.
  Status CoerceOutput(logical::Node* plan, size_t i, const Type& type);

  // ---- dml.cc
  BoundQuery BindInsert(const ast::InsertStatement& insert, Scope& scope);
  BoundQuery BindUpdate(const ast::UpdateStatement& update, Scope& scope);
  BoundQuery BindDelete(const ast::DeleteStatement& remove, Scope& scope);
  Result<schema::RelationPtr> FindTarget(const ast::QualifiedName& name, std::string_view verb);
  /// `a.b = ` and `a[1] = ` are refused.
  Status CheckWholeColumn(const ast::ColumnTarget& target, const schema::Column& column) const;
  BoundExpr ColumnDefault(const schema::Column& column);

  BindContext& context_;
  logical::Query query_;

 private:
  struct ParameterState {
    Type type;
    bool lifted = false;           // a string literal: every use may have its own type
    std::vector<uint32_t> copies;  // its uses at other types
    bool untyped_use = false;      // somewhere its type did not matter, and none was inferred there
  };
  Result<NodePtr> BindRoot(const ast::Statement& statement, Scope& scope);
  Status CheckParameters();
  void FindOrigins(const logical::Node& root);

  std::vector<ParameterState> parameters_;
  std::vector<int32_t> parameter_locations_;
  std::set<uint32_t>
      not_null_;  // columns that are never NULL, as seen from the operators bound so far
  struct BaseColumn {
    std::weak_ptr<const RangeTable> table;
    schema::RelationPtr relation;
    uint32_t column;  // index into relation->columns
    std::string table_name;
  };
  std::unordered_map<uint32_t, BaseColumn> base_columns_;
  std::unordered_map<uint32_t, std::string> column_names_;
  uint32_t ctes_ = 0;

  friend class Grouping;
};

/// Calls visit for every expression root of the operators of a plan (not of the subqueries in
/// them).
void VisitExpressions(logical::Node& node, const std::function<void(ExprPtr&)>& visit);
/// Whether the plan, its subqueries included, reads one of these columns.
bool Reads(logical::Node& node, const std::set<uint32_t>& columns);
bool ContainsSubquery(const Expr& e);

bool SameType(const Type& a, const Type& b);
/// format_type without modifier, as in error messages.
std::string TypeText(const Type& type);
bool IsUnknown(const Expr& e);
Type BoolType();
/// Where PostgreSQL points for an expression: its leftmost token.
int32_t Leftmost(const Expr& e);

}  // namespace lathe::bind
