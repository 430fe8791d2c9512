// Files of the machine (POSIX), and what can be said with the interface alone.
#include "runtime/base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lathe::base {
namespace {

/// PostgreSQL's words: could not open file "x": No such file or directory.
Error FileError(std::string_view verb, const std::string& path, int error) {
  SqlState state = SqlState::kIoError;
  if (error == ENOENT) state = SqlState::kUndefinedFile;
  if (error == ENOSPC || error == EDQUOT) state = SqlState::kDiskFull;
  return MakeError(state, "could not " + std::string(verb) + " \"" + path +
                              "\": " + std::generic_category().message(error));
}

std::string ParentOf(const std::string& path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

class PosixFile final : public File {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixFile() override { ::close(fd_); }

  Result<size_t> ReadAt(uint64_t offset, char* to, size_t bytes) const override {
    size_t done = 0;
    while (done < bytes) {
      ssize_t n = ::pread(fd_, to + done, bytes - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return FileError("read file", path_, errno);
      if (n == 0) break;
      done += static_cast<size_t>(n);
    }
    return done;
  }

  Status WriteAt(uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return FileError("write file", path_, errno);
      bytes.remove_prefix(static_cast<size_t>(n));
      offset += static_cast<uint64_t>(n);
    }
    return Ok();
  }

  Status Append(std::string_view bytes) override {
    LATHE_ASSIGN(uint64_t end, Size());
    return WriteAt(end, bytes);
  }

  Status Sync() override {
    if (::fdatasync(fd_) != 0) return FileError("fsync file", path_, errno);
    return Ok();
  }

  Status Truncate(uint64_t size) override {
    if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) {
      return FileError("truncate file", path_, errno);
    }
    return Ok();
  }

  Result<uint64_t> Size() const override {
    struct stat info;
    if (::fstat(fd_, &info) != 0) return FileError("stat file", path_, errno);
    return static_cast<uint64_t>(info.st_size);
  }

 private:
  const int fd_;
  const std::string path_;
};

class PosixLock final : public DirectoryLock {
 public:
  explicit PosixLock(int fd) : fd_(fd) {}
  ~PosixLock() override { ::close(fd_); }  // gives up the flock

 private:
  const int fd_;
};

int FlagsOf(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead:
      return O_RDONLY;
    case OpenMode::kReadWrite:
      return O_RDWR;
    case OpenMode::kCreate:
      return O_RDWR | O_CREAT;
    case OpenMode::kCreateNew:
      return O_RDWR | O_CREAT | O_EXCL;
    case OpenMode::kTruncate:
      return O_RDWR | O_CREAT | O_TRUNC;
  }
  return O_RDONLY;
}

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override {
    int fd = ::open(path.c_str(), FlagsOf(mode) | O_CLOEXEC, 0600);
    if (fd < 0) return FileError("open file", path, errno);
    return std::unique_ptr<File>(new PosixFile(fd, path));
  }

  Status Rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return FileError("rename file", from, errno);
    return Ok();
  }

  Status Remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return FileError("remove file", path, errno);
    return Ok();
  }

  Result<bool> Exists(const std::string& path) override {
    struct stat info;
    if (::stat(path.c_str(), &info) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return FileError("stat file", path, errno);
  }

  Status MakeDirectory(const std::string& path) override {
    if (::mkdir(path.c_str(), 0700) == 0) return SyncDirectory(ParentOf(path));
    if (errno == ENOENT && ParentOf(path) != path) {
      LATHE_TRY(MakeDirectory(ParentOf(path)));
      if (::mkdir(path.c_str(), 0700) == 0) return SyncDirectory(ParentOf(path));
    }
    if (errno == EEXIST) {
      int error = errno;
      struct stat info;
      if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return Ok();
      errno = error;
    }
    return FileError("create directory", path, errno);
  }

  Status RemoveDirectory(const std::string& path) override {
    LATHE_ASSIGN(bool exists, Exists(path));
    if (!exists) return Ok();
    LATHE_ASSIGN(std::vector<std::string> names, List(path));
    for (const std::string& name : names) {
      std::string inner = JoinPath(path, name);
      struct stat info;
      if (::lstat(inner.c_str(), &info) != 0) return FileError("stat file", inner, errno);
      if (S_ISDIR(info.st_mode)) {
        LATHE_TRY(RemoveDirectory(inner));
      } else {
        LATHE_TRY(Remove(inner));
      }
    }
    if (::rmdir(path.c_str()) != 0) return FileError("remove directory", path, errno);
    return Ok();
  }

  Result<std::vector<std::string>> List(const std::string& directory) override {
    DIR* dir = ::opendir(directory.c_str());
    if (dir == nullptr) return FileError("open directory", directory, errno);
    std::vector<std::string> names;
    errno = 0;
    while (struct dirent* entry = ::readdir(dir)) {
      std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    int error = errno;
    ::closedir(dir);
    if (error != 0) return FileError("read directory", directory, error);
    std::sort(names.begin(), names.end());
    return names;
  }

  Status SyncDirectory(const std::string& directory) override {
    int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return FileError("open directory", directory, errno);
    int error = ::fsync(fd) == 0 ? 0 : errno;
    ::close(fd);
    // Some file systems cannot sync a directory and say so; their names are durable by themselves.
    if (error != 0 && error != EINVAL) return FileError("fsync directory", directory, error);
    return Ok();
  }

  Result<std::unique_ptr<DirectoryLock>> LockDirectory(const std::string& directory) override {
    std::string path = JoinPath(directory, "lock");
    int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return FileError("open lock file", path, errno);
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      int error = errno;
      Error refused =
          error == EWOULDBLOCK ? InUse(directory, fd) : FileError("lock file", path, error);
      ::close(fd);
      return refused;
    }
    std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(fd, 0) != 0 ||
        ::pwrite(fd, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
      Error error = FileError("write lock file", path, errno);
      ::close(fd);
      return error;
    }
    return std::unique_ptr<DirectoryLock>(new PosixLock(fd));
  }

  Result<uint64_t> FreeBytes(const std::string& directory) override {
    struct statvfs disk = {};
    if (::statvfs(directory.c_str(), &disk) != 0) return FileError("stat", directory, errno);
    return uint64_t{disk.f_bavail} * disk.f_frsize;
  }

 private:
  static Error InUse(const std::string& directory, int fd) {
    char holder[32] = {0};
    ssize_t n = ::pread(fd, holder, sizeof holder - 1, 0);
    Error error = MakeError(SqlState::kObjectInUse,
                            "data directory \"" + directory + "\" is in use by another process");
    long pid = n > 0 ? std::strtol(holder, nullptr, 10) : 0;
    if (pid > 0) error.detail = "It is held by the process with PID " + std::to_string(pid) + ".";
    return error;
  }
};

}  // namespace

FileSystem* FileSystem::Posix() {
  static PosixFileSystem* files = new PosixFileSystem;
  return files;
}

Result<std::string> ReadWholeFile(FileSystem* files, const std::string& path) {
  LATHE_ASSIGN(std::unique_ptr<File> file, files->Open(path, OpenMode::kRead));
  LATHE_ASSIGN(uint64_t size, file->Size());
  std::string bytes(size, '\0');
  LATHE_ASSIGN(size_t read, file->ReadAt(0, bytes.data(), bytes.size()));
  bytes.resize(read);
  return bytes;
}

Status WriteWholeFile(FileSystem* files, const std::string& path, std::string_view bytes) {
  const std::string fresh = path + ".new";
  {
    LATHE_ASSIGN(std::unique_ptr<File> file, files->Open(fresh, OpenMode::kTruncate));
    LATHE_TRY(file->WriteAt(0, bytes));
    LATHE_TRY(file->Sync());
  }
  LATHE_TRY(files->Rename(fresh, path));
  return files->SyncDirectory(ParentOf(path));
}

std::string JoinPath(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (path.empty() || path.back() != '/') path += '/';
  path += name;
  return path;
}

}  // namespace lathe::base
