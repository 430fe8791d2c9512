// RocksDB's Env on base::FileSystem, so that a test's file system (faults, a full disk, power cuts)
// stands below a whole store. Internal to storage/kv; production uses RocksDB's own Env.
#pragma once

#include <rocksdb/env.h>

#include <memory>

#include "runtime/base/file.h"

namespace lathe::kv {

/// An Env whose files lie in `files`, which outlives it; threads and time are the machine's. Keeps
/// no lock file: whoever opens a store holds the directory's lock already.
std::unique_ptr<rocksdb::Env> NewFileEnv(base::FileSystem* files);

}  // namespace lathe::kv
