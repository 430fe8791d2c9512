// Fuzzes COPY's text and CSV formats. The first byte chooses the format, the second how the input
// is cut into portions: the lines read are the same for every cut, and what is written from them
// reads back as it was.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/session/copy_format.h"
#include "runtime/base/check.h"
#include "runtime/base/random.h"

namespace lathe::session {
namespace {

struct Line {
  std::vector<std::string> fields;
  std::vector<bool> nulls;
  bool operator==(const Line&) const = default;
};

struct Lines {
  std::vector<Line> lines;
  std::string error;  // empty = none
};

/// Reads all of the input, given in portions of at most portion_max bytes.
Lines ReadAll(const CopyFormat& format, std::string_view input, size_t portion_max, uint64_t seed) {
  base::Random random(seed);
  CopyReader reader(format, {}, {});
  Lines result;
  std::vector<CopyReader::Field> fields;
  for (;;) {
    Result<CopyReader::Outcome> outcome = reader.Next(&fields);
    if (!outcome.ok()) {
      result.error = outcome.error().ToString();
      return result;
    }
    if (*outcome == CopyReader::Outcome::kEnd) return result;
    if (*outcome == CopyReader::Outcome::kNeedMore) {
      if (input.empty()) {
        reader.EndOfInput();
        continue;
      }
      const size_t portion = std::min<size_t>(input.size(), 1 + random.Below(portion_max));
      reader.input()->append(input.substr(0, portion));
      input.remove_prefix(portion);
      continue;
    }
    Line line;
    for (const CopyReader::Field& field : fields) {
      line.fields.emplace_back(field.is_null ? std::string_view() : field.bytes);
      line.nulls.push_back(field.is_null);
    }
    result.lines.push_back(std::move(line));
    LATHE_CHECK(reader.line() >= result.lines.size());
  }
}

std::string Write(const CopyFormat& format, const std::vector<Line>& lines) {
  std::string text;
  for (const Line& line : lines) {
    for (size_t i = 0; i < line.fields.size(); ++i) {
      AppendCopyField(format, line.fields[i], line.nulls[i], i == 0, false, &text);
    }
    text += '\n';
  }
  return text;
}

CopyFormat FormatFor(uint8_t choice) {
  CopyFormat format;
  format.csv = (choice & 1) != 0;
  if (format.csv) {
    format.delimiter = (choice & 2) != 0 ? ';' : ',';
    format.escape = (choice & 4) != 0 ? '\\' : '"';
    format.null_text = (choice & 8) != 0 ? "NULL" : "";
  } else {
    format.delimiter = (choice & 2) != 0 ? '|' : '\t';
    format.null_text = (choice & 8) != 0 ? "" : "\\N";
  }
  return format;
}

}  // namespace
}  // namespace lathe::session

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lathe::session;
  if (size < 2) return 0;
  const CopyFormat format = FormatFor(data[0]);
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Lines whole = ReadAll(format, input, input.size() + 1, 1);
  const Lines cut = ReadAll(format, input, 1 + data[1] % 7, data[1]);
  LATHE_CHECK(whole.lines == cut.lines);
  LATHE_CHECK(whole.error == cut.error);
  const Lines again = ReadAll(format, Write(format, whole.lines), 64, 2);
  LATHE_CHECK(again.error.empty());
  LATHE_CHECK(again.lines == whole.lines);
  return 0;
}
