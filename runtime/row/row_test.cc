// Layouts, string slots and row buffers.
#include "runtime/row/row.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "runtime/base/random.h"

namespace lathe::row {
namespace {

using types::Datum;
using types::Type;
using types::TypeId;

Datum TextDatum(std::string_view text) {
  Datum datum;
  datum.string = {text.data(), text.size()};
  return datum;
}

TEST(Layout, PacksFieldsBehindPrefixAndNullBits) {
  const Layout layout = Layout::Make({{TypeId::kInt8, false},
                                      {TypeId::kText, true},
                                      {TypeId::kBool, true},
                                      {Type::FixedNumeric(30, 2), false}},
                                     16);
  EXPECT_EQ(layout.prefix_bytes(), 16u);
  EXPECT_EQ(layout.null_offset(), 16u);
  EXPECT_EQ(layout.null_bytes(), 1u);
  EXPECT_EQ(layout.field(0).offset, 17u);
  EXPECT_EQ(layout.field(1).offset, 25u);
  EXPECT_EQ(layout.field(2).offset, 29u);
  EXPECT_EQ(layout.field(3).offset, 30u);
  EXPECT_EQ(layout.stride(), 46u);
  EXPECT_EQ(layout.field(0).null_bit, -1);
  EXPECT_EQ(layout.field(1).null_bit, 0);
  EXPECT_EQ(layout.field(2).null_bit, 1);
  EXPECT_TRUE(layout.has_strings());
}

TEST(Layout, ARowWithoutFieldsStillHasAPlace) {
  const Layout layout = Layout::Make({});
  EXPECT_EQ(layout.stride(), 1u);
  EXPECT_FALSE(layout.has_strings());
}

TEST(Layout, NullBitsGoOverSeveralBytes) {
  const Layout layout = Layout::Make(std::vector<FieldSpec>(20, {TypeId::kInt2, true}));
  EXPECT_EQ(layout.null_bytes(), 3u);
  std::string row(layout.stride(), '\0');
  row[2] = 1 << 3;
  for (size_t i = 0; i < 20; ++i) EXPECT_EQ(layout.IsNull(row.data(), i), i == 19);
}

TEST(StringSlot, ShortStringsAreInTheirSlot) {
  for (std::string_view text : {"", "a", "ab", "abc"}) {
    char slot[4];
    StoreAt(slot, EncodeInlineString(text));
    EXPECT_EQ(ReadString(nullptr, slot), text);
    EXPECT_EQ(StringHeapBytes(text.size()), 0u);
  }
  EXPECT_EQ(EncodeInlineString(""), 1u);
  EXPECT_EQ(StringHeapBytes(4), 4u);
  EXPECT_EQ(StringHeapBytes(2046), 2046u);
  EXPECT_EQ(StringHeapBytes(2047), 2055u);
}

TEST(RowBuffer, RowsFindTheirPage) {
  const Layout layout = Layout::Make({{TypeId::kInt8, false}, {TypeId::kText, true}}, 8);
  RowBuffer rows(&layout, nullptr);
  for (int64_t i = 0; i < 20000; ++i) {
    const std::string text(i % 40, 'x');
    Datum datums[2];
    datums[0].i64 = i;
    datums[1] = TextDatum(text);
    const bool nulls[2] = {false, i % 7 == 0};
    ASSERT_TRUE(rows.AppendRow(datums, nulls));
  }
  EXPECT_EQ(rows.row_count(), 20000u);
  EXPECT_GT(rows.page_count(), 1u);
  int64_t next = 0;
  for (size_t p = 0; p < rows.page_count(); ++p) {
    const char* page = rows.page(p);
    for (uint32_t r = 0; r < HeaderOf(page).row_count; ++r, ++next) {
      const char* row = RowAt(page, layout.stride(), r);
      ASSERT_EQ(RowPageOf(row), page);
      ASSERT_EQ(ReadField(layout, page, row, 0).i64, next);
      ASSERT_EQ(layout.IsNull(row, 1), next % 7 == 0);
      if (next % 7 != 0) {
        ASSERT_EQ(ReadField(layout, page, row, 1).string.size, static_cast<uint64_t>(next % 40));
      }
    }
  }
  EXPECT_EQ(next, 20000);
}

TEST(RowBuffer, TakesStringsOfAnySize) {
  const Layout layout = Layout::Make({{TypeId::kText, false}, {TypeId::kText, false}});
  for (size_t size : {3, 4, 2046, 2047, 200000, 1 << 20, 5 << 20}) {
    RowBuffer rows(&layout, nullptr);
    const std::string first(size, 'a'), second(size / 2, 'b');
    for (int i = 0; i < 3; ++i) {
      const Datum datums[2] = {TextDatum(first), TextDatum(second)};
      const bool nulls[2] = {false, false};
      ASSERT_TRUE(rows.AppendRow(datums, nulls));
    }
    uint64_t seen = 0;
    for (size_t p = 0; p < rows.page_count(); ++p) {
      const char* page = rows.page(p);
      for (uint32_t r = 0; r < HeaderOf(page).row_count; ++r, ++seen) {
        const char* row = RowAt(page, layout.stride(), r);
        ASSERT_EQ(RowPageOf(row), page);
        ASSERT_EQ(ReadField(layout, page, row, 0).string.view(), first) << size;
        ASSERT_EQ(ReadField(layout, page, row, 1).string.view(), second) << size;
      }
    }
    EXPECT_EQ(seen, 3u);
  }
}

TEST(RowBuffer, ChargesItsBudgetAndGivesUpPastIt) {
  const Layout layout = Layout::Make({{TypeId::kInt8, false}});
  base::MemoryBudget budget(2 * kBufferPageBytes);
  {
    RowBuffer rows(&layout, &budget);
    uint64_t appended = 0;
    while (rows.Append(0) != nullptr) ++appended;
    EXPECT_EQ(rows.row_count(), appended);
    EXPECT_EQ(rows.allocated_bytes(), 2 * kBufferPageBytes);
    EXPECT_EQ(budget.used_bytes(), 2 * kBufferPageBytes);
    RowBuffer moved(std::move(rows));
    EXPECT_EQ(moved.row_count(), appended);
  }
  EXPECT_EQ(budget.used_bytes(), 0u);
}

TEST(RowBuffer, AbsorbTakesPagesAndTheirCharge) {
  const Layout layout = Layout::Make({{TypeId::kInt8, false}});
  base::MemoryBudget parent(0);
  base::MemoryBudget mine(0, &parent), theirs(0, &parent);
  RowBuffer a(&layout, &mine), b(&layout, &theirs);
  ASSERT_NE(a.Append(0), nullptr);
  ASSERT_NE(b.Append(0), nullptr);
  ASSERT_NE(b.Append(0), nullptr);
  a.Absorb(std::move(b));
  EXPECT_EQ(a.row_count(), 3u);
  EXPECT_EQ(b.row_count(), 0u);  // NOLINT(bugprone-use-after-move): it is left empty
  EXPECT_EQ(theirs.used_bytes(), 0u);
  EXPECT_EQ(mine.used_bytes(), 2 * kBufferPageBytes);
  EXPECT_EQ(parent.used_bytes(), 2 * kBufferPageBytes);
  a.Clear();
  EXPECT_EQ(parent.used_bytes(), 0u);
}

RC_GTEST_PROP(RowBuffer, KeepsRowsOfAnySizes, (uint64_t seed)) {
  base::Random random(seed);
  const Layout layout =
      Layout::Make({{TypeId::kText, true}, {TypeId::kInt4, true}, {TypeId::kText, false}});
  RowBuffer rows(&layout, nullptr);
  std::vector<std::array<std::string, 2>> expected;
  for (uint64_t count = random.Below(50); count > 0; --count) {
    const uint64_t bytes_max = random.OneIn(20) ? 300000 : random.OneIn(5) ? 5000 : 6;
    expected.push_back(
        {std::string(random.Below(bytes_max), 'p'), std::string(random.Below(bytes_max), 'q')});
    Datum datums[3] = {TextDatum(expected.back()[0]), Datum(), TextDatum(expected.back()[1])};
    const bool nulls[3] = {expected.back()[0].empty(), true, false};
    RC_ASSERT(rows.AppendRow(datums, nulls));
  }
  size_t next = 0;
  for (size_t p = 0; p < rows.page_count(); ++p) {
    const char* page = rows.page(p);
    for (uint32_t r = 0; r < HeaderOf(page).row_count; ++r, ++next) {
      const char* row = RowAt(page, layout.stride(), r);
      RC_ASSERT(RowPageOf(row) == page);
      RC_ASSERT(layout.IsNull(row, 0) == expected[next][0].empty());
      RC_ASSERT(layout.IsNull(row, 1));
      RC_ASSERT(ReadField(layout, page, row, 0).string.view() == expected[next][0]);
      RC_ASSERT(ReadField(layout, page, row, 2).string.view() == expected[next][1]);
    }
  }
  RC_ASSERT(next == expected.size());
}

}  // namespace
}  // namespace lathe::row
