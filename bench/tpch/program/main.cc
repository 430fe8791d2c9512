// lathe-tpch: writes the tables of the TPC-H benchmark as text for COPY ... WITH (DELIMITER '|').
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/tpch/tpch.h"

namespace lathe::tpch {
namespace {

constexpr std::string_view kUsage =
    R"(usage: lathe-tpch [--sf N] [--table NAME|all] [--out DIR|-] [--seed N] [--chunk I/N]
       lathe-tpch --schema [--sf N] [--table NAME|all]
       lathe-tpch --count [--sf N] [--table NAME|all]

  --sf N       scale factor, 0.001 to 10000 (default 1)
  --table T    region, nation, part, supplier, partsupp, customer, orders, lineitem or all (default)
  --out DIR    directory that gets TABLE.tbl (with --chunk TABLE.tbl.I), or - for standard output (default .)
  --seed N     another seed gives other data (default 19920101)
  --chunk I/N  only the I-th of N parts, counted from 1; the parts of a table concatenate to the whole
  --schema     print the CREATE TABLE statements instead
  --count      print the tables' row counts instead
)";

struct Command {
  Options options;
  std::vector<Table> tables;
  std::string out = ".";
  int64_t chunk = 1;
  int64_t chunks = 1;
  enum class What { kData, kSchema, kCount, kHelp } what = What::kData;
};

template <class T>
bool ParseNumber(std::string_view text, T* value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size();
}

Error BadUsage(std::string message) {
  return MakeError(SqlState::kInvalidParameterValue, std::move(message));
}

Status ParseOption(std::string_view name, std::string_view value, Command* command) {
  if (name == "--sf") {
    if (ParseNumber(value, &command->options.scale_factor)) return Ok();
  } else if (name == "--seed") {
    if (ParseNumber(value, &command->options.seed)) return Ok();
  } else if (name == "--out") {
    command->out = value;
    return Ok();
  } else if (name == "--chunk") {
    size_t slash = value.find('/');
    if (slash != value.npos && ParseNumber(value.substr(0, slash), &command->chunk) &&
        ParseNumber(value.substr(slash + 1), &command->chunks) && command->chunk >= 1 &&
        command->chunk <= command->chunks && command->chunks <= 1000000) {
      return Ok();
    }
  } else if (name == "--table") {
    if (value == "all") {
      command->tables.clear();
      return Ok();
    }
    if (std::optional<Table> table = FindTable(value)) {
      command->tables = {*table};
      return Ok();
    }
  } else {
    return BadUsage("unknown option " + std::string(name));
  }
  return BadUsage("invalid value for " + std::string(name) + ": " + std::string(value));
}

Result<Command> ParseCommand(const std::vector<std::string_view>& arguments) {
  Command command;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string_view name = arguments[i];
    if (name == "--schema") {
      command.what = Command::What::kSchema;
    } else if (name == "--count") {
      command.what = Command::What::kCount;
    } else if (name == "--help" || name == "-h") {
      command.what = Command::What::kHelp;
    } else if (size_t equals = name.find('='); equals != name.npos) {
      LATHE_TRY(ParseOption(name.substr(0, equals), name.substr(equals + 1), &command));
    } else if (i + 1 < arguments.size()) {
      LATHE_TRY(ParseOption(name, arguments[++i], &command));
    } else {
      LATHE_TRY(ParseOption(name, "", &command));
    }
  }
  if (command.tables.empty()) {
    for (int i = 0; i < kTableCount; ++i) command.tables.push_back(static_cast<Table>(i));
  }
  return command;
}

Error FileError(const std::string& name) {
  return MakeError(SqlState::kIoError, "could not write \"" + name + "\": " + std::strerror(errno));
}

/// Writes the chunk's rows in pieces of bounded size.
Status WriteRows(const Generator& generator, Table table, const Command& command, std::FILE* file,
                 const std::string& name) {
  constexpr int64_t kUnitsAtOnce = 2048;
  int64_t units = generator.Units(table);
  // Without overflow: units is below 2^34, chunks at most a million.
  int64_t from = units * (command.chunk - 1) / command.chunks;
  int64_t to = units * command.chunk / command.chunks;
  std::string text;
  for (; from < to; from += kUnitsAtOnce) {
    text.clear();
    AppendRows(generator, table, from, std::min(from + kUnitsAtOnce, to), &text);
    if (std::fwrite(text.data(), 1, text.size(), file) != text.size()) return FileError(name);
  }
  if (std::fflush(file) != 0) return FileError(name);
  return Ok();
}

Status WriteTable(const Generator& generator, Table table, const Command& command) {
  if (command.out == "-") return WriteRows(generator, table, command, stdout, "standard output");
  std::string name = command.out + "/" + std::string(TableName(table)) + ".tbl";
  if (command.chunks > 1) name += "." + std::to_string(command.chunk);
  std::FILE* file = std::fopen(name.c_str(), "wb");
  if (file == nullptr) return FileError(name);
  Status status = WriteRows(generator, table, command, file, name);
  if (std::fclose(file) != 0 && status.ok()) return FileError(name);
  return status;
}

Status Run(const std::vector<std::string_view>& arguments) {
  LATHE_ASSIGN(Command command, ParseCommand(arguments));
  if (command.what == Command::What::kHelp) {
    std::printf("%s", kUsage.data());
    return Ok();
  }
  if (command.what == Command::What::kSchema) {
    for (Table table : command.tables) {
      std::printf("%s", CreateTableSql(table, command.options.scale_factor).c_str());
    }
    return Ok();
  }
  LATHE_ASSIGN(Generator generator, Generator::Make(command.options));
  for (Table table : command.tables) {
    if (command.what == Command::What::kCount) {
      std::printf("%s %lld\n", std::string(TableName(table)).c_str(),
                  static_cast<long long>(generator.CountRows(table)));
    } else {
      LATHE_TRY(WriteTable(generator, table, command));
    }
  }
  return Ok();
}

}  // namespace
}  // namespace lathe::tpch

int main(int argc, char** argv) {
  lathe::Status status = lathe::tpch::Run({argv + 1, argv + argc});
  if (status.ok()) return 0;
  std::fprintf(stderr, "lathe-tpch: %s\n", status.error().message.c_str());
  return status.error().state == lathe::SqlState::kInvalidParameterValue ? 2 : 1;
}
