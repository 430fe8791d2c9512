// Set-returning functions: in FROM (alone, ROWS FROM, WITH ORDINALITY, scalar functions too) and in
// select lists, where all of one depth run in step over each row.
#include <algorithm>

#include "frontend/bind/later.h"
#include "frontend/bind/resolve.h"
#include "runtime/types/shape.h"

namespace lathe::bind {
namespace {

NodePtr OneEmptyRow() {
  auto values = std::make_shared<logical::Values>();
  values->rows.emplace_back();
  return values;
}

bool IsOneEmptyRow(const logical::Node& node) {
  return node.kind == logical::Kind::kValues && node.outputs.empty() &&
         node.As<logical::Values>().rows.size() == 1;
}

bool SameCall(const logical::TableFunction::Call& a, const logical::TableFunction::Call& b) {
  if (a.function != b.function || a.args.size() != b.args.size()) return false;
  for (size_t i = 0; i < a.args.size(); ++i) {
    if (!expr::Equal(*a.args[i], *b.args[i])) return false;
  }
  return a.function->volatility != func::Volatility::kVolatile;
}

/// For functions that return rows of any type the one that returns rows like its first argument.
const char* MakesRecords(std::string_view name) {
  static constexpr std::pair<std::string_view, const char*> kNames[] = {
      {"json_to_record", "json_populate_record"},
      {"jsonb_to_record", "jsonb_populate_record"},
      {"json_to_recordset", "json_populate_recordset"},
      {"jsonb_to_recordset", "jsonb_populate_recordset"}};
  for (const auto& [from, to] : kNames) {
    if (from == name) return to;
  }
  return nullptr;
}

/// The function of a FROM item if it is written as a call.
const ast::FunctionCall* AsCall(const ast::Expr& e) {
  return e.kind == ast::Expr::Kind::kFunctionCall ? &e.As<ast::FunctionCall>() : nullptr;
}

bool IsBuiltin(const ast::QualifiedName& name) {
  return name.catalog.empty() && (name.schema.empty() || name.schema == "pg_catalog");
}

const ast::FunctionCall* AsSetCall(const ast::Expr& e) {
  const ast::FunctionCall* call = AsCall(e);
  const bool is_set =
      call && IsBuiltin(call->name) && !func::SetFunctionsNamed(call->name.name).empty();
  return is_set ? call : nullptr;
}

}  // namespace

Result<logical::TableFunction::Call> Binder::MakeSetCall(const ast::QualifiedName& name,
                                                         std::vector<ExprPtr> args,
                                                         int32_t location) {
  logical::TableFunction::Call call;
  LATHE_ASSIGN(call.function, ChooseSetFunction(name, args, location));
  const Candidate candidate{call.function->args, call.function->variadic};
  LATHE_ASSIGN(Polymorphic polymorphic, FitArguments(candidate, args, location));
  for (ExprPtr& arg : args) {
    if (arg->type.id != TypeId::kNumeric) continue;
    LATHE_ASSIGN(arg, ToNumericForm(std::move(arg), Type(TypeId::kNumeric)));
  }
  call.args = std::move(args);
  for (size_t i = 0; i < call.function->columns.size(); ++i) {
    const Type type = Actual(call.function->columns[i], polymorphic);
    std::string column(i < call.function->column_names.size() ? call.function->column_names[i]
                                                              : std::string_view());
    if (column.empty()) column = name.name;
    call.outputs.push_back(Output(NewColumn(true), std::move(column), type));
  }
  return call;
}

BoundExpr Binder::BindSetCall(const ast::FunctionCall& call, Scope& scope) {
  if (scope.no_sets != nullptr) {
    Error error = At(SqlState::kFeatureNotSupported, scope.no_sets, call.location);
    error.hint = "You might be able to move the set-returning function into a LATERAL FROM item.";
    return error;
  }
  switch (scope.clause) {
    case Clause::kNone:
    case Clause::kTargets:
    case Clause::kOrderBy:
    case Clause::kGroupBy:
    case Clause::kDistinctOn:
      break;
    case Clause::kWindow:
      return NotYet("a set-returning function in a window definition", call.location);
    case Clause::kFrameRows:
    case Clause::kFrameRange:
    case Clause::kFrameGroups:
      return At(SqlState::kFeatureNotSupported,
                "set-returning functions are not allowed in window definitions", call.location);
    case Clause::kFromFunction:
      return At(SqlState::kFeatureNotSupported,
                "set-returning functions must appear at top level of FROM", call.location);
    default:
      return At(
          SqlState::kFeatureNotSupported,
          std::string("set-returning functions are not allowed in ") + ClauseName(scope.clause),
          call.location);
  }
  LATHE_ASSIGN(std::vector<ExprPtr> args, BindList(call.args, scope));
  SetCall bound;
  LATHE_ASSIGN(bound.call, MakeSetCall(call.name, std::move(args), call.location));
  for (const SetCall& other : scope.set_calls) {
    for (const ExprPtr& arg : bound.call.args) {
      std::set<uint32_t> columns;
      AllColumns(*arg, &columns);
      for (const OutputColumn& output : other.call.outputs) {
        if (columns.contains(output.id.value)) bound.depth = std::max(bound.depth, other.depth + 1);
      }
    }
  }
  const SetCall* found = nullptr;
  for (const SetCall& other : scope.set_calls) {
    if (SameCall(other.call, bound.call)) found = &other;
  }
  if (!found) {
    scope.set_calls.push_back(std::move(bound));
    found = &scope.set_calls.back();
  }
  if (found->call.outputs.size() > 1) {
    types::Shape shape;
    std::vector<ExprPtr> fields;
    for (const OutputColumn& output : found->call.outputs) {
      shape.fields.push_back({output.name, output.type});
      fields.push_back(expr::MakeColumn(output.id, output.type));
    }
    return MakeRecord(std::move(fields), types::RecordType(std::move(shape)), call.location);
  }
  const OutputColumn& output = found->call.outputs[0];
  ExprPtr column = expr::MakeColumn(output.id, output.type);
  column->location = call.location;
  return column;
}

void Binder::SetFunctionPlan(std::vector<SetCall> calls, NodePtr* plan, OutputColumn* ordinality) {
  uint32_t deepest = 0;
  for (const SetCall& call : calls) deepest = std::max(deepest, call.depth);
  for (uint32_t depth = 0; depth <= deepest; ++depth) {
    auto node = std::make_shared<logical::TableFunction>();
    node->outputs = (*plan)->outputs;
    for (SetCall& call : calls) {
      if (call.depth != depth) continue;
      for (const OutputColumn& output : call.call.outputs) node->outputs.push_back(output);
      node->calls.push_back(std::move(call.call));
    }
    if (node->calls.empty()) continue;
    if (ordinality && depth == deepest) {
      *ordinality = Output(NewColumn(false), "ordinality", Type(TypeId::kInt8));
      node->with_ordinality = true;
      node->ordinality = *ordinality;
      node->outputs.push_back(*ordinality);
    }
    node->children.push_back(std::move(*plan));
    *plan = std::move(node);
  }
}

Result<FromItem> Binder::BindFunctionRef(const ast::FunctionRef& ref, Scope& scope) {
  const auto definition_list = [this](const std::vector<ast::ColumnDefinitionItem>& columns) {
    return At(SqlState::kSyntaxError,
              "a column definition list is only allowed for functions returning \"record\"",
              columns[0].location);
  };
  const ast::FunctionCall* only =
      ref.functions.size() == 1 ? AsCall(*ref.functions[0].call) : nullptr;
  if (only && IsBuiltin(only->name) && ReadsCatalog(scope) && !ref.ordinality &&
      ref.columns.empty() && func::FunctionsNamed(only->name.name).empty() &&
      func::SetFunctionsNamed(only->name.name).empty()) {
    return BindCatalogFunction(ref, scope);
  }
  auto node = std::make_shared<logical::TableFunction>();
  struct Column {
    std::string name;
    OutputColumn set;        // of a set-returning function, or
    ExprPtr scalar;          // a value, in the first row only
    bool every_row = false;  // scalar: a field of a set-returning function's rows
  };
  std::vector<Column> columns;
  bool defined = false;  // the column definition list was taken
  const auto add_fields = [&](const Expr& row, bool every_row) {
    for (size_t i = 0; i < row.type.shape->fields.size(); ++i) {
      columns.push_back({row.type.shape->fields[i].name, {}, RecordField(row, i, -1), every_row});
    }
  };
  const bool lateral_before = scope.lateral_active;
  const Clause clause = scope.clause;
  scope.lateral_active = true;
  scope.clause = Clause::kFromFunction;
  const size_t functions = ref.functions.size();
  Status status = [&]() -> Status {
    for (const ast::FunctionRef::Function& function : ref.functions) {
      const std::string name = ResultName(*function.call);
      const std::string scalar_name =
          functions == 1 && !ref.alias.name.empty() ? ref.alias.name : name;
      const std::vector<ast::ColumnDefinitionItem>& definitions =
          function.columns.empty() && functions == 1 ? ref.columns : function.columns;
      const ast::FunctionCall* named = AsCall(*function.call);
      if (named && IsBuiltin(named->name) && MakesRecords(named->name.name) != nullptr) {
        if (definitions.empty()) {
          return At(SqlState::kSyntaxError,
                    "a column definition list is required for functions returning \"record\"",
                    named->location);
        }
        types::Shape shape;
        for (const ast::ColumnDefinitionItem& item : definitions) {
          LATHE_ASSIGN(Type type, BindTypeName(item.type, context_));
          if (type.id == TypeId::kNumeric) type = Type(type.id, type.typmod);
          shape.fields.push_back({item.name, type});
        }
        defined = true;
        LATHE_ASSIGN(std::vector<ExprPtr> args, BindList(named->args, scope));
        args.insert(args.begin(),
                    expr::MakeConst(types::Value::Null(types::RecordType(std::move(shape)))));
        ast::QualifiedName target;
        target.name = MakesRecords(named->name.name);
        if (func::SetFunctionsNamed(target.name).empty()) {
          LATHE_ASSIGN(ExprPtr value, MakeFunction(target, std::move(args), named->location));
          add_fields(*value, false);
          continue;
        }
        LATHE_ASSIGN(logical::TableFunction::Call bound,
                     MakeSetCall(target, std::move(args), named->location));
        const ExprPtr row = expr::MakeColumn(bound.outputs[0].id, bound.outputs[0].type);
        node->calls.push_back(std::move(bound));
        add_fields(*row, true);
        continue;
      }
      const ast::FunctionCall* call = AsSetCall(*function.call);
      if (!call) {
        LATHE_ASSIGN(ExprPtr value, Bind(*function.call, scope));
        LATHE_ASSIGN(value, ResolveUnknown(std::move(value)));
        if (!function.columns.empty()) return definition_list(function.columns);
        if (value->type.id == TypeId::kRecord && value->type.shape != nullptr && named) {
          if (IsVolatile(*value)) return NotYet("a volatile function of rows", named->location);
          add_fields(*value, false);
          continue;
        }
        columns.push_back({scalar_name, {}, std::move(value), false});
        continue;
      }
      LATHE_ASSIGN(std::vector<ExprPtr> args, BindList(call->args, scope));
      std::vector<std::vector<ExprPtr>> lists;
      if (call->name.name == "unnest" && args.size() > 1) {
        // unnest(a, b) is ROWS FROM (unnest(a), unnest(b)).
        for (ExprPtr& arg : args) {
          lists.emplace_back();
          lists.back().push_back(std::move(arg));
        }
      } else {
        lists.push_back(std::move(args));
      }
      const size_t split = lists.size();
      for (std::vector<ExprPtr>& list : lists) {
        LATHE_ASSIGN(logical::TableFunction::Call bound,
                     MakeSetCall(call->name, std::move(list), call->location));
        if (!function.columns.empty()) return definition_list(function.columns);
        if (bound.outputs.size() == 1 && bound.outputs[0].type.id == TypeId::kRecord &&
            bound.outputs[0].type.shape != nullptr && split == 1) {
          const ExprPtr row = expr::MakeColumn(bound.outputs[0].id, bound.outputs[0].type);
          node->calls.push_back(std::move(bound));
          add_fields(*row, true);
          continue;
        }
        const auto& names = bound.function->column_names;
        for (size_t i = 0; i < bound.outputs.size(); ++i) {
          const bool unnamed = i >= names.size() || names[i].empty();
          const bool by_alias = unnamed && split == 1;
          columns.push_back(
              {by_alias ? scalar_name : bound.outputs[i].name, bound.outputs[i], nullptr, false});
        }
        node->calls.push_back(std::move(bound));
      }
    }
    return Ok();
  }();
  scope.lateral_active = lateral_before;
  scope.clause = clause;
  LATHE_TRY(std::move(status));
  if (!ref.columns.empty() && !defined) return definition_list(ref.columns);

  NodePtr plan = OneEmptyRow();
  const bool sets = !node->calls.empty();
  const bool scalars = std::any_of(columns.begin(), columns.end(),
                                   [](const Column& c) { return c.scalar != nullptr; });
  OutputColumn ordinality;
  if (sets) {
    for (const logical::TableFunction::Call& call : node->calls) {
      for (const OutputColumn& output : call.outputs) node->outputs.push_back(output);
    }
    if (ref.ordinality || scalars) {
      ordinality = Output(NewColumn(false), "ordinality", Type(TypeId::kInt8));
      node->with_ordinality = true;
      node->ordinality = ordinality;
      node->outputs.push_back(ordinality);
    }
    node->children.push_back(std::move(plan));
    plan = std::move(node);
  }
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(column.name);
  if (ref.ordinality) names.push_back("ordinality");
  if (scalars || (ref.ordinality && !sets)) {
    auto project = std::make_shared<logical::Project>();
    for (Column& column : columns) {
      ExprPtr value;
      if (!column.scalar) {
        value = expr::MakeColumn(column.set.id, column.set.type);
        project->outputs.push_back(column.set);
        project->expressions.push_back(std::move(value));
        continue;
      }
      value = std::move(column.scalar);
      if (sets && !column.every_row) {
        // Padded with NULLs beside functions that give more rows.
        LATHE_ASSIGN(ExprPtr first,
                     MakeOperator("=", expr::MakeColumn(ordinality.id, ordinality.type),
                                  expr::MakeConst(types::Value::Int8(1)), -1));
        const Type type = value->type;
        auto padded = std::make_unique<Expr>(expr::Kind::kCase, type);
        padded->children.push_back(std::move(first));
        padded->children.push_back(std::move(value));
        padded->children.push_back(expr::MakeConst(types::Value::Null(type)));
        value = std::move(padded);
      }
      const ColumnId id = NewColumn(MayBeNull(*value));
      project->outputs.push_back(Output(id, column.name, value->type));
      project->expressions.push_back(std::move(value));
    }
    if (ref.ordinality && sets) {
      project->outputs.push_back(ordinality);
      project->expressions.push_back(expr::MakeColumn(ordinality.id, ordinality.type));
    } else if (ref.ordinality) {
      project->outputs.push_back(Output(NewColumn(false), "ordinality", Type(TypeId::kInt8)));
      project->expressions.push_back(expr::MakeConst(types::Value::Int8(1)));
    }
    project->children.push_back(std::move(plan));
    plan = std::move(project);
  }
  ast::Alias alias;
  alias.name = ref.alias.name.empty() ? ResultName(*ref.functions[0].call) : ref.alias.name;
  alias.columns = ref.alias.columns;
  return MakeDerived(std::move(plan), names, alias, scope);
}

NodePtr Binder::ComputeOver(const NodePtr& left, const NodePtr& right) {
  if (IsOneEmptyRow(*right)) return left;
  const bool project = right->kind == logical::Kind::kProject;
  if (!project && right->kind != logical::Kind::kTableFunction) return nullptr;
  NodePtr child = ComputeOver(left, right->children[0]);
  if (!child) return nullptr;
  const std::vector<OutputColumn> passed = project ? left->outputs : std::vector<OutputColumn>();
  right->children[0] = std::move(child);
  right->outputs.insert(right->outputs.begin(), left->outputs.begin(), left->outputs.end());
  for (size_t i = 0; i < passed.size(); ++i) {
    auto& expressions = right->As<logical::Project>().expressions;
    expressions.insert(expressions.begin() + static_cast<std::ptrdiff_t>(i),
                       expr::MakeColumn(passed[i].id, passed[i].type));
  }
  return right;
}

}  // namespace lathe::bind
