// What the session knows of constraints while statements run: checks compiled per table, rows that
// foreign keys still have to be checked for, SET CONSTRAINTS.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "codegen/expr/expr.h"
#include "runtime/schema/schema.h"

namespace lathe::session {

/// A row that a foreign key has to be checked for, once its statement (or transaction) is over.
struct KeyEvent {
  enum class Kind : uint8_t {
    kNew,      // a row of the referring table, inserted or changed
    kGone,     // a row of the table referred to, deleted
    kChanged,  // the same, its key changed
    kUnique,   // a row with a deferrable UNIQUE constraint, inserted or changed; key: its index
  };
  Kind kind = Kind::kNew;
  RelationId table;                      // the referring one
  Oid key;                               // its foreign key
  std::vector<types::Value> values;      // of the key: kNew: the referring row's; else the old ones
  std::vector<types::Value> new_values;  // kChanged
  RelationId written;                    // kGone, kChanged: the table that the row was in
};

class PartitionRouter;
class RowValues;

/// A foreign key of the table that is written, or one that refers to it.
struct WatchedKey {
  RelationId table;  // the referring one
  Oid oid;
  std::vector<uint32_t> columns;  // of the table that is written
  bool unique = false;            // a deferrable UNIQUE constraint instead

  std::vector<types::Value> ValuesOf(const RowValues& rows) const;
};

/// Conditions on the rows of one table at one version.
struct TableChecks {
  struct Check {
    expr::ExprPtr condition;
    std::string name;
    std::string domain;  // of a domain; empty = the table's own
  };
  struct DomainColumn {
    uint32_t column;
    std::string domain;
  };
  uint64_t version = 0;
  std::vector<DomainColumn> domain_not_null;
  std::vector<Check> checks;
};

/// State of a session.
struct ConstraintState {
  std::vector<KeyEvent> events;    // of the running statement
  std::vector<KeyEvent> deferred;  // of the transaction
  // SET CONSTRAINTS in this transaction: ALL, and by name.
  std::optional<bool> all_deferred;
  std::map<Oid, bool> is_deferred;
  std::map<RelationId, std::shared_ptr<const TableChecks>> checks;
  // Keys whose duplicates the running statement takes care of; null = none.
  const std::vector<std::string>* conflict_keys = nullptr;

  void EndTransaction() {
    events.clear();
    deferred.clear();
    all_deferred.reset();
    is_deferred.clear();
  }
};

}  // namespace lathe::session
