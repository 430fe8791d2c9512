// Row keys of one relation: made from rows, from values (bounds), taken apart again, and searched
// for in a page without encoding the page's rows. A key is its parts in order; a part that may be
// NULL is preceded by a marker:
//   00 NULL (NULLS FIRST) | 01 a value follows | 02 NULL (NULLS LAST)
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/exec/exec.h"
#include "runtime/row/page.h"
#include "runtime/schema/schema.h"
#include "storage/keyspace/value_encoding.h"

namespace lathe::keyspace {

/// One part of a key: a field of the row layout and its order.
struct KeyPart {
  uint32_t field = 0;  // of the layout
  bool descending = false;
  bool nulls_first = false;
};

/// Row keys in [begin, end); empty end = to the last. empty() = no key can lie in it.
struct KeyRange {
  std::string begin, end;
  bool empty() const { return !end.empty() && begin >= end; }
};

/// Immutable after Make; safe from all threads. Rows are (base, row) pairs: base is what string
/// offsets count from, the page of the row or (row images, storage/page/row_image.h) the row
/// itself.
class KeyEncoder {
 public:
  KeyEncoder() = default;
  /// Keys of a relation: its key columns, or the hidden row id. Rows are in relation.RowLayout().
  /// Whether a column is nullable is part of the format: changing NOT NULL of a key column takes
  /// new storage. 0A000 for types that cannot be keys.
  static Result<KeyEncoder> Make(const schema::RelationDescriptor& relation);
  /// Any layout and parts.
  static Result<KeyEncoder> Make(const row::Layout& layout, const std::vector<KeyPart>& parts);

  /// Appends the key of a row.
  void EncodeRow(const char* base, const char* row, std::string* out) const;
  std::string RowKey(const char* base, const char* row) const {
    std::string key;
    EncodeRow(base, row, &key);
    return key;
  }
  /// Appends the first values.size() parts of a key; a NULL value is encoded as NULL. Values have
  /// the types of the parts' fields (XX000 otherwise, or when a value is NULL where the field
  /// cannot be).
  Status EncodePrefix(std::span<const types::Value> values, std::string* out) const;
  /// The keys between two bounds, in key order: `lower` is where the order begins (the greater
  /// value of a descending part).
  Result<KeyRange> EncodeBounds(const exec::KeyBound& lower, const exec::KeyBound& upper) const;
  /// All parts of a whole key. False when the bytes are no key.
  bool Decode(std::string_view key, std::vector<types::Value>* values) const;

  /// memcmp order of a row's key against any bytes (a key, a prefix, a bound): <0 the row is less,
  /// 0 equal, >0. Nothing is encoded.
  int CompareRow(const char* base, const char* row, std::string_view key) const;
  /// Order of two rows' keys; both in this encoder's layout.
  int CompareRows(const char* base_a, const char* row_a, const char* base_b,
                  const char* row_b) const;
  /// First row in [from, to) of a page sorted by this key whose key is >= `key`; to when there is
  /// none.
  uint32_t LowerBound(const char* page, uint32_t from, uint32_t to, std::string_view key) const;
  uint32_t LowerBound(const char* page, std::string_view key) const {
    return LowerBound(page, 0, row::HeaderOf(page).row_count, key);
  }
  /// The row with exactly this key; -1 when there is none.
  int64_t FindRow(const char* page, std::string_view key) const;

  const row::Layout& layout() const { return layout_; }
  size_t part_count() const { return parts_.size(); }
  const KeyPart& part(size_t i) const { return parts_[i].part; }
  const types::Type& part_type(size_t i) const { return parts_[i].type; }
  bool part_nullable(size_t i) const { return parts_[i].null_byte >= 0; }
  /// Bytes of every key; 0 = they vary.
  uint32_t key_bytes() const { return key_bytes_; }

 private:
  struct Part {
    KeyPart part;
    types::Type type;
    types::Repr repr;
    uint32_t offset;    // in the row
    int32_t null_byte;  // in the row; -1 = never NULL
    uint8_t null_mask;
    uint32_t bytes;    // of the encoded value; 0 = varies
    bool is_unsigned;  // 4-byte integers: oid and reg*
    bool
        is_number;  // encoded as an unsigned big-endian integer of 1, 2, 4 or 8 bytes: see NumberOf
    bool trims_blanks;
  };

  static uint64_t NumberOf(const Part& part, const char* row);
  uint64_t KeyNumberOf(const char* row) const;  // the whole key as one number; all_numbers_ only
  template <class Less>
  static uint32_t Bisect(uint32_t from, uint32_t to, Less less);
  uint32_t InterpolatedLowerBound(const char* page, uint32_t from, uint32_t to,
                                  uint64_t wanted) const;
  static types::Datum DatumOf(const Part& part, const char* base, const char* row);
  void EncodePart(const Part& part, const char* base, const char* row, std::string* out) const;
  static int ComparePart(const Part& part, const char* base, const char* row,
                         std::string_view* key);
  static int CompareStringPart(const Part& part, std::string_view text, std::string_view* key);

  row::Layout layout_;
  std::vector<Part> parts_;
  uint32_t key_bytes_ = 0;
  bool all_numbers_ = false;  // the key is 1..8 bytes of numbers that are never NULL: the fast path
};

}  // namespace lathe::keyspace
