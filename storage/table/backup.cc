// Backups of a running engine, restoring them, and the archive of its commits (storage/backup).
#include "storage/backup/backup.h"

#include <algorithm>
#include <set>

#include "runtime/base/bytes.h"
#include "storage/table/engine_impl.h"
#include "storage/table/scan.h"

namespace lathe::table {
namespace {

// The last commit that is in the store and in the archive; not there while commits are not
// archived.
constexpr std::string_view kArchivedMark = "archived";
constexpr std::string_view kAppliedMark = "applied";

BackupInfo InfoOf(const backup::Manifest& manifest) {
  BackupInfo info;
  info.number = manifest.number;
  info.timestamp = manifest.timestamp;
  info.taken_micros = manifest.taken_micros;
  info.logical_hash = manifest.logical_hash;
  info.files = manifest.files.size();
  info.bytes = manifest.bytes();
  return info;
}

}  // namespace

// --- The archive

Result<std::string> EngineImpl::Identity() {
  return base::ReadWholeFile(files_, base::JoinPath(base::JoinPath(directory_, "db"), "IDENTITY"));
}

void EngineImpl::PutArchived(Timestamp ts, kv::WriteBatch* batch) {
  std::string bytes;
  AppendLittle(&bytes, ts.value);
  batch->Put(kv::Family::kMeta, kArchivedMark, bytes);
}

Status EngineImpl::OpenArchive(Timestamp newest) {
  LATHE_ASSIGN(Timestamp archived, ReadMark(kArchivedMark));
  if (options_.archive_dir.empty()) {
    if (archived.value == 0) return Ok();
    kv::WriteBatch batch;
    batch.Delete(kv::Family::kMeta, kArchivedMark);
    return kv_->Write(batch, true);
  }
  LATHE_ASSIGN(std::string identity, Identity());
  LATHE_ASSIGN(archive_, backup::ArchiveWriter::Open(files_, options_.archive_dir, identity,
                                                     archived, newest));
  if (archived.value != 0) return Ok();
  kv::WriteBatch batch;
  PutArchived(newest, &batch);
  return kv_->Write(batch, true);
}

Status EngineImpl::KeepChunk(const txn::LoadChunk& chunk) {
  std::lock_guard lock(archive_mutex_);
  LATHE_ASSIGN([[maybe_unused]] uint64_t position, archive_->Begin());
  return archive_->Append(txn::EncodeLoad(chunk), Timestamp());
}

// --- Backups

std::string EngineImpl::LinksDirectory() const { return base::JoinPath(directory_, "backup"); }

Result<BackupInfo> EngineImpl::Backup(const std::string& to, const BackupOptions& options) {
  if (directory_.empty()) return NotSupported("a backup of a store without a directory");
  std::unique_lock one(backup_mutex_, std::try_to_lock);
  if (!one.owns_lock()) return MakeError(SqlState::kObjectInUse, "a backup is running already");
  LATHE_ASSIGN(backup::Repository repository, backup::Repository::Open(files_, to, true));
  backup::Manifest header;
  header.taken_micros = clock_->UnixMicros();
  LATHE_ASSIGN(header.source, Identity());
  // Most of what is in memory goes to files before commits have to wait.
  LATHE_TRY(kv_->Flush(kv::Family::kDelta));
  const std::string links = LinksDirectory();
  LATHE_TRY(files_->RemoveDirectory(links));
  Status linked;
  catalog::StatePtr state;
  int64_t quiet_ns = 0;
  sink_->WhileQuiet([&] {
    const int64_t start = clock_->MonotonicNanos();
    header.timestamp = watermark_->Acquire();
    state = catalog_->state();
    linked = kv_->Checkpoint(links);
    quiet_ns = clock_->MonotonicNanos() - start;
  });
  Result<BackupInfo> result = [&]() -> Result<BackupInfo> {
    LATHE_TRY(std::move(linked));
    if (options.with_hash) {
      LATHE_ASSIGN(header.logical_hash, HashAll(*state, header.timestamp));
    }
    backup::CopyOptions copy;
    copy.bytes_per_second = options.bytes_per_second;
    copy.reserve_bytes = 4 * options_.disk_reserve_bytes;
    backup::CopyCounts counts;
    LATHE_ASSIGN(backup::Manifest made,
                 repository.Add(base::JoinPath(links, "db"), std::move(header), copy, &counts));
    BackupInfo info = InfoOf(made);
    info.bytes_copied = counts.bytes_copied;
    info.quiet_micros = quiet_ns / 1000;
    return info;
  }();
  watermark_->Release(header.timestamp);
  Status removed = files_->RemoveDirectory(links);
  if (result.ok() && !removed.ok()) return std::move(removed).error();
  return result;
}

Result<std::vector<BackupInfo>> Engine::ListBackups(const std::string& in, bool verify,
                                                    base::FileSystem* files) {
  if (files == nullptr) files = base::FileSystem::Posix();
  LATHE_ASSIGN(backup::Repository repository, backup::Repository::Open(files, in, false));
  LATHE_ASSIGN(std::vector<backup::Manifest> manifests, repository.List());
  std::vector<BackupInfo> infos;
  for (const backup::Manifest& manifest : manifests) {
    if (verify) LATHE_TRY(repository.Verify(manifest));
    infos.push_back(InfoOf(manifest));
  }
  return infos;
}

// --- Restoring

namespace {

// Applies what the archive has after a backup. Chunks are kept only of loads that were committed.
Result<Timestamp> ApplyArchive(Engine* engine, base::FileSystem* files,
                               const RestoreOptions& options, Timestamp after) {
  constexpr uint64_t kFoldBytes = 128 << 20;
  std::set<uint64_t> committed;
  LATHE_ASSIGN(Timestamp last,
               backup::ReadArchive(files, options.archive_dir, after, options.until,
                                   [&](std::string_view bytes) -> Status {
                                     LATHE_ASSIGN(txn::Entry entry, txn::DecodeEntry(bytes));
                                     for (const txn::LoadCommit& load : entry.write.loads) {
                                       committed.insert(load.load.value);
                                     }
                                     return Ok();
                                   }));
  LATHE_ASSIGN(
      last,
      backup::ReadArchive(
          files, options.archive_dir, after, options.until, [&](std::string_view bytes) -> Status {
            LATHE_ASSIGN(txn::Entry entry, txn::DecodeEntry(bytes));
            if (entry.kind == txn::EntryKind::kLoad && !committed.contains(entry.load.load.value)) {
              return Ok();
            }
            LATHE_TRY(engine->ApplyEntry(bytes));
            return engine->Stats().delta_bytes > kFoldBytes ? engine->FoldAll() : Ok();
          }));
  return last;
}

// The store goes on behind a commit, as a replica that has applied everything up to it.
Status MarkApplied(const std::string& directory, base::FileSystem* files, Timestamp ts) {
  kv::KvOptions options;
  options.create_if_missing = false;
  options.files = files;
  LATHE_ASSIGN(std::unique_ptr<kv::Kv> kv, kv::Kv::Open(directory, options));
  kv::WriteBatch batch;
  std::string bytes;
  AppendLittle(&bytes, ts.value);
  batch.Put(kv::Family::kMeta, kAppliedMark, bytes);
  return kv->Write(batch, true);
}

}  // namespace

Result<Timestamp> Engine::Restore(const RestoreOptions& options) {
  base::FileSystem* files = options.files != nullptr ? options.files : base::FileSystem::Posix();
  LATHE_ASSIGN(bool exists, files->Exists(options.to));
  if (exists) {
    return MakeError(SqlState::kObjectInUse, "directory \"" + options.to + "\" exists already");
  }
  LATHE_ASSIGN(backup::Repository repository, backup::Repository::Open(files, options.from, false));
  LATHE_ASSIGN(std::vector<backup::Manifest> manifests, repository.List());
  std::erase_if(manifests, [&](const backup::Manifest& manifest) {
    return manifest.timestamp > options.until ||
           (options.number != 0 && manifest.number != options.number);
  });
  if (manifests.empty()) {
    return MakeError(SqlState::kUndefinedObject,
                     "there is no such backup in \"" + options.from + "\"");
  }
  const backup::Manifest& manifest = manifests.back();
  // Under another name until it is whole.
  const std::string part = options.to + ".restoring";
  LATHE_TRY(files->RemoveDirectory(part));
  LATHE_TRY(files->MakeDirectory(part));
  LATHE_TRY(repository.Restore(manifest, base::JoinPath(part, "db"), backup::CopyOptions()));
  LATHE_TRY(files->SyncDirectory(part));
  Timestamp last = manifest.timestamp;
  if (!options.archive_dir.empty()) {
    LATHE_TRY(MarkApplied(part, options.files, manifest.timestamp));
    EngineOptions engine_options;
    engine_options.create_if_missing = false;
    engine_options.files = options.files;
    LATHE_ASSIGN(std::unique_ptr<Engine> engine, Engine::Open(part, engine_options));
    LATHE_ASSIGN(last, ApplyArchive(engine.get(), files, options, manifest.timestamp));
    LATHE_TRY(engine->Promote());
  }
  LATHE_TRY(files->Rename(part, options.to));
  return last;
}

Status EngineImpl::Promote() {
  std::lock_guard one(replica_mutex_);
  replaying_ = false;
  kv::WriteBatch batch;
  batch.Delete(kv::Family::kMeta, kAppliedMark);
  LATHE_TRY(kv_->Write(batch, true));
  applied_ = Timestamp();
  return Ok();
}

}  // namespace lathe::table
