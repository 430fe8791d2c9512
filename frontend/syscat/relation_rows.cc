// Rows about relations: pg_namespace, pg_class, pg_attribute, pg_index, pg_constraint and the views
// over them.
#include <algorithm>

#include "frontend/syscat/facts.h"
#include "frontend/syscat/indexes.h"
#include "frontend/syscat/specs.h"
#include "runtime/schema/index_parts.h"
#include "runtime/types/codec.h"

namespace lathe::syscat {
namespace {

using schema::Column;
using schema::RelationDescriptor;

/// What all rows of pg_class have in common.
RowWriter& BeginClass(const Source* source, const RelationDescriptor& relation, char kind,
                      RowWriter* rows) {
  const bool temporary =
      source != nullptr && SchemaNameOf(*source, relation).starts_with("pg_temp_");
  bool unlogged = relation.unlogged;
  if (relation.kind == schema::RelationKind::kIndex && source != nullptr) {
    schema::RelationPtr table = source->catalog->GetRelation(relation.table);
    unlogged = table != nullptr && table->unlogged;
  }
  return rows->Set("oid", relation.id)
      .Set("relname", relation.name)
      .Set("relnamespace", relation.schema)
      .Set("relowner", kOwnerRole)
      .Set("relpersistence", temporary  ? 't'
                             : unlogged ? 'u'
                                        : 'p')
      .Set("relkind", kind)
      .Set("relnatts", relation.columns.size())
      .Set("relchecks",
           relation.kind == schema::RelationKind::kIndex ? size_t{0} : relation.checks.size())
      .Set("relhastriggers", !relation.foreign_keys.empty() || !relation.referenced_by.empty())
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

/// A partition's bound as pg_get_expr(relpartbound) shows it.
std::string PartitionBoundText(const schema::PartitionBound& bound) {
  auto value = [](const types::Value& v) -> std::string {
    if (v.is_null()) return "NULL";
    std::string text;
    types::AppendText(v.type(), v.datum(), {}, &text);
    if (types::CategoryOf(v.type()) == 'N') return text[0] == '-' ? "'" + text + "'" : text;
    if (v.type().id == types::TypeId::kBool) return text == "t" ? "true" : "false";
    std::string quoted = "'";
    for (char c : text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
    return quoted + "'";
  };
  auto ends = [&](const std::vector<schema::PartitionBound::End>& list) {
    using Kind = schema::PartitionBound::End::Kind;
    std::string text;
    for (const auto& end : list) {
      if (!text.empty()) text += ", ";
      text += end.kind == Kind::kMinValue   ? "MINVALUE"
              : end.kind == Kind::kMaxValue ? "MAXVALUE"
                                            : value(end.value);
    }
    return "(" + text + ")";
  };
  if (bound.is_default) return "DEFAULT";
  if (bound.modulus != 0) {
    return "FOR VALUES WITH (modulus " + std::to_string(bound.modulus) + ", remainder " +
           std::to_string(bound.remainder) + ")";
  }
  if (!bound.from.empty()) return "FOR VALUES FROM " + ends(bound.from) + " TO " + ends(bound.to);
  std::string text;
  for (const types::Value& v : bound.values) text += (text.empty() ? "" : ", ") + value(v);
  return "FOR VALUES IN (" + text + ")";
}

void AddTable(const Source& source, const RelationDescriptor& table, RowWriter* rows) {
  auto stats = source.catalog->GetStats(table.id);
  BeginClass(&source, table, table.is_partitioned() ? 'p' : 'r', rows)
      .Set("relhassubclass", !table.children.empty())
      .Set("relispartition", table.is_partition());
  if (table.is_partition()) rows->Set("relpartbound", PartitionBoundText(*table.partition_bound));
  rows->Set("relam", table.is_partitioned() ? uint32_t{0} : kHeapAccessMethod)
      .Set("relfilenode", static_cast<uint32_t>(table.storage.value))
      .Set("relpages", Clamped(stats->page_count))
      .Set("reltuples", stats->row_count)
      .Set("relhasindex", HasIndex(table))
      .Set("relreplident", 'd');
  SetOptions(table, rows);
  rows->EndRow();
  for (const schema::RelationPtr& index : IndexesOf(source.catalog, table)) {
    BeginClass(&source, *index, table.is_partitioned() ? 'I' : 'i', rows)
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

/// An entry in pg_attrdef: a default or a generation expression, not an identity's.
bool HasDefault(const Column& column) {
  if (column.dropped || column.identity != schema::Identity::kNone) return false;
  return !column.default_sql.empty() || !column.generated_sql.empty();
}

void AddAttributes(const RelationDescriptor& relation, RowWriter* rows) {
  for (const Column& column : relation.columns) {
    const types::Type& type = column.type;
    rows->Set("attrelid", relation.id)
        .Set("attname", AttributeName(column))
        .Set("atttypid", column.dropped             ? Oid()
                         : column.domain.value != 0 ? Oid(column.domain.value)
                                                    : types::OidOf(type))
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
        .Set("atthasdef", HasDefault(column))
        .Set("attidentity", column.identity == schema::Identity::kAlways      ? 'a'
                            : column.identity == schema::Identity::kByDefault ? 'd'
                                                                              : '\0')
        .Set("attgenerated", column.generated_sql.empty() ? '\0' : 's')
        .Set("atthasmissing", !column.missing.is_null() && !column.dropped)
        .Set("attisdropped", column.dropped)
        .Set("attislocal", column.local)
        .Set("attinhcount", column.inherited)
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
    const uint32_t source = index.sources[part.column];
    numbers.push_back(source == schema::kExpressionSource ? 0 : table.columns[source].number.value);
  }
  return numbers;
}

std::vector<int64_t> Numbers(const RelationDescriptor& table,
                             const std::vector<uint32_t>& columns) {
  std::vector<int64_t> numbers;
  for (uint32_t column : columns) numbers.push_back(table.columns[column].number.value);
  return numbers;
}

void AddForeignKeyRow(const Source& source, const RelationDescriptor& table,
                      const schema::ForeignKey& key, RowWriter* rows) {
  static constexpr char kActions[] = {'a', 'r', 'c', 'n', 'd'};
  schema::RelationPtr parent = source.catalog->GetRelation(key.parent);
  if (parent == nullptr) return;
  rows->Set("oid", key.oid)
      .Set("conname", key.name)
      .Set("connamespace", table.schema)
      .Set("contype", 'f')
      .Set("condeferrable", key.deferrable)
      .Set("condeferred", key.initially_deferred)
      .Set("convalidated", key.validated)
      .Set("conrelid", table.id)
      .Set("conindid",
           key.parent_index.value != 0 ? key.parent_index.value : parent->primary_key_oid.value)
      .Set("confrelid", key.parent)
      .Set("confupdtype", kActions[static_cast<size_t>(key.on_update)])
      .Set("confdeltype", kActions[static_cast<size_t>(key.on_delete)])
      .Set("confmatchtype", key.match_full ? 'f' : 's')
      .Set("conislocal", key.part_of.value == 0)
      .Set("coninhcount", key.part_of.value == 0 ? 0 : 1)
      .Set("conparentid", key.part_of)
      .Set("connoinherit", true)
      .Set("conkey", Numbers(table, key.columns))
      .Set("confkey", Numbers(*parent, key.parent_columns))
      .EndRow();
}

}  // namespace

void ProduceNamespaces(const Source& source, RowWriter* rows) {
  for (const auto& schema : source.catalog->Schemas()) {
    rows->Set("oid", schema->id).Set("nspname", schema->name).Set("nspowner", kOwnerRole).EndRow();
  }
}

void ProduceClasses(const Source& source, RowWriter* rows) {
  ForEachTable(source, [&](const RelationDescriptor& table) { AddTable(source, table, rows); });
  for (const schema::RelationPtr& relation : source.catalog->Relations()) {
    if (relation->kind != schema::RelationKind::kSequence) continue;
    BeginClass(&source, *relation, 'S', rows)
        .Set("relfilenode", static_cast<uint32_t>(relation->sequence.state.value))
        .Set("relpages", 1)
        .Set("reltuples", 1.0)
        .Set("relreplident", 'n')
        .EndRow();
  }
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
      if (!HasDefault(column)) continue;
      rows->Set("oid", DefaultOid(table, column))
          .Set("adrelid", table.id)
          .Set("adnum", column.number)
          .Set("adbin", column.generated_sql.empty() ? column.default_sql : column.generated_sql)
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
          .Set("indisunique", index->unique || index->is_constraint)
          .Set("indnullsnotdistinct", index->nulls_not_distinct)
          .Set("indisprimary", IsPrimaryKey(table, *index))
          .Set("indimmediate",
               !(IsPrimaryKey(table, *index) ? table.deferrable : index->deferrable))
          .Set("indisvalid", true)
          .Set("indisready", true)
          .Set("indislive", true)
          .Set("indkey", KeyNumbers(table, *index))
          .Set("indcollation", collations)
          .Set("indclass", std::vector<int64_t>(index->key.size(), 0))  // there are no classes
          .Set("indoption", options);
      if (schema::HasExpressions(*index)) {
        std::string texts;
        for (size_t i = 0; i < index->sources.size(); ++i) {
          if (index->sources[i] != schema::kExpressionSource) continue;
          texts += (texts.empty() ? "" : ", ") + index->columns[i].generated_sql;
        }
        rows->Set("indexprs", texts);
      }
      if (!schema::PredicateOf(*index).empty()) rows->Set("indpred", schema::PredicateOf(*index));
      rows->EndRow();
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
          .Set("condeferrable", IsPrimaryKey(table, *index) ? table.deferrable : index->deferrable)
          .Set("condeferred", !IsPrimaryKey(table, *index) && index->initially_deferred)
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
    for (const schema::ForeignKey& key : table.foreign_keys) {
      AddForeignKeyRow(source, table, key, rows);
    }
  });
  for (const schema::RelationPtr& relation : source.catalog->Relations()) {
    const bool domain = relation->kind == schema::RelationKind::kDomain;
    if (relation->kind == schema::RelationKind::kIndex) continue;
    for (const schema::CheckConstraint& check : relation->checks) {
      rows->Set("oid", check.oid)
          .Set("conname", check.name)
          .Set("connamespace", relation->schema)
          .Set("contype", 'c')
          .Set("convalidated", check.validated)
          .Set(domain ? "contypid" : "conrelid", relation->id)
          .Set("confupdtype", ' ')
          .Set("confdeltype", ' ')
          .Set("confmatchtype", ' ')
          .Set("conislocal", check.local)
          .Set("coninhcount", check.inherited)
          .Set("connoinherit", check.no_inherit)
          .Set("conbin", check.sql)
          .EndRow();
    }
  }
}

void ProduceSequences(const Source& source, RowWriter* rows) {
  for (const schema::RelationPtr& relation : source.catalog->Relations()) {
    if (relation->kind != schema::RelationKind::kSequence) continue;
    const schema::SequenceOptions& options = relation->sequence;
    rows->Set("seqrelid", relation->id)
        .Set("seqtypid", types::OidOf(types::Type(options.type)))
        .Set("seqstart", options.start)
        .Set("seqincrement", options.increment)
        .Set("seqmax", options.max_value)
        .Set("seqmin", options.min_value)
        .Set("seqcache", options.cache)
        .Set("seqcycle", options.cycle)
        .EndRow();
  }
}

void ProduceSequenceList(const Source& source, RowWriter* rows) {
  for (const schema::RelationPtr& relation : source.catalog->Relations()) {
    if (relation->kind != schema::RelationKind::kSequence) continue;
    const schema::SequenceOptions& options = relation->sequence;
    rows->Set("schemaname", SchemaNameOf(source, *relation))
        .Set("sequencename", relation->name)
        .Set("sequenceowner", source.role)
        .Set("data_type", types::OidOf(types::Type(options.type)))
        .Set("start_value", options.start)
        .Set("min_value", options.min_value)
        .Set("max_value", options.max_value)
        .Set("increment_by", options.increment)
        .Set("cycle", options.cycle)
        .Set("cache_size", options.cache);
    if (source.sequence_last) {
      if (auto last = source.sequence_last(*relation)) rows->Set("last_value", *last);
    }
    rows->EndRow();
  }
}

void ProduceDescriptions(const Source& source, RowWriter* rows) {
  constexpr uint32_t kClass = 1259, kType = 1247, kConstraint = 2606;
  auto add = [&](uint32_t object, uint32_t catalog, int column, const std::string& text) {
    if (text.empty()) return;
    rows->Set("objoid", object)
        .Set("classoid", catalog)
        .Set("objsubid", column)
        .Set("description", text)
        .EndRow();
  };
  for (const schema::RelationPtr& relation : source.catalog->Relations()) {
    const bool type = relation->kind == schema::RelationKind::kType ||
                      relation->kind == schema::RelationKind::kDomain;
    add(relation->id.value, type ? kType : kClass, 0, relation->comment);
    for (const Column& column : relation->columns) {
      if (!column.dropped) add(relation->id.value, kClass, column.number.value, column.comment);
    }
    for (const auto& check : relation->checks) add(check.oid.value, kConstraint, 0, check.comment);
    for (const auto& key : relation->foreign_keys) {
      add(key.oid.value, kConstraint, 0, key.comment);
    }
    const bool index = relation->kind == schema::RelationKind::kIndex;
    add(index ? relation->id.value : relation->primary_key_oid.value, kConstraint, 0,
        relation->key_comment);
  }
}

void ProduceInherits(const Source& source, RowWriter* rows) {
  ForEachTable(source, [&](const RelationDescriptor& table) {
    int32_t number = 0;
    for (RelationId parent : table.parents) {
      rows->Set("inhrelid", table.id)
          .Set("inhparent", parent)
          .Set("inhseqno", ++number)
          .Set("inhdetachpending", false)
          .EndRow();
    }
  });
}

void ProducePartitionedTables(const Source& source, RowWriter* rows) {
  ForEachTable(source, [&](const RelationDescriptor& table) {
    if (!table.is_partitioned()) return;
    using Strategy = schema::PartitionKey::Strategy;
    const Strategy strategy = table.partition_key.strategy;
    std::vector<int64_t> columns;
    std::string expressions;
    for (const schema::PartitionKey::Part& part : table.partition_key.parts) {
      columns.push_back(part.sql.empty() ? table.columns[part.column].number.value : 0);
      if (!part.sql.empty()) expressions += (expressions.empty() ? "" : ", ") + part.sql;
    }
    RelationId default_partition;
    for (RelationId id : table.children) {
      schema::RelationPtr child = source.catalog->GetRelation(id);
      if (child != nullptr && child->is_partition() && child->partition_bound->is_default) {
        default_partition = id;
      }
    }
    const std::vector<int64_t> none(columns.size(), 0);
    rows->Set("partrelid", table.id)
        .Set("partstrat", strategy == Strategy::kRange  ? 'r'
                          : strategy == Strategy::kList ? 'l'
                                                        : 'h')
        .Set("partnatts", columns.size())
        .Set("partdefid", default_partition)
        .Set("partattrs", columns)
        .Set("partclass", none)
        .Set("partcollation", none);
    if (!expressions.empty()) rows->Set("partexprs", expressions);
    rows->EndRow();
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
    const ScanRow scans = source.scans ? source.scans(table.id) : ScanRow();
    rows->Set("relid", table.id)
        .Set("schemaname", SchemaNameOf(source, table))
        .Set("relname", table.name)
        .Set("seq_scan", scans.whole)
        .Set("idx_scan", scans.by_key)
        .Set("n_live_tup", static_cast<int64_t>(source.catalog->GetStats(table.id)->row_count))
        .EndRow();
  });
}

void ProduceIndexStatistics(const Source& source, RowWriter* rows) {
  ForEachTable(source, [&](const RelationDescriptor& table) {
    for (const schema::RelationPtr& index : IndexesOf(source.catalog, table)) {
      rows->Set("relid", table.id)
          .Set("indexrelid", index->id)
          .Set("schemaname", SchemaNameOf(source, table))
          .Set("relname", table.name)
          .Set("indexrelname", index->name)
          .Set("idx_scan", source.scans ? source.scans(index->id).by_key : int64_t{0})
          .EndRow();
    }
  });
}

}  // namespace lathe::syscat
