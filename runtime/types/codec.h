// Text and binary forms of every type, as PostgreSQL's input, output, send and receive functions:
// for COPY, the wire, literals, casts through text, the shell.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/arena.h"
#include "runtime/base/result.h"
#include "runtime/types/datetime.h"
#include "runtime/types/text_style.h"
#include "runtime/types/value.h"

namespace lathe::types {

/// Names of catalog objects for the reg* types. Implemented by the session; without one, reg*
/// values are shown as numbers.
class NameResolver {
 public:
  virtual ~NameResolver() = default;
  /// The name to show for an object of a reg* type ("orders", "public.orders"); empty when there is
  /// none.
  virtual std::string NameOf(TypeId reg_type, Oid oid) const = 0;
  /// The object of a name as written; 42P01, 42704, ...
  virtual Result<Oid> OidOfName(TypeId reg_type, std::string_view name) const = 0;
};

/// What text forms depend on. Default: UTC, shortest exact floats.
struct FormatContext {
  TimeSettings time;
  int extra_float_digits = 1;
  TextStyle style;
  const NameResolver* names = nullptr;
};

/// Reads a value from its text form, the type's modifier applied. A string datum may point into
/// `text` or into the arena. 22P02, 22003, 22001, 22007, 22008, 22021.
Status ParseText(const Type& type, std::string_view text, const FormatContext& context,
                 base::Arena* arena, Datum* datum);
/// Appends the text form; char(n) is padded with blanks.
void AppendText(const Type& type, const Datum& datum, const FormatContext& context,
                std::string* out);
/// PostgreSQL's binary wire form. 22P03, 08P01 for malformed bytes; else as ParseText.
Status ParseBinary(const Type& type, std::string_view bytes, const FormatContext& context,
                   base::Arena* arena, Datum* datum);
void AppendBinary(const Type& type, const Datum& datum, std::string* out);

/// A FormatContext with an arena for what is parsed: reset it when the values are no longer needed
/// (per row, per batch). The format outlives it.
class ParseContext {
 public:
  explicit ParseContext(const FormatContext* format) : format_(format) {}
  const FormatContext& format() const { return *format_; }
  base::Arena* arena() { return &arena_; }
  void Reset() { arena_.Reset(); }

 private:
  const FormatContext* format_;
  base::Arena arena_;
};
inline Status ParseText(const Type& type, std::string_view text, ParseContext& context,
                        Datum* datum) {
  return ParseText(type, text, context.format(), context.arena(), datum);
}
inline Status ParseBinary(const Type& type, std::string_view bytes, ParseContext& context,
                          Datum* datum) {
  return ParseBinary(type, bytes, context.format(), context.arena(), datum);
}

/// ParseText and ParseBinary into an owned value.
Result<Value> ValueFromText(const Type& type, std::string_view text,
                            const FormatContext& context = {});
Result<Value> ValueFromBinary(const Type& type, std::string_view bytes,
                              const FormatContext& context = {});

/// Sets the context's time zone by name. 22023 when it is not known.
Status SetTimeZone(std::string_view name, FormatContext* context);

/// Takes the length of varchar(n), char(n) and name: what fits stays, blanks that do not fit are
/// cut, anything else is cut when is_explicit, else 22001. char(n) comes back without the blanks at
/// its end. Points into `text`.
Result<std::string_view> ApplyLength(const Type& type, std::string_view text, bool is_explicit);

/// PostgreSQL's float8out / float4out.
void AppendFloat8(double value, int extra_float_digits, std::string* out);
void AppendFloat4(float value, int extra_float_digits, std::string* out);
Result<double> ParseFloat8(std::string_view text);
Result<float> ParseFloat4(std::string_view text);
Result<bool> ParseBool(std::string_view text);
Result<int64_t> ParseInteger(TypeId type, std::string_view text);  // int2, int4, int8

}  // namespace lathe::types
