// Comparison and hashing by type.
#include "runtime/types/order.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "runtime/base/bytes.h"
#include "runtime/base/hash.h"
#include "runtime/types/array.h"
#include "runtime/types/datetime.h"
#include "runtime/types/jsonb.h"
#include "runtime/types/numeric.h"
#include "runtime/types/record.h"
#include "runtime/types/text.h"

namespace lathe::types {
namespace {

template <class T>
int Order(T a, T b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

bool IsUnsigned(TypeId id) {
  return id == TypeId::kOid || id == TypeId::kRegclass || id == TypeId::kRegtype ||
         id == TypeId::kRegproc || id == TypeId::kRegnamespace;
}

/// Hash of a numeric that does not depend on its display scale: the digits without trailing zeros,
/// and where they stand.
uint64_t HashNumeric(const Numeric& n) {
  base::Hasher hasher;
  int32_t header[2] = {static_cast<int32_t>(n.kind()) * 2 + (n.negative() ? 1 : 0),
                       n.is_zero() ? 0 : n.weight()};
  hasher.Add({reinterpret_cast<const char*>(header), sizeof header});
  hasher.Add({reinterpret_cast<const char*>(n.digits().data()), n.digits().size() * 2});
  return hasher.Finish();
}

uint64_t HashDouble(double d) {
  if (d == 0) d = 0;  // -0
  if (std::isnan(d)) d = std::numeric_limits<double>::quiet_NaN();
  return base::MixBits(LoadAt<uint64_t>(&d));
}

uint64_t HashWide(int128 n) {
  return base::MixBits(static_cast<uint64_t>(n) ^ base::MixBits(static_cast<uint64_t>(n >> 64)));
}

/// Elements, then their count, then the dimensions: their number, lengths and lower bounds. NULL is
/// equal to NULL and after everything else.
int CompareArrays(std::string_view x, std::string_view y) {
  ArrayReader a(x), b(y);
  const Type element(a.element());
  const uint32_t common = std::min(a.count(), b.count());
  for (uint32_t i = 0; i < common; ++i) {
    Datum p, q;
    const bool p_null = !a.Next(&p), q_null = !b.Next(&q);
    const int order = p_null || q_null ? static_cast<int>(p_null) - static_cast<int>(q_null)
                                       : CompareByType(element, p, q);
    if (order != 0) return order;
  }
  if (a.count() != b.count()) return Order(a.count(), b.count());
  if (a.dimension_count() != b.dimension_count())
    return Order(a.dimension_count(), b.dimension_count());
  for (int i = 0; i < a.dimension_count(); ++i) {
    const auto at = static_cast<size_t>(i);
    if (const int order = Order(a.dimensions()[at].length, b.dimensions()[at].length)) return order;
  }
  for (int i = 0; i < a.dimension_count(); ++i) {
    const auto at = static_cast<size_t>(i);
    if (const int order = Order(a.dimensions()[at].lower, b.dimensions()[at].lower)) return order;
  }
  return 0;
}

uint64_t HashArray(std::string_view bytes) {
  ArrayReader reader(bytes);
  const Type element(reader.element());
  uint64_t h = base::MixBits(reader.count() + 1);
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Datum value;
    h = base::MixBits(h * 31 + (reader.Next(&value) ? HashByType(element, value) : 7));
  }
  return h;
}

}  // namespace

int CompareDouble(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return Order(std::isnan(a), std::isnan(b));
  return Order(a, b);
}

int CompareBytes(std::string_view a, std::string_view b) {
  const size_t common = std::min(a.size(), b.size());
  const int order = common == 0 ? 0 : std::memcmp(a.data(), b.data(), common);
  if (order != 0) return order < 0 ? -1 : 1;
  return Order(a.size(), b.size());
}

bool IsStructured(const Type& type) {
  return type.id == TypeId::kArray || type.id == TypeId::kRecord || type.id == TypeId::kJsonb || type.is_big_numeric() ||
         (type.id == TypeId::kBpChar && type.typmod < 0);
}

bool HasEquality(const Type& type) {
  const TypeId id = type.id == TypeId::kArray ? type.element : type.id;
  return id != TypeId::kJson && id != TypeId::kJsonPath && id != TypeId::kVoid && !Type(id).is_polymorphic();
}

int CompareStructured(const Type& type, std::string_view a, std::string_view b) {
  switch (type.id) {
    case TypeId::kNumeric:
      return CompareBigNumeric(a, b);
    case TypeId::kBpChar:
      return CompareBytes(TrimTrailingBlanks(a), TrimTrailingBlanks(b));
    case TypeId::kArray:
      return CompareArrays(a, b);
    case TypeId::kRecord:
      return CompareRecords(a, b);
    case TypeId::kJsonb:
      return CompareJsonb(JsonbView(a), JsonbView(b));
    default:
      return CompareBytes(a, b);
  }
}

uint64_t HashStructured(const Type& type, std::string_view value) {
  switch (type.id) {
    case TypeId::kNumeric: {
      Datum datum;
      datum.string = {value.data(), value.size()};
      return HashNumeric(Numeric::FromDatum(datum));
    }
    case TypeId::kBpChar:
      return base::Hash64(TrimTrailingBlanks(value));
    case TypeId::kArray:
      return HashArray(value);
    case TypeId::kRecord:
      return HashRecord(value);
    case TypeId::kJsonb:
      return HashJsonb(JsonbView(value));
    default:
      return base::Hash64(value);
  }
}

int CompareByType(const Type& type, const Datum& a, const Datum& b) {
  switch (ReprOf(type)) {
    case Repr::kBool:
      return Order(a.b, b.b);
    case Repr::kI8:
      // "char" compares as an unsigned byte.
      return Order(static_cast<uint8_t>(a.i8), static_cast<uint8_t>(b.i8));
    case Repr::kI16:
      return Order(a.i16, b.i16);
    case Repr::kI32:
      if (IsUnsigned(type.id)) {
        return Order(static_cast<uint32_t>(a.i32), static_cast<uint32_t>(b.i32));
      }
      return Order(a.i32, b.i32);
    case Repr::kI64:
      return Order(a.i64, b.i64);
    case Repr::kI128:
      return Order(a.i128, b.i128);
    case Repr::kF32:
      return CompareDouble(a.f32, b.f32);
    case Repr::kF64:
      return CompareDouble(a.f64, b.f64);
    case Repr::kInterval:
      return CompareIntervals(a.interval, b.interval);
    case Repr::kString:
      return CompareStructured(type, a.string.view(), b.string.view());
  }
  LATHE_UNREACHABLE("representation");
}

uint64_t HashByType(const Type& type, const Datum& value) {
  switch (ReprOf(type)) {
    case Repr::kBool:
      return base::MixBits(value.b);
    case Repr::kI8:
      return base::MixBits(static_cast<uint64_t>(static_cast<int64_t>(value.i8)));
    case Repr::kI16:
      return base::MixBits(static_cast<uint64_t>(static_cast<int64_t>(value.i16)));
    case Repr::kI32:
      return base::MixBits(static_cast<uint64_t>(static_cast<int64_t>(value.i32)));
    case Repr::kI64:
      return base::MixBits(static_cast<uint64_t>(value.i64));
    case Repr::kI128:
      return HashWide(value.i128);
    case Repr::kF32:
      return HashDouble(value.f32);
    case Repr::kF64:
      return HashDouble(value.f64);
    case Repr::kInterval:
      return HashWide(IntervalSpan(value.interval));
    case Repr::kString:
      return HashStructured(type, value.string.view());
  }
  LATHE_UNREACHABLE("representation");
}

}  // namespace lathe::types
