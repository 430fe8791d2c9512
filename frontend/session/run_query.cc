// SELECT, VALUES, INSERT, UPDATE, DELETE: from statement to plan (through the plan cache) and from
// plan to rows.
#include "codegen/optimize/optimize.h"
#include "codegen/optimize/sensitivity.h"
#include "frontend/ast/unlift.h"
#include "frontend/parse/parse.h"
#include "frontend/session/session_impl.h"
#include "frontend/session/statement_name.h"
#include "runtime/base/spill.h"
#include "runtime/schema/index_parts.h"
#include "runtime/types/shape.h"

namespace lathe::session {
namespace {

/// The catalog without indexes on expressions and on some rows, for which the optimizer asks, and
/// without those that this transaction cannot use.
class PlainIndexes final : public schema::CatalogReader {
 public:
  PlainIndexes(schema::CatalogReader* all, const std::set<RelationId>& hidden)
      : all_(all), hidden_(hidden) {}
  std::shared_ptr<const schema::SchemaDescriptor> FindSchema(std::string_view name) override {
    return all_->FindSchema(name);
  }
  std::shared_ptr<const schema::SchemaDescriptor> GetSchema(SchemaId id) override {
    return all_->GetSchema(id);
  }
  schema::RelationPtr FindRelation(SchemaId schema, std::string_view name) override {
    return all_->FindRelation(schema, name);
  }
  schema::RelationPtr GetRelation(RelationId id) override {
    schema::RelationPtr found = all_->GetRelation(id);
    const bool left_out = found != nullptr && found->kind == schema::RelationKind::kIndex &&
                          (!schema::IsPlain(*found) || hidden_.contains(id));
    return left_out ? nullptr : found;
  }
  std::vector<std::shared_ptr<const schema::SchemaDescriptor>> Schemas() override {
    return all_->Schemas();
  }
  std::vector<schema::RelationPtr> Relations() override { return all_->Relations(); }
  std::shared_ptr<const schema::RelationStats> GetStats(RelationId id) override {
    return all_->GetStats(id);
  }

 private:
  schema::CatalogReader* const all_;
  const std::set<RelationId>& hidden_;
};

/// Hands result rows to the client.
class ClientSink final : public exec::RowSink {
 public:
  ClientSink(Client* client, const row::Layout* layout) : client_(client), layout_(layout) {}
  Status Consume(const exec::Segment& segment) override { return client_->Rows(*layout_, segment); }
  Status Finish() override { return Ok(); }

 private:
  Client* const client_;
  const row::Layout* const layout_;
};

/// Keeps result rows in a portal.
class PortalSink final : public exec::RowSink {
 public:
  explicit PortalSink(row::RowBuffer* rows) : rows_(rows) {}
  Status Consume(const exec::Segment& segment) override {
    const row::Layout& layout = rows_->layout();
    const size_t fields = layout.field_count();
    std::vector<types::Datum> datums(fields);
    std::unique_ptr<bool[]> nulls(new bool[fields + 1]);
    for (uint32_t r = segment.from; r < segment.to; ++r) {
      const char* row = row::RowAt(segment.page, layout.stride(), r);
      for (size_t i = 0; i < fields; ++i) {
        nulls[i] = layout.IsNull(row, i);
        if (!nulls[i]) datums[i] = row::ReadField(layout, segment.page, row, i);
      }
      if (!rows_->AppendRow(datums.data(), nulls.get())) {
        return MakeError(SqlState::kOutOfMemory, "out of memory");
      }
    }
    return Ok();
  }
  Status Finish() override { return Ok(); }

 private:
  row::RowBuffer* const rows_;
};

/// schemas: the search path. Which of them are there decides what names mean.
void AddSettings(const Settings& settings, const std::vector<std::string>& schemas,
                 schema::CatalogReader* catalog, std::string* key) {
  *key += '\x1f';
  for (const std::string& name : schemas) {
    auto schema = catalog->FindSchema(name);
    if (schema != nullptr) *key += std::to_string(schema->id.value) + ',';
  }
  *key += '\x1f';
  *key += settings.Get(Setting::disable_rules);
  *key += '\x1f';
  // Literals are read in these, folded casts to text are written in them.
  for (Setting setting : {Setting::timezone, Setting::datestyle, Setting::intervalstyle,
                          Setting::extra_float_digits, Setting::bytea_output}) {
    *key += settings.Get(setting);
    *key += '\x1f';
  }
}

/// Tables of a plan with the lock mode that each needs.
void CollectTables(const physical::Node& node,
                   std::vector<std::pair<schema::RelationPtr, txn::TableLockMode>>* tables) {
  if (node.kind == physical::Kind::kTableScan) {
    const auto& scan = node.As<physical::TableScan>();
    if (scan.relation->kind == schema::RelationKind::kTable) {
      tables->emplace_back(scan.relation, txn::TableLockMode::kAccessShare);
    }
  } else if (node.kind == physical::Kind::kModify) {
    tables->emplace_back(node.As<physical::Modify>().relation, txn::TableLockMode::kRowExclusive);
  }
  for (const physical::NodePtr& child : node.children) CollectTables(*child, tables);
}

std::set<std::string, std::less<>> SplitNames(std::string_view list) {
  std::set<std::string, std::less<>> names;
  std::string name;
  for (char c : std::string(list) + ",") {
    if (c == ',') {
      if (!name.empty()) names.insert(std::exchange(name, {}));
    } else if (c != ' ') {
      name += c;
    }
  }
  return names;
}

std::string CommandTag(const ast::Statement& statement, uint64_t rows) {
  const std::string count = std::to_string(rows);
  switch (statement.kind) {
    case ast::Statement::Kind::kInsert:
      return "INSERT 0 " + count;
    case ast::Statement::Kind::kUpdate:
      return "UPDATE " + count;
    case ast::Statement::Kind::kDelete:
      return "DELETE " + count;
    case ast::Statement::Kind::kMerge:
      return "MERGE " + count;
    default:
      return "SELECT " + count;
  }
}

}  // namespace

bind::BindContext SessionImpl::MakeBindContext(std::string_view sql,
                                               schema::CatalogReader* catalog) {
  bind::BindContext context;
  context.catalog = catalog;
  context.search_path = SearchPath();
  context.temp_schema = temp_schema_;
  context.sql = sql;
  context.format = &format_;
  context.parse_expression = [](std::string_view text) { return parse::ParseExpression(text); };
  context.parse_statement = [](std::string_view text) -> Result<ast::StatementPtr> {
    LATHE_ASSIGN(std::vector<ast::ParsedStatement> statements, parse::Parse(text));
    return std::move(statements[0].statement);
  };
  return context;
}

std::vector<ResultColumn> SessionImpl::ColumnsOf(const driver::CachedPlan& cached) {
  const physical::Plan& plan = *cached.query->plan();
  std::vector<ResultColumn> columns;
  size_t count = plan.root->outputs.size();
  if (cached.row_locks != nullptr) {
    count = static_cast<const bind::RowLocks*>(cached.row_locks.get())->visible;
  }
  for (size_t i = 0; i < count; ++i) {
    ResultColumn column;
    column.name = i < plan.result_names.size() ? plan.result_names[i] : plan.root->outputs[i].name;
    column.type = plan.root->outputs[i].type;
    if (i < cached.origins.size()) {
      column.table = Oid(cached.origins[i].first.value);
      column.column_number = static_cast<int16_t>(cached.origins[i].second.value);
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

Result<std::shared_ptr<const driver::CachedPlan>> SessionImpl::PlanFor(
    Prepared* prepared, const std::vector<types::Value>* params) {
  const std::set<RelationId>& too_new = txn_->TooNewIndexes();
  const uint64_t catalog = too_new.empty() ? txn_->catalog_serial() : 0;
  const bool same_names =
      prepared->plan != nullptr && catalog != 0 && prepared->plan_catalog == catalog &&
      prepared->plan_settings == settings_.serial() && prepared->plan_temp_schema == temp_schema_;
  if (same_names && driver::SizesHold(*prepared->plan, catalog_.get()) &&
      FitsValues(*prepared, *prepared->plan, params)) {
    return prepared->plan;
  }
  auto keep = [&](std::shared_ptr<const driver::CachedPlan> plan, std::string with) {
    prepared->plan = std::move(plan);
    prepared->plan_search_path = std::move(with);
    prepared->plan_catalog = catalog;
    prepared->plan_settings = settings_.serial();
    prepared->plan_temp_schema = temp_schema_;
    return prepared->plan;
  };
  std::string settings;
  AddSettings(settings_, bind::EffectivePath(MakeBindContext({}, catalog_.get())), catalog_.get(),
              &settings);
  for (RelationId index : too_new) settings += std::to_string(index.value) + '\x1f';
  // The statement's own last plan needs no look-up by text.
  if (prepared->plan != nullptr && prepared->plan_search_path == settings &&
      driver::StillValid(*prepared->plan, catalog_.get()) &&
      FitsValues(*prepared, *prepared->plan, params)) {
    return keep(prepared->plan, std::move(settings));
  }
  std::string key;
  if (!prepared->key.empty()) {
    key = prepared->key + settings;
    std::shared_ptr<const driver::CachedPlan> found = instance_->plans()->Find(key);
    if (found != nullptr) {
      if (driver::StillValid(*found, catalog_.get())) {
        const size_t literals = prepared->lifted->literals.size();
        const std::vector<types::Type>& all = found->query->plan()->params;
        prepared->params.assign(
            all.begin(),
            all.end() - static_cast<ptrdiff_t>(literals + found->literal_copies.size()));
        if (!FitsValues(*prepared, *found, params)) {
          // Another plan of the statement, made for values like these.
          std::shared_ptr<const driver::CachedPlan> other;
          for (const auto& variant : instance_->plans()->Variants(key)) {
            if (other != nullptr || variant == found) continue;
            if (FitsValues(*prepared, *variant, params) &&
                driver::StillValid(*variant, catalog_.get())) {
              other = variant;
            }
          }
          if (other != nullptr) {
            instance_->plans()->Promote(key, other.get());
            found = std::move(other);
          } else if (!instance_->plans()->PlannedEnough(key)) {
            found = nullptr;
          }
        }
        if (found != nullptr) return keep(std::move(found), std::move(settings));
      } else {
        instance_->plans()->Erase(key);
      }
    }
  }
  LATHE_ASSIGN(std::shared_ptr<const driver::CachedPlan> plan, MakePlan(key, prepared, params));
  if (plan == nullptr) return PlanFor(prepared, params);  // as written, under another key
  if (!key.empty()) instance_->plans()->Insert(key, plan);
  return keep(std::move(plan), std::move(settings));
}

void SessionImpl::RefreshTypes(std::vector<types::Type>* list) {
  for (types::Type& type : *list) {
    if (type.shape == nullptr || type.shape->oid == 0) continue;
    schema::RelationPtr found = catalog_->GetRelation(RelationId(type.shape->oid));
    if (found != nullptr && found->kind == schema::RelationKind::kType) {
      type.shape = found->named_type.shape;
    }
  }
}

bool SessionImpl::FitsValues(const Prepared& prepared, const driver::CachedPlan& plan,
                             const std::vector<types::Value>* params) {
  if (!plan.region_of || params == nullptr) return true;
  // Values that cannot be read are reported when the plan runs.
  Result<std::vector<types::Value>> all = AllParams(prepared, plan, *params);
  return !all.ok() || plan.Covers(plan.region_of(*all));
}

std::string SessionImpl::KeyOf(const Prepared& prepared) {
  std::string key = prepared.lifted->fingerprint;
  for (const types::Type& type : prepared.declared) {
    key += '|';
    key += types::FormatType(type);
  }
  return key;
}

Result<std::shared_ptr<const driver::CachedPlan>> SessionImpl::MakePlan(
    const std::string& key, Prepared* prepared, const std::vector<types::Value>* params) {
  driver::RecordingCatalog recording(catalog_.get());
  bind::BindContext context = MakeBindContext(prepared->sql, &recording);
  RefreshTypes(&prepared->declared);
  context.params = prepared->declared;
  const size_t literals = prepared->lifted.has_value() ? prepared->lifted->literals.size() : 0;
  if (literals > 0) {
    const size_t own = static_cast<size_t>(prepared->lifted->literals[0].number) - 1;
    context.params.resize(own);
    for (const ast::LiftedLiteral& literal : prepared->lifted->literals) {
      context.params.push_back(bind::LiftedType(literal));
    }
  }
  context.row_locks_allowed = prepared->statement->kind == ast::Statement::Kind::kSelect;
  LATHE_ASSIGN(logical::Query query, bind::BindQuery(*prepared->statement, context));
  std::vector<driver::CatalogLookup> lookups = recording.TakeLookups();
  if (literals > 0 && LiteralsMatter(lookups)) {
    ast::RestoreLiterals(*prepared->statement, &*prepared->lifted);
    prepared->key = KeyOf(*prepared);
    prepared->plan = nullptr;
    return std::shared_ptr<const driver::CachedPlan>();
  }

  auto plan = std::make_shared<driver::CachedPlan>();
  prepared->params.assign(
      query.params.begin(),
      query.params.end() - static_cast<ptrdiff_t>(literals + context.literal_copies.size()));
  for (const bind::LiteralCopy& copy : context.literal_copies) {
    plan->literal_copies.emplace_back(copy.param, copy.source);
  }
  for (const bind::ColumnOrigin& origin : context.origins) {
    plan->origins.emplace_back(origin.relation, origin.column);
  }

  optimize::OptimizeContext optimizer;
  const std::set<RelationId>& too_new = txn_->TooNewIndexes();
  PlainIndexes plain(catalog_.get(), too_new);
  optimizer.catalog = &plain;
  optimizer.special_index = [&](RelationId id) {
    return too_new.contains(id) ? optimize::SpecialIndex() : SpecialIndexOf(id);
  };
  optimizer.disabled_rules = SplitNames(settings_.Get(Setting::disable_rules));
  // Values are hints for selectivities only; a value that does not convert is reported when the
  // plan runs.
  std::vector<types::Value> values = params != nullptr ? *params : std::vector<types::Value>();
  if (params != nullptr && values.size() == prepared->params.size()) {
    for (size_t i = 0; i < literals; ++i) {
      auto value = bind::ReadLiteral(prepared->lifted->literals[i],
                                     query.params[prepared->params.size() + i], context);
      values.push_back(value.ok() ? std::move(*value)
                                  : types::Value::Null(query.params[prepared->params.size() + i]));
    }
    optimizer.params = std::move(values);
  }
  auto sensitivity = std::make_shared<optimize::Sensitivity>();
  LATHE_ASSIGN(
      physical::Plan optimized,
      optimize::Optimize(std::move(query), optimizer, key.empty() ? nullptr : sensitivity.get()));
  auto shared = std::make_shared<const physical::Plan>(std::move(optimized));
  if (!sensitivity->empty()) {
    plan->shape = physical::Print(*shared->root, false);
    plan->region_names = sensitivity->names();
    plan->region_of = [sensitivity](std::span<const types::Value> all) {
      return sensitivity->RegionOf(all);
    };
    for (const auto& variant : instance_->plans()->Variants(key)) {
      if (params == nullptr || variant->shape != plan->shape ||
          !driver::StillValid(*variant, catalog_.get())) {
        continue;
      }
      Result<std::vector<types::Value>> all = AllParams(*prepared, *variant, *params);
      if (!all.ok()) continue;
      variant->Cover(variant->region_of(*all));
      return variant;
    }
    if (optimizer.params.size() == shared->params.size() - plan->literal_copies.size()) {
      std::vector<types::Value> all = optimizer.params;
      for (const auto& [param, source] : plan->literal_copies) {
        auto value = bind::ReadLiteral(prepared->lifted->literals[source - prepared->params.size()],
                                       shared->params[param], context);
        all.push_back(value.ok() ? std::move(*value) : types::Value::Null(shared->params[param]));
      }
      plan->Cover(plan->region_of(all));
    }
  }

  std::vector<std::pair<schema::RelationPtr, txn::TableLockMode>> tables;
  CollectTables(*shared->root, &tables);
  for (const auto& [relation, mode] : tables) {
    plan->row_counts.emplace_back(relation->id, catalog_->GetStats(relation->id)->row_count);
  }
  driver::CompileOptions options;
  options.stats = [this](RelationId id) { return catalog_->GetStats(id); };
  LATHE_ASSIGN(plan->query, instance_->compiler()->Compile(shared, options));
  plan->lookups = std::move(lookups);
  plan->conflict_keys = context.conflict_keys;
  if (context.row_locks.has_value()) {
    plan->row_locks = std::make_shared<const bind::RowLocks>(std::move(*context.row_locks));
  }
  return std::shared_ptr<const driver::CachedPlan>(std::move(plan));
}

Result<std::vector<types::Value>> SessionImpl::AllParams(const Prepared& prepared,
                                                         const driver::CachedPlan& plan,
                                                         const std::vector<types::Value>& params) {
  const std::vector<types::Type>& wanted = plan.query->plan()->params;
  std::vector<types::Value> all = params;
  if (prepared.lifted.has_value() && !prepared.lifted->literals.empty()) {
    bind::BindContext context = MakeBindContext(prepared.sql, catalog_.get());
    const size_t own = params.size();
    all.reserve(wanted.size());
    for (size_t i = 0; i < prepared.lifted->literals.size(); ++i) {
      LATHE_ASSIGN(types::Value value,
                   bind::ReadLiteral(prepared.lifted->literals[i], wanted[own + i], context));
      all.push_back(std::move(value));
    }
    for (const auto& [param, source] : plan.literal_copies) {
      LATHE_ASSIGN(types::Value value, bind::ReadLiteral(prepared.lifted->literals[source - own],
                                                         wanted[param], context));
      all.push_back(std::move(value));
    }
  }
  if (all.size() < wanted.size()) {
    return MakeError(SqlState::kUndefinedParameter,
                     "there is no parameter $" + std::to_string(all.size() + 1));
  }
  return all;
}

Status SessionImpl::LockTables(Prepared* prepared, const driver::CachedPlan& plan, bool* changed) {
  if (prepared->plan_tables_of.get() != plan.query->plan().get()) {
    prepared->plan_tables.clear();
    CollectTables(*plan.query->plan()->root, &prepared->plan_tables);
    // Which tables a table has above or below it is in their records.
    for (size_t i = 0; i < prepared->plan_tables.size(); ++i) {
      for (RelationId id : std::vector<RelationId>(prepared->plan_tables[i].first->parents)) {
        schema::RelationPtr parent = catalog_->GetRelation(id);
        const bool known = parent == nullptr ||
                           std::any_of(prepared->plan_tables.begin(), prepared->plan_tables.end(),
                                       [&](const auto& other) { return other.first->id == id; });
        if (!known) {
          prepared->plan_tables.emplace_back(std::move(parent), txn::TableLockMode::kAccessShare);
        }
      }
    }
    prepared->plan_tables_of = plan.query->plan();
  }
  *changed = false;
  for (const auto& [relation, mode] : prepared->plan_tables) {
    if (mode == txn::TableLockMode::kRowExclusive && read_only_ && !IsTemporary(relation->schema)) {
      return MakeError(
          SqlState::kReadOnlySqlTransaction,
          "cannot execute " + StatementName(*prepared->statement) + " in a read-only transaction");
    }
    LATHE_ASSIGN(schema::RelationPtr locked, txn_->LockTable(relation->id, mode));
    *changed |= locked->version != relation->version;
  }
  // The tables above may have changed alone, and the plan be the same.
  if (*changed) prepared->plan_tables_of = nullptr;
  return Ok();
}

Result<driver::ExecutionStats> SessionImpl::ExecutePlan(const driver::CachedPlan& plan,
                                                        const Prepared& prepared,
                                                        const std::vector<types::Value>& params,
                                                        exec::RowSink* sink, uint64_t* affected,
                                                        bool analyze) {
  driver::ExecutionRequest request;
  LATHE_ASSIGN(request.params, AllParams(prepared, plan, params));
  const int64_t own_limit_kb = settings_.GetInt(Setting::query_memory);
  base::MemoryBudget budget(own_limit_kb > 0 ? static_cast<uint64_t>(own_limit_kb) * 1024
                                             : instance_->options().query_memory_bytes_max,
                            instance_->memory());
  base::SpillMemory spill(instance_->spill_folder(), budget.limit_bytes() / 4);
  budget.SetSpill(&spill);
  request.tables = access_.get();
  request.stats = [this](RelationId id) { return catalog_->GetStats(id); };
  request.result = sink;
  request.budget = &budget;
  request.cancel = &cancel_;
  request.context = &context_;
  request.parallelism = static_cast<uint32_t>(settings_.GetInt(Setting::workers));
  request.affected_rows = affected;
  constraints_.conflict_keys = plan.conflict_keys.empty() ? nullptr : &plan.conflict_keys;
  const std::string& tier = settings_.Get(Setting::tier);
  request.tier = tier == "1"   ? driver::TierChoice::kTier1Only
                 : tier == "2" ? driver::TierChoice::kTier2Only
                 : tier == "0" ? driver::TierChoice::kTier0Only
                               : driver::TierChoice::kAuto;
  request.analyze = analyze;
  Result<driver::ExecutionStats> done = instance_->compiler()->Execute(plan.query, request);
  if (done.ok() || done.error().state != SqlState::kNotNullViolation) return done;
  Error error = std::move(done).error();
  NameRelation(&error);
  return error;
}

void SessionImpl::NameRelation(Error* error) {
  // Compiled code has the names in the message only.
  constexpr std::string_view kColumn = "null value in column \"", kTable = "\" of relation \"",
                             kEnd = "\" violates not-null constraint";
  const std::string& text = error->message;
  const size_t table = text.find(kTable);
  if (error->table_name.empty() && text.starts_with(kColumn) && text.ends_with(kEnd) &&
      table != std::string::npos) {
    error->column_name = text.substr(kColumn.size(), table - kColumn.size());
    const size_t begin = table + kTable.size();
    error->table_name = text.substr(begin, text.size() - kEnd.size() - begin);
  }
  if (error->table_name.empty() || !error->schema_name.empty()) return;
  for (const std::string& name : bind::EffectivePath(MakeBindContext({}, catalog_.get()))) {
    auto schema = catalog_->FindSchema(name);
    if (schema == nullptr || catalog_->FindRelation(schema->id, error->table_name) == nullptr) {
      continue;
    }
    error->schema_name = name;
    return;
  }
}

Result<std::shared_ptr<const driver::CachedPlan>> SessionImpl::LockedPlanFor(
    Prepared* prepared, const std::vector<types::Value>* params) {
  for (;;) {
    LATHE_ASSIGN(std::shared_ptr<const driver::CachedPlan> plan, PlanFor(prepared, params));
    bool changed = false;
    Status locked = LockTables(prepared, *plan, &changed);
    if (!locked.ok()) {
      // Dropped between planning and locking: plan again, which finds the right error.
      if (locked.error().state != SqlState::kUndefinedTable) return std::move(locked).error();
      changed = true;
    }
    if (!changed) return plan;
    prepared->plan = nullptr;
    LATHE_TRY(CheckInterrupt());
  }
}

Status SessionImpl::RunQuery(Run* run) {
  Prepared* prepared = run->prepared;
  if (prepared->unlocked != nullptr) return RunWithNestedLocks(run);
  LATHE_ASSIGN(std::shared_ptr<const driver::CachedPlan> plan,
               LockedPlanFor(prepared, run->params));
  if (run->described != nullptr && run->described->described != nullptr &&
      run->described->described != plan) {
    LATHE_TRY(CheckDescribed(ColumnsOf(*run->described->described), *plan));
  }
  if (prepared->columns.has_value()) LATHE_TRY(CheckDescribed(*prepared->columns, *plan));
  if (plan->row_locks != nullptr) return RunLockingQuery(run, *plan);
  uint64_t affected = 0;
  if (!plan->query->returns_rows()) {
    LATHE_TRY(ExecutePlan(*plan, *prepared, *run->params, nullptr, &affected, false));
    run->tag = CommandTag(*prepared->statement, affected);
    return Ok();
  }
  if (run->describe) run->client->Columns(ColumnsOf(*plan));
  driver::ExecutionStats stats;
  if (run->portal != nullptr) {
    Portal* portal = run->portal;
    portal->layout = plan->query->result_layout();
    portal->budget = std::make_unique<base::MemoryBudget>(
        instance_->options().query_memory_bytes_max, instance_->memory());
    portal->rows = std::make_unique<row::RowBuffer>(&portal->layout, portal->budget.get());
    PortalSink sink(portal->rows.get());
    LATHE_ASSIGN(stats, ExecutePlan(*plan, *prepared, *run->params, &sink, &affected, false));
  } else {
    ClientSink sink(run->client, &plan->query->result_layout());
    LATHE_ASSIGN(stats, ExecutePlan(*plan, *prepared, *run->params, &sink, &affected, false));
  }
  run->tag = CommandTag(
      *prepared->statement,
      prepared->statement->kind == ast::Statement::Kind::kSelect ? stats.rows : affected);
  return Ok();
}

}  // namespace lathe::session
