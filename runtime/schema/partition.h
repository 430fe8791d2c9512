// How a partitioned table spreads its rows over its partitions, and which of them a row goes to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/types/value.h"

namespace lathe::schema {

/// PARTITION BY.
struct PartitionKey {
  enum class Strategy : uint8_t { kNone, kRange, kList, kHash };
  struct Part {
    uint32_t column = 0;  // index into the table's columns; without sql
    std::string sql;      // an expression over a row; empty = the column
    types::Type type;     // of its value
  };
  Strategy strategy = Strategy::kNone;
  std::vector<Part> parts;
};

/// FOR VALUES: which rows a partition takes. Values are of the key columns' types.
struct PartitionBound {
  /// One column of one end of a range.
  struct End {
    enum class Kind : uint8_t { kMinValue, kValue, kMaxValue };
    Kind kind = Kind::kValue;
    types::Value value;
  };
  bool is_default = false;
  std::vector<types::Value> values;  // IN (...); NULL is one of them where it is listed
  std::vector<End> from, to;         // FROM (...) TO (...): from inclusive, to exclusive
  uint32_t modulus = 0, remainder = 0;
};

/// Whether a row with these key values belongs to the partition; false for a default partition,
/// which takes what no other one does. key: like PartitionKey::parts.
bool Accepts(const PartitionKey& by, const PartitionBound& bound,
             const std::vector<types::Value>& key);

/// The order of two ends of ranges (from or to): negative, 0, positive.
int CompareEnds(const std::vector<PartitionBound::End>& a,
                const std::vector<PartitionBound::End>& b);

/// The number of a hash partition is this modulo its modulus. As PostgreSQL's for the integer and
/// text types; HasPartitionHash says which types it is defined for.
uint64_t PartitionHash(const std::vector<types::Value>& key);
bool HasPartitionHash(const types::Type& type);

}  // namespace lathe::schema
