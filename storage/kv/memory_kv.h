// A Kv in memory for tests: fails the n-th call on request and can lose what was not synced.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "storage/kv/kv.h"

namespace lathe::kv {

/// Thread-safe. Behaves as RocksKv: iterators see the state at their making, writes are atomic and
/// become durable in order.
class MemoryKv final : public Kv {
 public:
  using Value = std::shared_ptr<const std::string>;
  using Map = std::map<std::string, Value, std::less<>>;

  MemoryKv() = default;

  /// The n-th change from now on (Write, PageFileWriter::Finish, DropPages; 1 = the next) fails
  /// with `error`, once, without effect; 0 = none.
  void FailChange(uint64_t n, Error error = MakeError(SqlState::kIoError, "injected fault"));
  /// As FailChange, and all later ones too.
  void FailChangesFrom(uint64_t n, Error error = MakeError(SqlState::kIoError, "injected fault"));
  /// The n-th read from now on (Get, GetPinned, a seek of an iterator) fails with 58030, once.
  void FailRead(uint64_t n);
  /// Changes asked for so far, failed ones included.
  uint64_t change_count() const;
  /// Power cut: keeps what was synced and the first keep_unsynced of the writes after it. Pages
  /// that were taken in stay.
  void Crash(uint64_t keep_unsynced = 0);
  /// Writes that a Crash could lose now.
  uint64_t unsynced_count() const;

  Status Write(const WriteBatch& batch, bool sync) override;
  Result<bool> Get(Family family, std::string_view key, std::string* value) override;
  Result<bool> GetPinned(Family family, std::string_view key, PinnedValue* value) override;
  std::unique_ptr<Iterator> NewIterator(Family family, const IterateOptions& options) override;
  Result<std::unique_ptr<PageFileWriter>> NewPageFileWriter() override;
  Status DropPages(std::string_view from, std::string_view to) override;
  Status Flush(Family family) override;
  Status Compact(Family family, std::string_view from, std::string_view to) override;
  /// 0A000: there is no directory.
  Status Checkpoint(const std::string& directory) override;
  KvStats Stats() override;
  std::string Property(Family family, const std::string& name) override;

 private:
  class Writer;
  class Walker;
  using Maps = std::array<Map, kFamilyCount>;

  static void Apply(const WriteBatch& batch, Maps* maps);
  Status CountChange();  // mutex_ held
  Status CountRead();    // mutex_ held

  mutable std::mutex mutex_;
  Maps current_;                      // what reads see
  Maps durable_;                      // what a crash leaves
  std::vector<WriteBatch> unsynced_;  // current_ = durable_ + unsynced_ in order
  uint64_t changes_ = 0, fail_change_ = 0;
  uint64_t reads_ = 0, fail_read_ = 0;
  bool fail_ever_after_ = false;
  Error error_;
};

}  // namespace lathe::kv
