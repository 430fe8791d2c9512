#include "bench/micro/report.h"

#include <algorithm>
#include <cstdio>
#include <fstream>

namespace lathe::micro {

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

void JsonObject::Add(const std::string& name, double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  members_.emplace_back(name, text);
}

void JsonObject::Add(const std::string& name, const std::string& value) {
  members_.emplace_back(name, "\"" + value + "\"");
}

void JsonObject::Add(const std::string& name, const JsonObject& value) {
  members_.emplace_back(name, value.ToString());
}

std::string JsonObject::ToString(int indent) const {
  const std::string pad(static_cast<size_t>(indent), ' ');
  std::string text = "{";
  for (size_t i = 0; i < members_.size(); ++i) {
    text += (i == 0 ? "\n  " : ",\n  ") + pad + "\"" + members_[i].first + "\": ";
    for (char c : members_[i].second) {
      text += c;
      if (c == '\n') text += pad + "  ";
    }
  }
  return text + (members_.empty() ? "}" : "\n" + pad + "}");
}

Status WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  if (!file) return MakeError(SqlState::kIoError, "could not write \"" + path + "\"");
  return Ok();
}

}  // namespace lathe::micro
