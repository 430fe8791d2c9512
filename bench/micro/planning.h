// From a statement's text to its physical plan, as a session does it with a statement that is in no
// cache.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/micro/data.h"
#include "codegen/optimize/optimize.h"
#include "frontend/ast/lift.h"
#include "frontend/bind/bind.h"
#include "storage/table/engine.h"

namespace lathe::micro {

/// Plans one statement in a transaction of its own.
class Planning {
 public:
  /// Told the name of each stage when it has ended: "parse", "bind", "optimize".
  using Stage = std::function<void(const char* name)>;

  Planning(Database* database, std::string sql) : database_(database), sql_(std::move(sql)) {}

  /// The plan. The transaction stays open as long as this lives.
  Result<std::shared_ptr<const physical::Plan>> Run(const Stage& stage);

  table::Transaction* transaction() { return transaction_.get(); }
  /// Values of the statement's literals.
  const std::vector<types::Value>& params() const { return params_; }

 private:
  Result<logical::Query> Bind(const ast::Statement& statement,
                              const std::optional<ast::LiftedStatement>& lifted);

  Database* const database_;
  const std::string sql_;
  std::unique_ptr<table::Transaction> transaction_;
  bind::BindContext context_;
  std::vector<types::Value> params_;
};

}  // namespace lathe::micro
