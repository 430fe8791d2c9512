// Timestamps, watermark, write buffer and the entry format.
#include "storage/txn/txn.h"

#include <gtest/gtest.h>

#include <thread>

namespace lathe::txn {
namespace {

class HandClock : public base::Clock {
 public:
  int64_t UnixMicros() override { return micros; }
  int64_t MonotonicNanos() override { return micros * 1000; }
  int64_t micros = 1'700'000'000'000'000;
};

TEST(Oracle, GrowsOverRestartsAndStepsBack) {
  HandClock clock;
  Timestamp persisted;
  auto persist = [&](Timestamp ts) {
    persisted = ts;
    return Ok();
  };
  Timestamp last;
  for (int round = 0; round < 5; ++round) {
    Oracle oracle(&clock, persisted, persist);
    for (int i = 0; i < 1000; ++i) {
      Timestamp ts = oracle.Next().value();
      ASSERT_LT(last, ts);
      ASSERT_LE(ts, persisted);
      last = ts;
      if (i == 500) clock.micros -= 10'000'000;
    }
    clock.micros += round % 2 == 0 ? 3'000'000 : -5'000'000;
  }
  EXPECT_EQ(last.value >> kTimestampCounterBits >= 1'700'000'000'000u, true);
}

TEST(Watermark, MovesInOrder) {
  HandClock clock;
  Oracle oracle(&clock, Timestamp(0), [](Timestamp) { return Ok(); });
  Watermark watermark{Timestamp(1)};
  Timestamp a = watermark.Begin(&oracle).value();
  Timestamp b = watermark.Begin(&oracle).value();
  std::thread second([&] { watermark.Finish(b); });
  EXPECT_EQ(watermark.published(), Timestamp(1));
  Timestamp snapshot = watermark.Acquire();
  watermark.Finish(a);
  second.join();
  EXPECT_EQ(watermark.published(), b);
  EXPECT_EQ(watermark.oldest(), snapshot);
  watermark.Release(snapshot);
  EXPECT_EQ(watermark.oldest(), b);
}

TEST(WriteBuffer, StatementsSeeEarlierOnesAndUndo) {
  WriteBuffer buffer(1 << 20);
  StorageId storage(5);
  auto put = [&](std::string_view key, std::string_view text, uint32_t statement) {
    ASSERT_TRUE(buffer.Put(storage, 1, key, text, statement, 0).ok());
  };
  put("k", "one", 1);
  put("k", "two", 2);
  put("l", "new", 2);
  put("k", "two again", 2);
  const OwnVersion* newest = buffer.Find(storage)->Find("k");
  EXPECT_EQ(newest->image, "two again");
  EXPECT_EQ(StorageWrites::Visible(newest, 2)->image, "one");
  EXPECT_EQ(StorageWrites::Visible(newest, 1), nullptr);
  buffer.Undo(2);
  EXPECT_EQ(buffer.Find(storage)->Find("k")->image, "one");
  EXPECT_EQ(buffer.Find(storage)->Find("l"), nullptr);
  LogicalBatch batch;
  buffer.AppendTo(&batch);
  ASSERT_EQ(batch.storages.size(), 1u);
  EXPECT_EQ(batch.storages[0].rows[0].row, "one");
}

TEST(WriteBuffer, MarksHoldWhenStoragesGo) {
  WriteBuffer buffer(1 << 20);
  const StorageId table(5), index(6);
  // An entry is adopted before the mark and forgotten after it; the storage of it goes empty.
  buffer.Mark();
  ASSERT_TRUE(buffer.Adopt(index, 1, "entry", "theirs", 1).ok());
  ASSERT_TRUE(buffer.Put(table, 1, "a", "mine", 2, 0).ok());
  const size_t mark = buffer.Mark();
  buffer.DropAdopted();
  ASSERT_TRUE(buffer.Put(table, 1, "a", "first run", 3, 0).ok());
  buffer.Undo(3);
  EXPECT_EQ(buffer.Find(index), nullptr);
  ASSERT_TRUE(buffer.Put(table, 1, "a", "", 4, -1).ok());
  ASSERT_TRUE(buffer.Put(table, 1, "b", "", 4, -1).ok());
  buffer.UndoTo(mark);
  EXPECT_EQ(buffer.Find(table)->Find("a")->image, "mine");
  EXPECT_EQ(buffer.Find(table)->Find("b"), nullptr);
  EXPECT_EQ(buffer.Find(table)->net_rows, 0);
}

TEST(WriteBuffer, AdoptedRowsComeUpAgainAndAreForgotten) {
  WriteBuffer buffer(1 << 20);
  const StorageId table(5);
  ASSERT_TRUE(buffer.Adopt(table, 1, "a", "theirs", 1).ok());
  ASSERT_TRUE(buffer.Put(table, 1, "a", "mine", 2, 0).ok());
  buffer.DropAdopted();  // of the statement's own checks
  ASSERT_NE(buffer.Find(table), nullptr);
  buffer.Undo(2);
  buffer.DropAdopted();
  EXPECT_EQ(buffer.Find(table), nullptr);
}

TEST(Batch, RoundTripAndDamage) {
  LogicalBatch batch;
  batch.txn = TxnId(9);
  batch.storages.push_back({StorageId(3), 1, -2, {{"a", "row"}, {"b", ""}}});
  batch.catalog.push_back({"key", "value"});
  batch.catalog.push_back({"gone", std::nullopt});
  batch.sequences.push_back({StorageId(3), 77});
  batch.loads.push_back({LoadId(4), StorageId(3), 1000});
  batch.dropped.push_back(StorageId(2));
  std::string bytes = EncodeWrite(batch, Timestamp(123));
  Entry entry = DecodeEntry(bytes).value();
  EXPECT_EQ(entry.ts, Timestamp(123));
  EXPECT_EQ(EncodeWrite(entry.write, entry.ts), bytes);
  EXPECT_TRUE(entry.write.storages[0].rows[1].is_delete());
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_FALSE(DecodeEntry(std::string_view(bytes).substr(0, cut)).ok());
  }
  LoadChunk chunk{LoadId(4), StorageId(3), 1, 2, {{"a", "row"}}};
  bytes = EncodeLoad(chunk);
  entry = DecodeEntry(bytes).value();
  EXPECT_EQ(EncodeLoad(entry.load), bytes);
  bytes[0] = 9;
  EXPECT_FALSE(DecodeEntry(bytes).ok());
}

}  // namespace
}  // namespace lathe::txn
