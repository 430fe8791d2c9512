// lathe-oracle: answers statements from standard input, one JSON string a line, by the plain
// evaluator over tables in memory. Answers are lines too: {"rows": [[text or null, ...], ...],
// "types": [OID, ...]} or {"code": SQLSTATE, "message": text}. CREATE TABLE, INSERT and queries; no
// schemas.
#include <simdjson.h>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "runtime/types/codec.h"
#include "tests/oracle/statement.h"

namespace lathe::oracle {
namespace {

nlohmann::json ErrorAnswer(const Error& error) {
  return {{"code", SqlStateCode(error.state)}, {"message", error.message}};
}

nlohmann::json Answer(const std::string& sql, MemoryTables* tables) {
  Result<BoundStatement> bound = BindText(sql, false, tables);
  if (!bound.ok()) return ErrorAnswer(bound.error());
  nlohmann::json rows = nlohmann::json::array(), types = nlohmann::json::array();
  if (!bound->query) return {{"rows", rows}, {"types", types}};
  Result<std::vector<Row>> result = Run(*bound->query, bound->params, tables);
  if (!result.ok()) return ErrorAnswer(result.error());
  for (const logical::OutputColumn& column : bound->query->root->outputs) {
    types.push_back(types::OidOf(column.type).value);
  }
  const types::FormatContext format;
  for (const Row& row : *result) {
    nlohmann::json cells = nlohmann::json::array();
    for (const types::Value& value : row) {
      if (value.is_null()) {
        cells.push_back(nullptr);
        continue;
      }
      std::string text;
      types::AppendText(value.type(), value.datum(), format, &text);
      cells.push_back(std::move(text));
    }
    rows.push_back(std::move(cells));
  }
  return {{"rows", std::move(rows)}, {"types", std::move(types)}};
}

int Main() {
  MemoryTables tables;
  simdjson::dom::parser parser;
  std::string line;
  while (std::getline(std::cin, line)) {
    std::string_view sql;
    if (parser.parse(line).get(sql) != simdjson::SUCCESS) {
      std::fputs("lathe-oracle: a line is no JSON string\n", stderr);
      return 2;
    }
    std::cout << Answer(std::string(sql), &tables).dump() << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace lathe::oracle

int main() { return lathe::oracle::Main(); }
