// Sequences: CREATE, ALTER, what nextval and its kin do, and a sequence as a table of one row.
#include "frontend/bind/index.h"
#include "frontend/session/session_impl.h"
#include "runtime/base/memory.h"

namespace lathe::session {
namespace {

Notice Skipping(std::string message, SqlState state) {
  Notice notice;
  notice.fields = MakeError(state, std::move(message));
  return notice;
}

/// The columns of a sequence seen as a table.
std::vector<schema::Column> SequenceColumns() {
  std::vector<schema::Column> columns(3);
  const char* const names[] = {"last_value", "log_cnt", "is_called"};
  for (size_t i = 0; i < columns.size(); ++i) {
    columns[i].number = ColumnNumber(static_cast<uint16_t>(i + 1));
    columns[i].name = names[i];
    columns[i].type = types::Type(i == 2 ? types::TypeId::kBool : types::TypeId::kInt8);
    columns[i].not_null = true;
  }
  return columns;
}

/// One row.
class OneRow final : public exec::RowSource {
 public:
  explicit OneRow(const row::Layout& layout)
      : layout_(layout), budget_(uint64_t{1} << 20, nullptr), rows_(&layout_, &budget_) {}
  row::RowBuffer* rows() { return &rows_; }
  Result<bool> Next(exec::Morsel* morsel) override {
    morsel->Clear();
    if (done_.exchange(true)) return false;
    morsel->segments.push_back({rows_.page(0), 0, 1});
    morsel->row_count = 1;
    return true;
  }
  double RowsLeft() override { return done_.load() ? 0 : 1; }

 private:
  const row::Layout layout_;
  base::MemoryBudget budget_;
  row::RowBuffer rows_;
  std::atomic<bool> done_{false};
};

}  // namespace

Status SessionImpl::RunCreateSequence(Run* run) {
  const auto& create = run->prepared->statement->As<ast::CreateSequenceStatement>();
  bind::BindContext context = MakeBindContext(run->prepared->sql, catalog_.get());
  run->tag = "CREATE SEQUENCE";
  LATHE_ASSIGN(auto schema,
               CreationSchema(create.sequence, create.persistence == ast::Persistence::kTemporary,
                              &context));
  if (catalog_->FindRelation(schema->id, create.sequence.name) != nullptr) {
    const std::string message = "relation \"" + create.sequence.name + "\" already exists";
    if (!create.if_not_exists) return MakeError(SqlState::kDuplicateTable, message);
    run->client->SendNotice(Skipping(message + ", skipping", SqlState::kDuplicateTable));
    return Ok();
  }
  schema::RelationDescriptor sequence;
  sequence.kind = schema::RelationKind::kSequence;
  sequence.schema = schema->id;
  sequence.name = create.sequence.name;
  sequence.columns = SequenceColumns();
  sequence.unlogged = create.persistence == ast::Persistence::kUnlogged;
  bind::SequenceRequest request;
  LATHE_TRY(bind::BindSequenceOptions(create.options, true, false, context, &sequence.sequence,
                                      &request));
  LATHE_TRY(OwnSequence(request.owner, context, &sequence));
  LATHE_TRY(txn_->CreateEntry(std::move(sequence)));
  return Ok();
}

Status SessionImpl::OwnSequence(const std::vector<std::string>& owner, bind::BindContext& context,
                                schema::RelationDescriptor* sequence) {
  if (owner.empty()) return Ok();
  if (owner.size() == 1) {
    if (owner[0] != "none") {
      Error error = MakeError(SqlState::kSyntaxError, "invalid OWNED BY option");
      error.hint = "Specify OWNED BY table.column or OWNED BY NONE.";
      return error;
    }
    sequence->sequence.owner = RelationId();
    sequence->sequence.owner_column = ColumnNumber();
    return Ok();
  }
  ast::QualifiedName name;
  name.name = owner[owner.size() - 2];
  if (owner.size() > 2) name.schema = owner[owner.size() - 3];
  LATHE_ASSIGN(schema::RelationPtr table, bind::FindRelation(name, context));
  if (table->kind != schema::RelationKind::kTable) {
    return MakeError(SqlState::kWrongObjectType,
                     "sequence cannot be owned by relation \"" + table->name + "\"");
  }
  if (table->schema != sequence->schema) {
    return MakeError(SqlState::kObjectNotInPrerequisiteState,
                     "sequence must be in same schema as table it is linked to");
  }
  const int column = table->FindColumn(owner.back());
  if (column < 0) {
    return MakeError(SqlState::kUndefinedColumn, "column \"" + owner.back() + "\" of relation \"" +
                                                     table->name + "\" does not exist");
  }
  sequence->sequence.owner = table->id;
  sequence->sequence.owner_column = table->columns[column].number;
  return Ok();
}

Status SessionImpl::RestartSequence(const schema::RelationPtr& sequence,
                                    std::optional<int64_t> value) {
  // A new state under a new number: rolled back with the transaction.
  schema::RelationDescriptor next = *sequence;
  next.sequence.state = StorageId();
  LATHE_ASSIGN(schema::RelationPtr changed, txn_->ChangeRelation(std::move(next)));
  return instance_->engine()->SetSequence(*changed,
                                          {value.value_or(changed->sequence.start), false, 0});
}

Status SessionImpl::RunAlterSequence(Run* run) {
  const auto& alter = run->prepared->statement->As<ast::AlterStatement>();
  run->tag = "ALTER SEQUENCE";
  LATHE_ASSIGN(schema::RelationPtr sequence,
               ResolveTable(alter.name.name, run->prepared->sql, alter.if_exists));
  if (sequence == nullptr) {
    run->client->SendNotice(
        Skipping("relation \"" + alter.name.name.name + "\" does not exist, skipping",
                 SqlState::kSuccessfulCompletion));
    return Ok();
  }
  if (sequence->kind != schema::RelationKind::kSequence) {
    return MakeError(SqlState::kWrongObjectType, "\"" + sequence->name + "\" is not a sequence");
  }
  LATHE_ASSIGN(sequence, txn_->LockTable(sequence->id, txn::TableLockMode::kShareRowExclusive));
  return ChangeSequence(sequence, alter.options, run->prepared->sql, sequence->sequence.identity);
}

Status SessionImpl::ChangeSequence(schema::RelationPtr sequence, const ast::OptionList& options,
                                   const std::string& sql, bool identity) {
  bind::BindContext context = MakeBindContext(sql, catalog_.get());
  schema::RelationDescriptor next = *sequence;
  bind::SequenceRequest request;
  LATHE_TRY(bind::BindSequenceOptions(options, false, false, context, &next.sequence, &request));
  if (!request.owner.empty() && identity) {
    Error error =
        MakeError(SqlState::kFeatureNotSupported, "cannot change ownership of identity sequence");
    schema::RelationPtr table = catalog_->GetRelation(sequence->sequence.owner);
    if (table != nullptr) {
      error.detail =
          "Sequence \"" + sequence->name + "\" is linked to table \"" + table->name + "\".";
    }
    return error;
  }
  LATHE_TRY(OwnSequence(request.owner, context, &next));
  LATHE_ASSIGN(table::SequenceState state, instance_->engine()->ReadSequence(*sequence));
  if (!request.has_restart &&
      (state.last_value < next.sequence.min_value || state.last_value > next.sequence.max_value)) {
    const bool low = state.last_value < next.sequence.min_value;
    return MakeError(
        SqlState::kInvalidParameterValue,
        "RESTART value (" + std::to_string(state.last_value) +
            (low ? ") cannot be less than MINVALUE (" : ") cannot be greater than MAXVALUE (") +
            std::to_string(low ? next.sequence.min_value : next.sequence.max_value) + ")");
  }
  next.sequence.state = StorageId();
  LATHE_ASSIGN(sequence, txn_->ChangeRelation(std::move(next)));
  if (request.has_restart) {
    state = {request.restart.value_or(sequence->sequence.start), false, 0};
  }
  return instance_->engine()->SetSequence(*sequence, state);
}

Result<schema::RelationPtr> SessionImpl::MakeSequence(const schema::RelationDescriptor& table,
                                                      const bind::SequenceDefinition& definition) {
  const schema::Column& column = table.columns[definition.column];
  schema::RelationDescriptor sequence;
  sequence.kind = schema::RelationKind::kSequence;
  sequence.schema = table.schema;
  sequence.columns = SequenceColumns();
  sequence.unlogged = table.unlogged;
  sequence.sequence = definition.options;
  sequence.sequence.owner = table.id;
  sequence.sequence.owner_column = column.number;
  if (!definition.name.name.empty()) {
    sequence.name = definition.name.name;
    if (!definition.name.schema.empty()) {
      auto schema = catalog_->FindSchema(definition.name.schema);
      if (schema == nullptr) {
        return MakeError(SqlState::kInvalidSchemaName,
                         "schema \"" + definition.name.schema + "\" does not exist");
      }
      sequence.schema = schema->id;
    }
  } else {
    sequence.name = bind::GeneratedName(table.name, column.name, "seq");
    for (int i = 1; catalog_->FindRelation(table.schema, sequence.name) != nullptr; ++i) {
      sequence.name = bind::GeneratedName(table.name, column.name, "seq" + std::to_string(i));
    }
  }
  return txn_->CreateEntry(std::move(sequence));
}

schema::RelationPtr SessionImpl::OwnedSequence(RelationId table, ColumnNumber column) {
  for (const schema::RelationPtr& relation : catalog_->Relations()) {
    if (relation->kind == schema::RelationKind::kSequence && relation->sequence.owner == table &&
        relation->sequence.owner_column == column) {
      return relation;
    }
  }
  return nullptr;
}

Result<std::unique_ptr<exec::RowSource>> SessionImpl::OpenSequence(
    const schema::RelationPtr& sequence) {
  LATHE_ASSIGN(table::SequenceState state, instance_->engine()->ReadSequence(*sequence));
  auto source = std::make_unique<OneRow>(sequence->RowLayout());
  types::Datum datums[3];
  datums[0].i64 = state.last_value;
  datums[1].i64 = state.values_ahead;
  datums[2].b = state.is_called;
  const bool nulls[3] = {false, false, false};
  if (!source->rows()->AppendRow(datums, nulls)) {
    return MakeError(SqlState::kOutOfMemory, "out of memory");
  }
  return std::unique_ptr<exec::RowSource>(std::move(source));
}

Result<schema::RelationPtr> SessionImpl::SequenceOf(Oid oid, const char* writes) {
  if (catalog_ == nullptr) return NotSupported("a sequence outside of a transaction");
  schema::RelationPtr relation = catalog_->GetRelation(RelationId(oid.value));
  if (relation == nullptr) {
    return MakeError(SqlState::kUndefinedTable,
                     "could not open relation with OID " + std::to_string(oid.value));
  }
  if (relation->kind != schema::RelationKind::kSequence) {
    return MakeError(SqlState::kWrongObjectType, "\"" + relation->name + "\" is not a sequence");
  }
  if (writes != nullptr && read_only_ && !IsTemporary(relation->schema)) {
    return MakeError(SqlState::kReadOnlySqlTransaction,
                     std::string("cannot execute ") + writes + "() in a read-only transaction");
  }
  return relation;
}

Result<int64_t> SessionImpl::NextValue(Oid oid) {
  LATHE_ASSIGN(schema::RelationPtr sequence, SequenceOf(oid, "nextval"));
  SequenceUse& use = sequence_uses_[sequence->sequence.state];
  use.id = sequence->id;
  last_sequence_ = sequence->sequence.state;
  if (!use.ahead) {
    LATHE_ASSIGN(auto range, instance_->engine()->NextValues(*sequence, sequence->sequence.cache));
    use.next = range.first;
    use.end = range.second;
    use.ahead = true;
  }
  use.last = use.next;
  use.ahead = use.next != use.end;
  if (use.ahead) use.next += sequence->sequence.increment;
  return use.last;
}

Result<int64_t> SessionImpl::CurrentValue(Oid oid) {
  LATHE_ASSIGN(schema::RelationPtr sequence, SequenceOf(oid, nullptr));
  // A restart leaves the value that was given as it was.
  auto use = sequence_uses_.find(sequence->sequence.state);
  if (use == sequence_uses_.end()) {
    for (use = sequence_uses_.begin(); use != sequence_uses_.end(); ++use) {
      if (use->second.id == sequence->id) break;
    }
  }
  if (use == sequence_uses_.end()) {
    return MakeError(
        SqlState::kObjectNotInPrerequisiteState,
        "currval of sequence \"" + sequence->name + "\" is not yet defined in this session");
  }
  return use->second.last;
}

Result<int64_t> SessionImpl::LastValue() {
  auto use = sequence_uses_.find(last_sequence_);
  if (use == sequence_uses_.end() || catalog_ == nullptr ||
      catalog_->GetRelation(use->second.id) == nullptr) {
    return MakeError(SqlState::kObjectNotInPrerequisiteState,
                     "lastval is not yet defined in this session");
  }
  return use->second.last;
}

Result<int64_t> SessionImpl::SetValue(Oid oid, int64_t value, bool is_called) {
  LATHE_ASSIGN(schema::RelationPtr sequence, SequenceOf(oid, "setval"));
  const schema::SequenceOptions& options = sequence->sequence;
  if (value < options.min_value || value > options.max_value) {
    return MakeError(SqlState::kNumericValueOutOfRange,
                     "setval: value " + std::to_string(value) +
                         " is out of bounds for sequence \"" + sequence->name + "\" (" +
                         std::to_string(options.min_value) + ".." +
                         std::to_string(options.max_value) + ")");
  }
  LATHE_TRY(instance_->engine()->SetSequence(*sequence, {value, is_called, 0}));
  auto use = sequence_uses_.find(options.state);
  if (use != sequence_uses_.end()) use->second.ahead = false;
  if (is_called) {
    SequenceUse& mine = sequence_uses_[options.state];
    mine.id = sequence->id;
    mine.last = value;
    mine.ahead = false;
  }
  return value;
}

}  // namespace lathe::session
