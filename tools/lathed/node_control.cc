// The node as its admin service sees it: implements dist/admin's NodeControl over the instance and
// the server.
#include "tools/lathed/node_control.h"
#include "frontend/pgwire/pgwire.h"
#include "frontend/session/settings.h"
#include "runtime/row/page.h"
#include "runtime/types/codec.h"

namespace lathe::lathed {
namespace {

/// Keeps the text rows of one statement.
class LineCollector final : public session::Client {
 public:
  std::vector<std::string> lines;

  void Columns(const std::vector<session::ResultColumn>&) override {}
  Status Rows(const row::Layout& layout, const exec::Segment& segment) override {
    for (uint32_t r = segment.from; r < segment.to; ++r) {
      const char* row = row::RowAt(segment.page, layout.stride(), r);
      std::string& line = lines.emplace_back();
      types::AppendText(layout.field(0).type, row::ReadField(layout, segment.page, row, 0), {},
                        &line);
    }
    return Ok();
  }
  void Complete(std::string_view) override {}
  void EmptyQuery() override {}
  void SendNotice(const session::Notice&) override {}
  void ParameterStatus(std::string_view, std::string_view) override {}
  Status BeginCopyIn(size_t, bool) override { return NotSupported("COPY here"); }
  Result<bool> ReadCopy(std::string*) override { return false; }
  Status BeginCopyOut(size_t, bool) override { return NotSupported("COPY here"); }
  Status WriteCopy(std::string_view) override { return Ok(); }
  Status EndCopyOut() override { return Ok(); }
};

class NodeControlImpl final : public admin::NodeControl {
 public:
  NodeControlImpl(session::Instance* instance, pgwire::Server* server)
      : instance_(instance), server_(server) {}

  admin::NodeStatus Status() override {
    admin::NodeStatus s;
    s.version = "0.1.0";
    s.started_micros = instance_->started_micros();
    s.pgwire_port = server_->port();
    s.connections = server_->connection_count();
    const table::EngineStats e = instance_->engine()->Stats();
    s.delta_bytes = e.delta_bytes;
    s.delta_rows = e.delta_rows;
    s.frame_cache_bytes = e.frame_cache_bytes;
    s.frame_misses = e.frame_misses;
    s.commits = e.commits;
    s.folds = e.folds;
    s.loads = e.loads;
    s.deadlocks = e.deadlocks;
    s.open_transactions = e.open_transactions;
    s.locks = e.locks;
    s.published_timestamp = e.published.value;
    s.oldest_snapshot = e.oldest_snapshot.value;
    s.oldest_snapshot_micros = e.oldest_snapshot_micros;
    s.dead_bytes = e.dead_bytes;
    s.query_memory_bytes = instance_->memory()->used_bytes();
    s.code_bytes = instance_->compiler()->code_bytes();
    s.code_entries = instance_->compiler()->code_entries();
    const driver::PlanCache::Stats plans = instance_->plans()->stats();
    s.plan_entries = plans.entries;
    s.plan_hits = plans.hits;
    s.plan_misses = plans.misses;
    return s;
  }

  std::vector<admin::SessionRow> Sessions() override {
    std::vector<admin::SessionRow> rows;
    for (session::SessionInfo& info : instance_->Sessions()) {
      rows.push_back({info.id.value, info.user, info.database, info.application_name, info.state,
                      info.query, info.started_micros, info.query_started_micros});
    }
    return rows;
  }

  bool Cancel(uint32_t id, bool terminate) override {
    return terminate ? instance_->TerminateAsAdmin(SessionId(id))
                     : instance_->CancelAsAdmin(SessionId(id));
  }

  std::vector<admin::SettingRow> Settings() override {
    std::vector<admin::SettingRow> rows;
    const session::Settings defaults;
    for (size_t i = 0; i < session::kSettingCount; ++i) {
      const auto setting = static_cast<session::Setting>(i);
      const session::SettingSpec& spec = session::SpecOf(setting);
      rows.push_back(
          {std::string(spec.name), defaults.Get(setting), std::string(spec.description)});
    }
    return rows;
  }

  Result<admin::BackupRow> Backup(const std::string& directory, uint64_t bytes_per_second,
                                  bool with_hash) override {
    LATHE_ASSIGN(table::BackupInfo info,
                 instance_->engine()->Backup(directory, {bytes_per_second, with_hash}));
    return admin::BackupRow{info.number,       info.timestamp.value, info.files,
                            info.bytes,        info.bytes_copied,    info.logical_hash,
                            info.quiet_micros};
  }

  Result<std::vector<std::string>> Explain(const std::string& sql,
                                           const admin::ExplainOptions& o) override {
    LATHE_ASSIGN(std::unique_ptr<session::Session> session,
                 instance_->OpenSession(session::SessionOptions()));
    auto flag = [](const char* name, bool on) { return std::string(name) + (on ? " on" : " off"); };
    const std::string prefix = "EXPLAIN (" + flag("pipelines", o.pipelines) + ", " +
                               flag("ir", o.ir) + ", " + flag("ir_opt", o.ir_opt) + ", " +
                               flag("asm", o.assembly) + ", " + flag("compile", o.compile) + ", " +
                               flag("analyze", o.analyze) + ") ";
    LineCollector collector;
    lathe::Status done = session->SimpleQuery(prefix + sql, &collector);
    if (!done.ok()) {
      Error error = std::move(done).error();
      if (error.position > static_cast<int32_t>(prefix.size()))
        error.position -= static_cast<int32_t>(prefix.size());
      return error;
    }
    return std::move(collector.lines);
  }

 private:
  session::Instance* const instance_;
  pgwire::Server* const server_;
};

}  // namespace

std::unique_ptr<admin::NodeControl> MakeNodeControl(session::Instance* instance,
                                                    pgwire::Server* server) {
  return std::make_unique<NodeControlImpl>(instance, server);
}

}  // namespace lathe::lathed
