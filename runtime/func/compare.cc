#include "runtime/func/compare.h"

#include <cmath>
#include <cstring>

#include "runtime/base/bytes.h"
#include "runtime/base/check.h"
#include "runtime/base/hash.h"
#include "runtime/types/datetime.h"
#include "runtime/types/numeric.h"
#include "runtime/types/text.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::Repr;
using types::StringRef;
using types::TypeId;

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
uint64_t HashNumeric(const types::Numeric& n) {
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

}  // namespace

int CompareDouble(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return Order(std::isnan(a), std::isnan(b));
  return Order(a, b);
}

int CompareBytes(const StringRef& a, const StringRef& b) {
  const int order = std::memcmp(a.data, b.data, std::min(a.size, b.size));
  if (order != 0) return order < 0 ? -1 : 1;
  return Order(a.size, b.size);
}

int Compare(const types::Type& type, const Datum& a, const Datum& b) {
  switch (types::ReprOf(type)) {
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
      return types::CompareIntervals(a.interval, b.interval);
    case Repr::kString:
      if (type.id == TypeId::kNumeric) {
        return types::CompareBigNumeric(a.string.view(), b.string.view());
      }
      if (type.id == TypeId::kBpChar) {
        std::string_view x = types::TrimTrailingBlanks(a.string.view());
        std::string_view y = types::TrimTrailingBlanks(b.string.view());
        return CompareBytes({x.data(), x.size()}, {y.data(), y.size()});
      }
      return CompareBytes(a.string, b.string);
  }
  LATHE_UNREACHABLE("representation");
}

uint64_t Hash(const types::Type& type, const Datum& value) {
  switch (types::ReprOf(type)) {
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
      return base::MixBits(static_cast<uint64_t>(value.i128) ^
                           base::MixBits(static_cast<uint64_t>(value.i128 >> 64)));
    case Repr::kF32:
      return HashDouble(value.f32);
    case Repr::kF64:
      return HashDouble(value.f64);
    case Repr::kInterval: {
      const types::int128 span = types::IntervalSpan(value.interval);
      return base::MixBits(static_cast<uint64_t>(span) ^
                           base::MixBits(static_cast<uint64_t>(span >> 64)));
    }
    case Repr::kString:
      if (type.id == TypeId::kNumeric) return HashNumeric(types::Numeric::FromDatum(value));
      if (type.id == TypeId::kBpChar)
        return base::Hash64(types::TrimTrailingBlanks(value.string.view()));
      return base::Hash64(value.string.view());
  }
  LATHE_UNREACHABLE("representation");
}

}  // namespace lathe::func
