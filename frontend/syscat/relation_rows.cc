// Rows about relations: pg_namespace, pg_class, pg_attribute, pg_index, pg_constraint and the views
// over them.
#include <algorithm>

#include "frontend/syscat/facts.h"
#include "frontend/syscat/indexes.h"
#include "frontend/syscat/specs.h"

namespace lathe::syscat {
namespace {

using schema::Column;
using schema::RelationDescriptor;

/// What all rows of pg_class have in common.
RowWriter& BeginClass(const Source* source, const RelationDescriptor& relation, char kind,
                      RowWriter* rows) {
  const bool temporary =
      source != nullptr && SchemaNameOf(*source, relation).starts_with("pg_temp_");
  return rows->Set("oid", relation.id)
      .Set("relname", relation.name)
      .Set("relnamespace", relation.schema)
      .Set("relowner", kOwnerRole)
      .Set("relpersistence", temporary ? 't' : 'p')
      .Set("relkind", kind)
      .Set("relnatts", relation.columns.size())
      .Set("relispopulated", true);
}

int32_t Clamped(double count) { return static_cast<int32_t>(std::clamp(count, 0.0, 2147483647.0)); }

bool HasIndex(const RelationDescriptor& table) {
  return HasPrimaryKey(table) || !table.indexes.empty();
}

void SetOptions(const RelationDescriptor& relation, RowWriter* rows) {
  if (relation.fillfactor == 100) return;
  rows->Set("reloptions",
            std::vector<std::string>{"fillfactor=" + std::to_string(relation.fillfactor)});
}

void AddTable(const Source& source, const RelationDescriptor& table, RowWriter* rows) {
  auto stats = source.catalog->GetStats(table.id);
  BeginClass(&source, table, 'r', rows)
      .Set("relam", kHeapAccessMethod)
      .Set("relfilenode", static_cast<uint32_t>(table.storage.value))
      .Set("relpages", Clamped(stats->page_count))
      .Set("reltuples", stats->row_count)
      .Set("relhasindex", HasIndex(table))
      .Set("relreplident", 'd');
  SetOptions(table, rows);
  rows->EndRow();
  for (const schema::RelationPtr& index : IndexesOf(source.catalog, table)) {
    BeginClass(&source, *index, 'i', rows)
        .Set("relam", kBtreeAccessMethod)
        .Set("relfilenode",
             index->storage ? static_cast<uint32_t>(index->storage.value) : index->id.value)
        .Set("reltuples", stats->row_count)
        .Set("relreplident", 'n');
    if (index->storage) {
      rows->Set("relpages", Clamped(source.catalog->GetStats(index->id)->page_count));
    }
    SetOptions(*index, rows);
    rows->EndRow();
  }
}

void AddVirtual(const TableSpec& spec, RowWriter* rows) {
  const RelationDescriptor& relation = *DescriptorOf(spec);
  BeginClass(nullptr, relation, spec.kind, rows);
  if (spec.kind == 'r') rows->Set("relam", kHeapAccessMethod).Set("reltuples", -1.0);
  rows->Set("relreplident", 'n').EndRow();
}

/// PostgreSQL keeps a dropped column under this name.
std::string AttributeName(const Column& column) {
  if (!column.dropped) return column.name;
  return "........pg.dropped." + std::to_string(column.number.value) + "........";
}

void AddAttributes(const RelationDescriptor& relation, RowWriter* rows) {
  for (const Column& column : relation.columns) {
    const types::Type& type = column.type;
    rows->Set("attrelid", relation.id)
        .Set("attname", AttributeName(column))
        .Set("atttypid", column.dropped ? Oid() : types::OidOf(type))
        .Set("attstattarget", column.dropped ? 0 : -1)
        .Set("attlen", types::CatalogLength(type))
        .Set("attnum", column.number)
        .Set("attndims", type.id == types::TypeId::kArray)
        .Set("attcacheoff", -1)
        .Set("atttypmod", type.typmod)
        .Set("attbyval", PassedByValue(type))
        .Set("attalign", AlignmentOf(type))
        .Set("attstorage", StorageOf(type))
        .Set("attnotnull", column.not_null && !column.dropped)
        .Set("atthasdef", !column.default_sql.empty() && !column.dropped)
        .Set("atthasmissing", !column.missing.is_null() && !column.dropped)
        .Set("attisdropped", column.dropped)
        .Set("attislocal", true)
        .Set("attcollation", CollationOf(type))
        .EndRow();
  }
}

/// Defaults have no number of their own in Lathe: one made of the table's and the column's.
uint32_t DefaultOid(const RelationDescriptor& table, const Column& column) {
  return 0x80000000u | ((table.id.value << 11) + column.number.value);
}

/// The table's columns in the key of an index.
std::vector<int64_t> KeyNumbers(const RelationDescriptor& table, const RelationDescriptor& index) {
  std::vector<int64_t> numbers;
  for (const schema::KeyColumn& part : index.key) {
    numbers.push_back(table.columns[index.sources[part.column]].number.value);
  }
  return numbers;
}

}  // namespace

void ProduceNamespaces(const Source& source, RowWriter* rows) {
  for (const auto& schema : source.catalog->Schemas()) {
    rows->Set("oid", schema->id).Set("nspname", schema->name).Set("nspowner", kOwnerRole).EndRow();
  }
}

void ProduceClasses(const Source& source, RowWriter* rows) {
  ForEachTable(source, [&](const RelationDescriptor& table) { AddTable(source, table, rows); });
  ForEachView(source, [&](const RelationDescriptor& view) {
    BeginClass(&source, view, 'v', rows).Set("relhasrules", true).Set("relreplident", 'n').EndRow();
  });
  for (const TableSpec& spec : AllSpecs()) AddVirtual(spec, rows);
}

void ProduceAttributes(const Source& source, RowWriter* rows) {
  ForEachTable(source, [&](const RelationDescriptor& table) {
    AddAttributes(table, rows);
    for (const schema::RelationPtr& index : IndexesOf(source.catalog, table)) {
      AddAttributes(*index, rows);
    }
  });
  ForEachView(source, [&](const RelationDescriptor& view) { AddAttributes(view, rows); });
  for (const TableSpec& spec : AllSpecs()) AddAttributes(*DescriptorOf(spec), rows);
}

void ProduceAttributeDefaults(const Source& source, RowWriter* rows) {
  ForEachTable(source, [&](const RelationDescriptor& table) {
    for (const Column& column : table.columns) {
      if (column.default_sql.empty() || column.dropped) continue;
      rows->Set("oid", DefaultOid(table, column))
          .Set("adrelid", table.id)
          .Set("adnum", column.number)
          .Set("adbin", column.default_sql)
          .EndRow();
    }
  });
}

void ProduceIndexes(const Source& source, RowWriter* rows) {
  ForEachTable(source, [&](const RelationDescriptor& table) {
    for (const schema::RelationPtr& index : IndexesOf(source.catalog, table)) {
      std::vector<int64_t> collations, options;
      for (const schema::KeyColumn& part : index->key) {
        collations.push_back(CollationOf(index->columns[part.column].type));
        options.push_back((part.descending ? 1 : 0) | (part.nulls_first ? 2 : 0));
      }
      rows->Set("indexrelid", index->id)
          .Set("indrelid", table.id)
          .Set("indnatts", index->key.size())
          .Set("indnkeyatts", index->key.size())
          .Set("indisunique", index->unique)
          .Set("indnullsnotdistinct", index->nulls_not_distinct)
          .Set("indisprimary", IsPrimaryKey(table, *index))
          .Set("indimmediate", true)
          .Set("indisvalid", true)
          .Set("indisready", true)
          .Set("indislive", true)
          .Set("indkey", KeyNumbers(table, *index))
          .Set("indcollation", collations)
          .Set("indclass", std::vector<int64_t>(index->key.size(), 0))  // there are no classes
          .Set("indoption", options)
          .EndRow();
    }
  });
}

void ProduceConstraints(const Source& source, RowWriter* rows) {
  ForEachTable(source, [&](const RelationDescriptor& table) {
    for (const schema::RelationPtr& index : IndexesOf(source.catalog, table)) {
      if (!index->is_constraint) continue;
      rows->Set("oid", index->id)
          .Set("conname", index->name)
          .Set("connamespace", table.schema)
          .Set("contype", IsPrimaryKey(table, *index) ? 'p' : 'u')
          .Set("convalidated", true)
          .Set("conrelid", table.id)
          .Set("conindid", index->id)
          .Set("confupdtype", ' ')
          .Set("confdeltype", ' ')
          .Set("confmatchtype", ' ')
          .Set("conislocal", true)
          .Set("connoinherit", true)
          .Set("conkey", KeyNumbers(table, *index))
          .EndRow();
    }
  });
}

void ProduceTableList(const Source& source, RowWriter* rows) {
  auto add = [&](const RelationDescriptor& table) {
    rows->Set("schemaname", SchemaNameOf(source, table))
        .Set("tablename", table.name)
        .Set("tableowner", source.role)
        .Set("hasindexes", HasIndex(table))
        .Set("hasrules", false)
        .Set("hastriggers", false)
        .Set("rowsecurity", false)
        .EndRow();
  };
  ForEachTable(source, add);
  for (const TableSpec& spec : AllSpecs()) {
    if (spec.kind == 'r') add(*DescriptorOf(spec));
  }
}

void ProduceIndexList(const Source& source, RowWriter* rows) {
  ForEachTable(source, [&](const RelationDescriptor& table) {
    for (const schema::RelationPtr& index : IndexesOf(source.catalog, table)) {
      rows->Set("schemaname", SchemaNameOf(source, table))
          .Set("tablename", table.name)
          .Set("indexname", index->name)
          .Set("indexdef", IndexText(source.catalog, *index))
          .EndRow();
    }
  });
}

void ProduceTableStatistics(const Source& source, RowWriter* rows) {
  ForEachTable(source, [&](const RelationDescriptor& table) {
    rows->Set("relid", table.id)
        .Set("schemaname", SchemaNameOf(source, table))
        .Set("relname", table.name)
        .Set("n_live_tup", static_cast<int64_t>(source.catalog->GetStats(table.id)->row_count))
        .EndRow();
  });
}

}  // namespace lathe::syscat
