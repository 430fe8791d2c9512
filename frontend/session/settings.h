// A session's settings (SET, SHOW, RESET). What there is stands in settings.def and nowhere else.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/result.h"

namespace lathe::session {

enum class Setting : uint8_t {
#define LATHE_SETTING(member, name, kind, value, allowed, tracked, what) member,
#include "frontend/session/settings.def"
#undef LATHE_SETTING
};
inline constexpr size_t kSettingCount = 0
#define LATHE_SETTING(member, name, kind, value, allowed, tracked, what) +1
#include "frontend/session/settings.def"
#undef LATHE_SETTING
    ;

/// What is fixed about a setting.
struct SettingSpec {
  enum class Kind : uint8_t { kBool, kInt, kReal, kText, kEnum, kReadOnly };
  std::string_view name;
  Kind kind;
  std::string_view initial, allowed;
  bool tracked;
  std::string_view description;
};
const SettingSpec& SpecOf(Setting setting);
/// By name, any case; -1 = there is none.
int FindSetting(std::string_view name);

/// The values of one session. SET inside a transaction is undone when that transaction rolls back;
/// SET LOCAL when it ends.
class Settings {
 public:
  Settings();

  const std::string& Get(Setting setting) const { return values_[static_cast<size_t>(setting)]; }
  bool GetBool(Setting setting) const { return Get(setting) == "on"; }
  int64_t GetInt(Setting setting) const;  // kInt, in the setting's unit

  /// Checks and sets; 42704 unknown, 22023 bad value, 55P02 read-only, 0A000 a behaviour that Lathe
  /// does not have. A name of several parts that is not Lathe's ("app.user") is the client's own:
  /// any value, known from then on; 42602 when it is not a name.
  Status Set(std::string_view name, std::string_view value, bool local);
  Status Reset(std::string_view name);
  void ResetAll();
  /// As shown by SHOW. 42704 when there is none.
  Result<std::string> Show(std::string_view name) const;
  /// Makes the current values those that RESET returns to (after the startup packet).
  void SealDefaults() { defaults_ = values_; }
  /// For values that the server itself decides.
  void Force(Setting setting, std::string value) {
    values_[static_cast<size_t>(setting)] = std::move(value);
  }

  void BeginTransaction();
  void EndTransaction(bool committed);
  /// Whether the transaction has set anything.
  bool changed() const { return kept_; }

  /// Another number whenever a value may have changed other than by Force.
  uint64_t serial() const { return serial_; }

 private:
  struct Values {
    std::array<std::string, kSettingCount> fixed;
    std::map<std::string, std::string> custom;  // by name in lower case
    std::string& operator[](size_t i) { return fixed[i]; }
    const std::string& operator[](size_t i) const { return fixed[i]; }
  };

 public:
  /// The values at a savepoint.
  struct Saved {
    Values values, after;
    bool kept = false;
  };
  Saved Save() const { return {values_, kept_ ? after_ : Values(), kept_}; }
  void Restore(const Saved& saved) {
    values_ = saved.values;
    if (saved.kept) after_ = saved.after;
    kept_ = saved.kept;
    ++serial_;
  }

 private:
  void Keep();

  Values values_, defaults_;
  uint64_t serial_ = 1;
  bool in_transaction_ = false;
  bool kept_ = false;  // before_ and after_ are meaningful
  Values before_;      // at the start of the transaction
  Values after_;       // what a commit leaves: values without SET LOCAL
};

}  // namespace lathe::session
