// The file system for tests: names map to nodes, each name table and each node exists as written
// and as synced.
#include "runtime/base/memory_file.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace lathe::base {

struct MemoryFileSystem::Node {
  std::string bytes;   // as written
  std::string synced;  // as after a crash
};

namespace {

Error NotThere(const std::string& path) {
  return MakeError(SqlState::kUndefinedFile,
                   "could not open file \"" + path + "\": No such file or directory");
}
Error Broken(const std::string& path) {
  return MakeError(SqlState::kIoError,
                   "could not access file \"" + path + "\": Input/output error");
}
std::string DirectoryOf(const std::string& path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

}  // namespace

class MemoryFileSystem::OpenFile final : public File {
 public:
  OpenFile(MemoryFileSystem* files, std::shared_ptr<Node> node, std::string path, bool writable)
      : files_(files),
        node_(std::move(node)),
        path_(std::move(path)),
        writable_(writable),
        life_(files->crashes_) {}

  Result<size_t> ReadAt(uint64_t offset, char* to, size_t bytes) const override {
    std::lock_guard lock(files_->mutex_);
    if (life_ != files_->crashes_) return Broken(path_);
    if (offset >= node_->bytes.size()) return size_t{0};
    size_t n = std::min<uint64_t>(bytes, node_->bytes.size() - offset);
    std::memcpy(to, node_->bytes.data() + offset, n);
    return n;
  }

  Status WriteAt(uint64_t offset, std::string_view bytes) override {
    std::lock_guard lock(files_->mutex_);
    return Write(offset, bytes);
  }

  Status Append(std::string_view bytes) override {
    std::lock_guard lock(files_->mutex_);
    return Write(node_->bytes.size(), bytes);
  }

  Status Sync() override {
    std::lock_guard lock(files_->mutex_);
    LATHE_TRY(Change());
    node_->synced = node_->bytes;
    return Ok();
  }

  Status Truncate(uint64_t size) override {
    std::lock_guard lock(files_->mutex_);
    LATHE_TRY(Change());
    node_->bytes.resize(size);
    return Ok();
  }

  Result<uint64_t> Size() const override {
    std::lock_guard lock(files_->mutex_);
    if (life_ != files_->crashes_) return Broken(path_);
    return static_cast<uint64_t>(node_->bytes.size());
  }

 private:
  Status Change() {
    if (life_ != files_->crashes_ || !writable_) return Broken(path_);
    return files_->CountChange(path_);
  }

  Status Write(uint64_t offset, std::string_view bytes) {
    LATHE_TRY(Change());
    const uint64_t end = offset + bytes.size();
    const uint64_t growth = end > node_->bytes.size() ? end - node_->bytes.size() : 0;
    if (files_->disk_bytes_ != 0 && files_->UsedBytes() + growth > files_->disk_bytes_) {
      return MakeError(SqlState::kDiskFull,
                       "could not write file \"" + path_ + "\": No space left on device");
    }
    if (growth != 0) node_->bytes.resize(end);
    std::memcpy(node_->bytes.data() + offset, bytes.data(), bytes.size());
    return Ok();
  }

  MemoryFileSystem* const files_;
  const std::shared_ptr<Node> node_;
  const std::string path_;
  const bool writable_;
  const uint64_t life_;
};

class MemoryFileSystem::Lock final : public DirectoryLock {
 public:
  Lock(MemoryFileSystem* files, std::string directory)
      : files_(files), directory_(std::move(directory)), life_(files->crashes_) {}
  ~Lock() override {
    std::lock_guard lock(files_->mutex_);
    if (life_ == files_->crashes_) files_->locked_.erase(directory_);
  }

 private:
  MemoryFileSystem* const files_;
  const std::string directory_;
  const uint64_t life_;
};

MemoryFileSystem::MemoryFileSystem() = default;
MemoryFileSystem::~MemoryFileSystem() = default;

void MemoryFileSystem::FailChange(uint64_t n) {
  std::lock_guard lock(mutex_);
  fail_at_ = n == 0 ? 0 : changes_ + n;
  fail_ever_after_ = false;
}

void MemoryFileSystem::FailChangesFrom(uint64_t n) {
  std::lock_guard lock(mutex_);
  fail_at_ = n == 0 ? 0 : changes_ + n;
  fail_ever_after_ = n != 0;
}

uint64_t MemoryFileSystem::change_count() const {
  std::lock_guard lock(mutex_);
  return changes_;
}

void MemoryFileSystem::SetDiskBytes(uint64_t bytes) {
  std::lock_guard lock(mutex_);
  disk_bytes_ = bytes;
}

uint64_t MemoryFileSystem::used_bytes() const {
  std::lock_guard lock(mutex_);
  return UsedBytes();
}

void MemoryFileSystem::Crash() {
  std::lock_guard lock(mutex_);
  ++crashes_;
  names_ = synced_names_;
  for (auto& [name, node] : names_) node->bytes = node->synced;
  locked_.clear();
  fail_at_ = 0;
}

Status MemoryFileSystem::CountChange(const std::string& path) {
  ++changes_;
  if (fail_at_ == 0) return Ok();
  if (changes_ == fail_at_ || (fail_ever_after_ && changes_ > fail_at_)) return Broken(path);
  return Ok();
}

uint64_t MemoryFileSystem::UsedBytes() const {
  uint64_t bytes = 0;
  for (const auto& [name, node] : names_) bytes += node->bytes.size();
  return bytes;
}

Result<std::unique_ptr<File>> MemoryFileSystem::Open(const std::string& path, OpenMode mode) {
  std::lock_guard lock(mutex_);
  auto found = names_.find(path);
  const bool exists = found != names_.end();
  const bool may_create = mode != OpenMode::kRead && mode != OpenMode::kReadWrite;
  if (!exists && !may_create) return NotThere(path);
  if (exists && mode == OpenMode::kCreateNew) {
    return MakeError(SqlState::kIoError, "could not open file \"" + path + "\": File exists");
  }
  if (!exists) {
    if (!directories_.contains(DirectoryOf(path))) return NotThere(path);
    LATHE_TRY(CountChange(path));
    found = names_.emplace(path, std::make_shared<Node>()).first;
  } else if (mode == OpenMode::kTruncate) {
    LATHE_TRY(CountChange(path));
    found->second->bytes.clear();
  }
  return std::unique_ptr<File>(new OpenFile(this, found->second, path, mode != OpenMode::kRead));
}

Status MemoryFileSystem::Rename(const std::string& from, const std::string& to) {
  std::lock_guard lock(mutex_);
  LATHE_TRY(CountChange(from));
  auto found = names_.find(from);
  if (found == names_.end()) return NotThere(from);
  std::shared_ptr<Node> node = found->second;
  names_.erase(found);
  names_[to] = std::move(node);
  return Ok();
}

Status MemoryFileSystem::Remove(const std::string& path) {
  std::lock_guard lock(mutex_);
  LATHE_TRY(CountChange(path));
  if (names_.erase(path) == 0) return NotThere(path);
  return Ok();
}

Result<bool> MemoryFileSystem::Exists(const std::string& path) {
  std::lock_guard lock(mutex_);
  return names_.contains(path) || directories_.contains(path);
}

Status MemoryFileSystem::MakeDirectory(const std::string& path) {
  std::lock_guard lock(mutex_);
  LATHE_TRY(CountChange(path));
  for (std::string at = path; !at.empty(); at = DirectoryOf(at)) directories_.insert(at);
  return Ok();
}

Status MemoryFileSystem::RemoveDirectory(const std::string& path) {
  std::lock_guard lock(mutex_);
  LATHE_TRY(CountChange(path));
  const std::string inside = path + "/";
  auto within = [&](const std::string& name) { return name == path || name.starts_with(inside); };
  std::erase_if(names_, [&](const auto& entry) { return within(entry.first); });
  std::erase_if(synced_names_, [&](const auto& entry) { return within(entry.first); });
  std::erase_if(directories_, within);
  return Ok();
}

Result<std::vector<std::string>> MemoryFileSystem::List(const std::string& directory) {
  std::lock_guard lock(mutex_);
  if (!directories_.contains(directory)) return NotThere(directory);
  std::set<std::string> names;
  auto add = [&](const std::string& path) {
    if (DirectoryOf(path) == directory && path != directory) {
      names.insert(path.substr(directory.size() + 1));
    }
  };
  for (const auto& [path, node] : names_) add(path);
  for (const std::string& path : directories_) add(path);
  return std::vector<std::string>(names.begin(), names.end());
}

Status MemoryFileSystem::SyncDirectory(const std::string& directory) {
  std::lock_guard lock(mutex_);
  LATHE_TRY(CountChange(directory));
  std::erase_if(synced_names_,
                [&](const auto& entry) { return DirectoryOf(entry.first) == directory; });
  for (const auto& [path, node] : names_) {
    if (DirectoryOf(path) == directory) synced_names_[path] = node;
  }
  return Ok();
}

Result<std::unique_ptr<DirectoryLock>> MemoryFileSystem::LockDirectory(
    const std::string& directory) {
  std::lock_guard lock(mutex_);
  if (!directories_.contains(directory)) return NotThere(directory);
  if (!locked_.insert(directory).second) {
    return MakeError(SqlState::kObjectInUse,
                     "data directory \"" + directory + "\" is in use by another process");
  }
  return std::unique_ptr<DirectoryLock>(new Lock(this, directory));
}

Result<uint64_t> MemoryFileSystem::FreeBytes(const std::string&) {
  std::lock_guard lock(mutex_);
  if (disk_bytes_ == 0) return std::numeric_limits<uint64_t>::max();
  const uint64_t used = UsedBytes();
  return used < disk_bytes_ ? disk_bytes_ - used : 0;
}

}  // namespace lathe::base
