// The server's options: flags on the command line, the same names as keys of a TOML file. A flag
// given on the command line wins.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/base/result.h"

namespace lathe::lathed {

struct Config {
  std::string data_dir;
  std::string listen_address = "127.0.0.1";
  uint16_t listen_port = 5432;
  std::string admin_address = "127.0.0.1";
  uint16_t admin_port = 7432;
  std::string log_level = "info";
  uint32_t max_connections = 1000;
  uint32_t startup_timeout_seconds = 60;
  uint32_t workers = 0;  // 0 = one per core
  uint64_t cache_bytes = uint64_t{2} << 30;
  uint64_t memory_bytes_max = uint64_t{8} << 30;
  uint64_t query_memory_bytes_max = uint64_t{4} << 30;
  uint64_t snapshot_seconds_max = 0;  // 0 = no limit
  uint32_t compact_percent = 50;
  std::string archive_dir;  // empty = none
  uint64_t delta_bytes_max = uint64_t{512} << 20;
  uint64_t transaction_memory_bytes = uint64_t{64} << 20;
  bool synchronous_commit = true;
};

/// Reads flags and the file that --config names. Exits by itself for --help and for flags that do
/// not parse. F0000 with file, line and key for anything wrong in the file (unknown keys too),
/// 22023 for values that make no sense.
Result<Config> ReadConfig(int argc, char** argv);

}  // namespace lathe::lathed
