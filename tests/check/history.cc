#include "tests/check/history.h"

#include <simdjson.h>

namespace lathe::check {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;

Error Bad(uint64_t line, const std::string& what) {
  return MakeError(SqlState::kInvalidTextRepresentation,
                   "history, line " + std::to_string(line) + ": " + what);
}

/// What the lines of both models have in common.
struct Line {
  uint64_t number = 0;
  int64_t process = 0, start = 0, end = kNever;
  Outcome outcome = Outcome::kOk;
};

Result<Line> ParseLine(const element& object, uint64_t number) {
  Line line;
  line.number = number;
  if (object["process"].get(line.process)) return Bad(number, "\"process\" is not a number");
  if (object["start"].get(line.start)) return Bad(number, "\"start\" is not a number");
  element end;
  if (!object["end"].get(end) && !end.is_null() && end.get(line.end)) {
    return Bad(number, "\"end\" is neither a number nor null");
  }
  std::string_view type;
  if (object["type"].get(type)) return Bad(number, "\"type\" is missing");
  if (type == "ok") {
    line.outcome = Outcome::kOk;
  } else if (type == "fail") {
    line.outcome = Outcome::kFail;
  } else if (type == "info") {
    line.outcome = Outcome::kUnknown;
    line.end = kNever;
  } else {
    return Bad(number, "\"type\" is none of ok, fail, info");
  }
  if (line.outcome == Outcome::kOk && line.end < line.start) {
    return Bad(number, "it ends before it starts");
  }
  return line;
}

Result<ListOp> ParseListOp(const array& parts, const Line& line) {
  ListOp op;
  std::string_view verb;
  if (parts.size() != 3 || parts.at(0).get(verb) || parts.at(1).get(op.key)) {
    return Bad(line.number, "an operation is not [verb, key, value]");
  }
  element value = parts.at(2).value_unsafe();
  if (verb == "append") {
    op.append = true;
    if (value.get(op.value)) return Bad(line.number, "an appended value is not a number");
    return op;
  }
  if (verb != "r") return Bad(line.number, "an operation is neither append nor r");
  if (value.is_null()) {
    if (line.outcome == Outcome::kOk) return Bad(line.number, "a read without its answer");
    return op;
  }
  array values;
  if (value.get(values)) return Bad(line.number, "a read gives no list");
  op.list.emplace();
  for (element item : values) {
    int64_t number;
    if (item.get(number)) return Bad(line.number, "a list holds what is not a number");
    op.list->push_back(number);
  }
  return op;
}

Status ParseRegisterOp(const array& parts, RegisterOp* op) {
  std::string_view verb;
  if (parts.size() < 3 || parts.at(0).get(verb) || parts.at(1).get(op->key)) {
    return Bad(op->line, "an operation is not [verb, key, value]");
  }
  element third = parts.at(2).value_unsafe();
  int64_t number = 0;
  if (verb == "r" || verb == "w") {
    op->kind = verb == "r" ? RegisterKind::kRead : RegisterKind::kWrite;
    if (third.is_null() && verb == "r") return {};
    if (parts.size() != 3 || third.get(number)) return Bad(op->line, "a value is not a number");
    op->value = number;
    return {};
  }
  bool took = true;
  if (verb != "cas" || parts.size() < 4 || parts.size() > 5 || third.get(op->expected) ||
      parts.at(3).get(number) || (parts.size() == 5 && parts.at(4).get(took))) {
    return Bad(op->line, "an operation is none of r, w, cas as they must look");
  }
  op->value = number;
  op->kind = took ? RegisterKind::kCas : RegisterKind::kFailedCas;
  return {};
}

/// Calls `each(line, ops)` for every line that is not empty.
template <class Each>
Status ForEachLine(std::string_view text, Each&& each) {
  simdjson::dom::parser parser;
  uint64_t number = 0;
  while (!text.empty()) {
    size_t length = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, length));
    text.remove_prefix(std::min(length + 1, text.size()));
    number++;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    element object;
    if (parser.parse(line).get(object) || !object.is_object()) {
      return Bad(number, "not a JSON object");
    }
    LATHE_ASSIGN(Line head, ParseLine(object, number));
    array ops;
    if (object["ops"].get(ops)) return Bad(number, "\"ops\" is not a list");
    LATHE_TRY(each(head, ops));
  }
  return {};
}

}  // namespace

Result<std::vector<ListTransaction>> ParseLists(std::string_view text) {
  std::vector<ListTransaction> out;
  LATHE_TRY(ForEachLine(text, [&](const Line& line, const array& ops) -> Status {
    ListTransaction transaction{line.number, line.process, line.outcome, line.start, line.end, {}};
    for (element item : ops) {
      array parts;
      if (item.get(parts)) return Bad(line.number, "an operation is not a list");
      LATHE_ASSIGN(ListOp op, ParseListOp(parts, line));
      transaction.ops.push_back(std::move(op));
    }
    out.push_back(std::move(transaction));
    return {};
  }));
  return out;
}

Result<std::vector<RegisterOp>> ParseRegisters(std::string_view text) {
  std::vector<RegisterOp> out;
  LATHE_TRY(ForEachLine(text, [&](const Line& line, const array& ops) -> Status {
    RegisterOp op{line.number, line.process, line.outcome, line.start, line.end};
    array parts;
    if (ops.size() != 1 || ops.at(0).get(parts)) {
      return Bad(line.number, "not one operation over registers");
    }
    LATHE_TRY(ParseRegisterOp(parts, &op));
    out.push_back(op);
    return {};
  }));
  return out;
}

}  // namespace lathe::check
