#include "tools/lathe/output.h"

#include <nlohmann/json.hpp>

#include "runtime/types/type.h"

namespace lathe::shell {
namespace {

bool IsNumber(Oid oid) {
  types::Type type;
  return types::TypeFromOid(oid, &type) && (type.is_number() || type.id == types::TypeId::kOid);
}

/// Columns on a terminal: code points (wide characters count once).
size_t Width(std::string_view text) {
  size_t width = 0;
  for (char c : text) width += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return width;
}

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  for (;;) {
    size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

std::string Aligned(const ResultSet& set) {
  const size_t columns = set.columns.size();
  std::vector<size_t> widths(columns);
  std::vector<bool> right(columns);
  for (size_t i = 0; i < columns; ++i) {
    widths[i] = Width(set.columns[i].name);
    right[i] = IsNumber(set.columns[i].type);
    for (const auto& row : set.rows) {
      if (!row[i].has_value()) continue;
      for (std::string_view line : Lines(*row[i])) widths[i] = std::max(widths[i], Width(line));
    }
  }
  std::string out;
  for (size_t i = 0; i < columns; ++i) {
    const size_t pad = widths[i] - Width(set.columns[i].name);
    if (i > 0) out += "|";
    out += " " + std::string(pad / 2, ' ') + set.columns[i].name;
    if (i + 1 < columns) out += std::string(pad - pad / 2 + 1, ' ');
  }
  out += "\n";
  for (size_t i = 0; i < columns; ++i) {
    if (i > 0) out += "+";
    out += std::string(widths[i] + 2, '-');
  }
  out += "\n";
  for (const auto& row : set.rows) {
    // A value of several lines makes the row so many lines high; "+" marks that it goes on.
    std::vector<std::vector<std::string_view>> cells(columns);
    size_t height = 1;
    for (size_t i = 0; i < columns; ++i) {
      cells[i] = Lines(row[i].has_value() ? std::string_view(*row[i]) : std::string_view());
      height = std::max(height, cells[i].size());
    }
    for (size_t line = 0; line < height; ++line) {
      std::string text;
      for (size_t i = 0; i < columns; ++i) {
        if (i > 0) text += "|";
        const std::string_view cell = line < cells[i].size() ? cells[i][line] : std::string_view();
        const std::string pad(widths[i] - Width(cell), ' ');
        text += " ";
        text += right[i] ? pad + std::string(cell) : std::string(cell) + pad;
        text += line + 1 < cells[i].size() ? "+" : " ";
      }
      while (!text.empty() && text.back() == ' ') text.pop_back();
      out += text + "\n";
    }
  }
  out += "(" + std::to_string(set.rows.size()) + (set.rows.size() == 1 ? " row)\n" : " rows)\n");
  return out;
}

std::string CsvField(std::string_view text) {
  if (text.find_first_of("\",\n\r") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string Csv(const ResultSet& set) {
  std::string out;
  for (size_t i = 0; i < set.columns.size(); ++i)
    out += (i > 0 ? "," : "") + CsvField(set.columns[i].name);
  out += "\n";
  for (const auto& row : set.rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += ",";
      if (row[i].has_value()) out += row[i]->empty() ? "\"\"" : CsvField(*row[i]);
    }
    out += "\n";
  }
  return out;
}

std::string Json(const ResultSet& set) {
  std::string out = "[";
  for (size_t r = 0; r < set.rows.size(); ++r) {
    out += r > 0 ? ",\n {" : "\n {";
    for (size_t i = 0; i < set.columns.size(); ++i) {
      if (i > 0) out += ", ";
      out += nlohmann::json(set.columns[i].name).dump() + ": ";
      const std::optional<std::string>& value = set.rows[r][i];
      if (!value.has_value()) {
        out += "null";
      } else if (set.columns[i].type == types::OidOf(types::TypeId::kBool)) {
        out += *value == "t" ? "true" : "false";
      } else if (IsNumber(set.columns[i].type) && nlohmann::json::accept(*value)) {
        out += *value;  // digit for digit; NaN and infinities stay strings
      } else {
        out +=
            nlohmann::json(*value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      }
    }
    out += "}";
  }
  return out + "\n]\n";
}

}  // namespace

std::string FormatResult(const ResultSet& set, OutputFormat format) {
  switch (format) {
    case OutputFormat::kCsv:
      return Csv(set);
    case OutputFormat::kJson:
      return Json(set);
    case OutputFormat::kAligned:
      break;
  }
  return Aligned(set);
}

std::string FormatError(std::string_view severity, const Error& error, std::string_view sql) {
  std::string out = std::string(severity) + ":  " + error.message + "\n";
  if (error.position > 0) {
    // The line of the position, and a caret below it.
    size_t line = 1, line_begin = 0, at = 0;
    int32_t chars = 1;
    while (at < sql.size() && chars < error.position) {
      if (sql[at] == '\n') {
        ++line;
        line_begin = at + 1;
      }
      ++at;
      while (at < sql.size() && (static_cast<unsigned char>(sql[at]) & 0xc0) == 0x80) ++at;
      ++chars;
    }
    const std::string_view text = sql.substr(line_begin, sql.find('\n', line_begin) - line_begin);
    const std::string prefix = "LINE " + std::to_string(line) + ": ";
    out += prefix + std::string(text) + "\n" +
           std::string(prefix.size() + Width(sql.substr(line_begin, at - line_begin)), ' ') + "^\n";
  }
  if (!error.detail.empty()) out += "DETAIL:  " + error.detail + "\n";
  if (!error.hint.empty()) out += "HINT:  " + error.hint + "\n";
  if (!error.context.empty()) out += "CONTEXT:  " + error.context + "\n";
  return out;
}

}  // namespace lathe::shell
