// Results as text: aligned as psql shows them, CSV, JSON.
#pragma once

#include <string>

#include "tools/lathe/backend.h"

namespace lathe::shell {

enum class OutputFormat { kAligned, kCsv, kJson };

/// The text of a result with rows, newline at the end.
std::string FormatResult(const ResultSet& set, OutputFormat format);
/// An error as psql shows it: message, the line with a caret under the position, detail, hint. sql
/// is the text that was run.
std::string FormatError(std::string_view severity, const Error& error, std::string_view sql);

}  // namespace lathe::shell
