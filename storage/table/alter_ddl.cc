// ALTER: changed descriptors, rows made anew, and what checks of constraints need of the rows.
#include <algorithm>

#include "storage/table/row_writer.h"
#include "storage/table/transaction_impl.h"

namespace lathe::table {
namespace {

// What was made of a descriptor that others have replaced while the lock was waited for would undo
// their change: the statement starts again, under the lock.
Status NeedNewest(const schema::RelationDescriptor& next, const schema::RelationDescriptor& now) {
  if (next.version >= now.version) return Ok();
  return MakeError(SqlState::kSerializationFailure, exec::kRestartStatement);
}

}  // namespace

Result<Oid> TransactionImpl::NewOid() {
  LATHE_ASSIGN(uint64_t oid, engine_->oids()->Next());
  return Oid(static_cast<uint32_t>(oid));
}

Result<schema::RelationPtr> TransactionImpl::CreateEntry(schema::RelationDescriptor entry) {
  LATHE_TRY(LockName(entry.schema, entry.name));
  if (view_.GetSchema(entry.schema) == nullptr) {
    return MakeError(SqlState::kInvalidSchemaName, "the schema has been dropped");
  }
  const bool type = entry.kind == schema::RelationKind::kDomain;
  if (view_.FindRelation(entry.schema, entry.name) != nullptr) {
    return MakeError(type ? SqlState::kDuplicateObject : SqlState::kDuplicateTable,
                     (type ? "type \"" : "relation \"") + entry.name + "\" already exists");
  }
  LATHE_ASSIGN(uint64_t oid, engine_->oids()->Next());
  entry.id = RelationId(static_cast<uint32_t>(oid));
  if (entry.kind == schema::RelationKind::kSequence) {
    LATHE_ASSIGN(uint64_t state, engine_->storage_ids()->Next());
    entry.sequence.state = StorageId(state);
  }
  LATHE_TRY(engine_->locks()->LockTableObject(id_, entry.id.value,
                                              txn::TableLockMode::kAccessExclusive, lock_wait()));
  auto made = std::make_shared<const schema::RelationDescriptor>(std::move(entry));
  view_.PutRelation(made);
  return schema::RelationPtr(made);
}

Result<schema::RelationPtr> TransactionImpl::ChangeRelation(schema::RelationDescriptor next) {
  // The entry of an index is its table's affair.
  const bool index = next.kind == schema::RelationKind::kIndex;
  LATHE_TRY(LockTable(index ? next.table : next.id, txn::TableLockMode::kAccessExclusive));
  schema::RelationPtr before = view_.GetRelation(next.id);
  if (before == nullptr) {
    return MakeError(SqlState::kUndefinedTable,
                     "relation with OID " + std::to_string(next.id.value) + " does not exist");
  }
  LATHE_TRY(NeedNewest(next, *before));
  if (next.name != before->name || next.schema != before->schema) {
    LATHE_TRY(LockName(next.schema, next.name));
    if (view_.FindRelation(next.schema, next.name) != nullptr) {
      const bool type = next.kind == schema::RelationKind::kDomain;
      return MakeError(type ? SqlState::kDuplicateObject : SqlState::kDuplicateTable,
                       (type ? "type \"" : "relation \"") + next.name + "\" already exists");
    }
  }
  if (next.kind == schema::RelationKind::kSequence && next.sequence.state.value == 0) {
    LATHE_ASSIGN(uint64_t state, engine_->storage_ids()->Next());
    next.sequence.state = StorageId(state);
  }
  next.version = before->version + 1;
  auto made = std::make_shared<const schema::RelationDescriptor>(std::move(next));
  view_.PutRelation(made);
  return schema::RelationPtr(made);
}

Result<schema::RelationPtr> TransactionImpl::RewriteTable(schema::RelationDescriptor next,
                                                          const RowMap& map) {
  LATHE_ASSIGN(schema::RelationPtr before,
               LockTable(next.id, txn::TableLockMode::kAccessExclusive));
  LATHE_TRY(NeedNewest(next, *before));
  next.version = before->version + 1;
  next.schema_version = before->schema_version + 1;
  const std::vector<RelationId> indexes = next.indexes;
  LATHE_ASSIGN(schema::RelationPtr after, MakeTable(std::move(next)));
  LATHE_TRY(Rewrite(before, after, map));
  // The hidden row ids go on above those that were copied.
  if (after->has_row_id() && before->has_row_id()) {
    LATHE_ASSIGN(std::shared_ptr<Table> old_table, engine_->GetTable(before));
    LATHE_ASSIGN(std::shared_ptr<Table> new_table, engine_->GetTable(after));
    LATHE_ASSIGN(uint64_t bound, old_table->AllocateRowIds(1));
    LATHE_TRY(new_table->ObserveRowIds(bound));
    NoteRowIds(after->storage, bound);
  }
  dropped_.push_back(before->storage);
  for (RelationId id : indexes) {
    schema::RelationPtr index = view_.GetRelation(id);
    LATHE_CHECK(index != nullptr);
    LATHE_ASSIGN(schema::RelationPtr made, MakeIndex(*index, after));
    LATHE_TRY(BuildIndex(after, made));
    dropped_.push_back(index->storage);
  }
  return after;
}

Status TransactionImpl::VisitRows(const schema::RelationPtr& table, const RowVisitor& visit) {
  LATHE_TRY(LockTable(table->id, txn::TableLockMode::kShareRowExclusive));
  const Timestamp now = engine_->watermark()->Acquire();
  Status visited = [&]() -> Status {
    ++statement_;
    Result<std::unique_ptr<exec::RowSource>> source = OpenScanAt(table, {}, now);
    --statement_;
    LATHE_ASSIGN(std::unique_ptr<exec::RowSource> rows, std::move(source));
    const row::Layout layout = table->RowLayout();
    exec::Morsel morsel;
    for (;;) {
      LATHE_ASSIGN(bool more, rows->Next(&morsel));
      if (!more) return Ok();
      for (const exec::Segment& segment : morsel.segments) {
        for (uint32_t i = segment.from; i < segment.to; ++i) {
          LATHE_TRY(visit(layout, segment.page, row::RowAt(segment.page, layout.stride(), i)));
        }
      }
    }
  }();
  engine_->watermark()->Release(now);
  return visited;
}

Result<bool> TransactionImpl::HoldKey(const schema::RelationPtr& keyed,
                                      const std::vector<types::Value>& values) {
  LATHE_ASSIGN(std::shared_ptr<Table> table, engine_->GetTable(keyed));
  // Locks of single rows mean nothing to those who have locked all rows.
  LATHE_TRY(LockStorage(table->storage(), txn::TableLockMode::kRowExclusive));
  const std::string key = KeyOfValues(*keyed, *table, values);
  // A row that somebody is inserting is not there; one that somebody is deleting may stay.
  LATHE_ASSIGN(bool there, RowWriter(this, keyed, table).Exists(key));
  if (!there) return false;
  LATHE_TRY(engine_->locks()->LockRow(id_, keyspace::RowPrefix(table->storage(), key),
                                      txn::RowLockMode::kKeyShare, lock_wait()));
  return RowWriter(this, keyed, table).Exists(key);
}

Status TransactionImpl::LockValue(std::string_view value) {
  // A key of a storage that there is not.
  return engine_->locks()->LockRow(id_, keyspace::RowPrefix(StorageId(), value),
                                   txn::RowLockMode::kExclusive, lock_wait());
}

void TransactionImpl::ReadNewest(bool on) {
  if (isolation_ == txn::Isolation::kReadCommitted || on == reads_newest_) return;
  if (on) {
    reads_newest_ = true;
    has_own_snapshot_ = has_snapshot_;
    own_snapshot_ = snapshot_;
    own_snapshot_state_ = snapshot_state_;
    has_snapshot_ = false;
    return;
  }
  ReleaseSnapshot();
  reads_newest_ = false;
  has_snapshot_ = has_own_snapshot_;
  snapshot_ = own_snapshot_;
  snapshot_state_ = own_snapshot_state_;
  has_own_snapshot_ = false;
}

// Copies all rows, as they are now, into the storage of `after`, which has the same columns unless
// there is a map.
Status TransactionImpl::Rewrite(const schema::RelationPtr& before, const schema::RelationPtr& after,
                                const RowMap& map) {
  LATHE_ASSIGN(std::shared_ptr<Table> table, engine_->GetTable(after));
  LATHE_ASSIGN(uint64_t load, engine_->load_ids()->Next());
  const keyspace::KeyEncoder& encoder = table->encoder();
  LoadOptions options;
  options.sort_bytes = engine_->options().load_sort_bytes;
  options.range_free = [](std::string_view, std::string_view) { return true; };
  options.fallback = [](const char*, const char*) { return Ok(); };
  options.duplicate = [&](std::string_view key) {
    Error error = MakeError(SqlState::kUniqueViolation,
                            "could not create unique index \"" + after->primary_key_name + "\"");
    error.detail = DescribeKey(*after, encoder, key) + " is duplicated.";
    error.table_name = after->name;
    error.constraint_name = after->primary_key_name;
    return error;
  };
  int64_t row_ids = 0;  // given to rows that had none
  LATHE_ASSIGN(std::unique_ptr<LoadWriter> writer,
               LoadWriter::Begin(engine_, table, LoadId(load), std::move(options)));
  // Under the exclusive lock the newest state counts, not the statement's snapshot; own earlier
  // writes are seen.
  const Timestamp now = engine_->watermark()->Acquire();
  Status copied = [&]() -> Status {
    // Also what this statement has written: ALTER TABLE with several commands.
    ++statement_;
    Result<std::unique_ptr<exec::RowSource>> source = OpenScanAt(before, {}, now);
    --statement_;
    LATHE_ASSIGN(std::unique_ptr<exec::RowSource> rows, std::move(source));
    const row::Layout from = before->RowLayout();
    const row::Layout& to = table->layout();
    std::vector<types::Datum> datums(to.field_count());
    auto nulls = std::make_unique<bool[]>(to.field_count());
    std::string image;
    exec::Morsel morsel;
    for (;;) {
      LATHE_ASSIGN(bool more, rows->Next(&morsel));
      if (!more) return Ok();
      for (const exec::Segment& segment : morsel.segments) {
        for (uint32_t i = segment.from; i < segment.to; ++i) {
          const char* row = row::RowAt(segment.page, from.stride(), i);
          for (size_t f = 0; map == nullptr && f < to.field_count(); ++f) {
            nulls[f] = from.IsNull(row, f);
            if (!nulls[f]) datums[f] = row::ReadField(from, segment.page, row, f);
          }
          if (map != nullptr) {
            if (after->has_row_id()) {
              types::Datum& row_id = datums[to.field_count() - 1];
              nulls[to.field_count() - 1] = false;
              if (before->has_row_id()) {
                row_id = row::ReadField(from, segment.page, row, from.field_count() - 1);
              } else {
                row_id.i64 = ++row_ids;
              }
            }
            LATHE_TRY(map(from, segment.page, row, datums.data(), nulls.get()));
          }
          for (size_t f = 0; f < to.field_count(); ++f) {
            if (nulls[f] && to.field(f).null_bit < 0) {
              const schema::Column& column = after->columns[after->LiveColumns()[f]];
              Error error = MakeError(SqlState::kNotNullViolation,
                                      "column \"" + column.name + "\" of relation \"" +
                                          after->name + "\" contains null values");
              error.table_name = after->name;
              error.column_name = column.name;
              return error;
            }
          }
          image.clear();
          page::AppendImageOfDatums(to, datums.data(), nulls.get(), &image);
          LATHE_TRY(writer->Add(image.data(), image.data()));
        }
      }
    }
  }();
  engine_->watermark()->Release(now);
  LATHE_TRY(std::move(copied));
  if (row_ids > 0) {
    LATHE_TRY(table->ObserveRowIds(static_cast<uint64_t>(row_ids) + 1));
    NoteRowIds(after->storage, static_cast<uint64_t>(row_ids) + 1);
  }
  LATHE_ASSIGN(PendingLoad pending, writer->Finish());
  return AddLoad(std::move(pending));
}

}  // namespace lathe::table
