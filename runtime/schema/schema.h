// Front door of runtime/schema: what relations look like, as plain values. Storage keeps them
// (storage/catalog), everybody reads them. Descriptors are immutable and shared; a change makes a
// new one with a higher version.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/base/result.h"
#include "runtime/row/layout.h"
#include "runtime/schema/partition.h"
#include "runtime/types/value.h"

namespace lathe::schema {

/// GENERATED ... AS IDENTITY.
enum class Identity : uint8_t { kNone, kAlways, kByDefault };

/// A column of a relation. Numbers are never reused; dropped columns stay in the descriptor, but
/// not in rows of newer versions.
struct Column {
  ColumnNumber number;
  std::string name;
  types::Type type;
  bool not_null = false;
  bool dropped = false;
  std::string default_sql;  // DEFAULT expression as SQL text; empty = none
  // Value of this column in rows written before the column was added (evaluated once at ALTER
  // TABLE); NULL otherwise.
  types::Value missing;
  std::string generated_sql;  // GENERATED ALWAYS AS (this) STORED; empty = none
  Identity identity = Identity::kNone;
  RelationId domain;  // the domain that the column was declared with, type being its base; or none
  std::string comment;     // COMMENT ON COLUMN
  uint32_t inherited = 0;  // how many parents have it
  bool local = true;       // declared by the table itself, whatever its parents have
};

/// A CHECK constraint of a table or a domain.
struct CheckConstraint {
  Oid oid;
  std::string name;
  std::string sql;  // the condition; a domain's value is VALUE in it
  bool validated = true;
  bool no_inherit = false;
  std::string comment;
  uint32_t inherited = 0;  // how many parents have it
  bool local = true;
};

/// FOREIGN KEY ... REFERENCES.
struct ForeignKey {
  enum class Action : uint8_t { kNoAction, kRestrict, kCascade, kSetNull, kSetDefault };
  Oid oid;
  Oid part_of;  // of a partition: the key of the table above that it is part of; 0 = its own
  std::string name;
  std::vector<uint32_t> columns;  // indexes into the table's columns
  RelationId parent;              // the table referred to
  std::vector<uint32_t> parent_columns;
  RelationId parent_index;  // the unique index over them; none = the parent's primary key
  Action on_delete = Action::kNoAction, on_update = Action::kNoAction;
  std::vector<uint32_t> set_columns;  // ON DELETE SET NULL (a, b); empty = all
  bool match_full = false;
  bool deferrable = false, initially_deferred = false;
  bool validated = true;
  std::string comment;
};

/// What a sequence gives out.
struct SequenceOptions {
  types::TypeId type = types::TypeId::kInt8;
  int64_t start = 1, increment = 1, min_value = 1, max_value = INT64_MAX, cache = 1;
  bool cycle = false;
  RelationId owner;  // OWNED BY; none = nobody
  ColumnNumber owner_column;
  bool identity = false;  // made for an identity column
  StorageId state;        // names the last value, as storage names rows; a restart takes another
};

/// A relation as a view has seen it when it was made: later columns are not its own, later names
/// do not matter to its text.
struct ViewRelation {
  RelationId id;
  std::string schema, name;
  std::vector<std::pair<std::string, ColumnNumber>> columns;  // that were there, in order
  std::vector<ColumnNumber> used;                             // that the query needs
};

/// In RelationDescriptor::sources.
inline constexpr uint32_t kRowIdSource = UINT32_MAX;

/// One part of a key.
struct KeyColumn {
  uint32_t column;  // index into RelationDescriptor::columns
  bool descending = false;
  bool nulls_first = false;
};

enum class RelationKind : uint8_t {
  kTable,
  kIndex,
  kVirtual /* pg_catalog, information_schema */,
  kView,
  kType,  // no relation: an enum or a composite type, which shares their names
  kSequence,
  kDomain  // no relation: columns[0] has the type, NOT NULL and DEFAULT; checks the conditions
};

/// Everything that is fixed about a table, index or virtual table at one version.
struct RelationDescriptor {
  RelationId id;
  SchemaId schema;
  std::string name;
  RelationKind kind = RelationKind::kTable;
  StorageId storage;  // where the rows lie; none for virtual tables and views
  uint32_t schema_version =
      1;  // of the row format; each page and delta row names the one it was written with
  uint64_t version = 1;         // of this descriptor; grows with every change, DDL or statistics
  std::vector<Column> columns;  // in attnum order, dropped ones included
  // The key that orders the rows. Empty: keyed by a hidden 64-bit row id (has_row_id() is true).
  std::vector<KeyColumn> key;
  bool unique = false;           // the key is unique (a primary key, a unique index)
  std::string primary_key_name;  // constraint name, "t_pkey"; empty = no primary key
  Oid primary_key_oid;           // of the primary key's index entry in pg_class
  RelationId table;              // kIndex: the table that it indexes
  // kTable: its indexes beside the primary key, in the order in which they were made.
  std::vector<RelationId> indexes;
  // kIndex: column i holds the table's column sources[i] (an index into its columns; kRowIdSource:
  // the hidden row id). First come the key_columns that the user has named, then what else the
  // table's own key needs, then, from first_tie on, in unique indexes, copies of the table's key
  // that are NULL unless a named column is NULL: they keep entries with NULLs apart. `key` has the
  // named columns, then what makes every entry unique.
  std::vector<uint32_t> sources;
  uint32_t key_columns = 0;
  uint32_t first_tie = 0;
  bool nulls_not_distinct = false;  // kIndex, unique: NULLs are equal
  bool is_constraint = false;       // kIndex: of a UNIQUE constraint
  bool append_only = false;         // larger pages
  bool unlogged = false;            // kTable, kSequence: for pg_class only; crashes lose nothing
  int32_t fillfactor = 100;         // kept for pg_class only; row pages are immutable
  // kView: the query as SQL text, the search path that its names are looked up in, and the
  // relations that it reads.
  std::string view_sql;
  std::vector<std::string> view_search_path;
  std::vector<RelationId> view_reads;
  // What its names stood for; views of older directories have none and see tables as they are.
  std::vector<ViewRelation> view_relations;
  types::Type named_type;                // kType
  std::vector<CheckConstraint> checks;   // kTable, kDomain
  std::vector<ForeignKey> foreign_keys;  // kTable
  std::vector<RelationId>
      referenced_by;         // kTable: other tables (or itself) with foreign keys to it
  SequenceOptions sequence;  // kSequence
  // Of the primary key (kTable) or of the UNIQUE constraint (kIndex).
  bool deferrable = false, initially_deferred = false;
  std::string comment;      // COMMENT ON
  std::string key_comment;  // of the primary key's constraint
  // kTable: how a partitioned table spreads its rows; it has none of its own.
  PartitionKey partition_key;
  std::optional<PartitionBound> partition_bound;  // kTable: it is a partition of parents[0]
  std::vector<RelationId> parents;                // kTable: in the order of INHERITS
  std::vector<RelationId> children;               // kTable: in the order in which they came

  bool is_partitioned() const { return partition_key.strategy != PartitionKey::Strategy::kNone; }
  bool is_partition() const { return partition_bound.has_value(); }
  bool has_row_id() const { return kind == RelationKind::kTable && key.empty(); }
  /// kIndex: the column that holds a column of the table in every entry; -1 = none.
  int ColumnOfSource(uint32_t source) const;
  /// Index into columns of a live column with this name; -1 = none.
  int FindColumn(std::string_view column_name) const;
  /// Layout of the rows as scans deliver them and writers take them: all columns that are not
  /// dropped, in order; then, in a table without a key, the hidden row id (int8, not null) as the
  /// last field.
  row::Layout RowLayout() const;
  /// Live columns in order: field i of RowLayout() is columns[LiveColumns()[i]].
  std::vector<uint32_t> LiveColumns() const;
};
using RelationPtr = std::shared_ptr<const RelationDescriptor>;

/// A namespace.
struct SchemaDescriptor {
  SchemaId id;
  std::string name;
};

/// What is known of one column's values; bounds hold for every row that any snapshot may see, so
/// that the compiler may rely on them when it checks them again at execution.
struct ColumnStats {
  types::Value min, max;  // NULL value = unknown (or no non-null value seen)
  double null_fraction = 0;
  double distinct_count = 0;                                 // estimated; 0 = unknown
  std::vector<std::pair<types::Value, double>> most_common;  // value, fraction of rows
  std::vector<types::Value> histogram;                       // equi-depth bounds
  double newer_fraction = 0;  // of the rows, those that came after the histogram was made
};

/// Statistics of a relation. Estimates, except min/max.
struct RelationStats {
  double row_count = 0;
  double page_count = 0;
  std::vector<ColumnStats>
      columns;  // like RelationDescriptor::columns; may be empty = nothing known
};

/// Reads the catalog as one transaction sees it. Implemented by storage/catalog; not shared between
/// threads.
class CatalogReader {
 public:
  virtual ~CatalogReader() = default;
  /// Null when there is none.
  virtual std::shared_ptr<const SchemaDescriptor> FindSchema(std::string_view name) = 0;
  virtual std::shared_ptr<const SchemaDescriptor> GetSchema(SchemaId id) = 0;
  virtual RelationPtr FindRelation(SchemaId schema, std::string_view name) = 0;
  virtual RelationPtr GetRelation(RelationId id) = 0;
  virtual std::vector<std::shared_ptr<const SchemaDescriptor>> Schemas() = 0;
  virtual std::vector<RelationPtr> Relations() = 0;
  /// Statistics for planning; never null, possibly empty.
  virtual std::shared_ptr<const RelationStats> GetStats(RelationId id) = 0;
};

// Well-known ids, as in PostgreSQL.
inline constexpr SchemaId kPgCatalogSchema{11};
inline constexpr SchemaId kPublicSchema{2200};
inline constexpr SchemaId kInformationSchema{13000};
inline constexpr uint32_t kFirstUserOid = 16384;

}  // namespace lathe::schema
