// The tables that a statement of the session reads and writes: storage's, and the virtual ones of
// pg_catalog.
#include "frontend/session/session_impl.h"

namespace lathe::session {

class SessionTables final : public exec::TableAccess {
 public:
  explicit SessionTables(SessionImpl* session) : session_(session) {}

  Result<std::unique_ptr<exec::RowSource>> OpenScan(const schema::RelationPtr& relation,
                                                    const exec::ScanRequest& request) override {
    if (relation->kind == schema::RelationKind::kSequence) {
      return session_->OpenSequence(relation);
    }
    if (relation->kind != schema::RelationKind::kVirtual) {
      CountScan(*relation, request);
      return session_->txn_->tables()->OpenScan(relation, request);
    }
    syscat::Source source;
    source.catalog = session_->catalog_.get();
    source.database = session_->database_;
    source.role = session_->instance_->engine()->role_name();
    source.settings = [this] { return Settings(); };
    source.prepared = [this] { return PreparedStatements(); };
    source.sequence_last =
        [this](const schema::RelationDescriptor& sequence) -> std::optional<int64_t> {
      auto state = session_->instance_->engine()->ReadSequence(sequence);
      if (!state.ok() || !state->is_called) return std::nullopt;
      return state->last_value;
    };
    source.sessions = [this] { return Sessions(); };
    source.locks = [this] { return Locks(); };
    source.scans = [this](RelationId id) {
      const std::shared_ptr<ScanCount> count = session_->instance_->scan_counts()->Of(id);
      return syscat::ScanRow{count->whole.load(), count->by_key.load()};
    };
    return syscat::OpenScan(relation, source);
  }
  Result<std::unique_ptr<exec::RowSink>> OpenWrite(const schema::RelationPtr& relation,
                                                   exec::WriteKind kind,
                                                   uint64_t* affected) override {
    if (relation->kind != schema::RelationKind::kVirtual) {
      session_->temp_written_ |= session_->on_commit_.contains(relation->id);
      return session_->OpenDirect(relation, kind, affected);
    }
    return MakeError(SqlState::kInsufficientPrivilege,
                     "permission denied for table " + relation->name);
  }

 private:
  ScanCount* CountOf(RelationId id) {
    std::shared_ptr<ScanCount>& count = session_->scan_counts_[id];
    if (count == nullptr) count = session_->instance_->scan_counts()->Of(id);
    return count.get();
  }
  void CountScan(const schema::RelationDescriptor& relation, const exec::ScanRequest& request) {
    const bool only_index = relation.kind == schema::RelationKind::kIndex;
    const bool own_key = !request.lower.values.empty() || !request.upper.values.empty() ||
                         !request.points.empty() || request.key_order;
    const RelationId index = request.index != nullptr ? request.index->id
                             : only_index             ? relation.id
                             : own_key                ? RelationId(relation.primary_key_oid.value)
                                                      : RelationId();
    ScanCount* table = CountOf(only_index ? relation.table : relation.id);
    (index.value == 0 ? table->whole : table->by_key).fetch_add(1, std::memory_order_relaxed);
    if (index.value != 0) CountOf(index)->by_key.fetch_add(1, std::memory_order_relaxed);
  }

  std::vector<std::vector<std::string>> Settings() {
    std::vector<std::vector<std::string>> rows;
    for (size_t i = 0; i < kSettingCount; ++i) {
      const SettingSpec& spec = SpecOf(static_cast<Setting>(i));
      const bool has_unit =
          spec.kind == SettingSpec::Kind::kInt && spec.allowed.find(' ') != spec.allowed.npos;
      rows.push_back({std::string(spec.name), session_->settings_.Get(static_cast<Setting>(i)),
                      std::string(spec.description), TypeName(spec.kind),
                      std::string(has_unit ? spec.allowed.substr(spec.allowed.find(' ') + 1) : ""),
                      std::string(spec.initial),
                      spec.kind == SettingSpec::Kind::kReadOnly ? "internal" : "user"});
    }
    return rows;
  }
  /// As pg_settings.vartype has it.
  static std::string TypeName(SettingSpec::Kind kind) {
    switch (kind) {
      case SettingSpec::Kind::kBool:
        return "bool";
      case SettingSpec::Kind::kInt:
        return "integer";
      case SettingSpec::Kind::kReal:
        return "real";
      case SettingSpec::Kind::kEnum:
        return "enum";
      case SettingSpec::Kind::kText:
      case SettingSpec::Kind::kReadOnly:
        break;
    }
    return "string";
  }
  std::vector<std::vector<std::string>> PreparedStatements() {
    std::vector<std::vector<std::string>> rows;
    for (const auto& [name, prepared] : session_->prepared_) {
      if (!name.empty()) rows.push_back({name, prepared->sql});
    }
    return rows;
  }
  std::vector<syscat::LockRow> Locks() {
    std::vector<syscat::LockRow> rows;
    for (const txn::LockInfo& lock : session_->instance_->engine()->lock_table()->List()) {
      syscat::LockRow row;
      row.mode = txn::LockModeName(lock.mode);
      row.transaction = static_cast<int64_t>(lock.txn.value);
      row.process = static_cast<int32_t>(lock.process);
      row.granted = lock.granted;
      switch (lock.kind) {
        case txn::LockInfo::Kind::kAdvisory:
          row.type = "advisory";
          row.class_id = Oid(static_cast<uint32_t>(lock.advisory.key >> 32));
          row.object = Oid(static_cast<uint32_t>(lock.advisory.key));
          row.object_part = lock.advisory.two_numbers ? 2 : 1;
          break;
        case txn::LockInfo::Kind::kRow:
          // As PostgreSQL: who waits for a row waits for its transaction; held rows are not listed.
          if (lock.granted) continue;
          row.type = "transactionid";
          row.mode = "ShareLock";
          break;
        case txn::LockInfo::Kind::kTable:
          if (lock.object >> 32 == 0) {
            row.type = "relation";
            row.relation = Oid(static_cast<uint32_t>(lock.object));
          } else if (lock.granted) {
            continue;  // of storages and names: Lathe's own affair
          } else {
            row.type = "object";
          }
          break;
      }
      rows.push_back(std::move(row));
    }
    return rows;
  }
  std::vector<std::vector<std::string>> Sessions() {
    std::vector<std::vector<std::string>> rows;
    for (const SessionInfo& info : session_->instance_->Sessions()) {
      rows.push_back({std::to_string(info.id.value), info.database, info.user,
                      info.application_name, info.state, info.query});
    }
    return rows;
  }

  SessionImpl* const session_;
};

std::unique_ptr<exec::TableAccess> MakeTableAccess(SessionImpl* session) {
  return std::make_unique<SessionTables>(session);
}

}  // namespace lathe::session
