// Private to the codecs: what their parts share.
#pragma once

#include <string>
#include <string_view>

#include "runtime/types/codec.h"

namespace lathe::types {

inline bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

inline std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

inline std::string Quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

/// 22P02 `invalid input syntax for type x: "..."`.
inline Error InvalidInput(std::string_view type, std::string_view text) {
  return MakeError(SqlState::kInvalidTextRepresentation,
                   "invalid input syntax for type " + std::string(type) + ": " + Quoted(text));
}

// Binary forms: malformed, and ending too early.
inline Error Malformed() {
  return MakeError(SqlState::kInvalidBinaryRepresentation, "incorrect binary data format");
}
inline Error TooShort() {
  return MakeError(SqlState::kProtocolViolation, "insufficient data left in message");
}

// Arrays, as ParseText and its like.
Status ParseArrayText(const Type& type, std::string_view text, const FormatContext& context,
                      base::Arena* arena, Datum* datum);
void AppendArrayText(const Type& type, const Datum& datum, const FormatContext& context,
                     std::string* out);
Status ParseArrayBinary(const Type& type, std::string_view bytes, const FormatContext& context,
                        base::Arena* arena, Datum* datum);
void AppendArrayBinary(const Type& type, const Datum& datum, std::string* out);

}  // namespace lathe::types
