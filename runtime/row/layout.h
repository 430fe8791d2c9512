// The fixed layout of a row: where each field lies. One rule for pages on disk, rows between
// pipelines, hash table entries, sort runs and spill files: [prefix][null bits][fields in order, no
// padding]. Loads are unaligned.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/types/type.h"

namespace lathe::row {

/// A field as asked for.
struct FieldSpec {
  types::Type type;
  bool nullable = true;
  bool operator==(const FieldSpec&) const = default;
};

/// A field as placed.
struct Field {
  types::Type type;
  types::Repr repr;
  uint32_t offset;   // from the start of the row
  int32_t null_bit;  // bit number counted from the start of the null bytes; -1 = never null. Set
                     // bit = NULL
};

/// Where everything lies in a row. Immutable after Make.
class Layout {
 public:
  Layout() = default;
  /// prefix_bytes are left free at the start of each row (hash and next pointer of a hash table
  /// entry, say).
  static Layout Make(const std::vector<FieldSpec>& specs, uint32_t prefix_bytes = 0);

  size_t field_count() const { return fields_.size(); }
  const Field& field(size_t i) const { return fields_[i]; }
  const std::vector<Field>& fields() const { return fields_; }
  uint32_t stride() const { return stride_; }  // bytes from row to row; at least 1
  uint32_t prefix_bytes() const { return prefix_bytes_; }
  uint32_t null_offset() const { return prefix_bytes_; }  // the null bytes follow the prefix
  uint32_t null_bytes() const { return null_bytes_; }
  bool has_strings() const { return has_strings_; }
  bool IsNull(const char* row, size_t i) const {
    const Field& f = fields_[i];
    return f.null_bit >= 0 &&
           (static_cast<uint8_t>(row[prefix_bytes_ + f.null_bit / 8]) >> (f.null_bit % 8) & 1) != 0;
  }
  std::string ToString() const;  // "a int4 @1, b text? @5, stride 9"

 private:
  std::vector<Field> fields_;
  uint32_t stride_ = 1;
  uint32_t prefix_bytes_ = 0;
  uint32_t null_bytes_ = 0;
  bool has_strings_ = false;
};

}  // namespace lathe::row
