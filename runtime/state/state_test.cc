// The operators' states fed by hand: sorts, windows, sorted groups, recursion, repeated changes,
// with all memory and with so little that everything spills.
#include "runtime/state/state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "runtime/base/spill.h"
#include "runtime/state/changes.h"
#include "runtime/state/join_table.h"
#include "runtime/state/recursion.h"
#include "runtime/state/sorted_aggregate.h"
#include "runtime/state/window.h"

namespace lathe::state {
namespace {

using types::Datum;
using types::TypeId;

/// A budget of so many bytes over spill memory; 0 = all that is wanted.
struct Memory {
  explicit Memory(uint64_t bytes) : spill(::testing::TempDir(), 1 << 20), budget(bytes) {
    if (bytes != 0) budget.SetSpill(&spill);
  }
  base::SpillMemory spill;
  base::MemoryBudget budget;
};

void Each(size_t count, const std::function<void(size_t)>& task) {
  for (size_t i = 0; i < count; ++i) task(i);
}

/// Rows of integers; INT64_MIN = NULL.
constexpr int64_t kNull = INT64_MIN;
using IntRow = std::vector<int64_t>;

row::Layout IntLayout(size_t columns, uint32_t prefix = 0) {
  return row::Layout::Make(std::vector<row::FieldSpec>(columns, {TypeId::kInt8, true}), prefix);
}
void Add(void* local, const IntRow& row) {
  std::vector<Datum> datums(row.size());
  std::unique_ptr<bool[]> nulls(new bool[row.size()]);
  for (size_t i = 0; i < row.size(); ++i) {
    nulls[i] = row[i] == kNull;
    datums[i].i64 = row[i];
  }
  ASSERT_TRUE(static_cast<row::RowBuffer*>(local)->AppendRow(datums.data(), nulls.get()));
}
IntRow Read(const row::Layout& layout, const char* row) {
  IntRow values;
  for (size_t i = 0; i < layout.field_count(); ++i) {
    values.push_back(
        layout.IsNull(row, i) ? kNull : row::ReadField(layout, row::RowPageOf(row), row, i).i64);
  }
  return values;
}
std::vector<IntRow> ReadAll(const RowCollector& rows) {
  std::vector<IntRow> all;
  for (const char* page : rows.pages()) {
    for (uint32_t i = 0; i < row::HeaderOf(page).row_count; ++i) {
      all.push_back(Read(rows.layout(), row::RowAt(page, rows.layout().stride(), i)));
    }
  }
  return all;
}

class StateTest : public ::testing::TestWithParam<uint64_t> {
 protected:
  Memory memory{GetParam()};
  QueryState query;
};

TEST_P(StateTest, SortsStably) {
  SortSpec spec;
  spec.layout = IntLayout(2);
  spec.keys = {{0, true, false}};
  spec.stable = true;
  SortState sort(&spec, &memory.budget);
  std::mt19937 random(1);
  std::vector<IntRow> rows;
  for (int64_t i = 0; i < 200000; ++i) {
    const int64_t key = static_cast<int64_t>(random() % 1000);
    rows.push_back({key == 7 ? kNull : key, i});
    Add(sort.Local(0), rows.back());
  }
  ASSERT_TRUE(sort.Finish(&query, Each).ok());
  // Stable: rows of one key in the order they came, which is what the second column counts.
  std::sort(rows.begin(), rows.end(), [](const IntRow& a, const IntRow& b) {
    if ((a[0] == kNull) != (b[0] == kNull)) return b[0] == kNull;
    return a[0] != b[0] ? a[0] > b[0] : a[1] < b[1];
  });
  ASSERT_EQ(sort.rows().size(), rows.size());
  for (size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(Read(spec.layout, sort.rows()[i]), rows[i]);
  if (GetParam() != 0) {
    EXPECT_GT(memory.spill.allocated_bytes(), 0u);
  }
}

TEST_P(StateTest, JoinTableChainsAllRows) {
  const row::Layout layout = IntLayout(1, kJoinPrefixBytes);
  JoinTable table(&layout, &memory.budget);
  auto* buffer = static_cast<row::RowBuffer*>(table.Local(0));
  for (int64_t i = 0; i < 100000; ++i) {
    char* row = buffer->Append(0);
    ASSERT_NE(row, nullptr);
    Datum datum;
    datum.i64 = i;
    buffer->Set(row, 0, datum);
    StoreAt<uint64_t>(row + kJoinHashOffset, i % 10 == 0 ? 0 : abi::HashWord(1, uint64_t(i)) | 1);
  }
  ASSERT_TRUE(table.Finish(&query, Each).ok());
  const auto& header = *static_cast<JoinTable::Header*>(table.shared());
  EXPECT_EQ(header.row_count, 100000u);
  EXPECT_EQ(header.null_key_count, 10000u);
  uint64_t reached = 0;
  for (uint64_t slot = 0; slot <= header.mask; ++slot) {
    uint64_t at = header.directory[slot] & abi::kPointerMask;
    for (; at != 0; ++reached) {
      at = LoadAt<uint64_t>(reinterpret_cast<const char*>(at) + kJoinNextOffset);
    }
  }
  EXPECT_EQ(reached, 90000u);
}

/// sum, max and count over every kind of frame against the definition.
TEST_P(StateTest, WindowFramesByDefinition) {
  std::mt19937 random(2);
  auto named = [](std::string_view name, TypeId arg) {
    for (const func::Aggregate* a : func::AggregatesNamed(name)) {
      if (a->args.size() == 1 && a->args[0].id == arg) return a;
    }
    return static_cast<const func::Aggregate*>(nullptr);
  };
  const func::Aggregate* max = named("max", TypeId::kInt8);
  const func::Aggregate* count = named("count", TypeId::kUnknown);
  if (count == nullptr) count = func::AggregatesNamed("count").back();
  ASSERT_NE(max, nullptr);
  for (int round = 0; round < 60; ++round) {
    WindowSpec spec;
    spec.sort.layout = IntLayout(3, kWindowPrefixBytes);  // partition, order, value
    spec.sort.keys = {{0}, {1}};
    spec.sort.stable = true;
    spec.partition_keys = 1;
    FrameSpec frame;
    frame.mode = random() % 2 == 0 ? FrameMode::kRows : FrameMode::kGroups;
    frame.exclusion = static_cast<FrameExclusion>(random() % 4);
    const FrameBoundKind starts[] = {FrameBoundKind::kUnboundedPreceding,
                                     FrameBoundKind::kPreceding, FrameBoundKind::kCurrentRow,
                                     FrameBoundKind::kFollowing};
    const FrameBoundKind ends[] = {FrameBoundKind::kPreceding, FrameBoundKind::kCurrentRow,
                                   FrameBoundKind::kFollowing, FrameBoundKind::kUnboundedFollowing};
    frame.start = starts[random() % 4];
    frame.end = ends[random() % 4];
    const int64_t before = static_cast<int64_t>(random() % 60);
    const int64_t after = static_cast<int64_t>(random() % 60);
    for (const func::Aggregate* aggregate : {max, count}) {
      WindowCallSpec call;
      call.call.aggregate = aggregate;
      call.call.args = {2};
      call.call.arg_types = {TypeId::kInt8};
      call.call.type = TypeId::kInt8;
      call.frame = frame;
      spec.calls.push_back(std::move(call));
    }
    spec.results = IntLayout(2);
    WindowState window(&spec, &memory.budget, nullptr);
    for (size_t i = 0; i < 2; ++i) {
      ASSERT_TRUE(
          window.SetOffsets(i, {types::Value::Int8(before), types::Value::Int8(after)}).ok());
    }
    for (int i = 0; i < 400; ++i) {
      Add(window.Local(0), {static_cast<int64_t>(random() % 3), static_cast<int64_t>(random() % 90),
                            random() % 9 == 0 ? kNull : static_cast<int64_t>(random() % 1000)});
    }
    ASSERT_TRUE(window.Finish(&query, Each).ok());
    std::vector<IntRow> rows;
    for (const char* row : window.rows()) rows.push_back(Read(spec.sort.layout, row));
    // Numbers of rows and of peer groups within the partition.
    std::vector<int64_t> row_number, group_number;
    for (size_t i = 0; i < rows.size(); ++i) {
      const bool first = i == 0 || rows[i][0] != rows[i - 1][0];
      row_number.push_back(first ? 0 : row_number.back() + 1);
      group_number.push_back(first ? 0 : group_number.back() + (rows[i][1] != rows[i - 1][1]));
    }
    for (size_t i = 0; i < rows.size(); ++i) {
      int64_t best = kNull, counted = 0;
      for (size_t j = 0; j < rows.size(); ++j) {
        if (rows[j][0] != rows[i][0]) continue;
        const auto& number = frame.mode == FrameMode::kRows ? row_number : group_number;
        const int64_t step = number[j] - number[i];
        auto within = [&](FrameBoundKind kind, int64_t offset, bool start) {
          const int64_t limit = kind == FrameBoundKind::kPreceding   ? -offset
                                : kind == FrameBoundKind::kFollowing ? offset
                                                                     : 0;
          if (kind == FrameBoundKind::kUnboundedPreceding ||
              kind == FrameBoundKind::kUnboundedFollowing) {
            return true;
          }
          return start ? step >= limit : step <= limit;
        };
        if (!within(frame.start, before, true) || !within(frame.end, after, false)) continue;
        const bool peer = rows[j][1] == rows[i][1];
        if (frame.exclusion == FrameExclusion::kCurrentRow && i == j) continue;
        if (frame.exclusion == FrameExclusion::kGroup && peer) continue;
        if (frame.exclusion == FrameExclusion::kTies && peer && i != j) continue;
        if (rows[j][2] == kNull) continue;
        ++counted;
        best = std::max(best, rows[j][2]);
      }
      const auto* results =
          reinterpret_cast<const char*>(LoadAt<uint64_t>(window.rows()[i] + kWindowResultOffset));
      ASSERT_EQ(Read(spec.results, results), (IntRow{best, counted})) << round << " row " << i;
    }
  }
}

TEST_P(StateTest, RecursionDropsWhatWasThere) {
  const row::Layout layout = IntLayout(1);
  RecursionState working(&layout, true, &memory.budget);
  auto round = [&](const std::vector<int64_t>& values) {
    std::vector<row::RowBuffer> rows;
    rows.emplace_back(&layout, &memory.budget);
    for (int64_t value : values) Add(&rows.back(), {value});
    EXPECT_TRUE(working.Advance(std::move(rows), &query).ok());
    return ReadAll(working);
  };
  EXPECT_EQ(round({1, 2, 1, kNull}), (std::vector<IntRow>{{1}, {2}, {kNull}}));
  EXPECT_EQ(round({2, 3, kNull}), (std::vector<IntRow>{{3}}));
  std::vector<int64_t> many;
  for (int64_t i = 0; i < 5000; ++i) many.push_back(i);
  EXPECT_EQ(round(many).size(), 4997u);
  EXPECT_EQ(round(many).size(), 0u);
}

TEST_P(StateTest, RepeatedChanges) {
  const row::Layout layout = IntLayout(2);
  for (auto repeats : {ChangeSpec::Repeats::kFirst, ChangeSpec::Repeats::kError}) {
    ChangeSpec spec;
    spec.repeats = repeats;
    spec.key = {0};
    spec.written_fields = 2;
    ChangeRows rows(&layout, &spec, &memory.budget);
    for (const IntRow& row : {IntRow{1, 10}, IntRow{2, 20}, IntRow{1, 30}}) Add(rows.Local(0), row);
    Status status = rows.Finish(&query, Each);
    if (repeats == ChangeSpec::Repeats::kError) {
      ASSERT_FALSE(status.ok());
      EXPECT_EQ(status.error().state, SqlState::kCardinalityViolation);
    } else {
      ASSERT_TRUE(status.ok());
      EXPECT_EQ(ReadAll(rows), (std::vector<IntRow>{{1, 10}, {2, 20}}));
    }
  }
}

TEST(StateLimits, LimitsWithoutSpillMemoryAreErrors) {
  base::MemoryBudget budget(300 * 1024);
  SortSpec spec;
  spec.layout = IntLayout(1);
  spec.keys = {{0}};
  SortState sort(&spec, &budget);
  auto* buffer = static_cast<row::RowBuffer*>(sort.Local(0));
  Datum datum;
  const bool null = false;
  int rows = 0;
  while (buffer->AppendRow(&datum, &null)) ++rows;
  EXPECT_GT(rows, 1000);
  QueryState query;
  Status status = sort.Finish(&query, Each);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().state, SqlState::kOutOfMemory);
}

INSTANTIATE_TEST_SUITE_P(Memory, StateTest, ::testing::Values(0, 400 * 1024));

}  // namespace
}  // namespace lathe::state
