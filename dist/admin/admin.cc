#include "dist/admin/admin.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include "lathe/v1/admin.grpc.pb.h"

namespace lathe::admin {
namespace {

/// An error as gRPC has it: the code by SQLSTATE class, the message with SQLSTATE and position.
grpc::Status ToGrpc(const Error& error) {
  const std::string_view state = SqlStateCode(error.state);
  grpc::StatusCode code = grpc::StatusCode::INTERNAL;
  if (state.starts_with("42") || state.starts_with("22")) code = grpc::StatusCode::INVALID_ARGUMENT;
  if (state.starts_with("0A")) code = grpc::StatusCode::UNIMPLEMENTED;
  if (state == "57014") code = grpc::StatusCode::CANCELLED;
  return grpc::Status(code, error.ToString());
}

class Service final : public v1::Admin::Service {
 public:
  explicit Service(NodeControl* control) : control_(control) {}

  grpc::Status Status(grpc::ServerContext*, const v1::StatusRequest*,
                      v1::StatusResponse* response) override {
    const NodeStatus s = control_->Status();
    response->set_version(s.version);
    response->set_started_unix_micros(s.started_micros);
    response->set_pgwire_port(s.pgwire_port);
    response->set_connections(s.connections);
    response->set_delta_bytes(s.delta_bytes);
    response->set_delta_rows(s.delta_rows);
    response->set_frame_cache_bytes(s.frame_cache_bytes);
    response->set_frame_misses(s.frame_misses);
    response->set_commits(s.commits);
    response->set_folds(s.folds);
    response->set_loads(s.loads);
    response->set_deadlocks(s.deadlocks);
    response->set_open_transactions(s.open_transactions);
    response->set_locks(s.locks);
    response->set_published_timestamp(s.published_timestamp);
    response->set_oldest_snapshot(s.oldest_snapshot);
    response->set_oldest_snapshot_micros(s.oldest_snapshot_micros);
    response->set_dead_bytes(s.dead_bytes);
    response->set_query_memory_bytes(s.query_memory_bytes);
    response->set_code_bytes(s.code_bytes);
    response->set_code_entries(s.code_entries);
    response->set_plan_entries(s.plan_entries);
    response->set_plan_hits(s.plan_hits);
    response->set_plan_misses(s.plan_misses);
    return grpc::Status::OK;
  }

  grpc::Status Sessions(grpc::ServerContext*, const v1::SessionsRequest*,
                        v1::SessionsResponse* response) override {
    for (const SessionRow& row : control_->Sessions()) {
      v1::Session* session = response->add_sessions();
      session->set_id(row.id);
      session->set_user(row.user);
      session->set_database(row.database);
      session->set_application_name(row.application_name);
      session->set_state(row.state);
      session->set_query(row.query);
      session->set_started_unix_micros(row.started_micros);
      session->set_query_started_unix_micros(row.query_started_micros);
    }
    return grpc::Status::OK;
  }

  grpc::Status Cancel(grpc::ServerContext*, const v1::CancelRequest* request,
                      v1::CancelResponse* response) override {
    response->set_found(control_->Cancel(request->session(), request->terminate()));
    return grpc::Status::OK;
  }

  grpc::Status Settings(grpc::ServerContext*, const v1::SettingsRequest*,
                        v1::SettingsResponse* response) override {
    for (const SettingRow& row : control_->Settings()) {
      v1::Setting* setting = response->add_settings();
      setting->set_name(row.name);
      setting->set_value(row.value);
      setting->set_description(row.description);
    }
    return grpc::Status::OK;
  }

  grpc::Status Explain(grpc::ServerContext*, const v1::ExplainRequest* request,
                       v1::ExplainResponse* response) override {
    ExplainOptions options;
    options.pipelines = request->pipelines();
    options.ir = request->ir();
    options.ir_opt = request->ir_opt();
    options.assembly = request->assembly();
    options.compile = request->compile();
    options.analyze = request->analyze();
    Result<std::vector<std::string>> lines = control_->Explain(request->sql(), options);
    if (!lines.ok()) return ToGrpc(lines.error());
    for (std::string& line : *lines) response->add_lines(std::move(line));
    return grpc::Status::OK;
  }

  grpc::Status Backup(grpc::ServerContext*, const v1::BackupRequest* request,
                      v1::BackupResponse* response) override {
    Result<BackupRow> row = control_->Backup(request->directory(), request->bytes_per_second(),
                                             request->with_hash());
    if (!row.ok()) return ToGrpc(row.error());
    response->set_number(row->number);
    response->set_timestamp(row->timestamp);
    response->set_files(row->files);
    response->set_bytes(row->bytes);
    response->set_bytes_copied(row->bytes_copied);
    response->set_logical_hash(row->logical_hash);
    response->set_quiet_micros(row->quiet_micros);
    return grpc::Status::OK;
  }

 private:
  NodeControl* const control_;
};

class ServerImpl final : public Server {
 public:
  explicit ServerImpl(NodeControl* control) : service_(control) {}
  ~ServerImpl() override { Stop(); }

  lathe::Status Listen(const std::string& address, uint16_t port) {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    int chosen = 0;
    // One poller is enough for an operator's calls.
    builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::NUM_CQS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MAX_POLLERS, 1);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddListeningPort(address + ":" + std::to_string(port),
                             grpc::InsecureServerCredentials(), &chosen);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || chosen == 0) {
      server_ = nullptr;
      return MakeError(SqlState::kObjectInUse, "could not start the admin service on " + address +
                                                   ":" + std::to_string(port));
    }
    port_ = static_cast<uint16_t>(chosen);
    return Ok();
  }
  uint16_t port() const override { return port_; }
  void Stop() override {
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
    server_->Wait();
    server_ = nullptr;
  }

 private:
  Service service_;
  std::unique_ptr<grpc::Server> server_;
  uint16_t port_ = 0;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Start(NodeControl* control, const std::string& address,
                                              uint16_t port) {
  auto server = std::make_unique<ServerImpl>(control);
  LATHE_TRY(server->Listen(address, port));
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace lathe::admin
