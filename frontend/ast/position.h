// From locations (byte offsets) to PostgreSQL's error positions (code points counted from 1).
#pragma once

#include <cstdint>
#include <string_view>

namespace lathe::ast {

/// The position to report for a node at byte `location` of the statement text `sql`: code points
/// counted from 1; 0 if the location is -1. A location past the end gives the position just after
/// the text.
int32_t PositionOf(std::string_view sql, int32_t location);

}  // namespace lathe::ast
