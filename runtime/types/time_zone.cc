// Time zones over Abseil's reader of the tz database.
#include "runtime/types/time_zone.h"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include <charconv>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>

namespace lathe::types {
namespace {

class DatabaseZone : public TimeZone {
 public:
  DatabaseZone(std::string name, absl::TimeZone zone) : name_(std::move(name)), zone_(zone) {}
  const std::string& name() const override { return name_; }
  int32_t OffsetAt(int64_t unix_seconds, bool* is_dst, std::string* abbreviation) const override {
    absl::TimeZone::CivilInfo info = zone_.At(absl::FromUnixSeconds(unix_seconds));
    if (is_dst != nullptr) *is_dst = info.is_dst;
    if (abbreviation != nullptr) *abbreviation = info.zone_abbr;
    return info.offset;
  }
  int32_t OffsetOfLocal(int64_t local_seconds) const override {
    absl::CivilSecond local = absl::CivilSecond(1970) + local_seconds;
    absl::TimeZone::TimeInfo info = zone_.At(local);
    absl::Time instant = info.kind == absl::TimeZone::TimeInfo::REPEATED ? info.post : info.pre;
    if (info.kind == absl::TimeZone::TimeInfo::SKIPPED) {
      return static_cast<int32_t>(local_seconds - absl::ToUnixSeconds(info.pre));
    }
    return zone_.At(instant).offset;
  }

 private:
  std::string name_;
  absl::TimeZone zone_;
};

class OffsetZone : public TimeZone {
 public:
  explicit OffsetZone(int32_t seconds) : seconds_(seconds) {
    name_ = "<" + Format(seconds, '+', '-') + ">" + Format(seconds, '-', '+');
  }
  const std::string& name() const override { return name_; }
  int32_t OffsetAt(int64_t, bool* is_dst, std::string* abbreviation) const override {
    if (is_dst != nullptr) *is_dst = false;
    if (abbreviation != nullptr) *abbreviation = Format(seconds_, '+', '-');
    return seconds_;
  }
  int32_t OffsetOfLocal(int64_t) const override { return seconds_; }

 private:
  static std::string Format(int32_t seconds, char east, char west) {
    int32_t magnitude = seconds < 0 ? -seconds : seconds;
    char buffer[32];
    int n =
        std::snprintf(buffer, sizeof buffer, "%c%02d", seconds < 0 ? west : east, magnitude / 3600);
    if (magnitude % 3600 != 0) {
      n += std::snprintf(buffer + n, sizeof buffer - static_cast<size_t>(n), ":%02d",
                         magnitude / 60 % 60);
    }
    if (magnitude % 60 != 0) {
      std::snprintf(buffer + n, sizeof buffer - static_cast<size_t>(n), ":%02d", magnitude % 60);
    }
    return buffer;
  }
  int32_t seconds_;
  std::string name_;
};

struct Abbreviation {
  std::string_view name;
  int32_t minutes_east;
};
// Those of PostgreSQL's default set that people use.
constexpr Abbreviation kAbbreviations[] = {
    {"utc", 0},    {"gmt", 0},    {"z", 0},       {"zulu", 0},    {"uct", 0},    {"ut", 0},
    {"wet", 0},    {"west", 60},  {"bst", 60},    {"cet", 60},    {"met", 60},   {"mez", 60},
    {"cest", 120}, {"mest", 120}, {"mesz", 120},  {"eet", 120},   {"sast", 120}, {"cat", 120},
    {"eest", 180}, {"msk", 180},  {"msd", 240},   {"eat", 180},   {"ist", 120},  {"idt", 180},
    {"est", -300}, {"edt", -240}, {"cst", -360},  {"cdt", -300},  {"mst", -420}, {"mdt", -360},
    {"pst", -480}, {"pdt", -420}, {"akst", -540}, {"akdt", -480}, {"hst", -600}, {"ast", -240},
    {"adt", -180}, {"nst", -210}, {"ndt", -150},  {"brt", -180},  {"art", -180}, {"clt", -180},
    {"jst", 540},  {"kst", 540},  {"hkt", 480},   {"sgt", 480},   {"pht", 480},  {"ict", 420},
    {"wib", 420},  {"npt", 345},  {"pkt", 300},   {"aest", 600},  {"aedt", 660}, {"acst", 570},
    {"acdt", 630}, {"awst", 480}, {"nzst", 720},  {"nzdt", 780},  {"sst", -660},
};

std::string Lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return result;
}

/// "europe/berlin" -> "Europe/Berlin": capitals at the start of each part.
std::string Capitalised(std::string_view text) {
  std::string result = Lower(text);
  bool start = true;
  for (char& c : result) {
    if (start && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    start = c == '/' || c == '_' || c == '-';
  }
  return result;
}
std::string Upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return result;
}

struct Registry {
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<TimeZone>> named;  // guarded by mutex; only grows
  std::map<int32_t, std::unique_ptr<TimeZone>> offsets;    // guarded by mutex; only grows
};
Registry& TheRegistry() {
  static Registry* registry = new Registry;
  return *registry;
}

const TimeZone* LoadNamed(const std::string& name) {
  Registry& registry = TheRegistry();
  std::lock_guard lock(registry.mutex);
  auto found = registry.named.find(name);
  if (found != registry.named.end()) return found->second.get();
  // Only names of the database: no paths out of it, no "Fixed/..." of the reader.
  if (name.empty() || name[0] == '/' || name.find("..") != std::string::npos ||
      name.starts_with("Fixed/") || name == "localtime" || name.starts_with("posix") ||
      name.starts_with("right")) {
    return nullptr;
  }
  absl::TimeZone zone;
  if (name == "UTC" || name == "Etc/UTC") {
    zone = absl::UTCTimeZone();
  } else if (!absl::LoadTimeZone(name, &zone)) {
    return nullptr;
  }
  auto made = std::make_unique<DatabaseZone>(name, zone);
  const TimeZone* result = made.get();
  registry.named.emplace(name, std::move(made));
  return result;
}

/// [+-]H[H][:MM[:SS]]; false when the text is not that.
bool ParseOffset(std::string_view text, int32_t* seconds) {
  if (text.empty()) return false;
  int sign = 1;
  if (text[0] == '+' || text[0] == '-') {
    sign = text[0] == '-' ? -1 : 1;
    text.remove_prefix(1);
  }
  int32_t parts[3] = {0, 0, 0};
  int part = 0;
  bool digits = false;
  for (char c : text) {
    if (c >= '0' && c <= '9') {
      parts[part] = parts[part] * 10 + (c - '0');
      if (parts[part] > 9999) return false;
      digits = true;
    } else if (c == ':' && digits && part < 2) {
      ++part;
      digits = false;
    } else {
      return false;
    }
  }
  if (!digits || parts[0] > 167 || parts[1] > 59 || parts[2] > 59) return false;
  *seconds = sign * (parts[0] * 3600 + parts[1] * 60 + parts[2]);
  return true;
}

}  // namespace

bool AbbreviationOffset(std::string_view lower_case, int32_t* seconds_east) {
  for (const Abbreviation& a : kAbbreviations) {
    if (a.name == lower_case) {
      *seconds_east = a.minutes_east * 60;
      return true;
    }
  }
  return false;
}

const TimeZone* TimeZone::Utc() {
  static const TimeZone* utc = LoadNamed("UTC");
  return utc;
}

const TimeZone* TimeZone::FixedOffset(int32_t seconds_east) {
  Registry& registry = TheRegistry();
  std::lock_guard lock(registry.mutex);
  auto& zone = registry.offsets[seconds_east];
  if (zone == nullptr) zone = std::make_unique<OffsetZone>(seconds_east);
  return zone.get();
}

Result<const TimeZone*> TimeZone::Find(std::string_view name) {
  int32_t offset;
  if (ParseOffset(name, &offset)) return FixedOffset(-offset);
  std::string given(name);
  for (const std::string& candidate : {given, Capitalised(name), Upper(name)}) {
    if (const TimeZone* zone = LoadNamed(candidate)) return zone;
  }
  std::string lower = Lower(name);
  if (AbbreviationOffset(lower, &offset)) return offset == 0 ? Utc() : FixedOffset(offset);
  // POSIX form: letters or <any name>, then an offset that counts west.
  size_t letters = 0;
  if (lower.starts_with('<')) {
    letters = lower.find('>') == std::string::npos ? 0 : lower.find('>') + 1;
  } else {
    while (letters < lower.size() && lower[letters] >= 'a' && lower[letters] <= 'z') ++letters;
  }
  if (letters >= 3 && letters < lower.size() &&
      ParseOffset(std::string_view(lower).substr(letters), &offset)) {
    return FixedOffset(-offset);
  }
  return MakeError(SqlState::kInvalidParameterValue, "time zone \"" + given + "\" not recognized");
}

Result<const TimeZone*> TimeZone::FindForSetting(std::string_view name) {
  std::string_view digits = name.starts_with('+') ? name.substr(1) : name;
  double hours = 0;
  auto end = std::from_chars(digits.data(), digits.data() + digits.size(), hours,
                             std::chars_format::fixed);
  bool number = !digits.empty() && end.ec == std::errc() &&
                end.ptr == digits.data() + digits.size() && digits.back() >= '0' &&
                digits.back() <= '9';
  if (!number) return Find(name);
  if (hours < -167 || hours > 167) {
    return MakeError(SqlState::kInvalidParameterValue,
                     "time zone \"" + std::string(name) + "\" not recognized");
  }
  return FixedOffset(static_cast<int32_t>(hours * 3600));
}

}  // namespace lathe::types
