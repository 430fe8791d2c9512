// Scans that look rows up: of some keys or key prefixes, through an index, and from the greatest
// key down.
#pragma once

#include <memory>
#include <vector>

#include "storage/table/scan.h"

namespace lathe::table {

/// Where single rows are looked up, as a statement sees them.
struct LookupSource {
  std::shared_ptr<Table> table;
  TableVersionPtr version;
  Timestamp snapshot;
  std::shared_ptr<const txn::StorageWrites> own;  // the transaction's buffered writes; may be null
  uint32_t statement = 0;                         // that looks
  txn::ReadSet* reads = nullptr;                  // what is looked up is noted there; may be null
};

/// The ranges of keys that begin with these values, in key order and without repeats.
Result<std::vector<ScanRange>> MakePointRanges(
    const keyspace::KeyEncoder& encoder, const std::vector<std::vector<types::Value>>& points);

/// Scans the ranges one after the other; request gives the order. source.own covers all ranges.
std::unique_ptr<exec::RowSource> OpenRanges(ScanSource source, LookupSource lookups,
                                            std::vector<ScanRange> ranges,
                                            const exec::ScanRequest& request);

/// Makes the table's row key from an entry of the index, whose layout is `entries`.
Result<keyspace::KeyEncoder> RowKeyOfEntry(const schema::RelationDescriptor& table,
                                           const schema::RelationDescriptor& index,
                                           const row::Layout& entries);

/// The rows whose entries another scan gives, in its order.
std::unique_ptr<exec::RowSource> OpenLookups(std::unique_ptr<exec::RowSource> entries,
                                             LookupSource source, keyspace::KeyEncoder keys);

/// The rows of a range from the greatest key down. One worker.
std::unique_ptr<exec::RowSource> OpenReverse(ScanSource source, ScanRange range);

}  // namespace lathe::table
