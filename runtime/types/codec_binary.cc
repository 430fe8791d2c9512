// PostgreSQL's binary wire forms.
#include <cstring>

#include "runtime/base/bytes.h"
#include "runtime/types/bytea.h"
#include "runtime/types/codec_parts.h"
#include "runtime/types/record.h"
#include "runtime/types/fixed.h"
#include "runtime/types/jsonb.h"
#include "runtime/types/numeric.h"
#include "runtime/types/text.h"
#include "runtime/types/time_of_day.h"

namespace lathe::types {
namespace {

constexpr int32_t kZoneEnd = 16 * 3600;  // time zones are less far from Greenwich

/// A big-endian integer that is the whole value.
template <class T>
Status Whole(std::string_view bytes, T* value) {
  if (bytes.size() < sizeof(T)) return TooShort();
  if (bytes.size() > sizeof(T)) return Malformed();
  *value = LoadBig<T>(bytes.data());
  return Ok();
}

/// int16 digit count, weight, sign, dscale, then the digits.
void AppendNumeric(const Numeric& n, std::string* out) {
  uint16_t sign = n.is_nan()        ? 0xc000
                  : n.is_infinite() ? (n.negative() ? 0xf000 : 0xd000)
                  : n.negative()    ? 0x4000
                                    : 0;
  AppendBig<uint16_t>(out, static_cast<uint16_t>(n.digits().size()));
  AppendBig<int16_t>(out, static_cast<int16_t>(n.weight()));
  AppendBig<uint16_t>(out, sign);
  AppendBig<uint16_t>(out, static_cast<uint16_t>(n.dscale()));
  for (size_t i = 0; i < n.digits().size(); ++i) AppendBig<int16_t>(out, n.digits()[i]);
}

Result<Numeric> ReadNumeric(std::string_view bytes) {
  ByteReader reader(bytes);
  uint16_t count = reader.Big<uint16_t>();
  int16_t weight = reader.Big<int16_t>();
  uint16_t sign = reader.Big<uint16_t>();
  uint16_t dscale = reader.Big<uint16_t>();
  if (!reader.ok()) return TooShort();
  if (dscale > Numeric::kScaleMax) {
    return MakeError(SqlState::kInvalidBinaryRepresentation,
                     "invalid scale in external \"numeric\" value");
  }
  if (sign != 0 && sign != 0x4000 && sign != 0xc000 && sign != 0xd000 && sign != 0xf000) {
    return MakeError(SqlState::kInvalidBinaryRepresentation,
                     "invalid sign in external \"numeric\" value");
  }
  DigitArray digits;
  digits.resize(count);
  for (size_t i = 0; i < count; ++i) {
    int16_t digit = reader.Big<int16_t>();
    if (!reader.ok()) return TooShort();
    if (digit < 0 || digit >= 10000) {
      return MakeError(SqlState::kInvalidBinaryRepresentation,
                       "invalid digit in external \"numeric\" value");
    }
    digits[i] = digit;
  }
  if (!reader.AtEnd()) return Malformed();
  if (sign == 0xc000) return Numeric::NaN();
  if (sign == 0xd000 || sign == 0xf000) return Numeric::Infinity(sign == 0xf000);
  Numeric number = Numeric::FromDigits(digits.data(), count, weight, sign == 0x4000, dscale);
  // Digits below the display scale are cut off, as PostgreSQL does.
  if (number.MinScale() > dscale) number = number.Truncated(dscale);
  LATHE_TRY(number.CheckRange());
  return number;
}

}  // namespace

void AppendBinary(const Type& type, const Datum& datum, std::string* out) {
  if (type.id == TypeId::kArray) return AppendArrayBinary(type, datum, out);
  if (type.id == TypeId::kNumeric) {
    return AppendNumeric(type.precision != 0
                             ? Numeric::FromFixed(FixedFromDatum(type, datum), type.scale)
                             : Numeric::FromDatum(datum),
                         out);
  }
  switch (type.id) {
    case TypeId::kVoid:
    case TypeId::kAnyElement:
    case TypeId::kAnyNonArray:
    case TypeId::kAnyCompatible:
    case TypeId::kAnyCompatibleArray:
    case TypeId::kAnyCompatibleNonArray:
      return;
    case TypeId::kBytea:
      out->append(datum.string.view());
      return;
    case TypeId::kEnum:
      return AppendText(type, datum, FormatContext(), out);
    case TypeId::kRecord:
      return AppendRecordBinary(type, datum, out);
    case TypeId::kJsonb:
      out->push_back(1);  // the version
      return AppendJsonb(JsonbView(datum.string.view()), out);
    case TypeId::kUuid:
      out->append(16, '\0');
      return UuidBytes(datum.i128, out->data() + out->size() - 16);
    case TypeId::kTimeTz: {
      const TimeTz value = UnpackTimeTz(datum.i64);
      AppendBig<int64_t>(out, value.time);
      return AppendBig<int32_t>(out, -value.offset_east);
    }
    default:
      break;
  }
  switch (ReprOf(type)) {
    case Repr::kBool:
      out->push_back(datum.b ? 1 : 0);
      return;
    case Repr::kI8:
      out->push_back(static_cast<char>(datum.i8));
      return;
    case Repr::kI16:
      AppendBig<int16_t>(out, datum.i16);
      return;
    case Repr::kI32:
      AppendBig<int32_t>(out, datum.i32);
      return;
    case Repr::kI64:
      AppendBig<int64_t>(out, datum.i64);
      return;
    case Repr::kF32:
      AppendBig<int32_t>(out, datum.i32);
      return;
    case Repr::kF64:
      AppendBig<int64_t>(out, datum.i64);
      return;
    case Repr::kInterval:
      AppendBig<int64_t>(out, datum.interval.micros);
      AppendBig<int32_t>(out, datum.interval.days);
      AppendBig<int32_t>(out, datum.interval.months);
      return;
    case Repr::kString:
      AppendText(type, datum, FormatContext(), out);
      return;
    case Repr::kI128:
      break;
  }
  LATHE_UNREACHABLE("representation without a wire form");
}

Status ParseBinary(const Type& type, std::string_view bytes, const FormatContext& context,
                   base::Arena* arena, Datum* datum) {
  switch (type.id) {
    case TypeId::kBool: {
      int8_t b = 0;
      LATHE_TRY(Whole(bytes, &b));
      datum->b = b != 0;
      return Ok();
    }
    case TypeId::kChar:
      return Whole(bytes, &datum->i8);
    case TypeId::kInt2:
      return Whole(bytes, &datum->i16);
    case TypeId::kInt4:
    case TypeId::kOid:
    case TypeId::kRegproc:
    case TypeId::kRegclass:
    case TypeId::kRegtype:
    case TypeId::kRegnamespace:
    case TypeId::kFloat4:
      return Whole(bytes, &datum->i32);
    case TypeId::kInt8:
    case TypeId::kFloat8:
      return Whole(bytes, &datum->i64);
    case TypeId::kDate: {
      LATHE_TRY(Whole(bytes, &datum->i32));
      if (IsFiniteDate(datum->i32) && (datum->i32 < kDateMin || datum->i32 >= kDateEnd))
        return DateOutOfRange();
      return Ok();
    }
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz: {
      LATHE_TRY(Whole(bytes, &datum->i64));
      if (IsFiniteTimestamp(datum->i64) &&
          (datum->i64 < kTimestampMin || datum->i64 >= kTimestampEnd)) {
        return TimestampOutOfRange();
      }
      datum->i64 = RoundTimestamp(datum->i64, type.typmod);
      return Ok();
    }
    case TypeId::kInterval: {
      if (bytes.size() < 16) return TooShort();
      if (bytes.size() > 16) return Malformed();
      Interval interval;
      interval.micros = LoadBig<int64_t>(bytes.data());
      interval.days = LoadBig<int32_t>(bytes.data() + 8);
      interval.months = LoadBig<int32_t>(bytes.data() + 12);
      LATHE_ASSIGN(datum->interval, IntervalWithTypmod(interval, type.typmod));
      return Ok();
    }
    case TypeId::kNumeric: {
      LATHE_ASSIGN(Numeric number, ReadNumeric(bytes));
      if (type.precision != 0) {
        LATHE_ASSIGN(*datum, FixedFromNumeric(type, number));
        return Ok();
      }
      LATHE_ASSIGN(number, number.WithTypmod(type.typmod));
      *datum = number.ToDatum(arena);
      return Ok();
    }
    case TypeId::kTime: {
      LATHE_TRY(Whole(bytes, &datum->i64));
      if (datum->i64 < 0 || datum->i64 > kMicrosPerDay)
        return MakeError(SqlState::kDatetimeFieldOverflow, "time out of range");
      datum->i64 = RoundTimestamp(datum->i64, type.typmod);
      return Ok();
    }
    case TypeId::kTimeTz: {
      if (bytes.size() < 12) return TooShort();
      if (bytes.size() > 12) return Malformed();
      TimeTz value;
      value.time = LoadBig<int64_t>(bytes.data());
      const int32_t west = LoadBig<int32_t>(bytes.data() + 8);
      if (value.time < 0 || value.time > kMicrosPerDay)
        return MakeError(SqlState::kDatetimeFieldOverflow, "time out of range");
      if (west <= -kZoneEnd || west >= kZoneEnd) {
        return MakeError(SqlState::kInvalidTimeZoneDisplacement,
                         "time zone displacement out of range");
      }
      value.time = RoundTimestamp(value.time, type.typmod);
      value.offset_east = -west;
      datum->i64 = PackTimeTz(value);
      return Ok();
    }
    case TypeId::kUuid:
      if (bytes.size() < 16) return TooShort();
      if (bytes.size() > 16) return Malformed();
      datum->i128 = UuidFromBytes(bytes.data());
      return Ok();
    case TypeId::kBytea: {
      std::string_view kept = arena->Copy(bytes);
      datum->string = {kept.data(), kept.size()};
      return Ok();
    }
    case TypeId::kJsonb:
      if (bytes.empty()) return TooShort();
      if (bytes[0] != 1) {
        return MakeError(
            SqlState::kInternalError,
            "unsupported jsonb version number " + std::to_string(static_cast<uint8_t>(bytes[0])));
      }
      return ParseText(type, bytes.substr(1), context, arena, datum);
    case TypeId::kAnyElement:
    case TypeId::kAnyNonArray:
    case TypeId::kAnyCompatible:
    case TypeId::kAnyCompatibleArray:
    case TypeId::kAnyCompatibleNonArray:
      return NotSupported("the binary form of " + std::string(CatalogName(type)));
    case TypeId::kUnknown:
    case TypeId::kName:
    case TypeId::kText:
    case TypeId::kBpChar:
    case TypeId::kVarchar:
    case TypeId::kJson:
      return ParseText(type, bytes, context, arena, datum);
    case TypeId::kArray:
      if (type.element != TypeId::kUnknown)
        return ParseArrayBinary(type, bytes, context, arena, datum);
      return NotSupported("the binary form of anyarray");
    case TypeId::kEnum:
      return ParseText(type, bytes, context, arena, datum);
    case TypeId::kJsonPath:
      if (bytes.empty() || bytes[0] != 1) {
        return MakeError(SqlState::kInvalidBinaryRepresentation,
                         "unsupported jsonpath version number");
      }
      return ParseText(type, bytes.substr(1), context, arena, datum);
    case TypeId::kRecord:
      return NotSupported("the binary form of rows");
    case TypeId::kVoid:
      datum->i32 = 0;
      return Ok();
  }
  LATHE_UNREACHABLE("type id");
}

}  // namespace lathe::types
