// Tables in memory for tests of plans: a catalog and the TableAccess over it, with no transactions.
// Rows are kept as values.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/exec/exec.h"
#include "runtime/schema/schema.h"
#include "tests/oracle/oracle.h"

namespace lathe::oracle {

/// Schemas pg_catalog (empty) and public. Not shared between threads.
class MemoryTables : public schema::CatalogReader, public exec::TableAccess {
 public:
  MemoryTables();

  /// Adds an empty table to schema public; ids are given here.
  schema::RelationPtr Create(schema::RelationDescriptor table);
  /// A table's rows, in the order of RowLayout(), the hidden row id included.
  std::vector<Row>& rows(RelationId relation) { return rows_[relation.value]; }

  std::shared_ptr<const schema::SchemaDescriptor> FindSchema(std::string_view name) override;
  std::shared_ptr<const schema::SchemaDescriptor> GetSchema(SchemaId id) override;
  schema::RelationPtr FindRelation(SchemaId schema, std::string_view name) override;
  schema::RelationPtr GetRelation(RelationId id) override;
  std::vector<std::shared_ptr<const schema::SchemaDescriptor>> Schemas() override;
  std::vector<schema::RelationPtr> Relations() override;
  std::shared_ptr<const schema::RelationStats> GetStats(RelationId id) override;

  /// The bounds of the request hold exactly; skip ranges are not used; rows come in key order if
  /// asked for.
  Result<std::unique_ptr<exec::RowSource>> OpenScan(const schema::RelationPtr& relation,
                                                    const exec::ScanRequest& request) override;
  Result<std::unique_ptr<exec::RowSink>> OpenWrite(const schema::RelationPtr& relation,
                                                   exec::WriteKind kind,
                                                   uint64_t* affected) override;

 private:
  std::vector<std::shared_ptr<const schema::SchemaDescriptor>> schemas_;
  std::vector<schema::RelationPtr> relations_;
  std::map<uint32_t, std::vector<Row>> rows_;
  uint32_t last_id_ = schema::kFirstUserOid;
  int64_t last_row_id_ = 0;
};

}  // namespace lathe::oracle
