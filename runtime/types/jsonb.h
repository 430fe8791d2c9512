// jsonb as bytes (Repr::kString), position-independent, readable without decoding all of it. A
// value is a byte JsonKind and what follows to its end:
//   null, false, true   nothing
//   string              the characters (UTF-8)
//   number              the numeric in its big form (numeric.h), exact
//   array               uint32 count | count x uint32 end of item | items
//   object              uint32 count | count x uint32 end of key | count x uint32 end of value
//                       | keys | values; keys in order (shorter first, then bytewise), each once
// Ends count from the start of the items, keys or values. Little-endian.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/types/json.h"
#include "runtime/types/numeric.h"

namespace lathe::types {

/// A value within jsonb bytes that somebody else owns. Bytes are made by this process (or checked
/// with CheckJsonb before).
class JsonbView {
 public:
  explicit JsonbView(std::string_view bytes) : bytes_(bytes) {}

  std::string_view bytes() const { return bytes_; }
  JsonKind kind() const {
    return bytes_.empty() ? JsonKind::kNull : static_cast<JsonKind>(bytes_[0]);
  }
  bool is_container() const { return kind() >= JsonKind::kArray; }
  /// The characters of a string.
  std::string_view text() const { return bytes_.substr(1); }
  Numeric number() const;
  /// Items of an array or members of an object.
  uint32_t count() const;
  /// Item of an array, value of an object's member.
  JsonbView value(uint32_t i) const;
  std::string_view key(uint32_t i) const;
  /// The member of this key; -1 when there is none.
  int64_t Find(std::string_view key) const;

 private:
  std::string_view Part(size_t ends_at, size_t data_at, uint32_t i) const;
  size_t ValuesAt() const;

  std::string_view bytes_;
};

/// jsonb of a tree. 22003 for numbers that no numeric can hold; 54000 when it is too long.
Result<std::string> EncodeJsonb(const JsonNode& node);
/// jsonb of a JSON text.
Result<std::string> ParseJsonb(std::string_view text);
/// The tree one level deep: items and values are kept encoded.
JsonNode JsonbNode(const JsonbView& value);
/// PostgreSQL's output: `{"a": 1, "b": [true, null]}`; indent: jsonb_pretty.
void AppendJsonb(const JsonbView& value, std::string* out, bool indent = false);
/// A scalar as ->> gives it (strings without quotes), containers as AppendJsonb.
void AppendJsonbText(const JsonbView& value, std::string* out);

/// PostgreSQL's btree order of jsonb: -1, 0, 1.
int CompareJsonb(const JsonbView& a, const JsonbView& b);
/// Equal values have equal hashes.
uint64_t HashJsonb(const JsonbView& value);
/// The operator @>.
bool JsonbContains(const JsonbView& whole, const JsonbView& part);
/// The operator ?: a key of an object, a string item of an array, or the string itself.
bool JsonbHas(const JsonbView& value, std::string_view key);
/// The order of keys in an object.
int CompareJsonKeys(std::string_view a, std::string_view b);
/// What is wrong with bytes that claim to be jsonb; null when nothing is.
const char* CheckJsonb(std::string_view bytes);

}  // namespace lathe::types
