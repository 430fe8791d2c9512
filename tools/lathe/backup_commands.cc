#include "tools/lathe/backup_commands.h"

#include <absl/time/time.h>
#include <grpcpp/grpcpp.h>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>

#include "lathe/v1/admin.grpc.pb.h"
#include "storage/table/engine.h"
#include "storage/txn/oracle.h"

namespace lathe::shell {
namespace {

/// The options of a command: --name value, --name=value, or --name alone for those that take none.
class Options {
 public:
  /// False after a message when a word is none of them.
  bool Parse(const std::vector<std::string>& words, const std::vector<std::string>& with_value,
             const std::vector<std::string>& alone) {
    for (size_t i = 0; i < words.size(); ++i) {
      std::string name = words[i];
      std::optional<std::string> value;
      if (const size_t equals = name.find('='); equals != std::string::npos) {
        value = name.substr(equals + 1);
        name.resize(equals);
      }
      if (std::find(alone.begin(), alone.end(), name) != alone.end() && !value.has_value()) {
        values_[name] = "";
        continue;
      }
      if (std::find(with_value.begin(), with_value.end(), name) == with_value.end()) {
        std::fprintf(stderr, "lathe: unknown option %s\n", words[i].c_str());
        return false;
      }
      if (!value.has_value() && i + 1 < words.size()) value = words[++i];
      if (!value.has_value()) {
        std::fprintf(stderr, "lathe: option %s needs a value\n", name.c_str());
        return false;
      }
      values_[name] = *value;
    }
    return true;
  }
  bool Has(const std::string& name) const { return values_.contains(name); }
  std::string Get(const std::string& name, const std::string& otherwise = "") const {
    auto it = values_.find(name);
    return it == values_.end() ? otherwise : it->second;
  }
  /// False after a message.
  bool Need(const std::string& name) const {
    if (Has(name)) return true;
    std::fprintf(stderr, "lathe: option %s is missing\n", name.c_str());
    return false;
  }
  /// A number; false after a message.
  bool Number(const std::string& name, uint64_t* number) const {
    if (!Has(name)) return true;
    const std::string text = Get(name);
    auto parsed = std::from_chars(text.data(), text.data() + text.size(), *number);
    if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size()) return true;
    std::fprintf(stderr, "lathe: %s: \"%s\" is not a number\n", name.c_str(), text.c_str());
    return false;
  }

 private:
  std::map<std::string, std::string> values_;
};

int Fail(const Error& error) {
  std::fprintf(stderr, "lathe: %s\n", error.message.c_str());
  if (!error.detail.empty()) std::fprintf(stderr, "  detail: %s\n", error.detail.c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "  hint: %s\n", error.hint.c_str());
  return 1;
}

/// The server may stand in another directory.
std::string Absolute(const std::string& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute.lexically_normal().string();
}

std::string TimeOf(Timestamp ts) {
  return absl::FormatTime(
             "%Y-%m-%d %H:%M:%E3S",
             absl::FromUnixMillis(static_cast<int64_t>(ts.value >> txn::kTimestampCounterBits)),
             absl::UTCTimeZone()) +
         "+00";
}

void Print(const table::BackupInfo& info) {
  std::printf("backup %llu  %s  timestamp %llu  %llu files, %.1f MiB",
              static_cast<unsigned long long>(info.number), TimeOf(info.timestamp).c_str(),
              static_cast<unsigned long long>(info.timestamp.value),
              static_cast<unsigned long long>(info.files),
              static_cast<double>(info.bytes) / 1048576);
  if (info.logical_hash != 0) {
    std::printf(", logical hash %016llx", static_cast<unsigned long long>(info.logical_hash));
  }
  std::printf("\n");
}

/// A time, or a timestamp as `lathe backups` shows it; commits at that time belong to it.
bool ParseUntil(const std::string& text, Timestamp* until) {
  uint64_t number = 0;
  auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size()) {
    *until = Timestamp(number);
    return true;
  }
  for (const char* format : {"%Y-%m-%d %H:%M:%E*S%Ez", "%Y-%m-%dT%H:%M:%E*S%Ez",
                             "%Y-%m-%d %H:%M:%E*S", "%Y-%m-%dT%H:%M:%E*SZ"}) {
    absl::Time time;
    std::string error;
    // A zone of hours only, as PostgreSQL writes it.
    std::string padded = text;
    if (const size_t sign = text.find_last_of("+-");
        sign != std::string::npos && sign > 10 && text.size() - sign == 3) {
      padded += ":00";
    }
    if (!absl::ParseTime(format, padded, absl::UTCTimeZone(), &time, &error)) continue;
    const auto millis = static_cast<uint64_t>(absl::ToUnixMillis(time));
    *until = Timestamp(((millis + 1) << txn::kTimestampCounterBits) - 1);
    return true;
  }
  std::fprintf(stderr, "lathe: --until: \"%s\" is no time such as 2026-01-31 12:00:00+00\n",
               text.c_str());
  return false;
}

}  // namespace

int RunBackup(const std::vector<std::string>& arguments) {
  Options options;
  if (!options.Parse(arguments, {"--to", "--admin", "--data-dir", "--rate-limit"}, {"--hash"}) ||
      !options.Need("--to")) {
    return 2;
  }
  uint64_t megabytes = 64;
  if (!options.Number("--rate-limit", &megabytes)) return 2;
  const std::string to = Absolute(options.Get("--to"));
  table::BackupInfo info;
  if (options.Has("--data-dir")) {
    table::EngineOptions engine_options;
    engine_options.create_if_missing = false;
    auto engine = table::Engine::Open(options.Get("--data-dir"), engine_options);
    if (!engine.ok()) return Fail(engine.error());
    auto made = (*engine)->Backup(to, {megabytes << 20, options.Has("--hash")});
    if (!made.ok()) return Fail(made.error());
    info = *made;
  } else {
    auto stub = v1::Admin::NewStub(grpc::CreateChannel(options.Get("--admin", "127.0.0.1:7432"),
                                                       grpc::InsecureChannelCredentials()));
    v1::BackupRequest request;
    request.set_directory(to);
    request.set_bytes_per_second(megabytes << 20);
    request.set_with_hash(options.Has("--hash"));
    v1::BackupResponse response;
    grpc::ClientContext context;
    grpc::Status status = stub->Backup(&context, request, &response);
    if (!status.ok()) {
      std::fprintf(stderr, "lathe: %s\n", status.error_message().c_str());
      return 1;
    }
    info.number = response.number();
    info.timestamp = Timestamp(response.timestamp());
    info.files = response.files();
    info.bytes = response.bytes();
    info.bytes_copied = response.bytes_copied();
    info.logical_hash = response.logical_hash();
    info.quiet_micros = response.quiet_micros();
  }
  Print(info);
  std::printf("copied %.1f MiB; commits waited for %.1f ms\n",
              static_cast<double>(info.bytes_copied) / 1048576,
              static_cast<double>(info.quiet_micros) / 1000);
  return 0;
}

int RunBackups(const std::vector<std::string>& arguments) {
  Options options;
  if (!options.Parse(arguments, {"--in"}, {"--verify"}) || !options.Need("--in")) return 2;
  auto backups = table::Engine::ListBackups(options.Get("--in"), options.Has("--verify"));
  if (!backups.ok()) return Fail(backups.error());
  for (const table::BackupInfo& info : *backups) Print(info);
  if (options.Has("--verify")) std::printf("all files are as they were written\n");
  return 0;
}

int RunRestore(const std::vector<std::string>& arguments) {
  Options options;
  if (!options.Parse(arguments, {"--from", "--to", "--backup", "--archive", "--until"},
                     {"--verify"}) ||
      !options.Need("--from") || !options.Need("--to")) {
    return 2;
  }
  table::RestoreOptions restore;
  restore.from = options.Get("--from");
  restore.to = options.Get("--to");
  restore.archive_dir = options.Get("--archive");
  if (!options.Number("--backup", &restore.number)) return 2;
  if (options.Has("--until") && !ParseUntil(options.Get("--until"), &restore.until)) return 2;
  Result<Timestamp> last = table::Engine::Restore(restore);
  if (!last.ok()) return Fail(last.error());
  std::printf("restored \"%s\" with all commits up to %s (timestamp %llu)\n", restore.to.c_str(),
              TimeOf(*last).c_str(), static_cast<unsigned long long>(last->value));
  if (!options.Has("--verify")) return 0;
  table::EngineOptions engine_options;
  engine_options.create_if_missing = false;
  auto engine = table::Engine::Open(restore.to, engine_options);
  if (!engine.ok()) return Fail(engine.error());
  Result<uint64_t> hash = (*engine)->LogicalHashAll();
  if (!hash.ok()) return Fail(hash.error());
  std::printf("all rows were read; logical hash %016llx\n", static_cast<unsigned long long>(*hash));
  return 0;
}

}  // namespace lathe::shell
