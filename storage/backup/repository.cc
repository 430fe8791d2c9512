#include "storage/backup/repository.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <set>
#include <thread>

#include "runtime/base/bytes.h"
#include "runtime/base/hash.h"

namespace lathe::backup {
namespace {

constexpr uint8_t kManifestVersion = 1;
constexpr size_t kPieceBytes = 256 << 10;
constexpr uint64_t kSyncBytes = 4 << 20;
constexpr std::string_view kManifestSuffix = ".manifest";

std::string StoredName(uint64_t hash, uint64_t size) {
  char name[48];
  std::snprintf(name, sizeof name, "%016llx-%llu", static_cast<unsigned long long>(hash),
                static_cast<unsigned long long>(size));
  return name;
}

Error Damaged(const std::string& path) {
  return MakeError(SqlState::kDataCorrupted, "file \"" + path + "\" of the backup is damaged");
}

std::string Encode(const Manifest& manifest) {
  std::string out(1, static_cast<char>(kManifestVersion));
  AppendVarint(&out, manifest.number);
  AppendLengthPrefixed(&out, manifest.source);
  AppendLittle(&out, manifest.timestamp.value);
  AppendLittle(&out, manifest.taken_micros);
  AppendLittle(&out, manifest.logical_hash);
  AppendVarint(&out, manifest.files.size());
  for (const BackupFile& file : manifest.files) {
    AppendLengthPrefixed(&out, file.path);
    AppendVarint(&out, file.size);
    AppendLittle(&out, file.hash);
  }
  AppendLittle(&out, base::Hash64(out));
  return out;
}

Result<Manifest> Decode(std::string_view bytes, const std::string& path) {
  if (bytes.size() < 9 ||
      LoadAt<uint64_t>(bytes.data() + bytes.size() - 8) !=
          base::Hash64(bytes.substr(0, bytes.size() - 8)) ||
      bytes[0] != kManifestVersion) {
    return Damaged(path);
  }
  ByteReader in(bytes.substr(1, bytes.size() - 9));
  Manifest manifest;
  manifest.number = in.Varint();
  manifest.source = in.LengthPrefixed();
  manifest.timestamp = Timestamp(in.Little<uint64_t>());
  manifest.taken_micros = in.Little<int64_t>();
  manifest.logical_hash = in.Little<uint64_t>();
  const uint64_t files = in.Varint();
  for (uint64_t i = 0; i < files && in.ok(); ++i) {
    BackupFile file;
    file.path = in.LengthPrefixed();
    file.size = in.Varint();
    file.hash = in.Little<uint64_t>();
    manifest.files.push_back(std::move(file));
  }
  if (!in.ok() || !in.AtEnd()) return Damaged(path);
  return manifest;
}

/// Holds a copy back to so many bytes per second, and away from the end of the disk.
class Pace {
 public:
  Pace(base::FileSystem* files, std::string to, const CopyOptions& options)
      : files_(files), to_(std::move(to)), options_(options) {}

  Status Take(uint64_t bytes) {
    constexpr uint64_t kAskBytes = 64ull << 20;
    if (asked_ < bytes) {
      LATHE_ASSIGN(uint64_t left, files_->FreeBytes(to_));
      if (left < options_.reserve_bytes + bytes) {
        return MakeError(SqlState::kDiskFull, "not enough room in \"" + to_ + "\"");
      }
      asked_ = std::min(kAskBytes, left - options_.reserve_bytes);
    }
    asked_ -= bytes;
    done_ += bytes;
    if (options_.bytes_per_second != 0) {
      const std::chrono::duration<double> due(static_cast<double>(done_) /
                                              static_cast<double>(options_.bytes_per_second));
      std::this_thread::sleep_until(
          start_ + std::chrono::duration_cast<std::chrono::steady_clock::duration>(due));
    }
    return Ok();
  }

 private:
  base::FileSystem* const files_;
  const std::string to_;
  const CopyOptions& options_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  uint64_t done_ = 0, asked_ = 0;
};

/// Reads a file in pieces; gives its size and hash.
Status ReadPieces(base::FileSystem* files, const std::string& path, BackupFile* file,
                  const std::function<Status(std::string_view)>& visit) {
  LATHE_ASSIGN(std::unique_ptr<base::File> from, files->Open(path, base::OpenMode::kRead));
  std::string piece(kPieceBytes, '\0');
  base::Hasher hasher;
  file->size = 0;
  for (;;) {
    LATHE_ASSIGN(size_t bytes, from->ReadAt(file->size, piece.data(), piece.size()));
    if (bytes == 0) break;
    const std::string_view view(piece.data(), bytes);
    hasher.Add(view);
    file->size += bytes;
    LATHE_TRY(visit(view));
  }
  file->hash = hasher.Finish();
  return Ok();
}

/// Copies a file and syncs it. In pieces: who syncs a log meanwhile must not wait for all of it.
Status CopyFile(base::FileSystem* files, const std::string& from, const std::string& to,
                BackupFile* file, Pace* pace) {
  LATHE_ASSIGN(std::unique_ptr<base::File> out, files->Open(to, base::OpenMode::kTruncate));
  uint64_t unsynced = 0;
  LATHE_TRY(ReadPieces(files, from, file, [&](std::string_view piece) -> Status {
    LATHE_TRY(pace->Take(piece.size()));
    LATHE_TRY(out->Append(piece));
    unsynced += piece.size();
    if (unsynced < kSyncBytes) return Ok();
    unsynced = 0;
    return out->Sync();
  }));
  return out->Sync();
}

bool NeverChanges(const std::string& path) { return path.ends_with(".sst"); }

}  // namespace

uint64_t Manifest::bytes() const {
  uint64_t sum = 0;
  for (const BackupFile& file : files) sum += file.size;
  return sum;
}

std::string Repository::StoredPath(const BackupFile& file) const {
  return base::JoinPath(base::JoinPath(directory_, "files"), StoredName(file.hash, file.size));
}

std::string Repository::ManifestPath(uint64_t number) const {
  char name[32];
  std::snprintf(name, sizeof name, "%08llu", static_cast<unsigned long long>(number));
  return base::JoinPath(base::JoinPath(directory_, "backups"), name + std::string(kManifestSuffix));
}

Result<Repository> Repository::Open(base::FileSystem* files, const std::string& directory,
                                    bool create) {
  Repository repository(files, directory);
  const std::string backups = base::JoinPath(directory, "backups");
  LATHE_ASSIGN(bool exists, files->Exists(backups));
  if (!exists && !create) {
    return MakeError(SqlState::kUndefinedFile, "directory \"" + directory + "\" holds no backups");
  }
  if (!exists) {
    LATHE_TRY(files->MakeDirectory(backups));
    LATHE_TRY(files->MakeDirectory(base::JoinPath(directory, "files")));
    LATHE_TRY(files->SyncDirectory(directory));
  }
  LATHE_ASSIGN(std::unique_ptr<base::DirectoryLock> lock, files->LockDirectory(directory));
  repository.lock_ = std::move(lock);
  return repository;
}

Result<std::vector<Manifest>> Repository::List() const {
  const std::string backups = base::JoinPath(directory_, "backups");
  LATHE_ASSIGN(std::vector<std::string> names, files_->List(backups));
  std::vector<Manifest> manifests;
  for (const std::string& name : names) {
    if (!name.ends_with(kManifestSuffix)) continue;
    const std::string path = base::JoinPath(backups, name);
    LATHE_ASSIGN(std::string bytes, base::ReadWholeFile(files_, path));
    LATHE_ASSIGN(Manifest manifest, Decode(bytes, path));
    manifests.push_back(std::move(manifest));
  }
  std::sort(manifests.begin(), manifests.end(),
            [](const Manifest& a, const Manifest& b) { return a.number < b.number; });
  return manifests;
}

Result<Manifest> Repository::Find(uint64_t number) const {
  LATHE_ASSIGN(std::vector<Manifest> all, List());
  if (number == 0 && !all.empty()) return std::move(all.back());
  for (Manifest& manifest : all) {
    if (manifest.number == number) return std::move(manifest);
  }
  return MakeError(SqlState::kUndefinedObject,
                   number == 0 ? "there is no backup in \"" + directory_ + "\""
                               : "there is no backup " + std::to_string(number));
}

Result<Manifest> Repository::Add(const std::string& from, Manifest header,
                                 const CopyOptions& options, CopyCounts* counts) {
  LATHE_ASSIGN(std::vector<Manifest> before, List());
  std::map<std::pair<std::string, uint64_t>, uint64_t> known;  // files that never change
  for (const Manifest& manifest : before) {
    if (manifest.source != header.source) continue;
    for (const BackupFile& file : manifest.files) {
      if (NeverChanges(file.path)) known[{file.path, file.size}] = file.hash;
    }
  }
  header.number = before.empty() ? 1 : before.back().number + 1;
  header.files.clear();
  const std::string store = base::JoinPath(directory_, "files");
  const std::string part = base::JoinPath(store, "part");
  Pace pace(files_, store, options);
  LATHE_ASSIGN(std::vector<std::string> names, files_->List(from));
  for (const std::string& name : names) {
    const std::string path = base::JoinPath(from, name);
    BackupFile file;
    file.path = name;
    {
      LATHE_ASSIGN(std::unique_ptr<base::File> opened, files_->Open(path, base::OpenMode::kRead));
      LATHE_ASSIGN(file.size, opened->Size());
    }
    auto it = known.find({file.path, file.size});
    bool shared = false;
    if (it != known.end()) {
      file.hash = it->second;
      LATHE_ASSIGN(shared, files_->Exists(StoredPath(file)));
    }
    if (!shared) {
      LATHE_TRY(CopyFile(files_, path, part, &file, &pace));
      LATHE_TRY(files_->Rename(part, StoredPath(file)));
    }
    (shared ? counts->files_shared : counts->files_copied) += 1;
    (shared ? counts->bytes_shared : counts->bytes_copied) += file.size;
    header.files.push_back(std::move(file));
  }
  LATHE_TRY(files_->SyncDirectory(store));
  LATHE_TRY(base::WriteWholeFile(files_, ManifestPath(header.number), Encode(header)));
  return header;
}

Status Repository::Verify(const Manifest& manifest) const {
  for (const BackupFile& file : manifest.files) {
    BackupFile read;
    LATHE_TRY(ReadPieces(files_, StoredPath(file), &read, [](std::string_view) { return Ok(); }));
    if (read.size != file.size || read.hash != file.hash) return Damaged(StoredPath(file));
  }
  return Ok();
}

Status Repository::Restore(const Manifest& manifest, const std::string& to,
                           const CopyOptions& options) const {
  LATHE_ASSIGN(bool exists, files_->Exists(to));
  if (exists) {
    return MakeError(SqlState::kObjectInUse, "directory \"" + to + "\" exists already");
  }
  LATHE_TRY(files_->MakeDirectory(to));
  Pace pace(files_, to, options);
  for (const BackupFile& file : manifest.files) {
    BackupFile read;
    LATHE_TRY(CopyFile(files_, StoredPath(file), base::JoinPath(to, file.path), &read, &pace));
    if (read.size != file.size || read.hash != file.hash) return Damaged(StoredPath(file));
  }
  return files_->SyncDirectory(to);
}

Status Repository::Remove(uint64_t number) {
  LATHE_ASSIGN(Manifest gone, Find(number));
  LATHE_TRY(files_->Remove(ManifestPath(gone.number)));
  LATHE_TRY(files_->SyncDirectory(base::JoinPath(directory_, "backups")));
  LATHE_ASSIGN(std::vector<Manifest> left, List());
  std::set<std::string> needed;
  for (const Manifest& manifest : left) {
    for (const BackupFile& file : manifest.files) needed.insert(StoredName(file.hash, file.size));
  }
  const std::string store = base::JoinPath(directory_, "files");
  LATHE_ASSIGN(std::vector<std::string> names, files_->List(store));
  for (const std::string& name : names) {
    if (!needed.contains(name)) LATHE_TRY(files_->Remove(base::JoinPath(store, name)));
  }
  return Ok();
}

}  // namespace lathe::backup
