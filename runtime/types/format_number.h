// to_char of numbers and to_number: PostgreSQL's numeric patterns (9, 0, D, G, S, PR, EEEE, ...),
// always with the C locale's signs and separators.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/types/numeric.h"

namespace lathe::types {

// to_char. Errors: 42601 for patterns that contradict themselves, 22003.
Result<std::string> FormatNumber(const Numeric& value, std::string_view pattern);
/// `bits`: 32 for integer, 64 for bigint (the range of what V multiplies).
Result<std::string> FormatNumber(int64_t value, int bits, std::string_view pattern);
/// `digits`: how many digits the type has (6 for real, 15 for double precision).
Result<std::string> FormatNumber(double value, int digits, std::string_view pattern);

/// to_number; the pattern is not empty. 42601, 22P02, 22003, 0A000.
Result<Numeric> ParseFormattedNumber(std::string_view text, std::string_view pattern);

}  // namespace lathe::types
