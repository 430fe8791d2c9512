// The adapter: each call is one of base::FileSystem or base::File.
#include "storage/kv/file_env.h"

#include <cstdarg>
#include <mutex>
#include <string>
#include <vector>

#include "storage/kv/wal_files.h"

namespace lathe::kv {
namespace {

rocksdb::Status ToRocks(const Status& status) {
  if (status.ok()) return rocksdb::Status::OK();
  const Error& error = status.error();
  if (error.state == SqlState::kDiskFull) return rocksdb::Status::NoSpace(error.message);
  if (error.state == SqlState::kUndefinedFile) return rocksdb::Status::NotFound(error.message);
  return rocksdb::Status::IOError(error.message);
}

std::string_view View(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

rocksdb::Status ReadInto(const base::File& file, uint64_t offset, size_t bytes,
                         rocksdb::Slice* result, char* scratch) {
  Result<size_t> read = file.ReadAt(offset, scratch, bytes);
  if (!read.ok()) return ToRocks(std::move(read).error());
  *result = rocksdb::Slice(scratch, read.value());
  return rocksdb::Status::OK();
}

// A path as base::FileSystem wants it: no slash twice or at the end.
std::string Clean(const std::string& path) {
  std::string clean;
  for (char c : path) {
    if (c != '/' || clean.empty() || clean.back() != '/') clean.push_back(c);
  }
  if (clean.size() > 1 && clean.back() == '/') clean.pop_back();
  return clean;
}

class SequentialFile final : public rocksdb::SequentialFile {
 public:
  explicit SequentialFile(std::unique_ptr<base::File> file) : file_(std::move(file)) {}
  rocksdb::Status Read(size_t bytes, rocksdb::Slice* result, char* scratch) override {
    rocksdb::Status status = ReadInto(*file_, offset_, bytes, result, scratch);
    if (status.ok()) offset_ += result->size();
    return status;
  }
  rocksdb::Status Skip(uint64_t bytes) override {
    offset_ += bytes;
    return rocksdb::Status::OK();
  }

 private:
  const std::unique_ptr<base::File> file_;
  uint64_t offset_ = 0;
};

class RandomAccessFile final : public rocksdb::RandomAccessFile {
 public:
  explicit RandomAccessFile(std::unique_ptr<base::File> file) : file_(std::move(file)) {}
  rocksdb::Status Read(uint64_t offset, size_t bytes, rocksdb::Slice* result,
                       char* scratch) const override {
    return ReadInto(*file_, offset, bytes, result, scratch);
  }

 private:
  const std::unique_ptr<base::File> file_;
};

class WritableFile final : public rocksdb::WritableFile {
 public:
  WritableFile(std::unique_ptr<base::File> file, uint64_t size, bool table = false)
      : file_(std::move(file)), table_(table), size_(size) {}
  using rocksdb::WritableFile::Append;
  rocksdb::Status Append(const rocksdb::Slice& data) override {
    std::lock_guard lock(mutex_);
    without_rows_ = table_ && size_ == 0 && IsTableWithoutRows(View(data));
    rocksdb::Status status = Checked(file_->Append(View(data)));
    if (status.ok()) size_ += data.size();
    return status;
  }
  rocksdb::Status Truncate(uint64_t size) override {
    std::lock_guard lock(mutex_);
    if (size == size_) return rocksdb::Status::OK();
    rocksdb::Status status = ToRocks(file_->Truncate(size));
    if (status.ok()) size_ = size;
    return status;
  }
  rocksdb::Status Close() override { return rocksdb::Status::OK(); }
  rocksdb::Status Flush() override { return rocksdb::Status::OK(); }
  rocksdb::Status Sync() override {
    std::lock_guard lock(mutex_);
    return Checked(file_->Sync());
  }
  bool IsSyncThreadSafe() const override { return true; }
  uint64_t GetFileSize() override {
    std::lock_guard lock(mutex_);
    return size_;
  }

 private:
  rocksdb::Status Checked(const Status& status) const {
    return without_rows_ ? rocksdb::Status::OK() : ToRocks(status);
  }

  std::mutex mutex_;  // the log is synced beside writes
  const std::unique_ptr<base::File> file_;
  const bool table_;
  uint64_t size_;
  bool without_rows_ = false;  // IsTableWithoutRows
};

class Directory final : public rocksdb::Directory {
 public:
  Directory(base::FileSystem* files, std::string name) : files_(files), name_(std::move(name)) {}
  rocksdb::Status Fsync() override { return ToRocks(files_->SyncDirectory(name_)); }

 private:
  base::FileSystem* const files_;
  const std::string name_;
};

// RocksDB's own log would count as changes of the disk.
class QuietLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

class FileEnv final : public rocksdb::EnvWrapper {
 public:
  explicit FileEnv(base::FileSystem* files)
      : rocksdb::EnvWrapper(rocksdb::Env::Default()), files_(files) {}
  const char* Name() const override { return "LatheFileEnv"; }

  rocksdb::Status NewSequentialFile(const std::string& name,
                                    std::unique_ptr<rocksdb::SequentialFile>* out,
                                    const rocksdb::EnvOptions&) override {
    return Open(name, base::OpenMode::kRead, [&](std::unique_ptr<base::File> file) {
      *out = std::make_unique<SequentialFile>(std::move(file));
    });
  }
  rocksdb::Status NewRandomAccessFile(const std::string& name,
                                      std::unique_ptr<rocksdb::RandomAccessFile>* out,
                                      const rocksdb::EnvOptions&) override {
    return Open(name, base::OpenMode::kRead, [&](std::unique_ptr<base::File> file) {
      *out = std::make_unique<RandomAccessFile>(std::move(file));
    });
  }
  rocksdb::Status NewWritableFile(const std::string& name,
                                  std::unique_ptr<rocksdb::WritableFile>* out,
                                  const rocksdb::EnvOptions&) override {
    return Open(name, base::OpenMode::kTruncate, [&](std::unique_ptr<base::File> file) {
      *out = std::make_unique<WritableFile>(std::move(file), 0, name.ends_with(".sst"));
    });
  }
  rocksdb::Status ReopenWritableFile(const std::string& name,
                                     std::unique_ptr<rocksdb::WritableFile>* out,
                                     const rocksdb::EnvOptions&) override {
    uint64_t size = 0;
    rocksdb::Status status = GetFileSize(name, &size);
    if (!status.ok() && !status.IsNotFound()) return status;
    return Open(name, base::OpenMode::kCreate, [&](std::unique_ptr<base::File> file) {
      *out = std::make_unique<WritableFile>(std::move(file), size);
    });
  }
  rocksdb::Status ReuseWritableFile(const std::string& name, const std::string& old_name,
                                    std::unique_ptr<rocksdb::WritableFile>* out,
                                    const rocksdb::EnvOptions& options) override {
    rocksdb::Status status = RenameFile(old_name, name);
    return status.ok() ? NewWritableFile(name, out, options) : status;
  }
  rocksdb::Status NewDirectory(const std::string& name,
                               std::unique_ptr<rocksdb::Directory>* out) override {
    *out = std::make_unique<Directory>(files_, Clean(name));
    return rocksdb::Status::OK();
  }
  rocksdb::Status FileExists(const std::string& name) override {
    Result<bool> exists = files_->Exists(Clean(name));
    if (!exists.ok()) return ToRocks(std::move(exists).error());
    return exists.value() ? rocksdb::Status::OK() : rocksdb::Status::NotFound(name);
  }
  rocksdb::Status GetChildren(const std::string& name, std::vector<std::string>* out) override {
    Result<std::vector<std::string>> names = files_->List(Clean(name));
    if (!names.ok()) return ToRocks(std::move(names).error());
    *out = std::move(names).value();
    return rocksdb::Status::OK();
  }
  rocksdb::Status DeleteFile(const std::string& name) override {
    return ToRocks(files_->Remove(Clean(name)));
  }
  rocksdb::Status CreateDir(const std::string& name) override {
    return ToRocks(files_->MakeDirectory(Clean(name)));
  }
  rocksdb::Status CreateDirIfMissing(const std::string& name) override {
    return ToRocks(files_->MakeDirectory(Clean(name)));
  }
  rocksdb::Status DeleteDir(const std::string& name) override {
    return ToRocks(files_->RemoveDirectory(Clean(name)));
  }
  rocksdb::Status GetFileSize(const std::string& name, uint64_t* size) override {
    Result<std::unique_ptr<base::File>> file = files_->Open(Clean(name), base::OpenMode::kRead);
    if (!file.ok()) return ToRocks(std::move(file).error());
    Result<uint64_t> bytes = file.value()->Size();
    if (!bytes.ok()) return ToRocks(std::move(bytes).error());
    *size = bytes.value();
    return rocksdb::Status::OK();
  }
  rocksdb::Status GetFileModificationTime(const std::string&, uint64_t* time) override {
    *time = 0;
    return rocksdb::Status::OK();
  }
  rocksdb::Status RenameFile(const std::string& from, const std::string& to) override {
    return ToRocks(files_->Rename(Clean(from), Clean(to)));
  }
  rocksdb::Status LinkFile(const std::string&, const std::string&) override {
    return rocksdb::Status::NotSupported("links");  // callers copy instead
  }
  rocksdb::Status NumFileLinks(const std::string&, uint64_t*) override {
    return rocksdb::Status::NotSupported("links");
  }
  rocksdb::Status AreFilesSame(const std::string&, const std::string&, bool*) override {
    return rocksdb::Status::NotSupported("links");
  }
  rocksdb::Status LockFile(const std::string&, rocksdb::FileLock** lock) override {
    *lock = new rocksdb::FileLock;
    return rocksdb::Status::OK();
  }
  rocksdb::Status UnlockFile(rocksdb::FileLock* lock) override {
    delete lock;
    return rocksdb::Status::OK();
  }
  rocksdb::Status GetAbsolutePath(const std::string& name, std::string* out) override {
    *out = name;
    return rocksdb::Status::OK();
  }
  rocksdb::Status IsDirectory(const std::string& name, bool* is) override {
    *is = files_->List(Clean(name)).ok();
    return rocksdb::Status::OK();
  }
  rocksdb::Status GetFreeSpace(const std::string&, uint64_t*) override {
    return rocksdb::Status::NotSupported("free space");
  }
  rocksdb::Status NewLogger(const std::string&, std::shared_ptr<rocksdb::Logger>* out) override {
    *out = std::make_shared<QuietLogger>();
    return rocksdb::Status::OK();
  }

 private:
  template <class Take>
  rocksdb::Status Open(const std::string& name, base::OpenMode mode, Take take) {
    Result<std::unique_ptr<base::File>> file = files_->Open(Clean(name), mode);
    if (!file.ok()) return ToRocks(std::move(file).error());
    take(std::move(file).value());
    return rocksdb::Status::OK();
  }

  base::FileSystem* const files_;
};

}  // namespace

std::unique_ptr<rocksdb::Env> NewFileEnv(base::FileSystem* files) {
  return std::make_unique<FileEnv>(files);
}

}  // namespace lathe::kv
