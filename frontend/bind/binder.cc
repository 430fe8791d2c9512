// The binder's entry, its errors, its parameters and its column ids.
#include "frontend/bind/binder.h"

#include "frontend/ast/position.h"

namespace lathe::bind {

bool SameType(const Type& a, const Type& b) {
  return a.id == b.id && a.element == b.element && a.shape == b.shape;
}

std::string TypeText(const Type& type) {
  if (type.id == TypeId::kBpChar) return "character";
  Type plain = type;
  plain.typmod = -1;
  return types::FormatType(plain);
}

bool IsUnknown(const Expr& e) { return e.type.id == TypeId::kUnknown; }

Type BoolType() { return Type(TypeId::kBool); }

bool ContainsSubquery(const Expr& e) {
  bool found = false;
  expr::Visit(e, [&found](const Expr& node) { found |= node.kind == expr::Kind::kSubquery; });
  return found;
}

int32_t Leftmost(const Expr& e) {
  int32_t location = e.location;
  for (const ExprPtr& child : e.children) {
    const int32_t inner = Leftmost(*child);
    if (inner >= 0 && (location < 0 || inner < location)) location = inner;
  }
  return location;
}

void VisitExpressions(logical::Node& node, const std::function<void(ExprPtr&)>& visit) {
  auto one = [&visit](ExprPtr& e) {
    if (e) visit(e);
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
        for (logical::SortKey& key : call.order) one(key.expression);
      }
      break;
    case logical::Kind::kWindow:
      for (ExprPtr& e : node.As<logical::Window>().partition) one(e);
      for (logical::SortKey& key : node.As<logical::Window>().order) one(key.expression);
      for (logical::WindowCall& call : node.As<logical::Window>().calls) {
        for (ExprPtr& e : call.args) one(e);
        one(call.filter);
        one(call.frame.start.offset);
        one(call.frame.end.offset);
      }
      break;
    case logical::Kind::kTableFunction:
      for (logical::TableFunction::Call& call : node.As<logical::TableFunction>().calls) {
        for (ExprPtr& e : call.args) one(e);
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
    case logical::Kind::kRecursive:
      break;
  }
  for (NodePtr& child : node.children) VisitExpressions(*child, visit);
}

bool Reads(logical::Node& node, const std::set<uint32_t>& columns) {
  bool reads = false;
  VisitExpressions(node, [&](ExprPtr& root) {
    expr::Visit(*root, [&](const Expr& e) {
      if (e.kind == expr::Kind::kColumn) reads |= columns.contains(e.column.value);
      if (e.kind == expr::Kind::kSubquery) reads |= Reads(*e.subquery, columns);
    });
  });
  return reads;
}

bool IsVolatile(const Expr& e) {
  bool found = false;
  expr::Visit(e, [&found](const Expr& node) {
    if (node.kind == expr::Kind::kCall) {
      found |= node.function->volatility == func::Volatility::kVolatile;
    }
    if (node.kind == expr::Kind::kSubquery) found |= IsVolatile(*node.subquery);
  });
  return found;
}

bool IsVolatile(logical::Node& plan) {
  bool found = false;
  VisitExpressions(plan, [&found](ExprPtr& e) { found |= IsVolatile(*e); });
  return found;
}

void AllColumns(const Expr& e, std::set<uint32_t>* columns) {
  expr::Visit(e, [columns](const Expr& node) {
    if (node.kind == expr::Kind::kColumn) columns->insert(node.column.value);
    if (node.kind == expr::Kind::kSubquery) {
      VisitExpressions(*node.subquery, [columns](ExprPtr& root) { AllColumns(*root, columns); });
    }
  });
}

Binder::Binder(BindContext& context) : context_(context) {
  for (const Type& type : context.params) parameters_.push_back({type, false, {}, false});
  parameter_locations_.resize(parameters_.size(), -1);
}

Error Binder::At(SqlState state, std::string message, int32_t location) const {
  return MakeError(state, std::move(message), ast::PositionOf(context_.sql, location));
}

Error Binder::NotYet(std::string_view what, int32_t location) const {
  return NotSupported(what, ast::PositionOf(context_.sql, location));
}

ColumnId Binder::NewColumn(bool nullable) {
  ColumnId id = query_.ids.Next();
  if (!nullable) not_null_.insert(id.value);
  return id;
}

bool Binder::MayBeNull(const Expr& e) const {
  return expr::MayBeNull(e, [this](ColumnId id) { return !not_null_.contains(id.value); });
}

OutputColumn Binder::Output(ColumnId id, std::string name, const Type& type) const {
  return OutputColumn{id, std::move(name), type, !not_null_.contains(id.value)};
}

void Binder::RefreshNullability(logical::Node* node) const {
  for (OutputColumn& column : node->outputs) {
    column.nullable = !not_null_.contains(column.id.value);
  }
}

BoundExpr Binder::Parameter(const ast::Parameter& parameter) {
  if (parameter.number < 1 || parameter.number > 65535 ||
      (static_cast<size_t>(parameter.number) > context_.params.size() &&
       !context_.parameters_allowed)) {
    return At(SqlState::kUndefinedParameter,
              "there is no parameter $" + std::to_string(parameter.number), parameter.location);
  }
  const uint32_t index = static_cast<uint32_t>(parameter.number - 1);
  if (index >= parameters_.size()) {
    parameters_.resize(index + 1);
    parameter_locations_.resize(index + 1, -1);
  }
  ParameterState& state = parameters_[index];
  if (parameter_locations_[index] < 0) parameter_locations_[index] = parameter.location;
  const bool lifted_string = parameter.lifted == ast::Literal::Type::kString;
  state.lifted |= lifted_string;
  auto e = std::make_unique<Expr>(expr::Kind::kParam, lifted_string ? Type() : state.type);
  e->param = index;
  e->location = parameter.location;
  return ExprPtr(std::move(e));
}

Status Binder::InferParameter(Expr* parameter, const Type& type) {
  const uint32_t index = parameter->param;
  ParameterState& state = parameters_[index];
  if (state.type.id == TypeId::kUnknown) {
    state.type = type;
  } else if (!(state.type == type)) {
    if (!state.lifted) {
      Error error = At(SqlState::kAmbiguousParameter,
                       "inconsistent types deduced for parameter $" + std::to_string(index + 1),
                       parameter->location);
      error.detail = types::FormatType(state.type) + " versus " + types::FormatType(type);
      return error;
    }
    for (uint32_t copy : state.copies) {
      if (parameters_[copy].type == type) {
        parameter->param = copy;
        parameter->type = type;
        return Ok();
      }
    }
    const uint32_t copy = static_cast<uint32_t>(parameters_.size());
    state.copies.push_back(copy);
    parameters_.push_back({type, false, {}, false});
    parameter_locations_.push_back(-1);
    context_.literal_copies.push_back({copy, index});
    parameter->param = copy;
  }
  parameter->type = type;
  return Ok();
}

Status Binder::CheckParameters() {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i].lifted && parameters_[i].type.id == TypeId::kUnknown) {
      parameters_[i].type = Type(TypeId::kText);
    }
    if (parameters_[i].untyped_use && parameters_[i].type.id != TypeId::kUnknown) {
      return At(SqlState::kAmbiguousParameter,
                "inconsistent types deduced for parameter $" + std::to_string(i + 1),
                parameter_locations_[i]);
    }
    if (parameters_[i].type.id == TypeId::kUnknown) {
      return At(SqlState::kIndeterminateDatatype,
                "could not determine data type of parameter $" + std::to_string(i + 1), -1);
    }
    query_.params.push_back(parameters_[i].type);
  }
  return Ok();
}

void Binder::FindOrigins(const logical::Node& root) {
  for (const OutputColumn& column : root.outputs) {
    query_.result_names.push_back(column.name);
    auto found = base_columns_.find(column.id.value);
    if (found == base_columns_.end()) {
      context_.origins.push_back({});
    } else {
      const schema::RelationPtr& relation = found->second.relation;
      context_.origins.push_back({relation->id, relation->columns[found->second.column].number});
    }
  }
}

void Binder::FindUsedColumns(logical::Node& root) {
  std::set<uint32_t> used;
  for (const OutputColumn& column : root.outputs) used.insert(column.id.value);
  VisitExpressions(root, [&](ExprPtr& e) { AllColumns(*e, &used); });
  for (uint32_t id : used) {
    auto found = base_columns_.find(id);
    if (found == base_columns_.end()) continue;
    const schema::RelationPtr& relation = found->second.relation;
    context_.used_columns.emplace_back(relation->id,
                                       relation->columns[found->second.column].number);
  }
}

Result<NodePtr> Binder::BindRoot(const ast::Statement& statement, Scope& scope) {
  using Kind = ast::Statement::Kind;
  switch (statement.kind) {
    case Kind::kSelect:
      return BindSelect(statement.As<ast::SelectStatement>(), nullptr, true);
    case Kind::kInsert:
      return BindInsert(statement.As<ast::InsertStatement>(), scope);
    case Kind::kUpdate:
      return BindUpdate(statement.As<ast::UpdateStatement>(), scope);
    case Kind::kDelete:
      return BindDelete(statement.As<ast::DeleteStatement>(), scope);
    case Kind::kExplain:
      return BindRoot(*statement.As<ast::ExplainStatement>().query, scope);
    case Kind::kCreateTableAs:
      return BindRoot(*statement.As<ast::CreateTableAsStatement>().query, scope);
    case Kind::kDeclareCursor:
      return BindSelect(*statement.As<ast::DeclareCursorStatement>().query, nullptr, true);
    case Kind::kCopy: {
      const auto& copy = statement.As<ast::CopyStatement>();
      if (copy.from) break;
      if (copy.query) return BindRoot(*copy.query, scope);
      LATHE_ASSIGN(schema::RelationPtr relation, FindRelation(copy.table, context_));
      if (relation->is_partitioned()) {
        Error error = At(SqlState::kWrongObjectType,
                         "cannot copy from partitioned table \"" + relation->name + "\"", -1);
        error.hint = "Try the COPY (SELECT ...) TO variant.";
        return error;
      }
      LATHE_ASSIGN(std::vector<uint32_t> columns, BindColumnList(*relation, copy.columns));
      FromItem item = MakeScan(relation, "", false, scope);
      std::vector<TargetEntry> targets;
      const std::vector<uint32_t> live = relation->LiveColumns();
      for (uint32_t column : columns) {
        for (size_t i = 0; i < live.size(); ++i) {
          if (live[i] != column) continue;
          const RangeColumn& source = item.items[0].table->columns[i];
          targets.push_back({source.expr->Clone(), source.name, -1, false, {}});
        }
      }
      return MakeProject(item.plan, targets);
    }
    case Kind::kMerge:
      return BindMerge(statement.As<ast::MergeStatement>(), scope);
    default:
      break;
  }
  return MakeError(SqlState::kInternalError, "this statement has no query plan");
}

Result<logical::Query> Binder::Run(const ast::Statement& statement) {
  Scope scope(nullptr);
  LATHE_ASSIGN(query_.root, BindRoot(statement, scope));
  LATHE_TRY(CheckParameters());
  if (query_.root->kind != logical::Kind::kModify) FindOrigins(*query_.root);
  if (context_.collect_used) FindUsedColumns(*query_.root);
  LATHE_TRY(logical::Verify(*query_.root));
  return std::move(query_);
}

Result<logical::Query> BindQuery(const ast::Statement& statement, BindContext& context) {
  context.literal_copies.clear();
  context.origins.clear();
  context.relations.clear();
  context.conflict_keys.clear();
  context.row_locks.reset();
  context.used_columns.clear();
  return Binder(context).Run(statement);
}

}  // namespace lathe::bind
