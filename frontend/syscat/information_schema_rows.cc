// Rows of information_schema.
#include "frontend/syscat/facts.h"
#include "frontend/syscat/indexes.h"
#include "frontend/syscat/specs.h"

namespace lathe::syscat {
namespace {

using schema::RelationDescriptor;
using types::Type;
using types::TypeId;

void AddRelation(const Source& source, const RelationDescriptor& relation, bool view,
                 RowWriter* rows) {
  const bool table = relation.kind == schema::RelationKind::kTable;
  rows->Set("table_catalog", source.database)
      .Set("table_schema", SchemaNameOf(source, relation))
      .Set("table_name", relation.name)
      .Set("table_type", view ? "VIEW" : "BASE TABLE")
      .Set("is_insertable_into", table ? "YES" : "NO")
      .Set("is_typed", "NO")
      .EndRow();
}

/// The name without modifier, as the standard spells it.
std::string DataType(const Type& type) {
  if (type.id == TypeId::kArray) return "ARRAY";
  if (type.id == TypeId::kBpChar) return "character";
  return types::FormatType(Type(type.id));
}

void SetTextFacts(const Type& type, RowWriter* rows) {
  constexpr int kBytesOfCharacter = 4;
  constexpr int kLongest = 1 << 30;
  if (type.id != TypeId::kText && type.id != TypeId::kVarchar && type.id != TypeId::kBpChar) return;
  if (type.id != TypeId::kText && type.typmod > 4) {
    rows->Set("character_maximum_length", type.typmod - 4)
        .Set("character_octet_length", kBytesOfCharacter * (type.typmod - 4));
  } else {
    rows->Set("character_octet_length", kLongest);
  }
}

void SetNumberFacts(const Type& type, RowWriter* rows) {
  auto binary = [&](int precision) -> RowWriter& {
    return rows->Set("numeric_precision", precision).Set("numeric_precision_radix", 2);
  };
  switch (type.id) {
    case TypeId::kInt2:
      binary(16).Set("numeric_scale", 0);
      break;
    case TypeId::kInt4:
      binary(32).Set("numeric_scale", 0);
      break;
    case TypeId::kInt8:
      binary(64).Set("numeric_scale", 0);
      break;
    case TypeId::kFloat4:
      binary(24);
      break;
    case TypeId::kFloat8:
      binary(53);
      break;
    case TypeId::kNumeric:
      rows->Set("numeric_precision_radix", 10);
      if (type.typmod >= 4) {
        const int packed = type.typmod - 4;
        rows->Set("numeric_precision", packed >> 16 & 0xffff)
            .Set("numeric_scale", ((packed & 0x7ff) ^ 1024) - 1024);
      }
      break;
    default:
      break;
  }
}

void SetTimeFacts(const Type& type, RowWriter* rows) {
  constexpr int kMicroseconds = 6;
  if (type.id == TypeId::kDate) {
    rows->Set("datetime_precision", 0);
  } else if (type.id == TypeId::kTimestamp || type.id == TypeId::kTimestampTz) {
    rows->Set("datetime_precision", type.typmod >= 0 ? type.typmod : kMicroseconds);
  } else if (type.id == TypeId::kInterval) {
    const int precision = type.typmod & 0xffff;
    const bool given = type.typmod >= 0 && precision != 0xffff;
    rows->Set("datetime_precision", given ? precision : kMicroseconds);
  }
}

void SetIdentityFacts(const Source& source, const RelationDescriptor& table,
                      const schema::Column& column, RowWriter* rows) {
  for (const schema::RelationPtr& sequence : source.catalog->Relations()) {
    if (sequence->kind != schema::RelationKind::kSequence || sequence->sequence.owner != table.id ||
        sequence->sequence.owner_column != column.number) {
      continue;
    }
    const schema::SequenceOptions& options = sequence->sequence;
    rows->Set("identity_start", std::to_string(options.start))
        .Set("identity_increment", std::to_string(options.increment))
        .Set("identity_maximum", std::to_string(options.max_value))
        .Set("identity_minimum", std::to_string(options.min_value))
        .Set("identity_cycle", options.cycle ? "YES" : "NO");
  }
}

void AddColumns(const Source& source, const RelationDescriptor& relation, RowWriter* rows) {
  const bool table = relation.kind == schema::RelationKind::kTable;
  const std::string schema = SchemaNameOf(source, relation);
  for (const schema::Column& column : relation.columns) {
    if (column.dropped) continue;
    rows->Set("table_catalog", source.database)
        .Set("table_schema", schema)
        .Set("table_name", relation.name)
        .Set("column_name", column.name)
        .Set("ordinal_position", column.number)
        .Set("is_nullable", column.not_null ? "NO" : "YES")
        .Set("data_type", DataType(column.type))
        .Set("udt_catalog", source.database)
        .Set("udt_schema", "pg_catalog")
        .Set("udt_name", types::CatalogName(column.type))
        .Set("dtd_identifier", std::to_string(column.number.value))
        .Set("is_self_referencing", "NO")
        .Set("is_identity", column.identity == schema::Identity::kNone ? "NO" : "YES")
        .Set("identity_cycle", "NO")
        .Set("is_generated", column.generated_sql.empty() ? "NEVER" : "ALWAYS")
        .Set("is_updatable", table ? "YES" : "NO");
    if (!column.generated_sql.empty()) {
      rows->Set("generation_expression", column.generated_sql);
    } else if (column.identity != schema::Identity::kNone) {
      rows->Set("identity_generation",
                column.identity == schema::Identity::kAlways ? "ALWAYS" : "BY DEFAULT");
      SetIdentityFacts(source, relation, column, rows);
    } else if (!column.default_sql.empty()) {
      rows->Set("column_default", ShownExpression(column.default_sql, [&](Oid oid) {
                  schema::RelationPtr named = source.catalog->GetRelation(RelationId(oid.value));
                  return named == nullptr ? std::to_string(oid.value) : named->name;
                }));
    }
    SetTextFacts(column.type, rows);
    SetNumberFacts(column.type, rows);
    SetTimeFacts(column.type, rows);
    rows->EndRow();
  }
}

}  // namespace

void ProduceSchemaSchemata(const Source& source, RowWriter* rows) {
  for (const auto& schema : source.catalog->Schemas()) {
    rows->Set("catalog_name", source.database)
        .Set("schema_name", schema->name)
        .Set("schema_owner", source.role)
        .EndRow();
  }
}

void ProduceSchemaTables(const Source& source, RowWriter* rows) {
  ForEachTable(source,
               [&](const RelationDescriptor& table) { AddRelation(source, table, false, rows); });
  ForEachView(source,
              [&](const RelationDescriptor& view) { AddRelation(source, view, true, rows); });
  for (const TableSpec& spec : AllSpecs()) {
    AddRelation(source, *DescriptorOf(spec), spec.kind == 'v', rows);
  }
}

void ProduceSchemaColumns(const Source& source, RowWriter* rows) {
  ForEachTable(source, [&](const RelationDescriptor& table) { AddColumns(source, table, rows); });
  ForEachView(source, [&](const RelationDescriptor& view) { AddColumns(source, view, rows); });
  for (const TableSpec& spec : AllSpecs()) AddColumns(source, *DescriptorOf(spec), rows);
}

void ProduceSchemaConstraints(const Source& source, RowWriter* rows) {
  ForEachTable(source, [&](const RelationDescriptor& table) {
    const std::string schema = SchemaNameOf(source, table);
    for (const schema::RelationPtr& index : IndexesOf(source.catalog, table)) {
      if (!index->is_constraint) continue;
      rows->Set("constraint_catalog", source.database)
          .Set("constraint_schema", schema)
          .Set("constraint_name", index->name)
          .Set("table_catalog", source.database)
          .Set("table_schema", schema)
          .Set("table_name", table.name)
          .Set("constraint_type", IsPrimaryKey(table, *index) ? "PRIMARY KEY" : "UNIQUE")
          .Set("is_deferrable", "NO")
          .Set("initially_deferred", "NO")
          .Set("enforced", "YES")
          .EndRow();
    }
    auto add = [&](const std::string& name, const char* type, bool deferrable, bool deferred) {
      rows->Set("constraint_catalog", source.database)
          .Set("constraint_schema", schema)
          .Set("constraint_name", name)
          .Set("table_catalog", source.database)
          .Set("table_schema", schema)
          .Set("table_name", table.name)
          .Set("constraint_type", type)
          .Set("is_deferrable", deferrable ? "YES" : "NO")
          .Set("initially_deferred", deferred ? "YES" : "NO")
          .Set("enforced", "YES")
          .EndRow();
    };
    for (const auto& check : table.checks) add(check.name, "CHECK", false, false);
    for (const auto& key : table.foreign_keys) {
      add(key.name, "FOREIGN KEY", key.deferrable, key.initially_deferred);
    }
  });
}

void ProduceSchemaSequences(const Source& source, RowWriter* rows) {
  for (const schema::RelationPtr& sequence : source.catalog->Relations()) {
    if (sequence->kind != schema::RelationKind::kSequence || sequence->sequence.identity) continue;
    const schema::SequenceOptions& options = sequence->sequence;
    const Type type(options.type);
    rows->Set("sequence_catalog", source.database)
        .Set("sequence_schema", SchemaNameOf(source, *sequence))
        .Set("sequence_name", sequence->name)
        .Set("data_type", DataType(type))
        .Set("numeric_precision", type.id == TypeId::kInt2   ? 16
                                  : type.id == TypeId::kInt4 ? 32
                                                             : 64)
        .Set("numeric_precision_radix", 2)
        .Set("numeric_scale", 0)
        .Set("start_value", std::to_string(options.start))
        .Set("minimum_value", std::to_string(options.min_value))
        .Set("maximum_value", std::to_string(options.max_value))
        .Set("increment", std::to_string(options.increment))
        .Set("cycle_option", options.cycle ? "YES" : "NO")
        .EndRow();
  }
}

void ProduceSchemaKeyColumns(const Source& source, RowWriter* rows) {
  ForEachTable(source, [&](const RelationDescriptor& table) {
    const std::string schema = SchemaNameOf(source, table);
    for (const schema::RelationPtr& index : IndexesOf(source.catalog, table)) {
      if (!index->is_constraint) continue;
      for (size_t i = 0; i < index->key.size(); ++i) {
        rows->Set("constraint_catalog", source.database)
            .Set("constraint_schema", schema)
            .Set("constraint_name", index->name)
            .Set("table_catalog", source.database)
            .Set("table_schema", schema)
            .Set("table_name", table.name)
            .Set("column_name", index->columns[index->key[i].column].name)
            .Set("ordinal_position", i + 1)
            .EndRow();
      }
    }
  });
}

}  // namespace lathe::syscat
