// Foreign keys at the end of a statement or transaction: the checks and actions of noted rows, as
// statements of the session's own over the newest rows. A referring row holds the key that it
// refers to (Transaction::HoldKey); whoever deletes or changes that key waits for it and then finds
// the row.
#include <algorithm>
#include <set>

#include "frontend/parse/parse.h"
#include "frontend/session/partition_rows.h"
#include "frontend/session/session_impl.h"
#include "runtime/schema/index_parts.h"

namespace lathe::session {
namespace {

using Action = schema::ForeignKey::Action;

constexpr size_t kOwnStatementsMax = 256;

bool IsRestart(const Error& error) {
  return error.state == SqlState::kSerializationFailure && error.message == exec::kRestartStatement;
}

/// Notes whether any row came.
class AnyRowSink final : public exec::RowSink {
 public:
  Status Consume(const exec::Segment& segment) override {
    any_ |= segment.to > segment.from;
    return Ok();
  }
  Status Finish() override { return Ok(); }
  bool any() const { return any_; }

 private:
  bool any_ = false;
};

/// The value in another type, by its text form.
Result<types::Value> Converted(const types::Value& value, const types::Type& type) {
  if (value.type() == type) return value;
  if (value.is_null()) return types::Value::Null(type);
  std::string text;
  types::AppendText(value.type(), value.datum(), {}, &text);
  return types::ValueFromText(type, text);
}

std::vector<std::string> KeyNames(const schema::RelationDescriptor& index) {
  std::vector<std::string> names;
  for (uint32_t i = 0; i < index.key_columns; ++i) {
    names.push_back(index.columns[index.key[i].column].name);
  }
  return names;
}

std::string KeyText(const schema::RelationDescriptor& table, const std::vector<uint32_t>& columns,
                    const std::vector<types::Value>& values, const types::FormatContext& format) {
  std::string names, texts;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) {
      names += ", ";
      texts += ", ";
    }
    names += table.columns[columns[i]].name;
    if (values[i].is_null()) {
      texts += "null";
    } else {
      types::AppendText(values[i].type(), values[i].datum(), format, &texts);
    }
  }
  return "Key (" + names + ")=(" + texts + ")";
}

}  // namespace

std::string SessionImpl::FullName(const schema::RelationDescriptor& relation) {
  return ast::QuoteIdentifier(catalog_->GetSchema(relation.schema)->name) + "." +
         ast::QuoteIdentifier(relation.name);
}

Result<bool> SessionImpl::RunOwn(const std::string& sql, const std::vector<types::Value>& values) {
  std::shared_ptr<Prepared>& prepared = own_statements_[sql];
  if (prepared == nullptr) {
    LATHE_ASSIGN(prepared, PrepareText(sql));
  }
  if (own_statements_.size() > kOwnStatementsMax) {
    std::shared_ptr<Prepared> keep = prepared;
    own_statements_.clear();
    own_statements_[sql] = keep;
    return RunOwn(sql, values);
  }
  const std::shared_ptr<Prepared> statement = prepared;
  for (;;) {
    LATHE_TRY(StartStatement());
    LATHE_TRY(PlanFor(statement.get(), nullptr));
    std::vector<types::Value> params;
    for (size_t i = 0; i < values.size() && i < statement->params.size(); ++i) {
      LATHE_ASSIGN(types::Value value, Converted(values[i], statement->params[i]));
      params.push_back(std::move(value));
    }
    LATHE_ASSIGN(std::shared_ptr<const driver::CachedPlan> plan,
                 LockedPlanFor(statement.get(), &params));
    AnyRowSink sink;
    uint64_t affected = 0;
    Result<driver::ExecutionStats> done = ExecutePlan(
        *plan, *statement, params, plan->query->returns_rows() ? &sink : nullptr, &affected, false);
    if (done.ok()) return sink.any() || affected > 0;
    if (!IsRestart(done.error())) return std::move(done).error();
    LATHE_TRY(CheckInterrupt());
    txn_->UndoStatement();
  }
}

Status SessionImpl::WaitForRows(const std::string& sql, const std::vector<types::Value>& values) {
  LATHE_ASSIGN(std::shared_ptr<Prepared> statement, PrepareText(sql + " FOR SHARE"));
  for (;;) {
    LATHE_TRY(StartStatement());
    LATHE_TRY(PlanFor(statement.get(), nullptr));
    std::vector<types::Value> params;
    for (size_t i = 0; i < values.size() && i < statement->params.size(); ++i) {
      LATHE_ASSIGN(types::Value value, Converted(values[i], statement->params[i]));
      params.push_back(std::move(value));
    }
    Portal rows;
    Run run{statement.get(), &params, nullptr, false, &rows, nullptr, {}};
    Status done = RunQuery(&run);
    if (done.ok() || !IsRestart(done.error())) return done;
    LATHE_TRY(CheckInterrupt());
    txn_->UndoStatement();
  }
}

bool SessionImpl::IsDeferred(Oid constraint, bool deferrable, bool initially) const {
  if (!deferrable) return false;
  if (auto set = constraints_.is_deferred.find(constraint); set != constraints_.is_deferred.end()) {
    return set->second;
  }
  return constraints_.all_deferred.value_or(initially);
}

std::string SessionImpl::OwnRows(const schema::RelationDescriptor& table) {
  return (table.is_partitioned() || table.children.empty() ? "" : "ONLY ") + FullName(table);
}

Status SessionImpl::CheckUnique(const schema::RelationDescriptor& table,
                                const schema::RelationDescriptor& index,
                                const std::vector<types::Value>& values) {
  LATHE_TRY(StartStatement());
  // Whoever else writes this key waits for the outcome, then sees this row.
  std::string text = std::to_string(index.id.value);
  std::string sql = "SELECT 1 FROM " + OwnRows(table) + " WHERE ";
  std::vector<uint32_t> columns;
  for (uint32_t i = 0; i < index.key_columns; ++i) {
    const uint32_t column = index.sources[index.key[i].column];
    columns.push_back(column);
    if (i > 0) sql += " AND ";
    sql += ast::QuoteIdentifier(table.columns[column].name) + " = $" + std::to_string(i + 1);
    std::string one;
    types::AppendText(values[i].type(), values[i].datum(), {}, &one);
    text += "/" + std::to_string(one.size()) + ":" + one;
  }
  LATHE_TRY(txn_->LockValue(text));
  auto is_twice = [&]() -> Result<bool> {
    txn_->ReadNewest(true);
    Result<bool> twice = RunOwn(sql + " OFFSET 1 LIMIT 1", values);
    txn_->ReadNewest(false);
    return twice;
  };
  LATHE_ASSIGN(bool twice, is_twice());
  if (twice && isolation_ == txn::Isolation::kReadCommitted) {
    // Somebody may be about to change or delete the other row.
    LATHE_TRY(WaitForRows(sql, values));
    LATHE_ASSIGN(twice, is_twice());
  }
  if (!twice) return Ok();
  Error error = MakeError(SqlState::kUniqueViolation,
                          "duplicate key value violates unique constraint \"" + index.name + "\"");
  error.detail = KeyText(table, columns, values, format_) + " already exists.";
  error.table_name = table.name;
  error.schema_name = catalog_->GetSchema(table.schema)->name;
  error.constraint_name = index.name;
  return error;
}

Status SessionImpl::CheckAllUnique(const schema::RelationDescriptor& table,
                                   const schema::RelationDescriptor& index) {
  std::string columns;
  for (uint32_t i = 0; i < index.key_columns; ++i) {
    const std::string& name = table.columns[index.sources[index.key[i].column]].name;
    columns += (i > 0 ? ", " : "") + ast::QuoteIdentifier(name);
  }
  std::string present;
  for (uint32_t i = 0; i < index.key_columns; ++i) {
    const std::string& name = table.columns[index.sources[index.key[i].column]].name;
    present += (i > 0 ? " AND " : "") + ast::QuoteIdentifier(name) + " IS NOT NULL";
  }
  LATHE_ASSIGN(bool twice, RunOwn("SELECT 1 FROM " + OwnRows(table) + " WHERE " + present +
                                      " GROUP BY " + columns + " HAVING count(*) > 1 LIMIT 1",
                                  {}));
  if (!twice) return Ok();
  Error error =
      MakeError(SqlState::kUniqueViolation, "could not create unique index \"" + index.name + "\"");
  error.table_name = table.name;
  error.constraint_name = index.name;
  return error;
}

Status SessionImpl::RunKeyEvents() {
  std::vector<KeyEvent>& events = constraints_.events;
  if (events.empty()) return Ok();
  // Actions write rows too, whose events come behind the others. A key is looked up once.
  std::set<std::string> known;
  Status done;
  for (size_t i = 0; i < events.size() && done.ok(); ++i) {
    KeyEvent event = std::move(events[i]);
    schema::RelationPtr table = catalog_->GetRelation(event.table);
    if (table == nullptr) continue;
    if (event.kind == KeyEvent::Kind::kUnique) {
      schema::RelationPtr index = catalog_->GetRelation(RelationId(event.key.value));
      if (index == nullptr) continue;
      if (IsDeferred(Oid(index->id.value), true, index->initially_deferred)) {
        constraints_.deferred.push_back(std::move(event));
      } else {
        done = CheckUnique(*table, *index, event.values);
      }
      continue;
    }
    auto key = std::find_if(table->foreign_keys.begin(), table->foreign_keys.end(),
                            [&](const schema::ForeignKey& k) { return k.oid == event.key; });
    if (key == table->foreign_keys.end()) continue;
    const Action action = event.kind == KeyEvent::Kind::kGone ? key->on_delete : key->on_update;
    const bool check = event.kind == KeyEvent::Kind::kNew || action == Action::kNoAction;
    if (check && IsDeferred(key->oid, key->deferrable, key->initially_deferred)) {
      constraints_.deferred.push_back(std::move(event));
      continue;
    }
    if (event.kind == KeyEvent::Kind::kNew) {
      std::string text =
          std::to_string(key->oid.value) + KeyText(*table, key->columns, event.values, format_);
      if (!known.insert(std::move(text)).second) continue;
      done = CheckReference(table, *key, event);
    } else {
      done = FollowKey(table, *key, action, event);
    }
    if (done.ok()) done = CheckInterrupt();
  }
  events.clear();
  return done;
}

Status SessionImpl::RunDeferredEvents(bool all) {
  if (constraints_.deferred.empty()) return Ok();
  std::vector<KeyEvent> waiting = std::move(constraints_.deferred);
  constraints_.deferred.clear();
  const std::map<Oid, bool> modes = constraints_.is_deferred;
  const std::optional<bool> all_mode = constraints_.all_deferred;
  if (all) {
    // Nothing is deferred any more.
    constraints_.is_deferred.clear();
    constraints_.all_deferred = false;
  }
  constraints_.events = std::move(waiting);
  Status done = RunKeyEvents();
  if (all) {
    constraints_.is_deferred = modes;
    constraints_.all_deferred = all_mode;
  }
  return done;
}

std::string SessionImpl::KeyParameter(const schema::RelationDescriptor& table,
                                      const schema::ForeignKey& key, size_t i, size_t number) {
  std::string text = "$" + std::to_string(number);
  schema::RelationPtr parent = catalog_->GetRelation(key.parent);
  if (parent == nullptr) return text;
  // A value of another type is compared and assigned as such.
  const types::Type& type = parent->columns[key.parent_columns[i]].type;
  if (types::OidOf(type) == types::OidOf(table.columns[key.columns[i]].type)) return text;
  types::Type plain(type.id);
  plain.element = type.element;
  plain.shape = type.shape;
  return text + "::" + types::FormatType(plain);
}

std::string SessionImpl::KeyCondition(const schema::RelationDescriptor& table,
                                      const schema::ForeignKey& key) {
  std::string text = " WHERE ";
  for (size_t i = 0; i < key.columns.size(); ++i) {
    if (i > 0) text += " AND ";
    text += ast::QuoteIdentifier(table.columns[key.columns[i]].name) + " = " +
            KeyParameter(table, key, i, i + 1);
  }
  return text;
}

Result<bool> SessionImpl::AnyReferring(const schema::RelationDescriptor& table,
                                       const schema::ForeignKey& key,
                                       const std::vector<types::Value>& values) {
  const std::string sql = "SELECT 1 FROM " + OwnRows(table) + KeyCondition(table, key) + " LIMIT 1";
  // Rows committed since this transaction's snapshot count.
  txn_->ReadNewest(true);
  Result<bool> any = RunOwn(sql, values);
  txn_->ReadNewest(false);
  return any;
}

Result<schema::RelationPtr> SessionImpl::TableOfKey(const schema::ForeignKey& key,
                                                    const std::vector<types::Value>& values,
                                                    std::vector<uint32_t>* columns) {
  LATHE_ASSIGN(schema::RelationPtr table,
               txn_->LockTable(key.parent, txn::TableLockMode::kRowShare));
  *columns = key.parent_columns;
  while (table->is_partitioned()) {
    std::shared_ptr<PartitionRouter>& router = key_routers_[table->id];
    if (router == nullptr || router->table() != table) {
      LATHE_ASSIGN(router, PartitionRouter::Make(this, table));
    }
    Status status;
    // A unique key of a partitioned table has all columns of its partition key.
    LATHE_ASSIGN(std::vector<types::Value> bound, router->KeyOf([&](uint32_t column) {
      const size_t place = static_cast<size_t>(std::find(columns->begin(), columns->end(), column) -
                                               columns->begin());
      LATHE_CHECK(place < values.size());
      Result<types::Value> value = Converted(values[place], table->columns[column].type);
      if (value.ok()) return std::move(*value);
      status = std::move(value).error();
      return types::Value::Null(table->columns[column].type);
    }));
    // What the column cannot hold is not there.
    const int found = status.ok() ? router->Find(bound) : -1;
    if (found < 0) return schema::RelationPtr();
    LATHE_ASSIGN(schema::RelationPtr child,
                 txn_->LockTable(router->children()[static_cast<size_t>(found)]->id,
                                 txn::TableLockMode::kRowShare));
    const std::vector<uint32_t> map = bind::MapColumns(*table, *child);
    for (uint32_t& column : *columns) column = map[column];
    table = std::move(child);
  }
  return table;
}

Result<bool> SessionImpl::HoldParentKey(const schema::ForeignKey& key,
                                        const std::vector<types::Value>& values) {
  LATHE_TRY(StartStatement());
  std::vector<uint32_t> columns;
  LATHE_ASSIGN(schema::RelationPtr keyed, TableOfKey(key, values, &columns));
  if (keyed == nullptr) return false;
  const schema::RelationPtr parent = keyed;
  RelationId unique = key.parent_index;
  if (parent->id != key.parent) {
    LATHE_ASSIGN(unique, IndexOver(*parent, columns));
  }
  const bool by_index = unique.value != 0;
  if (by_index) keyed = catalog_->GetRelation(unique);
  if (keyed == nullptr) return MakeError(SqlState::kInternalError, "the key referred to is gone");
  const size_t parts = by_index ? keyed->key_columns : keyed->key.size();
  std::vector<types::Value> ordered;
  for (size_t i = 0; i < parts; ++i) {
    const uint32_t own = keyed->key[i].column;
    const uint32_t column = by_index ? keyed->sources[own] : own;
    const size_t place =
        static_cast<size_t>(std::find(columns.begin(), columns.end(), column) - columns.begin());
    LATHE_CHECK(place < values.size());
    Result<types::Value> value = Converted(values[place], keyed->columns[own].type);
    // What the column cannot hold is not there.
    if (!value.ok()) return false;
    ordered.push_back(std::move(*value));
  }
  return txn_->HoldKey(keyed, ordered);
}

Result<RelationId> SessionImpl::IndexOver(const schema::RelationDescriptor& table,
                                          const std::vector<uint32_t>& columns) {
  const std::set<uint32_t> wanted(columns.begin(), columns.end());
  std::set<uint32_t> own;
  for (const schema::KeyColumn& part : table.key) own.insert(part.column);
  if (!table.primary_key_name.empty() && own == wanted) return RelationId();
  for (RelationId id : table.indexes) {
    schema::RelationPtr index = catalog_->GetRelation(id);
    if (index == nullptr || !index->unique || index->deferrable || !schema::IsPlain(*index)) {
      continue;
    }
    own.clear();
    for (uint32_t i = 0; i < index->key_columns; ++i) {
      own.insert(index->sources[index->key[i].column]);
    }
    if (own == wanted) return id;
  }
  return MakeError(SqlState::kInternalError,
                   "partition \"" + table.name + "\" lacks the key referred to");
}

Status SessionImpl::CheckRemovedKeys(const schema::RelationPtr& partition) {
  LATHE_ASSIGN(std::vector<schema::RelationPtr> above, AncestorsOf(*partition));
  for (const schema::RelationPtr& parent : above) {
    std::vector<WatchedKey> keys;
    AddReferring(*parent, *partition, &keys);
    for (const WatchedKey& watched : keys) {
      schema::RelationPtr table = catalog_->GetRelation(watched.table);
      for (const schema::ForeignKey& key : table->foreign_keys) {
        if (key.oid != watched.oid) continue;
        LATHE_TRY(txn_->LockTable(table->id, txn::TableLockMode::kShare));
        std::string sql =
            "SELECT 1 FROM " + OwnRows(*table) + " f JOIN " + OwnRows(*partition) + " p ON ";
        for (size_t i = 0; i < key.columns.size(); ++i) {
          sql += (i > 0 ? " AND f." : "f.") +
                 ast::QuoteIdentifier(table->columns[key.columns[i]].name) + " = p." +
                 ast::QuoteIdentifier(partition->columns[watched.columns[i]].name);
        }
        LATHE_ASSIGN(bool any, RunOwn(sql + " LIMIT 1", {}));
        if (!any) continue;
        Error error = MakeError(SqlState::kForeignKeyViolation,
                                "removing partition \"" + partition->name +
                                    "\" violates foreign key constraint \"" + key.name + "\"");
        error.detail = "Rows of it are still referenced from table \"" + table->name + "\".";
        error.table_name = table->name;
        error.schema_name = catalog_->GetSchema(table->schema)->name;
        error.constraint_name = key.name;
        return error;
      }
    }
  }
  return Ok();
}

Status SessionImpl::CheckReference(const schema::RelationPtr& table, const schema::ForeignKey& key,
                                   const KeyEvent& event) {
  const size_t nulls =
      static_cast<size_t>(std::count_if(event.values.begin(), event.values.end(),
                                        [](const types::Value& value) { return value.is_null(); }));
  Error error = MakeError(SqlState::kForeignKeyViolation,
                          "insert or update on table \"" + table->name +
                              "\" violates foreign key constraint \"" + key.name + "\"");
  error.table_name = table->name;
  error.schema_name = catalog_->GetSchema(table->schema)->name;
  error.constraint_name = key.name;
  if (nulls > 0) {
    if (!key.match_full || nulls == event.values.size()) return Ok();
    error.detail = "MATCH FULL does not allow mixing of null and nonnull key values.";
    return error;
  }
  LATHE_ASSIGN(bool held, HoldParentKey(key, event.values));
  if (held) return Ok();
  // The row may have gone or changed since.
  LATHE_ASSIGN(bool any, AnyReferring(*table, key, event.values));
  if (!any) return Ok();
  schema::RelationPtr parent = catalog_->GetRelation(key.parent);
  error.detail = KeyText(*table, key.columns, event.values, format_) +
                 " is not present in table \"" + parent->name + "\".";
  return error;
}

Status SessionImpl::FollowKey(const schema::RelationPtr& table, const schema::ForeignKey& key,
                              schema::ForeignKey::Action action, const KeyEvent& event) {
  schema::RelationPtr parent = catalog_->GetRelation(key.parent);
  if (parent == nullptr) return Ok();
  const std::string condition = KeyCondition(*table, key);
  if (action == Action::kNoAction || action == Action::kRestrict) {
    if (action == Action::kNoAction) {
      // Another row may have the key now.
      LATHE_ASSIGN(bool again, HoldParentKey(key, event.values));
      if (again) return Ok();
    }
    LATHE_ASSIGN(bool any, AnyReferring(*table, key, event.values));
    if (!any) return Ok();
    schema::RelationPtr written = catalog_->GetRelation(event.written);
    Error error = MakeError(SqlState::kForeignKeyViolation,
                            "update or delete on table \"" + (written ? written : parent)->name +
                                "\" violates foreign key constraint \"" + key.name +
                                "\" on table \"" + table->name + "\"");
    error.detail = KeyText(*parent, key.parent_columns, event.values, format_) +
                   " is still referenced from table \"" + table->name + "\".";
    error.table_name = table->name;
    error.schema_name = catalog_->GetSchema(table->schema)->name;
    error.constraint_name = key.name;
    return error;
  }
  std::vector<types::Value> values = event.values;
  std::string sql;
  if (action == Action::kCascade && event.kind == KeyEvent::Kind::kGone) {
    sql = "DELETE FROM " + OwnRows(*table) + condition;
  } else {
    sql = "UPDATE " + OwnRows(*table) + " SET ";
    const bool some = event.kind == KeyEvent::Kind::kGone && !key.set_columns.empty();
    bool first = true;
    for (size_t i = 0; i < key.columns.size(); ++i) {
      const uint32_t column = key.columns[i];
      if (some && std::find(key.set_columns.begin(), key.set_columns.end(), column) ==
                      key.set_columns.end()) {
        continue;
      }
      if (!first) sql += ", ";
      first = false;
      sql += ast::QuoteIdentifier(table->columns[column].name) + " = ";
      if (action == Action::kCascade) {
        values.push_back(event.new_values[i]);
        sql += KeyParameter(*table, key, i, values.size());
      } else {
        sql += action == Action::kSetNull ? "NULL" : "DEFAULT";
      }
    }
    sql += condition;
  }
  LATHE_TRY(RunOwn(sql, values));
  // A default may be the very key that is gone.
  if (action == Action::kSetDefault) {
    LATHE_TRY(FollowKey(table, key, Action::kNoAction, event));
  }
  if (txn_->isolation() == txn::Isolation::kReadCommitted) return Ok();
  // Rows that this transaction's snapshot does not see cannot follow.
  LATHE_ASSIGN(bool left, AnyReferring(*table, key, event.values));
  LATHE_ASSIGN(bool again, HoldParentKey(key, event.values));
  if (!left || again) return Ok();
  return MakeError(SqlState::kSerializationFailure,
                   "could not serialize access due to concurrent update");
}

Status SessionImpl::SetConstraints(const ast::SetStatement& set) {
  if (set.values.empty()) {
    constraints_.all_deferred = set.deferred;
    constraints_.is_deferred.clear();
  }
  for (const ast::SetStatement::Value& value : set.values) {
    const size_t dot = value.text.rfind('.');
    const std::string name = dot == std::string::npos ? value.text : value.text.substr(dot + 1);
    // In the named schema, else in the first of the path that has one.
    bind::BindContext context = MakeBindContext({}, catalog_.get());
    std::vector<std::string> schemas = bind::EffectivePath(context);
    if (dot != std::string::npos) {
      schemas = {value.text.substr(0, dot)};
      if (catalog_->FindSchema(schemas[0]) == nullptr) {
        return MakeError(SqlState::kInvalidSchemaName,
                         "schema \"" + schemas[0] + "\" does not exist");
      }
    }
    bool found = false;
    for (const std::string& schema : schemas) {
      LATHE_ASSIGN(found, SetConstraintsOf(schema, name, set.deferred));
      if (found) break;
    }
    if (!found) {
      return MakeError(SqlState::kUndefinedObject, "constraint \"" + name + "\" does not exist");
    }
  }
  if (set.deferred) return Ok();
  return RunDeferredEvents(false);
}

Result<bool> SessionImpl::SetConstraintsOf(const std::string& schema_name, const std::string& name,
                                           bool deferred) {
  auto schema = catalog_->FindSchema(schema_name);
  if (schema == nullptr) return false;
  bool found = false;
  for (const schema::RelationPtr& table : catalog_->Relations()) {
    if (table->schema != schema->id) continue;
    if (table->kind == schema::RelationKind::kTable && table->primary_key_name == name) {
      found = true;
      if (!table->deferrable) {
        return MakeError(SqlState::kWrongObjectType,
                         "constraint \"" + name + "\" is not deferrable");
      }
      if (deferred) return NotSupported("SET CONSTRAINTS DEFERRED of a primary key");
    }
    if (table->kind == schema::RelationKind::kIndex && table->is_constraint &&
        table->name == name) {
      found = true;
      if (!table->deferrable) {
        return MakeError(SqlState::kWrongObjectType,
                         "constraint \"" + name + "\" is not deferrable");
      }
      constraints_.is_deferred[Oid(table->id.value)] = deferred;
      // Those that partitions have for it.
      schema::RelationPtr keyed = catalog_->GetRelation(table->table);
      if (keyed == nullptr || !keyed->is_partitioned()) continue;
      for (const schema::RelationPtr& below : DescendantsOf(*keyed)) {
        for (RelationId id : below->indexes) {
          schema::RelationPtr part = catalog_->GetRelation(id);
          if (part != nullptr && part->deferrable && KeyNames(*part) == KeyNames(*table)) {
            constraints_.is_deferred[Oid(id.value)] = deferred;
          }
        }
      }
    }
    for (const schema::ForeignKey& key : table->foreign_keys) {
      if (key.name != name) continue;
      found = true;
      if (!key.deferrable) {
        return MakeError(SqlState::kWrongObjectType,
                         "constraint \"" + name + "\" is not deferrable");
      }
      constraints_.is_deferred[key.oid] = deferred;
    }
  }
  return found;
}

}  // namespace lathe::session
