#include "tools/lathed/config.h"

#include <absl/flags/flag.h>
#include <absl/flags/parse.h>
#include <absl/flags/reflection.h>
#include <absl/flags/usage.h>
#include <absl/flags/usage_config.h>

#include <toml++/toml.h>
#include <charconv>
#include <cstdio>

ABSL_FLAG(std::string, data_dir, "", "directory of the database; made if it does not exist");
ABSL_FLAG(std::string, listen, "127.0.0.1:5432",
          "address and port for PostgreSQL clients; port 0 = any free one");
ABSL_FLAG(std::string, admin_listen, "127.0.0.1:7432",
          "address and port of the admin service (gRPC); empty = none");
ABSL_FLAG(std::string, config, "", "TOML file with any of these flags as keys");
ABSL_FLAG(std::string, log_level, "info", "trace, debug, info, warn, error or off");
ABSL_FLAG(uint32_t, max_connections, 1000, "client connections at a time");
ABSL_FLAG(uint32_t, startup_timeout, 60,
          "seconds that a client has for its startup packet; 0 = no limit");
ABSL_FLAG(uint32_t, workers, 0, "threads that run queries; 0 = one per core");
ABSL_FLAG(std::string, cache_size, "2GB", "memory for pages of tables");
ABSL_FLAG(std::string, memory_limit, "8GB", "memory of all queries together");
ABSL_FLAG(std::string, query_memory_limit, "4GB", "memory of one query");
ABSL_FLAG(std::string, delta_size, "512MB",
          "unfolded changes kept in memory; writers wait beyond it");
ABSL_FLAG(std::string, transaction_memory, "64MB",
          "changes of one transaction kept in memory; more are written to pages before the commit");
ABSL_FLAG(uint32_t, snapshot_age_limit, 0,
          "seconds after which an open snapshot may be too old to read by (72000); 0 = no limit");
ABSL_FLAG(uint32_t, compact_percent, 50,
          "files of a table are rewritten when replaced pages take so much of the pages in use");
ABSL_FLAG(std::string, archive_dir, "",
          "directory where every commit is archived, for point-in-time restore; empty = none");
ABSL_FLAG(bool, synchronous_commit, true, "a commit is acknowledged once it is on disk");

namespace lathe::lathed {
namespace {

// Flags that may stand in the file; --config itself may not.
constexpr const char* kKeys[] = {"data_dir",
                                 "listen",
                                 "admin_listen",
                                 "log_level",
                                 "max_connections",
                                 "startup_timeout",
                                 "workers",
                                 "cache_size",
                                 "memory_limit",
                                 "query_memory_limit",
                                 "delta_size",
                                 "transaction_memory",
                                 "synchronous_commit",
                                 "snapshot_age_limit",
                                 "compact_percent",
                                 "archive_dir"};

Error ConfigError(std::string message) {
  return MakeError(SqlState::kConfigFileError, std::move(message));
}

Status ApplyFile(const std::string& path) {
  toml::table table;
  try {
    table = toml::parse_file(path);
  } catch (const toml::parse_error& e) {
    return ConfigError(path + ":" + std::to_string(e.source().begin.line) + ": " +
                       std::string(e.description()));
  }
  for (const auto& [key, node] : table) {
    const std::string where = path + ":" + std::to_string(node.source().begin.line) + ": ";
    std::string name(key.str());
    for (char& c : name) c = c == '-' ? '_' : c;
    if (std::find(std::begin(kKeys), std::end(kKeys), name) == std::end(kKeys)) {
      return ConfigError(where + "unknown key \"" + std::string(key.str()) + "\"");
    }
    std::string text;
    if (auto s = node.value_exact<std::string>()) {
      text = *s;
    } else if (auto n = node.value_exact<int64_t>()) {
      text = std::to_string(*n);
    } else if (auto b = node.value_exact<bool>()) {
      text = *b ? "true" : "false";
    } else {
      return ConfigError(where + "the value of \"" + name +
                         "\" must be a string, an integer or a boolean");
    }
    std::string error;
    if (!absl::FindCommandLineFlag(name)->ParseFrom(text, &error)) {
      return ConfigError(where + "bad value for \"" + name + "\": " + error);
    }
  }
  return Ok();
}

Status ParseEndpoint(const std::string& text, const char* flag, std::string* address,
                     uint16_t* port) {
  const size_t colon = text.rfind(':');
  unsigned number = 0;
  if (colon != std::string::npos) {
    const char* begin = text.data() + colon + 1;
    const char* end = text.data() + text.size();
    auto parsed = std::from_chars(begin, end, number);
    if (begin != end && parsed.ec == std::errc() && parsed.ptr == end && number <= 65535) {
      *address = text.substr(0, colon);
      if (address->size() > 1 && address->front() == '[' && address->back() == ']') {
        *address = address->substr(1, address->size() - 2);
      }
      *port = static_cast<uint16_t>(number);
      return Ok();
    }
  }
  return MakeError(SqlState::kInvalidParameterValue,
                   std::string("--") + flag + ": \"" + text + "\" is not ADDRESS:PORT");
}

Status ParseBytes(const std::string& text, const char* flag, uint64_t* bytes) {
  uint64_t number = 0;
  auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(parsed.ptr,
                              static_cast<size_t>(text.data() + text.size() - parsed.ptr));
  const std::pair<std::string_view, int> units[] = {{"", 0},    {"B", 0},   {"kB", 10},
                                                    {"MB", 20}, {"GB", 30}, {"TB", 40}};
  for (const auto& [name, shift] : units) {
    if (parsed.ec == std::errc() && unit == name && number <= (UINT64_MAX >> shift)) {
      *bytes = number << shift;
      return Ok();
    }
  }
  return MakeError(SqlState::kInvalidParameterValue, std::string("--") + flag + ": \"" + text +
                                                         "\" is not a size such as 512MB or 2GB");
}

}  // namespace

Result<Config> ReadConfig(int argc, char** argv) {
  absl::SetProgramUsageMessage("The Lathe database server.\n\n  lathed --data-dir DIR [flags]");
  // --help lists the flags of this file, under the server's name.
  absl::FlagsUsageConfig usage;
  usage.normalize_filename = [](absl::string_view file) {
    const bool own = file.find("tools/lathed/") != absl::string_view::npos;
    return std::string(own ? absl::string_view("lathed") : file);
  };
  usage.contains_help_flags = [](absl::string_view file) { return file == "lathed"; };
  usage.contains_helpshort_flags = usage.contains_help_flags;
  absl::SetFlagsUsageConfig(usage);
  // Flags are written with dashes; Abseil knows them with underscores.
  std::vector<std::string> words(argv, argv + argc);
  for (std::string& word : words) {
    if (!word.starts_with("--")) continue;
    for (size_t i = 2; i < word.size() && word[i] != '='; ++i)
      word[i] = word[i] == '-' ? '_' : word[i];
  }
  std::vector<char*> args;
  for (std::string& word : words) args.push_back(word.data());
  std::vector<char*> rest = absl::ParseCommandLine(static_cast<int>(args.size()), args.data());
  if (rest.size() > 1) {
    return MakeError(SqlState::kInvalidParameterValue,
                     std::string("unexpected argument \"") + rest[1] + "\"");
  }
  if (const std::string file = absl::GetFlag(FLAGS_config); !file.empty()) {
    LATHE_TRY(ApplyFile(file));
    absl::ParseCommandLine(static_cast<int>(args.size()), args.data());
  }
  Config config;
  config.data_dir = absl::GetFlag(FLAGS_data_dir);
  if (config.data_dir.empty()) {
    return MakeError(SqlState::kInvalidParameterValue, "--data-dir is required");
  }
  LATHE_TRY(ParseEndpoint(absl::GetFlag(FLAGS_listen), "listen", &config.listen_address,
                          &config.listen_port));
  if (absl::GetFlag(FLAGS_admin_listen).empty()) {
    config.admin_address.clear();
  } else {
    LATHE_TRY(ParseEndpoint(absl::GetFlag(FLAGS_admin_listen), "admin-listen",
                            &config.admin_address, &config.admin_port));
  }
  config.log_level = absl::GetFlag(FLAGS_log_level);
  const std::string levels[] = {"trace", "debug", "info", "warn", "error", "off"};
  if (std::find(std::begin(levels), std::end(levels), config.log_level) == std::end(levels)) {
    return MakeError(SqlState::kInvalidParameterValue,
                     "--log-level: \"" + config.log_level + "\" is not a level");
  }
  config.max_connections = absl::GetFlag(FLAGS_max_connections);
  config.startup_timeout_seconds = absl::GetFlag(FLAGS_startup_timeout);
  config.workers = absl::GetFlag(FLAGS_workers);
  LATHE_TRY(ParseBytes(absl::GetFlag(FLAGS_cache_size), "cache-size", &config.cache_bytes));
  LATHE_TRY(
      ParseBytes(absl::GetFlag(FLAGS_memory_limit), "memory-limit", &config.memory_bytes_max));
  LATHE_TRY(ParseBytes(absl::GetFlag(FLAGS_query_memory_limit), "query-memory-limit",
                       &config.query_memory_bytes_max));
  LATHE_TRY(ParseBytes(absl::GetFlag(FLAGS_delta_size), "delta-size", &config.delta_bytes_max));
  LATHE_TRY(ParseBytes(absl::GetFlag(FLAGS_transaction_memory), "transaction-memory",
                       &config.transaction_memory_bytes));
  config.snapshot_seconds_max = absl::GetFlag(FLAGS_snapshot_age_limit);
  config.compact_percent = absl::GetFlag(FLAGS_compact_percent);
  config.archive_dir = absl::GetFlag(FLAGS_archive_dir);
  config.synchronous_commit = absl::GetFlag(FLAGS_synchronous_commit);
  return config;
}

}  // namespace lathe::lathed
