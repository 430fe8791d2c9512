// Parents and children in the catalog: PARTITION OF and INHERITS, ATTACH and DETACH, INHERIT and
// NO INHERIT.
#include <algorithm>

#include "frontend/ast/position.h"
#include "frontend/session/partition_rows.h"
#include "frontend/session/session_impl.h"
#include "runtime/schema/index_parts.h"
#include "runtime/types/codec.h"
#include "runtime/types/order.h"

namespace lathe::session {
namespace {

using Command = ast::AlterTableCommand;
using Strategy = schema::PartitionKey::Strategy;
using End = schema::PartitionBound::End;

bool Same(const types::Value& a, const types::Value& b) {
  if (a.is_null() || b.is_null()) return a.is_null() && b.is_null();
  return types::CompareByType(a.type(), a.datum(), b.datum()) == 0;
}

bool Overlap(Strategy strategy, const schema::PartitionBound& a, const schema::PartitionBound& b) {
  if (a.is_default || b.is_default) return a.is_default && b.is_default;
  switch (strategy) {
    case Strategy::kList:
      return std::any_of(a.values.begin(), a.values.end(), [&](const types::Value& x) {
        return std::any_of(b.values.begin(), b.values.end(),
                           [&](const types::Value& y) { return Same(x, y); });
      });
    case Strategy::kRange:
      return schema::CompareEnds(a.from, b.to) < 0 && schema::CompareEnds(b.from, a.to) < 0;
    case Strategy::kHash: {
      const uint32_t small = std::min(a.modulus, b.modulus);
      return a.remainder % small == b.remainder % small;
    }
    case Strategy::kNone:
      break;
  }
  return false;
}

/// Where PostgreSQL points when two bounds overlap.
int32_t OverlapLocation(Strategy strategy, const schema::PartitionBound& bound,
                        const schema::PartitionBound& theirs, const ast::PartitionBound& written) {
  if (bound.is_default || strategy == Strategy::kHash) return written.location;
  if (strategy == Strategy::kRange) {
    const bool inside = schema::CompareEnds(bound.from, theirs.from) >= 0;
    return (inside ? written.from : written.to)[0]->location;
  }
  for (size_t i = 0; i < bound.values.size() && i < written.list.size(); ++i) {
    for (const types::Value& other : theirs.values) {
      if (Same(bound.values[i], other)) return written.list[i]->location;
    }
  }
  return written.location;
}

std::string EndsText(const std::vector<End>& ends) {
  std::string text;
  for (const End& end : ends) {
    if (!text.empty()) text += ", ";
    if (end.kind == End::Kind::kMinValue) {
      text += "MINVALUE";
    } else if (end.kind == End::Kind::kMaxValue) {
      text += "MAXVALUE";
    } else {
      std::string one;
      types::AppendText(end.value.type(), end.value.datum(), {}, &one);
      const char category = types::CategoryOf(end.value.type());
      text += category == 'N' ? one : "'" + one + "'";
    }
  }
  return "(" + text + ")";
}

}  // namespace

std::vector<schema::RelationPtr> SessionImpl::DescendantsOf(
    const schema::RelationDescriptor& table) {
  std::vector<schema::RelationPtr> found;
  std::vector<RelationId> open = table.children;
  for (size_t i = 0; i < open.size(); ++i) {
    schema::RelationPtr child = catalog_->GetRelation(open[i]);
    if (child == nullptr || std::any_of(found.begin(), found.end(), [&](const auto& other) {
          return other->id == child->id;
        })) {
      continue;
    }
    open.insert(open.end(), child->children.begin(), child->children.end());
    found.push_back(std::move(child));
  }
  return found;
}

Status SessionImpl::CheckBound(const schema::RelationPtr& parent,
                               const schema::PartitionBound& bound, const std::string& name,
                               const ast::PartitionBound& written, const std::string& sql) {
  const Strategy strategy = parent->partition_key.strategy;
  if (strategy == Strategy::kRange && !bound.is_default &&
      schema::CompareEnds(bound.from, bound.to) >= 0) {
    Error error = MakeError(SqlState::kInvalidObjectDefinition,
                            "empty range bound specified for partition \"" + name + "\"",
                            ast::PositionOf(sql, written.from[0]->location));
    error.detail = "Specified lower bound " + EndsText(bound.from) +
                   " is greater than or equal to upper bound " + EndsText(bound.to) + ".";
    return error;
  }
  schema::RelationPtr default_partition;
  for (RelationId id : parent->children) {
    schema::RelationPtr other = catalog_->GetRelation(id);
    if (other == nullptr || !other->is_partition()) continue;
    const schema::PartitionBound& theirs = *other->partition_bound;
    if (theirs.is_default) default_partition = other;
    if (strategy == Strategy::kHash) {
      const uint32_t small = std::min(bound.modulus, theirs.modulus);
      const uint32_t great = std::max(bound.modulus, theirs.modulus);
      if (great % small != 0) {
        Error error =
            MakeError(SqlState::kInvalidObjectDefinition,
                      "every hash partition modulus must be a factor of the next larger modulus");
        error.detail = bound.modulus > theirs.modulus
                           ? "The new modulus " + std::to_string(bound.modulus) +
                                 " is not divisible by " + std::to_string(theirs.modulus) +
                                 ", the modulus of existing partition \"" + other->name + "\"."
                           : "The new modulus " + std::to_string(bound.modulus) +
                                 " is not a factor of " + std::to_string(theirs.modulus) +
                                 ", the modulus of existing partition \"" + other->name + "\".";
        return error;
      }
    }
    if (!Overlap(strategy, bound, theirs)) continue;
    return MakeError(
        SqlState::kInvalidObjectDefinition,
        bound.is_default
            ? "partition \"" + name + "\" conflicts with existing default partition \"" +
                  other->name + "\""
            : "partition \"" + name + "\" would overlap partition \"" + other->name + "\"",
        ast::PositionOf(sql, OverlapLocation(strategy, bound, theirs, written)));
  }
  if (default_partition == nullptr || bound.is_default) return Ok();
  // Rows of the default partition that the new one would take.
  auto stays = [&](const std::vector<types::Value>& key) {
    return !schema::Accepts(parent->partition_key, bound, key);
  };
  for (const schema::RelationPtr& rows : bind::RowsOf(default_partition, catalog_.get())) {
    LATHE_TRY(CheckRowsOfBound(rows, *parent, stays, true));
  }
  return Ok();
}

Status SessionImpl::CheckRowsOfBound(
    const schema::RelationPtr& rows, const schema::RelationDescriptor& parent,
    const std::function<bool(const std::vector<types::Value>&)>& belongs, bool of_default) {
  auto shared = std::make_shared<const schema::RelationDescriptor>(parent);
  LATHE_ASSIGN(std::unique_ptr<PartitionRouter> router, PartitionRouter::Make(this, shared));
  const std::vector<uint32_t> own = bind::MapColumns(parent, *rows);
  const row::Layout layout = rows->RowLayout();
  RowValues values(*rows, layout, 0, context_);
  return txn_->VisitRows(
      rows, [&](const row::Layout&, const char* page, const char* row) -> Status {
        values.Set(page, row);
        LATHE_ASSIGN(std::vector<types::Value> key,
                     router->KeyOf([&](uint32_t column) { return values.Column(own[column]); }));
        if (belongs(key)) return CheckInterrupt();
        Error error =
            MakeError(SqlState::kCheckViolation,
                      of_default ? "updated partition constraint for default partition \"" +
                                       rows->name + "\" would be violated by some row"
                                 : "partition constraint of relation \"" + rows->name +
                                       "\" is violated by some row");
        error.table_name = rows->name;
        return error;
      });
}

Status SessionImpl::LinkToParents(const schema::RelationPtr& child) {
  for (RelationId id : child->parents) {
    LATHE_ASSIGN(schema::RelationPtr parent,
                 txn_->LockTable(id, txn::TableLockMode::kAccessExclusive));
    schema::RelationDescriptor next = *parent;
    if (std::find(next.children.begin(), next.children.end(), child->id) == next.children.end()) {
      next.children.push_back(child->id);
    }
    LATHE_TRY(txn_->ChangeRelation(std::move(next)));
  }
  return Ok();
}

Status SessionImpl::UnlinkFromParents(const schema::RelationPtr& child) {
  for (RelationId id : child->parents) {
    if (catalog_->GetRelation(id) == nullptr) continue;
    LATHE_ASSIGN(schema::RelationPtr parent,
                 txn_->LockTable(id, txn::TableLockMode::kAccessExclusive));
    schema::RelationDescriptor next = *parent;
    std::erase(next.children, child->id);
    LATHE_TRY(txn_->ChangeRelation(std::move(next)));
  }
  return Ok();
}

namespace {

/// An index of the parent as the definition of one of a child, or null when one of its columns is
/// not there.
bind::IndexDefinition IndexOfChild(const schema::RelationDescriptor& index,
                                   const schema::RelationDescriptor& parent,
                                   const schema::RelationDescriptor& child) {
  const std::vector<uint32_t> map = bind::MapColumns(parent, child);
  bind::IndexDefinition made;
  made.unique = index.unique || index.deferrable;
  made.constraint = index.is_constraint;
  made.nulls_not_distinct = index.nulls_not_distinct;
  made.deferrable = index.deferrable;
  made.initially_deferred = index.initially_deferred;
  made.predicate = schema::PredicateOf(index);
  std::string names;
  for (uint32_t i = 0; i < index.key_columns; ++i) {
    schema::KeyColumn part = index.key[i];
    const uint32_t own = part.column;
    const uint32_t source = index.sources[own];
    if (source == schema::kExpressionSource) {
      part.column = schema::kExpressionSource;
      made.expressions.push_back(index.columns[own]);
    } else {
      part.column = map[source];
    }
    names += (i > 0 ? "_" : "") + index.columns[own].name;
    made.columns.push_back(part);
  }
  for (uint32_t i = index.key_columns; i < index.first_tie; ++i) {
    const uint32_t source = index.sources[i];
    if (source >= parent.columns.size() || parent.columns[source].dropped) continue;
    const bool of_key = std::any_of(parent.key.begin(), parent.key.end(),
                                    [&](const auto& part) { return part.column == source; });
    if (!of_key) made.include.push_back(map[source]);
  }
  made.name = child.name + "_" + names + (index.is_constraint ? "_key" : "_idx");
  return made;
}

}  // namespace

Status SessionImpl::CopyPartsOfParent(const schema::RelationPtr& parent,
                                      schema::RelationPtr* child) {
  for (RelationId id : parent->indexes) {
    schema::RelationPtr index = catalog_->GetRelation(id);
    if (index == nullptr) continue;
    LATHE_TRY(MakeIndex(**child, IndexOfChild(*index, *parent, **child), index->is_constraint));
    *child = catalog_->GetRelation((*child)->id);
  }
  const std::vector<uint32_t> map = bind::MapColumns(*parent, **child);
  for (const schema::ForeignKey& from : parent->foreign_keys) {
    schema::ForeignKey key = from;
    for (int i = 1; std::any_of((*child)->foreign_keys.begin(), (*child)->foreign_keys.end(),
                                [&](const auto& other) { return other.name == key.name; });
         ++i) {
      key.name = from.name + std::to_string(i);
    }
    key.part_of = from.oid;
    key.comment.clear();
    for (uint32_t& column : key.columns) column = map[column];
    for (uint32_t& column : key.set_columns) column = map[column];
    LATHE_ASSIGN(key.oid, txn_->NewOid());
    schema::RelationDescriptor next = **child;
    next.foreign_keys.push_back(key);
    LATHE_ASSIGN(*child, txn_->ChangeRelation(std::move(next)));
    LATHE_ASSIGN(schema::RelationPtr to,
                 txn_->LockTable(key.parent, txn::TableLockMode::kAccessExclusive));
    schema::RelationDescriptor referred = *to;
    if (std::find(referred.referenced_by.begin(), referred.referenced_by.end(), (*child)->id) ==
        referred.referenced_by.end()) {
      referred.referenced_by.push_back((*child)->id);
      LATHE_TRY(txn_->ChangeRelation(std::move(referred)));
    }
    LATHE_TRY(CheckReferences(*child, key));
  }
  return Ok();
}

// ---- ATTACH, DETACH, INHERIT, NO INHERIT

namespace {

/// The child has what the parent has: columns (marked in `child`) and checks.
Status AdoptColumns(const schema::RelationDescriptor& parent, schema::RelationDescriptor* child) {
  auto type_text = [](const schema::Column& column) { return types::FormatType(column.type); };
  for (uint32_t i : parent.LiveColumns()) {
    const schema::Column& from = parent.columns[i];
    const int found = child->FindColumn(from.name);
    if (found < 0) {
      return MakeError(SqlState::kDatatypeMismatch,
                       "child table is missing column \"" + from.name + "\"");
    }
    schema::Column& column = child->columns[static_cast<size_t>(found)];
    if (type_text(from) != type_text(column) || from.domain != column.domain) {
      return MakeError(SqlState::kDatatypeMismatch, "child table \"" + child->name +
                                                        "\" has different type for column \"" +
                                                        from.name + "\"");
    }
    if (from.not_null && !column.not_null) {
      return MakeError(SqlState::kDatatypeMismatch,
                       "column \"" + from.name + "\" in child table must be marked NOT NULL");
    }
    if (!from.generated_sql.empty() && column.generated_sql.empty()) {
      return MakeError(SqlState::kDatatypeMismatch,
                       "column \"" + from.name + "\" in child table must be a generated column");
    }
    if (from.generated_sql != column.generated_sql) {
      if (!from.generated_sql.empty()) {
        return MakeError(
            SqlState::kDatatypeMismatch,
            "column \"" + from.name + "\" in child table has a conflicting generation expression");
      }
      return MakeError(
          SqlState::kDatatypeMismatch,
          "column \"" + from.name + "\" in child table must not be a generated column");
    }
    ++column.inherited;
  }
  for (const schema::CheckConstraint& from : parent.checks) {
    if (from.no_inherit) continue;
    auto check = std::find_if(child->checks.begin(), child->checks.end(),
                              [&](const auto& other) { return other.name == from.name; });
    if (check == child->checks.end()) {
      return MakeError(SqlState::kDatatypeMismatch,
                       "child table is missing constraint \"" + from.name + "\"");
    }
    if (check->sql != from.sql) {
      return MakeError(SqlState::kDatatypeMismatch,
                       "child table \"" + child->name +
                           "\" has different definition for check constraint \"" + from.name +
                           "\"");
    }
    if (check->no_inherit) {
      return MakeError(SqlState::kInvalidObjectDefinition,
                       "constraint \"" + from.name +
                           "\" conflicts with non-inherited constraint on child table \"" +
                           child->name + "\"");
    }
    if (!check->validated) {
      return MakeError(SqlState::kInvalidObjectDefinition,
                       "constraint \"" + from.name +
                           "\" conflicts with NOT VALID constraint on child table \"" +
                           child->name + "\"");
    }
    ++check->inherited;
  }
  return Ok();
}

void Disown(const schema::RelationDescriptor& parent, schema::RelationDescriptor* child) {
  auto leave = [](auto& item) {
    if (item.inherited > 0) --item.inherited;
    if (item.inherited == 0) item.local = true;
  };
  for (schema::Column& column : child->columns) {
    if (!column.dropped && parent.FindColumn(column.name) >= 0) leave(column);
  }
  for (schema::CheckConstraint& check : child->checks) {
    if (std::any_of(parent.checks.begin(), parent.checks.end(), [&](const auto& other) {
          return other.name == check.name && !other.no_inherit;
        })) {
      leave(check);
    }
  }
  for (schema::ForeignKey& key : child->foreign_keys) {
    if (std::any_of(parent.foreign_keys.begin(), parent.foreign_keys.end(),
                    [&](const auto& other) { return other.oid == key.part_of; })) {
      key.part_of = Oid();
    }
  }
  std::erase(child->parents, parent.id);
}

}  // namespace

Status SessionImpl::AdoptParts(const schema::RelationDescriptor& parent,
                               schema::RelationPtr child) {
  // Indexes like the parent's that it has already will do.
  schema::RelationDescriptor wanting = parent;
  std::erase_if(wanting.indexes, [&](RelationId id) {
    schema::RelationPtr index = catalog_->GetRelation(id);
    if (index == nullptr) return true;
    const bind::IndexDefinition like = IndexOfChild(*index, parent, *child);
    return std::any_of(child->indexes.begin(), child->indexes.end(), [&](RelationId own) {
      schema::RelationPtr other = catalog_->GetRelation(own);
      if (other == nullptr || other->key_columns != index->key_columns ||
          other->unique != index->unique || other->is_constraint != index->is_constraint ||
          !schema::IsPlain(*other) || !schema::IsPlain(*index)) {
        return false;
      }
      for (uint32_t i = 0; i < other->key_columns; ++i) {
        if (other->sources[other->key[i].column] != like.columns[i].column ||
            other->key[i].descending != like.columns[i].descending ||
            other->key[i].nulls_first != like.columns[i].nulls_first) {
          return false;
        }
      }
      return true;
    });
  });
  // A foreign key of its own like the parent's becomes part of that one.
  const std::vector<uint32_t> map = bind::MapColumns(parent, *child);
  schema::RelationDescriptor next = *child;
  std::erase_if(wanting.foreign_keys, [&](const schema::ForeignKey& key) {
    std::vector<uint32_t> columns = key.columns, set = key.set_columns;
    for (uint32_t& column : columns) column = map[column];
    for (uint32_t& column : set) column = map[column];
    for (schema::ForeignKey& own : next.foreign_keys) {
      if (own.part_of.value != 0 || own.parent != key.parent || own.columns != columns ||
          own.parent_columns != key.parent_columns || own.on_delete != key.on_delete ||
          own.on_update != key.on_update || own.set_columns != set ||
          own.match_full != key.match_full || own.deferrable != key.deferrable ||
          own.initially_deferred != key.initially_deferred || !own.validated) {
        continue;
      }
      own.part_of = key.oid;
      return true;
    }
    return false;
  });
  LATHE_ASSIGN(child, txn_->ChangeRelation(std::move(next)));
  const std::vector<RelationId> indexes = child->indexes;
  const size_t keys = child->foreign_keys.size();
  LATHE_TRY(CopyPartsOfParent(std::make_shared<const schema::RelationDescriptor>(wanting), &child));
  // What it has new goes on to its own partitions.
  schema::RelationDescriptor more = *child;
  std::erase_if(more.indexes, [&](RelationId id) {
    return std::find(indexes.begin(), indexes.end(), id) != indexes.end();
  });
  more.foreign_keys.erase(more.foreign_keys.begin(),
                          more.foreign_keys.begin() + static_cast<ptrdiff_t>(keys));
  if (more.indexes.empty() && more.foreign_keys.empty()) return Ok();
  for (RelationId id : child->children) {
    schema::RelationPtr below = catalog_->GetRelation(id);
    if (below != nullptr && below->is_partition()) LATHE_TRY(AdoptParts(more, std::move(below)));
  }
  return Ok();
}

Status SessionImpl::AttachPartition(const Command& command, schema::RelationPtr* table, Run* run) {
  const std::string& sql = run->prepared->sql;
  if (command.bound == nullptr) return NotSupported("ATTACH PARTITION of an index");
  if (!(*table)->is_partitioned()) {
    return MakeError(SqlState::kInvalidObjectDefinition,
                     "table \"" + (*table)->name + "\" is not partitioned");
  }
  LATHE_ASSIGN(schema::RelationPtr child, ResolveTable(command.parent, sql, false));
  if (child->kind != schema::RelationKind::kTable) {
    return MakeError(SqlState::kWrongObjectType, "\"" + child->name + "\" is not a table");
  }
  bind::BindContext context = MakeBindContext(sql, catalog_.get());
  LATHE_ASSIGN(child, txn_->LockTable(child->id, txn::TableLockMode::kAccessExclusive));
  if (child->is_partition()) {
    return MakeError(SqlState::kWrongObjectType, "\"" + child->name + "\" is already a partition");
  }
  if (!child->parents.empty()) {
    return MakeError(SqlState::kWrongObjectType, "cannot attach inheritance child as partition");
  }
  if (!child->children.empty() && !child->is_partitioned()) {
    return MakeError(SqlState::kWrongObjectType, "cannot attach inheritance parent as partition");
  }
  for (schema::RelationPtr above = *table; above != nullptr;
       above = above->parents.empty() ? nullptr : catalog_->GetRelation(above->parents[0])) {
    if (above->id != child->id) continue;
    Error error = MakeError(SqlState::kDuplicateTable, "circular inheritance not allowed");
    error.detail = "\"" + (*table)->name + "\" is already a child of \"" + child->name + "\".";
    return error;
  }
  if (IsTemporary(child->schema) != IsTemporary((*table)->schema)) {
    return MakeError(
        SqlState::kWrongObjectType,
        IsTemporary((*table)->schema)
            ? "cannot attach a permanent relation as partition of temporary relation \"" +
                  (*table)->name + "\""
            : "cannot attach a temporary relation as partition of permanent relation \"" +
                  (*table)->name + "\"");
  }
  for (uint32_t i : child->LiveColumns()) {
    if ((*table)->FindColumn(child->columns[i].name) >= 0) continue;
    Error error =
        MakeError(SqlState::kDatatypeMismatch,
                  "table \"" + child->name + "\" contains column \"" + child->columns[i].name +
                      "\" not found in parent \"" + (*table)->name + "\"");
    error.detail = "The new partition may contain only the columns present in parent.";
    return error;
  }
  LATHE_ASSIGN(std::vector<schema::RelationPtr> above, AncestorsOf(**table));
  above.push_back(*table);
  for (const schema::RelationPtr& ancestor : above) {
    for (const schema::ForeignKey& key : ancestor->foreign_keys) {
      if (key.parent != child->id) continue;
      return MakeError(SqlState::kFeatureNotSupported,
                       "cannot attach table \"" + child->name +
                           "\" as a partition because it is referenced by foreign key \"" +
                           key.name + "\"");
    }
  }
  schema::RelationDescriptor next = *child;
  LATHE_TRY(AdoptColumns(**table, &next));
  LATHE_ASSIGN(schema::PartitionBound bound,
               bind::BindPartitionBound(*command.bound, **table, context));
  if (!(*table)->primary_key_name.empty()) {
    std::vector<std::string> wanted, own;
    for (const auto& part : (*table)->key) wanted.push_back((*table)->columns[part.column].name);
    for (const auto& part : child->key) own.push_back(child->columns[part.column].name);
    if (child->primary_key_name.empty()) {
      for (const schema::RelationPtr& below : DescendantsOf(*child)) {
        if (!below->primary_key_name.empty()) {
          return NotSupported("attaching a table below which some have primary keys");
        }
        std::vector<uint32_t> columns;
        for (const std::string& name : wanted) {
          columns.push_back(static_cast<uint32_t>(below->FindColumn(name)));
        }
        LATHE_TRY(txn_->AddPrimaryKey(below->id, columns, below->name + "_pkey"));
      }
      std::vector<uint32_t> columns;
      for (const std::string& name : wanted) {
        columns.push_back(static_cast<uint32_t>(child->FindColumn(name)));
      }
      LATHE_ASSIGN(child, txn_->AddPrimaryKey(child->id, columns, child->name + "_pkey"));
      schema::RelationDescriptor keyed = *child;
      for (size_t i = 0; i < keyed.columns.size(); ++i) {
        keyed.columns[i].inherited = next.columns[i].inherited;
      }
      keyed.checks = next.checks;
      next = std::move(keyed);
    } else if (wanted != own) {
      return MakeError(SqlState::kInvalidTableDefinition,
                       "multiple primary keys for table \"" + child->name + "\" are not allowed");
    }
  }
  LATHE_TRY(CheckBound(*table, bound, child->name, *command.bound, sql));
  // Rows that are there already.
  const schema::RelationPtr parent = *table;
  auto belongs = [&](const std::vector<types::Value>& key) {
    if (!bound.is_default) return schema::Accepts(parent->partition_key, bound, key);
    return std::none_of(parent->children.begin(), parent->children.end(), [&](RelationId id) {
      schema::RelationPtr other = catalog_->GetRelation(id);
      return other != nullptr && other->is_partition() &&
             schema::Accepts(parent->partition_key, *other->partition_bound, key);
    });
  };
  for (const schema::RelationPtr& rows : bind::RowsOf(child, catalog_.get())) {
    LATHE_TRY(CheckRowsOfBound(rows, *parent, belongs, false));
  }
  next.partition_bound = std::move(bound);
  next.parents = {parent->id};
  LATHE_ASSIGN(child, txn_->ChangeRelation(std::move(next)));
  LATHE_TRY(LinkToParents(child));
  LATHE_TRY(AdoptParts(*parent, child));
  *table = catalog_->GetRelation(parent->id);
  return Ok();
}

Status SessionImpl::DetachPartition(const Command& command, schema::RelationPtr* table, Run* run) {
  if (!(*table)->is_partitioned()) {
    return MakeError(SqlState::kInvalidObjectDefinition,
                     "table \"" + (*table)->name + "\" is not partitioned");
  }
  LATHE_ASSIGN(schema::RelationPtr child, ResolveTable(command.parent, run->prepared->sql, false));
  if (!child->is_partition() || child->parents[0] != (*table)->id) {
    return MakeError(SqlState::kUndefinedTable, "relation \"" + child->name +
                                                    "\" is not a partition of relation \"" +
                                                    (*table)->name + "\"");
  }
  LATHE_ASSIGN(child, txn_->LockTable(child->id, txn::TableLockMode::kAccessExclusive));
  LATHE_TRY(CheckRemovedKeys(child));
  LATHE_TRY(UnlinkFromParents(child));
  schema::RelationDescriptor next = *child;
  Disown(**table, &next);
  next.partition_bound.reset();
  LATHE_TRY(txn_->ChangeRelation(std::move(next)));
  *table = catalog_->GetRelation((*table)->id);
  return Ok();
}

Status SessionImpl::Inherit(const Command& command, schema::RelationPtr* table, Run* run) {
  LATHE_ASSIGN(schema::RelationPtr parent, ResolveTable(command.parent, run->prepared->sql, false));
  if (parent->kind != schema::RelationKind::kTable) {
    return MakeError(SqlState::kWrongObjectType, "\"" + parent->name + "\" is not a table");
  }
  if ((*table)->is_partitioned()) {
    return MakeError(SqlState::kWrongObjectType, "cannot change inheritance of partitioned table");
  }
  if ((*table)->is_partition()) {
    return MakeError(SqlState::kWrongObjectType, "cannot change inheritance of a partition");
  }
  if (parent->is_partitioned()) {
    return MakeError(SqlState::kWrongObjectType,
                     "cannot inherit from partitioned table \"" + parent->name + "\"");
  }
  if (parent->is_partition()) {
    return MakeError(SqlState::kWrongObjectType, "cannot inherit from a partition");
  }
  if (IsTemporary((*table)->schema) != IsTemporary(parent->schema)) {
    return NotSupported("inheritance between temporary and permanent tables");
  }
  const std::vector<RelationId>& known = (*table)->parents;
  if (std::find(known.begin(), known.end(), parent->id) != known.end()) {
    return MakeError(SqlState::kDuplicateTable,
                     "relation \"" + parent->name + "\" would be inherited from more than once");
  }
  std::vector<schema::RelationPtr> below = DescendantsOf(**table);
  below.push_back(*table);
  if (std::any_of(below.begin(), below.end(),
                  [&](const auto& other) { return other->id == parent->id; })) {
    Error error = MakeError(SqlState::kDuplicateTable, "circular inheritance not allowed");
    error.detail = "\"" + parent->name + "\" is already a child of \"" + (*table)->name + "\".";
    return error;
  }
  schema::RelationDescriptor next = **table;
  LATHE_TRY(AdoptColumns(*parent, &next));
  next.parents.push_back(parent->id);
  LATHE_ASSIGN(*table, txn_->ChangeRelation(std::move(next)));
  return LinkToParents(*table);
}

Status SessionImpl::NoInherit(const Command& command, schema::RelationPtr* table, Run* run) {
  LATHE_ASSIGN(schema::RelationPtr parent, ResolveTable(command.parent, run->prepared->sql, false));
  if ((*table)->is_partition()) {
    return MakeError(SqlState::kWrongObjectType, "cannot change inheritance of a partition");
  }
  const std::vector<RelationId>& known = (*table)->parents;
  if (std::find(known.begin(), known.end(), parent->id) == known.end()) {
    return MakeError(
        SqlState::kUndefinedTable,
        "relation \"" + parent->name + "\" is not a parent of relation \"" + (*table)->name + "\"");
  }
  schema::RelationDescriptor next = **table;
  Disown(*parent, &next);
  LATHE_ASSIGN(*table, txn_->ChangeRelation(std::move(next)));
  schema::RelationDescriptor above = *parent;
  std::erase(above.children, (*table)->id);
  LATHE_TRY(txn_->ChangeRelation(std::move(above)));
  return Ok();
}

}  // namespace lathe::session
