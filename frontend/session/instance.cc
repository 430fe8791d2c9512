#include "frontend/session/instance.h"

#include <random>

#include "frontend/session/session_impl.h"
#include "runtime/base/file.h"

namespace lathe::session {

Instance::Instance(const InstanceOptions& options, base::Clock* clock)
    : options_(options),
      clock_(clock),
      started_micros_(clock->UnixMicros()),
      memory_(options.memory_bytes_max) {}

Instance::~Instance() {
  plans_.Clear();
  compiler_.reset();
  pool_.reset();
}

Result<std::unique_ptr<Instance>> Instance::Open(const std::string& dir,
                                                 const InstanceOptions& options,
                                                 base::Clock* clock) {
  std::unique_ptr<Instance> instance(new Instance(options, clock));
  LATHE_ASSIGN(instance->engine_, table::Engine::Open(dir, options.engine, clock));
  base::FileSystem* const files = base::FileSystem::Posix();
  instance->spill_folder_ = base::JoinPath(dir, "temp");
  LATHE_TRY(files->RemoveDirectory(instance->spill_folder_));
  LATHE_TRY(files->MakeDirectory(instance->spill_folder_));
  uint32_t workers = options.workers;
  if (workers == 0) workers = std::max(1u, std::thread::hardware_concurrency());
  instance->pool_ = std::make_unique<exec::WorkerPool>(workers);
  driver::CompilerOptions compiler;
  compiler.pool = instance->pool_.get();
  LATHE_ASSIGN(instance->compiler_, driver::Compiler::Create(compiler));
  LATHE_TRY(DropLeftTemporary(instance->engine_.get()));
  return instance;
}

Result<std::unique_ptr<Session>> Instance::OpenSession(const SessionOptions& options) {
  if (options.user != engine_->role_name()) {
    return MakeError(SqlState::kInvalidAuthorization,
                     "role \"" + options.user + "\" does not exist");
  }
  if (options.database != engine_->database_name()) {
    return MakeError(SqlState::kInvalidCatalogName,
                     "database \"" + options.database + "\" does not exist");
  }
  thread_local std::mt19937 keys{std::random_device()()};
  std::unique_ptr<SessionImpl> session;
  {
    std::lock_guard lock(mutex_);
    const SessionId id(++last_session_);
    session = std::make_unique<SessionImpl>(this, id, keys(), options);
    sessions_[id] = session.get();
  }
  LATHE_TRY(session->ApplyOptions(options));
  return std::unique_ptr<Session>(std::move(session));
}

bool Instance::Cancel(SessionId id, uint32_t key) {
  std::lock_guard lock(mutex_);
  auto it = sessions_.find(id);
  if (it == sessions_.end() || it->second->cancel_key() != key) return false;
  it->second->Cancel();
  return true;
}

bool Instance::CancelAsAdmin(SessionId id) {
  std::lock_guard lock(mutex_);
  auto it = sessions_.find(id);
  if (it == sessions_.end()) return false;
  it->second->Cancel();
  return true;
}

bool Instance::TerminateAsAdmin(SessionId id) {
  std::lock_guard lock(mutex_);
  auto it = sessions_.find(id);
  if (it == sessions_.end()) return false;
  it->second->Terminate();
  return true;
}

std::vector<SessionInfo> Instance::Sessions() {
  std::lock_guard lock(mutex_);
  std::vector<SessionInfo> infos;
  for (const auto& [id, session] : sessions_) infos.push_back(session->Info());
  return infos;
}

void Instance::Forget(SessionId id) {
  std::lock_guard lock(mutex_);
  sessions_.erase(id);
}

}  // namespace lathe::session
