// WITH: each name is bound once. A name that is used once is put in its place; one that is used
// more often, or is MATERIALIZED, is computed once (With, CteScan); one that is not used is
// dropped, as in PostgreSQL.
#include "frontend/bind/binder.h"

namespace lathe::bind {

Status Binder::BindWith(const ast::WithClause& with, Scope& scope) {
  if (with.recursive) return NotYet("WITH RECURSIVE", with.location);
  for (size_t i = 0; i < with.items.size(); ++i) {
    const ast::CommonTableExpr& item = with.items[i];
    for (size_t j = 0; j < i; ++j) {
      if (with.items[j].name == item.name) {
        return At(SqlState::kDuplicateAlias,
                  "WITH query name \"" + item.name + "\" specified more than once", item.location);
      }
    }
    if (item.search_or_cycle) return NotYet("SEARCH or CYCLE clause", item.location);
    if (item.query->kind != ast::Statement::Kind::kSelect) {
      return NotYet("data-modifying statement in WITH", item.location);
    }
    auto cte = std::make_shared<Cte>();
    cte->name = item.name;
    cte->number = ++ctes_;
    cte->materialized = item.materialized == ast::CommonTableExpr::Materialized::kAlways;
    LATHE_ASSIGN(cte->definition, BindSelect(item.query->As<ast::SelectStatement>(), &scope, true));
    for (const OutputColumn& column : cte->definition->outputs) {
      cte->columns.push_back(column.name);
    }
    if (item.columns.size() > cte->columns.size()) {
      return At(SqlState::kInvalidColumnReference,
                "WITH query \"" + item.name + "\" has " + std::to_string(cte->columns.size()) +
                    " columns available but " + std::to_string(item.columns.size()) +
                    " columns specified",
                item.location);
    }
    std::copy(item.columns.begin(), item.columns.end(), cte->columns.begin());
    scope.ctes.push_back(std::move(cte));
  }
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
    if (cte.references.empty()) continue;
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
