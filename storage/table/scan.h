// Scans: pages, unfolded versions and a transaction's own writes merged into segments.
//
// Units of work are the pages of a leaf of the directory and its tail. A page without changes goes
// out as one segment of itself; a page with changes as the pieces between them and small pages of
// newer rows (Patch), which are kept for the next scan. A scan by a whole key looks up one row.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/exec/exec.h"
#include "storage/table/table.h"

namespace lathe::table {

/// An own write of the scanning transaction that the statement sees.
struct OwnRow {
  std::string_view key;
  std::string_view image;  // empty = deleted
};

/// Everything that a scan reads. Own rows are sorted by key and lie in the range.
struct ScanSource {
  std::shared_ptr<Table> table;
  TableVersionPtr version;
  Timestamp snapshot;
  std::vector<OwnRow> own;
  std::shared_ptr<const void> own_bytes;     // what they point into
  const exec::CancelFlag* cancel = nullptr;  // may be null
};

/// The range of keys of a request, and whether it is exactly one key.
struct ScanRange {
  keyspace::KeyRange keys;
  bool point = false;  // keys.begin is the whole key
};
Result<ScanRange> MakeScanRange(const keyspace::KeyEncoder& encoder,
                                const exec::ScanRequest& request);

/// Opens a scan over [range) of the source.
std::unique_ptr<exec::RowSource> OpenScan(ScanSource source, ScanRange range,
                                          const exec::ScanRequest& request);

/// The first row in [from, to) of a page whose key is not below `key`; to when there is none. Meant
/// for going through a page by ascending keys: what lies near `from` is found at once (galloping
/// search). *match: that row has exactly this key.
uint32_t SeekRow(const keyspace::KeyEncoder& encoder, const char* page, uint32_t from, uint32_t to,
                 std::string_view key, bool* match);

/// Merges rows [from, to) of a page (null: a tail) with the leaf's versions in [begin, end) of the
/// keys (empty end = to the last) that a snapshot sees, and with own rows, which go before them.
/// cachable tells whether it holds for all later snapshots as well.
Result<Patch> BuildPatch(const Table& table, const Leaf& leaf, const char* page, uint32_t from,
                         uint32_t to, std::string_view begin, std::string_view end,
                         Timestamp snapshot, std::span<const OwnRow> own, bool* cachable);

}  // namespace lathe::table
