// lathe-bench-blob: page bodies as plain SST values and in RocksDB's blob files: load, scan of what
// is not in the system's cache, and what folds cost in bytes written. Works on the page family's
// own options, below the storage engine, with pages of random bytes.
#include <fcntl.h>
#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/micro/report.h"
#include "runtime/base/bytes.h"
#include "runtime/base/hash.h"
#include "storage/kv/rocks_options.h"

namespace lathe::micro {
namespace {

struct Options {
  uint64_t pages = 8192;
  uint64_t page_bytes = 64000;
  int rounds = 16;           // of folding
  double fold_share = 0.02;  // of the pages that a round replaces
  std::string dir;           // empty = below the system's folder for temporary files
  std::string json;
};

/// How bodies get into the family: as files made beside it (what loads and folds do), or through
/// its write buffer.
enum class Way : uint8_t { kIngest, kFlush };

/// Bytes given to write calls by this process so far.
uint64_t BytesWritten() {
  std::ifstream io("/proc/self/io");
  std::string name;
  uint64_t value = 0;
  while (io >> name >> value) {
    if (name == "wchar:") return value;
  }
  return 0;
}

void Require(const rocksdb::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

/// One arrangement of the page family, in a folder of its own.
class Store {
 public:
  Store(const Options& options, const std::string& dir, bool blobs, Way way)
      : options_(options), dir_(dir), way_(way) {
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
    kv::KvOptions kv_options;
    rocks_ = rocksdb::Options(kv::DatabaseOptions(kv_options),
                              kv::FamilyOptions(kv::Family::kPages, kv_options, nullptr));
    rocks_.create_if_missing = true;
    if (way == Way::kFlush) rocks_.write_buffer_size = 64 << 20;
    if (blobs) {
      rocks_.enable_blob_files = true;
      rocks_.min_blob_size = 1024;
      rocks_.blob_file_size = 256 << 20;
      rocks_.enable_blob_garbage_collection = true;
      rocks_.blob_garbage_collection_age_cutoff = 0.25;
      rocks_.blob_garbage_collection_force_threshold = 0.5;
    }
    Open();
    current_.resize(options.pages, 0);
    body_.resize(options.page_bytes);
  }
  ~Store() {
    db_.reset();
    std::filesystem::remove_all(dir_);
  }

  /// Writes all pages in key order; bytes are on disk at the end.
  void Load() {
    std::vector<uint64_t> all(options_.pages);
    for (uint64_t i = 0; i < options_.pages; ++i) all[i] = i;
    Write(all, 0);
  }

  /// Replaces some pages by newer bodies, as a fold does: new keys, then deletions of the old.
  void Fold(uint64_t round) {
    std::vector<uint64_t> chosen;
    const auto limit = static_cast<uint64_t>(options_.fold_share * 1e6);
    for (uint64_t i = 0; i < options_.pages; ++i) {
      if (base::MixBits(i * 1000003 + round) % 1000000 < limit) chosen.push_back(i);
    }
    std::vector<std::string> old;
    for (uint64_t i : chosen) old.push_back(Key(i, current_[i]));
    Write(chosen, round);
    rocksdb::WriteBatch batch;
    for (const std::string& key : old) Require(batch.Delete(key));
    Require(db_->Write(rocksdb::WriteOptions(), &batch));
    folded_bytes_ += chosen.size() * options_.page_bytes;
    Settle();
  }

  /// Reads every page by its key, in order; the files are not in the system's cache. MB/s.
  double ScanCold() {
    Settle();
    db_.reset();
    Open();
    for (const auto& file : std::filesystem::directory_iterator(dir_)) {
      const int fd = ::open(file.path().c_str(), O_RDONLY);
      if (fd < 0) continue;
      (void)::fsync(fd);
      (void)::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
      ::close(fd);
    }
    const auto start = SteadyClock::now();
    rocksdb::PinnableSlice value;
    for (uint64_t i = 0; i < options_.pages; ++i) {
      Require(db_->Get(rocksdb::ReadOptions(), db_->DefaultColumnFamily(), Key(i, current_[i]),
                       &value));
      value.Reset();
    }
    return Megabytes(options_.pages * options_.page_bytes) / (MillisSince(start) / 1000);
  }

  /// Lets what compaction has to do end.
  void Settle() {
    uint64_t running = 1, pending = 1, flushing = 1;
    while (running + pending + flushing > 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      db_->GetIntProperty("rocksdb.num-running-compactions", &running);
      db_->GetIntProperty("rocksdb.compaction-pending", &pending);
      db_->GetIntProperty("rocksdb.num-running-flushes", &flushing);
    }
  }
  uint64_t disk_bytes() const {
    uint64_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(dir_)) {
      if (file.is_regular_file()) bytes += file.file_size();
    }
    return bytes;
  }
  uint64_t folded_bytes() const { return folded_bytes_; }
  static double Megabytes(uint64_t bytes) { return static_cast<double>(bytes) / 1e6; }

 private:
  void Open() {
    rocksdb::DB* db = nullptr;
    Require(rocksdb::DB::Open(rocks_, dir_, &db));
    db_.reset(db);
  }
  static std::string Key(uint64_t page, uint64_t round) {
    std::string key(16, '\0');
    const uint64_t parts[2] = {ByteSwap(page), ByteSwap(round)};
    std::memcpy(key.data(), parts, sizeof parts);
    return key;
  }
  const std::string& Body(uint64_t page, uint64_t round) {
    uint64_t state = page * 31 + round;
    for (size_t i = 0; i + 8 <= body_.size(); i += 8) {
      state += 0x9e3779b97f4a7c15;
      std::memcpy(body_.data() + i, &state, 8);
    }
    return body_;
  }

  void Write(const std::vector<uint64_t>& pages, uint64_t round) {
    if (way_ == Way::kFlush) {
      rocksdb::WriteOptions write;
      write.disableWAL = true;
      for (uint64_t i : pages) Require(db_->Put(write, Key(i, round), Body(i, round)));
      Require(db_->Flush(rocksdb::FlushOptions()));
    } else {
      Ingest(pages, round);
    }
    for (uint64_t i : pages) current_[i] = round;
  }

  void Ingest(const std::vector<uint64_t>& pages, uint64_t round) {
    const uint64_t pages_per_file = std::max<uint64_t>((256 << 20) / options_.page_bytes, 1);
    std::vector<std::string> paths;
    for (size_t from = 0; from < pages.size(); from += pages_per_file) {
      rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), rocks_, nullptr, false);
      paths.push_back(dir_ + "/new" + std::to_string(paths.size()));
      Require(writer.Open(paths.back()));
      for (size_t i = from; i < std::min<size_t>(from + pages_per_file, pages.size()); ++i) {
        Require(writer.Put(Key(pages[i], round), Body(pages[i], round)));
      }
      Require(writer.Finish());
    }
    rocksdb::IngestExternalFileOptions ingest;
    ingest.move_files = true;
    ingest.snapshot_consistency = false;
    ingest.write_global_seqno = false;
    Require(db_->IngestExternalFile(paths, ingest));
    for (const std::string& path : paths) std::filesystem::remove(path);
  }

  const Options& options_;
  const std::string dir_;
  const Way way_;
  rocksdb::Options rocks_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<uint64_t> current_;  // round that wrote each page
  std::string body_;
  uint64_t folded_bytes_ = 0;
};

void Measure(const Options& options, const std::string& name, bool blobs, Way way,
             JsonObject* json) {
  Store store(options, options.dir + "/pages", blobs, way);
  const uint64_t load_bytes = options.pages * options.page_bytes;
  const uint64_t before_load = BytesWritten();
  const auto start = SteadyClock::now();
  store.Load();
  const double load = Store::Megabytes(load_bytes) / (MillisSince(start) / 1000);
  store.Settle();
  const double load_written =
      static_cast<double>(BytesWritten() - before_load) / static_cast<double>(load_bytes);
  const double scan = store.ScanCold();
  const uint64_t before_folds = BytesWritten();
  const auto fold_start = SteadyClock::now();
  for (int round = 1; round <= options.rounds; ++round) store.Fold(static_cast<uint64_t>(round));
  const double fold_seconds = MillisSince(fold_start) / 1000;
  const double fold_written = static_cast<double>(BytesWritten() - before_folds) /
                              static_cast<double>(std::max<uint64_t>(store.folded_bytes(), 1));
  const double disk = static_cast<double>(store.disk_bytes()) / static_cast<double>(load_bytes);
  const double scan_after = store.ScanCold();
  std::printf("%-22s %10.0f %10.2f %10.0f %10.2f %10.2f %10.2f %10.0f\n", name.c_str(), load,
              load_written, scan, fold_seconds, fold_written, disk, scan_after);
  JsonObject result;
  result.Add("load_mb_per_s", load);
  result.Add("load_written_per_byte", load_written);
  result.Add("cold_scan_mb_per_s", scan);
  result.Add("fold_s", fold_seconds);
  result.Add("fold_written_per_byte", fold_written);
  result.Add("disk_per_live_byte", disk);
  result.Add("cold_scan_after_folds_mb_per_s", scan_after);
  json->Add(name, result);
}

int Main(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i];
    if (flag == "--pages") {
      options.pages = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (flag == "--page-bytes") {
      options.page_bytes = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (flag == "--rounds") {
      options.rounds = std::atoi(argv[i + 1]);
    } else if (flag == "--fold-share") {
      options.fold_share = std::atof(argv[i + 1]);
    } else if (flag == "--dir") {
      options.dir = argv[i + 1];
    } else if (flag == "--json") {
      options.json = argv[i + 1];
    } else {
      argc = 0;
    }
  }
  if (argc % 2 == 0 || options.pages == 0 || options.page_bytes < 8) {
    std::fprintf(stderr,
                 "usage: lathe-bench-blob [--pages N] [--page-bytes N] [--rounds N] [--fold-share "
                 "X] [--dir DIR] [--json PATH]\n");
    return 2;
  }
  std::string base =
      options.dir.empty() ? std::filesystem::temp_directory_path().string() : options.dir;
  options.dir = base + "/lathe-bench-blob." + std::to_string(::getpid());
  JsonObject json;
  std::printf("%-22s %10s %10s %10s %10s %10s %10s %10s\n", "page bodies", "load MB/s", "written/B",
              "cold MB/s", "folds s", "written/B", "disk/B", "cold MB/s");
  Measure(options, "SST, ingested", false, Way::kIngest, &json);
  Measure(options, "blobs, ingested", true, Way::kIngest, &json);
  Measure(options, "SST, flushed", false, Way::kFlush, &json);
  Measure(options, "blobs, flushed", true, Way::kFlush, &json);
  std::filesystem::remove_all(options.dir);
  if (options.json.empty()) return 0;
  Status written = WriteFile(options.json, json.ToString() + "\n");
  if (!written.ok()) std::fprintf(stderr, "%s\n", written.error().message.c_str());
  return written.ok() ? 0 : 1;
}

}  // namespace
}  // namespace lathe::micro

int main(int argc, char** argv) { return lathe::micro::Main(argc, argv); }
