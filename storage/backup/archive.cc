#include "storage/backup/archive.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "runtime/base/bytes.h"
#include "runtime/base/hash.h"
#include "storage/txn/batch.h"

namespace lathe::backup {
namespace {

constexpr uint8_t kSegmentVersion = 1;
constexpr uint64_t kSegmentBytes = 64ull << 20;
constexpr size_t kHeadBytes = 12;
constexpr std::string_view kSuffix = ".batches";

std::string SegmentPath(const std::string& directory, uint64_t number) {
  char name[40];
  std::snprintf(name, sizeof name, "%020llu", static_cast<unsigned long long>(number));
  return base::JoinPath(directory, name + std::string(kSuffix));
}

uint64_t HashOf(std::string_view payload) { return base::Hash64(payload, payload.size()); }

struct Header {
  std::string identity;
  Timestamp after;
};

Result<Header> DecodeHeader(std::string_view payload, const std::string& path) {
  ByteReader in(payload);
  Header header;
  const uint8_t version = in.Little<uint8_t>();
  header.identity = in.LengthPrefixed();
  header.after = Timestamp(in.Little<uint64_t>());
  if (!in.ok() || !in.AtEnd() || version != kSegmentVersion) {
    return MakeError(SqlState::kDataCorrupted, "archive segment \"" + path + "\" is damaged");
  }
  return header;
}

/// Numbers of the segments, in order.
Result<std::vector<uint64_t>> Segments(base::FileSystem* files, const std::string& directory) {
  LATHE_ASSIGN(std::vector<std::string> names, files->List(directory));
  std::vector<uint64_t> numbers;
  for (const std::string& name : names) {
    if (!name.ends_with(kSuffix)) continue;
    numbers.push_back(std::strtoull(name.c_str(), nullptr, 10));
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

/// Reads the records of a segment in order. Stops at what is not a whole record; *good is its
/// position. visit false = stop there, too.
Status ReadSegment(base::FileSystem* files, const std::string& path, uint64_t* good, uint64_t* size,
                   const std::function<Result<bool>(std::string_view payload)>& visit) {
  LATHE_ASSIGN(std::unique_ptr<base::File> file, files->Open(path, base::OpenMode::kRead));
  LATHE_ASSIGN(*size, file->Size());
  *good = 0;
  std::string payload;
  while (*good + kHeadBytes <= *size) {
    char head[kHeadBytes];
    LATHE_ASSIGN(size_t read, file->ReadAt(*good, head, kHeadBytes));
    const uint32_t length = LoadAt<uint32_t>(head);
    if (read != kHeadBytes || *good + kHeadBytes + length > *size) return Ok();
    payload.resize(length);
    LATHE_ASSIGN(read, file->ReadAt(*good + kHeadBytes, payload.data(), length));
    if (read != length || LoadAt<uint64_t>(head + 4) != HashOf(payload)) return Ok();
    LATHE_ASSIGN(bool more, visit(payload));
    if (!more) return Ok();
    *good += kHeadBytes + length;
  }
  return Ok();
}

Error DamagedSegment(const std::string& path, uint64_t position) {
  return MakeError(
      SqlState::kDataCorrupted,
      "archive segment \"" + path + "\" is damaged at byte " + std::to_string(position));
}

}  // namespace

Result<std::unique_ptr<ArchiveWriter>> ArchiveWriter::Open(base::FileSystem* files,
                                                           const std::string& directory,
                                                           const std::string& identity,
                                                           Timestamp committed, Timestamp newest) {
  std::unique_ptr<ArchiveWriter> writer(new ArchiveWriter(files, directory, identity));
  LATHE_TRY(files->MakeDirectory(directory));
  LATHE_ASSIGN(std::vector<uint64_t> numbers, Segments(files, directory));
  Timestamp last;
  bool goes_on = false;
  // From the end: segments that hold nothing that the database has go.
  while (!numbers.empty() && !goes_on) {
    const std::string path = SegmentPath(directory, numbers.back());
    uint64_t good = 0, size = 0, records = 0;
    bool later = false;
    LATHE_TRY(ReadSegment(files, path, &good, &size, [&](std::string_view payload) -> Result<bool> {
      if (records++ == 0) {
        LATHE_ASSIGN(Header header, DecodeHeader(payload, path));
        if (header.identity != identity) {
          return MakeError(SqlState::kObjectInUse,
                           "directory \"" + directory + "\" is the archive of another database");
        }
        last = header.after;
        return true;
      }
      LATHE_ASSIGN(txn::Entry entry, txn::DecodeEntry(payload));
      if (entry.kind != txn::EntryKind::kWrite) return true;
      later = committed.value != 0 && entry.ts > committed;
      if (!later) last = entry.ts;
      return !later;
    }));
    if (records == 0 || (later && good == 0)) {
      LATHE_TRY(files->Remove(path));
      numbers.pop_back();
      continue;
    }
    writer->segment_ = numbers.back();
    if (committed.value == 0 || last != committed) break;
    LATHE_ASSIGN(writer->file_, files->Open(path, base::OpenMode::kReadWrite));
    if (good < size) LATHE_TRY(writer->file_->Truncate(good));
    writer->size_ = good;
    writer->last_ = last;
    goes_on = true;
  }
  if (!goes_on) LATHE_TRY(writer->StartSegment(newest));
  return writer;
}

Status ArchiveWriter::StartSegment(Timestamp after) {
  if (file_ != nullptr) LATHE_TRY(file_->Sync());
  ++segment_;
  size_ = 0;
  last_ = after;
  LATHE_ASSIGN(file_, files_->Open(SegmentPath(directory_, segment_), base::OpenMode::kTruncate));
  std::string header(1, static_cast<char>(kSegmentVersion));
  AppendLengthPrefixed(&header, identity_);
  AppendLittle(&header, after.value);
  LATHE_TRY(Write(header));
  LATHE_TRY(file_->Sync());
  return files_->SyncDirectory(directory_);
}

Status ArchiveWriter::Write(std::string_view payload) {
  std::string record;
  record.reserve(kHeadBytes + payload.size());
  AppendLittle(&record, static_cast<uint32_t>(payload.size()));
  AppendLittle(&record, HashOf(payload));
  record += payload;
  LATHE_TRY(file_->WriteAt(size_, record));
  size_ += record.size();
  return Ok();
}

// Segments begin here only, so that CutTo stays within one.
Result<uint64_t> ArchiveWriter::Begin() {
  if (size_ >= kSegmentBytes) LATHE_TRY(StartSegment(last_));
  before_ = last_;
  return size_;
}

Status ArchiveWriter::Append(std::string_view entry, Timestamp ts) {
  LATHE_TRY(Write(entry));
  if (ts.value != 0) last_ = ts;
  return Ok();
}

Status ArchiveWriter::Sync() { return file_->Sync(); }

Status ArchiveWriter::CutTo(uint64_t position) {
  LATHE_TRY(file_->Truncate(position));
  size_ = position;
  last_ = before_;
  return Ok();
}

Result<Timestamp> ReadArchive(base::FileSystem* files, const std::string& directory,
                              Timestamp after, Timestamp until,
                              const std::function<Status(std::string_view entry)>& visit) {
  LATHE_ASSIGN(std::vector<uint64_t> numbers, Segments(files, directory));
  Timestamp last;
  bool any = false, past = false;
  for (size_t i = 0; i < numbers.size() && !past; ++i) {
    const std::string path = SegmentPath(directory, numbers[i]);
    uint64_t good = 0, size = 0, records = 0;
    LATHE_TRY(ReadSegment(files, path, &good, &size, [&](std::string_view payload) -> Result<bool> {
      if (records++ == 0) {
        LATHE_ASSIGN(Header header, DecodeHeader(payload, path));
        // Commits between the segments are missing, and the reader does not have them.
        const bool gap = !any || header.after != last;
        if (gap && header.after > after && until > std::max(last, after)) {
          Error error = MakeError(SqlState::kDataCorrupted,
                                  "the archive does not hold all commits after the backup");
          error.hint = "Take a backup whenever the archive has been off.";
          return error;
        }
        any = true;
        last = header.after;
        return true;
      }
      LATHE_ASSIGN(txn::Entry entry, txn::DecodeEntry(payload));
      if (entry.kind == txn::EntryKind::kWrite) {
        if (entry.ts > until) {
          past = true;
          return false;
        }
        last = entry.ts;
        if (entry.ts <= after) return true;
      }
      LATHE_TRY(visit(payload));
      return true;
    }));
    // A torn end is that of the last segment, after a crash.
    if (!past && good < size && i + 1 < numbers.size()) return DamagedSegment(path, good);
  }
  return std::max(last, after);
}

}  // namespace lathe::backup
