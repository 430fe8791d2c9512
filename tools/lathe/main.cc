// lathe: the command line tool. `lathe sql` is the shell; `lathe status` and `lathe explain` talk
// to a server's admin service.
#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "runtime/base/stack.h"
#include "tools/lathe/admin_commands.h"
#include "tools/lathe/backup_commands.h"
#include "tools/lathe/shell.h"

namespace lathe::shell {
namespace {

constexpr const char* kUsage =
    "lathe sql     [--data-dir DIR | --host H --port P] [-c SQL | -f FILE] [--format "
    "aligned|csv|json]\n"
    "lathe status  [--admin ADDRESS:PORT]\n"
    "lathe explain [--admin ADDRESS:PORT] SQL\n"
    "lathe backup  --to DIR [--admin ADDRESS:PORT | --data-dir DIR] [--rate-limit MIB_PER_SECOND] "
    "[--hash]\n"
    "lathe backups --in DIR [--verify]\n"
    "lathe restore --from DIR --to DATA_DIR [--backup NUMBER] [--archive DIR] [--until TIME] "
    "[--verify]\n"
    "\n"
    "sql opens the directory in this process with --data-dir, else connects to a server "
    "(127.0.0.1:5432). Without -c and -f it\n"
    "reads standard input, with prompts on a terminal. backup adds to a directory of backups what "
    "its last ones do not have;\n"
    "restore makes a data directory of one of them, with the commits in the archive up to a "
    "time.\n";

int Usage(const std::string& problem) {
  std::fprintf(stderr, "lathe: %s\n%s", problem.c_str(), kUsage);
  return 2;
}

int RunSql(std::vector<std::string> args) {
  std::string data_dir;
  ServerAddress address;
  std::vector<std::string> texts, files;
  OutputFormat format = OutputFormat::kAligned;
  for (size_t i = 0; i < args.size(); ++i) {
    std::string name = args[i], value;
    const size_t equals = name.starts_with("--") ? name.find('=') : std::string::npos;
    if (equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    } else if (i + 1 < args.size()) {
      value = args[++i];
    } else {
      return Usage("option " + name + " needs a value");
    }
    if (name == "--data-dir") {
      data_dir = value;
    } else if (name == "--host" || name == "-h") {
      address.host = value;
    } else if (name == "--port" || name == "-p") {
      address.port = std::atoi(value.c_str());
      if (address.port <= 0 || address.port > 65535) return Usage("bad port \"" + value + "\"");
    } else if (name == "-c" || name == "--command") {
      texts.push_back(value);
    } else if (name == "-f" || name == "--file") {
      files.push_back(value);
    } else if (name == "--format") {
      if (value != "aligned" && value != "csv" && value != "json")
        return Usage("unknown format \"" + value + "\"");
      format = value == "csv"    ? OutputFormat::kCsv
               : value == "json" ? OutputFormat::kJson
                                 : OutputFormat::kAligned;
    } else {
      return Usage("unknown option " + name);
    }
  }
  auto backend = data_dir.empty() ? Connect(address) : OpenDirectory(data_dir);
  if (!backend.ok()) {
    std::fprintf(stderr, "lathe: %s\n", backend.error().message.c_str());
    return 2;
  }
  Shell shell(backend->get(), format);
  if (!texts.empty()) {
    for (const std::string& text : texts) {
      if (!shell.RunText(text)) return 1;
    }
    if (files.empty()) return 0;
  }
  for (const std::string& name : files) {
    std::FILE* file = name == "-" ? stdin : std::fopen(name.c_str(), "r");
    if (file == nullptr) {
      std::fprintf(stderr, "lathe: %s: %s\n", name.c_str(), std::strerror(errno));
      return 1;
    }
    const int status = shell.RunFile(file);
    if (file != stdin) std::fclose(file);
    if (status != 0) return status;
  }
  if (!files.empty()) return 0;
  return isatty(STDIN_FILENO) ? shell.RunInteractive() : shell.RunFile(stdin);
}

}  // namespace
}  // namespace lathe::shell

int main(int argc, char** argv) {
  std::vector<std::string> args(argv + 1, argv + argc);
  if (args.empty()) return lathe::shell::Usage("no command");
  const std::string command = args[0];
  args.erase(args.begin());
  if (!args.empty() && args[0] == "--help") {
    std::fputs(lathe::shell::kUsage, stdout);
    return 0;
  }
  if (command == "sql") {
    // On a thread of its own: with --data-dir statements are planned and compiled there.
    lathe::base::UseDeepStacks();
    int status = 0;
    std::thread shell([&] { status = lathe::shell::RunSql(std::move(args)); });
    // Signals are for that thread: Ctrl-C ends what it waits for.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    shell.join();
    return status;
  }
  if (command == "status") return lathe::shell::RunStatus(args);
  if (command == "explain") return lathe::shell::RunExplain(args);
  if (command == "backup") return lathe::shell::RunBackup(args);
  if (command == "backups") return lathe::shell::RunBackups(args);
  if (command == "restore") return lathe::shell::RunRestore(args);
  if (command == "help" || command == "--help" || command == "-h") {
    std::fputs(lathe::shell::kUsage, stdout);
    return 0;
  }
  return lathe::shell::Usage("unknown command " + command);
}
