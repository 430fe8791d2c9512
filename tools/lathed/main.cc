// lathed: opens the data directory, serves PostgreSQL clients (and the admin service) until SIGTERM
// or SIGINT, and stops cleanly.
#include <pthread.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <csignal>
#include <cstdio>

#include "dist/admin/admin.h"
#include "frontend/pgwire/pgwire.h"
#include "frontend/session/instance.h"
#include "runtime/base/stack.h"
#include "tools/lathed/config.h"
#include "tools/lathed/node_control.h"

namespace lathe {
namespace {

int Fail(const Error& error) {
  std::fprintf(stderr, "lathed: %s\n", error.message.c_str());
  if (!error.detail.empty()) std::fprintf(stderr, "  detail: %s\n", error.detail.c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "  hint: %s\n", error.hint.c_str());
  return 1;
}

/// As many descriptors as the system lets this process have: every connection takes one, and
/// RocksDB keeps its files open.
void RaiseFileLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) spdlog::warn("event=file_limit_kept");
}

int Serve(const lathed::Config& config, const sigset_t& signals) {
  spdlog::info("event=starting data_dir=\"{}\"", config.data_dir);
  session::InstanceOptions options;
  options.engine.frame_cache_bytes = config.cache_bytes;
  options.engine.delta_bytes_max = config.delta_bytes_max;
  options.engine.transaction_spill_bytes = config.transaction_memory_bytes;
  options.engine.snapshot_seconds_max = config.snapshot_seconds_max;
  options.engine.compact_percent = config.compact_percent;
  options.engine.archive_dir = config.archive_dir;
  options.engine.synchronous_commit = config.synchronous_commit;
  options.memory_bytes_max = config.memory_bytes_max;
  options.query_memory_bytes_max = config.query_memory_bytes_max;
  options.workers = config.workers;
  Result<std::unique_ptr<session::Instance>> instance =
      session::Instance::Open(config.data_dir, options);
  if (!instance.ok()) return Fail(instance.error());

  pgwire::ServerOptions server_options;
  server_options.address = config.listen_address;
  server_options.port = config.listen_port;
  server_options.connections_max = config.max_connections;
  server_options.startup_timeout_seconds = config.startup_timeout_seconds;
  Result<std::unique_ptr<pgwire::Server>> server =
      pgwire::Server::Start(instance->get(), server_options);
  if (!server.ok()) return Fail(server.error());
  std::unique_ptr<admin::NodeControl> control =
      lathed::MakeNodeControl(instance->get(), server->get());
  std::unique_ptr<admin::Server> admin_server;
  if (!config.admin_address.empty()) {
    Result<std::unique_ptr<admin::Server>> started =
        admin::Server::Start(control.get(), config.admin_address, config.admin_port);
    if (!started.ok()) return Fail(started.error());
    admin_server = std::move(*started);
    spdlog::info("event=admin_listening address={} port={}", config.admin_address,
                 admin_server->port());
  }
  spdlog::info("event=listening address={} port={}", config.listen_address, (*server)->port());

  int signal = 0;
  sigwait(&signals, &signal);
  spdlog::info("event=stopping signal={}", signal);
  if (admin_server != nullptr) admin_server->Stop();
  (*server)->Stop();
  server->reset();
  instance->reset();
  spdlog::info("event=stopped");
  return 0;
}

}  // namespace
}  // namespace lathe

int main(int argc, char** argv) {
  lathe::base::UseDeepStacks();
  // Blocked before any thread starts, so that only sigwait takes them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  lathe::Result<lathe::lathed::Config> config = lathe::lathed::ReadConfig(argc, argv);
  if (!config.ok()) return lathe::Fail(config.error());
  spdlog::set_default_logger(spdlog::stderr_logger_mt("lathed"));
  spdlog::set_level(spdlog::level::from_str(config->log_level));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z level=%l %v");
  lathe::RaiseFileLimit();
  return lathe::Serve(*config, signals);
}
