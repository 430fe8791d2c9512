// The last values of sequences: in memory, and ahead of them in the store, so that no value is
// given twice, also after a crash. They belong to no transaction.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/base/result.h"
#include "runtime/schema/schema.h"
#include "storage/catalog/catalog.h"
#include "storage/kv/kv.h"
#include "storage/table/engine.h"
#include "storage/txn/batch.h"

namespace lathe::table {

/// Thread-safe. The kv outlives it.
class Sequences {
 public:
  /// track: changes are kept for TakeChanged.
  Sequences(kv::Kv* kv, bool track) : kv_(kv), track_(track) {}

  /// Engine::NextValues.
  Result<std::pair<int64_t, int64_t>> Next(const schema::RelationDescriptor& sequence,
                                           int64_t count);
  /// Engine::SetSequence.
  Status Set(const schema::RelationDescriptor& sequence, SequenceState state);
  /// Engine::ReadSequence.
  Result<SequenceState> Read(const schema::RelationDescriptor& sequence);
  /// Where the sequences stand that have changed since the last call, for a replica.
  std::vector<txn::SequenceAdvance> TakeChanged();
  /// These were not told after all: they count as changed again.
  void GiveBack(const std::vector<txn::SequenceAdvance>& advances);
  bool tracks() const { return track_; }
  /// The same on the replica: values up to `last` are used.
  Status Observe(const schema::RelationDescriptor& sequence, uint64_t last);
  /// Forgets the records of sequences that the catalog does not name.
  Status Clean(const catalog::CatalogState& catalog);
  /// Writes where all stand, so that a restart leaves no gap. An I/O error leaves a gap.
  void Close();

 private:
  struct Open {
    SequenceState now;
    SequenceState stored;  // at or beyond `now`
  };

  Result<Open*> Find(const schema::RelationDescriptor& sequence);
  Status Store(StorageId state, Open* open, SequenceState value);

  kv::Kv* const kv_;
  const bool track_;
  std::mutex mutex_;
  std::set<StorageId> changed_;     // mutex_
  std::map<StorageId, Open> open_;  // by schema::SequenceOptions::state; mutex_
};

}  // namespace lathe::table
