// Files of RocksDB that are not its own: write-ahead logs whose space is written ahead of them, so
// that syncing a commit does not have to write the file's size and extents too, and table files
// without rows, which never fail. Internal to storage/kv.
#pragma once

#include <rocksdb/env.h>

#include <memory>
#include <string_view>

namespace lathe::kv {

/// Is this a whole table file without rows? A compaction that drops all it reads writes one, to
/// remove it at once; but when it cannot be written, RocksDB 7.8 aborts the process (it asks for
/// its smallest key, and Debian's build has assertions on). So such a file must not fail.
bool IsTableWithoutRows(std::string_view bytes);

/// RocksDB's own Env, but for logs (*.log): zeros are written ahead of their end, some hundred KiB
/// at a time. A log that a crash leaves ends in zeros, which RocksDB reads as its end. And for
/// table files (*.sst): those without rows do not fail.
std::unique_ptr<rocksdb::Env> NewWalEnv();

}  // namespace lathe::kv
