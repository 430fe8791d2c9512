#include "frontend/ast/position.h"

namespace lathe::ast {

int32_t PositionOf(std::string_view sql, int32_t location) {
  if (location < 0) return 0;
  int32_t position = 1;
  for (size_t i = 0; i < sql.size() && i < static_cast<size_t>(location); ++i) {
    position += (static_cast<uint8_t>(sql[i]) & 0xC0) != 0x80;
  }
  return position;
}

}  // namespace lathe::ast
