// JSON text: PostgreSQL's input rules and error details, and trees of values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/result.h"

namespace lathe::types {

/// Kinds of JSON values, in jsonb's order from the least.
enum class JsonKind : uint8_t { kNull, kString, kNumber, kFalse, kTrue, kArray, kObject };

/// A JSON value as a tree, for making and changing jsonb. Plain value.
struct JsonNode {
  JsonKind kind = JsonKind::kNull;
  /// kString: the characters; kNumber: its text as written.
  std::string text;
  /// Not empty: the value is this, already in jsonb's form (types/jsonb.h), and nothing else
  /// counts.
  std::string encoded;
  std::vector<JsonNode> items;    // of an array; the values of an object
  std::vector<std::string> keys;  // of an object; of equal ones the last counts

  static JsonNode String(std::string_view text);
  static JsonNode Number(std::string_view text);
  static JsonNode Bool(bool value);
  static JsonNode Encoded(std::string_view bytes);
  static JsonNode Array() { return Of(JsonKind::kArray); }
  static JsonNode Object() { return Of(JsonKind::kObject); }

  /// Adds a member to an object.
  JsonNode* AddMember(std::string key, JsonNode value) {
    keys.push_back(std::move(key));
    items.push_back(std::move(value));
    return &items.back();
  }

 private:
  static JsonNode Of(JsonKind kind) {
    JsonNode node;
    node.kind = kind;
    return node;
  }
};

/// Nesting beyond this is 54001.
inline constexpr int kJsonDepthMax = 1500;

/// Checks the text of a json value. 22P02 with PostgreSQL's detail and context; 54001.
Status CheckJson(std::string_view text);
/// The tree of a JSON text, escapes resolved. As CheckJson; 22P05 for \u0000.
Result<JsonNode> ParseJson(std::string_view text);

/// One value of a JSON text, not parsed further.
struct JsonSlice {
  JsonKind kind;
  std::string_view text;  // as written, without blanks around it
};
/// The kind of valid JSON text.
JsonKind JsonKindOf(std::string_view json);
/// The items of an array (keys empty) or members of an object, in their order, of valid JSON text;
/// keys are given unescaped. Empty for scalars.
Result<std::vector<std::pair<std::string, JsonSlice>>> JsonParts(std::string_view json);
/// The characters of a JSON string literal (with its quotes). 22P05.
Result<std::string> JsonUnescape(std::string_view literal);

/// Appends a JSON string literal, escaped as PostgreSQL does.
void AppendJsonString(std::string_view text, std::string* out);
/// The json text again without fields that are null (json_strip_nulls).
Result<std::string> JsonStripNulls(std::string_view json);

}  // namespace lathe::types
