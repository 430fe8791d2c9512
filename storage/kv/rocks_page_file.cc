// PageFileWriter over RocksDB: SST files in tmp/, moved into the family kPages at the end.
#include <rocksdb/sst_file_writer.h>

#include <algorithm>
#include <vector>

#include "storage/kv/rocks_kv.h"

namespace lathe::kv {

class RocksPageFileWriter final : public PageFileWriter {
 public:
  explicit RocksPageFileWriter(RocksKv* kv) : kv_(kv) {}

  ~RocksPageFileWriter() override {
    writer_.reset();
    for (const std::string& path : paths_) (void)kv_->files_->Remove(path);
  }

  Status Add(std::string_view key, std::string_view body) override {
    if (!last_key_.empty() && key <= last_key_) {
      return MakeError(SqlState::kInternalError, "page keys are not ascending");
    }
    if (writer_ != nullptr && file_bytes_ + body.size() > kPageFileBytes) LATHE_TRY(CloseFile());
    LATHE_TRY(kv_->room_->Take(body.size(), DiskRoom::Purpose::kPages));
    if (writer_ == nullptr) LATHE_TRY(OpenFile());
    LATHE_TRY(FromRocks(writer_->Put(ToSlice(key), ToSlice(body))));
    last_key_.assign(key);
    file_bytes_ += body.size();
    bytes_ += body.size();
    return Ok();
  }

  uint64_t bytes() const override { return bytes_; }

  Status Finish() override {
    if (writer_ != nullptr) LATHE_TRY(CloseFile());
    if (paths_.empty()) return Ok();
    // RocksDB 7.8 aborts when it is to take in files while it refuses writes; a write of nothing
    // asks, and goes on when it can.
    LATHE_TRY(kv_->Write(WriteBatch(), /*sync=*/false));
    LATHE_ASSIGN(RocksKv::Use use, kv_->UseDatabase());
    rocksdb::IngestExternalFileOptions options;
    options.move_files = true;
    options.failed_move_fall_back_to_copy = true;
    options.snapshot_consistency = false;  // page keys are never reused, no snapshot can miss one
    options.write_global_seqno = false;
    LATHE_TRY(
        FromRocks(kv_->db_->IngestExternalFile(kv_->handle(Family::kPages), paths_, options)));
    // Moving is linking: the names in tmp/ are still there.
    std::vector<std::string> left = std::move(paths_);
    paths_.clear();
    for (const std::string& path : left) (void)kv_->files_->Remove(path);
    return Ok();
  }

 private:
  Status OpenFile() {
    LATHE_ASSIGN(RocksKv::Use use, kv_->UseDatabase());
    rocksdb::Options options(rocksdb::DBOptions(),
                             kv_->db_->GetOptions(kv_->handle(Family::kPages)));
    if (kv_->env_ != nullptr) options.env = kv_->env_.get();
    writer_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), options,
                                                       kv_->handle(Family::kPages),
                                                       /*invalidate_page_cache=*/false);
    paths_.push_back(base::JoinPath(base::JoinPath(kv_->directory_, "tmp"),
                                    std::to_string(kv_->next_file_.fetch_add(1)) + ".sst"));
    file_bytes_ = 0;
    return FromRocks(writer_->Open(paths_.back()));
  }

  Status CloseFile() {
    Status done = FromRocks(writer_->Finish());  // syncs
    writer_.reset();
    return done;
  }

  RocksKv* const kv_;
  std::unique_ptr<rocksdb::SstFileWriter> writer_;  // of paths_.back()
  std::vector<std::string> paths_;                  // files written and not taken in
  std::string last_key_;
  uint64_t file_bytes_ = 0;
  uint64_t bytes_ = 0;
};

Result<std::unique_ptr<PageFileWriter>> NewRocksPageFileWriter(RocksKv* kv) {
  return std::unique_ptr<PageFileWriter>(new RocksPageFileWriter(kv));
}

}  // namespace lathe::kv
