// Files as an interface, so that a test can make the n-th call fail, fill the disk, or pull the
// plug. Production uses FileSystem::Posix(); tests use MemoryFileSystem (memory_file.h).
//
// Durability: bytes are durable after File::Sync, a created, renamed or removed name after
// SyncDirectory of its directory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace lathe::base {

enum class OpenMode : uint8_t {
  kRead,       // must exist
  kReadWrite,  // must exist
  kCreate,     // for reading and writing; made when it does not exist, kept as it is when it does
  kCreateNew,  // for reading and writing; must not exist
  kTruncate,   // for reading and writing; made when it does not exist, emptied when it does
};

/// An open file; closed by the destructor. Not thread-safe, apart from ReadAt. Errors: 58030, 53100
/// when the disk is full.
class File {
 public:
  virtual ~File() = default;
  /// Reads up to `bytes` bytes; gives how many there were, fewer only at the end of the file.
  virtual Result<size_t> ReadAt(uint64_t offset, char* to, size_t bytes) const = 0;
  /// Writes all bytes at an offset; a gap before it reads as zeros.
  virtual Status WriteAt(uint64_t offset, std::string_view bytes) = 0;
  /// Writes all bytes at the end.
  virtual Status Append(std::string_view bytes) = 0;
  /// Makes all bytes written so far durable (fdatasync).
  virtual Status Sync() = 0;
  virtual Status Truncate(uint64_t size) = 0;
  virtual Result<uint64_t> Size() const = 0;
};

/// Held while this process owns a directory; destroying it gives the directory up.
class DirectoryLock {
 public:
  virtual ~DirectoryLock() = default;
};

/// Where files lie. Thread-safe. Errors: 58P01 for what is not there, 53100 for a full disk, 58030
/// for the rest; the message names the path.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// The machine's file system; lives for ever.
  static FileSystem* Posix();

  virtual Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) = 0;
  /// Replaces `to` when it exists, atomically.
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status Remove(const std::string& path) = 0;
  virtual Result<bool> Exists(const std::string& path) = 0;
  /// Makes a directory and those above it; success when it exists already.
  virtual Status MakeDirectory(const std::string& path) = 0;
  /// Removes a directory with all that is in it; success when there is none.
  virtual Status RemoveDirectory(const std::string& path) = 0;
  /// Names in a directory (not paths), sorted, without "." and "..".
  virtual Result<std::vector<std::string>> List(const std::string& directory) = 0;
  /// Makes names created, renamed and removed in the directory durable.
  virtual Status SyncDirectory(const std::string& directory) = 0;
  /// Takes the directory for this process (a lock on the file "lock" in it, holding the process
  /// id). 55006 when it is taken.
  virtual Result<std::unique_ptr<DirectoryLock>> LockDirectory(const std::string& directory) = 0;
  /// Bytes that may still be written below an existing directory.
  virtual Result<uint64_t> FreeBytes(const std::string& directory) = 0;
};

/// The whole content of a file.
Result<std::string> ReadWholeFile(FileSystem* files, const std::string& path);
/// Replaces a file's content, all or nothing, durably: writes path + ".new", syncs, renames, syncs
/// the directory.
Status WriteWholeFile(FileSystem* files, const std::string& path, std::string_view bytes);
/// directory + "/" + name.
std::string JoinPath(std::string_view directory, std::string_view name);

}  // namespace lathe::base
