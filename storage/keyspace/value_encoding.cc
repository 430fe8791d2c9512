// The bytes of every type; encoder, decoder and comparison side by side.
#include "storage/keyspace/value_encoding.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "runtime/base/bytes.h"
#include "runtime/types/array.h"
#include "runtime/types/jsonb.h"
#include "runtime/types/numeric.h"
#include "runtime/types/order.h"
#include "storage/keyspace/order_bits.h"

namespace lathe::keyspace {
namespace {

using types::Datum;
using types::int128;
using types::Repr;
using types::Type;
using types::TypeId;
using types::uint128;

constexpr int64_t kMicrosPerDay = 86'400'000'000;

// Classes of a big numeric.
constexpr uint8_t kMinusInfinity = 1, kNegative = 2, kZero = 3, kPositive = 4, kPlusInfinity = 5,
                  kNan = 6;

void AppendBig128(std::string* out, uint128 bits, uint32_t bytes) {
  char buffer[16];
  for (uint32_t i = 0; i < bytes; ++i) {
    buffer[i] = static_cast<char>(static_cast<uint8_t>(bits >> (8 * (bytes - 1 - i))));
  }
  out->append(buffer, bytes);
}

uint128 LoadBig128(const char* from, uint32_t bytes) {
  uint128 bits = 0;
  for (uint32_t i = 0; i < bytes; ++i) bits = bits << 8 | static_cast<uint8_t>(from[i]);
  return bits;
}

void EncodeString(std::string_view text, std::string* out) {
  size_t done = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const uint8_t byte = static_cast<uint8_t>(text[i]);
    if (byte > 1) continue;
    out->append(text.substr(done, i - done));
    out->push_back(1);
    out->push_back(static_cast<char>(byte + 1));
    done = i + 1;
  }
  out->append(text.substr(done));
  out->push_back(0);
}

bool DecodeString(uint8_t invert, std::string_view* bytes, std::string* text) {
  for (size_t i = 0; i < bytes->size(); ++i) {
    uint8_t byte = static_cast<uint8_t>((*bytes)[i]) ^ invert;
    if (byte == 0) {
      bytes->remove_prefix(i + 1);
      return true;
    }
    if (byte == 1) {
      if (++i >= bytes->size()) return false;
      byte = static_cast<uint8_t>((*bytes)[i]) ^ invert;
      if (byte != 1 && byte != 2) return false;
      --byte;
    }
    text->push_back(static_cast<char>(byte));
  }
  return false;
}

void EncodeBigNumeric(std::string_view form, std::string* out) {
  types::Numeric number;
  LATHE_CHECK_NOTE(types::Numeric::Decode(form, &number), "a numeric of wrong form");
  if (number.is_nan()) return out->push_back(kNan);
  if (number.is_infinite())
    return out->push_back(number.negative() ? kMinusInfinity : kPlusInfinity);
  if (number.is_zero()) return out->push_back(kZero);
  const bool negative = number.negative();
  out->push_back(negative ? kNegative : kPositive);
  const size_t begin = out->size();
  AppendBig<uint16_t>(out, static_cast<uint16_t>(number.weight() ^ 0x8000));
  for (size_t i = 0; i < number.digits().size(); ++i) {
    AppendBig<uint16_t>(out, static_cast<uint16_t>(number.digits()[i] + 1));
  }
  AppendBig<uint16_t>(out, 0);
  if (negative) {
    for (size_t i = begin; i < out->size(); ++i) (*out)[i] = static_cast<char>(~(*out)[i]);
  }
}

bool DecodeFiniteNumeric(uint16_t invert, bool negative, std::string_view* bytes,
                         types::Numeric* number) {
  ByteReader reader(*bytes);
  const int weight = static_cast<int16_t>((reader.Big<uint16_t>() ^ invert) ^ 0x8000);
  std::vector<int16_t> digits;
  for (;;) {
    const uint16_t raw = reader.Big<uint16_t>();
    if (!reader.ok()) return false;
    const uint16_t digit = raw ^ invert;
    if (digit == 0) break;
    if (digit > 10000) return false;
    digits.push_back(static_cast<int16_t>(digit - 1));
  }
  if (digits.empty() || digits.front() == 0 || digits.back() == 0) return false;
  const int scale = std::max<int>(0, (static_cast<int>(digits.size()) - 1 - weight) * 4);
  if (scale > types::Numeric::kScaleMax + 3) return false;
  types::Numeric exact = types::Numeric::FromDigits(digits.data(), digits.size(), weight, negative,
                                                    std::min(scale, types::Numeric::kScaleMax));
  *number = exact.WithScale(exact.MinScale());
  bytes->remove_prefix(bytes->size() - reader.rest().size());
  return true;
}

bool DecodeBigNumeric(uint8_t invert, std::string_view* bytes, types::Numeric* number) {
  if (bytes->empty()) return false;
  const uint8_t cls = static_cast<uint8_t>((*bytes)[0]) ^ invert;
  bytes->remove_prefix(1);
  switch (cls) {
    case kMinusInfinity:
      *number = types::Numeric::Infinity(true);
      return true;
    case kPlusInfinity:
      *number = types::Numeric::Infinity(false);
      return true;
    case kNan:
      *number = types::Numeric::NaN();
      return true;
    case kZero:
      *number = types::Numeric();
      return true;
    case kNegative:
    case kPositive: {
      const bool negative = cls == kNegative;
      uint16_t flip = static_cast<uint16_t>(invert | invert << 8);
      if (negative) flip = static_cast<uint16_t>(~flip);
      return DecodeFiniteNumeric(flip, negative, bytes, number);
    }
    default:
      return false;
  }
}

types::Interval IntervalOfSpan(int128 span) {
  types::Interval interval;
  int128 days = span / kMicrosPerDay;
  interval.micros = static_cast<int64_t>(span % kMicrosPerDay);
  interval.months = static_cast<int32_t>(std::clamp<int128>(
      days / 30, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()));
  days -= static_cast<int128>(interval.months) * 30;
  interval.days = static_cast<int32_t>(std::clamp<int128>(days, std::numeric_limits<int32_t>::min(),
                                                          std::numeric_limits<int32_t>::max()));
  days -= interval.days;
  interval.micros += static_cast<int64_t>(days * kMicrosPerDay);
  return interval;
}

/// char(n) again as long as it was declared, in code points.
std::string PadBlanks(const Type& type, std::string text) {
  if (type.id != TypeId::kBpChar || type.typmod < 4) return text;
  const size_t characters = static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }));
  const size_t wanted = static_cast<size_t>(type.typmod - 4);
  if (characters < wanted) text.append(wanted - characters, ' ');
  return text;
}

void EncodeAscending(const Type& type, const Datum& datum, std::string* out);

// Of an array: what comes next.
constexpr char kArrayEnd = 1, kElement = 2, kNullElement = 3;

void EncodeArray(std::string_view bytes, std::string* out) {
  types::ArrayReader reader(bytes);
  const Type element(reader.element());
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Datum value;
    const bool there = reader.Next(&value);
    out->push_back(there ? kElement : kNullElement);
    if (there) EncodeAscending(element, value, out);
  }
  out->push_back(kArrayEnd);
  out->push_back(static_cast<char>(reader.dimension_count()));
  for (const types::ArrayDimension& d : reader.dimensions())
    AppendBig<uint32_t>(out, static_cast<uint32_t>(d.length));
  for (const types::ArrayDimension& d : reader.dimensions())
    AppendBig<uint32_t>(out, OrderBits(d.lower));
}

// Of jsonb: what stands at the top, where a scalar counts as an array of one item.
constexpr char kEmptyArray = 1, kScalar = 2, kOtherArray = 3, kObject = 4;

void EncodeJson(const types::JsonbView& value, std::string* out) {
  using types::JsonKind;
  out->push_back(static_cast<char>(static_cast<int>(value.kind()) + 1));
  if (value.kind() == JsonKind::kString) return EncodeString(value.text(), out);
  if (value.kind() == JsonKind::kNumber) return EncodeBigNumeric(value.text(), out);
  if (!value.is_container()) return;
  AppendBig<uint32_t>(out, value.count());
  for (uint32_t i = 0; i < value.count(); ++i) {
    if (value.kind() == JsonKind::kObject) EncodeString(value.key(i), out);
    EncodeJson(value.value(i), out);
  }
}

void EncodeJsonTop(std::string_view bytes, std::string* out) {
  const types::JsonbView value(bytes);
  const bool array = value.kind() == types::JsonKind::kArray;
  out->push_back(!value.is_container() ? kScalar
                 : !array              ? kObject
                 : value.count() == 0  ? kEmptyArray
                                       : kOtherArray);
  EncodeJson(value, out);
}

void EncodeAscending(const Type& type, const Datum& datum, std::string* out) {
  switch (types::ReprOf(type)) {
    case Repr::kBool:
      out->push_back(datum.b ? 1 : 0);
      return;
    case Repr::kI8:
      out->push_back(static_cast<char>(datum.i8));
      return;
    case Repr::kI16:
      return AppendBig<uint16_t>(out, static_cast<uint16_t>(datum.i16) ^ 0x8000);
    case Repr::kI32:
      return AppendBig<uint32_t>(
          out, IsUnsigned(type.id) ? static_cast<uint32_t>(datum.i32) : OrderBits(datum.i32));
    case Repr::kI64:
      return AppendBig<uint64_t>(out, OrderBits(datum.i64));
    case Repr::kI128:
      return AppendBig128(out, static_cast<uint128>(datum.i128) ^ (static_cast<uint128>(1) << 127),
                          16);
    case Repr::kF32:
      return AppendBig<uint32_t>(out, OrderBits(datum.f32));
    case Repr::kF64:
      return AppendBig<uint64_t>(out, OrderBits(datum.f64));
    case Repr::kInterval:
      return AppendBig128(out,
                          static_cast<uint128>(IntervalSpan(datum.interval)) ^
                              (static_cast<uint128>(1) << (8 * kIntervalKeyBytes - 1)),
                          kIntervalKeyBytes);
    case Repr::kString:
      if (type.id == TypeId::kNumeric) return EncodeBigNumeric(datum.string.view(), out);
      if (type.id == TypeId::kArray) return EncodeArray(datum.string.view(), out);
      if (type.id == TypeId::kJsonb) return EncodeJsonTop(datum.string.view(), out);
      return EncodeString(
          type.id == TypeId::kBpChar ? TrimBlanks(datum.string.view()) : datum.string.view(), out);
  }
}

/// A value of fixed width from its ascending bits.
Datum DatumOfBits(const Type& type, Repr repr, uint128 bits) {
  Datum datum;
  switch (repr) {
    case Repr::kBool:
      datum.b = bits != 0;
      break;
    case Repr::kI8:
      datum.i8 = static_cast<int8_t>(bits);
      break;
    case Repr::kI16:
      datum.i16 = static_cast<int16_t>(static_cast<uint16_t>(bits) ^ 0x8000);
      break;
    case Repr::kI32:
      datum.i32 = static_cast<int32_t>(static_cast<uint32_t>(bits) ^
                                       (IsUnsigned(type.id) ? 0 : 0x80000000u));
      break;
    case Repr::kI64:
      datum.i64 = static_cast<int64_t>(static_cast<uint64_t>(bits) ^ 1ull << 63);
      break;
    case Repr::kI128:
      datum.i128 = static_cast<int128>(bits ^ static_cast<uint128>(1) << 127);
      break;
    case Repr::kF32:
      datum.f32 = FloatOfOrderBits(static_cast<uint32_t>(bits));
      break;
    case Repr::kF64:
      datum.f64 = DoubleOfOrderBits(static_cast<uint64_t>(bits));
      break;
    case Repr::kInterval: {
      constexpr int kShift = 128 - 8 * kIntervalKeyBytes;
      bits ^= static_cast<uint128>(1) << (8 * kIntervalKeyBytes - 1);
      datum.interval = IntervalOfSpan(static_cast<int128>(bits << kShift) >> kShift);
      break;
    }
    case Repr::kString:
      LATHE_UNREACHABLE("strings have no fixed width");
  }
  return datum;
}

}  // namespace

bool CanBeKey(const Type& type) {
  if (type.id == TypeId::kRecord || type.element == TypeId::kRecord) return false;
  if (type.id == TypeId::kArray)
    return type.element != TypeId::kUnknown && types::HasEquality(type);
  return types::HasEquality(type);
}

uint32_t EncodedBytes(const Type& type) {
  const Repr repr = types::ReprOf(type);
  if (repr == Repr::kString) return 0;
  return repr == Repr::kInterval ? kIntervalKeyBytes : types::SlotBytes(repr);
}

void EncodeValue(const Type& type, const Datum& datum, bool descending, std::string* out) {
  const size_t begin = out->size();
  EncodeAscending(type, datum, out);
  if (!descending) return;
  for (size_t i = begin; i < out->size(); ++i) (*out)[i] = static_cast<char>(~(*out)[i]);
}

namespace {

bool DecodeAny(const Type& type, bool descending, std::string_view* bytes, types::Value* value);

/// The next byte, or -1.
int TakeByte(uint8_t invert, std::string_view* bytes) {
  if (bytes->empty()) return -1;
  const uint8_t byte = static_cast<uint8_t>((*bytes)[0]) ^ invert;
  bytes->remove_prefix(1);
  return byte;
}
bool TakeWord(uint8_t invert, std::string_view* bytes, uint32_t* word) {
  if (bytes->size() < 4) return false;
  *word = LoadBig<uint32_t>(bytes->data()) ^ (invert ? ~0u : 0u);
  bytes->remove_prefix(4);
  return true;
}

bool DecodeArray(const Type& type, bool descending, std::string_view* bytes, std::string* form) {
  const uint8_t invert = descending ? 0xff : 0;
  types::ArrayBuilder builder(type.element);
  for (;;) {
    const int next = TakeByte(invert, bytes);
    if (next == kArrayEnd) break;
    if (next == kNullElement) {
      builder.AddNull();
    } else if (next == kElement) {
      types::Value value;
      if (!DecodeAny(Type(type.element), descending, bytes, &value)) return false;
      builder.Add(value.datum());
    } else {
      return false;
    }
  }
  const int count = TakeByte(invert, bytes);
  if (count < 0 || count > types::kArrayDimensionsMax) return false;
  std::vector<types::ArrayDimension> dimensions(static_cast<size_t>(count));
  uint64_t product = count == 0 ? 0 : 1;
  for (types::ArrayDimension& d : dimensions) {
    uint32_t length;
    if (!TakeWord(invert, bytes, &length) || length == 0 || length > INT32_MAX) return false;
    d.length = static_cast<int32_t>(length);
    product = std::min<uint64_t>(product * length, UINT32_MAX);
  }
  for (types::ArrayDimension& d : dimensions) {
    uint32_t lower;
    if (!TakeWord(invert, bytes, &lower)) return false;
    d.lower = static_cast<int32_t>(lower ^ 0x80000000u);
  }
  if (product != builder.count()) return false;
  *form = builder.Finish(dimensions);
  return true;
}

bool DecodeJson(uint8_t invert, int depth, std::string_view* bytes, types::JsonNode* node) {
  using types::JsonKind;
  const int kind = TakeByte(invert, bytes) - 1;
  if (kind < 0 || kind > static_cast<int>(JsonKind::kObject) || depth > types::kJsonDepthMax + 1)
    return false;
  node->kind = static_cast<JsonKind>(kind);
  if (node->kind == JsonKind::kString) return DecodeString(invert, bytes, &node->text);
  if (node->kind == JsonKind::kNumber) {
    types::Numeric number;
    if (!DecodeBigNumeric(invert, bytes, &number) || !number.is_finite()) return false;
    node->text = number.ToText();
    return true;
  }
  if (node->kind < JsonKind::kArray) return true;
  uint32_t count;
  if (!TakeWord(invert, bytes, &count)) return false;
  for (uint32_t i = 0; i < count; ++i) {
    if (node->kind == JsonKind::kObject) {
      std::string key;
      if (!DecodeString(invert, bytes, &key)) return false;
      node->keys.push_back(std::move(key));
    }
    if (!DecodeJson(invert, depth + 1, bytes, &node->items.emplace_back())) return false;
  }
  return true;
}

bool DecodeJsonTop(uint8_t invert, std::string_view* bytes, std::string* form) {
  if (TakeByte(invert, bytes) < 0) return false;
  types::JsonNode node;
  if (!DecodeJson(invert, 0, bytes, &node)) return false;
  Result<std::string> encoded = types::EncodeJsonb(node);
  if (!encoded.ok()) return false;
  *form = std::move(*encoded);
  return true;
}

/// DecodeValue, apart from the check that the bytes are what an encoder writes.
bool DecodeAny(const Type& type, bool descending, std::string_view* bytes, types::Value* value) {
  const uint8_t invert = descending ? 0xff : 0;
  const Repr repr = types::ReprOf(type);
  if (repr == Repr::kString) {
    std::string text;
    if (type.id == TypeId::kNumeric) {
      types::Numeric number;
      if (!DecodeBigNumeric(invert, bytes, &number)) return false;
      text = number.Encode();
    } else if (type.id == TypeId::kArray) {
      if (!DecodeArray(type, descending, bytes, &text)) return false;
    } else if (type.id == TypeId::kJsonb) {
      if (!DecodeJsonTop(invert, bytes, &text)) return false;
    } else if (!DecodeString(invert, bytes, &text)) {
      return false;
    } else {
      text = PadBlanks(type, std::move(text));
    }
    Datum datum;
    datum.string = {text.data(), text.size()};
    *value = types::Value::FromDatum(type, datum);
    return true;
  }
  const uint32_t width = EncodedBytes(type);
  if (bytes->size() < width) return false;
  uint128 bits = LoadBig128(bytes->data(), width);
  if (descending)
    bits = ~bits &
           (width == 16 ? ~static_cast<uint128>(0) : (static_cast<uint128>(1) << (8 * width)) - 1);
  if (repr == Repr::kBool && bits > 1) return false;
  bytes->remove_prefix(width);
  *value = types::Value::FromDatum(type, DatumOfBits(type, repr, bits));
  return true;
}

/// Types with byte strings that decode to a value but are not its encoding (-0, other NaNs,
/// trailing blanks, far intervals).
bool HasOtherForms(const Type& type) {
  switch (type.id) {
    case TypeId::kFloat4:
    case TypeId::kFloat8:
    case TypeId::kInterval:
    case TypeId::kNumeric:
    case TypeId::kBpChar:
    case TypeId::kArray:
    case TypeId::kJsonb:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool DecodeValue(const Type& type, bool descending, std::string_view* bytes, types::Value* value) {
  const std::string_view before = *bytes;
  if (!DecodeAny(type, descending, bytes, value)) return false;
  if (!HasOtherForms(type)) return true;
  std::string again;
  EncodeValue(type, value->datum(), descending, &again);
  return again == before.substr(0, before.size() - bytes->size());
}

int128 IntervalSpan(const types::Interval& interval) {
  const int128 days = static_cast<int128>(interval.months) * 30 + interval.days;
  return days * kMicrosPerDay + interval.micros;
}

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

int CompareDatums(const Type& type, const Datum& a, const Datum& b) {
  return types::CompareByType(type, a, b);
}

}  // namespace lathe::keyspace
