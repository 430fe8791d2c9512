// Fields of dates and times: the text is cut into fields (numbers, dates, times, words,
// offsets), then the fields are put together. Ambiguous numbers are read in the order of DateStyle.
#include <absl/container/inlined_vector.h>

#include <charconv>
#include <cmath>

#include "runtime/types/datetime_fields.h"

namespace lathe::types {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

enum class FieldKind { kNumber, kDate, kTime, kWord, kOffset, kZoneName };
struct Field {
  FieldKind kind;
  std::string text;  // lower case, but for kZoneName
};

/// What can be wrong, as PostgreSQL tells it apart.
enum class Fault { kNone, kFormat, kFieldRange, kMonthDayRange, kZoneRange, kZoneUnknown };

constexpr std::string_view kMonths[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};
constexpr std::string_view kWeekdays[] = {"sunday",   "monday", "tuesday", "wednesday",
                                          "thursday", "friday", "saturday"};

/// 1..12, 0 when it is no month: the full name or its first three letters ("sept" too).
int MonthOf(std::string_view lower) {
  for (int i = 0; i < 12; ++i) {
    if (lower == kMonths[i] || lower == kMonths[i].substr(0, 3) || (i == 8 && lower == "sept"))
      return i + 1;
  }
  return 0;
}
bool IsWeekday(std::string_view lower) {
  for (std::string_view day : kWeekdays) {
    if (lower == day || lower == day.substr(0, 3)) return true;
  }
  return lower == "tues" || lower == "thur" || lower == "thurs" || lower == "weds" ||
         lower == "wedn";
}

class Parser {
 public:
  Parser(std::string_view text, DateInput input, DateOrder order)
      : text_(text), input_(input), order_(order) {}

  Fault Parse(Parsed* out) {
    if (!Split()) return Fault::kFormat;
    if (fields_.empty()) return Fault::kFormat;
    for (size_t i = 0; i < fields_.size(); ++i) {
      Fault fault = Decode(i, out);
      if (fault != Fault::kNone) {
        for (char c : fields_[i].text) bad_zone_.push_back(ToLower(c));
        return fault;
      }
    }
    return Finish(out);
  }
  const std::string& bad_zone() const { return bad_zone_; }

 private:
  bool Split();
  Fault Decode(size_t i, Parsed* out);
  Fault DecodeWord(size_t i, Parsed* out);
  Fault DecodeDate(std::string_view text, Parsed* out);
  Fault DecodeTime(std::string_view text, Parsed* out);
  Fault DecodeOffset(std::string_view text, Parsed* out);
  Fault DecodeNumber(std::string_view text, Parsed* out);
  Fault DecodeRun(std::string_view text, Parsed* out);
  Fault Finish(Parsed* out);

  std::string_view text_;
  DateInput input_;
  DateOrder order_;
  absl::InlinedVector<Field, 6> fields_;
  std::string bad_zone_;
};

bool Parser::Split() {
  size_t i = 0;
  auto at = [&](size_t k) { return k < text_.size() ? text_[k] : '\0'; };
  while (i < text_.size()) {
    char c = text_[i];
    if (IsBlank(c) || c == ',') {
      ++i;
      continue;
    }
    if (fields_.size() > 20) return false;
    Field field{FieldKind::kNumber, ""};
    if (IsDigit(c)) {
      while (IsDigit(at(i))) field.text.push_back(text_[i++]);
      if (at(i) == ':') {
        field.kind = FieldKind::kTime;
        while (IsDigit(at(i)) || at(i) == ':' || at(i) == '.') field.text.push_back(text_[i++]);
      } else if ((at(i) == '-' || at(i) == '/' || at(i) == '.') &&
                 (IsDigit(at(i + 1)) || IsAlpha(at(i + 1)))) {
        char delimiter = at(i);
        if (delimiter == '.') {
          // A second point makes it a date, one alone a fraction.
          size_t k = i + 1;
          while (IsDigit(at(k))) ++k;
          field.kind = at(k) == '.' || IsAlpha(at(i + 1)) ? FieldKind::kDate : FieldKind::kNumber;
          if (field.kind == FieldKind::kNumber) {
            while (i < k) field.text.push_back(text_[i++]);
            fields_.push_back(std::move(field));
            continue;
          }
        }
        field.kind = FieldKind::kDate;
        bool after_month = false;
        while (true) {
          field.text.push_back(text_[i++]);  // the delimiter
          if (IsAlpha(at(i))) {
            while (IsAlpha(at(i))) field.text.push_back(ToLower(text_[i++]));
            after_month = true;
          } else {
            while (IsDigit(at(i))) field.text.push_back(text_[i++]);
          }
          // A month's name comes first or second.
          if (at(i) == delimiter && IsAlpha(at(i + 1)) && !after_month) return false;
          if (at(i) != delimiter || !IsDigit(at(i + 1))) break;
        }
      }
    } else if (IsAlpha(c)) {
      field.kind = FieldKind::kWord;
      size_t begin = i;
      while (IsAlpha(at(i))) field.text.push_back(ToLower(text_[i++]));
      bool is_month = MonthOf(field.text) != 0;
      if (is_month && (at(i) == '-' || at(i) == '/' || at(i) == '.') && IsDigit(at(i + 1))) {
        field.kind = FieldKind::kDate;
        char delimiter = at(i);
        while (at(i) == delimiter && IsDigit(at(i + 1))) {
          field.text.push_back(text_[i++]);
          while (IsDigit(at(i))) field.text.push_back(text_[i++]);
        }
      } else if (at(i) == '/' || at(i) == '_' ||
                 (!is_month && !fields_.empty() && IsDigit(at(i)) && field.text.size() >= 3) ||
                 (!is_month && !fields_.empty() && (at(i) == '+' || at(i) == '-') &&
                  IsDigit(at(i + 1)) && field.text.size() >= 3)) {
        field.kind = FieldKind::kZoneName;
        while (IsAlpha(at(i)) || IsDigit(at(i)) || at(i) == '/' || at(i) == '_' || at(i) == '-' ||
               at(i) == '+' || at(i) == ':') {
          ++i;
        }
        field.text = std::string(text_.substr(begin, i - begin));
      }
    } else if (c == '+' || c == '-') {
      ++i;
      while (IsBlank(at(i))) ++i;
      field.text.push_back(c);
      if (IsDigit(at(i))) {
        field.kind = FieldKind::kOffset;
        while (IsDigit(at(i)) || at(i) == ':') field.text.push_back(text_[i++]);
      } else if (IsAlpha(at(i))) {
        field.kind = FieldKind::kWord;
        while (IsAlpha(at(i))) field.text.push_back(ToLower(text_[i++]));
      } else {
        return false;
      }
    } else {
      return false;
    }
    fields_.push_back(std::move(field));
  }
  return true;
}

Fault Parser::Decode(size_t i, Parsed* out) {
  const Field& field = fields_[i];
  if (out->special != Parsed::Special::kNone && field.kind != FieldKind::kTime &&
      field.kind != FieldKind::kOffset && field.kind != FieldKind::kWord &&
      field.kind != FieldKind::kZoneName) {
    return Fault::kFormat;
  }
  switch (field.kind) {
    case FieldKind::kDate:
      return DecodeDate(field.text, out);
    case FieldKind::kTime:
      return DecodeTime(field.text, out);
    case FieldKind::kOffset:
      return DecodeOffset(field.text, out);
    case FieldKind::kZoneName: {
      if (out->has_zone) return Fault::kFormat;
      auto zone = TimeZone::Find(field.text);
      if (!zone.ok()) return Fault::kZoneUnknown;
      out->zone = zone.value();
      out->has_zone = true;
      return Fault::kNone;
    }
    case FieldKind::kNumber: {
      std::string_view text = field.text;
      size_t whole = text.find('.');
      if (whole == std::string_view::npos) whole = text.size();
      bool has_date = out->has_year && out->has_month && out->has_day;
      // Year and day of the year: 1999.008.
      if (!out->has_year && !out->has_month && whole == 4 && text.size() == 8) {
        Fault fault = DecodeNumber(text.substr(0, 4), out);
        return fault == Fault::kNone ? DecodeNumber(text.substr(5), out) : fault;
      }
      if ((whole >= 6 && (!has_date || !out->has_time)) || (whole < text.size() && whole > 2))
        return DecodeRun(text, out);
      if (input_ == DateInput::kTimeOfDay && whole == 4 && !out->has_year && !out->has_month)
        return DecodeRun(text, out);
      if (whole < text.size()) return Fault::kFormat;
      // A number after "T" is a time of two or four digits.
      if (has_date && !out->has_time && i > 0 && fields_[i - 1].kind == FieldKind::kWord &&
          fields_[i - 1].text == "t") {
        return DecodeRun(text, out);
      }
      return DecodeNumber(text, out);
    }
    case FieldKind::kWord:
      return DecodeWord(i, out);
  }
  return Fault::kFormat;
}

Fault Parser::DecodeWord(size_t i, Parsed* out) {
  const std::string& word = fields_[i].text;
  using Special = Parsed::Special;
  auto special = [&](Special s) {
    if (out->special != Special::kNone || out->has_year || out->has_month || out->has_day ||
        out->has_julian) {
      return Fault::kFormat;
    }
    out->special = s;
    return Fault::kNone;
  };
  if (word == "infinity" || word == "+infinity")
    return fields_.size() == 1 ? special(Special::kInfinity) : Fault::kFormat;
  if (word == "-infinity")
    return fields_.size() == 1 ? special(Special::kMinusInfinity) : Fault::kFormat;
  if (word == "epoch") return fields_.size() == 1 ? special(Special::kEpoch) : Fault::kFormat;
  if (word == "now") return special(Special::kNow);
  if (word == "today") return special(Special::kToday);
  if (word == "tomorrow") return special(Special::kTomorrow);
  if (word == "yesterday") return special(Special::kYesterday);
  if (word == "allballs") {
    if (out->has_time) return Fault::kFormat;
    out->has_time = true;
    out->has_zone = true;
    return Fault::kNone;
  }
  if (int month = MonthOf(word)) {
    if (out->text_month) return Fault::kFormat;
    // "02 Jan 1999": the number taken for a month was the day.
    if (out->has_month && !out->has_day) {
      out->day = out->month;
      out->has_day = true;
    } else if (out->has_month) {
      return Fault::kFormat;
    }
    out->month = month;
    out->has_month = out->text_month = true;
    return Fault::kNone;
  }
  if (IsWeekday(word) || word == "at" || word == "on") return Fault::kNone;
  if (word == "t" && i + 1 < fields_.size() &&
      (fields_[i + 1].kind == FieldKind::kTime || fields_[i + 1].kind == FieldKind::kNumber) &&
      i > 0) {
    return Fault::kNone;
  }
  if (word == "ad" || word == "bc") {
    out->bc = word == "bc";
    return Fault::kNone;
  }
  if (word == "am" || word == "pm") {
    if (out->am_pm != 0) return Fault::kFormat;
    out->am_pm = word == "am" ? 1 : 2;
    return Fault::kNone;
  }
  if (word == "j" && i + 1 < fields_.size() && fields_[i + 1].kind == FieldKind::kNumber) {
    out->has_julian = true;
    return Fault::kNone;
  }
  if (word[0] == '+' || word[0] == '-' || out->has_zone) return Fault::kFormat;
  int32_t offset;
  if (AbbreviationOffset(word, &offset)) {
    out->offset = offset;
    out->has_zone = true;
    return Fault::kNone;
  }
  if (word.size() >= 3) {
    auto zone = TimeZone::Find(word);
    if (zone.ok()) {
      out->zone = zone.value();
      out->has_zone = true;
      return Fault::kNone;
    }
  }
  return Fault::kFormat;
}

Fault Parser::DecodeDate(std::string_view text, Parsed* out) {
  if (out->has_year || (out->has_month && out->has_day)) return Fault::kFormat;
  std::string_view parts[4];
  size_t count = 0;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && (IsDigit(text[i]) || IsAlpha(text[i]))) continue;
    if (count == 4) return Fault::kFormat;
    parts[count++] = text.substr(begin, i - begin);
    begin = i + 1;
  }
  if (count > 3) return Fault::kFormat;
  // A month's name first, whichever part it is.
  for (size_t i = 0; i < count; ++i) {
    if (parts[i].empty()) return Fault::kFormat;
    if (!IsAlpha(parts[i][0])) continue;
    int month = MonthOf(parts[i]);
    if (month == 0 || out->has_month) return Fault::kFormat;
    out->month = month;
    out->has_month = out->text_month = true;
    parts[i] = {};
  }
  for (size_t i = 0; i < count; ++i) {
    if (parts[i].empty()) continue;
    Fault fault = DecodeNumber(parts[i], out);
    if (fault != Fault::kNone) return fault;
  }
  bool complete = out->has_year && ((out->has_month && out->has_day) || out->day_of_year != 0);
  return complete ? Fault::kNone : Fault::kFormat;
}

Fault Parser::DecodeNumber(std::string_view text, Parsed* out) {
  int64_t value = 0;
  auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) {
    return end.ec == std::errc::result_out_of_range ? Fault::kFieldRange : Fault::kFormat;
  }
  if (out->has_julian && out->julian == 0 && !out->has_year) {
    out->julian = value;
    CivilDate date = CivilFromDays(value - 2451545);
    out->year = date.year;
    out->month = date.month;
    out->day = date.day;
    out->has_year = out->has_month = out->has_day = true;
    return Fault::kNone;
  }
  if (value > INT32_MAX) return Fault::kFieldRange;
  bool wide = text.size() >= 3;
  auto set_year = [&] {
    out->year = value;
    out->has_year = true;
    out->two_digit_year = text.size() <= 2;
    return Fault::kNone;
  };
  auto set_month = [&] {
    out->month = static_cast<int>(value);
    out->has_month = true;
    return Fault::kNone;
  };
  auto set_day = [&] {
    out->day = static_cast<int>(value);
    out->has_day = true;
    return Fault::kNone;
  };
  if (text.size() == 3 && out->has_year && !out->has_month && !out->has_day && value >= 1 &&
      value <= 366) {
    out->day_of_year = static_cast<int>(value);
    out->has_month = out->has_day = true;
    return Fault::kNone;
  }
  if (!out->has_year && !out->has_month && !out->has_day) {
    if (wide || order_ == DateOrder::kYmd) return set_year();
    return order_ == DateOrder::kDmy ? set_day() : set_month();
  }
  if (out->has_year && !out->has_month && !out->has_day) return set_month();
  if (!out->has_year && out->has_month && !out->has_day) {
    if (out->text_month && (wide || order_ == DateOrder::kYmd)) return set_year();
    return set_day();
  }
  if (out->has_year && out->has_month && !out->has_day) {
    if (out->text_month && wide && out->two_digit_year) {
      out->day = static_cast<int>(out->year);
      out->has_day = true;
      return set_year();
    }
    return set_day();
  }
  if (!out->has_year && out->has_month && out->has_day) return set_year();
  if (!out->has_year && !out->has_month && out->has_day) return set_month();
  return Fault::kFormat;
}

Fault Parser::DecodeRun(std::string_view text, Parsed* out) {
  size_t whole = text.find('.');
  if (whole == std::string_view::npos) whole = text.size();
  auto number = [&](size_t from, size_t count) {
    int64_t value = 0;
    std::from_chars(text.data() + from, text.data() + from + count, value);
    return value;
  };
  const bool has_date = (out->has_year && out->has_month && out->has_day) ||
                        (input_ == DateInput::kTimeOfDay && (whole == 6 || whole == 4));
  if (!has_date && whole == text.size() && whole >= 6) {
    if (out->has_year || out->has_month || out->has_day || whole > 12) return Fault::kFormat;
    if (out->has_julian) return DecodeNumber(text, out);
    out->day = static_cast<int>(number(whole - 2, 2));
    out->month = static_cast<int>(number(whole - 4, 2));
    out->year = number(0, whole - 4);
    out->two_digit_year = whole == 6;
    out->has_year = out->has_month = out->has_day = true;
    return Fault::kNone;
  }
  if (out->has_time || (whole != 6 && whole != 4 && whole != 2)) return Fault::kFormat;
  std::string clock(text.substr(0, 2));
  clock += ":";
  clock += whole >= 4 ? text.substr(2, 2) : std::string_view("00");
  if (whole == 6) {
    clock += ":";
    clock += text.substr(4);
  }
  return DecodeTime(clock, out);
}

Fault Parser::DecodeTime(std::string_view text, Parsed* out) {
  if (out->has_time) return Fault::kFormat;
  int64_t parts[3] = {0, 0, 0};
  int part = 0;
  size_t i = 0;
  while (true) {
    auto end = std::from_chars(text.data() + i, text.data() + text.size(), parts[part]);
    if (end.ec == std::errc::result_out_of_range) return Fault::kFieldRange;
    if (end.ec != std::errc()) return Fault::kFormat;
    i = static_cast<size_t>(end.ptr - text.data());
    if (i < text.size() && text[i] == ':' && part < 2) {
      ++part;
      ++i;
      continue;
    }
    break;
  }
  if (part == 0) return Fault::kFormat;
  int64_t micros = 0;
  if (i < text.size()) {
    if (text[i] != '.' || part != 2) return Fault::kFormat;
    double fraction = 0;
    std::string digits = "0" + std::string(text.substr(i));
    if (digits.size() > 2) {
      auto end = std::from_chars(digits.data(), digits.data() + digits.size(), fraction);
      if (end.ptr != digits.data() + digits.size()) return Fault::kFormat;
    }
    micros = static_cast<int64_t>(std::rint(fraction * 1e6));
  }
  if (parts[0] > 24 || parts[1] > 59 || parts[2] > 60 ||
      (parts[0] == 24 && (parts[1] > 0 || parts[2] > 0 || micros > 0))) {
    return Fault::kFieldRange;
  }
  out->has_time = true;
  out->hour = static_cast<int>(parts[0]);
  out->time = parts[0] * kMicrosPerHour + parts[1] * kMicrosPerMinute +
              parts[2] * kMicrosPerSecond + micros;
  return Fault::kNone;
}

Fault Parser::DecodeOffset(std::string_view text, Parsed* out) {
  if (out->has_zone) {
    // "UTC+3": an abbreviation followed by an offset is not taken here.
    return Fault::kFormat;
  }
  bool negative = text[0] == '-';
  text.remove_prefix(1);
  int64_t parts[3] = {0, 0, 0};
  if (text.find(':') == std::string_view::npos) {
    if (text.size() > 6) return Fault::kZoneRange;
    int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.size() <= 2) {
      parts[0] = value;
    } else if (text.size() <= 4) {
      parts[0] = value / 100;
      parts[1] = value % 100;
    } else {
      parts[0] = value / 10000;
      parts[1] = value / 100 % 100;
      parts[2] = value % 100;
    }
  } else {
    size_t i = 0;
    for (int part = 0; part < 3; ++part) {
      auto end = std::from_chars(text.data() + i, text.data() + text.size(), parts[part]);
      if (end.ec != std::errc()) return Fault::kFormat;
      i = static_cast<size_t>(end.ptr - text.data());
      if (i == text.size()) break;
      if (text[i] != ':' || part == 2) return Fault::kFormat;
      ++i;
    }
  }
  if (parts[0] > 15 || parts[1] > 59 || parts[2] > 59) return Fault::kZoneRange;
  int64_t seconds = parts[0] * 3600 + parts[1] * 60 + parts[2];
  out->offset = static_cast<int32_t>(negative ? -seconds : seconds);
  out->has_zone = true;
  return Fault::kNone;
}

Fault Parser::Finish(Parsed* out) {
  if (out->am_pm != 0) {
    if (!out->has_time || out->hour > 12) return Fault::kFieldRange;
    if (out->am_pm == 1 && out->hour == 12) out->time -= 12 * kMicrosPerHour;
    if (out->am_pm == 2 && out->hour != 12) out->time += 12 * kMicrosPerHour;
  }
  if (out->special != Parsed::Special::kNone) return Fault::kNone;
  if (input_ == DateInput::kTimeOfDay) {
    if (!out->has_time) return Fault::kFormat;
    if (!out->has_year && !out->has_month && !out->has_day) return Fault::kNone;
  }
  if (!out->has_year || !out->has_month || !out->has_day) return Fault::kFormat;
  if (out->has_julian) return Fault::kNone;
  if (out->bc) {
    if (out->year <= 0) return Fault::kFieldRange;
    out->year = 1 - out->year;
  } else if (out->two_digit_year) {
    out->year += out->year < 70 ? 2000 : 1900;
  } else if (out->year <= 0) {
    return Fault::kFieldRange;
  }
  if (out->day_of_year != 0) {
    int64_t days = DaysFromCivil(out->year, 1, 1) + out->day_of_year - 1;
    CivilDate date = CivilFromDays(days);
    out->month = date.month;
    out->day = date.day;
    return Fault::kNone;
  }
  if (out->month < 1 || out->month > 12 || out->day < 1 || out->day > 31)
    return Fault::kMonthDayRange;
  if (out->day > DaysInMonth(out->year, out->month)) return Fault::kFieldRange;
  return Fault::kNone;
}

Error FaultError(Fault fault, std::string_view text, std::string_view type,
                 const std::string& zone) {
  std::string quoted = "\"" + std::string(text) + "\"";
  switch (fault) {
    case Fault::kFieldRange:
      return MakeError(SqlState::kDatetimeFieldOverflow,
                       "date/time field value out of range: " + quoted);
    case Fault::kMonthDayRange: {
      Error error = MakeError(SqlState::kDatetimeFieldOverflow,
                              "date/time field value out of range: " + quoted);
      error.hint = "Perhaps you need a different \"datestyle\" setting.";
      return error;
    }
    case Fault::kZoneRange:
      return MakeError(SqlState::kInvalidTimeZoneDisplacement,
                       "time zone displacement out of range: " + quoted);
    case Fault::kZoneUnknown:
      return MakeError(SqlState::kInvalidParameterValue,
                       "time zone \"" + zone + "\" not recognized");
    default:
      return MakeError(SqlState::kInvalidDatetimeFormat,
                       "invalid input syntax for type " + std::string(type) + ": " + quoted);
  }
}

}  // namespace

Result<Parsed> ParseFields(std::string_view text, std::string_view type, DateInput input,
                           DateOrder order) {
  Parser parser(text, input, order);
  Parsed parsed;
  Fault fault = parser.Parse(&parsed);
  if (fault != Fault::kNone) return FaultError(fault, text, type, parser.bad_zone());
  return parsed;
}

}  // namespace lathe::types
