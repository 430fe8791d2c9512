// The session's protocol side: simple and extended query, prepared statements, portals, and the
// transaction that statements run in.
#include "frontend/session/session.h"

#include "frontend/parse/parse.h"
#include "frontend/session/session_impl.h"
#include "frontend/session/statement_name.h"
#include "runtime/types/datetime.h"

namespace lathe::session {
namespace {

constexpr size_t kInfoQueryBytes = 1024;
constexpr int kRestartsMax = 10000;  // a statement that loses every race for so long is given up

bool IsRestart(const Error& error) {
  return error.state == SqlState::kSerializationFailure && error.message == exec::kRestartStatement;
}

/// ROLLBACK, COMMIT and the like, which a failed transaction block still takes.
bool EndsBlock(const ast::Statement* statement) {
  if (statement == nullptr || statement->kind != ast::Statement::Kind::kTransaction) return false;
  using Action = ast::TransactionStatement::Action;
  const Action action = statement->As<ast::TransactionStatement>().action;
  return action == Action::kCommit || action == Action::kRollback || action == Action::kRollbackTo;
}

/// An error that may be that of a row as it was before others changed it.
bool MayBeStale(const Error& error) {
  const std::string_view code = SqlStateCode(error.state);
  return code.starts_with("22") || code.starts_with("23");
}

/// Statements of definition, which a read-only transaction refuses.
bool Defines(ast::Statement::Kind kind) {
  using Kind = ast::Statement::Kind;
  switch (kind) {
    case Kind::kCreateTable:
    case Kind::kCreateTableAs:
    case Kind::kCreateView:
    case Kind::kCreateIndex:
    case Kind::kCreateSchema:
    case Kind::kCreateType:
    case Kind::kCreateSequence:
    case Kind::kCreateDomain:
    case Kind::kAlter:
    case Kind::kRename:
    case Kind::kComment:
    case Kind::kDrop:
    case Kind::kAlterTable:
    case Kind::kTruncate:
      return true;
    default:
      return false;
  }
}

Error AbortedBlock() {
  return MakeError(
      SqlState::kInFailedSqlTransaction,
      "current transaction is aborted, commands ignored until end of transaction block");
}

}  // namespace

SessionImpl::SessionImpl(Instance* instance, SessionId id, uint32_t cancel_key,
                         const SessionOptions& options)
    : instance_(instance),
      id_(id),
      cancel_key_(cancel_key),
      user_(options.user),
      database_(options.database),
      started_micros_(instance->clock()->UnixMicros()),
      facts_(MakeFacts(this)),
      names_(MakeNameResolver(facts_.get())) {
  context_.facts = facts_.get();
  info_.id = id;
  info_.user = user_;
  info_.database = database_;
  info_.state = "idle";
  info_.started_micros = started_micros_;
  settings_.Force(Setting::session_authorization, user_);
}

SessionImpl::~SessionImpl() {
  StopIdleTimer();
  GiveAllAdvisory();
  portals_.clear();
  RollbackTransaction();
  cursors_.clear();
  LeaveTemporary();
  instance_->Forget(id_);
}

Status SessionImpl::ApplyOptions(const SessionOptions& options) {
  for (const auto& [name, value] : options.settings) {
    if (name == "options") {
      // "-c name=value --name=value", blanks escaped with a backslash.
      std::vector<std::string> words;
      std::string word;
      bool escaped = false;
      for (char c : value + " ") {
        if (!escaped && c == '\\') {
          escaped = true;
        } else if (!escaped && (c == ' ' || c == '\t')) {
          if (!word.empty()) words.push_back(std::exchange(word, {}));
        } else {
          word += c;
          escaped = false;
        }
      }
      for (size_t i = 0; i < words.size(); ++i) {
        std::string setting = words[i];
        if (setting == "-c" && i + 1 < words.size()) {
          setting = words[++i];
        } else if (setting.starts_with("--")) {
          setting = setting.substr(2);
        } else if (setting.starts_with("-c")) {
          setting = setting.substr(2);
        } else {
          return MakeError(SqlState::kSyntaxError,
                           "invalid command-line argument for server process: " + setting);
        }
        size_t equals = setting.find('=');
        if (equals == std::string::npos) {
          return MakeError(SqlState::kSyntaxError, "-c " + setting + " requires a value");
        }
        LATHE_TRY(settings_.Set(setting.substr(0, equals), setting.substr(equals + 1), false));
      }
      continue;
    }
    if (name == "replication") {
      if (value == "false" || value == "off" || value == "0" || value == "no") continue;
      return NotSupported("replication protocol");
    }
    LATHE_TRY(settings_.Set(name, value, false));
  }
  settings_.SealDefaults();
  RefreshFormat();
  return Ok();
}

// ---- Transactions

Status SessionImpl::EnsureTransaction() {
  if (txn_ != nullptr) return Ok();
  const std::string& level = settings_.Get(Setting::default_transaction_isolation);
  BeginAt(IsolationOf(level));
  settings_.BeginTransaction();
  settings_.Force(Setting::transaction_isolation, level);
  read_only_ = settings_.GetBool(Setting::default_transaction_read_only);
  settings_.Force(Setting::transaction_read_only, read_only_ ? "on" : "off");
  settings_.Force(Setting::transaction_deferrable,
                  settings_.Get(Setting::default_transaction_deferrable));
  statement_seen_ = false;
  temp_written_ = false;
  context_.transaction_timestamp = instance_->clock()->UnixMicros();
  format_.time.now =
      context_.transaction_timestamp - types::kUnixEpochSeconds * types::kMicrosPerSecond;
  return Ok();
}

void SessionImpl::BeginAt(txn::Isolation isolation) {
  access_.reset();
  catalog_.reset();
  if (txn_ != nullptr) txn_->Rollback();
  txn_ = instance_->engine()->Begin(isolation);
  txn_->SetProcess(id_.value);
  txn_->SetIndexExpressions(MakeIndexExpressions());
  isolation_ = isolation;
  catalog_ = std::make_unique<syscat::SystemCatalog>(txn_->catalog());
  access_ = MakeTableAccess(this);
}

txn::Isolation IsolationOf(std::string_view name) {
  return name == "serializable"      ? txn::Isolation::kSerializable
         : name == "repeatable read" ? txn::Isolation::kRepeatableRead
                                     : txn::Isolation::kReadCommitted;
}

void SessionImpl::WriteCommits() { instance_->engine()->WriteCommits(); }

Status SessionImpl::CommitTransaction(Client* last) {
  if (txn_ == nullptr) return Ok();
  portals_.clear();
  Status checked = RunDeferredEvents(true);
  if (!checked.ok()) {
    RollbackTransaction();
    return checked;
  }
  if (!on_commit_.empty()) {
    Status prepared = BeforeCommit();
    if (!prepared.ok()) {
      RollbackTransaction();
      return prepared;
    }
  }
  access_.reset();
  catalog_.reset();
  Status committed = Ok();
  std::function<void(Status)> outcome;
  // Without all this the session is the same after a commit that fails.
  if (last != nullptr && cursors_.empty() && on_commit_.empty() && !settings_.changed() &&
      txn_->CanCommitLater()) {
    outcome = last->CommitOutcome();
  }
  if (outcome != nullptr) {
    instance_->engine()->CommitLater(std::move(txn_), std::move(outcome));
  } else {
    committed = txn_->Commit();
  }
  txn_.reset();
  savepoints_.clear();
  constraints_.EndTransaction();
  EndCursors(committed.ok());
  settings_.EndTransaction(committed.ok());
  RefreshFormat();
  return committed;
}

void SessionImpl::RollbackTransaction() {
  if (txn_ == nullptr) return;
  portals_.clear();
  access_.reset();
  catalog_.reset();
  txn_->Rollback();
  txn_.reset();
  savepoints_.clear();
  constraints_.EndTransaction();
  // What was compiled for tables of this transaction's own versions.
  constraints_.checks.clear();
  bound_indexes_.clear();
  EndCursors(false);
  settings_.EndTransaction(false);
  RefreshFormat();
}

Status SessionImpl::StartStatement() {
  context_.statement_timestamp = instance_->clock()->UnixMicros();
  return txn_->StartStatement(&cancel_, settings_.GetInt(Setting::lock_timeout));
}

char SessionImpl::transaction_status() const {
  switch (block_) {
    case Block::kNone:
      return 'I';
    case Block::kOpen:
      return 'T';
    case Block::kFailed:
      return 'E';
  }
  return 'I';
}

Status SessionImpl::RequireNoBlock(std::string_view statement) {
  if (block_ == Block::kNone && !several_) return Ok();
  return MakeError(SqlState::kActiveSqlTransaction,
                   std::string(statement) + " cannot run inside a transaction block");
}

void SessionImpl::Fail() {
  if (block_ != Block::kNone && !savepoints_.empty() && txn_ != nullptr) {
    // What was done since the last savepoint is over at once.
    RestoreSavepoint(savepoints_.size() - 1);
    block_ = Block::kFailed;
    return;
  }
  // The transaction is over at once: nothing of it can be saved.
  RollbackTransaction();
  if (block_ == Block::kOpen) {
    block_ = Block::kFailed;
  } else if (block_ == Block::kNone) {
    implicit_failed_ = true;
  }
}

// ---- Interrupts

void SessionImpl::Cancel() {
  if (running_.load()) {
    uint32_t none = 0;
    cancel_.state.compare_exchange_strong(none,
                                          1 + static_cast<uint32_t>(SqlState::kQueryCanceled));
  }
}

void SessionImpl::Terminate() {
  terminated_.store(true);
  cancel_.state.store(1 + static_cast<uint32_t>(SqlState::kAdminShutdown));
  std::lock_guard lock(terminate_mutex_);
  if (on_terminate_ != nullptr) on_terminate_();
}

Error SessionImpl::EndReason() const {
  if (static_cast<SqlState>(end_reason_.load()) == SqlState::kIdleInTransactionTimeout) {
    return MakeError(SqlState::kIdleInTransactionTimeout,
                     "terminating connection due to idle-in-transaction timeout");
  }
  return MakeError(SqlState::kAdminShutdown, "terminating connection due to administrator command");
}

void SessionImpl::OnTerminate(std::function<void()> call) {
  std::lock_guard lock(terminate_mutex_);
  on_terminate_ = std::move(call);
}

void SessionImpl::StartIdleTimer() {
  StopIdleTimer();
  if (block_ == Block::kNone || terminated_.load()) return;
  const int64_t limit_ms = settings_.GetInt(Setting::idle_in_transaction_session_timeout);
  if (limit_ms == 0) return;
  idle_timer_ = instance_->deadlines()->Add(limit_ms, [this] {
    end_reason_.store(static_cast<uint32_t>(SqlState::kIdleInTransactionTimeout));
    Terminate();
  });
}

void SessionImpl::StopIdleTimer() {
  if (idle_timer_ != 0) instance_->deadlines()->Remove(idle_timer_);
  idle_timer_ = 0;
}

Status SessionImpl::CheckReadOnly(const ast::Statement& statement) const {
  if (!read_only_ || !Defines(statement.kind)) return Ok();
  return MakeError(SqlState::kReadOnlySqlTransaction,
                   "cannot execute " + StatementName(statement) + " in a read-only transaction");
}

Status SessionImpl::CheckInterrupt() {
  const uint32_t state = cancel_.state.load();
  if (state == 0) return Ok();
  if (static_cast<SqlState>(state - 1) == SqlState::kAdminShutdown) return EndReason();
  return MakeError(SqlState::kQueryCanceled, "canceling statement due to user request");
}

void SessionImpl::EndStatement() {
  running_.store(false);
  if (!terminated_.load()) cancel_.state.store(0);
  StartIdleTimer();
  std::lock_guard lock(info_mutex_);
  info_.state = block_ == Block::kNone   ? "idle"
                : block_ == Block::kOpen ? "idle in transaction"
                                         : "idle in transaction (aborted)";
}

SessionInfo SessionImpl::Info() {
  std::lock_guard lock(info_mutex_);
  return info_;
}

// ---- Running statements

Result<std::shared_ptr<Prepared>> SessionImpl::Prepare(ast::StatementPtr statement, std::string sql,
                                                       std::vector<types::Type> declared) {
  auto prepared = std::make_shared<Prepared>();
  if (statement != nullptr && statement->kind == ast::Statement::Kind::kSelect) {
    statement = ast::SelectIntoAsCreate(std::move(statement));
  }
  prepared->sql = std::move(sql);
  prepared->statement = std::move(statement);
  prepared->declared = std::move(declared);
  LATHE_TRY(FindNestedLocks(prepared.get()));
  if (prepared->statement != nullptr && prepared->unlocked == nullptr &&
      settings_.GetBool(Setting::plan_cache)) {
    prepared->lifted = ast::LiftLiterals(*prepared->statement);
    if (prepared->lifted.has_value()) {
      prepared->key = KeyOf(*prepared);
    }
  }
  return prepared;
}

Status SessionImpl::SimpleQuery(std::string_view sql, Client* client) {
  implicit_failed_ = false;
  prepared_.erase("");
  portals_.erase("");
  auto run_all = [&]() -> Status {
    LATHE_ASSIGN(std::vector<ast::ParsedStatement> statements, parse::Parse(sql));
    if (statements.empty()) {
      client->EmptyQuery();
      return Ok();
    }
    several_ = statements.size() > 1;
    for (ast::ParsedStatement& parsed : statements) {
      LATHE_ASSIGN(std::shared_ptr<Prepared> prepared,
                   Prepare(std::move(parsed.statement), std::string(sql), {}));
      static const std::vector<types::Value> kNoParams;
      Run run{prepared.get(), &kNoParams, client, true, nullptr, nullptr, {}};
      LATHE_TRY(RunStatement(&run));
      // All statements of one text are one transaction; it is committed before the last one's
      // completion is told.
      if (&parsed == &statements.back() && block_ == Block::kNone) {
        LATHE_TRY(CommitTransaction(client));
      }
      client->Complete(run.tag);
    }
    return Ok();
  };
  Status done = run_all();
  several_ = false;
  if (!done.ok()) Fail();
  implicit_failed_ = false;
  EndStatement();
  return done;
}

Status SessionImpl::RunStatement(Run* run) {
  const ast::Statement* statement = run->prepared->statement.get();
  StopIdleTimer();
  if (block_ == Block::kFailed && !EndsBlock(statement)) return AbortedBlock();
  running_.store(true);
  {
    std::lock_guard lock(info_mutex_);
    info_.state = "active";
    info_.query.assign(run->prepared->sql, 0, kInfoQueryBytes);
    info_.query_started_micros = instance_->clock()->UnixMicros();
  }
  // A cancel request that came while nothing ran means nothing.
  const int64_t timeout_ms = settings_.GetInt(Setting::statement_timeout);
  uint64_t timer = 0;
  if (timeout_ms > 0) timer = instance_->deadlines()->Add(timeout_ms, [this] { Cancel(); });
  Status done = RunInTransaction(run);
  if (timer != 0 && instance_->deadlines()->Remove(timer) && !done.ok() &&
      done.error().state == SqlState::kQueryCanceled) {
    Error error = done.error();
    error.message = "canceling statement due to statement timeout";
    done = error;
  }
  if (!settings_changed_.empty()) ReportChanges(run->client);
  running_.store(false);
  if (!terminated_.load()) cancel_.state.store(0);
  return done;
}

Status SessionImpl::RunInTransaction(Run* run) {
  using Kind = ast::Statement::Kind;
  switch (run->prepared->statement->kind) {
    case Kind::kTransaction:
      return RunTransactionStatement(run);
    case Kind::kSet:
      LATHE_TRY(EnsureTransaction());
      return RunSet(run);
    case Kind::kShow:
      LATHE_TRY(EnsureTransaction());
      return RunShow(run);
    case Kind::kPrepare:
      return RunPrepare(run);
    case Kind::kExecute:
      return RunExecute(run);
    case Kind::kDeallocate:
      return RunDeallocate(run);
    case Kind::kDiscard:
      return RunDiscard(run);
    case Kind::kVacuum:
      return RunVacuum(run);
    case Kind::kCheckpoint:
      LATHE_TRY(instance_->engine()->FoldAll());
      run->tag = "CHECKPOINT";
      return Ok();
    default:
      break;
  }
  LATHE_TRY(EnsureTransaction());
  for (int attempt = 0;; ++attempt) {
    LATHE_TRY(StartStatement());
    constraints_.events.clear();
    Status done = RunOnce(run);
    constraints_.conflict_keys = nullptr;
    statement_seen_ = true;
    if (done.ok()) done = RunKeyEvents();
    if (done.ok()) return done;
    // Rows had changed: what they looked like before is no reason to fail.
    if (!IsRestart(done.error()) && !(txn_->has_conflicts() && MayBeStale(done.error()))) {
      Error error = std::move(done).error();
      NameRelation(&error);
      return error;
    }
    if (attempt == kRestartsMax) {
      return MakeError(SqlState::kSerializationFailure,
                       "could not serialize access due to concurrent update");
    }
    LATHE_TRY(CheckInterrupt());
    txn_->UndoStatement();
  }
}

Status SessionImpl::RunOnce(Run* run) {
  using Kind = ast::Statement::Kind;
  const ast::Statement& statement = *run->prepared->statement;
  LATHE_TRY(CheckReadOnly(statement));
  switch (statement.kind) {
    case Kind::kSelect:
    case Kind::kInsert:
    case Kind::kUpdate:
    case Kind::kDelete:
    case Kind::kMerge:
      return RunQuery(run);
    case Kind::kCopy:
      return RunCopy(run);
    case Kind::kExplain:
      return RunExplain(run);
    case Kind::kCreateTable:
      return RunCreateTable(run);
    case Kind::kCreateTableAs:
      return RunCreateTableAs(run);
    case Kind::kCreateView:
      return RunCreateView(run);
    case Kind::kCreateIndex:
      return RunCreateIndex(run);
    case Kind::kReindex:
      return RunReindex(run);
    case Kind::kCreateSchema:
      return RunCreateSchema(run);
    case Kind::kCreateType:
      return RunCreateType(run);
    case Kind::kCreateSequence:
      return RunCreateSequence(run);
    case Kind::kCreateDomain:
      return RunCreateDomain(run);
    case Kind::kAlter:
      return RunAlter(run);
    case Kind::kRename:
      return RunRename(run);
    case Kind::kComment:
      return RunComment(run);
    case Kind::kDrop:
      return RunDrop(run);
    case Kind::kAlterTable:
      return RunAlterTable(run);
    case Kind::kTruncate:
      return RunTruncate(run);
    case Kind::kLock:
      return RunLock(run);
    case Kind::kDeclareCursor:
      return RunDeclareCursor(run);
    case Kind::kFetch:
      return RunFetch(run);
    case Kind::kClose:
      return RunClose(run);
    default:
      break;
  }
  return NotSupported(StatementName(statement),
                      ast::PositionOf(run->prepared->sql, statement.location));
}

// ---- The extended protocol

Status SessionImpl::Parse(const std::string& name, std::string_view sql,
                          const std::vector<Oid>& param_types) {
  StopIdleTimer();
  if (implicit_failed_) implicit_failed_ = false;
  if (!name.empty() && prepared_.contains(name)) {
    return MakeError(SqlState::kDuplicatePreparedStatement,
                     "prepared statement \"" + name + "\" already exists");
  }
  LATHE_ASSIGN(std::vector<ast::ParsedStatement> statements, parse::Parse(sql));
  if (statements.size() > 1) {
    return MakeError(SqlState::kSyntaxError,
                     "cannot insert multiple commands into a prepared statement");
  }
  std::vector<types::Type> declared;
  for (Oid oid : param_types) {
    types::Type type;
    if (oid && !types::TypeFromOid(oid, &type)) {
      return NotSupported("parameter type with OID " + std::to_string(oid.value));
    }
    declared.push_back(type);
  }
  ast::StatementPtr statement;
  if (!statements.empty()) statement = std::move(statements[0].statement);
  if (block_ == Block::kFailed && !EndsBlock(statement.get()) && statement != nullptr) {
    return AbortedBlock();
  }
  LATHE_ASSIGN(std::shared_ptr<Prepared> prepared,
               Prepare(std::move(statement), std::string(sql), std::move(declared)));
  prepared->name = name;
  // Binding finds errors now, and the types of parameters.
  LATHE_TRY(DescribeColumns(prepared.get()));
  prepared_[name] = std::move(prepared);
  return Ok();
}

Result<std::optional<std::vector<ResultColumn>>> SessionImpl::DescribeColumns(Prepared* prepared) {
  using Kind = ast::Statement::Kind;
  std::optional<std::vector<ResultColumn>> none;
  const ast::Statement* statement = prepared->statement.get();
  if (statement == nullptr) return none;
  switch (statement->kind) {
    case Kind::kSelect:
    case Kind::kInsert:
    case Kind::kUpdate:
    case Kind::kDelete:
    case Kind::kMerge: {
      if (prepared->unlocked != nullptr) return DescribeUnlocked(prepared);
      const bool own_statement = !running_.load();
      LATHE_TRY(EnsureTransaction());
      if (own_statement) LATHE_TRY(StartStatement());
      LATHE_ASSIGN(std::shared_ptr<const driver::CachedPlan> plan, PlanFor(prepared, nullptr));
      if (!plan->query->returns_rows()) return none;
      return std::optional<std::vector<ResultColumn>>(ColumnsOf(*plan));
    }
    case Kind::kShow:
      return std::optional<std::vector<ResultColumn>>(
          ShowColumns(statement->As<ast::ShowStatement>().name));
    case Kind::kExplain:
      return std::optional<std::vector<ResultColumn>>(ExplainColumns());
    case Kind::kFetch: {
      const auto& fetch = statement->As<ast::FetchStatement>();
      auto it = cursors_.find(fetch.cursor);
      if (fetch.move || it == cursors_.end()) return none;
      return std::optional<std::vector<ResultColumn>>(it->second->columns);
    }
    case Kind::kExecute: {
      auto it = prepared_.find(statement->As<ast::ExecuteStatement>().name);
      if (it == prepared_.end()) return none;
      return DescribeColumns(it->second.get());
    }
    default:
      return none;
  }
}

Result<StatementDescription> SessionImpl::DescribeStatement(const std::string& name) {
  auto it = prepared_.find(name);
  if (it == prepared_.end()) {
    return MakeError(SqlState::kInvalidSqlStatementName,
                     name.empty() ? "unnamed prepared statement does not exist"
                                  : "prepared statement \"" + name + "\" does not exist");
  }
  if (block_ == Block::kFailed && !EndsBlock(it->second->statement.get())) return AbortedBlock();
  StatementDescription description;
  LATHE_ASSIGN(description.columns, DescribeColumns(it->second.get()));
  description.params = it->second->params;
  return description;
}

Status SessionImpl::Bind(const std::string& portal_name, const std::string& statement,
                         const std::vector<BoundParam>& params) {
  StopIdleTimer();
  auto it = prepared_.find(statement);
  if (it == prepared_.end()) {
    return MakeError(SqlState::kInvalidSqlStatementName,
                     statement.empty() ? "unnamed prepared statement does not exist"
                                       : "prepared statement \"" + statement + "\" does not exist");
  }
  Prepared& prepared = *it->second;
  if (block_ == Block::kFailed && !EndsBlock(prepared.statement.get())) return AbortedBlock();
  if (!portal_name.empty() && portals_.contains(portal_name)) {
    return MakeError(SqlState::kDuplicateCursor, "cursor \"" + portal_name + "\" already exists");
  }
  if (params.size() != prepared.params.size()) {
    return MakeError(SqlState::kProtocolViolation,
                     "bind message supplies " + std::to_string(params.size()) +
                         " parameters, but prepared statement \"" + statement + "\" requires " +
                         std::to_string(prepared.params.size()));
  }
  auto portal = std::make_unique<Portal>();
  portal->prepared = it->second;
  LATHE_TRY(EnsureTransaction());  // a portal lives in one
  RefreshTypes(&prepared.params);
  for (size_t i = 0; i < params.size(); ++i) {
    const types::Type& type = prepared.params[i];
    if (params[i].is_null) {
      portal->params.push_back(types::Value::Null(type));
      continue;
    }
    Result<types::Value> value = params[i].binary
                                     ? types::ValueFromBinary(type, params[i].bytes, format_)
                                     : types::ValueFromText(type, params[i].bytes, format_);
    if (!value.ok()) {
      Error error = std::move(value).error();
      if (error.context.empty()) {
        error.context = (portal_name.empty() ? std::string("unnamed portal")
                                             : "portal \"" + portal_name + "\"") +
                        " parameter $" + std::to_string(i + 1);
      }
      return error;
    }
    portal->params.push_back(std::move(*value));
  }
  portals_[portal_name] = std::move(portal);
  return Ok();
}

Result<std::optional<std::vector<ResultColumn>>> SessionImpl::DescribePortal(
    const std::string& name) {
  auto it = portals_.find(name);
  if (it == portals_.end()) {
    return MakeError(SqlState::kInvalidCursorName, "portal \"" + name + "\" does not exist");
  }
  Portal& portal = *it->second;
  // The plan that the statement was bound with, as it is: Execute checks that it still holds.
  if (portal.prepared->plan != nullptr) {
    portal.described = portal.prepared->plan;
    if (!portal.described->query->returns_rows()) return std::optional<std::vector<ResultColumn>>();
    return std::optional<std::vector<ResultColumn>>(ColumnsOf(*portal.described));
  }
  return DescribeColumns(portal.prepared.get());
}

Status SessionImpl::CheckDescribed(const std::vector<ResultColumn>& told,
                                   const driver::CachedPlan& plan) {
  const std::vector<ResultColumn> now = ColumnsOf(plan);
  bool same = told.size() == now.size();
  for (size_t i = 0; same && i < told.size(); ++i) same = told[i].type == now[i].type;
  if (same) return Ok();
  return MakeError(SqlState::kFeatureNotSupported, "cached plan must not change result type");
}

Result<ExecuteOutcome> SessionImpl::Execute(const std::string& name, uint64_t max_rows,
                                            Client* client) {
  auto it = portals_.find(name);
  if (it == portals_.end()) {
    return MakeError(SqlState::kInvalidCursorName, "portal \"" + name + "\" does not exist");
  }
  Portal* portal = it->second.get();
  // COMMIT and ROLLBACK drop all portals: keep what runs.
  std::shared_ptr<Prepared> prepared = portal->prepared;
  if (prepared->statement == nullptr) {
    client->EmptyQuery();
    return ExecuteOutcome::kComplete;
  }
  if (!portal->started) {
    portal->started = true;
    const bool ends_transaction = prepared->statement->kind == ast::Statement::Kind::kTransaction;
    std::vector<types::Value> params = std::move(portal->params);
    Run run{prepared.get(),
            &params,
            client,
            false,
            max_rows != 0 && !ends_transaction ? portal : nullptr,
            {}};
    Status done = RunStatement(&run);
    EndStatement();
    if (!done.ok()) return std::move(done).error();
    if (run.portal == nullptr || portal->rows == nullptr) {
      if (!ends_transaction) portal->done = true;
      client->Complete(run.tag);
      return ExecuteOutcome::kComplete;
    }
    portal->tag = run.tag;
  } else if (portal->rows == nullptr) {
    return MakeError(SqlState::kObjectNotInPrerequisiteState,
                     "portal \"" + name + "\" cannot be run anymore");
  }
  // Hand out the next rows.
  uint64_t left = max_rows == 0 ? UINT64_MAX : max_rows;
  uint64_t sent = 0;
  while (left > 0 && portal->next_page < portal->rows->page_count()) {
    const char* page = portal->rows->page(portal->next_page);
    const uint32_t count = row::HeaderOf(page).row_count;
    const uint32_t take = static_cast<uint32_t>(std::min<uint64_t>(left, count - portal->next_row));
    LATHE_TRY(client->Rows(portal->layout, {page, portal->next_row, portal->next_row + take}));
    portal->next_row += take;
    left -= take;
    sent += take;
    if (portal->next_row == count) {
      ++portal->next_page;
      portal->next_row = 0;
    }
  }
  if (max_rows != 0 && left == 0) return ExecuteOutcome::kSuspended;
  client->Complete(portal->tag.starts_with("SELECT") ? "SELECT " + std::to_string(sent)
                                                     : portal->tag);
  return ExecuteOutcome::kComplete;
}

void SessionImpl::CloseStatement(const std::string& name) { prepared_.erase(name); }
void SessionImpl::ClosePortal(const std::string& name) { portals_.erase(name); }

Status SessionImpl::Sync(Client* client) {
  Status done = Ok();
  if (block_ == Block::kNone) {
    if (implicit_failed_) {
      RollbackTransaction();
    } else {
      done = CommitTransaction(client);
    }
  }
  implicit_failed_ = false;
  EndStatement();
  return done;
}

std::vector<std::pair<std::string, std::string>> SessionImpl::TrackedSettings() const {
  std::vector<std::pair<std::string, std::string>> tracked;
  for (size_t i = 0; i < kSettingCount; ++i) {
    const SettingSpec& spec = SpecOf(static_cast<Setting>(i));
    if (spec.tracked) {
      tracked.emplace_back(std::string(spec.name), settings_.Get(static_cast<Setting>(i)));
    }
  }
  return tracked;
}

void SessionImpl::RefreshFormat() {
  if (format_serial_ == settings_.serial()) return;
  format_serial_ = settings_.serial();
  // Set checked the zone's name.
  if (auto zone = types::TimeZone::FindForSetting(settings_.Get(Setting::timezone)); zone.ok()) {
    format_.time.zone = *zone;
  }
  const std::string& dates = settings_.Get(Setting::datestyle);
  format_.style.date = dates.starts_with("SQL")        ? types::DateStyle::kSql
                       : dates.starts_with("Postgres") ? types::DateStyle::kPostgres
                       : dates.starts_with("German")   ? types::DateStyle::kGerman
                                                       : types::DateStyle::kIso;
  format_.style.order = dates.ends_with("DMY")   ? types::DateOrder::kDmy
                        : dates.ends_with("YMD") ? types::DateOrder::kYmd
                                                 : types::DateOrder::kMdy;
  const std::string& intervals = settings_.Get(Setting::intervalstyle);
  format_.style.interval = intervals == "sql_standard" ? types::IntervalStyle::kSqlStandard
                           : intervals == "iso_8601"   ? types::IntervalStyle::kIso8601
                           : intervals == "postgres_verbose"
                               ? types::IntervalStyle::kPostgresVerbose
                               : types::IntervalStyle::kPostgres;
  format_.style.bytea_escape = settings_.Get(Setting::bytea_output) == "escape";
  format_.extra_float_digits = static_cast<int>(settings_.GetInt(Setting::extra_float_digits));
  format_.names = names_.get();
  context_.format = &format_;
}

}  // namespace lathe::session
