// The least and greatest value of every column of a page, small enough to keep for every page. A
// value is kept as the first kSummaryValueBytes of its order-preserving encoding
// (storage/keyspace/value_encoding.h), so one memcmp serves all types:
//
//   per field: flags (1: has non-null values, 2: has NULLs, 4: bounded) [ | u8 length | min bytes |
//   u8 length | max bytes ] min and max follow when the field is bounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/exec/exec.h"
#include "runtime/row/page.h"
#include "runtime/types/value.h"

namespace lathe::page {

inline constexpr uint32_t kSummaryValueBytes = 16;

/// Appends the summary of rows [0, row_count) of a page. Fields of types without an order (arrays)
/// are noted as unbounded.
void SummarizePage(const row::Layout& layout, const char* page, std::string* out);

/// What a summary says of one field; views into the summary.
struct ColumnSummary {
  bool has_values = true;
  bool has_nulls = true;
  bool bounded = false;       // min and max are known
  std::string_view min, max;  // encodings, cut at kSummaryValueBytes
};
/// Field i of a summary; a summary that is damaged or too short says nothing (unbounded).
ColumnSummary SummaryOfColumn(std::string_view summary, size_t i);
/// True when the bytes are a summary of field_count fields.
bool ValidateSummary(std::string_view summary, size_t field_count);

/// A column range of a scan, encoded once and asked for every page.
class SkipFilter {
 public:
  /// Ranges whose type has no order, or is not the field's type, are left out (they only ever are
  /// hints).
  SkipFilter(const row::Layout& layout, const std::vector<exec::SkipRange>& ranges);
  /// False when no row of the page can be in all of the ranges.
  bool MayMatch(std::string_view summary) const;
  bool empty() const { return ranges_.empty(); }

 private:
  struct Range {
    uint32_t field;
    bool has_min, has_max;
    std::string min, max;  // cut at kSummaryValueBytes
  };
  std::vector<Range> ranges_;
};

/// The exact smallest and greatest value of a field over a page's rows; false when all are NULL or
/// the type has no order. For statistics. Strings point into the page.
bool ColumnMinMax(const row::Layout& layout, const char* page, size_t field, types::Datum* min,
                  types::Datum* max, uint32_t* nulls);

}  // namespace lathe::page
