// Text forms.
#include "runtime/types/codec.h"

#include <charconv>

#include "runtime/types/bytea.h"
#include "runtime/types/codec_parts.h"
#include "runtime/types/record.h"
#include "runtime/types/fixed.h"
#include "runtime/types/jsonb.h"
#include "runtime/types/jsonpath.h"
#include "runtime/types/numeric.h"
#include "runtime/types/text.h"
#include "runtime/types/time_of_day.h"

namespace lathe::types {
namespace {

constexpr size_t kNameBytesMax = 63;

Datum StringDatum(std::string_view text) {
  Datum datum;
  datum.string = {text.data(), text.size()};
  return datum;
}

/// Plain digits with an optional sign and point, straight to a scaled integer. False when the text
/// is anything else or too long for 64 bits: the general way is taken then.
bool ParseFixedFast(std::string_view text, const Type& type, Datum* datum) {
  if (type.precision > 18 || text.empty() || text.size() > 19) return false;
  size_t i = 0;
  bool negative = text[0] == '-';
  if (negative || text[0] == '+') ++i;
  int64_t value = 0;
  size_t digits = 0;
  int scale = -1;
  for (; i < text.size(); ++i) {
    unsigned digit = static_cast<unsigned char>(text[i]) - '0';
    if (digit <= 9) {
      value = value * 10 + static_cast<int64_t>(digit);
      ++digits;
      if (scale >= 0) ++scale;
    } else if (text[i] == '.' && scale < 0) {
      scale = 0;
    } else {
      return false;
    }
  }
  if (digits == 0 || digits > 18) return false;
  if (scale < 0) scale = 0;
  if (negative) value = -value;
  int128 scaled = value;
  if (scale != type.scale && !RescaleFixed(value, scale, type.scale, &scaled)) return false;
  if (!FitsPrecision(scaled, type.precision)) return false;
  datum->i64 = static_cast<int64_t>(scaled);
  return true;
}

Status ParseNumeric(const Type& type, std::string_view text, base::Arena* arena, Datum* datum) {
  if (type.precision != 0 && ParseFixedFast(text, type, datum)) return Ok();
  LATHE_ASSIGN(Numeric number, Numeric::Parse(text));
  if (type.precision != 0) {
    LATHE_ASSIGN(*datum, FixedFromNumeric(type, number));
    return Ok();
  }
  LATHE_ASSIGN(number, number.WithTypmod(type.typmod));
  *datum = number.ToDatum(arena);
  return Ok();
}

Status ParseOidText(std::string_view text, std::string_view type, Datum* datum) {
  std::string_view rest = Trim(text);
  bool negative = !rest.empty() && rest[0] == '-';
  std::string_view digits = negative || (!rest.empty() && rest[0] == '+') ? rest.substr(1) : rest;
  uint64_t value = 0;
  auto end = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || end.ptr != digits.data() + digits.size()) return InvalidInput(type, text);
  if (end.ec != std::errc() || value > (negative ? uint64_t{1} << 31 : UINT32_MAX)) {
    return MakeError(SqlState::kNumericValueOutOfRange,
                     "value " + Quoted(text) + " is out of range for type " + std::string(type));
  }
  uint32_t oid = static_cast<uint32_t>(value);
  datum->i32 = static_cast<int32_t>(negative ? -oid : oid);
  return Ok();
}

Status ParseReg(const Type& type, std::string_view text, const FormatContext& context,
                Datum* datum) {
  if (text == "-") {
    datum->i32 = 0;
    return Ok();
  }
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos) {
    return ParseOidText(text, "oid", datum);
  }
  if (context.names != nullptr) {
    LATHE_ASSIGN(Oid oid, context.names->OidOfName(type.id, text));
    datum->i32 = static_cast<int32_t>(oid.value);
    return Ok();
  }
  Type named;
  if (type.id == TypeId::kRegtype) {
    if (!TypeFromName(text, &named)) {
      return MakeError(SqlState::kUndefinedObject, "type " + Quoted(text) + " does not exist");
    }
    datum->i32 = static_cast<int32_t>(OidOf(named).value);
    return Ok();
  }
  return NotSupported("looking up " + Quoted(text) + " as " + std::string(CatalogName(type)) +
                      " here");
}

}  // namespace

Result<bool> ParseBool(std::string_view text) {
  std::string_view rest = Trim(text);
  auto prefix_of = [&](std::string_view word, size_t least) {
    if (rest.size() < least || rest.size() > word.size()) return false;
    for (size_t i = 0; i < rest.size(); ++i) {
      if ((rest[i] | 32) != word[i]) return false;
    }
    return true;
  };
  if (rest == "1" || prefix_of("true", 1) || prefix_of("yes", 1) || prefix_of("on", 2)) return true;
  if (rest == "0" || prefix_of("false", 1) || prefix_of("no", 1) || prefix_of("off", 2))
    return false;
  return InvalidInput("boolean", text);
}

Result<int64_t> ParseInteger(TypeId type, std::string_view text) {
  int64_t low = INT64_MIN, high = INT64_MAX;
  std::string_view name = "bigint";
  if (type == TypeId::kInt4) {
    low = INT32_MIN, high = INT32_MAX, name = "integer";
  } else if (type == TypeId::kInt2) {
    low = INT16_MIN, high = INT16_MAX, name = "smallint";
  }
  std::string_view rest = text;
  if (rest.empty() || IsBlank(rest.front()) || IsBlank(rest.back())) rest = Trim(rest);
  if (!rest.empty() && rest[0] == '+' && rest.size() > 1 && rest[1] != '-') rest.remove_prefix(1);
  int64_t value = 0;
  auto end = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (end.ec == std::errc::invalid_argument || end.ptr != rest.data() + rest.size())
    return InvalidInput(name, text);
  if (end.ec == std::errc::result_out_of_range || value < low || value > high) {
    return MakeError(SqlState::kNumericValueOutOfRange,
                     "value " + Quoted(text) + " is out of range for type " + std::string(name));
  }
  return value;
}

Result<std::string_view> ApplyLength(const Type& type, std::string_view text, bool is_explicit) {
  if (type.id == TypeId::kName) {
    if (text.size() <= kNameBytesMax) return text;
    size_t end = kNameBytesMax;
    while (end > 0 && (text[end] & 0xc0) == 0x80) --end;
    return text.substr(0, end);
  }
  if (type.typmod < 4 || (type.id != TypeId::kVarchar && type.id != TypeId::kBpChar)) return text;
  bool blank_padded = type.id == TypeId::kBpChar;
  int64_t limit = type.typmod - 4;
  if (static_cast<int64_t>(text.size()) > limit) {
    size_t fits = BytesOfChars(text, limit);
    if (fits < text.size()) {
      if (!is_explicit && text.find_first_not_of(' ', fits) != std::string_view::npos) {
        return MakeError(SqlState::kStringDataRightTruncation,
                         "value too long for type " + FormatType(type));
      }
      text = text.substr(0, fits);
    }
  }
  return blank_padded ? TrimTrailingBlanks(text) : text;
}

Status ParseText(const Type& type, std::string_view text, const FormatContext& context,
                 base::Arena* arena, Datum* datum) {
  switch (type.id) {
    case TypeId::kBool: {
      LATHE_ASSIGN(datum->b, ParseBool(text));
      return Ok();
    }
    case TypeId::kChar:
      datum->i8 = text.empty() ? 0 : text[0];
      return Ok();
    case TypeId::kInt2: {
      LATHE_ASSIGN(int64_t n, ParseInteger(type.id, text));
      datum->i16 = static_cast<int16_t>(n);
      return Ok();
    }
    case TypeId::kInt4: {
      LATHE_ASSIGN(int64_t n, ParseInteger(type.id, text));
      datum->i32 = static_cast<int32_t>(n);
      return Ok();
    }
    case TypeId::kInt8: {
      LATHE_ASSIGN(datum->i64, ParseInteger(type.id, text));
      return Ok();
    }
    case TypeId::kOid:
      return ParseOidText(text, "oid", datum);
    case TypeId::kRegproc:
    case TypeId::kRegclass:
    case TypeId::kRegtype:
    case TypeId::kRegnamespace:
      return ParseReg(type, text, context, datum);
    case TypeId::kFloat4: {
      LATHE_ASSIGN(datum->f32, ParseFloat4(text));
      return Ok();
    }
    case TypeId::kFloat8: {
      LATHE_ASSIGN(datum->f64, ParseFloat8(text));
      return Ok();
    }
    case TypeId::kNumeric:
      return ParseNumeric(type, text, arena, datum);
    case TypeId::kDate: {
      LATHE_ASSIGN(datum->i32, ParseDate(text, context.time, context.style.order));
      return Ok();
    }
    case TypeId::kTimestamp: {
      LATHE_ASSIGN(int64_t t, ParseTimestamp(text, context.time, context.style.order));
      datum->i64 = RoundTimestamp(t, type.typmod);
      return Ok();
    }
    case TypeId::kTimestampTz: {
      LATHE_ASSIGN(int64_t t, ParseTimestampTz(text, context.time, context.style.order));
      datum->i64 = RoundTimestamp(t, type.typmod);
      return Ok();
    }
    case TypeId::kInterval: {
      LATHE_ASSIGN(datum->interval, ParseInterval(text, type.typmod, context.style.interval));
      return Ok();
    }
    case TypeId::kTime: {
      LATHE_ASSIGN(int64_t t, ParseTime(text, context.time));
      datum->i64 = RoundTimestamp(t, type.typmod);
      return Ok();
    }
    case TypeId::kTimeTz: {
      LATHE_ASSIGN(datum->i64, ParseTimeTz(text, context.time, type.typmod));
      return Ok();
    }
    case TypeId::kUuid: {
      LATHE_ASSIGN(datum->i128, ParseUuid(text));
      return Ok();
    }
    case TypeId::kBytea: {
      LATHE_ASSIGN(std::string bytes, ParseBytea(text));
      *datum = StringDatum(arena->Copy(bytes));
      return Ok();
    }
    case TypeId::kJson:
      LATHE_TRY(CheckUtf8(text));
      LATHE_TRY(CheckJson(text));
      *datum = StringDatum(text);
      return Ok();
    case TypeId::kJsonPath: {
      LATHE_TRY(CheckUtf8(text));
      LATHE_ASSIGN(std::string path, NormalizeJsonPath(text));
      *datum = StringDatum(arena->Copy(path));
      return Ok();
    }
    case TypeId::kJsonb: {
      LATHE_TRY(CheckUtf8(text));
      LATHE_ASSIGN(std::string bytes, ParseJsonb(text));
      *datum = StringDatum(arena->Copy(bytes));
      return Ok();
    }
    case TypeId::kAnyElement:
    case TypeId::kAnyNonArray:
    case TypeId::kAnyCompatible:
    case TypeId::kAnyCompatibleArray:
    case TypeId::kAnyCompatibleNonArray:
      return MakeError(SqlState::kFeatureNotSupported,
                       "cannot accept a value of type " + std::string(CatalogName(type)));
    case TypeId::kUnknown:
    case TypeId::kText:
    case TypeId::kVarchar:
    case TypeId::kBpChar:
    case TypeId::kName: {
      LATHE_TRY(CheckUtf8(text));
      LATHE_ASSIGN(std::string_view fitting, ApplyLength(type, text, false));
      *datum = StringDatum(fitting);
      return Ok();
    }
    case TypeId::kArray:
      if (type.element != TypeId::kUnknown)
        return ParseArrayText(type, text, context, arena, datum);
      return MakeError(SqlState::kFeatureNotSupported, "cannot accept a value of type anyarray");
    case TypeId::kEnum: {
      if (type.shape == nullptr) {
        return MakeError(SqlState::kFeatureNotSupported, "cannot accept a value of type anyenum");
      }
      const Shape::Label* label = type.shape->FindLabel(text);
      if (label == nullptr) {
        return MakeError(SqlState::kInvalidTextRepresentation,
                         "invalid input value for enum " + FormatType(type) + ": \"" +
                             std::string(text) + "\"");
      }
      datum->i64 = label->value;
      return Ok();
    }
    case TypeId::kRecord:
      return ParseRecordText(type, text, context, arena, datum);
    case TypeId::kVoid:
      datum->i32 = 0;
      return Ok();
  }
  LATHE_UNREACHABLE("type id");
}

void AppendText(const Type& type, const Datum& datum, const FormatContext& context,
                std::string* out) {
  switch (type.id) {
    case TypeId::kBool:
      out->push_back(datum.b ? 't' : 'f');
      return;
    case TypeId::kChar:
      if (datum.i8 != 0) out->push_back(static_cast<char>(datum.i8));
      return;
    case TypeId::kInt2:
      AppendInteger(datum.i16, out);
      return;
    case TypeId::kInt4:
      AppendInteger(datum.i32, out);
      return;
    case TypeId::kInt8:
      AppendInteger(datum.i64, out);
      return;
    case TypeId::kOid:
      AppendInteger(static_cast<uint32_t>(datum.i32), out);
      return;
    case TypeId::kRegproc:
    case TypeId::kRegclass:
    case TypeId::kRegtype:
    case TypeId::kRegnamespace: {
      Oid oid(static_cast<uint32_t>(datum.i32));
      if (oid.value == 0) {
        out->push_back('-');
        return;
      }
      std::string name =
          context.names != nullptr ? context.names->NameOf(type.id, oid) : std::string();
      Type named;
      if (name.empty() && type.id == TypeId::kRegtype && TypeFromOid(oid, &named))
        name = FormatType(named);
      if (name.empty()) {
        AppendInteger(oid.value, out);
      } else {
        out->append(name);
      }
      return;
    }
    case TypeId::kFloat4:
      AppendFloat4(datum.f32, context.extra_float_digits, out);
      return;
    case TypeId::kFloat8:
      AppendFloat8(datum.f64, context.extra_float_digits, out);
      return;
    case TypeId::kNumeric:
      if (type.precision != 0) {
        AppendFixed(FixedFromDatum(type, datum), type.scale, out);
      } else {
        Numeric::FromDatum(datum).AppendText(out);
      }
      return;
    case TypeId::kDate:
      AppendDate(datum.i32, context.style, out);
      return;
    case TypeId::kTimestamp:
      AppendTimestamp(datum.i64, context.style, out);
      return;
    case TypeId::kTimestampTz:
      AppendTimestampTz(datum.i64, *context.time.zone, context.style, out);
      return;
    case TypeId::kInterval:
      AppendInterval(datum.interval, context.style.interval, out);
      return;
    case TypeId::kTime:
      AppendTime(datum.i64, out);
      return;
    case TypeId::kTimeTz:
      AppendTimeTz(datum.i64, out);
      return;
    case TypeId::kUuid:
      AppendUuid(datum.i128, out);
      return;
    case TypeId::kBytea:
      if (context.style.bytea_escape) return AppendByteaEscaped(datum.string.view(), out);
      AppendBytea(datum.string.view(), out);
      return;
    case TypeId::kJsonb:
      AppendJsonb(JsonbView(datum.string.view()), out);
      return;
    case TypeId::kBpChar: {
      std::string_view text = datum.string.view();
      out->append(text);
      if (type.typmod >= 4) {
        int64_t missing = type.typmod - 4 - CharCount(text);
        if (missing > 0) out->append(static_cast<size_t>(missing), ' ');
      }
      return;
    }
    case TypeId::kUnknown:
    case TypeId::kText:
    case TypeId::kVarchar:
    case TypeId::kName:
    case TypeId::kJson:
    case TypeId::kJsonPath:
      out->append(datum.string.data, datum.string.size);
      return;
    case TypeId::kArray:
      AppendArrayText(type, datum, context, out);
      return;
    case TypeId::kEnum: {
      const Shape::Label* label =
          type.shape == nullptr ? nullptr : type.shape->FindLabel(datum.i64);
      out->append(label != nullptr ? label->text : std::to_string(datum.i64));
      return;
    }
    case TypeId::kRecord:
      AppendRecordText(type, datum, context, out);
      return;
    case TypeId::kVoid:
    case TypeId::kAnyElement:
    case TypeId::kAnyNonArray:
    case TypeId::kAnyCompatible:
    case TypeId::kAnyCompatibleArray:
    case TypeId::kAnyCompatibleNonArray:
      return;
  }
}

Result<Value> ValueFromText(const Type& type, std::string_view text, const FormatContext& context) {
  base::Arena arena;
  Datum datum;
  LATHE_TRY(ParseText(type, text, context, &arena, &datum));
  return Value::FromDatum(type, datum);
}

Result<Value> ValueFromBinary(const Type& type, std::string_view bytes,
                              const FormatContext& context) {
  base::Arena arena;
  Datum datum;
  LATHE_TRY(ParseBinary(type, bytes, context, &arena, &datum));
  return Value::FromDatum(type, datum);
}

Status SetTimeZone(std::string_view name, FormatContext* context) {
  LATHE_ASSIGN(context->time.zone, TimeZone::FindForSetting(name));
  return Ok();
}

}  // namespace lathe::types
