// Hashing, comparing and fixed-point arithmetic that is not worth inlining.
#include "runtime/abi/abi.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "runtime/base/bytes.h"
#include "runtime/row/string_slot.h"
#include "runtime/types/datetime.h"
#include "runtime/types/fixed.h"
#include "runtime/types/numeric.h"
#include "runtime/types/order.h"
#include "runtime/types/text.h"

namespace lathe::abi {
namespace {

using types::int128;

int128 Join(int64_t low, int64_t high) {
  return static_cast<int128>(static_cast<types::uint128>(static_cast<uint64_t>(high)) << 64 |
                             static_cast<uint64_t>(low));
}

template <class T>
int Order(T a, T b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

types::Interval IntervalOf(int64_t low, int64_t high) {
  types::Interval interval;
  interval.micros = low;
  interval.days = static_cast<int32_t>(high);
  interval.months = static_cast<int32_t>(high >> 32);
  return interval;
}

int CompareBytes(std::string_view a, std::string_view b) {
  size_t common = a.size() < b.size() ? a.size() : b.size();
  int order = common == 0 ? 0 : std::memcmp(a.data(), b.data(), common);
  return order != 0 ? order : Order(a.size(), b.size());
}

}  // namespace

int CompareDatums(const types::Type& type, const types::Datum& a, const types::Datum& b) {
  return types::CompareByType(type, a, b);
}

uint64_t HashDatum(uint64_t h, const types::Type& type, const types::Datum& d, bool null) {
  using types::Repr;
  using types::TypeId;
  const Repr repr = types::ReprOf(type);
  if (null) {
    h = HashWord(h, kHashNull);
    return repr == Repr::kI128 ? HashWord(h, kHashNull) : h;
  }
  switch (repr) {
    case Repr::kBool:
      return HashWord(h, d.b ? 1 : 0);
    case Repr::kI8:
      return HashWord(h, static_cast<uint64_t>(static_cast<int64_t>(d.i8)));
    case Repr::kI16:
      return HashWord(h, static_cast<uint64_t>(static_cast<int64_t>(d.i16)));
    case Repr::kI32:
      return HashWord(h, static_cast<uint64_t>(static_cast<int64_t>(d.i32)));
    case Repr::kI64:
      return HashWord(h, static_cast<uint64_t>(d.i64));
    case Repr::kI128: {
      const auto bits = static_cast<types::uint128>(d.i128);
      return HashWord(HashWord(h, static_cast<uint64_t>(bits)), static_cast<uint64_t>(bits >> 64));
    }
    case Repr::kF32:
    case Repr::kF64: {
      double number = repr == Repr::kF32 ? static_cast<double>(d.f32) : d.f64;
      if (number == 0) number = 0;  // -0 equals 0
      uint64_t bits;
      std::memcpy(&bits, &number, sizeof bits);
      if (std::isnan(number)) bits = 0x7ff8000000000000;
      return HashWord(h, bits);
    }
    case Repr::kInterval: {
      const auto bits = static_cast<types::uint128>(d.i128);
      return HashWord(
          h, lathe_hash_interval(static_cast<int64_t>(bits), static_cast<int64_t>(bits >> 64)));
    }
    case Repr::kString:
      break;
  }
  const char* data = d.string.data;
  const uint64_t size = d.string.size;
  if (type.id == TypeId::kNumeric) return HashWord(h, lathe_hash_numeric(data, size));
  if (type.id == TypeId::kArray || type.id == TypeId::kJsonb || type.id == TypeId::kRecord)
    return HashWord(h, lathe_hash_tree(static_cast<int32_t>(type.id), data, size));
  if (type.id == TypeId::kBpChar && type.typmod < 0)
    return HashWord(h, lathe_hash_bpchar(data, size));
  return HashWord(h, lathe_hash_string(data, size));
}

void ValueSet::Seal() {
  std::sort(values_.begin(), values_.end(), [this](const types::Datum& a, const types::Datum& b) {
    return CompareDatums(type_, a, b) < 0;
  });
}

bool ValueSet::Contains(const types::Datum& datum) const {
  return std::binary_search(values_.begin(), values_.end(), datum,
                            [this](const types::Datum& a, const types::Datum& b) {
                              return CompareDatums(type_, a, b) < 0;
                            });
}

}  // namespace lathe::abi

using lathe::LoadAt;
using lathe::abi::HashWord;
using lathe::abi::kHashSeed;
namespace types = lathe::types;

extern "C" {

uint64_t lathe_hash_string(const char* data, uint64_t size) {
  if (size <= lathe::row::kInlineStringMax) {
    return lathe::row::EncodeInlineString({data, size});
  }
  uint64_t h = kHashSeed ^ size;
  while (size > 8) {
    h = HashWord(h, LoadAt<uint64_t>(data));
    data += 8;
    size -= 8;
  }
  uint64_t last = 0;
  std::memcpy(&last, data, size);
  return HashWord(h, last);
}

uint64_t lathe_hash_field(const char* page, const char* slot) {
  std::string_view text = lathe::row::ReadString(page, slot);
  return lathe_hash_string(text.data(), text.size());
}

int32_t lathe_equal_fields(const char* a_page, const char* a_slot, const char* b_page,
                           const char* b_slot) {
  return lathe::row::ReadString(a_page, a_slot) == lathe::row::ReadString(b_page, b_slot) ? 1 : 0;
}

uint64_t lathe_hash_bpchar(const char* data, uint64_t size) {
  std::string_view text = types::TrimTrailingBlanks({data, size});
  return lathe_hash_string(text.data(), text.size());
}

uint64_t lathe_hash_numeric(const char* data, uint64_t size) {
  // Everything but the display scale (bytes 4 and 5), which equality ignores.
  uint64_t h = HashWord(kHashSeed, LoadAt<uint32_t>(data));
  for (uint64_t i = 6; i + 2 <= size; i += 2) h = HashWord(h, LoadAt<uint16_t>(data + i));
  return h;
}

uint64_t lathe_hash_tree(int32_t type, const char* data, uint64_t size) {
  return types::HashStructured(static_cast<types::TypeId>(type), {data, size});
}

uint64_t lathe_hash_interval(int64_t low, int64_t high) {
  types::int128 span = types::IntervalSpan(lathe::abi::IntervalOf(low, high));
  return HashWord(HashWord(kHashSeed, static_cast<uint64_t>(span)),
                  static_cast<uint64_t>(span >> 64));
}

int32_t lathe_equal_bytes(const char* a, const char* b, uint64_t size) {
  return std::memcmp(a, b, size) == 0 ? 1 : 0;
}

int32_t lathe_compare_string(const char* a, uint64_t a_size, const char* b, uint64_t b_size) {
  return lathe::abi::CompareBytes({a, a_size}, {b, b_size});
}

int32_t lathe_compare_bpchar(const char* a, uint64_t a_size, const char* b, uint64_t b_size) {
  return lathe::abi::CompareBytes(types::TrimTrailingBlanks({a, a_size}),
                                  types::TrimTrailingBlanks({b, b_size}));
}

uint64_t lathe_trim_bpchar(const char* data, uint64_t size) {
  const std::string_view text = types::TrimTrailingBlanks({data, size});
  uint64_t slot = 0;
  if (text.size() <= lathe::row::kInlineStringMax) slot = lathe::row::EncodeInlineString(text);
  return slot << 32 | text.size();
}

int32_t lathe_compare_numeric(const char* a, uint64_t a_size, const char* b, uint64_t b_size) {
  return types::CompareBigNumeric({a, a_size}, {b, b_size});
}

int32_t lathe_compare_tree(int32_t type, const char* a, uint64_t a_size, const char* b,
                           uint64_t b_size) {
  return types::CompareStructured(static_cast<types::TypeId>(type), {a, a_size}, {b, b_size});
}

int32_t lathe_compare_interval(int64_t a_low, int64_t a_high, int64_t b_low, int64_t b_high) {
  return types::CompareIntervals(lathe::abi::IntervalOf(a_low, a_high),
                                 lathe::abi::IntervalOf(b_low, b_high));
}

int32_t lathe_like(const void* pattern, const char* data, uint64_t size) {
  return static_cast<const lathe::abi::LikePattern*>(pattern)->Matches({data, size}) ? 1 : 0;
}

int32_t lathe_in_set(const void* set, const void* datum) {
  const auto& values = *static_cast<const lathe::abi::ValueSet*>(set);
  if (values.Contains(LoadAt<types::Datum>(datum))) return 1;
  return values.has_null() ? 2 : 0;
}

int64_t lathe_char_count(const char* data, uint64_t size) { return types::CharCount({data, size}); }

int32_t lathe_multiply_fixed(int64_t a_low, int64_t a_high, int64_t b_low, int64_t b_high,
                             void* datum) {
  types::int128 product;
  if (__builtin_mul_overflow(lathe::abi::Join(a_low, a_high), lathe::abi::Join(b_low, b_high),
                             &product))
    return 1;
  if (!types::FitsPrecision(product, types::kFixedDigitsMax)) return 1;
  lathe::StoreAt(datum, product);
  return 0;
}

int32_t lathe_rescale_fixed(int64_t low, int64_t high, int32_t from_scale, int32_t precision,
                            int32_t scale, void* datum) {
  types::int128 result;
  if (!types::RescaleFixed(lathe::abi::Join(low, high), from_scale, scale, &result)) return 1;
  if (!types::FitsPrecision(result, precision)) return 1;
  lathe::StoreAt(datum, result);
  return 0;
}

double lathe_fixed_to_double(int64_t low, int64_t high, int32_t scale) {
  return types::FixedToDouble(lathe::abi::Join(low, high), scale);
}

int64_t lathe_date_field(int32_t field, int64_t timestamp) {
  return types::IntegerField(static_cast<types::DateField>(field), timestamp);
}

}  // extern "C"
