// Text and binary forms of arrays.
#include <algorithm>
#include <charconv>
#include <vector>

#include "runtime/base/bytes.h"
#include "runtime/types/array.h"
#include "runtime/types/codec_parts.h"

namespace lathe::types {
namespace {

bool IsNullWord(std::string_view text) {
  return text.size() == 4 && (text[0] | 32) == 'n' && (text[1] | 32) == 'u' &&
         (text[2] | 32) == 'l' && (text[3] | 32) == 'l';
}

bool NeedsQuotes(std::string_view text) {
  if (text.empty() || IsNullWord(text)) return true;
  for (char c : text) {
    if (c == '"' || c == '\\' || c == '{' || c == '}' || c == ',' || IsBlank(c)) return true;
  }
  return false;
}

void AppendItem(std::string_view item, std::string* out) {
  if (!NeedsQuotes(item)) {
    out->append(item);
    return;
  }
  out->push_back('"');
  for (char c : item) {
    if (c == '"' || c == '\\') out->push_back('\\');
    out->push_back(c);
  }
  out->push_back('"');
}

constexpr const char* kRagged =
    "Multidimensional arrays must have sub-arrays with matching dimensions.";

/// Reads one array literal.
class ArrayParser {
 public:
  ArrayParser(const Type& type, std::string_view text, const FormatContext& context,
              base::Arena* arena)
      : text_(text),
        rest_(Trim(text)),
        element_(ElementOf(type)),
        context_(context),
        arena_(arena),
        builder_(type.element) {}

  Status Parse(Datum* datum) {
    LATHE_TRY(Bounds());
    if (at_ >= rest_.size() || rest_[at_] != '{') {
      if (!bounds_.empty()) return Fail("Array contents must start with \"{\".");
      return Fail("Array value must start with \"{\" or dimension information.");
    }
    LATHE_TRY(Level(0));
    SkipBlanks();
    if (at_ != rest_.size()) return Fail("Junk after closing right brace.");
    if (builder_.count() == 0) {
      *datum = ArrayBuilder(element_.id).ToDatum(arena_);
      return Ok();
    }
    std::vector<ArrayDimension> dimensions;
    for (int32_t length : lengths_) dimensions.push_back({length, 1});
    if (!bounds_.empty()) {
      bool same = bounds_.size() == dimensions.size();
      for (size_t i = 0; same && i < bounds_.size(); ++i)
        same = bounds_[i].length == dimensions[i].length;
      if (!same) return Fail("Specified array dimensions do not match array contents.");
      dimensions = bounds_;
    }
    *datum = builder_.ToDatum(dimensions, arena_);
    return Ok();
  }

 private:
  Error Fail(std::string detail) const {
    Error error = MakeError(SqlState::kInvalidTextRepresentation,
                            "malformed array literal: " + Quoted(text_));
    error.detail = std::move(detail);
    return error;
  }
  Error Unexpected() const {
    if (at_ >= rest_.size()) return Fail("Unexpected end of input.");
    return Fail("Unexpected \"" + std::string(1, rest_[at_]) + "\" character.");
  }
  void SkipBlanks() {
    while (at_ < rest_.size() && IsBlank(rest_[at_])) ++at_;
  }

  bool Bound(int64_t* bound) {
    const char* begin = rest_.data() + at_;
    const char* end = rest_.data() + rest_.size();
    if (begin < end && *begin == '+') ++begin;
    auto parsed = std::from_chars(begin, end, *bound);
    if (parsed.ec != std::errc()) return false;
    at_ = static_cast<size_t>(parsed.ptr - rest_.data());
    return true;
  }

  /// [a:b][c:d]... = before the contents.
  Status Bounds() {
    while (at_ < rest_.size() && rest_[at_] == '[') {
      if (bounds_.size() >= kArrayDimensionsMax) return TooDeep(bounds_.size() + 1);
      ++at_;
      int64_t lower = 1, upper = 0;
      if (!Bound(&upper)) {
        return Fail("\"[\" must introduce explicitly-specified array dimensions.");
      }
      if (at_ < rest_.size() && rest_[at_] == ':') {
        ++at_;
        lower = upper;
        if (!Bound(&upper)) return Fail("Missing array dimension value.");
      }
      if (at_ >= rest_.size() || rest_[at_] != ']')
        return Fail("Missing \"]\" after array dimensions.");
      ++at_;
      if (upper < lower) {
        return MakeError(SqlState::kArraySubscriptError,
                         "upper bound cannot be less than lower bound");
      }
      if (lower < INT32_MIN || upper >= INT32_MAX || upper - lower >= INT32_MAX) {
        return MakeError(SqlState::kProgramLimitExceeded,
                         "array size exceeds the maximum allowed (134217727)");
      }
      bounds_.push_back({static_cast<int32_t>(upper - lower + 1), static_cast<int32_t>(lower)});
      SkipBlanks();
    }
    if (bounds_.empty()) return Ok();
    if (at_ >= rest_.size() || rest_[at_] != '=')
      return Fail("Missing \"=\" after array dimensions.");
    ++at_;
    SkipBlanks();
    return Ok();
  }

  static Error TooDeep(size_t count) {
    return MakeError(SqlState::kProgramLimitExceeded, "number of array dimensions (" +
                                                          std::to_string(count) +
                                                          ") exceeds the maximum allowed (6)");
  }

  /// The braces at this depth and everything within.
  Status Level(size_t depth) {
    if (depth >= kArrayDimensionsMax) return TooDeep(depth + 1);
    ++at_;
    if (lengths_.size() == depth) lengths_.push_back(-1);
    int32_t length = 0;
    SkipBlanks();
    if (at_ < rest_.size() && rest_[at_] == '}') {
      if (depth > 0) return Unexpected();
      ++at_;
      return Close(depth, 0);
    }
    bool nested = false;
    for (;; ++length) {
      SkipBlanks();
      if (at_ < rest_.size() && rest_[at_] == '{') {
        if (length > 0 && !nested) return Unexpected();
        nested = true;
        if (has_items_ && depth + 1 > leaf_) return Fail(kRagged);
        LATHE_TRY(Level(depth + 1));
      } else {
        if (nested) {
          const bool item = at_ < rest_.size() && rest_[at_] != '}' && rest_[at_] != ',';
          return item ? Fail("Unexpected array element.") : Unexpected();
        }
        if (has_items_ && depth != leaf_) return Fail(kRagged);
        LATHE_TRY(Item());
        has_items_ = true;
        leaf_ = depth;
      }
      SkipBlanks();
      if (at_ >= rest_.size()) return Fail("Unexpected end of input.");
      if (rest_[at_] == ',') {
        ++at_;
        continue;
      }
      if (rest_[at_] == '}') {
        ++at_;
        return Close(depth, length + 1);
      }
      if (nested || rest_[at_] == '{') return Unexpected();
      return Fail("Unexpected array element.");
    }
  }

  Status Close(size_t depth, int32_t length) {
    if (lengths_[depth] == -1) lengths_[depth] = length;
    return lengths_[depth] == length ? Ok() : Status(Fail(kRagged));
  }

  Status Item() {
    std::string item;
    bool quoted = false;
    if (at_ < rest_.size() && rest_[at_] == '"') {
      quoted = true;
      ++at_;
      while (at_ < rest_.size() && rest_[at_] != '"') {
        if (rest_[at_] == '\\') ++at_;
        if (at_ < rest_.size()) item.push_back(rest_[at_++]);
      }
      if (at_ >= rest_.size()) return Fail("Unexpected end of input.");
      ++at_;
    } else {
      size_t kept = 0;  // up to the last character that is no plain blank
      bool escaped_any = false;
      while (at_ < rest_.size() && rest_[at_] != ',' && rest_[at_] != '}') {
        if (rest_[at_] == '{') return Unexpected();
        if (rest_[at_] == '"') return Fail("Unexpected array element.");
        const bool escaped = rest_[at_] == '\\';
        if (escaped) ++at_;
        if (at_ >= rest_.size()) break;
        escaped_any |= escaped;
        item.push_back(rest_[at_]);
        if (escaped || !IsBlank(rest_[at_])) kept = item.size();
        ++at_;
      }
      item.resize(kept);
      if (item.empty() && !escaped_any) return Unexpected();
      quoted = escaped_any;
    }
    if (!quoted && IsNullWord(item)) {
      builder_.AddNull();
      return Ok();
    }
    // Elements may point into their text.
    Datum value;
    LATHE_TRY(ParseText(element_, arena_->Copy(item), context_, arena_, &value));
    builder_.Add(value);
    return Ok();
  }

  static Type ElementOf(const Type& type) {
    Type element = type.Element();
    element.typmod = type.typmod;
    return element;
  }

  std::string_view text_, rest_;
  size_t at_ = 0;
  Type element_;
  const FormatContext& context_;
  base::Arena* arena_;
  ArrayBuilder builder_;
  std::vector<ArrayDimension> bounds_;  // as written before the contents
  std::vector<int32_t> lengths_;        // by depth, -1 = not known yet
  bool has_items_ = false;
  size_t leaf_ = 0;  // the depth of the elements
};

}  // namespace

Status ParseArrayText(const Type& type, std::string_view text, const FormatContext& context,
                      base::Arena* arena, Datum* datum) {
  return ArrayParser(type, text, context, arena).Parse(datum);
}

void AppendArrayText(const Type& type, const Datum& datum, const FormatContext& context,
                     std::string* out) {
  ArrayReader reader(datum.string.view());
  const auto dimensions = reader.dimensions();
  if (reader.count() == 0) {
    out->append("{}");
    return;
  }
  const bool shifted = std::any_of(dimensions.begin(), dimensions.end(),
                                   [](const ArrayDimension& d) { return d.lower != 1; });
  if (shifted) {
    for (const ArrayDimension& d : dimensions) {
      out->append("[" + std::to_string(d.lower) + ":" +
                  std::to_string(int64_t{d.lower} + d.length - 1) + "]");
    }
    out->push_back('=');
  }
  // How many elements each dimension's braces hold.
  std::vector<uint32_t> span(dimensions.size());
  uint32_t product = 1;
  for (size_t i = dimensions.size(); i-- > 0;) {
    product *= static_cast<uint32_t>(dimensions[i].length);
    span[i] = product;
  }
  Type element(reader.element());
  if (element.id == type.element) element.shape = type.shape;
  if (element.id == TypeId::kBpChar) element.typmod = type.typmod;
  std::string item;
  for (uint32_t i = 0; i < reader.count(); ++i) {
    if (i > 0) out->push_back(',');
    for (uint32_t s : span) {
      if (i % s == 0) out->push_back('{');
    }
    Datum value;
    if (reader.Next(&value)) {
      item.clear();
      AppendText(element, value, context, &item);
      AppendItem(item, out);
    } else {
      out->append("NULL");
    }
    for (uint32_t s : span) {
      if ((i + 1) % s == 0) out->push_back('}');
    }
  }
}

void AppendArrayBinary(const Type& type, const Datum& datum, std::string* out) {
  ArrayReader reader(datum.string.view());
  size_t flags_at = out->size() + 4;
  AppendBig<int32_t>(out, reader.dimension_count());
  AppendBig<int32_t>(out, 0);
  Type element_type(reader.element());
  if (element_type.id == type.element) element_type.shape = type.shape;
  AppendBig<uint32_t>(out, OidOf(element_type).value);
  for (const ArrayDimension& d : reader.dimensions()) {
    AppendBig<int32_t>(out, d.length);
    AppendBig<int32_t>(out, d.lower);
  }
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Datum element;
    size_t length_at = out->size();
    AppendBig<int32_t>(out, -1);
    if (!reader.Next(&element)) {
      StoreAt<uint32_t>(out->data() + flags_at, ByteSwap<uint32_t>(1));
      continue;
    }
    AppendBinary(element_type, element, out);
    StoreAt<uint32_t>(out->data() + length_at,
                      ByteSwap<uint32_t>(static_cast<uint32_t>(out->size() - length_at - 4)));
  }
}

Status ParseArrayBinary(const Type& type, std::string_view bytes, const FormatContext& context,
                        base::Arena* arena, Datum* datum) {
  ByteReader reader(bytes);
  int32_t count = reader.Big<int32_t>();
  int32_t flags = reader.Big<int32_t>();
  uint32_t element_oid = reader.Big<uint32_t>();
  if (!reader.ok()) return TooShort();
  if (count < 0 || count > kArrayDimensionsMax) {
    return count < 0 ? MakeError(SqlState::kInvalidBinaryRepresentation,
                                 "invalid number of dimensions: " + std::to_string(count))
                     : MakeError(SqlState::kProgramLimitExceeded,
                                 "number of array dimensions (" + std::to_string(count) +
                                     ") exceeds the maximum allowed (6)");
  }
  if (flags != 0 && flags != 1) {
    return MakeError(SqlState::kInvalidBinaryRepresentation, "invalid array flags");
  }
  if (element_oid != OidOf(Type(type.element)).value) {
    return MakeError(SqlState::kDatatypeMismatch, "wrong element type");
  }
  std::vector<ArrayDimension> dimensions;
  for (int32_t i = 0; i < count; ++i) {
    ArrayDimension d;
    d.length = reader.Big<int32_t>();
    d.lower = reader.Big<int32_t>();
    if (!reader.ok()) return TooShort();
    if (d.length < 0 || int64_t{d.lower} + d.length > INT32_MAX) {
      return MakeError(SqlState::kProgramLimitExceeded,
                       "array size exceeds the maximum allowed (134217727)");
    }
    dimensions.push_back(d);
  }
  LATHE_ASSIGN(int64_t elements, ArrayElementCount(dimensions));
  ArrayBuilder builder(type.element);
  for (int64_t i = 0; i < elements; ++i) {
    int32_t size = reader.Big<int32_t>();
    if (!reader.ok()) return TooShort();
    if (size == -1) {
      builder.AddNull();
      continue;
    }
    if (size < 0) return Malformed();
    std::string_view element = reader.Bytes(static_cast<uint64_t>(size));
    if (!reader.ok()) return TooShort();
    Datum value;
    LATHE_TRY(ParseBinary(Type(type.element, type.typmod), element, context, arena, &value));
    builder.Add(value);
  }
  if (!reader.AtEnd()) return Malformed();
  *datum = builder.ToDatum(dimensions, arena);
  return Ok();
}

}  // namespace lathe::types
