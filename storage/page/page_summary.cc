// Min and max per column: found column by column in the values' own form, encoded once per page.
#include "storage/page/page_summary.h"

#include <algorithm>

#include "runtime/base/bytes.h"
#include "runtime/types/order.h"
#include "storage/keyspace/order_bits.h"
#include "storage/keyspace/value_encoding.h"

namespace lathe::page {
namespace {

using types::Datum;
using types::Repr;

constexpr uint8_t kHasValues = 1, kHasNulls = 2, kBounded = 4;

/// Calls visit(slot) for every row whose field is not NULL; gives the number of NULLs.
template <class Visit>
uint32_t ForEachSlot(const row::Layout& layout, const char* page, size_t i, Visit visit) {
  const row::Field& field = layout.field(i);
  const uint32_t rows = row::HeaderOf(page).row_count;
  const char* row = page + row::kRowsBegin;
  const uint32_t stride = layout.stride();
  uint32_t nulls = 0;
  if (field.null_bit < 0) {
    for (uint32_t r = 0; r < rows; ++r, row += stride) visit(row + field.offset);
    return 0;
  }
  const uint32_t null_byte = layout.null_offset() + field.null_bit / 8;
  const uint8_t mask = static_cast<uint8_t>(1 << (field.null_bit % 8));
  for (uint32_t r = 0; r < rows; ++r, row += stride) {
    if (static_cast<uint8_t>(row[null_byte]) & mask) {
      ++nulls;
    } else {
      visit(row + field.offset);
    }
  }
  return nulls;
}

/// Finds the slots with the least and greatest of order(slot), a value with operator<.
template <class Order>
uint32_t Extremes(const row::Layout& layout, const char* page, size_t i, const char** least,
                  const char** greatest, Order order) {
  using Key = decltype(order(static_cast<const char*>(nullptr)));
  Key low{}, high{};
  return ForEachSlot(layout, page, i, [&](const char* slot) {
    const Key key = order(slot);
    if (*least == nullptr || key < low) *least = slot, low = key;
    if (*greatest == nullptr || high < key) *greatest = slot, high = key;
  });
}

struct NumericForm {
  std::string_view bytes;
  bool operator<(const NumericForm& other) const {
    static const types::Type kType(types::TypeId::kNumeric);
    Datum a, b;
    a.string = {bytes.data(), bytes.size()};
    b.string = {other.bytes.data(), other.bytes.size()};
    return keyspace::CompareDatums(kType, a, b) < 0;
  }
};

/// Arrays and jsonb.
struct TreeForm {
  types::Type type;
  std::string_view bytes;
  bool operator<(const TreeForm& other) const {
    return types::CompareStructured(type, bytes, other.bytes) < 0;
  }
};

uint32_t FindExtremes(const row::Layout& layout, const char* page, size_t i, const char** least,
                      const char** greatest) {
  const row::Field& field = layout.field(i);
  auto extremes = [&](auto order) { return Extremes(layout, page, i, least, greatest, order); };
  switch (field.repr) {
    case Repr::kBool:
    case Repr::kI8:
      return extremes([](const char* s) { return static_cast<uint8_t>(*s); });
    case Repr::kI16:
      return extremes([](const char* s) { return LoadAt<int16_t>(s); });
    case Repr::kI32:
      if (keyspace::IsUnsigned(field.type.id)) {
        return extremes([](const char* s) { return LoadAt<uint32_t>(s); });
      }
      return extremes([](const char* s) { return LoadAt<int32_t>(s); });
    case Repr::kI64:
      return extremes([](const char* s) { return LoadAt<int64_t>(s); });
    case Repr::kI128:
      return extremes([](const char* s) { return LoadAt<types::int128>(s); });
    case Repr::kF32:
      return extremes([](const char* s) { return keyspace::OrderBits(LoadAt<float>(s)); });
    case Repr::kF64:
      return extremes([](const char* s) { return keyspace::OrderBits(LoadAt<double>(s)); });
    case Repr::kInterval:
      return extremes(
          [](const char* s) { return keyspace::IntervalSpan(LoadAt<types::Interval>(s)); });
    case Repr::kString:
      break;
  }
  if (field.type.id == types::TypeId::kNumeric) {
    return extremes([page](const char* s) { return NumericForm{row::ReadString(page, s)}; });
  }
  if (field.type.id == types::TypeId::kBpChar) {
    return extremes(
        [page](const char* s) { return keyspace::TrimBlanks(row::ReadString(page, s)); });
  }
  if (field.type.id == types::TypeId::kArray || field.type.id == types::TypeId::kJsonb) {
    const types::Type type = field.type;
    return extremes(
        [page, type](const char* s) { return TreeForm{type, row::ReadString(page, s)}; });
  }
  return extremes([page](const char* s) { return row::ReadString(page, s); });
}

Datum DatumAt(Repr repr, const char* page, const char* slot) {
  Datum datum;
  if (repr == Repr::kString) {
    std::string_view text = row::ReadString(page, slot);
    datum.string = {text.data(), text.size()};
  } else {
    std::memcpy(&datum, slot, types::SlotBytes(repr));
  }
  return datum;
}

/// The first kSummaryValueBytes of a value's encoding.
std::string ShortEncoding(types::Type type, Datum datum) {
  std::string bytes;
  if (types::ReprOf(type) == Repr::kString && type.id != types::TypeId::kNumeric &&
      type.id != types::TypeId::kArray && type.id != types::TypeId::kJsonb) {
    // What lies behind the first bytes cannot matter; escapes only make the encoding longer.
    std::string_view text = datum.string.view();
    if (type.id == types::TypeId::kBpChar) text = keyspace::TrimBlanks(text);
    text = text.substr(0, kSummaryValueBytes + 1);
    datum.string = {text.data(), text.size()};
    type = types::Type(types::TypeId::kText);
  }
  keyspace::EncodeValue(type, datum, false, &bytes);
  if (bytes.size() > kSummaryValueBytes) bytes.resize(kSummaryValueBytes);
  return bytes;
}

void AppendShort(std::string* out, std::string_view bytes) {
  out->push_back(static_cast<char>(bytes.size()));
  out->append(bytes);
}

bool ReadShort(ByteReader* reader, std::string_view* bytes) {
  const uint8_t length = reader->Little<uint8_t>();
  *bytes = reader->Bytes(length);
  return reader->ok() && length <= kSummaryValueBytes;
}

/// Takes one column off the reader; false when it is damaged.
bool ReadColumn(ByteReader* reader, ColumnSummary* column) {
  const uint8_t flags = reader->Little<uint8_t>();
  if (!reader->ok() || (flags & ~(kHasValues | kHasNulls | kBounded)) != 0) return false;
  column->has_values = (flags & kHasValues) != 0;
  column->has_nulls = (flags & kHasNulls) != 0;
  column->bounded = (flags & kBounded) != 0;
  column->min = column->max = {};
  if (!column->bounded) return true;
  return ReadShort(reader, &column->min) && ReadShort(reader, &column->max);
}

}  // namespace

void SummarizePage(const row::Layout& layout, const char* page, std::string* out) {
  for (size_t i = 0; i < layout.field_count(); ++i) {
    const row::Field& field = layout.field(i);
    if (!keyspace::CanBeKey(field.type)) {
      out->push_back(kHasValues | kHasNulls);
      continue;
    }
    const char *least = nullptr, *greatest = nullptr;
    const uint32_t nulls = FindExtremes(layout, page, i, &least, &greatest);
    uint8_t flags = nulls != 0 ? kHasNulls : 0;
    if (least != nullptr) flags |= kHasValues | kBounded;
    out->push_back(static_cast<char>(flags));
    if (least == nullptr) continue;
    AppendShort(out, ShortEncoding(field.type, DatumAt(field.repr, page, least)));
    AppendShort(out, ShortEncoding(field.type, DatumAt(field.repr, page, greatest)));
  }
}

ColumnSummary SummaryOfColumn(std::string_view summary, size_t i) {
  ByteReader reader(summary);
  ColumnSummary column;
  for (size_t at = 0; at <= i; ++at) {
    if (!ReadColumn(&reader, &column)) return ColumnSummary();
  }
  return column;
}

bool ValidateSummary(std::string_view summary, size_t field_count) {
  ByteReader reader(summary);
  ColumnSummary column;
  for (size_t at = 0; at < field_count; ++at) {
    if (!ReadColumn(&reader, &column)) return false;
  }
  return reader.AtEnd();
}

SkipFilter::SkipFilter(const row::Layout& layout, const std::vector<exec::SkipRange>& ranges) {
  for (const exec::SkipRange& asked : ranges) {
    if (asked.field >= layout.field_count()) continue;
    const types::Type& type = layout.field(asked.field).type;
    if (!keyspace::CanBeKey(type)) continue;
    auto fits = [&](const types::Value& value) {
      if (value.is_null()) return true;
      const types::Type& given = value.type();
      // One repr may mean several things (date and int4): only the same type compares.
      const bool same = given.id == type.id || (given.is_string_like() && type.is_string_like());
      return same && types::ReprOf(given) == types::ReprOf(type) && given.scale == type.scale;
    };
    if (!fits(asked.min) || !fits(asked.max)) continue;
    Range range;
    range.field = asked.field;
    range.has_min = !asked.min.is_null();
    range.has_max = !asked.max.is_null();
    if (range.has_min) range.min = ShortEncoding(type, asked.min.datum());
    if (range.has_max) range.max = ShortEncoding(type, asked.max.datum());
    ranges_.push_back(std::move(range));
  }
  std::sort(ranges_.begin(), ranges_.end(),
            [](const Range& a, const Range& b) { return a.field < b.field; });
}

bool SkipFilter::MayMatch(std::string_view summary) const {
  ByteReader reader(summary);
  ColumnSummary column;
  size_t next = 0;  // field that the reader stands before; column is the one in front of it
  for (const Range& range : ranges_) {
    for (; next <= range.field; ++next) {
      if (!ReadColumn(&reader, &column)) return true;
    }
    if (!column.has_values) return false;  // NULL is in no range
    if (!column.bounded) continue;
    if (range.has_min && column.max < range.min) return false;
    if (range.has_max && column.min > range.max) return false;
  }
  return true;
}

bool ColumnMinMax(const row::Layout& layout, const char* page, size_t field, Datum* min, Datum* max,
                  uint32_t* nulls) {
  const char *least = nullptr, *greatest = nullptr;
  if (!keyspace::CanBeKey(layout.field(field).type)) {
    *nulls = ForEachSlot(layout, page, field, [](const char*) {});
    return false;
  }
  *nulls = FindExtremes(layout, page, field, &least, &greatest);
  if (least == nullptr) return false;
  *min = DatumAt(layout.field(field).repr, page, least);
  *max = DatumAt(layout.field(field).repr, page, greatest);
  return true;
}

}  // namespace lathe::page
