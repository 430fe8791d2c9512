// lathe-check-history --model register|list-append [--level LEVEL] [--realtime] FILE
//
// Checks a history (tests/check/history.h has the format) and prints what is wrong. LEVEL, of
// lists: read-committed, repeatable-read, serializable (which is taken without --level).
// --realtime: the clock's order of transactions counts too; of registers it always does. Exit
// status: 0 nothing is wrong, 1 something is, 2 the history cannot be read, 3 a register could not
// be decided.
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/check/check.h"

namespace lathe::check {
namespace {

struct Arguments {
  std::string model, file;
  ListOptions lists;
};

bool Parse(int argc, char** argv, Arguments* out) {
  for (int i = 1; i < argc; i++) {
    std::string name = argv[i];
    if (name == "--realtime") {
      out->lists.realtime = true;
    } else if (name == "--model" && i + 1 < argc) {
      out->model = argv[++i];
    } else if (name == "--level" && i + 1 < argc) {
      std::string level = argv[++i];
      if (level == "read-committed")
        out->lists.level = Level::kReadCommitted;
      else if (level == "repeatable-read")
        out->lists.level = Level::kRepeatableRead;
      else if (level == "serializable")
        out->lists.level = Level::kSerializable;
      else
        return false;
    } else if (out->file.empty() && name[0] != '-') {
      out->file = name;
    } else {
      return false;
    }
  }
  return !out->file.empty() && (out->model == "register" || out->model == "list-append");
}

int Lists(const std::string& text, const ListOptions& options) {
  auto history = ParseLists(text);
  if (!history.ok()) {
    std::fprintf(stderr, "%s\n", history.error().message.c_str());
    return 2;
  }
  ListReport report = CheckLists(history.value(), options);
  constexpr size_t kShown = 50;
  for (size_t i = 0; i < report.anomalies.size() && i < kShown; i++) {
    std::printf("%s: %s\n", report.anomalies[i].kind.c_str(), report.anomalies[i].text.c_str());
  }
  if (report.anomalies.size() > kShown) std::printf("and more\n");
  std::printf("%zu transactions over %zu lists, %zu edges, %zu anomalies\n", report.transactions,
              report.lists, report.edges, report.anomalies.size());
  return report.anomalies.empty() ? 0 : 1;
}

int Registers(const std::string& text) {
  auto history = ParseRegisters(text);
  if (!history.ok()) {
    std::fprintf(stderr, "%s\n", history.error().message.c_str());
    return 2;
  }
  RegisterReport report = CheckRegisters(history.value());
  if (!report.ok) std::printf("%s\n", report.text.c_str());
  std::printf("%zu operations on %zu registers, %s, %zu undecided\n", report.operations,
              report.registers, report.ok ? "nothing wrong" : "not linearizable", report.undecided);
  return !report.ok ? 1 : report.undecided ? 3 : 0;
}

int Main(int argc, char** argv) {
  Arguments arguments;
  bool help = argc == 2 && std::strcmp(argv[1], "--help") == 0;
  if (help || !Parse(argc, argv, &arguments)) {
    std::fprintf(
        help ? stdout : stderr,
        "usage: lathe-check-history --model register|list-append\n"
        "         [--level read-committed|repeatable-read|serializable] [--realtime] FILE\n");
    return help ? 0 : 2;
  }
  std::ifstream in(arguments.file, std::ios::binary);
  if (!in) {
    std::fprintf(stderr, "cannot open %s\n", arguments.file.c_str());
    return 2;
  }
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return arguments.model == "register" ? Registers(text) : Lists(text, arguments.lists);
}

}  // namespace
}  // namespace lathe::check

int main(int argc, char** argv) { return lathe::check::Main(argc, argv); }
