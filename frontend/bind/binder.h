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
  ColumnId id;         // of the output, once the projection is made
  bool given = false;  // hidden, but in the result: of row locks
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

struct Candidate;
struct Polymorphic;

/// What one SELECT collects before its plan is put together.
struct SelectParts {
  std::vector<TargetEntry> targets;
  std::vector<SortEntry> sort;
  ExprPtr where, having;
  std::vector<ExprPtr> groups;
  bool grouped = false;  // GROUP BY was written, if only as GROUP BY ()
  /// GROUPING SETS and its kin, multiplied out: indexes into groups. Without sets one that has all.
  std::vector<std::vector<uint32_t>> sets;
  bool has_sets = false;
  std::vector<size_t> distinct_on;  // targets
  ExprPtr limit, offset;
  bool with_ties = false;
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
  /// BindRowExpression.
  BoundExpr RowExpression(const schema::RelationDescriptor& table, const ast::Expr& e, RowUse use,
                          const schema::Column* target);

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
  /// A char(n) as text with the blanks that its values lie without; anything else as it is.
  BoundExpr WithBlanks(ExprPtr e);
  /// A condition. label: "WHERE", "argument of " is added.
  BoundExpr ToBoolean(ExprPtr e, std::string_view label);
  /// For storing in a column: 42804 if there is no assignment cast.
  BoundExpr Assign(ExprPtr e, const schema::Column& column, bool is_default);

  /// The value with the conditions of a domain around it. name: "" = the domain's own name.
  BoundExpr CheckDomain(ExprPtr e, RelationId domain, int32_t location);

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
  Result<const func::WindowFunction*> ChooseWindowFunction(const ast::QualifiedName& name,
                                                           const std::vector<ExprPtr>& args,
                                                           int32_t location);
  Result<const func::SetFunction*> ChooseSetFunction(const ast::QualifiedName& name,
                                                     const std::vector<ExprPtr>& args,
                                                     int32_t location);
  Error NoFunction(const ast::QualifiedName& name, const std::vector<ExprPtr>& args, bool ambiguous,
                   int32_t location) const;
  /// What the polymorphic types of a signature stand for with arguments of these types (unknown
  /// ones fit everywhere); false if they do not agree.
  bool FindPolymorphic(const Candidate& candidate, std::span<const Type> actual,
                       Polymorphic* result) const;
  /// Brings arguments to the declared types.
  Result<Polymorphic> FitArguments(const Candidate& candidate, std::vector<ExprPtr>& args,
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

  // ---- record.cc
  /// wanted: the composite type of what it is for, or null.
  /// cast_location: where errors of the conversion point.
  BoundExpr BindRow(const ast::Row& row, Scope& scope, const Type* wanted,
                    int32_t cast_location = -1);
  /// An expression for a place of this type: literals in ROW(...) take the types of its fields.
  BoundExpr BindFor(const ast::Expr& e, const Type& wanted, Scope& scope);
  /// A row of this type from its fields, which have the fields' types.
  BoundExpr MakeRecord(std::vector<ExprPtr> fields, const Type& type, int32_t location);
  /// The row of a FROM item as one value.
  BoundExpr WholeRow(const RangeTable& table, int32_t location);
  ExprPtr RecordField(const Expr& record, size_t i, int32_t location) const;
  BoundExpr BindFieldSelect(const ast::FieldSelect& select, Scope& scope);
  /// *, t.* and (row).* in a list.
  Status ExpandStarItem(const ast::Expr& e, Scope& scope, std::vector<TargetEntry>* targets);
  /// A row with its fields converted one by one.
  BoundExpr CoerceRecord(ExprPtr record, const Type& target, bool is_explicit);

  // ---- array.cc
  /// wanted: the array type of a cast around it, or null.
  BoundExpr BindArray(const ast::Array& array, Scope& scope, const Type* wanted);
  BoundExpr BindSubscript(const ast::Subscript& subscript, Scope& scope);
  /// The value of a column once `value` is assigned to a part of it: a[1], a[1:2], j['key']. base:
  /// the column's value before.
  BoundExpr AssignPart(const ast::ColumnTarget& target, const schema::Column& column, ExprPtr base,
                       ExprPtr value, Scope& scope);
  /// f(..., VARIADIC array) of a function whose last argument may come any number of times.
  BoundExpr BindVariadic(const ast::FunctionCall& call, Scope& scope);
  Status AddSubscript(const ast::ExprPtr& e, int32_t otherwise, Scope& scope,
                      std::vector<ExprPtr>* args);
  /// The bits of the bounds that are written, then all bounds.
  Status AddSlices(const std::vector<const ast::Subscript*>& chain, Scope& scope,
                   std::vector<ExprPtr>* args);
  /// left op ANY (array), or ALL.
  BoundExpr MakeAnyArray(const ast::QualifiedName& op, ExprPtr left, ExprPtr array, bool all,
                         int32_t location);

  // ---- predicate.cc
  BoundExpr BindBinary(const ast::Binary& e, Scope& scope);
  BoundExpr BindComparison(const ast::QualifiedName& op, const ast::Expr& left,
                           const ast::Expr& right, int32_t location, Scope& scope);
  BoundExpr BindRowComparison(std::string_view op, const ast::Row& left, const ast::Row& right,
                              int32_t location, Scope& scope);
  /// Rows of `count` columns compared: compare(op, i) gives the comparison of column i.
  BoundExpr CombineRowComparison(std::string_view op, size_t count, int32_t location,
                                 const std::function<BoundExpr(std::string_view, size_t)>& compare);
  BoundExpr BindRowDistinct(const ast::Row& left, const ast::Row& right, int32_t location,
                            Scope& scope);
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
  /// f(a => 1).
  BoundExpr BindNamed(const ast::FunctionCall& call, Scope& scope);
  BoundExpr BindSpecialValue(const ast::SpecialValue& e);

  // ---- aggregate.cc
  BoundExpr BindAggregate(const ast::FunctionCall& call, Scope& scope);
  /// Function, arguments and filter of a call; type = that of its result.
  Status BindAggregateCall(const ast::FunctionCall& call, Scope& scope,
                           logical::AggregateCall* bound, Type* type);
  Status BindWithinGroup(const ast::FunctionCall& call, logical::AggregateCall* bound, Type* type);
  BoundExpr BindGrouping(const ast::Grouping& e, Scope& scope);
  /// The level that an aggregate over these columns belongs to.
  Scope* OwnerOf(const std::set<uint32_t>& columns, Scope& scope) const;
  Status GroupPlan(SelectParts& parts, Scope& scope, NodePtr* plan);

  // ---- window.cc
  BoundExpr BindWindowCall(const ast::FunctionCall& call, Scope& scope);
  Status BindNamedWindows(const std::vector<ast::WindowDefinition>& windows, Scope& scope);
  Result<BoundWindow> BindWindow(const ast::WindowDefinition& window, Scope& scope);
  /// 42P10 for a column of this level in a frame's offset.
  Status CheckNoVariables(const Expr& e, const Scope& scope, const char* label) const;
  Status BindFrame(const ast::WindowDefinition& window, Scope& scope, BoundWindow* bound);
  Status BindRangeOffset(const ast::WindowDefinition& window, Scope& scope, BoundWindow* bound);
  /// Adds a call to the group of its window, or finds its equal; the column of its result.
  ExprPtr AddWindowCall(const BoundWindow& window, logical::WindowCall call, Type type,
                        bool nullable, std::string name, int32_t location, Scope& scope);
  /// The Window nodes of a level over the plan.
  void WindowPlan(Scope& scope, NodePtr* plan);
  /// row_number() or rank() over the plan's rows, in a window of these targets.
  Result<ExprPtr> NumberRows(std::string_view function, std::vector<ExprPtr> partition,
                             std::vector<logical::SortKey> order, NodePtr* plan);

  // ---- set_function.cc
  BoundExpr BindSetCall(const ast::FunctionCall& call, Scope& scope);
  Result<logical::TableFunction::Call> MakeSetCall(const ast::QualifiedName& name,
                                                   std::vector<ExprPtr> args, int32_t location);
  /// Puts the set-returning functions of the level over the plan: those that groups use, or the
  /// rest. ordinality: gets the column that numbers the rows of the outermost ones.
  void SetFunctionPlan(std::vector<SetCall> calls, NodePtr* plan, OutputColumn* ordinality);
  /// Those that GROUP BY uses, below the grouping; the others above it.
  void GroupedSetFunctions(const SelectParts& parts, Scope& scope, NodePtr* plan);
  void SelectedSetFunctions(SelectParts& parts, Scope& scope, bool distinct, NodePtr* plan);
  Result<FromItem> BindFunctionRef(const ast::FunctionRef& ref, Scope& scope);

  // ---- subquery.cc
  BoundExpr BindSubquery(const ast::Subquery& e, Scope& scope);
  /// One boolean column that compares the row with the columns of the query's rows.
  Result<NodePtr> CompareRows(const ast::Row& row, std::string_view op, NodePtr query,
                              int32_t location, Scope& scope);
  BoundExpr QuantifyRows(const ast::Row& row, std::string_view op, expr::SubqueryKind kind,
                         NodePtr query, int32_t location, Scope& scope);
  BoundExpr BindRowSubquery(std::string_view op, const ast::Row& row, const ast::Subquery& query,
                            int32_t location, Scope& scope);
  BoundExpr BindQuantified(const ast::Expr& operand, std::string_view op, expr::SubqueryKind kind,
                           NodePtr query, int32_t location, Scope& scope);

  // ---- column.cc: looking names up in scopes
  BoundExpr TableOid(const RangeTable& table, int32_t location) const;
  BoundExpr BindColumn(const ast::ColumnRef& ref, Scope& scope);
  /// t.* where one value is wanted: the row.
  BoundExpr BindStarValue(const ast::ColumnRef& ref, Scope& scope);
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
  Error CannotSample(int32_t location) const;
  // ---- view.cc
  Result<FromItem> BindView(const schema::RelationPtr& view, const ast::RelationRef& ref,
                            Scope& scope);
  /// Within a view: the columns and the name that the relation had when the view was made.
  void FreezeColumns(const schema::RelationDescriptor& relation, const ast::RelationRef& ref,
                     RangeTable* table) const;
  /// A number from 0 to 100 for each row, the same for the same seed.
  BoundExpr RepeatableDraw(const ast::TableSample& sample, Scope& scope, const logical::Node& scan);
  /// TABLESAMPLE over a table's rows.
  Status SampleRows(const ast::TableSample& sample, Scope& scope, NodePtr* plan);
  Result<FromItem> BindDerived(const ast::SubqueryRef& ref, Scope& scope);
  /// A function in a catalog query's FROM, refused when it comes to be called (later.h).
  Result<FromItem> BindCatalogFunction(const ast::FunctionRef& ref, Scope& scope);
  Result<FromItem> BindJoin(const ast::Join& ref, Scope& scope);
  Result<NodePtr> BindFrom(const std::vector<ast::TableRefPtr>& from, Scope& scope);
  /// A table's rows as a FROM item, all columns; with_row_id adds the hidden row id to the plan
  /// only.
  FromItem MakeScan(const schema::RelationPtr& relation, const std::string& alias, bool with_row_id,
                    Scope& scope);
  /// The rows of a table and of all that inherit from it (inherited.cc), like MakeScan of it.
  FromItem MakeInherited(const schema::RelationPtr& relation, const std::string& alias,
                         bool with_row_id, Scope& scope);
  /// A table that UPDATE, DELETE or MERGE writes: MakeScan with row ids, or MakeInherited where it
  /// has children and ONLY is not written. repeats: a join may give a row several times.
  Result<FromItem> MakeTarget(const schema::RelationPtr& relation, const ast::RelationRef& ref,
                              bool repeats, Scope& scope);
  /// 0A000 where the rows below a table cannot be told apart by what its plan has of them.
  Status CheckWritable(const schema::RelationDescriptor& relation, bool repeats,
                       int32_t location) const;
  /// Of MakeScan's or MakeInherited's outputs those that are fields of the table's rows.
  static std::vector<OutputColumn> RowOutputs(const schema::RelationDescriptor& relation,
                                              const logical::Node& plan);
  Result<FromItem> MakeDerived(NodePtr plan, const std::vector<std::string>& names,
                               const ast::Alias& alias, Scope& scope);
  Status AddToNamespace(std::vector<NamespaceItem>* items, std::vector<NamespaceItem> more) const;
  Status RenameColumns(RangeTable* table, const ast::Alias& alias) const;

  // ---- join.cc
  Result<FromItem> FinishJoin(const ast::Join& ref, FromItem left, FromItem right, Scope& scope);
  Status MergeColumns(const ast::Join& ref, const std::vector<std::string>& names, RangeTable* left,
                      RangeTable* right, RangeTable* joined, std::vector<ExprPtr>* conditions);
  NodePtr MakeJoin(logical::JoinKind kind, NodePtr left, NodePtr right, ExprPtr predicate);
  /// `right`, functions and values computed from one empty row, over each row of `left` instead;
  /// null if it is something else.
  NodePtr ComputeOver(const NodePtr& left, const NodePtr& right);

  // ---- with.cc
  Status BindWith(const ast::WithClause& with, Scope& scope);
  std::shared_ptr<Cte> FindCte(std::string_view name, Scope& scope) const;
  NodePtr ReferCte(const std::shared_ptr<Cte>& cte);
  /// Puts the definitions of the scope's WITH names around the plan.
  Status BindModifyingCte(const ast::CommonTableExpr& item, Cte* cte, Scope& scope);
  NodePtr WrapWith(Scope& scope, NodePtr plan);
  /// The order in which the queries are bound, each after those it refers to; which refer to
  /// themselves.
  Result<std::vector<size_t>> WithOrder(const ast::WithClause& with,
                                        std::vector<bool>* recursive) const;
  Status BindSearchCycle(const ast::CommonTableExpr& item, const std::shared_ptr<Cte>& cte,
                         Scope& scope);
  Status BindRecursive(const ast::CommonTableExpr& item, const std::shared_ptr<Cte>& cte,
                       Scope& scope);

  // ---- select.cc
  /// resolve_unknown: literals of unknown type in the select list become text (not so where the
  /// context gives them a type).
  BoundQuery BindSelect(const ast::SelectStatement& select, Scope* outer, bool resolve_unknown,
                        bool lateral = false);
  /// 54011 beyond kTargetsMax.
  Status CheckTargetCount(const SelectParts& parts, const Scope& scope) const;
  static Error TooManyTargets();
  BoundQuery BindSelectForm(const ast::SelectStatement& select, Scope& scope, bool resolve_unknown);
  BoundQuery BindValues(const ast::SelectStatement& select, Scope& scope);
  BoundQuery BindSetOperation(const ast::SelectStatement& select, Scope& scope);
  Status BindTargets(const ast::TargetList& list, Scope& scope, std::vector<TargetEntry>* targets);
  Status BindLimit(const ast::SelectStatement& select, Scope& scope, SelectParts* parts);
  NodePtr MakeProject(NodePtr child, std::vector<TargetEntry>& targets);
  NodePtr MakeDistinct(NodePtr child);
  /// Sort, limit and the removal of hidden columns over a projection of parts.targets.
  BoundQuery Finish(SelectParts& parts, NodePtr plan);
  // Locking clauses (locking.cc).
  Status CheckLocking(const ast::SelectStatement& select) const;
  Status AddRowLocks(const ast::SelectStatement& select, Scope& scope, SelectParts* parts);
  Status CheckUnsupported(const ast::SelectStatement& select) const;

  // ---- order.cc
  Status BindOrderBy(const ast::SortList& list, Scope& scope, SelectParts* parts, bool distinct);
  Result<size_t> FindOrAddTarget(const ast::Expr& e, Scope& scope, SelectParts* parts,
                                 const char* clause = "ORDER BY");
  /// Direction and place of NULLs.
  Status SortDirection(const ast::SortItem& item, bool* descending, bool* nulls_first) const;
  /// An ORDER BY whose items are expressions over FROM only (in windows and aggregates).
  Result<std::vector<logical::SortKey>> BindSortKeys(const ast::SortList& list, Scope& scope);
  /// 42883 for types without order (sort) or without equality.
  Status CheckComparable(const Expr& e, bool sort) const;
  Status BindDistinctOn(const ast::ExprList& list, Scope& scope, SelectParts* parts);
  Status BindGroupItem(const ast::Expr& e, Scope& scope, SelectParts* parts, uint32_t* index);
  Result<std::vector<std::vector<uint32_t>>> BindGroupSets(const ast::GroupItem& item, Scope& scope,
                                                           SelectParts* parts);
  /// DISTINCT ON and WITH TIES as conditions on row numbers.
  Status DistinctOnPlan(const SelectParts& parts, NodePtr* plan);
  Status WithTiesPlan(SelectParts& parts, NodePtr* plan);
  Status BindGroupBy(const ast::SelectStatement& select, Scope& scope, SelectParts* parts);
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
  /// INSERT ... ON CONFLICT: rows are what is proposed, ids their columns by field.
  BoundQuery BindConflict(const ast::InsertStatement& insert, schema::RelationPtr relation,
                          NodePtr rows, std::vector<ColumnId> ids, const RangeTable& target,
                          Scope& scope);
  BoundQuery BindUpdate(const ast::UpdateStatement& update, Scope& scope);
  BoundQuery BindDelete(const ast::DeleteStatement& remove, Scope& scope);
  BoundQuery BindMerge(const ast::MergeStatement& merge, Scope& scope);
  class Merge;
  class Conflict;
  /// 428C9 for a value that is given to a generated column or an identity column that is ALWAYS
  /// generated.
  Status CheckGiven(const schema::Column& column, bool insert,
                    ast::InsertStatement::Overriding overriding) const;
  /// Puts the values of generated columns over rows: (*ids)[field] becomes their column for each.
  Status AddGenerated(const schema::RelationDescriptor& relation, std::vector<ColumnId>* ids,
                      NodePtr* plan);
  /// SET of UPDATE and of DO UPDATE: values[field] for what is assigned; old: the columns of the
  /// row; queries: gets subqueries that give several values.
  Status BindAssignments(const std::vector<ast::Assignment>& assignments,
                         const schema::RelationDescriptor& relation,
                         const std::vector<OutputColumn>& old, Scope& scope,
                         std::vector<ExprPtr>* values, std::vector<NodePtr>* queries);
  /// Joins the subqueries of BindAssignments to the plan.
  NodePtr JoinAssigned(NodePtr plan, std::vector<NodePtr> queries);
  /// The new row (assigned values, the rest as it was) and everything of the plan; ids: of the new
  /// row, then of the old one.
  NodePtr ProjectUpdated(NodePtr plan, std::vector<ExprPtr> values,
                         const std::vector<OutputColumn>& old, std::vector<ColumnId>* ids);
  /// Modify over its rows, with the WITH queries and RETURNING of its statement around it.
  /// values[i]: the child's column that is column i of the target once written.
  BoundQuery FinishModify(NodePtr modify, const ast::TargetList& returning,
                          const RangeTable& target, const std::vector<ColumnId>& values,
                          Scope& scope);
  /// The target joined with FROM or USING; both are visible afterwards.
  Result<NodePtr> JoinTarget(FromItem target, const std::vector<ast::TableRefPtr>& from,
                             Scope& scope);
  Result<schema::RelationPtr> FindTarget(const ast::QualifiedName& name, std::string_view verb);
  /// `a.b = ` is refused.
  Status CheckPart(const ast::ColumnTarget& target, const schema::Column& column) const;
  BoundExpr ColumnDefault(const schema::Column& column);

  int select_depth_ = 0;     // of the SELECT that is being bound
  bool locks_rows_ = false;  // it has a locking clause
  BindContext& context_;
  std::vector<RelationId> views_;  // being expanded, outermost first
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
  void FindUsedColumns(logical::Node& root);

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

  friend class Grouping;  // Merge and Conflict are member classes
};

/// Calls visit for every expression root of the operators of a plan (not of the subqueries in
/// them).
void VisitExpressions(logical::Node& node, const std::function<void(ExprPtr&)>& visit);
/// Whether the plan, its subqueries included, reads one of these columns.
bool Reads(logical::Node& node, const std::set<uint32_t>& columns);
bool ContainsSubquery(const Expr& e);
/// Calls a volatile function, in a subquery or outside of it.
bool IsVolatile(const Expr& e);
bool IsVolatile(logical::Node& plan);
/// All columns that an expression reads, those in its subqueries included.
void AllColumns(const Expr& e, std::set<uint32_t>* columns);

bool SameType(const Type& a, const Type& b);
/// The type of a relation's rows.
Type RowTypeOf(const schema::RelationDescriptor& relation);
/// format_type without modifier, as in error messages.
std::string TypeText(const Type& type);
bool IsUnknown(const Expr& e);
Type BoolType();
/// Where PostgreSQL points for an expression: its leftmost token.
int32_t Leftmost(const Expr& e);

}  // namespace lathe::bind
