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

/// A field: its bytes, or NULL.
struct FieldCopy {
  uint32_t size;
  bool is_null;
  bool is_last;  // of its line
  bool operator==(const FieldCopy&) const = default;
};

/// Lines as they were read. All bytes in one string, all fields in one vector: a fuzzer spends its
/// time in malloc otherwise.
struct Lines {
  std::string bytes;
  std::vector<FieldCopy> fields;
  size_t line_count = 0;
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
    for (const CopyReader::Field& field : fields) {
      const std::string_view bytes = field.is_null ? std::string_view() : field.bytes;
      result.bytes += bytes;
      result.fields.push_back({static_cast<uint32_t>(bytes.size()), field.is_null, false});
    }
    LATHE_CHECK(!fields.empty());
    result.fields.back().is_last = true;
    ++result.line_count;
    LATHE_CHECK(reader.line() >= result.line_count);
  }
}

std::string Write(const CopyFormat& format, const Lines& lines) {
  std::string text;
  std::string_view rest = lines.bytes;
  bool is_first = true;
  for (const FieldCopy& field : lines.fields) {
    AppendCopyField(format, rest.substr(0, field.size), field.is_null, is_first, false, &text);
    rest.remove_prefix(field.size);
    is_first = field.is_last;
    if (field.is_last) text += '\n';
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
  LATHE_CHECK(whole.fields == cut.fields);
  LATHE_CHECK(whole.bytes == cut.bytes);
  LATHE_CHECK(whole.error == cut.error);
  const Lines again = ReadAll(format, Write(format, whole), 64, 2);
  LATHE_CHECK(again.error.empty());
  LATHE_CHECK(again.fields == whole.fields);
  LATHE_CHECK(again.bytes == whole.bytes);
  return 0;
}
