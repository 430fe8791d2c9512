// Front door of frontend/syscat: pg_catalog and information_schema as virtual tables over the
// catalog, good enough for psql's backslash commands and the drivers. A virtual table has a
// descriptor like any other; its rows are made when it is scanned.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/exec/exec.h"
#include "runtime/schema/schema.h"

namespace lathe::syscat {

/// A lock of pg_locks.
struct LockRow {
  std::string type, mode;  // "relation", "transactionid", "advisory", "object"; "ShareLock"
  Oid relation, class_id, object;
  int32_t object_part = 0;  // of an advisory lock
  int64_t transaction = 0;  // that has or wants it
  int32_t process = 0;
  bool granted = true;
};

/// How often a relation has been scanned.
struct ScanRow {
  int64_t whole = 0, by_key = 0;
};

/// What the rows are made from: the catalog as the statement's transaction sees it, and facts of
/// the session and the server.
struct Source {
  schema::CatalogReader* catalog = nullptr;
  std::string database, role;
  /// name, setting, description, type, unit, initial value, context: for pg_settings. May be empty;
  /// rows may end earlier.
  std::function<std::vector<std::vector<std::string>>()> settings;
  /// name, statement: for pg_prepared_statements. May be empty.
  std::function<std::vector<std::vector<std::string>>()> prepared;
  /// pid, database, user, application name, state, query: for pg_stat_activity. May be empty.
  std::function<std::vector<std::vector<std::string>>()> sessions;
  /// For pg_locks. May be empty.
  std::function<std::vector<LockRow>()> locks;
  /// Scans of a table or of an index since the server started. May be empty.
  std::function<ScanRow(RelationId)> scans;
  /// The last value of a sequence; none = not used yet. May be empty.
  std::function<std::optional<int64_t>(const schema::RelationDescriptor&)> sequence_last;
};

/// Adds the virtual tables to a catalog: FindRelation and GetRelation find them in pg_catalog and
/// information_schema, everything else is inner's. inner outlives it.
class SystemCatalog final : public schema::CatalogReader {
 public:
  explicit SystemCatalog(schema::CatalogReader* inner) : inner_(inner) {}

  std::shared_ptr<const schema::SchemaDescriptor> FindSchema(std::string_view name) override;
  std::shared_ptr<const schema::SchemaDescriptor> GetSchema(SchemaId id) override;
  schema::RelationPtr FindRelation(SchemaId schema, std::string_view name) override;
  schema::RelationPtr GetRelation(RelationId id) override;
  std::vector<std::shared_ptr<const schema::SchemaDescriptor>> Schemas() override;
  std::vector<schema::RelationPtr> Relations() override;  // the virtual ones too
  std::shared_ptr<const schema::RelationStats> GetStats(RelationId id) override;

 private:
  schema::CatalogReader* const inner_;
};

/// The rows of a virtual table. The request's bounds and skip ranges are hints here only if
/// relation has no key (they never do).
Result<std::unique_ptr<exec::RowSource>> OpenScan(const schema::RelationPtr& relation,
                                                  const Source& source);

// What the functions behind psql's commands need of the catalog.
/// A relation's name as the session may write it, quoted as needed.
using NameFunction = std::function<std::string(const schema::RelationDescriptor&)>;
/// The condition of a CHECK constraint as it is shown.
using CheckFunction =
    std::function<std::string(const schema::RelationDescriptor&, const schema::CheckConstraint&)>;
/// An expression of an index (of_key: with the parentheses that it needs there) or its condition.
using IndexExpressionFunction = std::function<std::string(const schema::RelationDescriptor& index,
                                                          const std::string& sql, bool of_key)>;
/// pg_get_constraintdef, pg_get_indexdef: the text, or empty when there is none with this oid.
std::string ConstraintDefinition(schema::CatalogReader* catalog, Oid constraint,
                                 const NameFunction& name_of, const CheckFunction& check_of);
/// column: from 1; 0 = the whole. table_name: as the text names the table.
std::string IndexDefinition(schema::CatalogReader* catalog, Oid index, int column,
                            const NameFunction& table_name, const IndexExpressionFunction& shown);
/// obj_description, col_description: what COMMENT ON has said; empty = nothing.
std::string CommentOf(schema::CatalogReader* catalog, Oid object, int column);
/// Stored expression text with relations by name: name_of gives it, quoted as needed.
std::string ShownExpression(std::string_view sql, const std::function<std::string(Oid)>& name_of);

}  // namespace lathe::syscat
