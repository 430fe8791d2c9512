// Pages: what goes into a builder comes out of its pages; damaged pages are refused or can be read
// safely; summaries, images, delta values and directory entries.
#include "storage/page/page.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "runtime/types/array.h"
#include "storage/keyspace/random_values.h"
#include "storage/keyspace/value_encoding.h"

namespace lathe::page {
namespace {

using keyspace::DatumsOf;
using keyspace::RandomLayout;
using keyspace::RandomRow;
using keyspace::RowDatums;
using types::Type;
using types::TypeId;
using types::Value;

/// Keeps the pages.
class Collected : public PageSink {
 public:
  Status OnPage(const BuiltPage& page) override {
    pages.emplace_back(page.view());
    summaries.emplace_back(page.summary);
    rows += page.row_count;
    return Ok();
  }
  std::vector<std::string> pages, summaries;
  uint64_t rows = 0;
};

using Rows = std::vector<std::vector<Value>>;

Rows RandomRows(const row::Layout& layout, base::Random* random, size_t count, size_t text_bytes) {
  Rows rows;
  for (size_t i = 0; i < count; ++i) {
    rows.push_back(RandomRow(layout, random, random->OneIn(20) ? text_bytes * 20 : text_bytes));
  }
  return rows;
}

/// Nothing when a row of a page holds exactly these values.
void ExpectRow(const row::Layout& layout, const char* base, const char* row,
               const std::vector<Value>& values) {
  for (size_t i = 0; i < values.size(); ++i) {
    RC_ASSERT(layout.IsNull(row, i) == values[i].is_null());
    if (values[i].is_null()) continue;
    const Value read = Value::FromDatum(layout.field(i).type, row::ReadField(layout, base, row, i));
    RC_ASSERT(read.Identical(values[i]));
  }
}

void ExpectRows(const row::Layout& layout, const std::vector<std::string>& pages,
                const Rows& rows) {
  size_t next = 0;
  for (const std::string& page : pages) {
    const Status valid = ValidatePage(page, layout, 3);
    RC_ASSERT(valid.ok());
    for (uint32_t i = 0; i < row::HeaderOf(page.data()).row_count; ++i) {
      RC_ASSERT(next < rows.size());
      ExpectRow(layout, page.data(), row::RowAt(page.data(), layout.stride(), i), rows[next++]);
    }
  }
  RC_ASSERT(next == rows.size());
}

void Build(const row::Layout& layout, const Rows& rows, uint32_t target, Collected* out) {
  const size_t before = out->pages.size();
  PageBuilder builder(&layout, 3, target, out);
  for (const std::vector<Value>& row : rows) {
    const RowDatums datums = DatumsOf(row);
    RC_ASSERT(builder.AppendDatums(datums.datums.data(), datums.nulls.get()).ok());
  }
  RC_ASSERT(builder.Finish().ok());
  RC_ASSERT(builder.row_count() == rows.size());
  RC_ASSERT(builder.page_count() == out->pages.size() - before);
}

RC_GTEST_PROP(PageBuilder, KeepsEveryRowWhicheverWayItComes, (uint64_t seed)) {
  base::Random random(seed);
  const row::Layout layout = RandomLayout(&random, random.Below(6));
  const Rows rows = RandomRows(layout, &random, random.Below(80), random.OneIn(3) ? 400 : 10);
  const uint32_t target = static_cast<uint32_t>(200 + random.Below(5000));
  Collected first;
  Build(layout, rows, target, &first);
  ExpectRows(layout, first.pages, rows);

  // Pages to pages, in bulk and row by row, into another size.
  Collected second;
  PageBuilder builder(&layout, 3, static_cast<uint32_t>(200 + random.Below(5000)), &second);
  for (const std::string& page : first.pages) {
    const uint32_t count = row::HeaderOf(page.data()).row_count;
    for (uint32_t from = 0; from < count;) {
      const uint32_t to = from + static_cast<uint32_t>(random.Below(count - from + 1));
      RC_ASSERT(builder.AppendRows(page.data(), from, to).ok());
      from = to;
      if (from == count) break;
      RC_ASSERT(
          builder.AppendRow(page.data(), row::RowAt(page.data(), layout.stride(), from)).ok());
      ++from;
    }
  }
  RC_ASSERT(builder.Finish().ok());
  ExpectRows(layout, second.pages, rows);

  // A buffer (whose heap grows downwards) to pages.
  row::RowBuffer buffer(&layout, nullptr);
  for (const std::vector<Value>& row : rows) keyspace::AppendValues(row, &buffer);
  Collected third;
  PageBuilder from_buffer(&layout, 3, target, &third);
  for (size_t i = 0; i < buffer.page_count(); ++i) {
    RC_ASSERT(
        from_buffer.AppendRows(buffer.page(i), 0, row::HeaderOf(buffer.page(i)).row_count).ok());
  }
  RC_ASSERT(from_buffer.Finish().ok());
  ExpectRows(layout, third.pages, rows);
}

RC_GTEST_PROP(PageBuilder, KeepsToItsSize, (uint64_t seed)) {
  base::Random random(seed);
  const row::Layout layout = RandomLayout(&random, 1 + random.Below(4));
  Collected pages;
  Build(layout, RandomRows(layout, &random, 200, 8), 2000, &pages);
  for (const std::string& page : pages.pages) {
    RC_ASSERT(page.size() <= 2000 || row::HeaderOf(page.data()).row_count == 1);
  }
}

TEST(PageBuilder, ARowBeyondTheReachOfSlotsGetsAPageOfItsOwn) {
  const row::Layout layout =
      row::Layout::Make({{TypeId::kText, true}, {TypeId::kInt4, false}, {TypeId::kText, false}});
  const Rows rows = {
      {Value::Text("before"), Value::Int4(1), Value::Text("small")},
      {Value::Text(std::string(3 << 20, 'x')), Value::Int4(2), Value::Text("four")},
      {Value::Null(TypeId::kText), Value::Int4(3), Value::Text(std::string(70000, 'y'))},
      {Value::Text("after"), Value::Int4(4), Value::Text(std::string(1 << 20, 'z'))},
      {Value::Text("last"), Value::Int4(5), Value::Text("")},
  };
  Collected pages;
  Build(layout, rows, kPageBytes, &pages);
  EXPECT_EQ(pages.pages.size(), 5u);
  ExpectRows(layout, pages.pages, rows);
  Collected again;
  PageBuilder builder(&layout, 3, 2 * kPageBytes, &again);
  for (const std::string& page : pages.pages) {
    ASSERT_TRUE(builder.AppendRows(page.data(), 0, row::HeaderOf(page.data()).row_count).ok());
  }
  ASSERT_TRUE(builder.Finish().ok());
  ExpectRows(layout, again.pages, rows);
}

TEST(PageBuilder, HandsOnTheErrorOfItsSink) {
  class Refusing : public PageSink {
    Status OnPage(const BuiltPage&) override { return MakeError(SqlState::kDiskFull, "full"); }
  };
  Refusing sink;
  const row::Layout layout = row::Layout::Make({{TypeId::kInt8, false}});
  PageBuilder builder(&layout, 1, 128, &sink);
  Status status;
  for (int i = 0; i < 100 && status.ok(); ++i) {
    status = builder.AppendDatums(DatumsOf({Value::Int8(i)}).datums.data(), nullptr);
  }
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().state, SqlState::kDiskFull);
}

/// Reads all that generated code could; the sum keeps the reads from being dropped.
uint64_t ReadEverything(const row::Layout& layout, const char* page) {
  uint64_t sum = 0;
  for (uint32_t r = 0; r < row::HeaderOf(page).row_count; ++r) {
    const char* row = row::RowAt(page, layout.stride(), r);
    sum += HashRow(layout, page, row);
    for (size_t i = 0; i < layout.field_count(); ++i) {
      if (layout.field(i).repr != types::Repr::kString) continue;
      // Also of NULL fields.
      for (char c : row::ReadString(page, row + layout.field(i).offset)) sum += c;
    }
  }
  return sum;
}

RC_GTEST_PROP(ValidatePage, DamagedPagesAreRefusedOrSafe, (uint64_t seed)) {
  base::Random random(seed);
  const row::Layout layout = RandomLayout(&random, 1 + random.Below(5));
  Collected pages;
  Build(layout, RandomRows(layout, &random, 1 + random.Below(10), random.OneIn(4) ? 3000 : 8), 4000,
        &pages);
  for (const std::string& page : pages.pages) {
    for (int round = 0; round < 20; ++round) {
      std::string damaged = page;
      for (uint64_t flips = 1 + random.Below(4); flips > 0; --flips) {
        // Often in the header and the first rows, where the structure is.
        const uint64_t reach =
            random.OneIn(2) ? damaged.size() : std::min<size_t>(damaged.size(), 128);
        damaged[random.Below(reach)] ^= static_cast<char>(1 << random.Below(8));
      }
      if (random.OneIn(10)) damaged.resize(random.Below(damaged.size()));
      if (damaged != page) RC_ASSERT(!ValidatePage(damaged, layout, 3).ok());
      // As if somebody had made the checksum fit.
      if (damaged.size() >= sizeof(row::PageHeader)) SealPage(damaged.data(), damaged.size());
      const Status status = ValidatePage(damaged, layout, 3);
      if (!status.ok()) {
        RC_ASSERT(status.error().state == SqlState::kDataCorrupted);
        continue;
      }
      // In memory of exactly this size, so that a sanitizer sees a read beyond it.
      std::unique_ptr<char[]> exact(new char[damaged.size()]);
      std::memcpy(exact.get(), damaged.data(), damaged.size());
      ReadEverything(layout, exact.get());
      std::string summary;
      SummarizePage(layout, exact.get(), &summary);
      Collected copies;
      PageBuilder builder(&layout, 3, 4000, &copies);
      RC_ASSERT(builder.AppendRows(exact.get(), 0, row::HeaderOf(exact.get()).row_count).ok());
      RC_ASSERT(builder.Finish().ok());
      for (const std::string& copy : copies.pages) RC_ASSERT(ValidatePage(copy, layout, 3).ok());
    }
  }
}

TEST(ValidatePage, WantsItsSchemaVersionAndLayout) {
  const row::Layout layout = row::Layout::Make({{TypeId::kInt8, false}});
  Collected pages;
  Build(layout, {{Value::Int8(1)}}, kPageBytes, &pages);
  EXPECT_TRUE(ValidatePage(pages.pages[0], layout, 3).ok());
  EXPECT_TRUE(ValidatePage(pages.pages[0], layout, 0).ok());
  EXPECT_FALSE(ValidatePage(pages.pages[0], layout, 4).ok());
  EXPECT_FALSE(ValidatePage(pages.pages[0], row::Layout::Make({{TypeId::kInt4, false}}), 3).ok());
}

TEST(ValidatePage, LooksIntoArrays) {
  const Type ints = Type::ArrayOf(TypeId::kInt4);
  const row::Layout layout = row::Layout::Make({{ints, true}});
  types::ArrayBuilder array(TypeId::kInt4);
  types::Datum one;
  one.i32 = 1;
  array.Add(one);
  array.AddNull();
  types::Datum datum;
  std::string bytes = array.Finish();
  datum.string = {bytes.data(), bytes.size()};
  Collected good;
  Build(layout, {{Value::FromDatum(ints, datum)}, {Value::Null(ints)}}, kPageBytes, &good);
  EXPECT_TRUE(ValidatePage(good.pages[0], layout, 3).ok());
  bytes[8] = 5;  // the element's size
  datum.string = {bytes.data(), bytes.size()};
  Collected bad;
  Build(layout, {{Value::FromDatum(ints, datum)}}, kPageBytes, &bad);
  EXPECT_FALSE(ValidatePage(bad.pages[0], layout, 3).ok());
}

RC_GTEST_PROP(PageSummary, SkipsOnlyPagesWithoutTheRange, (uint64_t seed)) {
  base::Random random(seed);
  const row::Layout layout = RandomLayout(&random, 1 + random.Below(4));
  const Rows rows = RandomRows(layout, &random, 30, random.OneIn(2) ? 30 : 4);
  Collected pages;
  Build(layout, rows, 600, &pages);
  for (int round = 0; round < 10; ++round) {
    const uint32_t field = static_cast<uint32_t>(random.Below(layout.field_count()));
    const Type type = layout.field(field).type;
    exec::SkipRange range{field, Value::Null(type), Value::Null(type)};
    if (random.OneIn(2)) range.min = keyspace::RandomValue(type, &random, 20);
    if (random.OneIn(2)) range.max = keyspace::RandomValue(type, &random, 20);
    const SkipFilter filter(layout, {range});
    size_t next = 0;
    for (size_t p = 0; p < pages.pages.size(); ++p) {
      RC_ASSERT(ValidateSummary(pages.summaries[p], layout.field_count()));
      bool wanted = false;
      for (uint32_t i = 0; i < row::HeaderOf(pages.pages[p].data()).row_count; ++i) {
        const Value& value = rows[next++][field];
        if (value.is_null()) continue;
        auto compare = [&](const Value& bound) {
          return keyspace::CompareDatums(type, value.datum(), bound.datum());
        };
        wanted |= (range.min.is_null() || compare(range.min) >= 0) &&
                  (range.max.is_null() || compare(range.max) <= 0);
      }
      RC_ASSERT(!wanted || filter.MayMatch(pages.summaries[p]));
    }
  }
}

TEST(PageSummary, SkipsByNumbersStringsAndNulls) {
  const row::Layout layout = row::Layout::Make({{TypeId::kInt4, true}, {TypeId::kText, true}});
  Collected pages;
  Build(layout, {{Value::Int4(5), Value::Text("apple")}, {Value::Int4(9), Value::Text("pear")}},
        kPageBytes, &pages);
  Build(layout, {{Value::Null(TypeId::kInt4), Value::Text(std::string(40, 'z'))}}, kPageBytes,
        &pages);
  auto may_match = [&](size_t page, uint32_t field, Value min, Value max) {
    return SkipFilter(layout, {{field, min, max}}).MayMatch(pages.summaries[page]);
  };
  EXPECT_TRUE(may_match(0, 0, Value::Int4(6), Value::Int4(7)));
  EXPECT_FALSE(may_match(0, 0, Value::Int4(10), Value::Null(TypeId::kInt4)));
  EXPECT_FALSE(may_match(0, 0, Value::Null(TypeId::kInt4), Value::Int4(4)));
  EXPECT_FALSE(may_match(0, 1, Value::Text("q"), Value::Null(TypeId::kText)));
  EXPECT_TRUE(may_match(0, 1, Value::Text("b"), Value::Text("c")));
  EXPECT_FALSE(may_match(1, 0, Value::Int4(0), Value::Int4(100))) << "NULL only";
  EXPECT_TRUE(may_match(1, 1, Value::Text(std::string(50, 'z')), Value::Null(TypeId::kText)))
      << "cut values cannot tell";
  EXPECT_TRUE(may_match(0, 0, Value::Int8(100), Value::Null(TypeId::kInt8))) << "another type";
  EXPECT_TRUE(
      SkipFilter(layout, {{0, Value::Int4(10), Value::Null(TypeId::kInt4)}}).MayMatch("\xff"))
      << "damaged";
  const ColumnSummary column = SummaryOfColumn(pages.summaries[1], 0);
  EXPECT_FALSE(column.has_values);
  EXPECT_TRUE(column.has_nulls);
  types::Datum min, max;
  uint32_t nulls;
  ASSERT_TRUE(ColumnMinMax(layout, pages.pages[0].data(), 0, &min, &max, &nulls));
  EXPECT_EQ(min.i32, 5);
  EXPECT_EQ(max.i32, 9);
  EXPECT_FALSE(ColumnMinMax(layout, pages.pages[1].data(), 0, &min, &max, &nulls));
  EXPECT_EQ(nulls, 1u);
}

RC_GTEST_PROP(RowImage, ReadsLikeTheRow, (uint64_t seed)) {
  base::Random random(seed);
  const row::Layout layout = RandomLayout(&random, random.Below(6));
  const std::vector<Value> values = RandomRow(layout, &random, random.OneIn(3) ? 5000 : 8);
  const RowDatums datums = DatumsOf(values);
  std::string image = "in front";
  const size_t start = image.size();
  AppendImageOfDatums(layout, datums.datums.data(), datums.nulls.get(), &image);
  const std::string alone = image.substr(start);
  RC_ASSERT(ValidateRowImage(alone, layout).ok());
  ExpectRow(layout, alone.data(), alone.data(), values);

  const std::string copy = RowImage(layout, alone.data(), alone.data());
  RC_ASSERT(RowsIdentical(layout, alone.data(), alone.data(), copy.data(), copy.data()));
  RC_ASSERT(HashRow(layout, alone.data(), alone.data()) ==
            HashRow(layout, copy.data(), copy.data()));

  const std::string page = OneRowPage(layout, copy.data(), copy.data());
  RC_ASSERT(ValidatePageStructure(page, layout, 0).ok());
  ExpectRow(layout, page.data(), page.data() + row::kRowsBegin, values);

  std::vector<row::FieldSpec> specs;
  for (const row::Field& field : layout.fields())
    specs.push_back({field.type, field.null_bit >= 0});
  const row::Layout with_prefix = row::Layout::Make(specs, 16);
  row::RowBuffer buffer(&with_prefix, nullptr);
  const char* in_buffer =
      CopyRowToBuffer(layout, page.data(), page.data() + row::kRowsBegin, &buffer);
  ExpectRow(with_prefix, row::RowPageOf(in_buffer), in_buffer, values);
  RC_ASSERT(HashRow(with_prefix, row::RowPageOf(in_buffer), in_buffer) ==
            HashRow(layout, copy.data(), copy.data()));

  // Damage is found or harmless.
  for (int round = 0; round < 10; ++round) {
    std::string damaged = copy;
    damaged[random.Below(damaged.size())] ^= static_cast<char>(1 << random.Below(8));
    if (random.OneIn(5)) damaged.resize(random.Below(damaged.size() + 1));
    std::unique_ptr<char[]> exact(new char[damaged.size()]);
    std::memcpy(exact.get(), damaged.data(), damaged.size());
    if (!ValidateRowImage({exact.get(), damaged.size()}, layout).ok()) continue;
    HashRow(layout, exact.get(), exact.get());
    OneRowPage(layout, exact.get(), exact.get());
  }
}

TEST(RowImage, TakesStringsOfAnySize) {
  const row::Layout layout = row::Layout::Make({{TypeId::kText, false}, {TypeId::kText, false}});
  for (size_t size : {0, 3, 4, 2046, 2047, 1 << 19, (1 << 20) - 100, 1 << 20, 3 << 20}) {
    const std::vector<Value> values = {Value::Text(std::string(size, 'a')),
                                       Value::Text(std::string(size / 2 + 4, 'b'))};
    std::string image;
    AppendImageOfDatums(layout, DatumsOf(values).datums.data(), nullptr, &image);
    ASSERT_TRUE(ValidateRowImage(image, layout).ok()) << size;
    ExpectRow(layout, image.data(), image.data(), values);
    const std::string page = OneRowPage(layout, image.data(), image.data());
    ASSERT_TRUE(ValidatePageStructure(page, layout, 0).ok()) << size;
    ExpectRow(layout, page.data(), page.data() + row::kRowsBegin, values);
  }
}

TEST(HashRow, TellsNullFromEmptyAndFieldsApart) {
  const row::Layout layout = row::Layout::Make({{TypeId::kText, true}, {TypeId::kText, true}});
  auto hash = [&](const std::vector<Value>& values) {
    std::string image;
    const RowDatums datums = DatumsOf(values);
    AppendImageOfDatums(layout, datums.datums.data(), datums.nulls.get(), &image);
    return HashRow(layout, image.data(), image.data());
  };
  const Value null = Value::Null(TypeId::kText), empty = Value::Text("");
  EXPECT_NE(hash({null, empty}), hash({empty, null}));
  EXPECT_NE(hash({null, null}), hash({empty, empty}));
  EXPECT_NE(hash({Value::Text("ab"), Value::Text("c")}),
            hash({Value::Text("a"), Value::Text("bc")}));
}

TEST(DeltaValue, RoundTripsAndRefusesDamage) {
  DeltaValue value;
  value.schema_version = 300;
  value.txn = TxnId(1ull << 40);
  value.unresolved = true;
  value.image = "image";
  std::string bytes;
  EncodeDeltaValue(value, &bytes);
  const DeltaValue decoded = *DecodeDeltaValue(bytes);
  EXPECT_EQ(decoded.schema_version, 300u);
  EXPECT_EQ(decoded.txn, value.txn);
  EXPECT_TRUE(decoded.unresolved);
  EXPECT_FALSE(decoded.tombstone);
  EXPECT_EQ(decoded.image, "image");
  value.tombstone = true;
  std::string tombstone;
  EncodeDeltaValue(value, &tombstone);
  EXPECT_TRUE(DecodeDeltaValue(tombstone)->tombstone);
  EXPECT_TRUE(DecodeDeltaValue(tombstone)->image.empty());
  EXPECT_FALSE(DecodeDeltaValue(tombstone + "x").ok());
  EXPECT_FALSE(DecodeDeltaValue("").ok());
  EXPECT_FALSE(DecodeDeltaValue(bytes.substr(0, 3)).ok());
  bytes[1] |= 4;
  EXPECT_FALSE(DecodeDeltaValue(bytes).ok());
  bytes[0] = 9;
  EXPECT_EQ(DecodeDeltaValue(bytes).error().state, SqlState::kDataCorrupted);
}

TEST(PageDirectoryEntry, RoundTripsAndRefusesDamage) {
  PageDirectoryEntry entry;
  entry.storage = StorageId(4);
  entry.page = PageId(9);
  entry.first_key = "a";
  entry.last_key = "b";
  entry.fold_ts = Timestamp(77);
  entry.load = LoadId(5);
  entry.row_count = 10;
  entry.page_bytes = 1000;
  entry.schema_version = 2;
  entry.summary = "sum";
  const std::string key = entry.EncodeKey(), value = entry.EncodeValue();
  EXPECT_EQ(*PageDirectoryEntry::Decode(key, value), entry);
  EXPECT_NE(entry.ToString().find("page 9 of storage 4: 10 rows"), std::string::npos);
  for (size_t n = 0; n < value.size(); ++n) {
    EXPECT_FALSE(PageDirectoryEntry::Decode(key, value.substr(0, n)).ok()) << n;
  }
  EXPECT_FALSE(PageDirectoryEntry::Decode(key, value + "x").ok());
  EXPECT_FALSE(PageDirectoryEntry::Decode("key", value).ok());
}

}  // namespace
}  // namespace lathe::page
