// Window functions: OVER, the WINDOW clause, frames. Each call becomes a column of a Window node
// that stands above grouping and HAVING; calls of equal PARTITION BY and ORDER BY share a node.
#include "frontend/bind/resolve.h"

namespace lathe::bind {
namespace {

logical::FrameBoundKind BoundKind(ast::FrameBound::Type type) {
  return static_cast<logical::FrameBoundKind>(type);
}

bool SameKeys(const std::vector<logical::SortKey>& a, const std::vector<logical::SortKey>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].descending != b[i].descending || a[i].nulls_first != b[i].nulls_first ||
        !expr::Equal(*a[i].expression, *b[i].expression)) {
      return false;
    }
  }
  return true;
}

bool SameList(const std::vector<ExprPtr>& a, const std::vector<ExprPtr>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!expr::Equal(*a[i], *b[i])) return false;
  }
  return true;
}

bool SameOptional(const ExprPtr& a, const ExprPtr& b) {
  return (a == nullptr) == (b == nullptr) && (!a || expr::Equal(*a, *b));
}

bool SameFrame(const logical::Frame& a, const logical::Frame& b) {
  return a.mode == b.mode && a.exclusion == b.exclusion && a.start.kind == b.start.kind &&
         a.end.kind == b.end.kind && SameOptional(a.start.offset, b.start.offset) &&
         SameOptional(a.end.offset, b.end.offset);
}

std::vector<ExprPtr> CloneList(const std::vector<ExprPtr>& list) {
  std::vector<ExprPtr> copy;
  for (const ExprPtr& e : list) copy.push_back(e->Clone());
  return copy;
}

std::vector<logical::SortKey> CloneKeys(const std::vector<logical::SortKey>& list) {
  std::vector<logical::SortKey> copy;
  for (const logical::SortKey& key : list) {
    copy.push_back({key.expression->Clone(), key.descending, key.nulls_first});
  }
  return copy;
}

logical::Frame CloneFrame(const logical::Frame& frame) {
  logical::Frame copy;
  copy.mode = frame.mode;
  copy.start = {frame.start.kind, frame.start.offset ? frame.start.offset->Clone() : nullptr};
  copy.end = {frame.end.kind, frame.end.offset ? frame.end.offset->Clone() : nullptr};
  copy.exclusion = frame.exclusion;
  copy.range_minus = frame.range_minus;
  copy.range_plus = frame.range_plus;
  return copy;
}

BoundWindow CloneWindow(const BoundWindow& window) {
  BoundWindow copy;
  copy.name = window.name;
  copy.partition = CloneList(window.partition);
  copy.order = CloneKeys(window.order);
  copy.frame = CloneFrame(window.frame);
  copy.has_order = window.has_order;
  copy.has_frame = window.has_frame;
  return copy;
}

bool HasOffset(const ast::FrameBound& bound) { return bound.offset != nullptr; }

/// The operator of exactly these operand types.
const func::Function* ExactOperator(std::string_view op, const Type& left, const Type& right) {
  for (const func::Function* function : func::OperatorsNamed(op, 2)) {
    if (SameType(function->args[0], left) && SameType(function->args[1], right)) return function;
  }
  return nullptr;
}

/// With which types a RANGE offset is counted: the sort key and the offset are converted.
struct RangeTypes {
  TypeId key, offset;
};

/// How PostgreSQL's in_range support functions take a key and an offset; unknown key = not at all.
/// Integers are counted in a type that cannot overflow.
RangeTypes RangeTypesFor(TypeId key, TypeId offset) {
  const auto is_int = [](TypeId id) {
    return id == TypeId::kInt2 || id == TypeId::kInt4 || id == TypeId::kInt8;
  };
  if (is_int(key) && is_int(offset)) {
    const bool wide = key == TypeId::kInt8 || offset == TypeId::kInt8;
    const TypeId type = wide ? TypeId::kNumeric : TypeId::kInt8;
    return {type, type};
  }
  if ((key == TypeId::kFloat4 || key == TypeId::kFloat8) && offset == TypeId::kFloat8) {
    return {TypeId::kFloat8, TypeId::kFloat8};
  }
  if (key == TypeId::kNumeric && offset == TypeId::kNumeric) return {key, key};
  if (offset == TypeId::kInterval) {
    if (key == TypeId::kDate) return {TypeId::kTimestamp, TypeId::kInterval};
    if (key == TypeId::kTimestamp || key == TypeId::kTimestampTz || key == TypeId::kInterval) {
      return {key, TypeId::kInterval};
    }
  }
  return {TypeId::kUnknown, TypeId::kUnknown};
}

/// The offset types that go with a key, the preferred one first.
std::vector<TypeId> OffsetTypes(TypeId key) {
  switch (key) {
    case TypeId::kInt2:
    case TypeId::kInt4:
      return {key, TypeId::kInt8, key == TypeId::kInt2 ? TypeId::kInt4 : TypeId::kInt2};
    case TypeId::kInt8:
    case TypeId::kNumeric:
      return {key};
    case TypeId::kFloat4:
    case TypeId::kFloat8:
      return {TypeId::kFloat8};
    case TypeId::kDate:
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
    case TypeId::kInterval:
      return {TypeId::kInterval};
    default:
      return {};
  }
}

}  // namespace

Status Binder::BindRangeOffset(const ast::WindowDefinition& window, Scope& scope,
                               BoundWindow* bound) {
  ExprPtr& key = bound->order[0].expression;
  const std::vector<TypeId> accepted = OffsetTypes(key->type.id);
  if (accepted.empty()) {
    const ast::FrameBound& first = HasOffset(window.start) ? window.start : window.end;
    return At(SqlState::kFeatureNotSupported,
              "RANGE with offset PRECEDING/FOLLOWING is not supported for column type " +
                  TypeText(key->type),
              first.offset->location);
  }
  TypeId offset_type = TypeId::kUnknown;
  RangeTypes chosen{TypeId::kUnknown, TypeId::kUnknown};
  auto bind = [&](const ast::FrameBound& source, logical::FrameBound* target) -> Status {
    if (!source.offset) return Ok();
    LATHE_ASSIGN(ExprPtr offset, Bind(*source.offset, scope));
    const Type key_type = key->type;
    offset_type = TypeId::kUnknown;
    for (TypeId id : accepted) {
      if (IsUnknown(*offset) || offset->type.id == id) {
        offset_type = id;
        break;
      }
    }
    for (size_t i = 0; i < accepted.size() && offset_type == TypeId::kUnknown; ++i) {
      if (CanCoerce(offset->type, Type(accepted[i]), CastContext::kImplicit)) {
        offset_type = accepted[i];
      }
    }
    if (offset_type == TypeId::kUnknown) {
      Error error = At(SqlState::kFeatureNotSupported,
                       "RANGE with offset PRECEDING/FOLLOWING is not supported for column type " +
                           TypeText(key_type) + " and offset type " + TypeText(offset->type),
                       source.offset->location);
      error.hint = "Cast the offset value to an appropriate type.";
      return error;
    }
    LATHE_TRY(CheckNoVariables(*offset, scope, "RANGE"));
    const RangeTypes types = RangeTypesFor(key_type.id, offset_type);
    if (chosen.key == TypeId::kUnknown || types.key == TypeId::kNumeric) chosen = types;
    LATHE_ASSIGN(target->offset, Coerce(std::move(offset), Type(offset_type), false));
    return Ok();
  };
  LATHE_TRY(bind(window.start, &bound->frame.start));
  LATHE_TRY(bind(window.end, &bound->frame.end));
  for (logical::FrameBound* end : {&bound->frame.start, &bound->frame.end}) {
    if (!end->offset) continue;
    if (chosen.offset == TypeId::kNumeric) {
      LATHE_ASSIGN(end->offset, ToNumericForm(std::move(end->offset), Type(TypeId::kNumeric)));
    } else {
      LATHE_ASSIGN(end->offset, Coerce(std::move(end->offset), Type(chosen.offset), false));
    }
  }
  if (chosen.key == TypeId::kNumeric) {
    LATHE_ASSIGN(key, ToNumericForm(std::move(key), Type(TypeId::kNumeric)));
  } else {
    LATHE_ASSIGN(key, Coerce(std::move(key), Type(chosen.key), false));
  }
  const Type key_type(chosen.key), step(chosen.offset);
  bound->frame.range_minus = ExactOperator("-", key_type, step);
  bound->frame.range_plus = ExactOperator("+", key_type, step);
  if (!bound->frame.range_minus || !bound->frame.range_plus) {
    return NotYet("RANGE with offset over type " + TypeText(key_type), window.location);
  }
  return Ok();
}

Status Binder::CheckNoVariables(const Expr& e, const Scope& scope, const char* label) const {
  int32_t location = -1;
  bool found = false;
  expr::Visit(e, [&](const Expr& node) {
    if (found || node.kind != expr::Kind::kColumn || !scope.columns.contains(node.column.value)) {
      return;
    }
    found = true;
    location = node.location;
  });
  if (!found) {
    // It is one value for the whole window, computed before it.
    std::set<uint32_t> outer;
    AllColumns(e, &outer);
    if (!outer.empty() || ContainsSubquery(e)) {
      return NotYet("a subquery or outer column in a window frame", Leftmost(e));
    }
    return Ok();
  }
  return At(SqlState::kInvalidColumnReference,
            std::string("argument of ") + label + " must not contain variables", location);
}

Status Binder::BindFrame(const ast::WindowDefinition& window, Scope& scope, BoundWindow* bound) {
  using Unit = ast::WindowDefinition::FrameUnit;
  if (window.unit == Unit::kNone) return Ok();
  bound->has_frame = true;
  logical::Frame& frame = bound->frame;
  frame.mode = window.unit == Unit::kRows    ? logical::FrameMode::kRows
               : window.unit == Unit::kRange ? logical::FrameMode::kRange
                                             : logical::FrameMode::kGroups;
  frame.start.kind = BoundKind(window.start.type);
  frame.end.kind = BoundKind(window.end.type);
  frame.exclusion = static_cast<logical::FrameExclusion>(window.exclusion);
  const bool offsets = HasOffset(window.start) || HasOffset(window.end);
  if (window.unit == Unit::kRange && offsets && bound->order.size() != 1) {
    return At(SqlState::kWindowingError,
              "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column",
              window.location);
  }
  if (window.unit == Unit::kGroups && bound->order.empty()) {
    return At(SqlState::kWindowingError, "GROUPS mode requires an ORDER BY clause",
              window.location);
  }
  if (!offsets) return Ok();
  const Clause clause = scope.clause;
  scope.clause = window.unit == Unit::kRows    ? Clause::kFrameRows
                 : window.unit == Unit::kRange ? Clause::kFrameRange
                                               : Clause::kFrameGroups;
  Status status = [&]() -> Status {
    if (window.unit == Unit::kRange) return BindRangeOffset(window, scope, bound);
    const char* label = window.unit == Unit::kRows ? "ROWS" : "GROUPS";
    const Type int8(TypeId::kInt8);
    auto bind = [&](const ast::FrameBound& source, logical::FrameBound* target) -> Status {
      if (!source.offset) return Ok();
      LATHE_ASSIGN(ExprPtr offset, Bind(*source.offset, scope));
      if (!CanCoerce(offset->type, int8, CastContext::kAssignment)) {
        return At(SqlState::kDatatypeMismatch,
                  std::string("argument of ") + label + " must be type bigint, not type " +
                      TypeText(offset->type),
                  Leftmost(*offset));
      }
      LATHE_TRY(CheckNoVariables(*offset, scope, label));
      LATHE_ASSIGN(target->offset, Coerce(std::move(offset), int8, false));
      return Ok();
    };
    LATHE_TRY(bind(window.start, &frame.start));
    return bind(window.end, &frame.end);
  }();
  scope.clause = clause;
  return status;
}

Result<BoundWindow> Binder::BindWindow(const ast::WindowDefinition& window, Scope& scope) {
  BoundWindow bound;
  const BoundWindow* base = nullptr;
  if (!window.reference.empty()) {
    for (const BoundWindow& named : scope.named_windows) {
      if (named.name == window.reference) base = &named;
    }
    if (!base) {
      return At(SqlState::kUndefinedObject, "window \"" + window.reference + "\" does not exist",
                window.location);
    }
    if (window.only_reference) return CloneWindow(*base);
  }
  const Clause clause = scope.clause;
  scope.clause = Clause::kWindow;
  Status status = [&]() -> Status {
    LATHE_ASSIGN(bound.order, BindSortKeys(window.order_by, scope));
    for (const ast::ExprPtr& e : window.partition_by) {
      LATHE_ASSIGN(ExprPtr part, Bind(*e, scope));
      LATHE_ASSIGN(part, ResolveUnknown(std::move(part)));
      LATHE_TRY(CheckComparable(*part, false));
      bool repeated = false;
      for (const ExprPtr& other : bound.partition) repeated |= expr::Equal(*other, *part);
      if (!repeated) bound.partition.push_back(std::move(part));
    }
    return Ok();
  }();
  scope.clause = clause;
  LATHE_TRY(std::move(status));
  bound.has_order = !window.order_by.empty();
  if (base) {
    if (!window.partition_by.empty()) {
      return At(SqlState::kWindowingError,
                "cannot override PARTITION BY clause of window \"" + base->name + "\"",
                window.location);
    }
    if (bound.has_order && base->has_order) {
      return At(SqlState::kWindowingError,
                "cannot override ORDER BY clause of window \"" + base->name + "\"",
                window.location);
    }
    if (base->has_frame) {
      Error error = At(SqlState::kWindowingError,
                       "cannot copy window \"" + base->name + "\" because it has a frame clause",
                       window.location);
      using Unit = ast::WindowDefinition::FrameUnit;
      if (window.name.empty() && !bound.has_order && window.unit == Unit::kNone) {
        error.hint = "Omit the parentheses in this OVER clause.";
      }
      return error;
    }
    bound.partition = CloneList(base->partition);
    if (base->has_order) {
      bound.order = CloneKeys(base->order);
      bound.has_order = true;
    }
  }
  LATHE_TRY(BindFrame(window, scope, &bound));
  bound.name = window.name;
  return bound;
}

Status Binder::BindNamedWindows(const std::vector<ast::WindowDefinition>& windows, Scope& scope) {
  for (const ast::WindowDefinition& window : windows) {
    for (const BoundWindow& other : scope.named_windows) {
      if (other.name == window.name) {
        return At(SqlState::kWindowingError, "window \"" + window.name + "\" is already defined",
                  window.location);
      }
    }
    LATHE_ASSIGN(BoundWindow bound, BindWindow(window, scope));
    scope.named_windows.push_back(std::move(bound));
  }
  return Ok();
}

ExprPtr Binder::AddWindowCall(const BoundWindow& window, logical::WindowCall call, Type type,
                              bool nullable, std::string name, int32_t location, Scope& scope) {
  WindowGroup* group = nullptr;
  for (WindowGroup& other : scope.windows) {
    if (SameList(other.partition, window.partition) && SameKeys(other.order, window.order)) {
      group = &other;
    }
  }
  if (!group) {
    scope.windows.push_back({CloneList(window.partition), CloneKeys(window.order), {}});
    group = &scope.windows.back();
  }
  call.frame = CloneFrame(window.frame);
  auto column = [location](const OutputColumn& output) {
    ExprPtr e = expr::MakeColumn(output.id, output.type);
    e->location = location;
    return e;
  };
  for (const logical::WindowCall& other : group->calls) {
    if (other.function == call.function && other.aggregate == call.aggregate &&
        SameList(other.args, call.args) && SameOptional(other.filter, call.filter) &&
        SameFrame(other.frame, call.frame)) {
      return column(other.output);
    }
  }
  call.output = Output(NewColumn(nullable), std::move(name), type);
  group->calls.push_back(std::move(call));
  return column(group->calls.back().output);
}

BoundExpr Binder::BindWindowCall(const ast::FunctionCall& call, Scope& scope) {
  const std::string& name = call.name.name;
  if (scope.in_window) {
    return At(SqlState::kWindowingError, "window function calls cannot be nested", call.location);
  }
  if (scope.in_aggregate && scope.clause != Clause::kFilter) {
    return At(SqlState::kGroupingError,
              "aggregate function calls cannot contain window function calls", call.location);
  }
  logical::WindowCall bound;
  Type type;
  bool nullable = true;
  scope.in_window = true;
  const char* no_sets = scope.no_sets;
  scope.no_sets = "window function calls cannot contain set-returning function calls";
  Status status = [&]() -> Status {
    if (!func::AggregatesNamed(name).empty() && func::WindowFunctionsNamed(name).empty()) {
      logical::AggregateCall aggregate;
      LATHE_TRY(BindAggregateCall(call, scope, &aggregate, &type));
      if (aggregate.function->within_group) {
        return At(SqlState::kFeatureNotSupported,
                  "OVER is not supported for ordered-set aggregate " + name, call.location);
      }
      bound.aggregate = aggregate.function;
      bound.args = std::move(aggregate.args);
      bound.filter = std::move(aggregate.filter);
      nullable = aggregate.function->kind != func::AggregateKind::kCount &&
                 aggregate.function->kind != func::AggregateKind::kCountStar;
      return Ok();
    }
    if (call.within_group && !func::AggregatesNamed(name).empty()) {
      return At(SqlState::kFeatureNotSupported,
                "OVER is not supported for ordered-set aggregate " + name, call.location);
    }
    if (call.within_group) {
      return At(SqlState::kWrongObjectType, "window function " + name + " cannot have WITHIN GROUP",
                call.location);
    }
    LATHE_ASSIGN(bound.args, BindList(call.args, scope));
    Result<const func::WindowFunction*> chosen =
        ChooseWindowFunction(call.name, bound.args, call.location);
    if (!chosen.ok() && !bound.args.empty() && !func::AggregatesNamed(name).empty()) {
      return At(SqlState::kWrongObjectType,
                "WITHIN GROUP is required for ordered-set aggregate " + name, call.location);
    }
    LATHE_ASSIGN(bound.function, std::move(chosen));
    const Candidate candidate{bound.function->args, false};
    LATHE_ASSIGN(Polymorphic polymorphic, FitArguments(candidate, bound.args, call.location));
    type = Actual(bound.function->result, polymorphic);
    if (type.id == TypeId::kNumeric && !bound.args.empty()) {
      // The value and the default of lag and lead in one form.
      std::vector<const Expr*> values{bound.args[0].get()};
      if (bound.args.size() > 2) values.push_back(bound.args[2].get());
      type = SharedForm(values);
      for (size_t i : {size_t{0}, size_t{2}}) {
        if (i >= bound.args.size()) continue;
        LATHE_ASSIGN(bound.args[i], ToNumericForm(std::move(bound.args[i]), type));
      }
    } else if (type.id == TypeId::kBpChar && !bound.args.empty()) {
      type = bound.args[0]->type;
    }
    using Kind = func::WindowKind;
    nullable = bound.function->kind >= Kind::kNtile;
    if (call.filter) {
      return At(SqlState::kFeatureNotSupported,
                "FILTER is not implemented for non-aggregate window functions", call.location);
    }
    return Ok();
  }();
  scope.in_window = false;
  scope.no_sets = no_sets;
  LATHE_TRY(std::move(status));
  if (call.distinct) {
    return At(SqlState::kFeatureNotSupported, "DISTINCT is not implemented for window functions",
              call.location);
  }
  if (!call.order_by.empty()) {
    return At(SqlState::kFeatureNotSupported,
              "aggregate ORDER BY is not implemented for window functions", call.location);
  }
  switch (scope.clause) {
    case Clause::kNone:
    case Clause::kTargets:
    case Clause::kOrderBy:
    case Clause::kDistinctOn:
      break;
    case Clause::kWindow:
    case Clause::kFrameRows:
    case Clause::kFrameRange:
    case Clause::kFrameGroups:
      return At(SqlState::kWindowingError, "window functions are not allowed in window definitions",
                call.location);
    default:
      return At(SqlState::kWindowingError,
                std::string("window functions are not allowed in ") + ClauseName(scope.clause),
                call.location);
  }
  LATHE_ASSIGN(BoundWindow window, BindWindow(*call.over, scope));
  return AddWindowCall(window, std::move(bound), type, nullable, name, call.location, scope);
}

void Binder::WindowPlan(Scope& scope, NodePtr* plan) {
  for (WindowGroup& group : scope.windows) {
    auto node = std::make_shared<logical::Window>();
    node->outputs = (*plan)->outputs;
    node->partition = std::move(group.partition);
    node->order = std::move(group.order);
    node->calls = std::move(group.calls);
    for (const logical::WindowCall& call : node->calls) node->outputs.push_back(call.output);
    node->children.push_back(std::move(*plan));
    *plan = std::move(node);
  }
  scope.windows.clear();
}

Result<ExprPtr> Binder::NumberRows(std::string_view function, std::vector<ExprPtr> partition,
                                   std::vector<logical::SortKey> order, NodePtr* plan) {
  const auto overloads = func::WindowFunctionsNamed(function);
  if (overloads.empty()) return NotYet("window function " + std::string(function), -1);
  auto node = std::make_shared<logical::Window>();
  logical::WindowCall call;
  call.function = overloads[0];
  call.output = Output(NewColumn(false), std::string(function), Type(TypeId::kInt8));
  ExprPtr column = expr::MakeColumn(call.output.id, call.output.type);
  node->outputs = (*plan)->outputs;
  node->outputs.push_back(call.output);
  node->partition = std::move(partition);
  node->order = std::move(order);
  node->calls.push_back(std::move(call));
  node->children.push_back(std::move(*plan));
  *plan = std::move(node);
  return column;
}

}  // namespace lathe::bind
