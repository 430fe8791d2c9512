// CREATE and DROP INDEX: what an index is made of (schema::RelationDescriptor), and its first
// entries.
#include <algorithm>

#include "storage/table/index_writer.h"

namespace lathe::table {
namespace {

schema::Column ColumnFor(const schema::RelationDescriptor& table, uint32_t source, size_t number) {
  schema::Column column;
  if (source == schema::kRowIdSource) {
    column.name = "row id";
    column.type = types::Type(types::TypeId::kInt8);
    column.not_null = true;
  } else {
    column.name = table.columns[source].name;
    column.type = table.columns[source].type;
    column.not_null = table.columns[source].not_null;
  }
  column.number = ColumnNumber(static_cast<uint16_t>(number));
  return column;
}

/// What tells rows of the table apart, in the order of its key.
std::vector<schema::KeyColumn> RowKeyOf(const schema::RelationDescriptor& table) {
  if (table.has_row_id()) return {{schema::kRowIdSource}};
  return table.key;
}

/// Columns and key of an index over named columns of the table and expressions.
void SetColumns(const schema::RelationDescriptor& table,
                const std::vector<schema::KeyColumn>& named,
                std::vector<schema::Column> expressions, const std::vector<uint32_t>& included,
                schema::RelationDescriptor* index) {
  index->columns.clear();
  index->sources.clear();
  index->key.clear();
  auto add = [&](uint32_t source) {
    index->columns.push_back(ColumnFor(table, source, index->columns.size() + 1));
    index->sources.push_back(source);
    return static_cast<uint32_t>(index->columns.size() - 1);
  };
  bool nullable = false;
  size_t next = 0;
  for (const schema::KeyColumn& column : named) {
    if (column.column == schema::kExpressionSource) {
      schema::Column value = std::move(expressions[next++]);
      value.number = ColumnNumber(static_cast<uint16_t>(index->columns.size() + 1));
      index->key.push_back(
          {static_cast<uint32_t>(index->columns.size()), column.descending, column.nulls_first});
      index->columns.push_back(std::move(value));
      index->sources.push_back(schema::kExpressionSource);
      nullable = true;
      continue;
    }
    index->key.push_back({add(column.column), column.descending, column.nulls_first});
    nullable |= !table.columns[column.column].not_null;
  }
  index->key_columns = static_cast<uint32_t>(named.size());
  const std::vector<schema::KeyColumn> row_key = RowKeyOf(table);
  for (const schema::KeyColumn& part : row_key) {
    if (std::find(index->sources.begin(), index->sources.end(), part.column) !=
        index->sources.end()) {
      continue;
    }
    const uint32_t column = add(part.column);
    if (!index->unique) index->key.push_back({column});
  }
  for (uint32_t column : included) {
    if (std::find(index->sources.begin(), index->sources.end(), column) == index->sources.end()) {
      add(column);
    }
  }
  index->first_tie = static_cast<uint32_t>(index->columns.size());
  if (!index->unique || !nullable || index->nulls_not_distinct) return;
  for (const schema::KeyColumn& part : row_key) {
    const uint32_t column = add(part.column);
    index->columns[column].not_null = false;
    index->key.push_back({column});
  }
}

/// What INCLUDE has added: neither named nor part of the table's key.
std::vector<uint32_t> IncludedColumns(const schema::RelationDescriptor& index,
                                      const schema::RelationDescriptor& table) {
  std::vector<uint32_t> included;
  for (uint32_t i = index.key_columns; i < index.first_tie; ++i) {
    const uint32_t source = index.sources[i];
    if (source == schema::kRowIdSource || table.columns[source].dropped) continue;
    included.push_back(source);
  }
  return included;
}

/// The named columns of an index, as columns of its table.
std::vector<schema::KeyColumn> NamedColumns(const schema::RelationDescriptor& index) {
  std::vector<schema::KeyColumn> named;
  for (uint32_t i = 0; i < index.key_columns; ++i) {
    schema::KeyColumn part = index.key[i];
    part.column = index.sources[part.column];
    named.push_back(part);
  }
  return named;
}

}  // namespace

Result<schema::RelationPtr> TransactionImpl::MakeIndex(schema::RelationDescriptor index,
                                                       const schema::RelationPtr& table) {
  std::vector<schema::Column> expressions;
  for (size_t i = 0; i < index.sources.size(); ++i) {
    if (index.sources[i] == schema::kExpressionSource) expressions.push_back(index.columns[i]);
  }
  if (!schema::IsPlain(index)) {
    // Columns of other types may give them other types.
    const row::Layout rows = table->RowLayout();
    LATHE_ASSIGN(std::unique_ptr<IndexExpressions> bound, ExpressionsOf(*table, index, rows, 0));
    const std::vector<types::Type> types = bound->types();
    for (size_t i = 0; i < expressions.size(); ++i) expressions[i].type = types[i];
  }
  SetColumns(*table, NamedColumns(index), std::move(expressions), IncludedColumns(index, *table),
             &index);
  ++index.version;
  ++index.schema_version;
  return MakeTable(std::move(index));
}

Result<schema::RelationPtr> TransactionImpl::CreateIndex(const IndexSpec& spec) {
  // Against writers, and against others who change the list of indexes.
  LATHE_ASSIGN(schema::RelationPtr table,
               LockTable(spec.table, txn::TableLockMode::kShareRowExclusive));
  schema::RelationDescriptor index;
  index.kind = schema::RelationKind::kIndex;
  index.schema = table->schema;
  index.table = table->id;
  index.name = spec.name;
  index.unique = spec.unique;
  index.nulls_not_distinct = spec.nulls_not_distinct;
  index.is_constraint = spec.constraint;
  index.fillfactor = spec.fillfactor;
  LATHE_TRY(LockName(index.schema, index.name));
  const std::string name = FreeRelationName(index.schema, index.name);
  if (name != index.name) {
    if (!spec.choose_name) {
      return MakeError(SqlState::kDuplicateTable, "relation \"" + index.name + "\" already exists");
    }
    index.name = name;
    LATHE_TRY(LockName(index.schema, index.name));
  }
  LATHE_ASSIGN(uint64_t oid, engine_->oids()->Next());
  index.id = RelationId(static_cast<uint32_t>(oid));
  index.deferrable = spec.deferrable;
  index.initially_deferred = spec.initially_deferred;
  SetColumns(*table, spec.columns, spec.expressions, spec.include, &index);
  if (!spec.predicate.empty()) {
    schema::CheckConstraint where;
    where.sql = spec.predicate;
    index.checks.push_back(std::move(where));
  }
  LATHE_ASSIGN(schema::RelationPtr made, MakeTable(std::move(index)));
  LATHE_TRY(BuildIndex(table, made));
  schema::RelationDescriptor next = *table;
  ++next.version;
  next.indexes.push_back(made->id);
  view_.PutRelation(std::make_shared<const schema::RelationDescriptor>(std::move(next)));
  return made;
}

Status TransactionImpl::DropIndex(RelationId id) {
  schema::RelationPtr index = view_.GetRelation(id);
  if (index != nullptr) {
    LATHE_TRY(LockTable(index->table, txn::TableLockMode::kAccessExclusive));
    index = view_.GetRelation(id);
  }
  if (index == nullptr) {
    return MakeError(SqlState::kUndefinedObject,
                     "index with OID " + std::to_string(id.value) + " does not exist");
  }
  schema::RelationDescriptor table = *view_.GetRelation(index->table);
  ++table.version;
  std::erase(table.indexes, id);
  view_.PutRelation(std::make_shared<const schema::RelationDescriptor>(std::move(table)));
  view_.DropRelation(id);
  dropped_.push_back(index->storage);
  return Ok();
}

// Entries of all rows as they are now: a few as single changes, many as a load.
Status TransactionImpl::BuildIndex(const schema::RelationPtr& table,
                                   const schema::RelationPtr& index) {
  LATHE_ASSIGN(std::shared_ptr<Table> entries, engine_->GetTable(index));
  LATHE_ASSIGN(std::shared_ptr<Table> rows_table, engine_->GetTable(table));
  const bool own_table =
      std::find(created_.begin(), created_.end(), table->storage) != created_.end();
  if (own_table || rows_table->NewestIs(snapshot_)) exact_indexes_.insert(index->storage);
  const keyspace::KeyEncoder& encoder = entries->encoder();
  auto duplicate = [&](std::string_view key) {
    Error error = MakeError(SqlState::kUniqueViolation,
                            "could not create unique index \"" + index->name + "\"");
    error.detail = DescribeKey(*index, encoder, key) + " is duplicated.";
    error.table_name = table->name;
    error.constraint_name = index->name;
    return error;
  };
  const row::Layout rows = table->RowLayout();
  LATHE_ASSIGN(
      std::unique_ptr<EntryMaker> maker,
      EntryMaker::For(this, *table, index, rows, entries->layout(), 0, rows.field_count() - 1));
  std::vector<std::pair<std::string, std::string>> few;  // key, entry
  std::unique_ptr<LoadWriter> load;
  auto start_load = [&]() -> Status {
    LATHE_ASSIGN(uint64_t id, engine_->load_ids()->Next());
    LoadOptions options;
    options.sort_bytes = engine_->options().load_sort_bytes;
    options.range_free = [](std::string_view, std::string_view) { return true; };
    options.fallback = [](const char*, const char*) { return Ok(); };
    options.duplicate = duplicate;
    LATHE_ASSIGN(load, LoadWriter::Begin(engine_, entries, LoadId(id), std::move(options)));
    for (const auto& [key, image] : few) LATHE_TRY(load->Add(image.data(), image.data()));
    few.clear();
    return Ok();
  };
  auto add_all = [&](exec::RowSource* source) -> Status {
    std::string image;
    exec::Morsel morsel;
    for (;;) {
      LATHE_ASSIGN(bool more, source->Next(&morsel));
      if (!more) return Ok();
      for (const exec::Segment& segment : morsel.segments) {
        for (uint32_t i = segment.from; i < segment.to; ++i) {
          LATHE_ASSIGN(bool has, maker->Make(segment.page,
                                             row::RowAt(segment.page, rows.stride(), i), &image));
          if (!has) continue;
          if (load != nullptr) {
            LATHE_TRY(load->Add(image.data(), image.data()));
            continue;
          }
          few.emplace_back(encoder.RowKey(image.data(), image.data()), image);
          if (few.size() >= engine_->options().load_rows_min) LATHE_TRY(start_load());
        }
      }
    }
  };
  // Under the lock the newest state counts, not the statement's snapshot; own writes are seen,
  // those of this statement too (ALTER TABLE with several commands).
  const Timestamp now = engine_->watermark()->Acquire();
  ++statement_;
  Result<std::unique_ptr<exec::RowSource>> source = OpenScanAt(table, {}, now);
  --statement_;
  Status added = source.ok() ? add_all(source->get()) : Status(std::move(source).error());
  source = std::unique_ptr<exec::RowSource>();
  engine_->watermark()->Release(now);
  LATHE_TRY(std::move(added));
  if (load != nullptr) {
    LATHE_ASSIGN(PendingLoad pending, load->Finish());
    return AddLoad(std::move(pending));
  }
  std::sort(few.begin(), few.end());
  for (size_t i = 0; i < few.size(); ++i) {
    if (i > 0 && few[i].first == few[i - 1].first) return duplicate(few[i].first);
    LATHE_TRY(buffer_.Put(entries->storage(), entries->schema_version(), few[i].first,
                          few[i].second, statement_, 1));
  }
  return Ok();
}

}  // namespace lathe::table
