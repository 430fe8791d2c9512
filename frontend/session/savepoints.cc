// Savepoints: the session's part of them. What a savepoint brings back besides rows and catalog:
// settings, deferred checks; portals and cursors made since are gone.
#include <algorithm>

#include "frontend/session/session_impl.h"

namespace lathe::session {
namespace {

Error OnlyInBlock(const char* what) {
  return MakeError(SqlState::kNoActiveSqlTransaction,
                   std::string(what) + " can only be used in transaction blocks");
}

}  // namespace

Status SessionImpl::RunSavepoint(Run* run) {
  const auto& statement = run->prepared->statement->As<ast::TransactionStatement>();
  using Action = ast::TransactionStatement::Action;
  if (statement.action == Action::kSavepoint) {
    run->tag = "SAVEPOINT";
    if (block_ == Block::kNone) return OnlyInBlock("SAVEPOINT");
    LATHE_TRY(EnsureTransaction());
    SavepointState state;
    state.name = statement.name;
    state.number = txn_->Savepoint();
    state.settings = settings_.Save();
    state.read_only = read_only_;
    state.constraints.deferred = constraints_.deferred;
    state.constraints.all_deferred = constraints_.all_deferred;
    state.constraints.is_deferred = constraints_.is_deferred;
    for (const auto& [name, cursor] : cursors_) state.cursors.push_back(cursor.get());
    savepoints_.push_back(std::move(state));
    return Ok();
  }
  const bool release = statement.action == Action::kRelease;
  run->tag = release ? "RELEASE" : "ROLLBACK";
  if (block_ == Block::kNone) {
    return OnlyInBlock(release ? "RELEASE SAVEPOINT" : "ROLLBACK TO SAVEPOINT");
  }
  auto found = std::find_if(savepoints_.rbegin(), savepoints_.rend(),
                            [&](const auto& s) { return s.name == statement.name; });
  if (found == savepoints_.rend()) {
    return MakeError(SqlState::kInvalidSavepoint,
                     "savepoint \"" + statement.name + "\" does not exist");
  }
  const size_t index = static_cast<size_t>(savepoints_.rend() - found) - 1;
  if (release) {
    txn_->ReleaseSavepoint(savepoints_[index].number);
    // What the subtransaction made read only is not any more, as in PostgreSQL.
    read_only_ = savepoints_[index].read_only;
    settings_.Force(Setting::transaction_read_only, read_only_ ? "on" : "off");
    savepoints_.resize(index);
    return Ok();
  }
  RestoreSavepoint(index);
  block_ = Block::kOpen;
  return Ok();
}

void SessionImpl::RestoreSavepoint(size_t index) {
  savepoints_.resize(index + 1);
  const SavepointState& state = savepoints_.back();
  // What lives in the transaction's view of the catalog goes first.
  std::erase_if(portals_, [](const auto& portal) { return portal.second->started; });
  std::erase_if(cursors_, [&](const auto& cursor) {
    return !cursor.second->committed && std::find(state.cursors.begin(), state.cursors.end(),
                                                  cursor.second.get()) == state.cursors.end();
  });
  txn_->RollbackTo(state.number);
  catalog_ = std::make_unique<syscat::SystemCatalog>(txn_->catalog());
  access_ = MakeTableAccess(this);
  settings_.Restore(state.settings);
  read_only_ = state.read_only;
  settings_.Force(Setting::transaction_read_only, read_only_ ? "on" : "off");
  constraints_.events.clear();
  constraints_.deferred = state.constraints.deferred;
  constraints_.all_deferred = state.constraints.all_deferred;
  constraints_.is_deferred = state.constraints.is_deferred;
  constraints_.checks.clear();
  RefreshFormat();
}

}  // namespace lathe::session
