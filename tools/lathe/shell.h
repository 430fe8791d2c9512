// The interactive shell: reads statements and backslash commands, runs them, shows results.
#pragma once

#include <cstdio>
#include <string>

#include "tools/lathe/backend.h"
#include "tools/lathe/output.h"

namespace lathe::shell {

/// Takes complete statements off the front of text. Knows quotes, dollar quotes, comments.
class StatementSplitter {
 public:
  /// Bytes up to and with the first semicolon outside of quotes and comments; npos when there is
  /// none yet.
  static size_t EndOfStatement(std::string_view text);
};

class Shell {
 public:
  Shell(Backend* backend, OutputFormat format) : backend_(backend), format_(format) {}

  /// Runs SQL (or one backslash command). False when it failed.
  bool RunText(const std::string& text);
  /// Runs a whole file of statements and backslash commands; COPY data follows its statement, up to
  /// "\.". 0 when all went well, else 3.
  int RunFile(std::FILE* file);
  /// Prompts, history, line editing. Returns the exit status.
  int RunInteractive();

 private:
  bool RunStatement(const std::string& sql, std::FILE* copy_source);
  bool RunCommand(const std::string& line);
  bool quit_ = false;

  Backend* const backend_;
  OutputFormat format_;
  bool timing_ = false;
};

}  // namespace lathe::shell
