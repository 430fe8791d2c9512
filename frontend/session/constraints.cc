// Sinks that check rows on their way into a table: CHECK and domains at once, foreign keys noted
// for the statement's end, duplicates that ON CONFLICT takes care of.
#include "frontend/session/constraints.h"

#include <algorithm>

#include "frontend/session/row_values.h"
#include "frontend/session/session_impl.h"

namespace lathe::session {

namespace {

bool Same(const std::vector<types::Value>& a, const std::vector<types::Value>& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].is_null() != b[i].is_null()) return false;
    if (a[i].is_null()) continue;
    std::string x, y;
    types::AppendText(a[i].type(), a[i].datum(), {}, &x);
    types::AppendText(b[i].type(), b[i].datum(), {}, &y);
    if (x != y) return false;
  }
  return true;
}

}  // namespace

std::vector<types::Value> WatchedKey::ValuesOf(const RowValues& rows) const {
  std::vector<types::Value> values;
  for (uint32_t column : columns) values.push_back(rows.Column(column));
  return values;
}

void SessionImpl::NoteReferredTo(const std::vector<WatchedKey>& keys, RelationId written,
                                 const RowValues& old_row, const RowValues* new_row) {
  for (const WatchedKey& key : keys) {
    KeyEvent event;
    event.kind = new_row == nullptr ? KeyEvent::Kind::kGone : KeyEvent::Kind::kChanged;
    event.table = key.table;
    event.key = key.oid;
    event.values = key.ValuesOf(old_row);
    event.written = written;
    if (std::any_of(event.values.begin(), event.values.end(),
                    [](const types::Value& value) { return value.is_null(); })) {
      continue;
    }
    if (new_row != nullptr) {
      event.new_values = key.ValuesOf(*new_row);
      if (Same(event.values, event.new_values)) continue;
    }
    constraints_.events.push_back(std::move(event));
  }
}

void SessionImpl::AddReferring(const schema::RelationDescriptor& table,
                               const schema::RelationDescriptor& written,
                               std::vector<WatchedKey>* keys) {
  const std::vector<uint32_t> map = bind::MapColumns(table, written);
  for (RelationId id : table.referenced_by) {
    schema::RelationPtr child = catalog_->GetRelation(id);
    if (child == nullptr) continue;
    for (const schema::ForeignKey& key : child->foreign_keys) {
      // One that a partition has by its parent is looked at with the parent's.
      if (key.parent != table.id || key.part_of.value != 0) continue;
      WatchedKey watched{id, key.oid, {}};
      for (uint32_t column : key.parent_columns) watched.columns.push_back(map[column]);
      keys->push_back(std::move(watched));
    }
  }
}

Result<std::vector<schema::RelationPtr>> SessionImpl::AncestorsOf(
    const schema::RelationDescriptor& table) {
  std::vector<schema::RelationPtr> found;
  const schema::RelationDescriptor* below = &table;
  while (below->is_partition() && !below->parents.empty()) {
    LATHE_ASSIGN(schema::RelationPtr parent,
                 txn_->LockTable(below->parents[0], txn::TableLockMode::kAccessShare));
    found.push_back(std::move(parent));
    below = found.back().get();
  }
  return found;
}

class SessionImpl::CheckingSink final : public exec::RowSink {
 public:
  CheckingSink(SessionImpl* session, schema::RelationPtr table, exec::WriteKind kind,
               std::shared_ptr<const TableChecks> checks, std::vector<WatchedKey> own,
               std::vector<WatchedKey> referring, std::unique_ptr<exec::RowSink> inner)
      : session_(session),
        table_(std::move(table)),
        kind_(kind),
        layout_(exec::WriteLayout(*table_, kind)),
        checks_(std::move(checks)),
        own_(std::move(own)),
        referring_(std::move(referring)),
        rows_(*table_, layout_, 0, session->context_),
        old_rows_(*table_, layout_,
                  kind == exec::WriteKind::kUpdate ? layout_.field_count() / 2 : 0,
                  session->context_),
        inner_(std::move(inner)) {}

  Status Consume(const exec::Segment& segment) override {
    for (uint32_t i = segment.from; i < segment.to; ++i) {
      const char* row = row::RowAt(segment.page, layout_.stride(), i);
      rows_.Set(segment.page, row);
      old_rows_.Set(segment.page, row);
      Status checked = kind_ == exec::WriteKind::kDelete ? Ok() : Check();
      if (!checked.ok()) {
        // What is wrong with earlier rows comes first.
        if (i > segment.from)
          LATHE_TRY(Translate(inner_->Consume({segment.page, segment.from, i})));
        return checked;
      }
      NoteNew();
      if (kind_ == exec::WriteKind::kInsert) continue;
      const bool changed = kind_ == exec::WriteKind::kUpdate;
      session_->NoteReferredTo(referring_, table_->id, old_rows_, changed ? &rows_ : nullptr);
    }
    return Translate(inner_->Consume(segment));
  }
  Status Finish() override { return Translate(inner_->Finish()); }

 private:
  Status Check() {
    for (const TableChecks::DomainColumn& column : checks_->domain_not_null) {
      if (!rows_.Column(column.column).is_null()) continue;
      return MakeError(SqlState::kNotNullViolation,
                       "domain " + column.domain + " does not allow null values");
    }
    for (const TableChecks::Check& check : checks_->checks) {
      LATHE_ASSIGN(types::Value holds, rows_.Evaluate(*check.condition));
      if (holds.is_null() || holds.datum().b) continue;
      return session_->CheckViolation(*table_, check, rows_.Describe());
    }
    return Ok();
  }

  void NoteNew() {
    if (kind_ == exec::WriteKind::kDelete) return;
    for (const WatchedKey& key : own_) {
      std::vector<types::Value> values = key.ValuesOf(rows_);
      if (kind_ == exec::WriteKind::kUpdate && Same(values, key.ValuesOf(old_rows_))) continue;
      auto null = [](const types::Value& value) { return value.is_null(); };
      if (key.unique ? std::any_of(values.begin(), values.end(), null)
                     : std::all_of(values.begin(), values.end(), null)) {
        continue;
      }
      KeyEvent event;
      event.kind = key.unique ? KeyEvent::Kind::kUnique : KeyEvent::Kind::kNew;
      event.table = key.table;
      event.key = key.oid;
      event.values = std::move(values);
      session_->constraints_.events.push_back(std::move(event));
    }
  }

  /// A duplicate of a key that ON CONFLICT asks about: somebody has inserted it since the statement
  /// looked.
  Status Translate(Status done) const {
    const std::vector<std::string>* keys = session_->constraints_.conflict_keys;
    if (done.ok() || keys == nullptr || kind_ != exec::WriteKind::kInsert ||
        done.error().state != SqlState::kUniqueViolation ||
        std::find(keys->begin(), keys->end(), done.error().constraint_name) == keys->end()) {
      return done;
    }
    const bool restart = session_->txn_->isolation() == txn::Isolation::kReadCommitted;
    return MakeError(
        SqlState::kSerializationFailure,
        restart ? exec::kRestartStatement : "could not serialize access due to concurrent update");
  }

  SessionImpl* const session_;
  const schema::RelationPtr table_;
  const exec::WriteKind kind_;
  const row::Layout layout_;
  const std::shared_ptr<const TableChecks> checks_;
  const std::vector<WatchedKey> own_, referring_;
  RowValues rows_, old_rows_;
  const std::unique_ptr<exec::RowSink> inner_;
};

Error SessionImpl::CheckViolation(const schema::RelationDescriptor& table,
                                  const TableChecks::Check& check, const std::string& row) {
  Error error = MakeError(SqlState::kCheckViolation, "");
  error.constraint_name = check.name;
  if (!check.domain.empty()) {
    error.message =
        "value for domain " + check.domain + " violates check constraint \"" + check.name + "\"";
    return error;
  }
  error.message = "new row for relation \"" + table.name + "\" violates check constraint \"" +
                  check.name + "\"";
  error.detail = "Failing row contains " + row + ".";
  error.table_name = table.name;
  if (auto schema = catalog_->GetSchema(table.schema)) error.schema_name = schema->name;
  return error;
}

Status SessionImpl::AddDomainChecks(RelationId domain_id, uint32_t column, TableChecks* checks) {
  schema::RelationPtr domain = catalog_->GetRelation(domain_id);
  if (domain == nullptr) return Ok();
  const schema::Column& value = domain->columns[0];
  if (value.domain.value != 0) LATHE_TRY(AddDomainChecks(value.domain, column, checks));
  if (value.not_null) checks->domain_not_null.push_back({column, domain->name});
  bind::BindContext context = MakeBindContext({}, catalog_.get());
  for (const schema::CheckConstraint& check : domain->checks) {
    LATHE_ASSIGN(expr::ExprPtr condition,
                 bind::BindStoredExpression(*domain, check.sql, bind::RowUse::kDomainCheck, nullptr,
                                            context));
    condition = expr::Rewrite(std::move(condition), [column](expr::ExprPtr node) {
      if (node->kind == expr::Kind::kColumn) node->column = expr::ColumnId(column + 1);
      return node;
    });
    checks->checks.push_back({std::move(condition), check.name, domain->name});
  }
  return Ok();
}

Result<std::shared_ptr<const TableChecks>> SessionImpl::ChecksOf(
    const schema::RelationDescriptor& table) {
  std::shared_ptr<const TableChecks>& known = constraints_.checks[table.id];
  if (known != nullptr && known->version == table.version) return known;
  auto made = std::make_shared<TableChecks>();
  made->version = table.version;
  for (uint32_t column : table.LiveColumns()) {
    if (table.columns[column].domain.value == 0) continue;
    LATHE_TRY(AddDomainChecks(table.columns[column].domain, column, made.get()));
  }
  bind::BindContext context = MakeBindContext({}, catalog_.get());
  std::vector<const schema::CheckConstraint*> sorted;
  for (const schema::CheckConstraint& check : table.checks) sorted.push_back(&check);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->name < b->name; });
  for (const schema::CheckConstraint* check : sorted) {
    LATHE_ASSIGN(
        expr::ExprPtr condition,
        bind::BindStoredExpression(table, check->sql, bind::RowUse::kCheck, nullptr, context));
    made->checks.push_back({std::move(condition), check->name, {}});
  }
  known = made;
  return known;
}

Result<std::unique_ptr<exec::RowSink>> SessionImpl::OpenChecked(const schema::RelationPtr& table,
                                                                exec::WriteKind kind,
                                                                uint64_t* affected,
                                                                RelationId moved_within) {
  LATHE_ASSIGN(std::unique_ptr<exec::RowSink> inner,
               txn_->tables()->OpenWrite(table, kind, affected));
  std::shared_ptr<const TableChecks> checks;
  const bool domains = std::any_of(
      table->columns.begin(), table->columns.end(),
      [](const schema::Column& column) { return !column.dropped && column.domain.value != 0; });
  std::vector<WatchedKey> own, referring;
  if (kind != exec::WriteKind::kDelete) {
    if (domains || !table->checks.empty()) {
      LATHE_ASSIGN(checks, ChecksOf(*table));
    }
    for (const schema::ForeignKey& key : table->foreign_keys) {
      own.push_back({table->id, key.oid, key.columns});
    }
    for (RelationId id : table->indexes) {
      schema::RelationPtr index = catalog_->GetRelation(id);
      if (index == nullptr || !index->deferrable) continue;
      WatchedKey key{table->id, Oid(id.value), {}, true};
      for (uint32_t i = 0; i < index->key_columns; ++i) {
        key.columns.push_back(index->sources[index->key[i].column]);
      }
      own.push_back(std::move(key));
    }
  }
  if (kind != exec::WriteKind::kInsert) {
    AddReferring(*table, *table, &referring);
    LATHE_ASSIGN(std::vector<schema::RelationPtr> above, AncestorsOf(*table));
    for (const schema::RelationPtr& parent : above) {
      if (parent->id == moved_within) break;
      AddReferring(*parent, *table, &referring);
    }
  }
  const bool conflicts = constraints_.conflict_keys != nullptr && kind == exec::WriteKind::kInsert;
  if (checks == nullptr && own.empty() && referring.empty() && !conflicts) return inner;
  if (checks == nullptr) checks = std::make_shared<TableChecks>();
  return std::unique_ptr<exec::RowSink>(
      std::make_unique<CheckingSink>(this, table, kind, std::move(checks), std::move(own),
                                     std::move(referring), std::move(inner)));
}

}  // namespace lathe::session
