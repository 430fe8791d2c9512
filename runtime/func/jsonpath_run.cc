// Running jsonpath (SQL:2016 9.39, with PostgreSQL's choices where the standard leaves some): an
// interpreter over the tree of the path. A step gives its values to the steps behind it one by one.
#include "runtime/func/jsonpath_run.h"

#include <charconv>
#include <cmath>

#include "runtime/func/regex.h"
#include "runtime/types/numeric.h"

namespace lathe::func {
namespace {

using types::JsonbView;
using types::JsonKind;
using types::JsonNode;
using types::JsonPath;
using types::Numeric;
using types::PathNode;
using K = types::PathKind;

enum class Outcome : uint8_t { kFound, kNothing, kError };
enum class Truth : uint8_t { kFalse, kTrue, kUnknown };
using Values = std::vector<JsonbView>;

constexpr int kRunDepthMax = 1200;

bool IsArray(const JsonbView& v) { return v.kind() == JsonKind::kArray; }
bool IsObject(const JsonbView& v) { return v.kind() == JsonKind::kObject; }
bool IsBool(const JsonbView& v) {
  return v.kind() == JsonKind::kTrue || v.kind() == JsonKind::kFalse;
}

class Runner {
 public:
  Runner(const JsonPath& path, const PathCall& call)
      : path_(path),
        call_(call),
        current_(call.target),
        lenient_(path.lax),
        throws_(!call.silent) {}

  /// found null: only whether there is something.
  Outcome Run(Values* found) {
    if (!path_.lax && found == nullptr) {
      Values all;
      Outcome outcome = Item(*path_.root, call_.target, &all);
      if (outcome == Outcome::kError) return outcome;
      return all.empty() ? Outcome::kNothing : Outcome::kFound;
    }
    return Item(*path_.root, call_.target, found);
  }
  /// Of Run that ended in kError; none when silence keeps it.
  std::optional<Error>& error() { return error_; }

 private:
  /// An error of the data: raised unless errors are kept.
  Outcome Fail(SqlState state, std::string message) {
    if (throws_ && !error_.has_value()) error_ = MakeError(state, std::move(message));
    return Outcome::kError;
  }
  /// An error of the query: always raised.
  Outcome Raise(Error error) {
    if (!error_.has_value()) error_ = std::move(error);
    return Outcome::kError;
  }
  /// Lax mode passes over what does not fit the structure.
  Outcome Structural(SqlState state, std::string message) {
    return lenient_ ? Outcome::kNothing : Fail(state, std::move(message));
  }

  JsonbView Keep(const JsonNode& node) {
    Result<std::string> bytes = types::EncodeJsonb(node);
    return JsonbView(call_.arena->Copy(bytes.ok() ? *bytes : std::string()));
  }
  JsonbView Number(const Numeric& number) { return Keep(JsonNode::Number(number.ToText())); }

  Outcome Next(const PathNode& node, const JsonbView& value, Values* found) {
    if (node.next != nullptr) return Item(*node.next, value, found);
    if (found != nullptr) found->push_back(value);
    return Outcome::kFound;
  }
  /// Nobody wants to know what the value is.
  static bool Unwanted(const PathNode& node, const Values* found) {
    return node.next == nullptr && found == nullptr;
  }

  Outcome Item(const PathNode& node, const JsonbView& value, Values* found) {
    return ItemUnwrapping(node, value, found, path_.lax);
  }

  Outcome ItemUnwrapping(const PathNode& node, const JsonbView& value, Values* found, bool unwrap) {
    if (++depth_ > kRunDepthMax) {
      --depth_;
      return Raise(MakeError(SqlState::kStatementTooComplex, "stack depth limit exceeded"));
    }
    Outcome outcome = Dispatch(node, value, found, unwrap);
    --depth_;
    return outcome;
  }

  Outcome Dispatch(const PathNode& node, const JsonbView& value, Values* found, bool unwrap) {
    switch (node.kind) {
      case K::kNull:
        return Unwanted(node, found) ? Outcome::kFound : Next(node, Keep(JsonNode()), found);
      case K::kString:
        return Unwanted(node, found) ? Outcome::kFound
                                     : Next(node, Keep(JsonNode::String(node.text)), found);
      case K::kNumber:
        return Unwanted(node, found) ? Outcome::kFound
                                     : Next(node, Keep(JsonNode::Number(node.text)), found);
      case K::kBool:
        return Unwanted(node, found) ? Outcome::kFound
                                     : Next(node, Keep(JsonNode::Bool(node.text == "true")), found);
      case K::kVariable:
        return Variable(node, found);
      case K::kRoot:
        return Next(node, call_.target, found);
      case K::kCurrent:
        return Next(node, current_, found);
      case K::kLast:
        return Unwanted(node, found)
                   ? Outcome::kFound
                   : Next(node, Number(Numeric::FromInt64(array_size_ - 1)), found);
      case K::kOr:
      case K::kAnd:
      case K::kNot:
      case K::kIsUnknown:
      case K::kExists:
      case K::kEqual:
      case K::kNotEqual:
      case K::kLess:
      case K::kGreater:
      case K::kLessEqual:
      case K::kGreaterEqual:
      case K::kStartsWith:
      case K::kLikeRegex: {
        const Truth truth = Decide(node, value);
        if (error_.has_value()) return Outcome::kError;
        if (Unwanted(node, found)) return Outcome::kFound;
        return Next(
            node,
            Keep(truth == Truth::kUnknown ? JsonNode() : JsonNode::Bool(truth == Truth::kTrue)),
            found);
      }
      case K::kAdd:
      case K::kSubtract:
      case K::kMultiply:
      case K::kDivide:
      case K::kModulo:
        return Arithmetic(node, value, found);
      case K::kPlus:
      case K::kMinus:
        return Sign(node, value, found);
      case K::kKey:
        return Key(node, value, found, unwrap);
      case K::kAnyKey:
        if (IsObject(value)) return Each(node.next.get(), value, found, 1, 1, 1, false, path_.lax);
        if (unwrap && IsArray(value)) return Unwrapped(node, value, found);
        return Structural(SqlState::kSqlJsonObjectNotFound,
                          "jsonpath wildcard member accessor can only be applied to an object");
      case K::kAnyItem:
        if (IsArray(value)) return Each(node.next.get(), value, found, 1, 1, 1, false, path_.lax);
        if (path_.lax) return Next(node, value, found);
        return Structural(SqlState::kSqlJsonArrayNotFound,
                          "jsonpath wildcard array accessor can only be applied to an array");
      case K::kItems:
        return Items(node, value, found);
      case K::kAnyLevel:
        return Levels(node, value, found);
      case K::kFilter:
        return Filter(node, value, found, unwrap);
      default:
        return Method(node, value, found, unwrap);
    }
  }

  Outcome Variable(const PathNode& node, Values* found) {
    int64_t at = call_.variables.bytes().empty() ? -1 : call_.variables.Find(node.text);
    if (at < 0) {
      return Raise(MakeError(SqlState::kUndefinedObject,
                             "could not find jsonpath variable \"" + node.text + "\""));
    }
    if (Unwanted(node, found)) return Outcome::kFound;
    return Next(node, call_.variables.value(static_cast<uint32_t>(at)), found);
  }

  Outcome Key(const PathNode& node, const JsonbView& value, Values* found, bool unwrap) {
    if (IsObject(value)) {
      const int64_t at = value.Find(node.text);
      if (at >= 0) return Next(node, value.value(static_cast<uint32_t>(at)), found);
      return Structural(SqlState::kSqlJsonMemberNotFound,
                        "JSON object does not contain key \"" + node.text + "\"");
    }
    if (unwrap && IsArray(value)) return Unwrapped(node, value, found);
    return Structural(SqlState::kSqlJsonMemberNotFound,
                      "jsonpath member accessor can only be applied to an object");
  }

  /// The step run over each item of an array instead of the array.
  Outcome Unwrapped(const PathNode& node, const JsonbView& array, Values* found) {
    return Each(&node, array, found, 1, 1, 1, false, false);
  }

  /// Gives the values of the levels `first` to `last` within a container to a step (null: to the
  /// result).
  Outcome Each(const PathNode* step, const JsonbView& container, Values* found, uint32_t level,
               uint32_t first, uint32_t last, bool lenient, bool unwrap) {
    if (level > last) return Outcome::kNothing;
    Outcome outcome = Outcome::kNothing;
    for (uint32_t i = 0; i < container.count(); ++i) {
      const JsonbView value = container.value(i);
      const bool leaves_only = first == UINT32_MAX && last == UINT32_MAX;
      if (level >= first || (leaves_only && !value.is_container())) {
        if (step != nullptr) {
          const bool before = lenient_;
          lenient_ |= lenient;
          outcome = ItemUnwrapping(*step, value, found, unwrap);
          lenient_ = before;
          if (outcome == Outcome::kError) return outcome;
          if (outcome == Outcome::kFound && found == nullptr) return outcome;
        } else if (found != nullptr) {
          found->push_back(value);
          outcome = Outcome::kFound;
        } else {
          return Outcome::kFound;
        }
      }
      if (level < last && value.is_container()) {
        outcome = Each(step, value, found, level + 1, first, last, lenient, unwrap);
        if (outcome == Outcome::kError) return outcome;
        if (outcome == Outcome::kFound && found == nullptr) return outcome;
      }
    }
    return outcome;
  }

  Outcome Levels(const PathNode& node, const JsonbView& value, Values* found) {
    Outcome outcome = Outcome::kNothing;
    if (node.first == 0) {
      const bool before = lenient_;
      lenient_ = true;
      outcome = Next(node, value, found);
      lenient_ = before;
      if (outcome == Outcome::kError) return outcome;
      if (outcome == Outcome::kFound && found == nullptr) return outcome;
    }
    if (!value.is_container()) return outcome;
    return Each(node.next.get(), value, found, 1, node.first, node.last, true, path_.lax);
  }

  /// A subscript as an integer; false: kError.
  bool Subscript(const PathNode& node, const JsonbView& value, int64_t* index) {
    Values got;
    if (Item(node, value, &got) == Outcome::kError) return false;
    if (got.size() != 1 || got[0].kind() != JsonKind::kNumber) {
      Fail(SqlState::kInvalidSqlJsonSubscript,
           "jsonpath array subscript is not a single numeric value");
      return false;
    }
    if (!got[0].number().Truncated(0).ToInt64(index) || *index < INT32_MIN || *index > INT32_MAX) {
      Fail(SqlState::kInvalidSqlJsonSubscript, "jsonpath array subscript is out of integer range");
      return false;
    }
    return true;
  }

  Outcome Items(const PathNode& node, const JsonbView& value, Values* found) {
    const bool array = IsArray(value);
    if (!array && !path_.lax) {
      return Structural(SqlState::kSqlJsonArrayNotFound,
                        "jsonpath array accessor can only be applied to an array");
    }
    const int64_t size = array ? value.count() : 1;
    const int64_t outer = array_size_;
    array_size_ = size;
    Outcome outcome = Outcome::kNothing;
    for (size_t i = 0; i < node.parts.size() && outcome != Outcome::kError; i += 2) {
      outcome = Range(node, i, value, size, found, outcome);
      if (outcome == Outcome::kFound && found == nullptr) break;
    }
    array_size_ = outer;
    return outcome;
  }
  Outcome Range(const PathNode& node, size_t i, const JsonbView& value, int64_t size, Values* found,
                Outcome outcome) {
    int64_t from, to;
    if (!Subscript(*node.parts[i], value, &from)) return Outcome::kError;
    to = from;
    if (node.parts[i + 1] != nullptr && !Subscript(*node.parts[i + 1], value, &to)) {
      return Outcome::kError;
    }
    if (!lenient_ && (from < 0 || from > to || to >= size)) {
      return Fail(SqlState::kInvalidSqlJsonSubscript, "jsonpath array subscript is out of bounds");
    }
    for (int64_t n = std::max<int64_t>(from, 0); n <= std::min(to, size - 1); ++n) {
      const JsonbView item = IsArray(value) ? value.value(static_cast<uint32_t>(n)) : value;
      outcome = Next(node, item, found);
      if (outcome == Outcome::kError || (outcome == Outcome::kFound && found == nullptr)) break;
    }
    return outcome;
  }

  Outcome Filter(const PathNode& node, const JsonbView& value, Values* found, bool unwrap) {
    if (unwrap && IsArray(value)) return Unwrapped(node, value, found);
    const JsonbView outer = current_;
    current_ = value;
    const Truth truth = Decide(*node.parts[0], value);
    current_ = outer;
    if (error_.has_value()) return Outcome::kError;
    return truth == Truth::kTrue ? Next(node, value, found) : Outcome::kNothing;
  }

  // ---- Arithmetic

  /// The operand's values, arrays replaced by their items in lax mode.
  Outcome Operand(const PathNode& node, const JsonbView& value, bool unwrap, Values* found) {
    if (!unwrap || !path_.lax) return Item(node, value, found);
    Values raw;
    if (Item(node, value, &raw) == Outcome::kError) return Outcome::kError;
    for (const JsonbView& item : raw) {
      if (IsArray(item)) {
        for (uint32_t i = 0; i < item.count(); ++i) found->push_back(item.value(i));
      } else {
        found->push_back(item);
      }
    }
    return Outcome::kFound;
  }
  static const char* SymbolOf(K kind) {
    return kind == K::kAdd || kind == K::kPlus         ? "+"
           : kind == K::kSubtract || kind == K::kMinus ? "-"
           : kind == K::kMultiply                      ? "*"
           : kind == K::kDivide                        ? "/"
                                                       : "%";
  }

  Outcome Arithmetic(const PathNode& node, const JsonbView& value, Values* found) {
    Numeric sides[2];
    for (size_t i = 0; i < 2; ++i) {
      Values got;
      if (Operand(*node.parts[i], value, true, &got) == Outcome::kError) return Outcome::kError;
      if (got.size() != 1 || got[0].kind() != JsonKind::kNumber) {
        return Fail(SqlState::kSingletonSqlJsonItemRequired,
                    std::string(i == 0 ? "left" : "right") + " operand of jsonpath operator " +
                        SymbolOf(node.kind) + " is not a single numeric value");
      }
      sides[i] = got[0].number();
    }
    Result<Numeric> result = Compute(node.kind, sides[0], sides[1]);
    if (result.ok()) {
      Status fits = result->CheckRange();
      if (!fits.ok()) result = std::move(fits).error();
    }
    if (!result.ok()) {
      Error error = std::move(result).error();
      return Fail(error.state, std::move(error.message));
    }
    return Unwanted(node, found) ? Outcome::kFound : Next(node, Number(*result), found);
  }
  static Result<Numeric> Compute(K kind, const Numeric& a, const Numeric& b) {
    switch (kind) {
      case K::kAdd:
        return types::Add(a, b);
      case K::kSubtract:
        return types::Subtract(a, b);
      case K::kMultiply:
        return types::Multiply(a, b);
      case K::kDivide:
        return types::Divide(a, b);
      default:
        return types::Modulo(a, b);
    }
  }

  Outcome Sign(const PathNode& node, const JsonbView& value, Values* found) {
    Values operands;
    if (Operand(*node.parts[0], value, true, &operands) == Outcome::kError) return Outcome::kError;
    Outcome outcome = Outcome::kNothing;
    for (const JsonbView& operand : operands) {
      const bool number = operand.kind() == JsonKind::kNumber;
      if (Unwanted(node, found)) {
        if (number) return Outcome::kFound;
        continue;
      }
      if (!number) {
        return Fail(SqlState::kSqlJsonNumberNotFound,
                    std::string("operand of unary jsonpath operator ") + SymbolOf(node.kind) +
                        " is not a numeric value");
      }
      const Outcome next =
          Next(node, node.kind == K::kMinus ? Number(operand.number().Negated()) : operand, found);
      if (next == Outcome::kError) return next;
      if (next == Outcome::kFound) {
        if (found == nullptr) return next;
        outcome = next;
      }
    }
    return outcome;
  }

  // ---- Methods

  Outcome Method(const PathNode& node, const JsonbView& value, Values* found, bool unwrap) {
    switch (node.kind) {
      case K::kType: {
        static constexpr const char* kNames[] = {"null",    "string", "number", "boolean",
                                                 "boolean", "array",  "object"};
        return Next(node, Keep(JsonNode::String(kNames[static_cast<int>(value.kind())])), found);
      }
      case K::kSize:
        if (!IsArray(value) && !path_.lax) {
          return Structural(SqlState::kSqlJsonArrayNotFound,
                            "jsonpath item method .size() can only be applied to an array");
        }
        return Next(node, Number(Numeric::FromInt64(IsArray(value) ? value.count() : 1)), found);
      case K::kAbs:
      case K::kFloor:
      case K::kCeiling: {
        if (unwrap && IsArray(value)) return Unwrapped(node, value, found);
        const char* name = node.kind == K::kAbs     ? "abs"
                           : node.kind == K::kFloor ? "floor"
                                                    : "ceiling";
        if (value.kind() != JsonKind::kNumber) {
          return Fail(SqlState::kNonNumericSqlJsonItem,
                      std::string("jsonpath item method .") + name +
                          "() can only be applied to a numeric value");
        }
        if (Unwanted(node, found)) return Outcome::kFound;
        const Numeric number = value.number();
        return Next(node,
                    Number(node.kind == K::kAbs     ? number.Abs()
                           : node.kind == K::kFloor ? number.Floor()
                                                    : number.Ceil()),
                    found);
      }
      case K::kDouble:
        return Double(node, value, found, unwrap);
      case K::kKeyValue:
        return KeyValue(node, value, found, unwrap);
      default:
        return Raise(NotSupported("the jsonpath item method .datetime()"));
    }
  }

  Outcome Double(const PathNode& node, const JsonbView& value, Values* found, bool unwrap) {
    if (unwrap && IsArray(value)) return Unwrapped(node, value, found);
    if (value.kind() == JsonKind::kNumber) {
      if (!std::isfinite(value.number().ToDouble())) {
        return Fail(SqlState::kNonNumericSqlJsonItem,
                    "numeric argument of jsonpath item method .double() is out of range for type "
                    "double precision");
      }
      return Next(node, value, found);
    }
    if (value.kind() != JsonKind::kString) {
      return Fail(
          SqlState::kNonNumericSqlJsonItem,
          "jsonpath item method .double() can only be applied to a string or numeric value");
    }
    std::string_view text = value.text();
    while (!text.empty() && text[0] == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    if (text.starts_with('+')) text.remove_prefix(1);
    double number = 0;
    auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() ||
        !std::isfinite(number)) {
      return Fail(SqlState::kNonNumericSqlJsonItem,
                  "string argument of jsonpath item method .double() is not a valid "
                  "representation of a double precision number");
    }
    return Next(node, Number(Numeric::FromDouble(number)), found);
  }

  Outcome KeyValue(const PathNode& node, const JsonbView& value, Values* found, bool unwrap) {
    if (unwrap && IsArray(value)) return Unwrapped(node, value, found);
    if (!IsObject(value)) {
      return Fail(SqlState::kSqlJsonObjectNotFound,
                  "jsonpath item method .keyvalue() can only be applied to an object");
    }
    if (value.count() == 0) return Outcome::kNothing;
    if (Unwanted(node, found)) return Outcome::kFound;
    // Tells objects of the target apart; the target itself is 0.
    const int64_t id = value.bytes().data() - call_.target.bytes().data();
    Outcome outcome = Outcome::kNothing;
    for (uint32_t i = 0; i < value.count(); ++i) {
      JsonNode pair = JsonNode::Object();
      pair.AddMember("key", JsonNode::String(value.key(i)));
      pair.AddMember("value", JsonNode::Encoded(value.value(i).bytes()));
      pair.AddMember("id", JsonNode::Number(std::to_string(id)));
      outcome = Next(node, Keep(pair), found);
      if (outcome == Outcome::kError || (outcome == Outcome::kFound && found == nullptr)) break;
    }
    return outcome;
  }

  // ---- Predicates. Errors of their operands make them unknown.

  Outcome Quiet(const PathNode& node, const JsonbView& value, bool unwrap, Values* found) {
    const bool before = throws_;
    throws_ = false;
    Outcome outcome =
        found == nullptr ? Item(node, value, nullptr) : Operand(node, value, unwrap, found);
    throws_ = before;
    return outcome;
  }

  Truth Decide(const PathNode& node, const JsonbView& value) {
    if (++depth_ > kRunDepthMax) {
      --depth_;
      Raise(MakeError(SqlState::kStatementTooComplex, "stack depth limit exceeded"));
      return Truth::kUnknown;
    }
    Truth truth = DecideOne(node, value);
    --depth_;
    return truth;
  }
  Truth DecideOne(const PathNode& node, const JsonbView& value) {
    switch (node.kind) {
      case K::kAnd: {
        const Truth left = Decide(*node.parts[0], value);
        if (left == Truth::kFalse) return left;
        const Truth right = Decide(*node.parts[1], value);
        return right == Truth::kTrue ? left : right;
      }
      case K::kOr: {
        const Truth left = Decide(*node.parts[0], value);
        if (left == Truth::kTrue) return left;
        const Truth right = Decide(*node.parts[1], value);
        return right == Truth::kFalse ? left : right;
      }
      case K::kNot: {
        const Truth inner = Decide(*node.parts[0], value);
        if (inner == Truth::kUnknown) return inner;
        return inner == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
      }
      case K::kIsUnknown:
        return Decide(*node.parts[0], value) == Truth::kUnknown ? Truth::kTrue : Truth::kFalse;
      case K::kExists: {
        Values all;
        const Outcome outcome = Quiet(*node.parts[0], value, false, path_.lax ? nullptr : &all);
        if (outcome == Outcome::kError) return Truth::kUnknown;
        const bool any = path_.lax ? outcome == Outcome::kFound : !all.empty();
        return any ? Truth::kTrue : Truth::kFalse;
      }
      default:
        return DecidePairs(node, value);
    }
  }

  /// True when it holds of some pair of the operands' values.
  Truth DecidePairs(const PathNode& node, const JsonbView& value) {
    Values left, right;
    if (Quiet(*node.parts[0], value, true, &left) == Outcome::kError) return Truth::kUnknown;
    if (node.kind == K::kLikeRegex) {
      right.push_back(JsonbView({}));
    } else if (Quiet(*node.parts[1], value, node.kind != K::kStartsWith, &right) ==
               Outcome::kError) {
      return Truth::kUnknown;
    }
    bool unknown = false, holds = false;
    for (const JsonbView& a : left) {
      for (const JsonbView& b : right) {
        const Truth truth = DecidePair(node, a, b);
        if (truth == Truth::kUnknown) {
          if (!path_.lax) return truth;
          unknown = true;
        } else if (truth == Truth::kTrue) {
          if (path_.lax) return truth;
          holds = true;
        }
      }
    }
    return holds ? Truth::kTrue : unknown ? Truth::kUnknown : Truth::kFalse;
  }
  Truth DecidePair(const PathNode& node, const JsonbView& a, const JsonbView& b) {
    auto truth = [](bool holds) { return holds ? Truth::kTrue : Truth::kFalse; };
    if (node.kind == K::kStartsWith) {
      if (a.kind() != JsonKind::kString || b.kind() != JsonKind::kString) return Truth::kUnknown;
      return truth(a.text().starts_with(b.text()));
    }
    if (node.kind == K::kLikeRegex) {
      if (a.kind() != JsonKind::kString) return Truth::kUnknown;
      return MatchesRegex(node, a.text());
    }
    int order;
    if (a.is_container() || b.is_container()) {
      const bool null = a.kind() == JsonKind::kNull || b.kind() == JsonKind::kNull;
      return null ? truth(node.kind == K::kNotEqual) : Truth::kUnknown;
    }
    if (IsBool(a) && IsBool(b)) {
      order = static_cast<int>(a.kind()) - static_cast<int>(b.kind());
    } else if (a.kind() != b.kind()) {
      // null is equal to nothing else; other kinds cannot be compared.
      const bool null = a.kind() == JsonKind::kNull || b.kind() == JsonKind::kNull;
      return null ? truth(node.kind == K::kNotEqual) : Truth::kUnknown;
    } else if (a.kind() == JsonKind::kNumber) {
      order = types::Compare(a.number(), b.number());
    } else {
      order = a.kind() == JsonKind::kNull ? 0 : a.text().compare(b.text());
    }
    switch (node.kind) {
      case K::kEqual:
        return truth(order == 0);
      case K::kNotEqual:
        return truth(order != 0);
      case K::kLess:
        return truth(order < 0);
      case K::kGreater:
        return truth(order > 0);
      case K::kLessEqual:
        return truth(order <= 0);
      default:
        return truth(order >= 0);
    }
  }
  Truth MatchesRegex(const PathNode& node, std::string_view text) {
    RegexFlags flags;
    auto has = [&](char c) { return node.flags.find(c) != std::string::npos; };
    flags.ignore_case = has('i');
    flags.literal = has('q');
    flags.newline_ends_dot = !has('s');
    flags.newline_ends_line = has('m');
    auto regex = CompileRegex(node.text, flags);
    if (!regex.ok()) {
      Raise(std::move(regex).error());
      return Truth::kUnknown;
    }
    return (*regex)->Matches(text) ? Truth::kTrue : Truth::kFalse;
  }

  const JsonPath& path_;
  const PathCall& call_;
  JsonbView current_;
  bool lenient_;  // structural errors are passed over
  bool throws_;
  int64_t array_size_ = 0;  // of the array whose subscripts are computed
  int depth_ = 0;
  std::optional<Error> error_;
};

}  // namespace

Result<std::optional<Values>> RunPath(const JsonPath& path, const PathCall& call) {
  Runner runner(path, call);
  Values found;
  const Outcome outcome = runner.Run(&found);
  if (runner.error().has_value()) return std::move(*runner.error());
  if (outcome == Outcome::kError) return std::optional<Values>();
  return std::optional<Values>(std::move(found));
}

Result<std::optional<bool>> PathExists(const JsonPath& path, const PathCall& call) {
  Runner runner(path, call);
  const Outcome outcome = runner.Run(nullptr);
  if (runner.error().has_value()) return std::move(*runner.error());
  if (outcome == Outcome::kError) return std::optional<bool>();
  return std::optional<bool>(outcome == Outcome::kFound);
}

}  // namespace lathe::func
