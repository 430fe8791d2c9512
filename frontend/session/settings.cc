#include "frontend/session/settings.h"

#include <charconv>
#include <cmath>
#include <cstdio>

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
    if (factor == 0) return Invalid(spec, value);
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

Result<std::string> ParseEnum(const SettingSpec& spec, std::string_view value) {
  std::string_view rest = spec.allowed;
  for (;;) {
    size_t bar = rest.find('|');
    std::string_view one = rest.substr(0, bar);
    if (EqualIgnoringCase(one, value)) {
      // The first spelling of a setting with synonyms is the one shown.
      bool synonyms = spec.name == "client_encoding" || spec.name == "DateStyle";
      return std::string(synonyms ? spec.initial : one);
    }
    if (bar == std::string_view::npos) break;
    rest.remove_prefix(bar + 1);
  }
  // A value of PostgreSQL's that means a behaviour which is not there, or nonsense: both are
  // refused.
  Error error = Invalid(spec, value);
  error.state = SqlState::kFeatureNotSupported;
  error.hint = "Available values: ";
  for (char c : spec.allowed) error.hint += c == '|' ? ", " : std::string(1, c);
  error.hint += ".";
  return error;
}

Result<std::string> ParseValue(const SettingSpec& spec, std::string_view value) {
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
      return std::string(value);
    case Kind::kEnum:
      return ParseEnum(spec, value);
    case Kind::kText:
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

void Settings::Keep() {
  if (!in_transaction_ || kept_) return;
  before_ = after_ = values_;
  kept_ = true;
}

Status Settings::Set(std::string_view name, std::string_view value, bool local) {
  int index = FindSetting(name);
  if (index < 0) return Unrecognized(name);
  LATHE_ASSIGN(std::string parsed, ParseValue(kSpecs[index], value));
  Keep();
  if (local && !in_transaction_) return Ok();  // the caller warns; nothing lasts
  values_[static_cast<size_t>(index)] = parsed;
  if (!local && kept_) after_[static_cast<size_t>(index)] = std::move(parsed);
  return Ok();
}

Status Settings::Reset(std::string_view name) {
  int index = FindSetting(name);
  if (index < 0) return Unrecognized(name);
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
}

Result<std::string> Settings::Show(std::string_view name) const {
  int index = FindSetting(name);
  if (index < 0) return Unrecognized(name);
  const SettingSpec& spec = kSpecs[index];
  const std::string& value = values_[static_cast<size_t>(index)];
  const size_t blank = spec.allowed.find(' ');
  if (spec.kind != Kind::kInt || blank == std::string_view::npos) return value;
  // With the largest unit that divides it, as PostgreSQL shows it.
  int64_t number = GetInt(static_cast<Setting>(index));
  if (number == 0) return value;
  std::string_view unit = spec.allowed.substr(blank + 1);
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
    return value + std::string(unit);
  };
  return unit == "ms" ? show(kTimes) : show(kSizes);
}

void Settings::BeginTransaction() {
  in_transaction_ = true;
  kept_ = false;
}

void Settings::EndTransaction(bool committed) {
  if (kept_) values_ = committed ? after_ : before_;
  in_transaction_ = kept_ = false;
}

}  // namespace lathe::session
