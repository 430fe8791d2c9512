// Times, and what becomes of them: medians, a table on the terminal, a JSON file.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/result.h"

namespace lathe::micro {

using SteadyClock = std::chrono::steady_clock;

inline double MillisSince(SteadyClock::time_point start) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
}

/// The middle value; of an even number the mean of the two. 0 of nothing.
double Median(std::vector<double> values);

/// A flat JSON object of numbers and texts, in the order of adding; texts hold no characters that
/// need escaping.
class JsonObject {
 public:
  void Add(const std::string& name, double value);
  void Add(const std::string& name, const std::string& value);
  void Add(const std::string& name, const JsonObject& value);
  std::string ToString(int indent = 0) const;

 private:
  std::vector<std::pair<std::string, std::string>>
      members_;  // values as JSON; objects with indent 0
};

/// Writes the text to the file. 58030.
Status WriteFile(const std::string& path, const std::string& text);

}  // namespace lathe::micro
