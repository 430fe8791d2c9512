// Keys of rows: made, taken apart, and compared with rows. CompareRow follows EncodeRow part by
// part and must agree with memcmp for any bytes, so where the key ends within a part it falls back
// to encoding that part.
#include "storage/keyspace/key_encoder.h"

#include <algorithm>

#include "runtime/base/bytes.h"
#include "storage/keyspace/key_family.h"
#include "storage/keyspace/order_bits.h"

namespace lathe::keyspace {
namespace {

using types::Datum;
using types::Repr;

constexpr char kNullFirst = 0, kValue = 1, kNullLast = 2;

int Sign(int n) { return n < 0 ? -1 : (n > 0 ? 1 : 0); }

bool IsNumber(Repr repr) {
  switch (repr) {
    case Repr::kI128:
    case Repr::kInterval:
    case Repr::kString:
      return false;
    default:
      return true;
  }
}

uint64_t LoadNumber(const char* from, uint32_t bytes) {
  switch (bytes) {
    case 1:
      return static_cast<uint8_t>(*from);
    case 2:
      return LoadBig<uint16_t>(from);
    case 4:
      return LoadBig<uint32_t>(from);
    default:
      return LoadBig<uint64_t>(from);
  }
}

/// memcmp of encoded against the front of key, which is then moved past it. A key that ends early
/// is less than what it begins.
int CompareBytes(std::string_view encoded, std::string_view* key) {
  const size_t n = std::min(encoded.size(), key->size());
  const int order = std::memcmp(encoded.data(), key->data(), n);
  if (order != 0) return Sign(order);
  if (encoded.size() > key->size()) return 1;
  key->remove_prefix(n);
  return 0;
}

bool IsNullAt(const char* row, int32_t null_byte, uint8_t null_mask) {
  return null_byte >= 0 && (static_cast<uint8_t>(row[null_byte]) & null_mask) != 0;
}

}  // namespace

Result<KeyEncoder> KeyEncoder::Make(const schema::RelationDescriptor& relation) {
  row::Layout layout = relation.RowLayout();
  std::vector<KeyPart> parts;
  if (relation.key.empty()) {
    if (!relation.has_row_id()) return MakeError(SqlState::kInternalError, "relation has no key");
    parts.push_back({static_cast<uint32_t>(layout.field_count() - 1), false, false});
    return Make(layout, parts);
  }
  const std::vector<uint32_t> live = relation.LiveColumns();
  for (const schema::KeyColumn& column : relation.key) {
    auto found = std::find(live.begin(), live.end(), column.column);
    if (found == live.end()) return MakeError(SqlState::kInternalError, "key column is dropped");
    parts.push_back(
        {static_cast<uint32_t>(found - live.begin()), column.descending, column.nulls_first});
  }
  return Make(layout, parts);
}

Result<KeyEncoder> KeyEncoder::Make(const row::Layout& layout, const std::vector<KeyPart>& parts) {
  KeyEncoder encoder;
  encoder.layout_ = layout;
  bool fixed = true;
  for (const KeyPart& key_part : parts) {
    if (key_part.field >= layout.field_count()) {
      return MakeError(SqlState::kInternalError, "key part is not in the layout");
    }
    const row::Field& field = layout.field(key_part.field);
    if (!CanBeKey(field.type)) {
      return NotSupported("a key column of type " + types::FormatType(field.type));
    }
    Part part;
    part.part = key_part;
    part.type = field.type;
    part.repr = field.repr;
    part.offset = field.offset;
    const bool nullable = field.null_bit >= 0;
    part.null_byte =
        nullable ? static_cast<int32_t>(layout.null_offset()) + field.null_bit / 8 : -1;
    part.null_mask = nullable ? static_cast<uint8_t>(1 << (field.null_bit % 8)) : 0;
    part.bytes = EncodedBytes(field.type);
    part.is_unsigned = IsUnsigned(field.type.id);
    part.is_number = IsNumber(field.repr);
    part.trims_blanks = field.type.id == types::TypeId::kBpChar;
    fixed &= part.bytes != 0 && !nullable;
    encoder.key_bytes_ += part.bytes;
    encoder.parts_.push_back(part);
  }
  if (!fixed) encoder.key_bytes_ = 0;
  bool numbers = !encoder.parts_.empty() && encoder.key_bytes_ <= 8;
  for (const Part& part : encoder.parts_) numbers &= part.is_number && part.null_byte < 0;
  encoder.all_numbers_ = numbers;
  return encoder;
}

uint64_t KeyEncoder::NumberOf(const Part& part, const char* row) {
  const char* slot = row + part.offset;
  uint64_t bits = 0;
  switch (part.repr) {
    case Repr::kBool:
      bits = *slot != 0;
      break;
    case Repr::kI8:
      bits = static_cast<uint8_t>(*slot);
      break;
    case Repr::kI16:
      bits = static_cast<uint16_t>(LoadAt<uint16_t>(slot) ^ 0x8000);
      break;
    case Repr::kI32:
      bits = part.is_unsigned ? LoadAt<uint32_t>(slot) : OrderBits(LoadAt<int32_t>(slot));
      break;
    case Repr::kI64:
      bits = OrderBits(LoadAt<int64_t>(slot));
      break;
    case Repr::kF32:
      bits = OrderBits(LoadAt<float>(slot));
      break;
    case Repr::kF64:
      bits = OrderBits(LoadAt<double>(slot));
      break;
    default:
      LATHE_UNREACHABLE("not a number");
  }
  if (part.part.descending) bits = ~bits & (~0ull >> (64 - 8 * part.bytes));
  return bits;
}

Datum KeyEncoder::DatumOf(const Part& part, const char* base, const char* row) {
  Datum datum;
  if (part.repr == Repr::kString) {
    std::string_view text = row::ReadString(base, row + part.offset);
    datum.string = {text.data(), text.size()};
  } else {
    std::memcpy(&datum, row + part.offset, types::SlotBytes(part.repr));
  }
  return datum;
}

void KeyEncoder::EncodePart(const Part& part, const char* base, const char* row,
                            std::string* out) const {
  if (part.null_byte >= 0) {
    if (IsNullAt(row, part.null_byte, part.null_mask)) {
      out->push_back(part.part.nulls_first ? kNullFirst : kNullLast);
      return;
    }
    out->push_back(kValue);
  }
  if (!part.is_number) {
    EncodeValue(part.type, DatumOf(part, base, row), part.part.descending, out);
    return;
  }
  const uint64_t big = ByteSwap(NumberOf(part, row) << (64 - 8 * part.bytes));
  out->append(reinterpret_cast<const char*>(&big), part.bytes);
}

void KeyEncoder::EncodeRow(const char* base, const char* row, std::string* out) const {
  for (const Part& part : parts_) EncodePart(part, base, row, out);
}

Status KeyEncoder::EncodePrefix(std::span<const types::Value> values, std::string* out) const {
  if (values.size() > parts_.size()) {
    return MakeError(SqlState::kInternalError, "more values than key parts");
  }
  for (size_t i = 0; i < values.size(); ++i) {
    const Part& part = parts_[i];
    if (values[i].is_null()) {
      if (part.null_byte < 0) {
        return MakeError(SqlState::kInternalError, "NULL for a key part that is never NULL");
      }
      out->push_back(part.part.nulls_first ? kNullFirst : kNullLast);
      continue;
    }
    // The modifier does not matter (varchar(3) against text), the rest of the type does.
    const types::Type& given = values[i].type();
    const bool same_number = part.type.id != types::TypeId::kNumeric ||
                             (given.precision == 0) == (part.type.precision == 0);
    if (types::ReprOf(given) != part.repr || given.scale != part.type.scale || !same_number ||
        (given.id == types::TypeId::kNumeric) != (part.type.id == types::TypeId::kNumeric)) {
      return MakeError(SqlState::kInternalError, "key value of type " + types::FormatType(given) +
                                                     " for a key part of type " +
                                                     types::FormatType(part.type));
    }
    if (part.null_byte >= 0) out->push_back(kValue);
    EncodeValue(part.type, values[i].datum(), part.part.descending, out);
  }
  return Ok();
}

Result<KeyRange> KeyEncoder::EncodeBounds(const exec::KeyBound& lower,
                                          const exec::KeyBound& upper) const {
  KeyRange range;
  if (!lower.values.empty()) {
    LATHE_TRY(EncodePrefix(lower.values, &range.begin));
    if (!lower.inclusive) {
      range.begin = PrefixSuccessor(range.begin);
      // Behind the last key there is: an empty range.
      if (range.begin.empty()) range.begin.assign(1, '\xff'), range.end = range.begin;
    }
  }
  if (!upper.values.empty() && range.end.empty()) {
    LATHE_TRY(EncodePrefix(upper.values, &range.end));
    if (upper.inclusive) range.end = PrefixSuccessor(range.end);
  }
  return range;
}

bool KeyEncoder::Decode(std::string_view key, std::vector<types::Value>* values) const {
  values->clear();
  for (const Part& part : parts_) {
    if (part.null_byte >= 0) {
      if (key.empty()) return false;
      const char marker = key[0];
      key.remove_prefix(1);
      if (marker == (part.part.nulls_first ? kNullFirst : kNullLast)) {
        values->push_back(types::Value::Null(part.type));
        continue;
      }
      if (marker != kValue) return false;
    }
    types::Value value;
    if (!DecodeValue(part.type, part.part.descending, &key, &value)) return false;
    values->push_back(std::move(value));
  }
  return key.empty();
}

int KeyEncoder::CompareStringPart(const Part& part, std::string_view text, std::string_view* key) {
  if (part.trims_blanks) text = TrimBlanks(text);
  if (part.part.descending) {
    // Rare; encoding is simpler than inverting on the way.
    std::string encoded;
    Datum datum;
    datum.string = {text.data(), text.size()};
    EncodeValue(part.type, datum, true, &encoded);
    return CompareBytes(encoded, key);
  }
  // Bytes up to the first one that is escaped (0 or 1) or differs.
  const size_t n = std::min(text.size(), key->size());
  size_t i = 0;
  while (i < n && text[i] == (*key)[i] && static_cast<uint8_t>(text[i]) > 1) ++i;
  text.remove_prefix(i);
  key->remove_prefix(i);
  if (key->empty()) return 1;  // at least the terminator is left of the row
  if (text.empty()) {
    if ((*key)[0] != 0) return -1;
    key->remove_prefix(1);
    return 0;
  }
  const uint8_t byte = static_cast<uint8_t>(text[0]);
  if (byte > 1) return byte < static_cast<uint8_t>((*key)[0]) ? -1 : 1;
  std::string encoded;
  Datum datum;
  datum.string = {text.data(), text.size()};
  EncodeValue(part.type, datum, false, &encoded);
  return CompareBytes(encoded, key);
}

int KeyEncoder::ComparePart(const Part& part, const char* base, const char* row,
                            std::string_view* key) {
  if (part.null_byte >= 0) {
    const bool null = IsNullAt(row, part.null_byte, part.null_mask);
    const char marker = null ? (part.part.nulls_first ? kNullFirst : kNullLast) : kValue;
    const int order = CompareBytes({&marker, 1}, key);
    if (order != 0 || null) return order;
  }
  if (part.is_number) {
    const uint64_t number = NumberOf(part, row);
    if (key->size() >= part.bytes) {
      const uint64_t wanted = LoadNumber(&key->front(), part.bytes);
      if (number != wanted) return number < wanted ? -1 : 1;
      key->remove_prefix(part.bytes);
      return 0;
    }
    const uint64_t big = ByteSwap(number << (64 - 8 * part.bytes));
    return CompareBytes({reinterpret_cast<const char*>(&big), part.bytes}, key);
  }
  if (part.repr == Repr::kString && part.type.id != types::TypeId::kNumeric &&
      part.type.id != types::TypeId::kArray && part.type.id != types::TypeId::kJsonb) {
    return CompareStringPart(part, row::ReadString(base, row + part.offset), key);
  }
  std::string encoded;
  EncodeValue(part.type, DatumOf(part, base, row), part.part.descending, &encoded);
  return CompareBytes(encoded, key);
}

int KeyEncoder::CompareRow(const char* base, const char* row, std::string_view key) const {
  for (const Part& part : parts_) {
    const int order = ComparePart(part, base, row, &key);
    if (order != 0) return order;
  }
  return key.empty() ? 0 : -1;
}

int KeyEncoder::CompareRows(const char* base_a, const char* row_a, const char* base_b,
                            const char* row_b) const {
  for (const Part& part : parts_) {
    const bool null_a = IsNullAt(row_a, part.null_byte, part.null_mask);
    const bool null_b = IsNullAt(row_b, part.null_byte, part.null_mask);
    if (null_a || null_b) {
      if (null_a && null_b) continue;
      return null_a == part.part.nulls_first ? -1 : 1;
    }
    int order;
    if (part.is_number) {
      const uint64_t a = NumberOf(part, row_a), b = NumberOf(part, row_b);
      order = a < b ? -1 : (a > b ? 1 : 0);
    } else {
      order = CompareDatums(part.type, DatumOf(part, base_a, row_a), DatumOf(part, base_b, row_b));
      if (part.part.descending) order = -order;
    }
    if (order != 0) return order;
  }
  return 0;
}

uint64_t KeyEncoder::KeyNumberOf(const char* row) const {
  uint64_t number = NumberOf(parts_[0], row);
  for (size_t i = 1; i < parts_.size(); ++i) {
    number = number << (8 * parts_[i].bytes) | NumberOf(parts_[i], row);
  }
  return number;
}

/// First position in [from, to) that is not less; to when there is none.
template <class Less>
uint32_t KeyEncoder::Bisect(uint32_t from, uint32_t to, Less less) {
  uint32_t count = to - from;
  while (count > 0) {
    const uint32_t half = count / 2;
    const bool right = less(from + half);
    from = right ? from + half + 1 : from;
    count = right ? count - half - 1 : half;
  }
  return from;
}

/// Keys often are nearly dense, and every probe of a page is a cache miss: guess the row from the
/// page's first and last key, widen around the guess until it is bracketed, bisect what is left.
uint32_t KeyEncoder::InterpolatedLowerBound(const char* page, uint32_t from, uint32_t to,
                                            uint64_t wanted) const {
  const uint32_t stride = layout_.stride();
  auto number = [&](uint32_t row) { return KeyNumberOf(row::RowAt(page, stride, row)); };
  if (from == to) return to;
  const uint64_t first = number(from), last = number(to - 1);
  if (wanted <= first) return from;
  if (wanted > last) return to;
  // first < wanted <= last, so neither divisor nor quotient is out of range.
  const double share = static_cast<double>(wanted - first) / static_cast<double>(last - first);
  const uint32_t guess = std::min(to - 1, from + static_cast<uint32_t>(share * (to - 1 - from)));
  uint32_t low = from + 1, high = to - 1;  // the answer is in [low, high]
  if (number(guess) < wanted) {
    low = guess + 1;
    for (uint32_t step = 1; high - low > step; step *= 2) {
      const uint32_t probe = low + step - 1;
      if (number(probe) >= wanted) {
        high = probe;
        break;
      }
      low = probe + 1;
    }
  } else {
    high = std::max(guess, low);
    for (uint32_t step = 1; high - low > step; step *= 2) {
      const uint32_t probe = high - step;
      if (number(probe) < wanted) {
        low = probe + 1;
        break;
      }
      high = probe;
    }
  }
  return Bisect(low, high, [&](uint32_t row) { return number(row) < wanted; });
}

uint32_t KeyEncoder::LowerBound(const char* page, uint32_t from, uint32_t to,
                                std::string_view key) const {
  if (all_numbers_ && key.size() == key_bytes_) {
    uint64_t wanted = 0;
    for (char byte : key) wanted = wanted << 8 | static_cast<uint8_t>(byte);
    return InterpolatedLowerBound(page, from, to, wanted);
  }
  return Bisect(from, to, [&](uint32_t row) {
    return CompareRow(page, row::RowAt(page, layout_.stride(), row), key) < 0;
  });
}

int64_t KeyEncoder::FindRow(const char* page, std::string_view key) const {
  const uint32_t rows = row::HeaderOf(page).row_count;
  const uint32_t at = LowerBound(page, 0, rows, key);
  if (at == rows || CompareRow(page, row::RowAt(page, layout_.stride(), at), key) != 0) return -1;
  return at;
}

}  // namespace lathe::keyspace
