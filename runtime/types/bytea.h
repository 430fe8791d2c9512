// bytea and uuid: text forms. bytea is its bytes. A uuid is a kI128 whose signed order is the order
// of its bytes: big-endian, the first bit inverted.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/types/value.h"

namespace lathe::types {

/// "\x..." (hex, blanks between pairs) or the escape form. 22P02, 22023.
Result<std::string> ParseBytea(std::string_view text);
void AppendBytea(std::string_view bytes, std::string* out);
/// Hex digits without the "\x".
void AppendHex(std::string_view bytes, std::string* out);
/// Pairs of hex digits, blanks allowed between them. 22023.
Result<std::string> DecodeHex(std::string_view text);

/// Any of PostgreSQL's input forms. 22P02.
Result<int128> ParseUuid(std::string_view text);
void AppendUuid(int128 uuid, std::string* out);
/// The 16 bytes, and back.
void UuidBytes(int128 uuid, char* bytes);
int128 UuidFromBytes(const char* bytes);

}  // namespace lathe::types
