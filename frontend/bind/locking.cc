// FOR UPDATE and its like: which tables' rows are to be locked, and the columns that say which
// rows.
#include <algorithm>
#include <map>

#include "frontend/bind/binder.h"

namespace lathe::bind {
namespace {

using Strength = ast::LockingClause::Strength;

std::string ClauseName(Strength strength) {
  switch (strength) {
    case Strength::kKeyShare:
      return "FOR KEY SHARE";
    case Strength::kShare:
      return "FOR SHARE";
    case Strength::kNoKeyUpdate:
      return "FOR NO KEY UPDATE";
    case Strength::kUpdate:
      return "FOR UPDATE";
  }
  return "FOR UPDATE";
}

}  // namespace

Status Binder::CheckLocking(const ast::SelectStatement& select) const {
  const ast::LockingClause& first = select.locking[0];
  const std::string clause = ClauseName(first.strength);
  auto not_with = [&](const char* what) {
    return At(SqlState::kFeatureNotSupported, clause + " is not allowed with " + what, -1);
  };
  if (select.form == ast::SelectStatement::Form::kSetOperation) {
    return not_with("UNION/INTERSECT/EXCEPT");
  }
  if (select.form == ast::SelectStatement::Form::kValues) {
    return At(SqlState::kFeatureNotSupported, clause + " cannot be applied to VALUES", -1);
  }
  if (select_depth_ > 0 || !context_.row_locks_allowed) {
    return NotYet("locking clause (FOR UPDATE, FOR SHARE) here", first.location);
  }
  if (select.distinct != ast::SelectStatement::Distinct::kNone) return not_with("DISTINCT clause");
  if (!select.group_by.empty()) return not_with("GROUP BY clause");
  if (select.having) return not_with("HAVING clause");
  if (select.with_ties) return NotYet("WITH TIES and a locking clause", first.location);
  return Ok();
}

Status Binder::AddRowLocks(const ast::SelectStatement& select, Scope& scope, SelectParts* parts) {
  const std::string name = ClauseName(select.locking[0].strength);
  if (parts->grouped || !scope.calls.empty()) {
    return At(SqlState::kFeatureNotSupported, name + " is not allowed with aggregate functions",
              -1);
  }
  if (!scope.windows.empty()) {
    return At(SqlState::kFeatureNotSupported, name + " is not allowed with window functions", -1);
  }
  if (!scope.set_calls.empty()) {
    return At(SqlState::kFeatureNotSupported,
              name + " is not allowed with set-returning functions in the target list", -1);
  }
  RowLocks locks;
  // By range table: a later or stronger clause adds to an earlier one.
  std::map<const RangeTable*, size_t> known;
  std::map<const RangeTable*, Strength> strengths;
  auto lock = [&](const RangeTable& table, const ast::LockingClause& clause) -> Status {
    if (table.relation == nullptr || table.relation->kind != schema::RelationKind::kTable) {
      return NotYet(ClauseName(clause.strength) + " of something else than a table",
                    clause.location);
    }
    if (table.has_children()) {
      return NotYet(ClauseName(clause.strength) + " of a table with children", clause.location);
    }
    if (table.padded) {
      return At(
          SqlState::kFeatureNotSupported,
          ClauseName(clause.strength) + " cannot be applied to the nullable side of an outer join",
          -1);
    }
    auto [it, added] = known.emplace(&table, locks.tables.size());
    if (added) {
      locks.tables.push_back({table.relation, clause.strength, clause.wait, {}});
    } else {
      RowLocks::Table& before = locks.tables[it->second];
      before.strength = std::max(before.strength, clause.strength);
      before.wait = std::max(before.wait, clause.wait);
    }
    return Ok();
  };
  Strength strongest = Strength::kKeyShare;
  for (const ast::LockingClause& clause : select.locking) {
    strongest = std::max(strongest, clause.strength);
    for (const auto& table : scope.tables) {
      if (!clause.relations.empty() || table->alias.empty()) continue;
      LATHE_TRY(lock(*table, clause));
    }
    for (const ast::QualifiedName& wanted : clause.relations) {
      auto found = std::find_if(scope.tables.begin(), scope.tables.end(),
                                [&](const auto& table) { return table->alias == wanted.name; });
      if (found == scope.tables.end()) {
        return At(SqlState::kUndefinedTable,
                  "relation \"" + wanted.name + "\" in " + ClauseName(clause.strength) +
                      " clause not found in FROM clause",
                  wanted.location);
      }
      LATHE_TRY(lock(**found, clause));
    }
  }
  locks.clause = ClauseName(strongest);
  for (const TargetEntry& target : parts->targets) locks.visible += target.hidden ? 0 : 1;
  uint32_t next = locks.visible;
  auto give = [&](ExprPtr e, const char* label) {
    parts->targets.push_back({std::move(e), label, -1, true, {}, true});
    return next++;
  };
  for (const auto& [table, index] : known) {
    RowLocks::Table& to = locks.tables[index];
    if (table->relation->has_row_id()) {
      to.key.push_back(give(expr::MakeColumn(table->row_id, Type(TypeId::kInt8)), "row_id"));
      continue;
    }
    const std::vector<uint32_t> live = table->relation->LiveColumns();
    for (const schema::KeyColumn& key : table->relation->key) {
      const size_t field =
          static_cast<size_t>(std::find(live.begin(), live.end(), key.column) - live.begin());
      to.key.push_back(give(table->columns[field].expr->Clone(), "key"));
    }
  }
  if (parts->limit) locks.limit = static_cast<int32_t>(give(std::move(parts->limit), "limit"));
  if (parts->offset) locks.offset = static_cast<int32_t>(give(std::move(parts->offset), "offset"));
  parts->limit = nullptr;
  parts->offset = nullptr;
  context_.row_locks = std::move(locks);
  return Ok();
}

}  // namespace lathe::bind
