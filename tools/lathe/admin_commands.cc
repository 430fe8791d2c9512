#include "tools/lathe/admin_commands.h"

#include <grpcpp/grpcpp.h>

#include <cstdio>

#include "lathe/v1/admin.grpc.pb.h"

namespace lathe::shell {
namespace {

constexpr const char* kDefaultAddress = "127.0.0.1:7432";
constexpr int kTimeoutSeconds = 60;

/// Takes --admin ADDRESS:PORT out of the arguments.
std::string TakeAddress(std::vector<std::string>* args) {
  for (size_t i = 0; i < args->size(); ++i) {
    if ((*args)[i].starts_with("--admin=")) {
      std::string address = (*args)[i].substr(8);
      args->erase(args->begin() + static_cast<ptrdiff_t>(i));
      return address;
    }
    if ((*args)[i] == "--admin" && i + 1 < args->size()) {
      std::string address = (*args)[i + 1];
      args->erase(args->begin() + static_cast<ptrdiff_t>(i),
                  args->begin() + static_cast<ptrdiff_t>(i) + 2);
      return address;
    }
  }
  return kDefaultAddress;
}

int Fail(const grpc::Status& status) {
  std::fprintf(stderr, "lathe: %s\n", status.error_message().c_str());
  return 1;
}

void SetDeadline(grpc::ClientContext* context) {
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(kTimeoutSeconds));
}

std::string Megabytes(uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MiB", static_cast<double>(bytes) / 1048576);
  return text;
}

}  // namespace

int RunStatus(const std::vector<std::string>& arguments) {
  std::vector<std::string> args = arguments;
  const std::string address = TakeAddress(&args);
  auto stub = v1::Admin::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  v1::StatusResponse s;
  {
    grpc::ClientContext context;
    SetDeadline(&context);
    grpc::Status status = stub->Status(&context, v1::StatusRequest(), &s);
    if (!status.ok()) return Fail(status);
  }
  v1::SessionsResponse sessions;
  {
    grpc::ClientContext context;
    SetDeadline(&context);
    grpc::Status status = stub->Sessions(&context, v1::SessionsRequest(), &sessions);
    if (!status.ok()) return Fail(status);
  }
  auto line = [](const char* name, const std::string& value) {
    std::printf("%-22s %s\n", name, value.c_str());
  };
  line("version", s.version());
  line("port", std::to_string(s.pgwire_port()));
  line("connections", std::to_string(s.connections()));
  line("open transactions", std::to_string(s.open_transactions()));
  line("locks", std::to_string(s.locks()));
  line("commits", std::to_string(s.commits()));
  line("folds, loads", std::to_string(s.folds()) + ", " + std::to_string(s.loads()));
  line("delta", Megabytes(s.delta_bytes()) + " in " + std::to_string(s.delta_rows()) + " versions");
  line("oldest snapshot", std::to_string(s.oldest_snapshot_micros() / 1000) + " ms");
  line("replaced pages", Megabytes(s.dead_bytes()) + " in files");
  line("page cache",
       Megabytes(s.frame_cache_bytes()) + ", " + std::to_string(s.frame_misses()) + " misses");
  line("query memory", Megabytes(s.query_memory_bytes()));
  line("code cache",
       Megabytes(s.code_bytes()) + " in " + std::to_string(s.code_entries()) + " queries");
  line("plan cache", std::to_string(s.plan_entries()) + " plans, " + std::to_string(s.plan_hits()) +
                         " hits, " + std::to_string(s.plan_misses()) + " misses");
  std::printf("\n");
  for (const v1::Session& session : sessions.sessions()) {
    std::printf("session %u  %s  %s  %s  %s\n", session.id(), session.user().c_str(),
                session.application_name().c_str(), session.state().c_str(),
                session.query().c_str());
  }
  return 0;
}

int RunExplain(const std::vector<std::string>& arguments) {
  std::vector<std::string> args = arguments;
  const std::string address = TakeAddress(&args);
  if (args.size() != 1) {
    std::fprintf(stderr, "lathe explain takes one SQL text\n");
    return 2;
  }
  auto stub = v1::Admin::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  v1::ExplainRequest request;
  request.set_sql(args[0]);
  request.set_pipelines(true);
  request.set_ir(true);
  request.set_compile(true);
  v1::ExplainResponse response;
  grpc::ClientContext context;
  SetDeadline(&context);
  grpc::Status status = stub->Explain(&context, request, &response);
  if (!status.ok()) return Fail(status);
  for (const std::string& line : response.lines()) std::printf("%s\n", line.c_str());
  return 0;
}

}  // namespace lathe::shell
