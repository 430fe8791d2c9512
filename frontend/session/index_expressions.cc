// Entries of indexes on expressions and of partial indexes: storage asks here for the values of
// expressions over a table's row, and whether a partial index has the row.
#include "frontend/session/row_values.h"
#include "frontend/session/session_impl.h"
#include "runtime/schema/index_parts.h"

namespace lathe::session {

/// Bound expressions of an index over its table at one version of both.
struct BoundIndex {
  uint64_t table_version = 0, index_version = 0;
  std::vector<expr::ExprPtr> expressions;
  expr::ExprPtr predicate;  // null = all rows
};

namespace {

class Expressions final : public table::IndexExpressions {
 public:
  Expressions(std::shared_ptr<const BoundIndex> bound, const schema::RelationDescriptor& table,
              const row::Layout& rows, size_t first_field, const func::FunctionContext& context)
      : bound_(std::move(bound)), row_(table, rows, first_field, context) {}

  std::vector<types::Type> types() const override {
    std::vector<types::Type> types;
    for (const expr::ExprPtr& e : bound_->expressions) types.push_back(e->type);
    return types;
  }
  Result<bool> Compute(const char* base, const char* row,
                       std::vector<types::Value>* values) override {
    row_.Set(base, row);
    if (bound_->predicate != nullptr) {
      LATHE_ASSIGN(types::Value holds, row_.Evaluate(*bound_->predicate));
      if (holds.is_null() || !holds.datum().b) return false;
    }
    values->clear();
    for (const expr::ExprPtr& e : bound_->expressions) {
      LATHE_ASSIGN(types::Value value, row_.Evaluate(*e));
      values->push_back(std::move(value));
    }
    return true;
  }

 private:
  const std::shared_ptr<const BoundIndex> bound_;
  RowValues row_;
};

}  // namespace

Result<std::shared_ptr<const BoundIndex>> SessionImpl::BindIndex(
    const schema::RelationDescriptor& table, const schema::RelationDescriptor& index) {
  std::shared_ptr<const BoundIndex>& known = bound_indexes_[index.id];
  if (known != nullptr && known->table_version == table.version &&
      known->index_version == index.version) {
    return known;
  }
  auto bound = std::make_shared<BoundIndex>();
  bound->table_version = table.version;
  bound->index_version = index.version;
  bind::BindContext context = MakeBindContext({}, catalog_.get());
  for (size_t i = 0; i < index.sources.size(); ++i) {
    if (index.sources[i] != schema::kExpressionSource) continue;
    LATHE_ASSIGN(expr::ExprPtr value,
                 bind::BindStoredExpression(table, index.columns[i].generated_sql,
                                            bind::RowUse::kIndexExpression, nullptr, context));
    bound->expressions.push_back(std::move(value));
  }
  if (const std::string_view where = schema::PredicateOf(index); !where.empty()) {
    LATHE_ASSIGN(
        bound->predicate,
        bind::BindStoredExpression(table, where, bind::RowUse::kIndexPredicate, nullptr, context));
  }
  known = bound;
  return known;
}

optimize::SpecialIndex SessionImpl::SpecialIndexOf(RelationId id) {
  optimize::SpecialIndex special;
  schema::RelationPtr index = catalog_->GetRelation(id);
  if (index == nullptr || schema::IsPlain(*index)) return special;
  schema::RelationPtr table = catalog_->GetRelation(index->table);
  if (table == nullptr) return special;
  // What does not bind any more is not used; writing to the table says why.
  auto bound = BindIndex(*table, *index);
  if (!bound.ok()) return special;
  special.index = std::move(index);
  for (const expr::ExprPtr& e : (*bound)->expressions) special.expressions.push_back(e.get());
  special.predicate = (*bound)->predicate.get();
  special.owner = *bound;
  return special;
}

bool SessionImpl::LiteralsMatter(const std::vector<driver::CatalogLookup>& lookups) {
  for (const driver::CatalogLookup& lookup : lookups) {
    schema::RelationPtr table = lookup.id.value == 0 ? nullptr : catalog_->GetRelation(lookup.id);
    if (table == nullptr || table->kind != schema::RelationKind::kTable) continue;
    for (RelationId id : table->indexes) {
      const optimize::SpecialIndex special = SpecialIndexOf(id);
      if (special.index == nullptr) continue;
      bool found = false;
      auto look = [&](const expr::Expr& e) { found |= e.kind == expr::Kind::kConst; };
      for (const expr::Expr* e : special.expressions) expr::Visit(*e, look);
      if (special.predicate != nullptr) expr::Visit(*special.predicate, look);
      if (found) return true;
    }
  }
  return false;
}

table::IndexExpressionsMaker SessionImpl::MakeIndexExpressions() {
  return [this](const schema::RelationDescriptor& table, const schema::RelationDescriptor& index,
                const row::Layout& rows,
                size_t first_field) -> Result<std::unique_ptr<table::IndexExpressions>> {
    LATHE_ASSIGN(std::shared_ptr<const BoundIndex> bound, BindIndex(table, index));
    return std::unique_ptr<table::IndexExpressions>(
        std::make_unique<Expressions>(std::move(bound), table, rows, first_field, context_));
  };
}

}  // namespace lathe::session
