// A directory of backups. Each content is kept once, so backups share what has not changed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/file.h"
#include "runtime/base/ids.h"
#include "runtime/base/result.h"

namespace lathe::backup {

/// One file of a backup.
struct BackupFile {
  std::string path;  // below the directory that was backed up
  uint64_t size = 0;
  uint64_t hash = 0;  // base::Hash64 of the content
};

/// One backup. Plain value.
struct Manifest {
  uint64_t number = 0;        // from 1, in the order in which they were made
  std::string source;         // identity of the database that it is of
  Timestamp timestamp;        // it holds the commits up to here, and none later
  int64_t taken_micros = 0;   // unix time of its beginning
  uint64_t logical_hash = 0;  // of the database at the timestamp; 0 = was not asked for
  std::vector<BackupFile> files;

  uint64_t bytes() const;
};

/// How a copy runs.
struct CopyOptions {
  uint64_t bytes_per_second = 0;         // 0 = as fast as it goes
  uint64_t reserve_bytes = 64ull << 20;  // stay free where it is copied to; 53100 before
};

/// What making a backup took.
struct CopyCounts {
  uint64_t files_copied = 0, bytes_copied = 0;
  uint64_t files_shared = 0, bytes_shared = 0;  // that earlier backups had
};

/// Thread-compatible; one process at a time writes to a repository (it is locked).
class Repository {
 public:
  /// The directory is made when it does not exist and create is set. files outlives the result.
  /// Errors: 58P01, 58030, 55006 while another process has it.
  static Result<Repository> Open(base::FileSystem* files, const std::string& directory,
                                 bool create);

  /// All backups by number. Errors: XX001 for a damaged manifest.
  Result<std::vector<Manifest>> List() const;
  /// The backup with a number; 0 = the last one. 42704 when there is none.
  Result<Manifest> Find(uint64_t number) const;
  /// Copies the files of a directory, which nobody changes meanwhile, and makes them a backup.
  /// header: source, timestamp, taken_micros and logical_hash. Errors: 58030, 53100; what was
  /// copied is used by the next attempt.
  Result<Manifest> Add(const std::string& from, Manifest header, const CopyOptions& options,
                       CopyCounts* counts);
  /// Reads all files of a backup and compares them with their hashes. XX001 names the damaged one.
  Status Verify(const Manifest& manifest) const;
  /// Writes the files of a backup, checked while they are copied, into a directory that does not
  /// exist yet; all are durable then. Errors: 55006 for a directory that exists, XX001, 58030,
  /// 53100.
  Status Restore(const Manifest& manifest, const std::string& to, const CopyOptions& options) const;
  /// Removes a backup and the files that no other one lists.
  Status Remove(uint64_t number);

 private:
  Repository(base::FileSystem* files, std::string directory)
      : files_(files), directory_(std::move(directory)) {}
  std::string StoredPath(const BackupFile& file) const;
  std::string ManifestPath(uint64_t number) const;

  base::FileSystem* files_;
  std::string directory_;
  std::shared_ptr<base::DirectoryLock> lock_;
};

}  // namespace lathe::backup
