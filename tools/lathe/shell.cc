#include "tools/lathe/shell.h"

#include <histedit.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>

namespace lathe::shell {
namespace {

Backend* g_running = nullptr;  // for the interrupt handler

void OnInterrupt(int) {
  if (g_running != nullptr) g_running->Cancel();
}

/// Reads a line without its newline; false at the end of the file.
bool ReadLine(std::FILE* file, std::string* line) {
  line->clear();
  int c;
  while ((c = std::getc(file)) != EOF) {
    if (c == '\n') return true;
    line->push_back(static_cast<char>(c));
  }
  return !line->empty();
}

std::string Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

std::string Quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + "'";
}

constexpr const char* kListTables =
    "SELECT n.nspname AS \"Schema\", c.relname AS \"Name\", 'table' AS \"Type\", "
    "pg_get_userbyid(c.relowner) AS "
    "\"Owner\" FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind = 'r' "
    "AND n.nspname <> 'pg_catalog' AND n.nspname <> 'information_schema' ORDER BY 1, 2";

std::string DescribeTable(const std::string& name) {
  return "SELECT a.attname AS \"Column\", pg_catalog.format_type(a.atttypid, a.atttypmod) AS "
         "\"Type\", "
         "CASE WHEN a.attnotnull THEN 'not null' ELSE '' END AS \"Nullable\", "
         "(SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid, true) FROM pg_catalog.pg_attrdef d "
         "WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef) AS \"Default\" "
         "FROM pg_catalog.pg_attribute a WHERE a.attrelid = " +
         Quoted(name) + "::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";
}

constexpr const char* kHelp =
    "\\d [TABLE]      columns of a table, or all tables\n"
    "\\dt             tables\n"
    "\\timing         show how long statements take\n"
    "\\format FORMAT  aligned, csv or json\n"
    "\\i FILE         run a file\n"
    "\\q              leave\n";

}  // namespace

size_t StatementSplitter::EndOfStatement(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const char c = text[i];
    if (c == ';') return i + 1;
    if (c == '\'' || c == '"') {
      // E'' strings have backslash escapes.
      const bool escapes = c == '\'' && i > 0 && (text[i - 1] == 'e' || text[i - 1] == 'E');
      for (++i; i < text.size() && text[i] != c; ++i) {
        if (escapes && text[i] == '\\') ++i;
      }
      if (i >= text.size()) return std::string_view::npos;
      ++i;
    } else if (c == '-' && text.substr(i, 2) == "--") {
      i = text.find('\n', i);
      if (i == std::string_view::npos) return i;
    } else if (c == '/' && text.substr(i, 2) == "/*") {
      int depth = 1;
      for (i += 2; i < text.size() && depth > 0;) {
        if (text.substr(i, 2) == "/*") {
          ++depth;
          i += 2;
        } else if (text.substr(i, 2) == "*/") {
          --depth;
          i += 2;
        } else {
          ++i;
        }
      }
      if (depth > 0) return std::string_view::npos;
    } else if (c == '$') {
      size_t end = i + 1;
      while (end < text.size() &&
             (isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_'))
        ++end;
      const bool parameter = end > i + 1 && isdigit(static_cast<unsigned char>(text[i + 1]));
      if (end < text.size() && text[end] == '$' && !parameter) {
        const std::string_view tag = text.substr(i, end - i + 1);
        const size_t close = text.find(tag, end + 1);
        if (close == std::string_view::npos) return close;
        i = close + tag.size();
      } else {
        i = std::max(end, i + 1);
      }
    } else {
      ++i;
    }
  }
  return std::string_view::npos;
}

bool Shell::RunStatement(const std::string& sql, std::FILE* copy_source) {
  Listener listener;
  listener.result = [this](const ResultSet& set) {
    if (set.has_rows) {
      std::fputs(FormatResult(set, format_).c_str(), stdout);
      if (format_ == OutputFormat::kAligned) std::fputs("\n", stdout);
    } else if (format_ == OutputFormat::kAligned && !set.tag.empty()) {
      std::printf("%s\n", set.tag.c_str());
    }
  };
  listener.notice = [&sql](std::string_view severity, const Error& error) {
    std::fputs(FormatError(severity, error, sql).c_str(), stderr);
  };
  listener.copy_out = [](std::string_view bytes) {
    std::fwrite(bytes.data(), 1, bytes.size(), stdout);
  };
  if (copy_source != nullptr) {
    listener.copy_in = [copy_source](std::string* bytes) {
      std::string line;
      if (!ReadLine(copy_source, &line) || line == "\\.") return false;
      *bytes += line + "\n";
      return true;
    };
  }
  const auto begin = std::chrono::steady_clock::now();
  g_running = backend_;
  auto previous = std::signal(SIGINT, OnInterrupt);
  Status done = backend_->Run(sql, listener);
  std::signal(SIGINT, previous);
  g_running = nullptr;
  std::fflush(stdout);
  if (!done.ok()) std::fputs(FormatError("ERROR", done.error(), sql).c_str(), stderr);
  if (timing_) {
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    std::printf("Time: %.3f ms\n", took.count());
  }
  return done.ok();
}

bool Shell::RunCommand(const std::string& line) {
  const std::string text = Trim(line);
  const size_t blank = text.find_first_of(" \t");
  const std::string command = text.substr(0, blank);
  const std::string argument = blank == std::string::npos ? "" : Trim(text.substr(blank));
  if (command == "\\q") {
    quit_ = true;
    return true;
  }
  if (command == "\\dt" || (command == "\\d" && argument.empty()))
    return RunStatement(kListTables, nullptr);
  if (command == "\\d") return RunStatement(DescribeTable(argument), nullptr);
  if (command == "\\timing") {
    timing_ = argument.empty() ? !timing_ : argument == "on";
    std::printf("Timing is %s.\n", timing_ ? "on" : "off");
    return true;
  }
  if (command == "\\format") {
    if (argument == "aligned" || argument == "csv" || argument == "json") {
      format_ = argument == "csv"    ? OutputFormat::kCsv
                : argument == "json" ? OutputFormat::kJson
                                     : OutputFormat::kAligned;
      return true;
    }
    std::fprintf(stderr, "\\format takes aligned, csv or json\n");
    return false;
  }
  if (command == "\\i") {
    std::FILE* file = std::fopen(argument.c_str(), "r");
    if (file == nullptr) {
      std::fprintf(stderr, "%s: cannot be opened\n", argument.c_str());
      return false;
    }
    const bool fine = RunFile(file) == 0;
    std::fclose(file);
    return fine;
  }
  if (command == "\\?" || command == "\\h") {
    std::fputs(kHelp, stdout);
    return true;
  }
  std::fprintf(stderr, "invalid command %s: \\? lists the commands\n", command.c_str());
  return false;
}

bool Shell::RunText(const std::string& text) {
  const std::string trimmed = Trim(text);
  if (trimmed.empty()) return true;
  if (trimmed[0] == '\\') return RunCommand(trimmed);
  return RunStatement(text, stdin);
}

int Shell::RunFile(std::FILE* file) {
  std::string buffer, line;
  bool fine = true;
  while (!quit_ && ReadLine(file, &line)) {
    if (Trim(buffer).empty() && !line.empty() && line[0] == '\\') {
      fine &= RunCommand(line);
      continue;
    }
    buffer += line + "\n";
    for (size_t end; (end = StatementSplitter::EndOfStatement(buffer)) != std::string::npos;) {
      const std::string sql = Trim(buffer.substr(0, end));
      buffer.erase(0, end);
      if (sql != ";") fine &= RunStatement(sql, file);
    }
  }
  if (!quit_ && !Trim(buffer).empty()) fine &= RunStatement(buffer, file);
  return fine ? 0 : 3;
}

namespace {

std::string g_prompt;
const char* Prompt(EditLine*) { return g_prompt.c_str(); }

}  // namespace

int Shell::RunInteractive() {
  EditLine* edit = el_init("lathe", stdin, stdout, stderr);
  History* past = history_init();
  HistEvent event;
  history(past, &event, H_SETSIZE, 1000);
  const char* home = std::getenv("HOME");
  const std::string history_file = home == nullptr ? "" : std::string(home) + "/.lathe_history";
  if (!history_file.empty()) history(past, &event, H_LOAD, history_file.c_str());
  el_set(edit, EL_PROMPT, Prompt);
  el_set(edit, EL_EDITOR, "emacs");
  el_set(edit, EL_HIST, history, past);
  std::printf("lathe: type \\? for help.\n");
  std::string buffer;
  while (!quit_) {
    const char mark = backend_->transaction_status() == 'T'   ? '*'
                      : backend_->transaction_status() == 'E' ? '!'
                                                              : ' ';
    g_prompt = backend_->database() + (Trim(buffer).empty() ? "=>" : "->") +
               (mark == ' ' ? "" : std::string(1, mark)) + " ";
    int count = 0;
    const char* read = el_gets(edit, &count);
    if (read == nullptr || count <= 0) break;
    const std::string line(read, static_cast<size_t>(count));
    if (!Trim(line).empty()) history(past, &event, H_ENTER, Trim(line).c_str());
    if (Trim(buffer).empty() && Trim(line).starts_with("\\")) {
      buffer.clear();
      RunCommand(line);
      continue;
    }
    buffer += line;
    for (size_t end; (end = StatementSplitter::EndOfStatement(buffer)) != std::string::npos;) {
      const std::string sql = Trim(buffer.substr(0, end));
      buffer.erase(0, end);
      if (sql != ";") RunStatement(sql, stdin);
    }
  }
  std::printf("\n");
  if (!history_file.empty()) history(past, &event, H_SAVE, history_file.c_str());
  history_end(past);
  el_end(edit);
  return 0;
}

}  // namespace lathe::shell
