// Text forms.
#include "runtime/types/codec.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

#include "runtime/types/array.h"
#include "runtime/types/fixed.h"
#include "runtime/types/numeric.h"
#include "runtime/types/text.h"

namespace lathe::types {
namespace {

constexpr size_t kNameBytesMax = 63;

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

std::string Quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

Error InvalidInput(std::string_view type, std::string_view text) {
  return MakeError(SqlState::kInvalidTextRepresentation,
                   "invalid input syntax for type " + std::string(type) + ": " + Quoted(text));
}

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

bool NeedsQuotes(std::string_view text) {
  if (text.empty()) return true;
  if (text.size() == 4 && (text[0] | 32) == 'n' && (text[1] | 32) == 'u' && (text[2] | 32) == 'l' &&
      (text[3] | 32) == 'l') {
    return true;
  }
  for (char c : text) {
    if (c == '"' || c == '\\' || c == '{' || c == '}' || c == ',' || IsBlank(c)) return true;
  }
  return false;
}

void AppendArray(const Datum& datum, const FormatContext& context, std::string* out) {
  ArrayReader reader(datum.string.view());
  out->push_back('{');
  std::string element;
  for (uint32_t i = 0; i < reader.count(); ++i) {
    if (i > 0) out->push_back(',');
    Datum value;
    if (!reader.Next(&value)) {
      out->append("NULL");
      continue;
    }
    element.clear();
    AppendText(Type(reader.element()), value, context, &element);
    if (!NeedsQuotes(element)) {
      out->append(element);
      continue;
    }
    out->push_back('"');
    for (char c : element) {
      if (c == '"' || c == '\\') out->push_back('\\');
      out->push_back(c);
    }
    out->push_back('"');
  }
  out->push_back('}');
}

Error MalformedArray(std::string_view text, std::string detail) {
  Error error =
      MakeError(SqlState::kInvalidTextRepresentation, "malformed array literal: " + Quoted(text));
  error.detail = std::move(detail);
  return error;
}

Status ParseArray(const Type& type, std::string_view text, const FormatContext& context,
                  base::Arena* arena, Datum* datum) {
  std::string_view rest = Trim(text);
  if (rest.empty() || rest[0] != '{') {
    if (!rest.empty() && rest[0] == '[') return NotSupported("an array with explicit bounds");
    return MalformedArray(text, "Array value must start with \"{\" or dimension information.");
  }
  Type element_type(type.element, type.typmod);
  ArrayBuilder builder(type.element);
  size_t i = 1;
  auto skip_blanks = [&] {
    while (i < rest.size() && IsBlank(rest[i])) ++i;
  };
  skip_blanks();
  if (i < rest.size() && rest[i] == '}') {
    ++i;
  } else {
    while (true) {
      skip_blanks();
      if (i >= rest.size()) return MalformedArray(text, "Unexpected end of input.");
      if (rest[i] == '{') return NotSupported("an array of more than one dimension");
      std::string item;
      bool quoted = false;
      if (rest[i] == '"') {
        quoted = true;
        ++i;
        while (i < rest.size() && rest[i] != '"') {
          if (rest[i] == '\\') ++i;
          if (i < rest.size()) item.push_back(rest[i++]);
        }
        if (i >= rest.size()) return MalformedArray(text, "Unexpected end of input.");
        ++i;
        skip_blanks();
      } else {
        size_t kept = 0;  // up to the last character that is no plain blank
        while (i < rest.size() && rest[i] != ',' && rest[i] != '}' && rest[i] != '{' &&
               rest[i] != '"') {
          bool escaped = rest[i] == '\\';
          if (escaped) ++i;
          if (i >= rest.size()) break;
          item.push_back(rest[i]);
          if (escaped || !IsBlank(rest[i])) kept = item.size();
          ++i;
        }
        item.resize(kept);
        if (item.empty()) {
          return MalformedArray(
              text, i < rest.size() ? "Unexpected \"" + std::string(1, rest[i]) + "\" character."
                                    : std::string("Unexpected end of input."));
        }
      }
      bool is_null = !quoted && item.size() == 4 && (item[0] | 32) == 'n' &&
                     (item[1] | 32) == 'u' && (item[2] | 32) == 'l' && (item[3] | 32) == 'l';
      if (is_null) {
        builder.AddNull();
      } else {
        Datum value;
        LATHE_TRY(ParseText(element_type, item, context, arena, &value));
        builder.Add(value);
      }
      if (i >= rest.size()) return MalformedArray(text, "Unexpected end of input.");
      if (rest[i] == ',') {
        ++i;
        continue;
      }
      if (rest[i] == '}') {
        ++i;
        break;
      }
      return MalformedArray(text, "Unexpected array element.");
    }
  }
  skip_blanks();
  if (i != rest.size()) return MalformedArray(text, "Junk after closing right brace.");
  *datum = builder.ToDatum(arena);
  return Ok();
}

/// True when the decimal digits x 10^exponent lie exactly half-way between the double and a
/// neighbour. Only integers from 2^53 can: a midpoint with a fraction has more than 17 digits.
bool IsMidpoint(uint64_t digits, int exponent, double value) {
  constexpr double kFirst = 9007199254740992.0;  // 2^53
  if (value < kFirst || exponent < 0 || exponent > 27) return false;
  uint128 decimal = digits;
  for (int i = 0; i < exponent; ++i) decimal *= 5;
  int decimal_shift = exponent;
  int shift;
  auto mantissa = static_cast<uint64_t>(std::ldexp(std::frexp(value, &shift), 53));
  shift -= 53;
  while (decimal != 0 && (decimal & 1) == 0) {
    decimal >>= 1;
    ++decimal_shift;
  }
  // Neighbours: half a unit up or down (a quarter down from a power of two).
  return (decimal == 2 * static_cast<uint128>(mantissa) + 1 && decimal_shift == shift - 1) ||
         (decimal == 2 * static_cast<uint128>(mantissa) - 1 && decimal_shift == shift - 1) ||
         (mantissa == uint64_t{1} << 52 && decimal == 4 * static_cast<uint128>(mantissa) - 1 &&
          decimal_shift == shift - 2);
}
bool IsMidpoint(uint64_t digits, int exponent, float value) {
  double decimal = static_cast<double>(digits);
  if (value == 0 || exponent < -20 || exponent > 38) return false;
  decimal = exponent < 0 ? decimal / std::pow(10.0, -exponent) : decimal * std::pow(10.0, exponent);
  float up = std::nextafter(value, std::numeric_limits<float>::infinity());
  float down = std::nextafter(value, 0.0f);
  return decimal == (static_cast<double>(value) + up) / 2 ||
         decimal == (static_cast<double>(value) + down) / 2;
}

/// Digits of the mantissa of "d.ddde+XX".
int DigitsOf(std::string_view scientific) {
  int count = 0;
  for (char c : scientific.substr(0, scientific.find('e'))) count += c >= '0' && c <= '9';
  return count;
}
template <class Float>
bool IsMidpoint(std::string_view scientific, Float value) {
  size_t e = scientific.find('e');
  uint64_t digits = 0;
  for (char c : scientific.substr(0, e)) {
    if (c >= '0' && c <= '9') digits = digits * 10 + static_cast<uint64_t>(c - '0');
  }
  size_t at = e + 1 + (scientific[e + 1] == '+' ? 1 : 0);
  int exponent = 0;
  std::from_chars(scientific.data() + at, scientific.data() + scientific.size(), exponent);
  return IsMidpoint(digits, exponent - DigitsOf(scientific) + 1, std::fabs(value));
}

/// Scientific notation with the fewest digits that lie strictly nearer to the value than to any
/// other (PostgreSQL does not count on readers that round half to even).
template <class Float>
std::string_view ShortestScientific(Float value, char (&buffer)[64]) {
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  std::string_view text(buffer, static_cast<size_t>(end.ptr - buffer));
  for (int more = DigitsOf(text); more < 17 && IsMidpoint(text, value); ++more) {
    int size = std::snprintf(buffer, sizeof buffer, "%.*e", more, static_cast<double>(value));
    text = std::string_view(buffer, static_cast<size_t>(size));
  }
  return text;
}

/// Shortest digits of a float, laid out as PostgreSQL does: plain for exponents -4 ..
/// plain_limit-1, else d.ddde+XX.
template <class Float>
void AppendShortest(Float value, int plain_limit, std::string* out) {
  char buffer[64];
  std::string_view text = ShortestScientific(value, buffer);
  size_t e = text.find('e');
  int exponent = 0;
  size_t digits_at = e + 1 + (text[e + 1] == '+' ? 1 : 0);
  std::from_chars(text.data() + digits_at, text.data() + text.size(), exponent);
  if (exponent < -4 || exponent >= plain_limit) {
    out->append(text);  // to_chars writes at least two exponent digits, as PostgreSQL
    return;
  }
  std::string_view mantissa = text.substr(0, e);
  if (mantissa[0] == '-') {
    out->push_back('-');
    mantissa.remove_prefix(1);
  }
  std::string digits(1, mantissa[0]);
  if (mantissa.size() > 2) digits += mantissa.substr(2);
  if (exponent < 0) {
    out->append("0.");
    out->append(static_cast<size_t>(-exponent - 1), '0');
    out->append(digits);
  } else if (digits.size() <= static_cast<size_t>(exponent) + 1) {
    out->append(digits);
    out->append(static_cast<size_t>(exponent) + 1 - digits.size(), '0');
  } else {
    out->append(digits, 0, static_cast<size_t>(exponent) + 1);
    out->push_back('.');
    out->append(digits, static_cast<size_t>(exponent) + 1);
  }
}

template <class Float>
bool AppendSpecialFloat(Float value, std::string* out) {
  if (std::isnan(value)) {
    out->append("NaN");
    return true;
  }
  if (std::isinf(value)) {
    out->append(value < 0 ? "-Infinity" : "Infinity");
    return true;
  }
  return false;
}

void AppendGeneral(double value, int digits, std::string* out) {
  char buffer[64];
  int size = std::snprintf(buffer, sizeof buffer, "%.*g", digits < 1 ? 1 : digits, value);
  out->append(buffer, static_cast<size_t>(size));
}

template <class Float>
Result<Float> ParseFloat(std::string_view text, std::string_view type) {
  std::string_view rest = Trim(text);
  std::string_view body = rest;
  bool negative = !body.empty() && body[0] == '-';
  if (!body.empty() && (body[0] == '-' || body[0] == '+')) body.remove_prefix(1);
  auto is = [&](std::string_view word) {
    if (body.size() != word.size()) return false;
    for (size_t i = 0; i < body.size(); ++i) {
      if ((body[i] | 32) != word[i]) return false;
    }
    return true;
  };
  if (body.empty()) return InvalidInput(type, text);
  if (is("nan")) return std::numeric_limits<Float>::quiet_NaN();
  if (is("infinity") || is("inf")) {
    Float infinity = std::numeric_limits<Float>::infinity();
    return negative ? -infinity : infinity;
  }
  if (body[0] != '.' && (body[0] < '0' || body[0] > '9')) return InvalidInput(type, text);
  Float value = 0;
  bool hex = body.size() > 2 && body[0] == '0' && (body[1] | 32) == 'x';
  auto end = hex ? std::from_chars(body.data() + 2, body.data() + body.size(), value,
                                   std::chars_format::hex)
                 : std::from_chars(body.data(), body.data() + body.size(), value);
  if (end.ec == std::errc::invalid_argument || end.ptr != body.data() + body.size())
    return InvalidInput(type, text);
  if (end.ec == std::errc::result_out_of_range) {
    return MakeError(SqlState::kNumericValueOutOfRange,
                     Quoted(rest) + " is out of range for type " + std::string(type));
  }
  return negative ? -value : value;
}

}  // namespace

void AppendFloat8(double value, int extra_float_digits, std::string* out) {
  if (AppendSpecialFloat(value, out)) return;
  if (extra_float_digits > 0) return AppendShortest(value, 15, out);
  AppendGeneral(value, 15 + extra_float_digits, out);
}

void AppendFloat4(float value, int extra_float_digits, std::string* out) {
  if (AppendSpecialFloat(value, out)) return;
  if (extra_float_digits > 0) return AppendShortest(value, 6, out);
  AppendGeneral(static_cast<double>(value), 6 + extra_float_digits, out);
}

Result<double> ParseFloat8(std::string_view text) {
  return ParseFloat<double>(text, "double precision");
}
Result<float> ParseFloat4(std::string_view text) { return ParseFloat<float>(text, "real"); }

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
      LATHE_ASSIGN(datum->i32, ParseDate(text, context.time));
      return Ok();
    }
    case TypeId::kTimestamp: {
      LATHE_ASSIGN(int64_t t, ParseTimestamp(text, context.time));
      datum->i64 = RoundTimestamp(t, type.typmod);
      return Ok();
    }
    case TypeId::kTimestampTz: {
      LATHE_ASSIGN(int64_t t, ParseTimestampTz(text, context.time));
      datum->i64 = RoundTimestamp(t, type.typmod);
      return Ok();
    }
    case TypeId::kInterval: {
      LATHE_ASSIGN(datum->interval, ParseInterval(text, type.typmod));
      return Ok();
    }
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
      if (type.element != TypeId::kUnknown) return ParseArray(type, text, context, arena, datum);
      return MakeError(SqlState::kFeatureNotSupported, "cannot accept a value of type anyarray");
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
      AppendDate(datum.i32, out);
      return;
    case TypeId::kTimestamp:
      AppendTimestamp(datum.i64, out);
      return;
    case TypeId::kTimestampTz:
      AppendTimestampTz(datum.i64, *context.time.zone, out);
      return;
    case TypeId::kInterval:
      AppendInterval(datum.interval, out);
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
      out->append(datum.string.data, datum.string.size);
      return;
    case TypeId::kArray:
      AppendArray(datum, context, out);
      return;
    case TypeId::kVoid:
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
