// Which partition a row goes to.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "codegen/expr/expr.h"
#include "frontend/session/row_values.h"
#include "runtime/schema/schema.h"

namespace lathe::session {

class SessionImpl;

/// The partitions of one partitioned table, with what is needed to choose among them for rows of
/// the table or of a relative of it that calls columns by the same names. One thread.
class PartitionRouter {
 public:
  /// The value of a column, by its index in the table.
  using ColumnFunction = std::function<types::Value(uint32_t)>;

  /// table: partitioned; locked, so that it keeps its partitions.
  static Result<std::unique_ptr<PartitionRouter>> Make(SessionImpl* session,
                                                       schema::RelationPtr table);
  /// The key of a row.
  Result<std::vector<types::Value>> KeyOf(const ColumnFunction& column);
  /// The child that takes a row with this key, the default one if no other does; -1 = none.
  int Find(const std::vector<types::Value>& key);
  /// 23514 for a row that no partition takes.
  Error NoPartition(const std::vector<types::Value>& key) const;

  const schema::RelationPtr& table() const { return table_; }
  const std::vector<schema::RelationPtr>& children() const { return children_; }

 private:
  explicit PartitionRouter(const func::FunctionContext& context) : evaluator_(context) {}

  schema::RelationPtr table_;
  std::vector<schema::RelationPtr> children_;
  int default_ = -1, last_ = -1;
  std::vector<expr::ExprPtr> expressions_;  // by key part; null = a column
  ValueEvaluator evaluator_;
  types::FormatContext format_;
};

/// The conditions on the rows of a partition as PostgreSQL shows them, each in parentheses: those
/// of the tables above come first. catalog: where they are found. 0A000 where a value has no text.
Result<std::vector<std::string>> PartitionConditions(const schema::RelationDescriptor& partition,
                                                     schema::CatalogReader* catalog,
                                                     const types::FormatContext& format);
/// "a, lower(b)": the partition key as PostgreSQL shows it.
std::string PartitionKeyText(const schema::RelationDescriptor& table);

}  // namespace lathe::session
