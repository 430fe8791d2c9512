// Temporary tables and views: ordinary relations in a schema of the session's own, pg_temp_N, which
// goes with the session; what a crash leaves goes when the directory is opened.
#include "frontend/session/session_impl.h"

namespace lathe::session {
namespace {

constexpr std::string_view kTempPrefix = "pg_temp_";

/// Everything in the schema.
Status DropAll(table::Transaction* txn, SchemaId schema) {
  for (const schema::RelationPtr& relation : txn->catalog()->Relations()) {
    if (relation->schema != schema || relation->kind == schema::RelationKind::kIndex) continue;
    LATHE_TRY(txn->DropTable(relation->id));
  }
  return Ok();
}

}  // namespace

Status DropLeftTemporary(table::Engine* engine) {
  std::unique_ptr<table::Transaction> txn = engine->Begin(txn::Isolation::kReadCommitted);
  LATHE_TRY(txn->StartStatement(nullptr, 0));
  for (const auto& schema : txn->catalog()->Schemas()) {
    if (!schema->name.starts_with(kTempPrefix)) continue;
    LATHE_TRY(DropAll(txn.get(), schema->id));
    LATHE_TRY(txn->DropSchema(schema->id));
  }
  return txn->Commit();
}

bool SessionImpl::IsTemporary(SchemaId schema) {
  auto found = catalog_->GetSchema(schema);
  return found != nullptr && found->name.starts_with(kTempPrefix);
}

Result<std::shared_ptr<const schema::SchemaDescriptor>> SessionImpl::CreationSchema(
    const ast::QualifiedName& name, bool temporary, bind::BindContext* context) {
  const std::string own = std::string(kTempPrefix) + std::to_string(id_.value);
  temporary |= name.schema == "pg_temp" || name.schema == own;
  if (!temporary && name.schema.empty()) {
    // The first schema of the path that is there; pg_temp always is.
    for (const std::string& path : context->search_path) {
      if (path == "pg_catalog") continue;
      temporary = path == "pg_temp";
      if (temporary || catalog_->FindSchema(path) != nullptr) break;
    }
  }
  if (!temporary) return bind::FindCreationSchema(name, *context);
  if (!name.schema.empty() && name.schema != "pg_temp" && name.schema != own) {
    return MakeError(SqlState::kInvalidTableDefinition,
                     "cannot create temporary relation in non-temporary schema",
                     ast::PositionOf(context->sql, name.location));
  }
  if (read_only_) {
    return NotSupported("a temporary relation made in a read-only transaction",
                        ast::PositionOf(context->sql, name.location));
  }
  if (catalog_->FindSchema(own) == nullptr) LATHE_TRY(txn_->CreateSchema(own));
  temp_schema_ = own;
  context->temp_schema = own;
  return catalog_->FindSchema(own);
}

Status SessionImpl::NoteOnCommit(const schema::RelationDescriptor& table, ast::OnCommit action) {
  if (action == ast::OnCommit::kNone) return Ok();
  if (!IsTemporary(table.schema)) {
    return MakeError(SqlState::kInvalidTableDefinition,
                     "ON COMMIT can only be used on temporary tables");
  }
  if (action != ast::OnCommit::kPreserveRows) on_commit_[table.id] = action;
  temp_written_ = true;
  return Ok();
}

Status SessionImpl::BeforeCommit() {
  for (const auto& [id, action] : on_commit_) {
    schema::RelationPtr table = catalog_->GetRelation(id);
    if (table == nullptr) continue;
    if (action == ast::OnCommit::kDrop) {
      LATHE_TRY(DropRelation(table, true, nullptr));
    } else if (temp_written_) {
      LATHE_TRY(txn_->TruncateTable(id));
    }
  }
  return Ok();
}

Status SessionImpl::DropTemporary() {
  if (temp_schema_.empty()) return Ok();
  auto schema = txn_->catalog()->FindSchema(temp_schema_);
  if (schema == nullptr) return Ok();
  return DropAll(txn_.get(), schema->id);
}

void SessionImpl::LeaveTemporary() {
  if (temp_schema_.empty()) return;
  // What cannot be dropped now is dropped when the directory is opened next.
  txn_ = instance_->engine()->Begin(txn::Isolation::kReadCommitted);
  Status dropped = txn_->StartStatement(nullptr, 0);
  if (dropped.ok()) dropped = DropTemporary();
  auto schema = txn_->catalog()->FindSchema(temp_schema_);
  if (dropped.ok() && schema != nullptr) dropped = txn_->DropSchema(schema->id);
  if (dropped.ok()) dropped = txn_->Commit();
  txn_.reset();
}

}  // namespace lathe::session
