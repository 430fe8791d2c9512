// The settings of RocksDB, one place. Internal to storage/kv.
#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/options.h>

#include <memory>

#include "storage/kv/kv.h"

namespace lathe::kv {

rocksdb::DBOptions DatabaseOptions(const KvOptions& options);
rocksdb::ColumnFamilyOptions FamilyOptions(Family family, const KvOptions& options,
                                           const std::shared_ptr<rocksdb::Cache>& block_cache);
/// A Status of RocksDB in Lathe's words; Ok for OK.
Status FromRocks(const rocksdb::Status& status);

inline rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

}  // namespace lathe::kv
