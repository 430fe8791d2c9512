// Statements that drive the session: transactions, settings, prepared statements, VACUUM and
// ANALYZE, LOCK.

#include "frontend/parse/parse.h"
#include "frontend/session/session_impl.h"
#include "frontend/session/statement_name.h"
#include "runtime/row/row_buffer.h"

namespace lathe::session {
namespace {

using ast::PositionOf;

// As the settings have it; empty = not given.
std::string LevelName(ast::TransactionModes::Isolation isolation) {
  using Isolation = ast::TransactionModes::Isolation;
  switch (isolation) {
    case Isolation::kDefault:
      return "";
    case Isolation::kReadUncommitted:
      return "read uncommitted";
    case Isolation::kReadCommitted:
      return "read committed";
    case Isolation::kRepeatableRead:
      return "repeatable read";
    case Isolation::kSerializable:
      return "serializable";
  }
  return "";
}

std::string JoinValues(const ast::SetStatement& set) {
  std::string text;
  for (const ast::SetStatement::Value& value : set.values) {
    if (!text.empty()) text += ", ";
    // A list keeps its quotes where a name needs them.
    text += set.values.size() > 1 || set.name == "search_path" ? ast::QuoteIdentifier(value.text)
                                                               : value.text;
  }
  return text;
}

}  // namespace

Status SessionImpl::RunTransactionStatement(Run* run) {
  const auto& statement = run->prepared->statement->As<ast::TransactionStatement>();
  using Action = ast::TransactionStatement::Action;
  switch (statement.action) {
    case Action::kBegin: {
      run->tag = statement.start ? "START TRANSACTION" : "BEGIN";
      if (block_ != Block::kNone) {
        Notify(run->client, "WARNING", SqlState::kActiveSqlTransaction,
               "there is already a transaction in progress");
        return Ok();
      }
      if (txn_ != nullptr && !statement_seen_) RollbackTransaction();
      LATHE_TRY(EnsureTransaction());
      block_ = Block::kOpen;
      return ApplyModes(statement.modes);
    }
    case Action::kCommit:
    case Action::kRollback: {
      const bool commit = statement.action == Action::kCommit;
      if (statement.chain && block_ == Block::kNone) {
        return MakeError(SqlState::kNoActiveSqlTransaction,
                         std::string(commit ? "COMMIT" : "ROLLBACK") +
                             " AND CHAIN can only be used in transaction blocks");
      }
      if (block_ == Block::kNone) {
        Notify(run->client, "WARNING", SqlState::kNoActiveSqlTransaction,
               "there is no transaction in progress");
        run->tag = commit ? "COMMIT" : "ROLLBACK";
        if (!commit) RollbackTransaction();
        return commit ? CommitTransaction() : Ok();
      }
      const bool failed = block_ == Block::kFailed;
      block_ = Block::kNone;
      run->tag = commit && !failed ? "COMMIT" : "ROLLBACK";
      const txn::Isolation level = isolation_;
      const bool read_only = read_only_;
      const std::string deferrable = settings_.Get(Setting::transaction_deferrable);
      const std::string level_name = settings_.Get(Setting::transaction_isolation);
      if (commit && !failed) {
        LATHE_TRY(CommitTransaction(statement.chain || several_ ? nullptr : run->client));
      } else {
        RollbackTransaction();
      }
      if (!statement.chain) return Ok();
      LATHE_TRY(EnsureTransaction());
      block_ = Block::kOpen;
      if (txn_->isolation() != level) BeginAt(level);
      settings_.Force(Setting::transaction_isolation, level_name);
      settings_.Force(Setting::transaction_deferrable, deferrable);
      read_only_ = read_only;
      settings_.Force(Setting::transaction_read_only, read_only ? "on" : "off");
      return Ok();
    }
    case Action::kSavepoint:
    case Action::kRelease:
    case Action::kRollbackTo:
      return RunSavepoint(run);
    default:
      return NotSupported(StatementName(statement),
                          PositionOf(run->prepared->sql, statement.location));
  }
}

Status SessionImpl::ApplyModes(const ast::TransactionModes& modes) {
  using Isolation = ast::TransactionModes::Isolation;
  using Access = ast::TransactionModes::Access;
  if (modes.isolation != Isolation::kDefault) {
    const std::string name = LevelName(modes.isolation);
    const txn::Isolation wanted = IsolationOf(name);
    if (statement_seen_ && txn_->isolation() != wanted) {
      return MakeError(SqlState::kActiveSqlTransaction,
                       "SET TRANSACTION ISOLATION LEVEL must be called before any query");
    }
    if (!savepoints_.empty() && txn_->isolation() != wanted) {
      return MakeError(SqlState::kActiveSqlTransaction,
                       "SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction");
    }
    if (txn_->isolation() != wanted) BeginAt(wanted);  // nothing has run in it
    settings_.Force(Setting::transaction_isolation, name);
  }
  if (modes.deferrable != ast::TransactionModes::Deferrable::kDefault) {
    const bool on = modes.deferrable == ast::TransactionModes::Deferrable::kDeferrable;
    settings_.Force(Setting::transaction_deferrable, on ? "on" : "off");
  }
  if (modes.access != Access::kDefault) {
    if (statement_seen_ && read_only_ && modes.access == Access::kReadWrite) {
      return MakeError(SqlState::kActiveSqlTransaction,
                       "cannot set transaction read-write mode inside a read-only transaction");
    }
    read_only_ = modes.access == Access::kReadOnly;
    settings_.Force(Setting::transaction_read_only, read_only_ ? "on" : "off");
  }
  return Ok();
}

Status SessionImpl::SetOne(const std::string& name, const std::string& value, bool local,
                           Client* client) {
  const int index = FindSetting(name);
  if (index >= 0 && (static_cast<Setting>(index) == Setting::transaction_isolation ||
                     static_cast<Setting>(index) == Setting::transaction_read_only)) {
    LATHE_TRY(settings_.Set(name, value, local));  // checks the value
    ast::TransactionModes modes;
    if (static_cast<Setting>(index) == Setting::transaction_read_only) {
      modes.access = settings_.GetBool(Setting::transaction_read_only)
                         ? ast::TransactionModes::Access::kReadOnly
                         : ast::TransactionModes::Access::kReadWrite;
    } else {
      const std::string level = settings_.Get(Setting::transaction_isolation);
      for (auto isolation : {ast::TransactionModes::Isolation::kReadUncommitted,
                             ast::TransactionModes::Isolation::kReadCommitted,
                             ast::TransactionModes::Isolation::kRepeatableRead,
                             ast::TransactionModes::Isolation::kSerializable}) {
        if (LevelName(isolation) == level) modes.isolation = isolation;
      }
    }
    return ApplyModes(modes);
  }
  LATHE_TRY(settings_.Set(name, value, local));
  ReportSetting(index, client);
  return Ok();
}

void SessionImpl::ReportSetting(int index, Client* client) {
  if (index < 0) return;  // the client's own
  RefreshFormat();
  const SettingSpec& spec = SpecOf(static_cast<Setting>(index));
  if (spec.tracked) client->ParameterStatus(spec.name, settings_.Get(static_cast<Setting>(index)));
  if (static_cast<Setting>(index) == Setting::application_name) {
    std::lock_guard lock(info_mutex_);
    info_.application_name = settings_.Get(Setting::application_name);
  }
}

void SessionImpl::ReportChanges(Client* client) {
  for (int index : std::exchange(settings_changed_, {})) ReportSetting(index, client);
}

Status SessionImpl::RunSet(Run* run) {
  const auto& set = run->prepared->statement->As<ast::SetStatement>();
  const int32_t position = PositionOf(run->prepared->sql, set.location);
  using Action = ast::SetStatement::Action;
  run->tag = set.reset ? "RESET" : "SET";
  if (set.local && block_ == Block::kNone) {
    Notify(run->client, "WARNING", SqlState::kNoActiveSqlTransaction,
           "SET LOCAL can only be used in transaction blocks");
  }
  switch (set.action) {
    case Action::kValue:
      if (set.name == "role" || set.name == "session_authorization") {
        if (set.values.size() == 1 && (set.values[0].text == user_ || set.values[0].text == "none"))
          return Ok();
        return NotSupported("SET " + set.name, position);
      }
      if (set.values.size() == 1 &&
          set.values[0].type == ast::SetStatement::Value::Type::kInterval) {
        return NotSupported("SET TIME ZONE with an interval", position);
      }
      return SetOne(set.name, JoinValues(set), set.local, run->client);
    case Action::kDefault:
      if (set.name == "role" || set.name == "session_authorization") return Ok();
      LATHE_TRY(settings_.Reset(set.name));
      ReportSetting(FindSetting(set.name), run->client);
      return Ok();
    case Action::kCurrent:
      return Ok();
    case Action::kResetAll:
      settings_.ResetAll();
      for (size_t i = 0; i < kSettingCount; ++i) {
        if (SpecOf(static_cast<Setting>(i)).kind != SettingSpec::Kind::kReadOnly) {
          ReportSetting(static_cast<int>(i), run->client);
        }
      }
      return Ok();
    case Action::kTransaction:
      if (block_ == Block::kNone) {
        Notify(run->client, "WARNING", SqlState::kNoActiveSqlTransaction,
               "SET TRANSACTION can only be used in transaction blocks");
      }
      return ApplyModes(set.modes);
    case Action::kCharacteristics: {
      if (set.modes.isolation != ast::TransactionModes::Isolation::kDefault) {
        LATHE_TRY(
            settings_.Set("default_transaction_isolation", LevelName(set.modes.isolation), false));
      }
      if (set.modes.deferrable != ast::TransactionModes::Deferrable::kDefault) {
        const bool on = set.modes.deferrable == ast::TransactionModes::Deferrable::kDeferrable;
        LATHE_TRY(settings_.Set("default_transaction_deferrable", on ? "on" : "off", false));
      }
      if (set.modes.access != ast::TransactionModes::Access::kDefault) {
        LATHE_TRY(
            SetOne("default_transaction_read_only",
                   set.modes.access == ast::TransactionModes::Access::kReadOnly ? "on" : "off",
                   false, run->client));
      }
      return Ok();
    }
    case Action::kSnapshot:
      return NotSupported("SET TRANSACTION SNAPSHOT", position);
    case Action::kConstraints:
      run->tag = "SET CONSTRAINTS";
      if (block_ == Block::kNone) {
        Notify(run->client, "WARNING", SqlState::kNoActiveSqlTransaction,
               "SET CONSTRAINTS can only be used in transaction blocks");
      }
      return SetConstraints(set);
  }
  return NotSupported("this form of SET", position);
}

std::vector<ResultColumn> ShowColumns(const std::string& name) {
  const types::Type text(types::TypeId::kText);
  if (name == "all")
    return {{"name", text, {}, 0}, {"setting", text, {}, 0}, {"description", text, {}, 0}};
  const int index = FindSetting(name);
  return {{index < 0 ? name : std::string(SpecOf(static_cast<Setting>(index)).name), text, {}, 0}};
}

Status SessionImpl::RunShow(Run* run) {
  const std::string& name = run->prepared->statement->As<ast::ShowStatement>().name;
  run->tag = "SHOW";
  std::vector<std::vector<std::string>> rows;
  if (name == "all") {
    for (size_t i = 0; i < kSettingCount; ++i) {
      const SettingSpec& spec = SpecOf(static_cast<Setting>(i));
      LATHE_ASSIGN(std::string value, settings_.Show(spec.name));
      rows.push_back({std::string(spec.name), value, std::string(spec.description)});
    }
  } else {
    LATHE_ASSIGN(std::string value, settings_.Show(name));
    rows.push_back({value});
  }
  return SendRows(run, ShowColumns(name), rows);
}

Status SessionImpl::SendRows(Run* run, const std::vector<ResultColumn>& columns,
                             const std::vector<std::vector<std::string>>& rows) {
  std::vector<row::FieldSpec> specs(columns.size(), {types::Type(types::TypeId::kText), false});
  const row::Layout layout = row::Layout::Make(specs);
  row::RowBuffer buffer(&layout, nullptr);
  for (const std::vector<std::string>& row : rows) {
    std::vector<types::Datum> datums(columns.size());
    std::unique_ptr<bool[]> nulls(new bool[columns.size() + 1]());
    for (size_t i = 0; i < row.size(); ++i) datums[i].string = {row[i].data(), row[i].size()};
    if (!buffer.AppendRow(datums.data(), nulls.get())) {
      return MakeError(SqlState::kOutOfMemory, "out of memory");
    }
  }
  if (run->describe) run->client->Columns(columns);
  for (size_t i = 0; i < buffer.page_count(); ++i) {
    LATHE_TRY(
        run->client->Rows(layout, {buffer.page(i), 0, row::HeaderOf(buffer.page(i)).row_count}));
  }
  return Ok();
}

void SessionImpl::Notify(Client* client, std::string_view severity, SqlState state,
                         std::string message) {
  Notice notice;
  notice.severity = severity;
  notice.fields = MakeError(state, std::move(message));
  client->SendNotice(notice);
}

Result<std::shared_ptr<Prepared>> SessionImpl::PrepareText(std::string sql) {
  LATHE_ASSIGN(std::vector<ast::ParsedStatement> statements, parse::Parse(sql));
  LATHE_CHECK(statements.size() == 1);
  return Prepare(std::move(statements[0].statement), std::move(sql), {});
}

Status SessionImpl::RunPrepare(Run* run) {
  auto& statement = run->prepared->statement->As<ast::PrepareStatement>();
  const std::string& name = statement.name;
  if (prepared_.contains(name)) {
    return MakeError(SqlState::kDuplicatePreparedStatement,
                     "prepared statement \"" + name + "\" already exists");
  }
  LATHE_TRY(EnsureTransaction());
  LATHE_TRY(StartStatement());
  bind::BindContext context = MakeBindContext(run->prepared->sql, catalog_.get());
  std::vector<types::Type> declared;
  for (const ast::TypeName& type : statement.types) {
    LATHE_ASSIGN(types::Type bound, bind::BindTypeName(type, context));
    declared.push_back(bound);
  }
  LATHE_ASSIGN(std::shared_ptr<Prepared> prepared,
               Prepare(std::move(statement.query), run->prepared->sql, std::move(declared)));
  prepared->name = name;
  LATHE_ASSIGN(prepared->columns, DescribeColumns(prepared.get()));
  prepared_[name] = std::move(prepared);
  run->tag = "PREPARE";
  return Ok();
}

Status SessionImpl::RunExecute(Run* run) {
  const auto& statement = run->prepared->statement->As<ast::ExecuteStatement>();
  auto it = prepared_.find(statement.name);
  if (it == prepared_.end()) {
    return MakeError(SqlState::kInvalidSqlStatementName,
                     "prepared statement \"" + statement.name + "\" does not exist");
  }
  std::shared_ptr<Prepared> prepared = it->second;
  if (statement.args.size() != prepared->params.size()) {
    Error error =
        MakeError(SqlState::kSyntaxError,
                  "wrong number of parameters for prepared statement \"" + statement.name + "\"");
    error.detail = "Expected " + std::to_string(prepared->params.size()) + " parameters but got " +
                   std::to_string(statement.args.size()) + ".";
    return error;
  }
  LATHE_TRY(EnsureTransaction());
  LATHE_TRY(StartStatement());
  RefreshTypes(&prepared->params);
  std::vector<types::Value> values;
  for (size_t i = 0; i < statement.args.size(); ++i) {
    LATHE_ASSIGN(types::Value value,
                 EvaluateAs(ast::Print(*statement.args[i]), prepared->params[i]));
    values.push_back(std::move(value));
  }
  Run inner{prepared.get(), &values, run->client, run->describe, run->portal, nullptr, {}};
  LATHE_TRY(RunInTransaction(&inner));
  run->tag = inner.tag;
  return Ok();
}

Status SessionImpl::RunDeallocate(Run* run) {
  const auto& statement = run->prepared->statement->As<ast::DeallocateStatement>();
  if (statement.name.empty()) {
    prepared_.clear();
    run->tag = "DEALLOCATE ALL";
    return Ok();
  }
  if (prepared_.erase(statement.name) == 0) {
    return MakeError(SqlState::kInvalidSqlStatementName,
                     "prepared statement \"" + statement.name + "\" does not exist");
  }
  run->tag = "DEALLOCATE";
  return Ok();
}

Status SessionImpl::RunDiscard(Run* run) {
  using Target = ast::DiscardStatement::Target;
  switch (run->prepared->statement->As<ast::DiscardStatement>().target) {
    case Target::kAll:
      LATHE_TRY(RequireNoBlock("DISCARD ALL"));
      portals_.clear();
      cursors_.clear();
      prepared_.clear();
      sequence_uses_.clear();
      last_sequence_ = StorageId();
      GiveAllAdvisory();
      settings_.ResetAll();
      RefreshFormat();
      LATHE_TRY(EnsureTransaction());
      LATHE_TRY(StartStatement());
      LATHE_TRY(DropTemporary());
      run->tag = "DISCARD ALL";
      return Ok();
    case Target::kPlans:
      run->tag = "DISCARD PLANS";
      return Ok();
    case Target::kTemp:
      LATHE_TRY(EnsureTransaction());
      LATHE_TRY(StartStatement());
      LATHE_TRY(DropTemporary());
      run->tag = "DISCARD TEMP";
      return Ok();
    case Target::kSequences:
      sequence_uses_.clear();
      last_sequence_ = StorageId();
      run->tag = "DISCARD SEQUENCES";
      return Ok();
  }
  return Ok();
}

Status SessionImpl::RunLock(Run* run) {
  const auto& lock = run->prepared->statement->As<ast::LockStatement>();
  if (block_ == Block::kNone) {
    return MakeError(SqlState::kNoActiveSqlTransaction,
                     "LOCK TABLE can only be used in transaction blocks");
  }
  for (const auto& ref : lock.tables) {
    LATHE_ASSIGN(schema::RelationPtr table, ResolveTable(ref->name, run->prepared->sql, false));
    // Both enumerations list PostgreSQL's modes in its order.
    const auto mode = static_cast<txn::TableLockMode>(lock.mode);
    LATHE_TRY(lock.nowait ? txn_->TryLockTable(table->id, mode) : txn_->LockTable(table->id, mode));
  }
  run->tag = "LOCK TABLE";
  return Ok();
}

// All rows anew, densely, under new storage, in a transaction of its own.
Status SessionImpl::RewriteDensely(RelationId id) {
  LATHE_TRY(EnsureTransaction());
  LATHE_TRY(StartStatement());
  Result<schema::RelationPtr> table = txn_->LockTable(id, txn::TableLockMode::kAccessExclusive);
  if (!table.ok() && table.error().state == SqlState::kUndefinedTable) return Ok();
  LATHE_ASSIGN(schema::RelationPtr locked, std::move(table));
  LATHE_ASSIGN(locked, txn_->RewriteTable(*locked, nullptr));
  return CommitTransaction();
}

Status SessionImpl::RunVacuum(Run* run) {
  const auto& statement = run->prepared->statement->As<ast::VacuumStatement>();
  bool analyze = !statement.vacuum, full = false;
  for (const ast::Option& option : statement.options) {
    const bool on = option.text != "false" && option.text != "off" && option.text != "0";
    if (option.name == "analyze") {
      analyze |= on;
    } else if (option.name == "full" && statement.vacuum) {
      full = on;
    } else if (option.name != "freeze" && option.name != "verbose" &&
               option.name != "disable_page_skipping" && option.name != "skip_locked" &&
               option.name != "index_cleanup" && option.name != "process_toast" &&
               option.name != "truncate" && option.name != "parallel") {
      return MakeError(SqlState::kSyntaxError,
                       std::string("unrecognized ") + (statement.vacuum ? "VACUUM" : "ANALYZE") +
                           " option \"" + option.name + "\"",
                       PositionOf(run->prepared->sql, option.location));
    }
  }
  run->tag = statement.vacuum ? "VACUUM" : "ANALYZE";
  if (statement.vacuum) {
    LATHE_TRY(RequireNoBlock("VACUUM"));
    LATHE_TRY(CommitTransaction());
  }
  LATHE_TRY(EnsureTransaction());
  LATHE_TRY(StartStatement());
  std::vector<schema::RelationPtr> tables;
  for (const auto& relation : statement.relations) {
    LATHE_ASSIGN(schema::RelationPtr table, ResolveTable(relation.name, run->prepared->sql, false));
    LATHE_TRY(bind::BindColumnList(*table, relation.columns));
    tables.push_back(std::move(table));
  }
  if (statement.relations.empty()) {
    for (const schema::RelationPtr& relation : txn_->catalog()->Relations()) {
      if (relation->kind == schema::RelationKind::kTable) tables.push_back(relation);
    }
  }
  if (statement.vacuum) {
    // A snapshot of our own would keep versions from being folded.
    LATHE_TRY(CommitTransaction());
    for (const schema::RelationPtr& table : tables) {
      LATHE_TRY(full ? RewriteDensely(table->id) : instance_->engine()->FoldNow(table->id));
      LATHE_TRY(instance_->engine()->Compact(table->id));
    }
    LATHE_TRY(EnsureTransaction());
    LATHE_TRY(StartStatement());
  }
  for (const schema::RelationPtr& table : tables) {
    if (!analyze) break;
    LATHE_ASSIGN(schema::RelationPtr locked,
                 txn_->LockTable(table->id, txn::TableLockMode::kShareUpdateExclusive));
    LATHE_TRY(txn_->Analyze(locked->id));
  }
  return Ok();
}

}  // namespace lathe::session
