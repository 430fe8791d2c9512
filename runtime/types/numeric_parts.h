// Private to the numerics: the base of the digits and the codes of the byte form.
#pragma once

#include <cstdint>

namespace lathe::types {

inline constexpr int kBase = 10000;
inline constexpr uint16_t kSignPlus = 0x0000, kSignMinus = 0x4000, kSignNan = 0xc000,
                          kSignPlusInf = 0xd000, kSignMinusInf = 0xf000;

/// n / 4, rounded down: of decimal digits, the base-10000 digits.
inline int FloorDiv4(int n) { return n >= 0 ? n / 4 : -((-n + 3) / 4); }

}  // namespace lathe::types
