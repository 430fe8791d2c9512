#include "frontend/syscat/indexes.h"

#include <algorithm>

#include "frontend/ast/print.h"
#include "frontend/syscat/syscat.h"
#include "runtime/schema/index_parts.h"

namespace lathe::syscat {
namespace {

schema::RelationPtr NamedColumnsOnly(const schema::RelationDescriptor& index) {
  auto shown = std::make_shared<schema::RelationDescriptor>(index);
  shown->columns.resize(index.key_columns);
  shown->key.resize(index.key_columns);
  for (schema::Column& column : shown->columns) column.not_null = false;
  return shown;
}

/// " INCLUDE (a, b)": columns of entries that are neither named nor part of the table's key.
std::string IncludeText(schema::CatalogReader* catalog, const schema::RelationDescriptor& shown) {
  schema::RelationPtr index = catalog->GetRelation(shown.id);
  schema::RelationPtr table = catalog->GetRelation(shown.table);
  if (index == nullptr || table == nullptr) return "";
  std::string text;
  for (uint32_t i = index->key_columns; i < index->first_tie; ++i) {
    const uint32_t source = index->sources[i];
    const bool of_key = source == schema::kRowIdSource ||
                        std::any_of(table->key.begin(), table->key.end(),
                                    [&](const auto& part) { return part.column == source; });
    if (of_key) continue;
    text +=
        (text.empty() ? " INCLUDE (" : ", ") + ast::QuoteIdentifier(table->columns[source].name);
  }
  return text.empty() ? text : text + ")";
}

std::string ColumnText(const schema::RelationDescriptor& index, size_t i,
                       const IndexExpressionFunction& shown) {
  const uint32_t column = index.key[i].column;
  if (index.sources[column] == schema::kExpressionSource) {
    return shown(index, index.columns[column].generated_sql, true);
  }
  return ast::QuoteIdentifier(index.columns[column].name);
}

/// As it is stored.
std::string AsStored(const schema::RelationDescriptor&, const std::string& sql, bool of_key) {
  if (of_key) return schema::ShownInIndex(sql);
  const bool column = std::all_of(sql.begin(), sql.end(), [](char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
  return column ? sql : "(" + sql + ")";
}

}  // namespace

schema::RelationPtr PrimaryKeyIndex(const schema::RelationDescriptor& table) {
  auto index = std::make_shared<schema::RelationDescriptor>();
  index->id = RelationId(table.primary_key_oid.value);
  index->schema = table.schema;
  index->name = table.primary_key_name;
  index->kind = schema::RelationKind::kIndex;
  index->version = table.version;
  index->table = table.id;
  index->unique = true;
  index->is_constraint = true;
  index->key_columns = static_cast<uint32_t>(table.key.size());
  for (const schema::KeyColumn& part : table.key) {
    schema::Column column;
    column.number = ColumnNumber(static_cast<uint16_t>(index->columns.size() + 1));
    column.name = table.columns[part.column].name;
    column.type = table.columns[part.column].type;
    index->key.push_back(
        {static_cast<uint32_t>(index->columns.size()), part.descending, part.nulls_first});
    index->sources.push_back(part.column);
    index->columns.push_back(std::move(column));
  }
  return index;
}

schema::RelationPtr FindIndex(schema::CatalogReader* catalog, Oid oid) {
  if (!oid) return nullptr;
  schema::RelationPtr relation = catalog->GetRelation(RelationId(oid.value));
  if (relation != nullptr) {
    return relation->kind == schema::RelationKind::kIndex ? NamedColumnsOnly(*relation) : nullptr;
  }
  for (const schema::RelationPtr& table : catalog->Relations()) {
    if (table->kind == schema::RelationKind::kTable && HasPrimaryKey(*table) &&
        table->primary_key_oid == oid) {
      return PrimaryKeyIndex(*table);
    }
  }
  return nullptr;
}

std::vector<schema::RelationPtr> IndexesOf(schema::CatalogReader* catalog,
                                           const schema::RelationDescriptor& table) {
  std::vector<schema::RelationPtr> indexes;
  if (HasPrimaryKey(table)) indexes.push_back(PrimaryKeyIndex(table));
  for (RelationId id : table.indexes) {
    schema::RelationPtr index = catalog->GetRelation(id);
    if (index != nullptr) indexes.push_back(NamedColumnsOnly(*index));
  }
  return indexes;
}

schema::RelationPtr FindPrimaryKey(schema::CatalogReader* catalog, SchemaId schema,
                                   std::string_view name) {
  for (const schema::RelationPtr& relation : catalog->Relations()) {
    if (relation->schema == schema && HasPrimaryKey(*relation) &&
        relation->primary_key_name == name) {
      return PrimaryKeyIndex(*relation);
    }
  }
  return nullptr;
}

std::string IndexText(schema::CatalogReader* catalog, const schema::RelationDescriptor& index) {
  return IndexText(
      catalog, index,
      [&](const schema::RelationDescriptor& table) {
        auto schema = catalog->GetSchema(table.schema);
        return (schema == nullptr ? "" : ast::QuoteIdentifier(schema->name) + ".") +
               ast::QuoteIdentifier(table.name);
      },
      AsStored);
}

std::string IndexText(schema::CatalogReader* catalog, const schema::RelationDescriptor& index,
                      const NameFunction& table_name, const IndexExpressionFunction& shown) {
  std::string text = index.unique || index.is_constraint ? "CREATE UNIQUE INDEX " : "CREATE INDEX ";
  text += ast::QuoteIdentifier(index.name) + " ON ";
  schema::RelationPtr table = catalog->GetRelation(index.table);
  text += (table == nullptr ? std::string("\"\"") : table_name(*table)) + " USING btree (";
  for (size_t i = 0; i < index.key.size(); ++i) {
    const schema::KeyColumn& part = index.key[i];
    if (i != 0) text += ", ";
    text += ColumnText(index, i, shown);
    if (part.descending) text += " DESC";
    if (part.descending != part.nulls_first)
      text += part.nulls_first ? " NULLS FIRST" : " NULLS LAST";
  }
  text += ")";
  text += IncludeText(catalog, index);
  if (index.nulls_not_distinct) text += " NULLS NOT DISTINCT";
  if (index.fillfactor != 100) {
    text += " WITH (fillfactor='" + std::to_string(index.fillfactor) + "')";
  }
  if (const std::string_view where = schema::PredicateOf(index); !where.empty()) {
    text += " WHERE " + shown(index, std::string(where), false);
  }
  return text;
}

namespace {

std::string ColumnList(const schema::RelationDescriptor& table,
                       const std::vector<uint32_t>& columns) {
  std::string text = "(";
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i != 0) text += ", ";
    text += ast::QuoteIdentifier(table.columns[columns[i]].name);
  }
  return text + ")";
}

std::string CheckText(const schema::CheckConstraint& check, const std::string& condition) {
  return "CHECK (" + condition + ")" + (check.no_inherit ? " NO INHERIT" : "") +
         (check.validated ? "" : " NOT VALID");
}

std::string ForeignKeyText(schema::CatalogReader* catalog, const schema::RelationDescriptor& table,
                           const schema::ForeignKey& key, const NameFunction& name_of) {
  using Action = schema::ForeignKey::Action;
  schema::RelationPtr parent = catalog->GetRelation(key.parent);
  std::string text = "FOREIGN KEY " + ColumnList(table, key.columns) + " REFERENCES ";
  if (parent != nullptr) {
    text += name_of(*parent) + ColumnList(*parent, key.parent_columns);
  }
  if (key.match_full) text += " MATCH FULL";
  auto action = [&](const char* event, Action what) {
    static constexpr const char* kNames[] = {"", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"};
    if (what != Action::kNoAction) {
      text += std::string(" ON ") + event + " " + kNames[static_cast<size_t>(what)];
    }
  };
  action("UPDATE", key.on_update);
  action("DELETE", key.on_delete);
  if (!key.set_columns.empty()) text += " " + ColumnList(table, key.set_columns);
  if (key.deferrable) text += " DEFERRABLE";
  if (key.initially_deferred) text += " INITIALLY DEFERRED";
  if (!key.validated) text += " NOT VALID";
  return text;
}

}  // namespace

std::string ConstraintDefinition(schema::CatalogReader* catalog, Oid constraint,
                                 const NameFunction& name_of, const CheckFunction& check_of) {
  for (const schema::RelationPtr& relation : catalog->Relations()) {
    for (const schema::CheckConstraint& check : relation->checks) {
      if (check.oid == constraint) return CheckText(check, check_of(*relation, check));
    }
    for (const schema::ForeignKey& key : relation->foreign_keys) {
      if (key.oid == constraint) return ForeignKeyText(catalog, *relation, key, name_of);
    }
  }
  schema::RelationPtr index = FindIndex(catalog, constraint);
  if (index == nullptr || !index->is_constraint) return "";
  schema::RelationPtr table = catalog->GetRelation(index->table);
  std::string text = table != nullptr && IsPrimaryKey(*table, *index) ? "PRIMARY KEY" : "UNIQUE";
  if (index->nulls_not_distinct) text += " NULLS NOT DISTINCT";
  text += " (";
  for (size_t i = 0; i < index->key.size(); ++i) {
    if (i != 0) text += ", ";
    text += ColumnText(*index, i, AsStored);
  }
  text += ")" + IncludeText(catalog, *index);
  const bool primary = table != nullptr && IsPrimaryKey(*table, *index);
  if (primary ? table->deferrable : index->deferrable) text += " DEFERRABLE";
  if (!primary && index->initially_deferred) text += " INITIALLY DEFERRED";
  return text;
}

std::string CommentOf(schema::CatalogReader* catalog, Oid object, int column) {
  schema::RelationPtr relation = catalog->GetRelation(RelationId(object.value));
  if (column != 0) {
    if (relation == nullptr) return "";
    for (const schema::Column& c : relation->columns) {
      if (c.number.value == column && !c.dropped) return c.comment;
    }
    return "";
  }
  for (const schema::RelationPtr& table : catalog->Relations()) {
    if (!table->primary_key_name.empty() && table->primary_key_oid == object) {
      return table->key_comment;
    }
  }
  if (relation != nullptr) {
    // A UNIQUE constraint and its index have one number.
    const bool index = relation->kind == schema::RelationKind::kIndex;
    return index && relation->comment.empty() ? relation->key_comment : relation->comment;
  }
  for (const schema::RelationPtr& table : catalog->Relations()) {
    for (const schema::CheckConstraint& check : table->checks) {
      if (check.oid == object) return check.comment;
    }
    for (const schema::ForeignKey& key : table->foreign_keys) {
      if (key.oid == object) return key.comment;
    }
  }
  return "";
}

std::string ShownExpression(std::string_view sql, const std::function<std::string(Oid)>& name_of) {
  // 'number'::regclass becomes 'name'::regclass.
  static constexpr std::string_view kEnd = "'::regclass";
  std::string text;
  size_t at = 0;
  for (;;) {
    const size_t end = sql.find(kEnd, at);
    if (end == std::string_view::npos) break;
    size_t begin = end;
    while (begin > at && sql[begin - 1] >= '0' && sql[begin - 1] <= '9') --begin;
    text += sql.substr(at, begin - at);
    if (begin < end && begin > 0 && sql[begin - 1] == '\'') {
      text += name_of(
          Oid(static_cast<uint32_t>(std::stoul(std::string(sql.substr(begin, end - begin))))));
    } else {
      text += sql.substr(begin, end - begin);
    }
    text += kEnd;
    at = end + kEnd.size();
  }
  return text + std::string(sql.substr(at));
}

std::string IndexDefinition(schema::CatalogReader* catalog, Oid oid, int column,
                            const NameFunction& table_name, const IndexExpressionFunction& shown) {
  schema::RelationPtr index = FindIndex(catalog, oid);
  if (index == nullptr) return "";
  if (column == 0) return IndexText(catalog, *index, table_name, shown);
  if (column < 0 || static_cast<size_t>(column) > index->key.size()) return "";
  return ColumnText(*index, static_cast<size_t>(column - 1), shown);
}

}  // namespace lathe::syscat
