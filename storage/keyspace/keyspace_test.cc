// Keys: order and round trip of every type, and CompareRow and LowerBound against memcmp.
#include "storage/keyspace/keyspace.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "storage/keyspace/random_values.h"

namespace lathe::keyspace {
namespace {

using types::Type;
using types::TypeId;
using types::Value;

int Sign(int n) { return n < 0 ? -1 : (n > 0 ? 1 : 0); }

std::string Encode(const Value& value, bool descending = false) {
  std::string bytes;
  EncodeValue(value.type(), value.datum(), descending, &bytes);
  return bytes;
}

RC_GTEST_PROP(ValueEncoding, KeepsOrderOfEveryType, (uint64_t seed)) {
  base::Random random(seed);
  for (const Type& type : KeyTypes()) {
    const Value a = RandomValue(type, &random), b = RandomValue(type, &random);
    const int order = CompareDatums(type, a.datum(), b.datum());
    RC_ASSERT(Sign(Encode(a).compare(Encode(b))) == order);
    RC_ASSERT(Sign(Encode(a, true).compare(Encode(b, true))) == -order);
  }
}

RC_GTEST_PROP(ValueEncoding, DecodesToAnEqualValue, (uint64_t seed)) {
  base::Random random(seed);
  for (const Type& type : KeyTypes()) {
    const Value value = RandomValue(type, &random);
    for (bool descending : {false, true}) {
      const std::string encoded = Encode(value, descending);
      const std::string longer = encoded + "rest";
      std::string_view rest = longer;
      Value decoded;
      RC_ASSERT(DecodeValue(type, descending, &rest, &decoded));
      RC_ASSERT(rest == "rest");
      RC_ASSERT(CompareDatums(type, value.datum(), decoded.datum()) == 0);
      RC_ASSERT(Encode(decoded, descending) == encoded);
    }
  }
}

RC_GTEST_PROP(ValueEncoding, NoEncodingBeginsAnother, (uint64_t seed)) {
  base::Random random(seed);
  for (const Type& type : KeyTypes()) {
    const std::string a = Encode(RandomValue(type, &random));
    const std::string b = Encode(RandomValue(type, &random));
    RC_ASSERT(a == b || !(a.starts_with(b) || b.starts_with(a)));
    const uint32_t fixed = EncodedBytes(type);
    RC_ASSERT(fixed == 0 || fixed == a.size());
  }
}

RC_GTEST_PROP(ValueEncoding, DecodesNothingElse, (uint64_t seed)) {
  base::Random random(seed);
  for (const Type& type : KeyTypes()) {
    std::string bytes = Encode(RandomValue(type, &random));
    bytes[random.Below(bytes.size())] = static_cast<char>(random.Next());
    if (random.OneIn(4)) bytes.resize(random.Below(bytes.size() + 1));
    std::string_view rest = bytes;
    Value decoded;
    if (!DecodeValue(type, false, &rest, &decoded)) continue;
    RC_ASSERT(Encode(decoded) == bytes.substr(0, bytes.size() - rest.size()));
  }
}

Value Number(const char* text) {
  const std::string form = types::Numeric::Parse(text)->Encode();
  types::Datum datum;
  datum.string = {form.data(), form.size()};
  return Value::FromDatum(TypeId::kNumeric, datum);
}

TEST(ValueEncoding, KeepsPostgresOrderOfNumerics) {
  const char* ascending[] = {"-Infinity", "-10000", "-9999.5",  "-9999", "-1.00001",
                             "-1",        "-0.5",   "-0.00001", "0",     "0.00001",
                             "0.5",       "1",      "1.00001",  "9999",  "10000",
                             "1e30",      "1e31",   "Infinity", "NaN"};
  for (size_t i = 1; i < std::size(ascending); ++i) {
    EXPECT_LT(Encode(Number(ascending[i - 1])), Encode(Number(ascending[i]))) << ascending[i];
  }
  EXPECT_EQ(Encode(Number("1.50")), Encode(Number("1.5")));
}

TEST(ValueEncoding, EqualValuesHaveEqualBytes) {
  EXPECT_EQ(Encode(Value::Float8(0.0)), Encode(Value::Float8(-0.0)));
  types::Datum day, hours;
  day.interval = {0, 1, 0};
  hours.interval = {86'400'000'000, 0, 0};
  EXPECT_EQ(Encode(Value::FromDatum(TypeId::kInterval, day)),
            Encode(Value::FromDatum(TypeId::kInterval, hours)));
  types::Datum narrow, wide;
  narrow.string = {"a", 1};
  wide.string = {"a  ", 3};
  const Type char3(TypeId::kBpChar, 7);
  EXPECT_EQ(Encode(Value::FromDatum(char3, narrow)), Encode(Value::FromDatum(char3, wide)));
  std::string bytes = Encode(Value::FromDatum(char3, narrow));
  std::string_view rest = bytes;
  Value decoded;
  ASSERT_TRUE(DecodeValue(char3, false, &rest, &decoded));
  EXPECT_EQ(decoded.AsString(), "a  ");
}

TEST(ValueEncoding, BytesOfAnIntegerAreFixedForEver) {
  EXPECT_EQ(Encode(Value::Int4(-2)), std::string("\x7f\xff\xff\xfe", 4));
  EXPECT_EQ(Encode(Value::Int8(1)), std::string("\x80\0\0\0\0\0\0\1", 8));
  EXPECT_EQ(Encode(Value::Text(std::string("a\0\1", 3))), std::string("a\1\1\1\2\0", 6));
}

TEST(KeyFamily, RoundTrips) {
  DeltaKeyParts delta;
  const std::string key = DeltaKey(StorageId(7), "row", Timestamp(99));
  ASSERT_TRUE(DecodeDeltaKey(key, &delta));
  EXPECT_EQ(delta.storage, StorageId(7));
  EXPECT_EQ(delta.row_key, "row");
  EXPECT_EQ(delta.commit_ts, Timestamp(99));
  EXPECT_LT(DeltaKey(StorageId(7), "row", Timestamp(100)), key) << "newest first";
  PageKeyParts page;
  ASSERT_TRUE(DecodePageKey(PageKey(StorageId(8), "", PageId(3)), &page));
  EXPECT_EQ(page.page, PageId(3));
  EXPECT_EQ(page.last_row_key, "");
  LoadId load;
  ASSERT_TRUE(DecodeLoadKey(LoadKey(LoadId(5)), &load));
  EXPECT_EQ(load, LoadId(5));
  EXPECT_FALSE(DecodeDeltaKey("short", &delta));
  EXPECT_FALSE(DecodePageKey("short", &page));
  EXPECT_FALSE(DecodeLoadKey("short", &load));
  EXPECT_LT(key, StorageEnd(StorageId(7)));
  EXPECT_LE(StorageEnd(StorageId(7)), StoragePrefix(StorageId(8)));
}

TEST(KeyFamily, PrefixSuccessor) {
  EXPECT_EQ(PrefixSuccessor("ab"), "ac");
  EXPECT_EQ(PrefixSuccessor("a\xff\xff"), "b");
  EXPECT_EQ(PrefixSuccessor("\xff"), "");
  EXPECT_EQ(PrefixSuccessor(""), "");
}

/// A random layout, key and rows, sorted by key.
struct Relation {
  row::Layout layout;
  KeyEncoder encoder;
  std::unique_ptr<row::RowBuffer> rows;  // one page
  std::vector<std::vector<Value>> values;

  explicit Relation(base::Random* random) {
    layout = RandomLayout(random, 1 + random->Below(4));
    std::vector<KeyPart> parts;
    for (uint32_t i = 0; i < layout.field_count(); ++i) {
      if (!parts.empty() && random->OneIn(3)) continue;
      parts.push_back({i, random->OneIn(3), random->OneIn(2)});
    }
    encoder = *KeyEncoder::Make(layout, parts);
    const size_t count = random->Below(30);
    for (size_t i = 0; i < count; ++i) values.push_back(RandomRow(layout, random));
    row::RowBuffer unsorted(&layout, nullptr);
    for (const auto& row : values) AppendValues(row, &unsorted);
    std::vector<size_t> order(count);
    for (size_t i = 0; i < count; ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      const char* page = unsorted.page(0);
      return encoder.RowKey(page, RowOf(page, a)) < encoder.RowKey(page, RowOf(page, b));
    });
    rows = std::make_unique<row::RowBuffer>(&layout, nullptr);
    std::vector<std::vector<Value>> sorted;
    for (size_t i : order) {
      sorted.push_back(values[i]);
      AppendValues(values[i], rows.get());
    }
    values = std::move(sorted);
  }

  const char* RowOf(const char* page, size_t i) const {
    return row::RowAt(page, layout.stride(), static_cast<uint32_t>(i));
  }
  const char* page() const { return rows->page(0); }
  std::string Key(size_t i) const { return encoder.RowKey(page(), RowOf(page(), i)); }
};

RC_GTEST_PROP(KeyEncoder, ComparesRowsLikeTheirKeys, (uint64_t seed)) {
  base::Random random(seed);
  const Relation relation(&random);
  for (size_t i = 0; i < relation.values.size(); ++i) {
    const size_t j = random.Below(relation.values.size());
    const char* page = relation.page();
    RC_ASSERT(relation.encoder.CompareRows(page, relation.RowOf(page, i), page,
                                           relation.RowOf(page, j)) ==
              Sign(relation.Key(i).compare(relation.Key(j))));
  }
}

RC_GTEST_PROP(KeyEncoder, ComparesRowsWithAnyBytesLikeMemcmp, (uint64_t seed)) {
  base::Random random(seed);
  const Relation relation(&random);
  if (relation.values.empty()) return;
  for (int round = 0; round < 30; ++round) {
    std::string key = relation.Key(random.Below(relation.values.size()));
    switch (random.Below(5)) {
      case 0:
        key.resize(random.Below(key.size() + 1));
        break;
      case 1:
        key = PrefixSuccessor(std::string_view(key).substr(0, random.Below(key.size() + 1)));
        break;
      case 2:
        key[random.Below(key.size())] ^= static_cast<char>(1 << random.Below(8));
        break;
      case 3:
        key += RandomText(&random, 3);
        break;
      default:
        break;
    }
    uint32_t expected = static_cast<uint32_t>(relation.values.size());
    for (size_t i = relation.values.size(); i > 0; --i) {
      const int order = Sign(relation.Key(i - 1).compare(key));
      RC_ASSERT(Sign(relation.encoder.CompareRow(
                    relation.page(), relation.RowOf(relation.page(), i - 1), key)) == order);
      if (order >= 0) expected = static_cast<uint32_t>(i - 1);
    }
    RC_ASSERT(relation.encoder.LowerBound(relation.page(), key) == expected);
    const int64_t found = relation.encoder.FindRow(relation.page(), key);
    const bool there = expected < relation.values.size() && relation.Key(expected) == key;
    RC_ASSERT(found == (there ? static_cast<int64_t>(expected) : -1));
  }
}

RC_GTEST_PROP(KeyEncoder, DecodesAndRebuildsKeysFromValues, (uint64_t seed)) {
  base::Random random(seed);
  const Relation relation(&random);
  for (size_t i = 0; i < relation.values.size(); ++i) {
    const std::string key = relation.Key(i);
    std::vector<Value> decoded;
    RC_ASSERT(relation.encoder.Decode(key, &decoded));
    std::string again;
    RC_ASSERT(relation.encoder.EncodePrefix(decoded, &again).ok());
    RC_ASSERT(again == key);
    std::vector<Value> given;
    for (size_t p = 0; p < relation.encoder.part_count(); ++p) {
      given.push_back(relation.values[i][relation.encoder.part(p).field]);
    }
    again.clear();
    RC_ASSERT(relation.encoder.EncodePrefix(given, &again).ok());
    RC_ASSERT(again == key);
    RC_ASSERT(!relation.encoder.Decode(key + "x", &decoded));
  }
}

RC_GTEST_PROP(KeyEncoder, BoundsHoldExactlyTheRowsBetween, (uint64_t seed)) {
  base::Random random(seed);
  const Relation relation(&random);
  if (relation.values.empty()) return;
  auto bound = [&](size_t row) {
    exec::KeyBound bound;
    bound.inclusive = random.OneIn(2);
    for (uint64_t i = random.Below(relation.encoder.part_count() + 1); i > 0; --i) {
      bound.values.push_back(
          relation.values[row][relation.encoder.part(bound.values.size()).field]);
    }
    return bound;
  };
  const exec::KeyBound lower = bound(random.Below(relation.values.size()));
  const exec::KeyBound upper = bound(random.Below(relation.values.size()));
  const KeyRange range = *relation.encoder.EncodeBounds(lower, upper);
  std::string low, high;
  RC_ASSERT(relation.encoder.EncodePrefix(lower.values, &low).ok());
  RC_ASSERT(relation.encoder.EncodePrefix(upper.values, &high).ok());
  for (size_t i = 0; i < relation.values.size(); ++i) {
    const std::string key = relation.Key(i);
    const std::string low_part = key.substr(0, low.size()), high_part = key.substr(0, high.size());
    const bool above =
        lower.values.empty() || low_part > low || (low_part == low && lower.inclusive);
    const bool below =
        upper.values.empty() || high_part < high || (high_part == high && upper.inclusive);
    const bool inside = key >= range.begin && (range.end.empty() || key < range.end);
    RC_ASSERT(inside == (above && below));
  }
}

RC_GTEST_PROP(KeyEncoder, FindsNumbersHoweverTheyAreSpread, (uint64_t seed)) {
  base::Random random(seed);
  const bool two = random.OneIn(2);
  const row::Layout layout = row::Layout::Make({{TypeId::kInt4, false}, {TypeId::kInt8, false}});
  std::vector<KeyPart> parts = {{1, random.OneIn(2), false}};
  if (two) parts = {{0, random.OneIn(2), false}};
  const KeyEncoder encoder = *KeyEncoder::Make(layout, parts);
  const int64_t spread = random.OneIn(3) ? 5 : random.OneIn(2) ? 300 : INT32_MAX;
  std::vector<std::vector<Value>> values;
  for (uint64_t count = random.Below(200); count > 0; --count) {
    const int64_t n = random.Between(-spread, spread) / static_cast<int64_t>(1 + random.Below(9));
    values.push_back({Value::Int4(static_cast<int32_t>(n)), Value::Int8(n * (1ll << 31))});
  }
  row::RowBuffer unsorted(&layout, nullptr), rows(&layout, nullptr);
  for (const auto& row : values) AppendValues(row, &unsorted);
  std::vector<std::pair<std::string, size_t>> keys;
  for (size_t i = 0; i < values.size(); ++i) {
    const char* page = unsorted.page(0);
    keys.emplace_back(
        encoder.RowKey(page, row::RowAt(page, layout.stride(), static_cast<uint32_t>(i))), i);
  }
  std::sort(keys.begin(), keys.end());
  for (const auto& [key, i] : keys) AppendValues(values[i], &rows);
  if (keys.empty()) return;
  const uint32_t count = static_cast<uint32_t>(keys.size());
  for (int round = 0; round < 50; ++round) {
    std::string key = keys[random.Below(count)].first;
    if (random.OneIn(2)) key[random.Below(key.size())] += random.OneIn(2) ? 1 : -1;
    const uint32_t from = static_cast<uint32_t>(random.Below(count + 1));
    const uint32_t to = from + static_cast<uint32_t>(random.Below(count - from + 1));
    const auto expected = std::lower_bound(
        keys.begin() + from, keys.begin() + to, key,
        [](const auto& entry, const std::string& wanted) { return entry.first < wanted; });
    RC_ASSERT(encoder.LowerBound(rows.page(0), from, to, key) ==
              static_cast<uint32_t>(expected - keys.begin()));
  }
}

TEST(KeyEncoder, NullsGoWhereTheyAreAsked) {
  const row::Layout layout = row::Layout::Make({{TypeId::kInt4, true}});
  row::RowBuffer rows(&layout, nullptr);
  AppendValues({Value::Null(TypeId::kInt4)}, &rows);
  AppendValues({Value::Int4(5)}, &rows);
  auto null_is_first = [&](bool descending, bool nulls_first) {
    const KeyEncoder encoder = *KeyEncoder::Make(layout, {{0, descending, nulls_first}});
    const char* page = rows.page(0);
    return encoder.RowKey(page, row::RowAt(page, layout.stride(), 0)) <
           encoder.RowKey(page, row::RowAt(page, layout.stride(), 1));
  };
  EXPECT_TRUE(null_is_first(false, true));
  EXPECT_TRUE(null_is_first(true, true));
  EXPECT_FALSE(null_is_first(false, false));
  EXPECT_FALSE(null_is_first(true, false));
}

TEST(KeyEncoder, UsesTheHiddenRowIdOfATableWithoutKey) {
  schema::RelationDescriptor relation;
  relation.columns.push_back({ColumnNumber(1), "a", Type(TypeId::kText)});
  const KeyEncoder encoder = *KeyEncoder::Make(relation);
  ASSERT_EQ(encoder.part_count(), 1u);
  EXPECT_EQ(encoder.part_type(0).id, TypeId::kInt8);
  EXPECT_EQ(encoder.key_bytes(), 8u);
}

TEST(KeyEncoder, SkipsDroppedColumns) {
  schema::RelationDescriptor relation;
  relation.columns.push_back({ColumnNumber(1), "gone", Type(TypeId::kText), false, true});
  relation.columns.push_back({ColumnNumber(2), "k", Type(TypeId::kInt4), true});
  relation.key.push_back({1, false, false});
  const KeyEncoder encoder = *KeyEncoder::Make(relation);
  EXPECT_EQ(encoder.part(0).field, 0u);
  EXPECT_EQ(encoder.key_bytes(), 4u);
}

TEST(KeyEncoder, RefusesWhatCannotBeAKey) {
  const row::Layout layout = row::Layout::Make({{Type(TypeId::kJson), true}});
  const auto made = KeyEncoder::Make(layout, {{0, false, false}});
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().state, SqlState::kFeatureNotSupported);
  const row::Layout numbers = row::Layout::Make({{TypeId::kInt4, false}});
  const KeyEncoder encoder = *KeyEncoder::Make(numbers, {{0, false, false}});
  std::string out;
  const Value wrong[] = {Value::Int8(1)};
  EXPECT_FALSE(encoder.EncodePrefix(wrong, &out).ok());
  const Value null[] = {Value::Null(TypeId::kInt4)};
  EXPECT_FALSE(encoder.EncodePrefix(null, &out).ok());
}

}  // namespace
}  // namespace lathe::keyspace
