// WITH: each name is bound once. A name that is used once is put in its place; one that is used
// more often, is volatile or is MATERIALIZED, is computed once (With, CteScan); one that is not
// used is dropped, as in PostgreSQL. A query that refers to itself becomes a Recursive node.
#include "frontend/bind/binder.h"
#include "frontend/bind/recursion.h"
#include "frontend/bind/search_cycle.h"

namespace lathe::bind {

namespace {

Status CheckColumnCount(const Binder& binder, const ast::CommonTableExpr& item, size_t available) {
  if (item.columns.size() <= available) return Ok();
  return binder.At(SqlState::kInvalidColumnReference,
                   "WITH query \"" + item.name + "\" has " + std::to_string(available) +
                       " columns available but " + std::to_string(item.columns.size()) +
                       " columns specified",
                   item.location);
}

/// The rows that a WITH query changes are not those of the statement's command tag.
void CountNothing(logical::Node* node) {
  if (node->kind == logical::Kind::kModify) node->As<logical::Modify>().counts = false;
  for (const NodePtr& child : node->children) CountNothing(child.get());
}

}  // namespace

Result<std::vector<size_t>> Binder::WithOrder(const ast::WithClause& with,
                                              std::vector<bool>* recursive) const {
  const size_t n = with.items.size();
  std::vector<size_t> order;
  recursive->assign(n, false);
  if (!with.recursive) {
    for (size_t i = 0; i < n; ++i) order.push_back(i);
    return order;
  }
  // In RECURSIVE lists a query may refer to later ones too.
  std::set<std::string> names;
  for (const ast::CommonTableExpr& item : with.items) names.insert(item.name);
  std::vector<std::set<std::string>> needs;
  for (size_t i = 0; i < n; ++i) {
    needs.push_back(ReferredNames(*with.items[i].query, names));
    (*recursive)[i] = needs[i].erase(with.items[i].name) > 0;
  }
  std::set<std::string> done;
  std::vector<bool> placed(n, false);
  while (order.size() < n) {
    size_t next = n;
    for (size_t i = 0; i < n && next == n; ++i) {
      if (placed[i]) continue;
      bool ready = true;
      for (const std::string& name : needs[i]) ready &= done.contains(name);
      if (ready) next = i;
    }
    if (next == n) {
      size_t first = 0;
      while (placed[first]) ++first;
      return At(SqlState::kFeatureNotSupported,
                "mutual recursion between WITH items is not implemented",
                with.items[first].location);
    }
    placed[next] = true;
    done.insert(with.items[next].name);
    order.push_back(next);
  }
  for (size_t i = 0; i < n; ++i) {
    if (!(*recursive)[i]) continue;
    LATHE_TRY(CheckRecursion(with.items[i], [this](SqlState state, std::string text, int32_t at) {
      return At(state, std::move(text), at);
    }));
  }
  return order;
}

Status Binder::BindWith(const ast::WithClause& with, Scope& scope) {
  for (size_t i = 0; i < with.items.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (with.items[j].name == with.items[i].name) {
        return At(SqlState::kDuplicateAlias,
                  "WITH query name \"" + with.items[i].name + "\" specified more than once",
                  with.items[i].location);
      }
    }
  }
  std::vector<bool> recursive;
  LATHE_ASSIGN(std::vector<size_t> order, WithOrder(with, &recursive));
  for (size_t i : order) {
    const ast::CommonTableExpr& item = with.items[i];
    // A chain of queries, each put in the place of its name, is as deep as it is long.
    constexpr uint32_t kCtesMax = 1500;
    if (ctes_ >= kCtesMax) {
      return At(SqlState::kStatementTooComplex, "stack depth limit exceeded", item.location);
    }
    auto cte = std::make_shared<Cte>();
    cte->name = item.name;
    cte->number = ++ctes_;
    cte->materialized = item.materialized == ast::CommonTableExpr::Materialized::kAlways;
    if (item.search || item.cycle) {
      if (!recursive[i]) {
        return At(SqlState::kSyntaxError, "WITH query is not recursive", item.location);
      }
      LATHE_TRY(BindSearchCycle(item, cte, scope));
      continue;
    }
    if (recursive[i]) {
      LATHE_TRY(BindRecursive(item, cte, scope));
      continue;
    }
    if (item.query->kind != ast::Statement::Kind::kSelect) {
      LATHE_TRY(BindModifyingCte(item, cte.get(), scope));
    } else {
      LATHE_ASSIGN(cte->definition,
                   BindSelect(item.query->As<ast::SelectStatement>(), &scope, true));
    }
    cte->materialized |= IsVolatile(*cte->definition);
    for (const OutputColumn& column : cte->definition->outputs) {
      cte->columns.push_back(column.name);
    }
    LATHE_TRY(CheckColumnCount(*this, item, cte->columns.size()));
    std::copy(item.columns.begin(), item.columns.end(), cte->columns.begin());
    scope.ctes.push_back(std::move(cte));
  }
  return Ok();
}

namespace {

bool HasReturning(const ast::Statement& statement) {
  switch (statement.kind) {
    case ast::Statement::Kind::kInsert:
      return !statement.As<ast::InsertStatement>().returning.empty();
    case ast::Statement::Kind::kUpdate:
      return !statement.As<ast::UpdateStatement>().returning.empty();
    case ast::Statement::Kind::kDelete:
      return !statement.As<ast::DeleteStatement>().returning.empty();
    default:
      return false;  // MERGE
  }
}

}  // namespace

Status Binder::BindModifyingCte(const ast::CommonTableExpr& item, Cte* cte, Scope& scope) {
  if (scope.parent != nullptr || !views_.empty()) {
    return At(SqlState::kFeatureNotSupported,
              "WITH clause containing a data-modifying statement must be at the top level",
              item.location);
  }
  // Sees the names before it, and nothing of the level.
  Scope inner(&scope);
  LATHE_ASSIGN(cte->definition, BindRoot(*item.query, inner));
  cte->modifies = true;
  cte->materialized = true;
  cte->no_columns = !HasReturning(*item.query);
  if (cte->no_columns) cte->definition->outputs.clear();
  CountNothing(cte->definition.get());
  return Ok();
}

Status Binder::BindSearchCycle(const ast::CommonTableExpr& item, const std::shared_ptr<Cte>& cte,
                               Scope& scope) {
  const auto& query = item.query->As<ast::SelectStatement>();
  if (query.with || !context_.parse_statement) {
    return NotYet("SEARCH or CYCLE clause in this place", item.location);
  }
  // The names of its columns are those of the first term.
  std::vector<std::string> columns;
  {
    Scope inner(&scope);
    LATHE_ASSIGN(NodePtr left, BindSelect(*query.left, &inner, true));
    LATHE_TRY(CheckColumnCount(*this, item, left->outputs.size()));
    for (size_t i = 0; i < left->outputs.size(); ++i) {
      columns.push_back(i < item.columns.size() ? item.columns[i] : left->outputs[i].name);
    }
  }
  ast::CommonTableExpr rewritten;
  rewritten.name = item.name;
  rewritten.location = -1;
  LATHE_ASSIGN(std::string text,
               SearchCycleText(item, columns, &rewritten.columns, context_.parse_statement,
                               [&](SqlState state, std::string message) {
                                 return At(
                                     state, std::move(message),
                                     item.search ? item.search->location : item.cycle->location);
                               }));
  LATHE_ASSIGN(rewritten.query, context_.parse_statement(text));
  // Positions in the new text mean nothing to the client.
  const std::string_view sql = std::exchange(context_.sql, text);
  Status bound = BindRecursive(rewritten, cte, scope);
  context_.sql = sql;
  if (bound.ok()) return Ok();
  Error error = std::move(bound).error();
  error.position = 0;
  return error;
}

Status Binder::BindRecursive(const ast::CommonTableExpr& item, const std::shared_ptr<Cte>& cte,
                             Scope& scope) {
  const auto& query = item.query->As<ast::SelectStatement>();
  Scope inner(&scope);
  if (query.with) LATHE_TRY(BindWith(*query.with, inner));
  LATHE_ASSIGN(NodePtr left, BindSelect(*query.left, &inner, true));
  LATHE_TRY(CheckColumnCount(*this, item, left->outputs.size()));

  // The first term decides about the columns.
  auto node = std::make_shared<logical::Recursive>();
  node->working = ++ctes_;
  node->name = item.name;
  node->distinct = !query.all;
  std::vector<Type> types;
  for (size_t i = 0; i < left->outputs.size(); ++i) {
    Type type = left->outputs[i].type;
    if (type.id == TypeId::kNumeric) type = Type(TypeId::kNumeric, type.typmod);
    const std::string name = i < item.columns.size() ? item.columns[i] : left->outputs[i].name;
    types.push_back(type);
    cte->columns.push_back(name);
    node->outputs.push_back(Output(NewColumn(true), name, type));
  }
  LATHE_ASSIGN(left, CoerceOutputs(std::move(left), types));
  cte->working = node->working;
  cte->working_outputs = node->outputs;
  scope.ctes.push_back(cte);
  LATHE_ASSIGN(NodePtr right, BindSelect(*query.right, &inner, false));
  cte->working = 0;

  if (right->outputs.size() != types.size()) {
    return At(
        SqlState::kSyntaxError, "each UNION query must have the same number of columns",
        query.right->form == ast::SelectStatement::Form::kSelect && !query.right->targets.empty()
            ? query.right->targets[0].location
            : query.right->location);
  }
  for (size_t i = 0; i < types.size(); ++i) {
    const Type& own = right->outputs[i].type;
    std::vector<ExprPtr> both;
    both.push_back(expr::MakeColumn(node->outputs[i].id, types[i]));
    both.push_back(own.id == TypeId::kUnknown ? expr::MakeConst(types::Value::Null(Type()))
                                              : expr::MakeColumn(right->outputs[i].id, own));
    const auto location = [i](const ast::SelectStatement& select) {
      return select.form == ast::SelectStatement::Form::kSelect && i < select.targets.size()
                 ? select.targets[i].location
                 : -1;
    };
    both[0]->location = location(*query.left);
    both[1]->location = location(*query.right);
    const bool unknown = IsUnknown(*both[1]);
    const int32_t first_location = both[0]->location;
    LATHE_ASSIGN(Type common, Unify(both, "UNION"));
    const int32_t modifier = unknown ? types[i].typmod : common.typmod;
    if (!SameType(common, types[i]) || modifier != types[i].typmod) {
      const auto text = [](Type type, int32_t typmod) {
        type.typmod = typmod;
        return types::FormatType(type);
      };
      Error error = At(SqlState::kDatatypeMismatch,
                       "recursive query \"" + item.name + "\" column " + std::to_string(i + 1) +
                           " has type " + text(types[i], types[i].typmod) +
                           " in non-recursive term but type " + text(common, modifier) + " overall",
                       first_location);
      error.hint = "Cast the output of the non-recursive term to the correct type.";
      return error;
    }
  }
  LATHE_ASSIGN(right, CoerceOutputs(std::move(right), types));
  node->children.push_back(std::move(left));
  node->children.push_back(std::move(right));
  cte->definition = WrapWith(inner, std::move(node));
  cte->materialized |= IsVolatile(*cte->definition);
  return Ok();
}

std::shared_ptr<Cte> Binder::FindCte(std::string_view name, Scope& start) const {
  for (Scope* scope = &start; scope; scope = scope->parent) {
    for (const std::shared_ptr<Cte>& cte : scope->ctes) {
      if (cte->name == name) return cte;
    }
  }
  return nullptr;
}

NodePtr Binder::ReferCte(const std::shared_ptr<Cte>& cte) {
  if (cte->working != 0) {
    auto scan = std::make_shared<logical::CteScan>();
    scan->cte = cte->working;
    scan->name = cte->name;
    for (const OutputColumn& source : cte->working_outputs) {
      scan->source.push_back(source.id);
      scan->outputs.push_back(Output(NewColumn(true), source.name, source.type));
    }
    return scan;
  }
  auto scan = std::make_shared<logical::CteScan>();
  scan->cte = cte->number;
  scan->name = cte->name;
  auto project = std::make_shared<logical::Project>();
  for (size_t i = 0; i < cte->definition->outputs.size(); ++i) {
    const OutputColumn& source = cte->definition->outputs[i];
    const bool nullable = !not_null_.contains(source.id.value);
    const ColumnId scanned = NewColumn(nullable), id = NewColumn(nullable);
    scan->source.push_back(source.id);
    scan->outputs.push_back(Output(scanned, cte->columns[i], source.type));
    project->expressions.push_back(expr::MakeColumn(scanned, source.type));
    project->outputs.push_back(Output(id, cte->columns[i], source.type));
    if (auto base = base_columns_.find(source.id.value); base != base_columns_.end()) {
      base_columns_[id.value] = base->second;
    }
  }
  project->children.push_back(std::move(scan));
  cte->references.push_back(project);
  return project;
}

NodePtr Binder::WrapWith(Scope& scope, NodePtr plan) {
  // The last name first: its definition may refer to the earlier ones, and theirs is the outer
  // place.
  for (size_t i = scope.ctes.size(); i-- > 0;) {
    Cte& cte = *scope.ctes[i];
    if (cte.references.empty() && !cte.modifies) continue;
    if (cte.references.size() == 1 && !cte.materialized) {
      logical::Project& project = *cte.references[0];
      for (size_t c = 0; c < project.expressions.size(); ++c) {
        const OutputColumn& source = cte.definition->outputs[c];
        project.expressions[c] = expr::MakeColumn(source.id, source.type);
      }
      project.children[0] = std::move(cte.definition);
      continue;
    }
    auto with = std::make_shared<logical::With>();
    with->cte = cte.number;
    with->name = cte.name;
    with->outputs = plan->outputs;
    with->children.push_back(std::move(cte.definition));
    with->children.push_back(std::move(plan));
    plan = std::move(with);
  }
  scope.ctes.clear();
  return plan;
}

}  // namespace lathe::bind
