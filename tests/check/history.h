// Histories: what clients did, when, and what they were told. Written as text, one JSON object per
// line, so that a test in any language can write one:
//
//   {"process": 3, "type": "ok", "start": 17, "end": 29, "ops": [["append", 5, 1], ["r", 5, [1]]]}
//
// start, end  of one monotonic clock; end may be null when the answer never came
// type        "ok": it happened; "fail": it did not, for certain; "info": nobody knows
// ops         list-append: ["append", key, value] (values of a key are unique), ["r", key,
// [values]]
//             registers, one per line: ["r", key, value or null], ["w", key, value],
//             ["cas", key, from, to], and ["cas", key, from, to, false] for one that found another
//             value; what a read gave may be null in an "info" or "fail"
// Other members of the object are skipped.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace lathe::check {

enum class Outcome : uint8_t { kOk, kFail, kUnknown };

/// The end of what never ended.
inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

/// Of a transaction over lists: an append, or a read of a whole list.
struct ListOp {
  bool append = false;
  int64_t key = 0;
  int64_t value = 0;                         // appended
  std::optional<std::vector<int64_t>> list;  // read; none = not answered
};

struct ListTransaction {
  uint64_t line = 0;  // of the text, from 1
  int64_t process = 0;
  Outcome outcome = Outcome::kOk;
  int64_t start = 0, end = kNever;
  std::vector<ListOp> ops;
};

enum class RegisterKind : uint8_t { kRead, kWrite, kCas, kFailedCas };

struct RegisterOp {
  uint64_t line = 0;
  int64_t process = 0;
  Outcome outcome = Outcome::kOk;
  int64_t start = 0, end = kNever;
  RegisterKind kind = RegisterKind::kRead;
  int64_t key = 0;
  std::optional<int64_t> value;  // read (none = nothing there) or written
  int64_t expected = 0;          // of a compare-and-set
};

/// Parse whole histories. Errors name the line.
Result<std::vector<ListTransaction>> ParseLists(std::string_view text);
Result<std::vector<RegisterOp>> ParseRegisters(std::string_view text);

}  // namespace lathe::check
