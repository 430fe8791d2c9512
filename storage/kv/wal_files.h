// Write-ahead logs whose space is written ahead of them, so that syncing a commit does not have to
// write the file's size and extents too. Internal to storage/kv.
#pragma once

#include <rocksdb/env.h>

#include <memory>

namespace lathe::kv {

/// RocksDB's own Env, but for logs (*.log): zeros are written ahead of their end, some hundred KiB
/// at a time. A log that a crash leaves ends in zeros, which RocksDB reads as its end.
std::unique_ptr<rocksdb::Env> NewWalEnv();

}  // namespace lathe::kv
