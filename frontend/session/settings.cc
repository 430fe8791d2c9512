#include "frontend/session/settings.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "runtime/types/text_style.h"
#include "runtime/types/time_zone.h"

namespace lathe::session {
namespace {

using Kind = SettingSpec::Kind;

constexpr SettingSpec kSpecs[] = {
#define LATHE_SETTING(member, name, kind, value, allowed, tracked, what) \
  {name, Kind::kind, value, allowed, tracked, what},
#include "frontend/session/settings.def"
#undef LATHE_SETTING
};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (Lower(a[i]) != Lower(b[i])) return false;
  }
  return true;
}

Error Unrecognized(std::string_view name) {
  return MakeError(SqlState::kUndefinedObject,
                   "unrecognized configuration parameter \"" + std::string(name) + "\"");
}

Error Invalid(const SettingSpec& spec, std::string_view value) {
  return MakeError(SqlState::kInvalidParameterValue, "invalid value for parameter \"" +
                                                         std::string(spec.name) + "\": \"" +
                                                         std::string(value) + "\"");
}

/// PostgreSQL's spellings of booleans, unique prefixes included.
Result<std::string> ParseBool(const SettingSpec& spec, std::string_view value) {
  std::string text;
  for (char c : value) text += Lower(c);
  auto prefix_of = [&text](std::string_view word) {
    return !text.empty() && word.starts_with(text);
  };
  if (text == "1" || text == "on" || prefix_of("true") || prefix_of("yes"))
    return std::string("on");
  if (text == "0" || (text.size() > 1 && prefix_of("off")) || prefix_of("false") ||
      prefix_of("no")) {
    return std::string("off");
  }
  return MakeError(SqlState::kInvalidParameterValue,
                   "parameter \"" + std::string(spec.name) + "\" requires a Boolean value");
}

/// Factor from a written unit to the setting's; 0 = not a unit of that kind.
double UnitFactor(std::string_view written, std::string_view unit) {
  struct Unit {
    std::string_view name;
    double in_base;  // milliseconds or bytes
  };
  static constexpr Unit kTimes[] = {{"us", 0.001},  {"ms", 1},      {"s", 1000},
                                    {"min", 60000}, {"h", 3600000}, {"d", 86400000}};
  static constexpr Unit kSizes[] = {
      {"B", 1}, {"kB", 1024}, {"MB", 1048576}, {"GB", 1073741824}, {"TB", 1099511627776.0}};
  if (unit == "8kB") return UnitFactor(written, "kB") / 8;
  if (unit == "ms") {
    for (const Unit& u : kTimes) {
      if (u.name == written) return u.in_base;
    }
  } else if (unit == "kB") {
    for (const Unit& u : kSizes) {
      if (u.name == written) return u.in_base / 1024;
    }
  }
  return 0;
}

Result<std::string> ParseInt(const SettingSpec& spec, std::string_view value) {
  const size_t dots = spec.allowed.find("..");
  const size_t blank = spec.allowed.find(' ');
  std::string_view unit = blank == std::string_view::npos ? "" : spec.allowed.substr(blank + 1);
  int64_t low = 0, high = 0;
  std::from_chars(spec.allowed.data(), spec.allowed.data() + dots, low);
  std::string_view high_text = spec.allowed.substr(dots + 2, blank - dots - 2);
  std::from_chars(high_text.data(), high_text.data() + high_text.size(), high);

  double number = 0;
  auto parsed = std::from_chars(value.data(), value.data() + value.size(), number);
  if (parsed.ec != std::errc()) return Invalid(spec, value);
  std::string_view rest(parsed.ptr, static_cast<size_t>(value.data() + value.size() - parsed.ptr));
  while (!rest.empty() && rest[0] == ' ') rest.remove_prefix(1);
  if (!rest.empty()) {
    double factor = UnitFactor(rest, unit);
    if (factor == 0) {
      Error error = Invalid(spec, value);
      if (unit == "ms") {
        error.hint =
            "Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and "
            "\"d\".";
      } else if (!unit.empty()) {
        error.hint =
            "Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\".";
      }
      return error;
    }
    number *= factor;
  }
  number = std::rint(number);
  if (!(number >= static_cast<double>(low) && number <= static_cast<double>(high))) {
    char shown[400];
    std::snprintf(shown, sizeof(shown), "%.0f", number);
    Error error =
        MakeError(SqlState::kInvalidParameterValue,
                  std::string(shown) + (unit.empty() ? "" : " ") + std::string(unit) +
                      " is outside the valid range for parameter \"" + std::string(spec.name) +
                      "\" (" + std::to_string(low) + " .. " + std::to_string(high) + ")");
    return error;
  }
  return std::to_string(static_cast<int64_t>(number));
}

/// A number between the two of `allowed`, shown with six digits at most.
Result<std::string> ParseReal(const SettingSpec& spec, std::string_view value) {
  const std::string text(value), low(spec.allowed.substr(0, spec.allowed.find(".."))),
      high(spec.allowed.substr(spec.allowed.find("..") + 2));
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  while (*end == ' ') ++end;
  if (text.empty() || end == text.c_str() || *end != '\0' || std::isnan(number)) {
    return Invalid(spec, value);
  }
  char shown[64];
  std::snprintf(shown, sizeof(shown), "%g", number);
  if (number < std::strtod(low.c_str(), nullptr) ||
      (high != "1.79769e+308" && number > std::strtod(high.c_str(), nullptr)) ||
      std::isinf(number)) {
    return MakeError(SqlState::kInvalidParameterValue,
                     std::string(shown) + " is outside the valid range for parameter \"" +
                         std::string(spec.name) + "\" (" + low + " .. " + high + ")");
  }
  return std::string(shown);
}

/// The two parts of DateStyle, what is not written taken from the value before.
Result<std::string> ParseDateStyle(const SettingSpec& spec, std::string_view value,
                                   std::string_view before) {
  std::string style, order;
  bool conflict = false;
  auto set = [&conflict](std::string* part, const char* to) {
    conflict |= !part->empty() && *part != to;
    *part = to;
  };
  auto bad = [&](std::string detail) {
    Error error = Invalid(spec, value);
    error.detail = std::move(detail);
    return error;
  };
  bool german = false;
  for (size_t at = 0; at <= value.size();) {
    const size_t comma = std::min(value.find(',', at), value.size());
    std::string word;
    for (char c : value.substr(at, comma - at)) word += Lower(c);
    const size_t first = word.find_first_not_of(" \t\"");
    word = first == std::string::npos
               ? ""
               : word.substr(first, word.find_last_not_of(" \t\"") - first + 1);
    at = comma + 1;
    if (word == "iso") {
      set(&style, "ISO");
    } else if (word == "sql") {
      set(&style, "SQL");
    } else if (word.starts_with("postgres")) {
      set(&style, "Postgres");
    } else if (word == "german") {
      set(&style, "German");
      german = true;
    } else if (word == "ymd") {
      set(&order, "YMD");
    } else if (word == "dmy" || word.starts_with("euro")) {
      set(&order, "DMY");
    } else if (word == "mdy" || word == "us" || word.starts_with("noneuro")) {
      set(&order, "MDY");
    } else if (word == "default") {
      if (style.empty()) style = "ISO";
      if (order.empty()) order = "MDY";
    } else if (word.empty()) {
      return bad("List syntax is invalid.");
    } else {
      return bad("Unrecognized key word: \"" + word + "\".");
    }
  }
  if (conflict) return bad("Conflicting \"datestyle\" specifications.");
  if (german && order.empty()) order = "DMY";
  const size_t comma = before.find(", ");
  if (style.empty()) style = before.substr(0, comma);
  if (order.empty()) order = before.substr(comma + 2);
  return style + ", " + order;
}

/// The zone so many hours east of Greenwich as PostgreSQL shows it: 3 is <+03>-03, for what follows
/// the name counts west.
std::string FixedZoneName(double hours) {
  const int64_t seconds = static_cast<int64_t>(std::abs(hours) * 3600);
  char offset[32];
  int length = std::snprintf(offset, sizeof(offset), "%02d", static_cast<int>(seconds / 3600));
  if (seconds % 3600 != 0) {
    length += std::snprintf(offset + length, sizeof(offset) - static_cast<size_t>(length), ":%02d",
                            static_cast<int>(seconds / 60 % 60));
  }
  if (seconds % 60 != 0) {
    std::snprintf(offset + length, sizeof(offset) - static_cast<size_t>(length), ":%02d",
                  static_cast<int>(seconds % 60));
  }
  const bool east = hours >= 0;
  return std::string("<") + (east ? "+" : "-") + offset + ">" + (east ? "-" : "+") + offset;
}

Result<std::string> ParseTimeZone(const SettingSpec& spec, std::string_view value) {
  auto zone = types::TimeZone::FindForSetting(value);
  if (!zone.ok()) return Invalid(spec, value);
  const std::string text(value);
  char* end = nullptr;
  const double hours = std::strtod(text.c_str(), &end);
  if (end != text.c_str() && *end == '\0') return FixedZoneName(hours);
  // A zone of the tz database is shown under its own name, whatever the case.
  if (EqualIgnoringCase((*zone)->name(), value)) return (*zone)->name();
  return text;
}

/// A setting of the client's own: names of letters, digits, _ and $, at least two, with dots
/// between. Lathe's prefix is taken.
Status CheckCustomName(std::string_view name) {
  bool start = true, valid = true;
  for (char c : name) {
    const bool letter = (Lower(c) >= 'a' && Lower(c) <= 'z') || c == '_' || (c & 0x80) != 0;
    if (c == '.') {
      valid &= !start;
      start = true;
      continue;
    }
    valid &= letter || (!start && ((c >= '0' && c <= '9') || c == '$'));
    start = false;
  }
  std::string prefix;
  for (char c : name.substr(0, name.find('.'))) prefix += Lower(c);
  Error error = MakeError(SqlState::kInvalidName,
                          "invalid configuration parameter name \"" + std::string(name) + "\"");
  if (!valid || start) {
    error.detail =
        "Custom parameter names must be two or more simple identifiers separated by dots.";
    return error;
  }
  if (prefix == "lathe" || prefix == "plpgsql") {
    error.detail = "\"" + prefix + "\" is a reserved prefix.";
    return error;
  }
  return Ok();
}

bool IsCustom(std::string_view name) { return name.find('.') != std::string_view::npos; }
std::string CustomKey(std::string_view name) {
  std::string key;
  for (char c : name) key += Lower(c);
  return key;
}

Result<std::string> ParseEnum(const SettingSpec& spec, std::string_view value) {
  std::string_view rest = spec.allowed;
  for (;;) {
    size_t bar = rest.find('|');
    std::string_view one = rest.substr(0, bar);
    if (one.starts_with('!') && EqualIgnoringCase(one.substr(1), value)) {
      return NotSupported("\"" + std::string(spec.name) + "\" = " + std::string(one.substr(1)));
    }
    if (EqualIgnoringCase(one, value)) {
      // The first spelling of a setting with synonyms is the one shown.
      bool synonyms = spec.name == "client_encoding";
      return std::string(synonyms ? spec.initial : one);
    }
    if (bar == std::string_view::npos) break;
    rest.remove_prefix(bar + 1);
  }
  Error error = Invalid(spec, value);
  error.hint = "Available values: ";
  for (char c : spec.allowed) {
    if (c != '!') error.hint += c == '|' ? ", " : std::string(1, c);
  }
  error.hint += ".";
  return error;
}

Result<std::string> ParseValue(const SettingSpec& spec, std::string_view value,
                               std::string_view before) {
  switch (spec.kind) {
    case Kind::kReadOnly:
      return MakeError(SqlState::kCantChangeRuntimeParam,
                       "parameter \"" + std::string(spec.name) + "\" cannot be changed");
    case Kind::kBool: {
      LATHE_ASSIGN(std::string parsed, ParseBool(spec, value));
      if (!spec.allowed.empty() && spec.allowed != parsed) {
        return NotSupported("\"" + std::string(spec.name) + "\" = " + parsed);
      }
      return parsed;
    }
    case Kind::kInt:
      return ParseInt(spec, value);
    case Kind::kReal:
      return ParseReal(spec, value);
    case Kind::kEnum:
      return ParseEnum(spec, value);
    case Kind::kText:
      if (&spec == &SpecOf(Setting::datestyle)) return ParseDateStyle(spec, value, before);
      if (&spec == &SpecOf(Setting::timezone)) return ParseTimeZone(spec, value);
      return std::string(value);
  }
  return Invalid(spec, value);
}

}  // namespace

const SettingSpec& SpecOf(Setting setting) { return kSpecs[static_cast<size_t>(setting)]; }

int FindSetting(std::string_view name) {
  for (size_t i = 0; i < kSettingCount; ++i) {
    if (EqualIgnoringCase(kSpecs[i].name, name)) return static_cast<int>(i);
  }
  return -1;
}

Settings::Settings() {
  for (size_t i = 0; i < kSettingCount; ++i) values_[i] = std::string(kSpecs[i].initial);
  defaults_ = values_;
}

int64_t Settings::GetInt(Setting setting) const {
  const std::string& text = Get(setting);
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Called ahead of every change.
void Settings::Keep() {
  ++serial_;
  if (!in_transaction_ || kept_) return;
  before_ = after_ = values_;
  kept_ = true;
}

Status Settings::Set(std::string_view name, std::string_view value, bool local) {
  int index = FindSetting(name);
  if (index < 0) {
    if (!IsCustom(name)) return Unrecognized(name);
    LATHE_TRY(CheckCustomName(name));
    Keep();
    const std::string key = CustomKey(name);
    if (local && !in_transaction_) return Ok();
    if (kept_) {
      // Known from now on, whatever becomes of its value.
      before_.custom.emplace(key, "");
      after_.custom.emplace(key, "");
    }
    values_.custom[key] = value;
    if (!local && kept_) after_.custom[key] = value;
    return Ok();
  }
  LATHE_ASSIGN(std::string parsed,
               ParseValue(kSpecs[index], value, values_[static_cast<size_t>(index)]));
  Keep();
  if (local && !in_transaction_) return Ok();  // the caller warns; nothing lasts
  values_[static_cast<size_t>(index)] = parsed;
  if (!local && kept_) after_[static_cast<size_t>(index)] = std::move(parsed);
  return Ok();
}

Status Settings::Reset(std::string_view name) {
  int index = FindSetting(name);
  if (index < 0) {
    if (!IsCustom(name)) return Unrecognized(name);
    LATHE_TRY(CheckCustomName(name));
    Keep();
    const std::string key = CustomKey(name);
    auto initial = defaults_.custom.find(key);
    const std::string value = initial == defaults_.custom.end() ? "" : initial->second;
    values_.custom[key] = value;
    if (kept_) after_.custom[key] = value;
    return Ok();
  }
  if (kSpecs[index].kind == Kind::kReadOnly) {
    return MakeError(SqlState::kCantChangeRuntimeParam,
                     "parameter \"" + std::string(kSpecs[index].name) + "\" cannot be changed");
  }
  Keep();
  values_[static_cast<size_t>(index)] = defaults_[static_cast<size_t>(index)];
  if (kept_) after_[static_cast<size_t>(index)] = defaults_[static_cast<size_t>(index)];
  return Ok();
}

void Settings::ResetAll() {
  Keep();
  for (size_t i = 0; i < kSettingCount; ++i) {
    if (kSpecs[i].kind == Kind::kReadOnly) continue;
    values_[i] = defaults_[i];
    if (kept_) after_[i] = defaults_[i];
  }
  for (auto& [key, value] : values_.custom) {
    auto initial = defaults_.custom.find(key);
    value = initial == defaults_.custom.end() ? "" : initial->second;
    if (kept_) after_.custom[key] = value;
  }
}

Result<std::string> Settings::Show(std::string_view name) const {
  int index = FindSetting(name);
  if (index < 0) {
    auto custom = values_.custom.find(CustomKey(name));
    if (custom == values_.custom.end()) return Unrecognized(name);
    return custom->second;
  }
  const SettingSpec& spec = kSpecs[index];
  const std::string& value = values_[static_cast<size_t>(index)];
  const size_t blank = spec.allowed.find(' ');
  if (spec.kind != Kind::kInt || blank == std::string_view::npos) return value;
  // With the largest unit that divides it, as PostgreSQL shows it.
  int64_t number = GetInt(static_cast<Setting>(index));
  if (number <= 0) return value;
  std::string_view unit = spec.allowed.substr(blank + 1);
  if (unit == "8kB") {
    number *= 8;
    unit = "kB";
  }
  struct Step {
    std::string_view name;
    int64_t factor;
  };
  static constexpr Step kTimes[] = {{"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000}};
  static constexpr Step kSizes[] = {{"TB", 1073741824}, {"GB", 1048576}, {"MB", 1024}};
  auto show = [&](const auto& steps) -> std::string {
    for (const Step& step : steps) {
      if (number % step.factor == 0) {
        return std::to_string(number / step.factor) + std::string(step.name);
      }
    }
    return std::to_string(number) + std::string(unit);
  };
  return unit == "ms" ? show(kTimes) : show(kSizes);
}

void Settings::BeginTransaction() {
  in_transaction_ = true;
  kept_ = false;
}

void Settings::EndTransaction(bool committed) {
  if (kept_) {
    values_ = committed ? after_ : before_;
    ++serial_;
  }
  in_transaction_ = kept_ = false;
}

}  // namespace lathe::session
