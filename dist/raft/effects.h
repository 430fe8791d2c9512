// What the core wants done, in one batch. The host takes it after any input and carries it out:
//
//   1. sends `send_now`;
//   2. writes `hard_state`, `snapshot`, `append` in one batch named `write`, after all earlier
//   ones;
//   3. when that batch and all before it are durable: sends `send_after`, calls LogAppended(write);
//   4. applies `apply` in order, then calls Applied.
//
// 1, 2 and 4 may go on at the same time, and several batches may be under way.
#pragma once

#include <optional>
#include <vector>

#include "dist/raft/message.h"
#include "dist/raft/types.h"

namespace lathe::raft {

/// The answer to a ReadIndex. With ok, the host reads when it has applied `index`.
struct ReadAnswer {
  ReadId id;
  bool ok = false;  // false: leadership was lost or is unknown; the read was not served
  LogIndex index;
};

struct Effects {
  WriteId write;  // none when there is nothing to persist and nothing waits for persistence
  std::optional<HardState> hard_state;
  std::optional<SnapshotMeta> snapshot;  // replaces the whole log and state; then SnapshotInstalled
  std::vector<Entry> append;             // the log is cut before append[0] and these follow
  std::vector<Message> send_now;
  std::vector<Message> send_after;
  std::vector<Entry> apply;  // committed and durable here, in order, each once
  std::vector<ReadAnswer> reads;
  std::vector<ReplicaId> need_snapshot;  // leader: stream one to each, out of band
  bool removed = false;                  // the group goes on without this replica for ever

  /// Empties it, keeping memory for the next batch.
  void Clear();
  bool empty() const;
};

}  // namespace lathe::raft
