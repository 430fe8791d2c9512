// What SQL functions may ask of the session and its catalog (func::SessionFacts). Workers of one
// statement may ask at the same time; the catalog reader is one thread's, so a mutex stands before
// it.
#include <algorithm>
#include <chrono>
#include <thread>

#include "frontend/bind/deparse.h"
#include "frontend/parse/parse.h"
#include "frontend/session/partition_rows.h"
#include "frontend/session/session_impl.h"
#include "runtime/schema/index_parts.h"

namespace lathe::session {

class Facts final : public func::SessionFacts {
 public:
  explicit Facts(SessionImpl* session) : session_(session) {}

  std::string CurrentDatabase() override { return session_->database_; }
  std::string CurrentUser() override { return session_->user_; }
  std::string SessionUser() override { return session_->user_; }
  std::string CurrentSchema() override {
    std::vector<std::string> schemas = CurrentSchemas(false);
    return schemas.empty() ? "" : schemas[0];
  }
  std::vector<std::string> CurrentSchemas(bool include_implicit) override {
    std::lock_guard lock(mutex_);
    std::vector<std::string> found;
    const std::vector<std::string> path =
        include_implicit ? bind::EffectivePath(session_->MakeBindContext({}, catalog()))
                         : session_->SearchPath();
    for (const std::string& name : path) {
      if (catalog() != nullptr && catalog()->FindSchema(name) != nullptr) found.push_back(name);
    }
    return found;
  }
  int32_t BackendPid() override { return static_cast<int32_t>(session_->id_.value); }
  std::string Version() override {
    return "PostgreSQL 15.0 (Lathe 0.1.0) on x86_64-pc-linux-gnu, compiled by clang, 64-bit";
  }
  Result<std::string> CurrentSetting(std::string_view name) override {
    std::lock_guard lock(mutex_);
    return session_->settings_.Show(name);
  }

  Result<std::string> SetConfig(std::string_view name, std::optional<std::string_view> value,
                                bool local) override {
    std::lock_guard lock(mutex_);
    const int index = FindSetting(name);
    if (index >= 0 && (static_cast<Setting>(index) == Setting::transaction_isolation ||
                       static_cast<Setting>(index) == Setting::transaction_read_only)) {
      return NotSupported("set_config of " + std::string(name));
    }
    if (value.has_value()) {
      LATHE_TRY(session_->settings_.Set(name, *value, local));
    } else {
      LATHE_TRY(session_->settings_.Reset(name));
    }
    // Takes effect on text forms when the statement has ended.
    if (index >= 0) session_->settings_changed_.push_back(index);
    return session_->settings_.Show(name);
  }
  Result<int64_t> NextValue(Oid sequence) override {
    std::lock_guard lock(mutex_);
    return session_->NextValue(sequence);
  }
  Result<int64_t> CurrentValue(Oid sequence) override {
    std::lock_guard lock(mutex_);
    return session_->CurrentValue(sequence);
  }
  Result<int64_t> LastValue() override {
    std::lock_guard lock(mutex_);
    return session_->LastValue();
  }
  Result<int64_t> SetValue(Oid sequence, int64_t value, bool is_called) override {
    std::lock_guard lock(mutex_);
    return session_->SetValue(sequence, value, is_called);
  }
  Result<std::optional<std::string>> SerialSequence(std::string_view table,
                                                    std::string_view column) override {
    std::optional<std::string> none;
    LATHE_ASSIGN(Oid oid, RelationOid(table));
    std::lock_guard lock(mutex_);
    schema::RelationPtr found = Find(oid);
    const int index = found == nullptr ? -1 : found->FindColumn(column);
    if (index < 0) {
      return MakeError(SqlState::kUndefinedColumn,
                       "column \"" + std::string(column) + "\" of relation \"" +
                           (found == nullptr ? "" : found->name) + "\" does not exist");
    }
    schema::RelationPtr sequence = session_->OwnedSequence(found->id, found->columns[index].number);
    if (sequence == nullptr) return none;
    return std::optional<std::string>(session_->FullName(*sequence));
  }
  std::optional<std::string> PartitionKey(Oid table) override {
    std::lock_guard lock(mutex_);
    schema::RelationPtr found = Find(table);
    if (found == nullptr || !found->is_partitioned()) return std::nullopt;
    using Strategy = schema::PartitionKey::Strategy;
    const Strategy strategy = found->partition_key.strategy;
    return std::string(strategy == Strategy::kRange  ? "RANGE"
                       : strategy == Strategy::kList ? "LIST"
                                                     : "HASH") +
           " (" + PartitionKeyText(*found) + ")";
  }
  Result<std::optional<std::string>> PartitionConstraint(Oid table) override {
    std::lock_guard lock(mutex_);
    std::optional<std::string> none;
    schema::RelationPtr found = Find(table);
    if (found == nullptr || !found->is_partition()) return none;
    LATHE_ASSIGN(std::vector<std::string> conditions,
                 PartitionConditions(*found, catalog(), session_->format_));
    if (conditions.empty()) return none;
    std::string text;
    for (const std::string& condition : conditions) {
      text += (text.empty() ? "" : " AND ") + condition;
    }
    if (conditions.size() > 1) text = "(" + text + ")";
    return std::optional<std::string>(std::move(text));
  }
  std::vector<Oid> PartitionAncestors(Oid table) override {
    std::lock_guard lock(mutex_);
    std::vector<Oid> above;
    schema::RelationPtr at = Find(table);
    if (at == nullptr || (!at->is_partition() && !at->is_partitioned())) return above;
    while (at != nullptr) {
      above.push_back(Oid(at->id.value));
      at = at->is_partition() ? Find(Oid(at->parents[0].value)) : nullptr;
    }
    return above;
  }
  std::vector<PartitionNode> PartitionTree(Oid table) override {
    std::lock_guard lock(mutex_);
    std::vector<PartitionNode> nodes;
    schema::RelationPtr root = Find(table);
    if (root == nullptr || (!root->is_partition() && !root->is_partitioned())) return nodes;
    nodes.push_back({table, root->is_partition() ? Oid(root->parents[0].value) : Oid(),
                     !root->is_partitioned(), 0});
    for (size_t i = 0; i < nodes.size(); ++i) {
      const PartitionNode above = nodes[i];
      schema::RelationPtr at = Find(above.table);
      if (at == nullptr) continue;
      std::vector<RelationId> children = at->children;
      std::sort(children.begin(), children.end());
      for (RelationId id : children) {
        schema::RelationPtr child = Find(Oid(id.value));
        if (child == nullptr) continue;
        nodes.push_back({Oid(id.value), above.table, !child->is_partitioned(), above.level + 1});
      }
    }
    return nodes;
  }
  std::optional<std::string> Comment(Oid object, int column) override {
    std::lock_guard lock(mutex_);
    if (catalog() == nullptr) return std::nullopt;
    std::string text = syscat::CommentOf(catalog(), object, column);
    if (text.empty()) return std::nullopt;
    return text;
  }
  std::string ShownExpression(std::string_view sql, Oid relation, bool pretty) override {
    std::lock_guard lock(mutex_);
    if (std::optional<std::string> text = Deparsed(sql, relation, pretty)) return *text;
    return syscat::ShownExpression(sql, [this](Oid oid) {
      schema::RelationPtr named = Find(oid);
      return named == nullptr ? std::to_string(oid.value) : NameOf(*named);
    });
  }
  Result<bool> TakeAdvisory(uint64_t key, bool two_numbers, bool shared, bool transaction,
                            bool wait) override {
    std::lock_guard lock(mutex_);
    return session_->TakeAdvisory({key, two_numbers}, shared, transaction, wait);
  }
  Result<bool> GiveAdvisory(uint64_t key, bool two_numbers, bool shared) override {
    std::lock_guard lock(mutex_);
    return session_->GiveAdvisory({key, two_numbers}, shared);
  }
  void GiveAllAdvisory() override {
    std::lock_guard lock(mutex_);
    session_->GiveAllAdvisory();
  }
  Status Sleep(double seconds) override {
    constexpr auto kStep = std::chrono::milliseconds(10);
    const auto start = std::chrono::steady_clock::now();
    for (;;) {
      LATHE_TRY(session_->CheckInterrupt());
      const std::chrono::duration<double> left =
          std::chrono::duration<double>(seconds) - (std::chrono::steady_clock::now() - start);
      if (!(left.count() > 0)) return Ok();
      std::this_thread::sleep_for(std::min<std::chrono::duration<double>>(left, kStep));
    }
  }

  std::optional<std::string> RelationName(Oid oid) override {
    std::lock_guard lock(mutex_);
    schema::RelationPtr relation = Find(oid);
    if (relation == nullptr) return std::nullopt;
    return NameOf(*relation);
  }
  Result<Oid> RelationOid(std::string_view name) override {
    std::lock_guard lock(mutex_);
    LATHE_ASSIGN(ast::TypeName parsed, parse::ParseTypeName(name));
    bind::BindContext context = session_->MakeBindContext(name, catalog());
    Result<schema::RelationPtr> found = bind::FindRelation(parsed.name, context);
    if (!found.ok()) {
      Error error = std::move(found).error();
      error.position = 0;
      return error;
    }
    return Oid((*found)->id.value);
  }
  std::optional<std::string> SchemaName(Oid oid) override {
    std::lock_guard lock(mutex_);
    auto schema = catalog() == nullptr ? nullptr : catalog()->GetSchema(SchemaId(oid.value));
    if (schema == nullptr) return std::nullopt;
    return schema->name;
  }
  Result<Oid> SchemaOid(std::string_view name) override {
    std::lock_guard lock(mutex_);
    auto schema = catalog() == nullptr ? nullptr : catalog()->FindSchema(name);
    if (schema == nullptr) {
      return MakeError(SqlState::kInvalidSchemaName,
                       "schema \"" + std::string(name) + "\" does not exist");
    }
    return Oid(schema->id.value);
  }
  Result<Oid> TypeOid(std::string_view name) override {
    std::lock_guard lock(mutex_);
    LATHE_ASSIGN(ast::TypeName parsed, parse::ParseTypeName(name));
    bind::BindContext context = session_->MakeBindContext(name, catalog());
    RelationId domain;
    Result<types::Type> type = bind::BindTypeName(parsed, context, &domain);
    if (type.ok() && domain.value != 0) return Oid(domain.value);
    if (!type.ok()) {
      Error error = std::move(type).error();
      error.position = 0;
      return error;
    }
    return types::OidOf(*type);
  }
  std::optional<std::string> ViewDefinition(Oid oid) override {
    std::lock_guard lock(mutex_);
    schema::RelationPtr view = Find(oid);
    if (view == nullptr || view->kind != schema::RelationKind::kView) return std::nullopt;
    return " " + view->view_sql + ";";
  }
  std::string UserTypeName(Oid oid) override {
    std::lock_guard lock(mutex_);
    if (schema::RelationPtr type = Find(oid)) {
      return ast::QuoteIdentifier(type->name);
    }
    schema::RelationPtr element = Find(Oid(oid.value - 1));
    if (element == nullptr || element->kind != schema::RelationKind::kType) return "";
    return ast::QuoteIdentifier(element->name) + "[]";
  }
  bool TableIsVisible(Oid oid) override {
    std::lock_guard lock(mutex_);
    schema::RelationPtr relation = Find(oid);
    return relation != nullptr && Visible(*relation);
  }
  std::optional<std::string> ConstraintDefinition(Oid oid, bool pretty) override {
    std::lock_guard lock(mutex_);
    if (catalog() == nullptr) return std::nullopt;
    std::string text = syscat::ConstraintDefinition(
        catalog(), oid,
        [this](const schema::RelationDescriptor& relation) { return NameOf(relation); },
        [&](const schema::RelationDescriptor& table, const schema::CheckConstraint& check) {
          const auto use = table.kind == schema::RelationKind::kDomain ? bind::RowUse::kDomainCheck
                                                                       : bind::RowUse::kCheck;
          bind::BindContext context = session_->MakeBindContext(check.sql, catalog());
          auto bound = bind::BindStoredExpression(table, check.sql, use, nullptr, context);
          std::optional<std::string> shown;
          if (bound.ok()) shown = Text(**bound, table, check.sql, pretty);
          return shown ? *shown : "(" + check.sql + ")";
        });
    if (text.empty()) return std::nullopt;
    return text;
  }
  std::optional<std::string> IndexDefinition(Oid oid, int column, bool pretty) override {
    std::lock_guard lock(mutex_);
    if (catalog() == nullptr) return std::nullopt;
    std::string text = syscat::IndexDefinition(
        catalog(), oid, column,
        [&](const schema::RelationDescriptor& table) {
          return pretty ? NameOf(table) : session_->FullName(table);
        },
        [&](const schema::RelationDescriptor& index, const std::string& sql, bool of_key) {
          return IndexExpression(index, sql, of_key, pretty);
        });
    if (text.empty()) return std::nullopt;
    return text;
  }
  std::optional<std::string> RoleName(Oid oid) override {
    if (oid.value == 10) return session_->instance_->engine()->role_name();
    return std::nullopt;
  }
  std::optional<int64_t> RelationBytes(Oid oid) override {
    std::lock_guard lock(mutex_);
    schema::RelationPtr relation = Find(oid);
    if (relation == nullptr) return std::nullopt;
    return BytesOf(*relation);
  }
  int64_t DatabaseBytes() override {
    std::lock_guard lock(mutex_);
    int64_t bytes = 0;
    if (catalog() == nullptr) return bytes;
    for (const schema::RelationPtr& relation : catalog()->Relations()) bytes += BytesOf(*relation);
    return bytes;
  }

 private:
  std::optional<std::string> Text(const expr::Expr& e, const schema::RelationDescriptor& table,
                                  std::string_view sql, bool pretty) {
    bind::DeparseOptions options;
    options.pretty = pretty;
    options.sql = sql;
    options.format = session_->format_;
    return bind::Deparse(e, table, options);
  }
  /// In the parentheses that CREATE INDEX needs: none around calls; a condition needs none.
  std::string IndexExpression(const schema::RelationDescriptor& index, const std::string& sql,
                              bool of_key, bool pretty) {
    schema::RelationPtr table = Find(Oid(index.table.value));
    if (table == nullptr) return sql;
    bind::BindContext context = session_->MakeBindContext(sql, catalog());
    const auto use = of_key ? bind::RowUse::kIndexExpression : bind::RowUse::kIndexPredicate;
    Result<expr::ExprPtr> bound = bind::BindStoredExpression(*table, sql, use, nullptr, context);
    std::optional<std::string> text;
    if (bound.ok()) text = Text(**bound, *table, sql, pretty);
    if (!text) return of_key ? schema::ShownInIndex(sql) : "(" + sql + ")";
    using Kind = expr::Kind;
    const expr::Expr& e = **bound;
    const bool call = (e.kind == Kind::kCall && e.function->op.empty()) ||
                      e.kind == Kind::kCoalesce || e.kind == Kind::kGreatest ||
                      e.kind == Kind::kLeast;
    return of_key && !call ? "(" + *text + ")" : *text;
  }
  /// A stored expression that is known to be a default, a generated column or a condition of the
  /// relation; nothing otherwise.
  std::optional<std::string> Deparsed(std::string_view sql, Oid relation, bool pretty) {
    schema::RelationPtr table = Find(relation);
    if (table == nullptr) return std::nullopt;
    bind::BindContext context = session_->MakeBindContext(sql, catalog());
    for (const schema::Column& column : table->columns) {
      const bool generated = !column.generated_sql.empty();
      if (column.dropped || (generated ? column.generated_sql : column.default_sql) != sql)
        continue;
      Result<expr::ExprPtr> bound =
          generated
              ? bind::BindStoredExpression(*table, sql, bind::RowUse::kGenerated, &column, context)
              : bind::BindColumnDefault(column, context);
      if (!bound.ok()) return std::nullopt;
      return Text(**bound, *table, sql, pretty);
    }
    for (RelationId id : table->indexes) {
      schema::RelationPtr index = Find(Oid(id.value));
      if (index == nullptr || schema::PredicateOf(*index) != sql) continue;
      Result<expr::ExprPtr> bound =
          bind::BindStoredExpression(*table, sql, bind::RowUse::kIndexPredicate, nullptr, context);
      if (!bound.ok()) return std::nullopt;
      return Text(**bound, *table, sql, pretty);
    }
    return std::nullopt;
  }
  std::string NameOf(const schema::RelationDescriptor& relation) {
    std::string quoted = ast::QuoteIdentifier(relation.name);
    if (Visible(relation)) return quoted;
    return ast::QuoteIdentifier(catalog()->GetSchema(relation.schema)->name) + "." + quoted;
  }
  int64_t BytesOf(const schema::RelationDescriptor& relation) {
    auto stats = catalog()->GetStats(relation.id);
    return static_cast<int64_t>(stats->row_count * relation.RowLayout().stride());
  }
  schema::CatalogReader* catalog() { return session_->catalog_.get(); }
  schema::RelationPtr Find(Oid oid) {
    return catalog() == nullptr ? nullptr : catalog()->GetRelation(RelationId(oid.value));
  }
  bool Visible(const schema::RelationDescriptor& relation) {
    for (const std::string& name : bind::EffectivePath(session_->MakeBindContext({}, catalog()))) {
      auto schema = catalog()->FindSchema(name);
      if (schema == nullptr) continue;
      schema::RelationPtr first = catalog()->FindRelation(schema->id, relation.name);
      if (first != nullptr) return first->id == relation.id;
    }
    return false;
  }

  SessionImpl* const session_;
  std::mutex mutex_;
};

namespace {

/// reg* values by name, for text forms.
class FactsNames final : public types::NameResolver {
 public:
  explicit FactsNames(func::SessionFacts* facts) : facts_(facts) {}

  std::string NameOf(types::TypeId type, Oid oid) const override {
    if (type == types::TypeId::kRegclass) return facts_->RelationName(oid).value_or("");
    if (type == types::TypeId::kRegnamespace) return facts_->SchemaName(oid).value_or("");
    if (type == types::TypeId::kRegtype) {
      types::Type t;
      return types::TypeFromOid(oid, &t) ? types::FormatType(t) : facts_->UserTypeName(oid);
    }
    if (type == types::TypeId::kRegproc) {
      if (const func::Function* function = func::FunctionByOid(oid)) {
        return std::string(function->name);
      }
      for (const func::Aggregate& aggregate : func::AllAggregates()) {
        if (aggregate.oid == oid) return std::string(aggregate.name);
      }
      return "";
    }
    return "";
  }
  Result<Oid> OidOfName(types::TypeId type, std::string_view name) const override {
    if (type == types::TypeId::kRegclass) return facts_->RelationOid(name);
    if (type == types::TypeId::kRegnamespace) return facts_->SchemaOid(name);
    if (type == types::TypeId::kRegtype) return facts_->TypeOid(name);
    return FunctionOid(name);
  }

 private:
  static Result<Oid> FunctionOid(std::string_view name) {
    constexpr std::string_view kSchema = "pg_catalog.";
    const bool qualified = name.starts_with(kSchema);
    const std::string_view bare = qualified ? name.substr(kSchema.size()) : name;
    auto functions = func::FunctionsNamed(bare);
    auto aggregates = func::AggregatesNamed(bare);
    if (functions.size() + aggregates.size() > 1) {
      return MakeError(SqlState::kAmbiguousFunction,
                       "more than one function named \"" + std::string(name) + "\"");
    }
    if (!functions.empty()) return functions[0]->oid;
    if (!aggregates.empty()) return aggregates[0]->oid;
    return MakeError(SqlState::kUndefinedFunction,
                     "function \"" + std::string(name) + "\" does not exist");
  }

  func::SessionFacts* const facts_;
};

}  // namespace

std::unique_ptr<func::SessionFacts> MakeFacts(SessionImpl* session) {
  return std::make_unique<Facts>(session);
}
std::unique_ptr<types::NameResolver> MakeNameResolver(func::SessionFacts* facts) {
  return std::make_unique<FactsNames>(facts);
}

}  // namespace lathe::session
