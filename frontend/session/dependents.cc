// What depends on a relation or a column: found by looking through the catalog, refused or dropped
// with it, in PostgreSQL's words.
#include <algorithm>

#include "frontend/session/session_impl.h"

namespace lathe::session {
namespace {

bool Has(const std::vector<uint32_t>& columns, uint32_t column) {
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

/// Does a view use this column of a relation? Views that do not say use all.
bool ViewUses(const schema::RelationDescriptor& view, RelationId relation, ColumnNumber column) {
  for (const schema::ViewRelation& read : view.view_relations) {
    if (read.id != relation) continue;
    return std::find(read.used.begin(), read.used.end(), column) != read.used.end();
  }
  return true;
}

}  // namespace

std::string KindName(const schema::RelationDescriptor& relation) {
  switch (relation.kind) {
    case schema::RelationKind::kView:
      return "view";
    case schema::RelationKind::kIndex:
      return "index";
    case schema::RelationKind::kType:
    case schema::RelationKind::kDomain:
      return "type";
    case schema::RelationKind::kSequence:
      return "sequence";
    default:
      return "table";
  }
}

std::vector<SessionImpl::Dependent> SessionImpl::DependentsOf(const schema::RelationPtr& relation,
                                                              int column) {
  std::vector<Dependent> found;
  const std::string self = KindName(*relation) + " " + relation->name;
  const std::string what =
      column < 0 ? self : "column " + relation->columns[column].name + " of " + self;
  const std::vector<schema::RelationPtr> all = txn_->catalog()->Relations();
  // Views, directly or through others, nearest first.
  std::vector<schema::RelationPtr> open = {relation};
  for (size_t i = 0; i < open.size(); ++i) {
    for (const schema::RelationPtr& view : all) {
      if (view->kind != schema::RelationKind::kView || view->id == relation->id) continue;
      if (std::find(view->view_reads.begin(), view->view_reads.end(), open[i]->id) ==
          view->view_reads.end()) {
        continue;
      }
      if (i == 0 && column >= 0 &&
          !ViewUses(*view, relation->id, relation->columns[column].number)) {
        continue;
      }
      if (std::any_of(open.begin(), open.end(),
                      [&](const auto& known) { return known->id == view->id; })) {
        continue;
      }
      Dependent dependent;
      dependent.text = "view " + view->name;
      dependent.on = i == 0 ? what : KindName(*open[i]) + " " + open[i]->name;
      dependent.drop = view;
      found.push_back(std::move(dependent));
      open.push_back(view);
    }
  }
  if (column < 0) {
    for (RelationId id : relation->children) {
      schema::RelationPtr child = catalog_->GetRelation(id);
      if (child == nullptr || child->is_partition()) continue;
      Dependent dependent;
      dependent.text = "table " + child->name;
      dependent.on = what;
      dependent.drop = child;
      found.push_back(std::move(dependent));
      for (Dependent& more : DependentsOf(child, -1)) found.push_back(std::move(more));
    }
  }
  // Keys that refer to a partitioned table refer to its partitions too.
  schema::RelationPtr above = relation;
  while (column < 0 && above->is_partition()) {
    above = catalog_->GetRelation(above->parents[0]);
    if (above == nullptr) break;
    std::vector<WatchedKey> keys;
    AddReferring(*above, *relation, &keys);
    for (const WatchedKey& key : keys) {
      schema::RelationPtr child = catalog_->GetRelation(key.table);
      if (child->id == relation->id) continue;
      for (const schema::ForeignKey& theirs : child->foreign_keys) {
        if (theirs.oid != key.oid) continue;
        Dependent dependent;
        dependent.text = "constraint " + theirs.name + " on table " + child->name;
        dependent.on = what;
        dependent.table = child->id;
        dependent.constraint = theirs.name;
        found.push_back(std::move(dependent));
      }
    }
  }
  for (RelationId id : relation->referenced_by) {
    schema::RelationPtr child = catalog_->GetRelation(id);
    if (child == nullptr || (id == relation->id && column < 0)) continue;
    for (const schema::ForeignKey& key : child->foreign_keys) {
      if (key.parent != relation->id || key.part_of.value != 0) continue;
      if (column >= 0 && !Has(key.parent_columns, static_cast<uint32_t>(column))) continue;
      if (id == relation->id && Has(key.columns, static_cast<uint32_t>(column))) continue;
      Dependent dependent;
      dependent.text = "constraint " + key.name + " on table " + child->name;
      dependent.on = what;
      dependent.table = id;
      dependent.constraint = key.name;
      found.push_back(std::move(dependent));
    }
  }
  if (column >= 0) {
    bind::BindContext context = MakeBindContext({}, catalog_.get());
    for (uint32_t i : relation->LiveColumns()) {
      const schema::Column& other = relation->columns[i];
      if (static_cast<int>(i) == column || other.generated_sql.empty() ||
          !bind::StoredUses(other.generated_sql, relation->columns[column].name, context)) {
        continue;
      }
      Dependent dependent;
      dependent.text = "column " + other.name + " of " + self;
      dependent.on = what;
      dependent.table = relation->id;
      dependent.column = static_cast<int>(i);
      dependent.whole = true;
      found.push_back(std::move(dependent));
    }
  }
  if (relation->kind == schema::RelationKind::kSequence) {
    const std::string number = "'" + std::to_string(relation->id.value) + "'::regclass";
    for (const schema::RelationPtr& table : all) {
      for (size_t i = 0; i < table->columns.size(); ++i) {
        const schema::Column& user = table->columns[i];
        if (user.dropped || user.default_sql.find(number) == std::string::npos) continue;
        Dependent dependent;
        dependent.text = "default value for column " + user.name + " of table " + table->name;
        dependent.on = what;
        dependent.table = table->id;
        dependent.column = static_cast<int>(i);
        found.push_back(std::move(dependent));
      }
    }
  }
  return found;
}

std::vector<SessionImpl::Dependent> SessionImpl::ReferringTo(
    const schema::RelationDescriptor& parent, RelationId index, const std::string& index_name) {
  std::vector<Dependent> found;
  for (RelationId id : parent.referenced_by) {
    schema::RelationPtr child = catalog_->GetRelation(id);
    if (child == nullptr) continue;
    for (const schema::ForeignKey& key : child->foreign_keys) {
      if (key.parent != parent.id || key.parent_index != index || key.part_of.value != 0) continue;
      Dependent dependent;
      dependent.text = "constraint " + key.name + " on table " + child->name;
      dependent.on = "index " + index_name;
      dependent.table = id;
      dependent.constraint = key.name;
      found.push_back(std::move(dependent));
    }
  }
  return found;
}

Status SessionImpl::DropDependents(const std::string& what,
                                   const std::vector<Dependent>& dependents, bool cascade,
                                   Client* client) {
  if (dependents.empty()) return Ok();
  if (!cascade) {
    Error error = MakeError(SqlState::kDependentObjectsStillExist,
                            "cannot drop " + what + " because other objects depend on it");
    for (const Dependent& dependent : dependents) {
      if (!error.detail.empty()) error.detail += "\n";
      error.detail += dependent.text + " depends on " + dependent.on;
    }
    error.hint = "Use DROP ... CASCADE to drop the dependent objects too.";
    return error;
  }
  std::vector<std::string> texts;
  for (const Dependent& dependent : dependents) texts.push_back(dependent.text);
  TellCascade(texts, client);
  for (auto it = dependents.rbegin(); it != dependents.rend(); ++it) {
    if (it->drop != nullptr) {
      if (catalog_->GetRelation(it->drop->id) == nullptr) continue;
      LATHE_TRY(it->drop->kind == schema::RelationKind::kTable
                    ? DropRelation(it->drop, true, nullptr)
                    : txn_->DropTable(it->drop->id));
      continue;
    }
    schema::RelationPtr table = catalog_->GetRelation(it->table);
    if (table == nullptr) continue;
    if (it->whole) {
      LATHE_TRY(RemoveColumn(&table, static_cast<uint32_t>(it->column), true, nullptr));
      continue;
    }
    if (it->column >= 0) {
      schema::RelationDescriptor next = *table;
      next.columns[it->column].default_sql.clear();
      LATHE_TRY(txn_->ChangeRelation(std::move(next)));
      continue;
    }
    for (const schema::ForeignKey& key : table->foreign_keys) {
      if (key.name == it->constraint) LATHE_TRY(DropForeignKey(table->id, key.oid));
    }
  }
  return Ok();
}

Status SessionImpl::DropForeignKey(RelationId table_id, Oid oid) {
  LATHE_ASSIGN(schema::RelationPtr table,
               txn_->LockTable(table_id, txn::TableLockMode::kAccessExclusive));
  for (const schema::ForeignKey& key : table->foreign_keys) {
    if (key.oid != oid && key.part_of != oid) continue;
    const RelationId parent = key.parent;
    const Oid own = key.oid;
    schema::RelationDescriptor next = *table;
    std::erase_if(next.foreign_keys, [&](const auto& other) { return other.oid == own; });
    LATHE_ASSIGN(table, txn_->ChangeRelation(std::move(next)));
    LATHE_TRY(ForgetReference(parent, table_id));
    for (RelationId child : table->children) LATHE_TRY(DropForeignKey(child, own));
    return Ok();
  }
  return Ok();
}

void SessionImpl::TellCascade(const std::vector<std::string>& dropped, Client* client) {
  constexpr size_t kShown = 100;  // as PostgreSQL
  if (dropped.empty() || client == nullptr) return;
  Notice notice;
  notice.fields = MakeError(SqlState::kSuccessfulCompletion, "drop cascades to " + dropped[0]);
  if (dropped.size() > 1) {
    notice.fields.message = "drop cascades to " + std::to_string(dropped.size()) + " other objects";
    for (size_t i = 0; i < dropped.size() && i < kShown; ++i) {
      if (i > 0) notice.fields.detail += "\n";
      notice.fields.detail += "drop cascades to " + dropped[i];
    }
    if (dropped.size() > kShown) {
      notice.fields.detail += "\nand " + std::to_string(dropped.size() - kShown) +
                              " other objects (see server log for list)";
    }
  }
  client->SendNotice(notice);
}

std::vector<std::string> SessionImpl::DroppedWith(const std::vector<schema::RelationPtr>& inside) {
  auto goes = [&](RelationId id) {
    return std::any_of(inside.begin(), inside.end(),
                       [&](const auto& relation) { return relation->id == id; });
  };
  const std::vector<std::string> path = SearchPath();
  std::vector<std::string> texts;
  for (const schema::RelationPtr& relation : inside) {
    // Partitions and the sequences of columns go without a word.
    if (relation->is_partition()) continue;
    if (relation->kind == schema::RelationKind::kSequence && goes(relation->sequence.owner)) {
      continue;
    }
    const std::string& schema = catalog_->GetSchema(relation->schema)->name;
    const bool visible = std::find(path.begin(), path.end(), schema) != path.end();
    texts.push_back(KindName(*relation) + " " +
                    (visible ? ast::QuoteIdentifier(relation->name) : FullName(*relation)));
    const bool type = relation->kind == schema::RelationKind::kType ||
                      relation->kind == schema::RelationKind::kDomain;
    for (const Dependent& dependent :
         type ? DependentsOfType(*relation) : DependentsOf(relation, -1)) {
      const RelationId at = dependent.drop != nullptr ? dependent.drop->id : dependent.table;
      if (goes(at)) continue;
      if (std::find(texts.begin(), texts.end(), dependent.text) != texts.end()) continue;
      texts.push_back(dependent.text);
    }
  }
  return texts;
}

Status SessionImpl::ForgetReference(RelationId parent_id, RelationId child_id) {
  schema::RelationPtr parent = catalog_->GetRelation(parent_id);
  schema::RelationPtr child = catalog_->GetRelation(child_id);
  if (parent == nullptr) return Ok();
  const bool still =
      child != nullptr &&
      std::any_of(child->foreign_keys.begin(), child->foreign_keys.end(),
                  [&](const schema::ForeignKey& key) { return key.parent == parent_id; });
  if (still) return Ok();
  schema::RelationDescriptor next = *parent;
  std::erase(next.referenced_by, child_id);
  LATHE_TRY(txn_->ChangeRelation(std::move(next)));
  return Ok();
}

Status SessionImpl::DropRelation(const schema::RelationPtr& relation, bool cascade,
                                 Client* client) {
  LATHE_TRY(DropDependents(KindName(*relation) + " " + relation->name, DependentsOf(relation, -1),
                           cascade, client));
  schema::RelationPtr now = catalog_->GetRelation(relation->id);
  if (now == nullptr) return Ok();
  const std::vector<schema::ForeignKey> keys = now->foreign_keys;
  for (const schema::RelationPtr& owned : txn_->catalog()->Relations()) {
    if (owned->kind == schema::RelationKind::kSequence && owned->sequence.owner == relation->id) {
      LATHE_TRY(txn_->DropTable(owned->id));
    }
  }
  for (RelationId id : now->children) {
    if (schema::RelationPtr child = catalog_->GetRelation(id)) {
      LATHE_TRY(DropRelation(child, true, nullptr));
    }
  }
  now = catalog_->GetRelation(relation->id);
  LATHE_TRY(UnlinkFromParents(now));
  LATHE_TRY(txn_->DropTable(relation->id));
  for (const schema::ForeignKey& key : keys) {
    if (key.parent != relation->id) LATHE_TRY(ForgetReference(key.parent, relation->id));
  }
  return Ok();
}

}  // namespace lathe::session
