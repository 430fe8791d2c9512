// jsonpath: the text of a path read into a tree, and the tree written in PostgreSQL's form. Values
// of the type are kept as that text. Running a path is runtime/func's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace lathe::types {

enum class PathKind : uint8_t {
  // Values.
  kNull,
  kString,
  kNumber,
  kBool,
  kVariable,
  kRoot,
  kCurrent,
  kLast,
  // Predicates.
  kOr,
  kAnd,
  kNot,
  kIsUnknown,
  kExists,
  kEqual,
  kNotEqual,
  kLess,
  kGreater,
  kLessEqual,
  kGreaterEqual,
  kStartsWith,
  kLikeRegex,
  // Arithmetic.
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kPlus,
  kMinus,
  // Steps behind something.
  kKey,
  kAnyKey,
  kAnyItem,
  kItems,
  kAnyLevel,
  kFilter,
  kType,
  kSize,
  kAbs,
  kFloor,
  kCeiling,
  kDouble,
  kDatetime,
  kKeyValue,
};

/// A part of a path, with the steps behind it.
struct PathNode {
  PathKind kind;
  /// Of strings, numbers, variables, keys; the pattern of like_regex; "true" of kBool.
  std::string text;
  std::string flags;  // of like_regex: of "ismxq", in this order
  uint32_t first = 0, last = 0;  // of kAnyLevel; UINT32_MAX = last
  /// Operands. kItems: pairs of bounds, the second null for a single subscript. kDatetime: the
  /// template, if there is one.
  std::vector<std::unique_ptr<PathNode>> parts;
  std::unique_ptr<PathNode> next;
};

struct JsonPath {
  bool lax = true;
  std::unique_ptr<PathNode> root;
};

/// 22P02, 42601, 2201B, 54001.
Result<JsonPath> ParseJsonPath(std::string_view text);
/// The text of a path as PostgreSQL shows it.
std::string JsonPathText(const JsonPath& path);
/// Both: what a value of the type is kept as.
Result<std::string> NormalizeJsonPath(std::string_view text);

}  // namespace lathe::types
