// The archive: serialised entries (storage/txn/batch.h) of all commits, in segments on disk.
//
//   segment NNNNNNNNNNNNNNNNNNNN.batches (number of the segment):
//     record: u32 length of the payload | u64 hash of length and payload | payload
//     first payload: format (1 byte) | identity of the database | timestamp of the last commit
//     before others: entries in commit order; chunks of a load before its commit
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/file.h"
#include "runtime/base/ids.h"
#include "runtime/base/result.h"

namespace lathe::backup {

/// Appends entries. Thread-compatible.
class ArchiveWriter {
 public:
  /// Opens (or makes) the archive in a directory. committed: the last commit that the database has
  /// and has archived; 0 = it has not archived all commits so far, what comes begins anew at
  /// `newest`. Entries of later commits, which the database does not have, are cut off. files
  /// outlives this. Errors: 58030, 53100; 55006 for an archive of another database.
  static Result<std::unique_ptr<ArchiveWriter>> Open(base::FileSystem* files,
                                                     const std::string& directory,
                                                     const std::string& identity,
                                                     Timestamp committed, Timestamp newest);

  /// To be called before commits are added: gives the position for CutTo.
  Result<uint64_t> Begin();
  /// Adds an entry; ts: of a commit, 0 for a chunk of a load.
  Status Append(std::string_view entry, Timestamp ts);
  /// All that was added is on disk.
  Status Sync();
  /// Takes back what was added since then: the commit failed.
  Status CutTo(uint64_t position);

 private:
  ArchiveWriter(base::FileSystem* files, std::string directory, std::string identity)
      : files_(files), directory_(std::move(directory)), identity_(std::move(identity)) {}
  Status StartSegment(Timestamp after);
  Status Write(std::string_view payload);

  base::FileSystem* const files_;
  const std::string directory_, identity_;
  std::unique_ptr<base::File> file_;
  uint64_t segment_ = 0;  // number of file_
  uint64_t size_ = 0;     // of file_
  Timestamp last_;        // of the last commit in it
  Timestamp before_;      // last_ at Begin
};

/// Calls visit for every entry with a commit in (after, until], and for every chunk of a load, in
/// order. after: what the reader has already. Errors: XX001 for damage, and when commits between
/// `after` and `until` were not archived; those of visit. Gives the last commit that was there, at
/// or below until.
Result<Timestamp> ReadArchive(base::FileSystem* files, const std::string& directory,
                              Timestamp after, Timestamp until,
                              const std::function<Status(std::string_view entry)>& visit);

}  // namespace lathe::backup
